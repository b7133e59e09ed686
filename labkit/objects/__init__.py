"""Annotated objects: an outline with a number, a class, a frame and a history.

Label images hold one number a pixel; objects may overlap, reach between pixels and
know where they come from. This module turns one into the other. An outline is a
polygon (n, 2) of (row, col) with pixel centres on integers, as in `labkit.labels`:
holes and further pieces are joined by bridges of no width.
"""

from .annotated import (
    PALETTE,
    Object,
    ObjectClass,
    from_labels,
    to_labels,
    to_layers,
)
from .masks import (
    crop_mask,
    dilated,
    disc,
    exact_distance,
    largest_piece,
    mask_box,
    mask_polygon,
    placed_mask,
)
from .outlines import box_polygon, check_polygon, polygon_area

__all__ = [
    "PALETTE",
    "Object",
    "ObjectClass",
    "box_polygon",
    "check_polygon",
    "crop_mask",
    "dilated",
    "disc",
    "exact_distance",
    "from_labels",
    "largest_piece",
    "mask_box",
    "mask_polygon",
    "placed_mask",
    "polygon_area",
    "to_labels",
    "to_layers",
]
