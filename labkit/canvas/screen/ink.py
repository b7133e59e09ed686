"""The input layer in the browser: pointer, wheel and keys; draws the line itself.

One message a stroke travels to Python instead of three a point (`ink.js`).
Without a mouse, Shift and the arrow keys move a cross, and Space is its button: tapped
it clicks, held down while the cross moves it draws; Ctrl and arrow up or down zoom.
"""

from pathlib import Path

import anywidget
import numpy as np
import traitlets

from .events import Modifiers


class Ink(anywidget.AnyWidget):
    """A transparent layer over a canvas; see `ink.js` for what it sends.

    Its traits say what is drawn under the pointer; `Screen` sets them.
    """

    _esm = Path(__file__).with_name("ink.js")
    _css = ".labkit-annotator :focus-visible { outline: 2px solid #0072b2 !important; }"

    shape = traitlets.List([640, 768]).tag(sync=True)  # of the view: height, width
    view = traitlets.List([1.0, 0.0, 0.0]).tag(sync=True)  # zoom, top, left
    mode = traitlets.Unicode("line").tag(sync=True)
    colour = traitlets.Unicode("#ffd400").tag(sync=True)
    line_width = traitlets.Float(2.0).tag(sync=True)  # screen px
    size = traitlets.Float(10.0).tag(sync=True)  # of the brush: image px
    anchors = traitlets.List([]).tag(sync=True)  # (row, col) the rubber lines start at
    hover = traitlets.Bool(False).tag(sync=True)
    hotkeys = traitlets.List([]).tag(sync=True)
    cursor = traitlets.Unicode("crosshair").tag(sync=True)

    def __init__(self, screen, **traits):
        super().__init__(**traits)
        self._screen = screen
        self.on_msg(self._receive)

    def clear(self):
        """Take away the lines that were finished before this."""
        self.send({"type": "clear"})

    def _receive(self, _, message, buffers):
        """Hand a message of the browser on to the screen."""
        kind, point = message["type"], message.get("point")
        modifiers = Modifiers(*message.get("modifiers", ()))
        if kind == "ready":
            self._screen.take_ratio(message["ratio"])
        elif kind == "stroke":
            points = np.frombuffer(buffers[0], "<f4").reshape(-1, 2).astype(float)
            self._screen.take_stroke(points, modifiers, message["button"])
            self.clear()
        elif kind == "double":
            self._screen.take_double(point, modifiers)
        elif kind == "hover":
            self._screen.take_hover(point)
        elif kind == "wheel":
            self._screen.take_wheel(point, message["dy"], modifiers)
        elif kind == "move":
            self._screen.take_move(message["shift"], message["factor"])
        elif kind == "key":
            self._screen.take_key(message["key"], modifiers)
