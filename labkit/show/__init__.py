"""Every figure: pictures of images and labels, plots of numbers.

Each function takes arrays and returns a matplotlib `Figure` that a notebook shows
once, that `savefig` writes, and that leaves no global state behind. Colours tell
apart for colour-blind eyes (Okabe and Ito 2008), and each colour has a legend.
"""

from .images import errors, overlay, row
from .live import LiveCurves
from .motion import rose, tracks
from .picture import Picture, label_colors, outline_picture, stretch
from .plots import areas, curves, series

__all__ = [
    "LiveCurves",
    "Picture",
    "areas",
    "curves",
    "errors",
    "label_colors",
    "outline_picture",
    "overlay",
    "rose",
    "row",
    "series",
    "stretch",
    "tracks",
]
