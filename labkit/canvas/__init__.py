"""The annotator in the notebook: an image, outlines on it, and a pen.

`Screen` shows and listens; it can be used for other tools as well. `Viewport` is its
arithmetic, `Drawn` what it draws.
"""

from .events import Modifiers, key_name
from .pen import Pen
from .screen import Screen
from .shapes import Drawn
from .viewport import Viewport

__all__ = ["Drawn", "Modifiers", "Pen", "Screen", "Viewport", "key_name"]
