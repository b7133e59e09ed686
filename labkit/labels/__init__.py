"""Label images: renumber, outline, measure, overlap, and turn to polygons and back.

A label image is (H, W) int32: 0 is background, each object has one positive number
(some tools call such images "masks"). Polygons follow the cracks between pixels, so
they hold exactly the object's pixels and the way back loses nothing.
"""

import numpy as np

from .basic import outlines, overlaps, relabel
from .polygons import from_polygons, to_polygons
from .table import OBJECT_DTYPE, median_diameter, object_table

__all__ = [
    "OBJECT_DTYPE",
    "TRACK_DTYPE",
    "from_polygons",
    "median_diameter",
    "object_table",
    "outlines",
    "overlaps",
    "relabel",
    "to_polygons",
]

TRACK_DTYPE = np.dtype(
    [
        ("frame", "i4"),
        ("label", "i4"),
        ("track_id", "i4"),
        ("parent_id", "i4"),
        ("y", "f8"),
        ("x", "f8"),
        ("area", "f8"),
    ]
)
"""One row per object and frame. Tracks are numbered from 1 and cut at divisions; all
rows of a daughter carry the mother's track_id as parent_id (0: no mother). `label` is
the object's value in the label image of that frame; y, x and area are in pixels."""
