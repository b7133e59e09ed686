"""The annotator in the notebook: images, outlines on them, and a pen.

`Annotator` is the tool. It is built of a `Session` (what strokes and keys do, without
widgets) and a `Screen` (what shows and listens, also for other tools). `Viewport` is
the arithmetic of the screen, `Drawn` what it draws.
"""

from .annotator import Annotator
from .display import Contrast
from .events import Modifiers, key_name
from .pen import Pen
from .screen import Screen
from .session import Session
from .shapes import Drawn
from .viewport import Viewport

__all__ = [
    "Annotator",
    "Contrast",
    "Drawn",
    "Modifiers",
    "Pen",
    "Screen",
    "Session",
    "Viewport",
    "key_name",
]
