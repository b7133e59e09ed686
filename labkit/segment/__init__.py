"""A trained model on a real image, at the object size it was trained on.

A network knows objects of one size only: shown at twice the magnification, the
same nuclei are missed (Englbrecht et al. 2021, where the model of the other
magnification scores an IoU of 0.155). So the image is rescaled until its
objects have the trained diameter, and the result is scaled back. What else can
be done to a segmentation is a switch of the one function `segment`.
"""

from .agreement import agreement
from .doubting import diagnose
from .options import PostParams
from .post import (
    add_missing,
    dilate,
    drop_improbable,
    drop_small,
    fill_holes,
    refine_borders,
)
from .scale import fitting_diameter
from .searching import Search, search
from .whole import Segmentation, segment, segment_steps

__all__ = [
    "PostParams",
    "Search",
    "Segmentation",
    "add_missing",
    "agreement",
    "diagnose",
    "dilate",
    "drop_improbable",
    "drop_small",
    "fill_holes",
    "fitting_diameter",
    "refine_borders",
    "search",
    "segment",
    "segment_steps",
]
