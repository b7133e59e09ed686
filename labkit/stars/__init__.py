"""Star-convex polygons: training targets and their decoding (StarDist).

Every pixel inside a nucleus knows how far it is to the boundary along `n_rays`
directions; a network that predicts these distances, and how central the pixel
is, has predicted a polygon at every pixel. Idea: Schmidt et al. (2018), Cell
Detection with Star-Convex Polygons, doi 10.1007/978-3-030-00934-2_30. Read
`polygons`, then `targets` (with `walking`), `decoding` (with `overlap`) and
`filling`.
"""

from .decoding import candidates, decode, nms
from .filling import fill
from .polygons import Stars, join, paint, ray_angles, rescale, star_polygons
from .targets import representable, star_targets

__all__ = [
    "Stars",
    "candidates",
    "decode",
    "fill",
    "join",
    "nms",
    "paint",
    "ray_angles",
    "representable",
    "rescale",
    "star_polygons",
    "star_targets",
]
