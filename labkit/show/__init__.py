"""Every figure: pictures of images and labels, plots of numbers.

Each function takes arrays and returns a matplotlib `Figure` that a notebook shows
once, that `savefig` writes, and that leaves no global state behind. Colours tell
apart for colour-blind eyes (Okabe and Ito 2008), and each colour has a legend.
"""

from .divisions import divisions
from .families import lineage_tree
from .images import errors, overlay, row
from .live import LiveCurves
from .motion import kymograph, rose, tracks
from .movies import movie
from .picture import Picture, label_colors, outline_picture, stretch
from .plots import areas, curves, series
from .styles import gallery, morphology, style_curve, style_map, styles
from .synthetic import opponents, quiz, real_and_synthetic

__all__ = [
    "LiveCurves",
    "Picture",
    "areas",
    "curves",
    "divisions",
    "errors",
    "gallery",
    "kymograph",
    "label_colors",
    "lineage_tree",
    "morphology",
    "movie",
    "opponents",
    "outline_picture",
    "overlay",
    "quiz",
    "real_and_synthetic",
    "rose",
    "row",
    "series",
    "stretch",
    "style_curve",
    "style_map",
    "styles",
    "tracks",
]
