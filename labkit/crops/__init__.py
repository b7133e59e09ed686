"""Training crops: normalise, augment, sample.

A network sees small crops, not whole images. Each crop is cut from the image in
one step together with its rotation, scale and mirror image, so that no corner
is ever invented; the objects' full shape is known beyond the crop's edge, so
that rays of cut nuclei stay true. Where an image says nothing (outside its
frame, or foreground that the annotation left out) the weight is 0.
"""

from .cutting import Crop, cut, stack, targets, tile_crops
from .normalizing import normalize
from .sampling import Augment, Crops
from .sources import Source, hold_out, median_diameter, sources

__all__ = [
    "Augment",
    "Crop",
    "Crops",
    "Source",
    "cut",
    "hold_out",
    "median_diameter",
    "normalize",
    "sources",
    "stack",
    "targets",
    "tile_crops",
]
