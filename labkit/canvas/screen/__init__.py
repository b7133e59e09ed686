"""A picture with outlines on it that takes strokes, wheel and keys.

Knows nothing of annotation, so it serves other tools as well. `Viewport` is its
arithmetic, `Drawn` what it draws, `Pen` what it draws under the pointer; `ink.js` runs
in the browser.
"""

from .events import NO_MODIFIERS, Modifiers, key_name
from .pen import Pen
from .screen import Screen
from .shapes import Drawn
from .viewport import Viewport

__all__ = [
    "NO_MODIFIERS",
    "Drawn",
    "Modifiers",
    "Pen",
    "Screen",
    "Viewport",
    "key_name",
]
