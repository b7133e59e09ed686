"""New images with known truth, so that methods can be tested without drawing.

`simulate_movie` makes whole movies: nuclei that wander, push each other, divide and
leave the field, seen through a simple microscope.
"""

from .movie import Movie, simulate_movie

__all__ = ["Movie", "simulate_movie"]
