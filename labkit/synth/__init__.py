"""New images with known truth, so that methods can be tested without drawing.

`make_labels` makes label images like given ones: shapes from a `MaskBank` and
simulated ones (`simulate_shape`), placed (`place`) with the density and spacing learnt.
`simulate_cells` makes a fluorescence image from nothing, `simulate_movie` whole movies:
nuclei that wander, push each other, divide and leave the field, seen through a simple
microscope. `lazy_contour` and `traced` draw as people do, to see what contour assist
makes of it.
"""

from .annotators import lazy_contour, path_length, traced
from .bank import MaskBank
from .making import make_labels
from .movie import Movie, simulate_movie
from .placing import place
from .renderers import CopyPaste, Renderer
from .shapes import simulate_shape
from .simcep import CellParams, Cells, simulate_cells

__all__ = [
    "CellParams",
    "Cells",
    "CopyPaste",
    "MaskBank",
    "Movie",
    "Renderer",
    "lazy_contour",
    "make_labels",
    "path_length",
    "place",
    "simulate_cells",
    "simulate_movie",
    "simulate_shape",
    "traced",
]
