"""Training crops: normalise, augment, sample.

A network sees small crops, not whole images. Each crop is cut from the image in
one step together with its rotation, scale and mirror image, so that no corner
is ever invented; the objects' full shape is known beyond the crop's edge, so
that rays of cut nuclei stay true. Where an image says nothing (outside its
frame, or foreground that the annotation left out) the weight is 0.
"""

from .cutting import cut, stack, tile_crops
from .enlarging import enlarge_labels
from .normalizing import normalize
from .resizing import rescale, resized
from .sampling import Augment, Crops
from .sources import Source, hold_out, sources
from .targets import (
    PixelCrop,
    PixelTargets,
    StarCrop,
    StarTargets,
    channels_first,
    check_channels,
    rims,
)

__all__ = [
    "Augment",
    "Crops",
    "PixelCrop",
    "PixelTargets",
    "Source",
    "StarCrop",
    "StarTargets",
    "channels_first",
    "check_channels",
    "cut",
    "enlarge_labels",
    "hold_out",
    "normalize",
    "rescale",
    "resized",
    "rims",
    "sources",
    "stack",
    "tile_crops",
]
