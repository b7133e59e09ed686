"""The annotator in the notebook: images, outlines on them, and a pen.

`Annotator` is the tool. It is built of a `Session` (what strokes and keys do, without
widgets), a `Desk` (the images and where their annotations lie), an `Easel` (what is
drawn) and a `Screen` (what shows and listens, also for other tools).
"""

from .annotator import Annotator
from .display import Contrast
from .screen import Drawn, Modifiers, Pen, Screen, Viewport, key_name
from .session import Session

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
