"""New images with known truth, so that methods can be tested without drawing.

`simulate_movie` makes whole movies: nuclei that wander, push each other, divide and
leave the field, seen through a simple microscope. `lazy_contour` and `traced` draw as
people do, to see what contour assist makes of it.
"""

from .annotators import lazy_contour, path_length, traced
from .movie import Movie, simulate_movie

__all__ = ["Movie", "lazy_contour", "path_length", "simulate_movie", "traced"]
