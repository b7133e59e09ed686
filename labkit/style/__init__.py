"""Describe images: what style they have, and the size and shape of their objects."""

from .clustering import Styles, cluster_styles
from .counting import StyleCurve
from .features import FEATURE_NAMES, style_features
from .morphology import MORPHOLOGY_DTYPE, Morphology, morphology

__all__ = [
    "FEATURE_NAMES",
    "MORPHOLOGY_DTYPE",
    "Morphology",
    "StyleCurve",
    "Styles",
    "cluster_styles",
    "morphology",
    "style_features",
]
