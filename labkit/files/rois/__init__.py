"""Outlines as ImageJ ROIs: one file for the ROI Manager, in and out.

ImageJ counts from the corner of the first pixel and writes (x, y); labkit counts
from its centre and writes (row, col). So ImageJ coordinates are ours plus 0.5.
`read_rois` and `write_rois` are for label images, `read_objects` and `write_objects`
for annotations that overlap and have classes.
"""

from .annotations import read_objects, write_objects
from .labels import read_polygons, read_rois, write_rois

__all__ = [
    "read_objects",
    "read_polygons",
    "read_rois",
    "write_objects",
    "write_rois",
]
