"""Label images: renumber, outline, measure, overlap, and turn to polygons and back.

A label image is (H, W) int32: 0 is background, each object has one positive number
(some tools call such images "masks"). Polygons follow the cracks between pixels, so
they hold exactly the object's pixels and the way back loses nothing.
"""

from .basic import outlines, overlaps, relabel
from .polygons import from_polygons, to_polygons
from .table import OBJECT_DTYPE, median_diameter, object_table
from .tracks import TRACK_DTYPE, check_tracks, edges, runs

__all__ = [
    "OBJECT_DTYPE",
    "TRACK_DTYPE",
    "check_tracks",
    "edges",
    "from_polygons",
    "median_diameter",
    "object_table",
    "outlines",
    "overlaps",
    "relabel",
    "runs",
    "to_polygons",
]
