"""The annotator in the notebook: images, outlines on them, and a pen.

`Annotator` is the tool. It is built of a `Session` (what strokes and keys do, without
widgets), a `Desk` (the images and where their annotations lie), an `Easel` (what is
drawn) and a `Screen` (what shows and listens, also for other tools). `TrackEditor`
corrects the tracks of a movie on the same screen, `DivisionGallery` judges its
divisions.
"""

from .annotator import Annotator
from .display import Contrast
from .division_gallery import DivisionGallery
from .screen import Drawn, Modifiers, Pen, Screen, Viewport, key_name
from .session import Session
from .track_editor import TrackEditor

__all__ = [
    "Annotator",
    "Contrast",
    "DivisionGallery",
    "Drawn",
    "Modifiers",
    "Pen",
    "Screen",
    "Session",
    "TrackEditor",
    "Viewport",
    "key_name",
]
