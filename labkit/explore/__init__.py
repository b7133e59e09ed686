"""Sliders over a function, with its result beside the image.

For any function ``function(image, **parameters)``: move a slider and see what the
parameter does, while you drag. Pictures travel to the browser as small JPEGs, so a
2048x2048 frame stays fluid. The mouse and the arrow keys move the same sliders.

`annotation` is such an explorer for `labkit.auto`: settings by name, scores, and an
answer to "why did this nucleus disappear?" where one points.
"""

from .auto import AnnotationExplorer, annotation
from .auto_controls import PRESETS
from .explorer import Explorer, explore

__all__ = ["PRESETS", "AnnotationExplorer", "Explorer", "annotation", "explore"]
