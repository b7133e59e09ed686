"""AnnotatorJ's folders: label, layered, binary and semantic masks, boxes, outlines.

::

    <stem>_ROIs.zip  <stem>_bboxes.zip  <stem>_semantic.tiff
    labelled_masks/<stem>.tiff             16 bit, the value is the object's number
    layered_masks/<stem>.tiff              one slice an object, overlaps are kept
    binary_masks/<stem>.tiff               16 bit, 0 and 1
    bounding_box_coordinates/<stem>.csv    or .txt
    outlined_images/<stem>.tiff            the image with outlines, RGB

Within each of these folders, ``Class_01``, ``Class_02``, ... hold the same for one
class (not of outlines). Hollandi et al. 2020, doi 10.1091/mbc.E20-02-0156.
"""

from .boxes import read_boxes, write_boxes
from .paths import class_paths, find_annotations, mask_path, stem_of
from .reading import (
    is_label_image,
    read_annotation,
    read_labelled,
    read_layered,
    read_mask,
    read_plane_shape,
    read_semantic,
)
from .writing import (
    write_binary,
    write_labelled,
    write_layered,
    write_outlined,
    write_semantic,
)

__all__ = [
    "class_paths",
    "find_annotations",
    "is_label_image",
    "mask_path",
    "read_annotation",
    "read_boxes",
    "read_labelled",
    "read_layered",
    "read_mask",
    "read_plane_shape",
    "read_semantic",
    "stem_of",
    "write_binary",
    "write_boxes",
    "write_labelled",
    "write_layered",
    "write_outlined",
    "write_semantic",
]
