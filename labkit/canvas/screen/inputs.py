"""What the browser reports, turned into image points and handed to the callbacks.

The ink layer and the plain events call ``take_...``; a program or a test does the
same without a browser by ``send_...``.
"""

import numpy as np

from .events import NO_MODIFIERS, Events, Modifiers, key_name

NOTCH = 100  # what a wheel sends for one notch
_MODIFIERS = ("Shift", "Ctrl", "Alt")
_OCTAVE = 3  # notches that double the zoom


class Inputs(Events):
    """The way in of a `Screen`: what the user does, or a program in their place."""

    def take_ratio(self, ratio):
        """Draw as finely as the display of the page is."""
        self._guarded(self._set_ratio, float(ratio))

    def take_stroke(self, points, modifiers, button):
        """Hand on a stroke, (n, 2) image points."""
        self._guarded(self._stroke, points, modifiers, button)

    def take_double(self, point, modifiers):
        """Hand on a double click at an image point."""
        self._guarded(self._fire, "double", np.asarray(point, float), modifiers)

    def take_hover(self, point):
        """Hand on where the pointer is, or None."""
        point = None if point is None else np.asarray(point, float)
        self._guarded(self._fire, "hover", point)

    def take_wheel(self, point, dy, modifiers=NO_MODIFIERS):
        """Zoom at a view point, or hand on a wheel with Shift or Alt."""
        self._guarded(self._wheel, point, dy, modifiers)

    def take_move(self, shift, factor):
        """Move and zoom the picture: view point p comes to ``factor * p + shift``."""
        self._guarded(self._move, shift, factor)

    def take_key(self, key, modifiers):
        """Hand on a key if it is in `hotkeys`."""
        if key_name(key, modifiers) in self._hotkeys:
            self._guarded(self._fire, "key", _bare(key), modifiers)

    def _stroke(self, points, modifiers, button):
        self._error = ""
        self._fire("stroke", points, modifiers, button)

    def _wheel(self, point, dy, modifiers):
        if modifiers.shift or modifiers.alt:
            point = self.viewport.to_image(point)
            self._fire("wheel", point, -dy / NOTCH, modifiers)
        else:
            self.viewport.zoom_at(point, 2 ** (-dy / NOTCH / _OCTAVE))
            self.redraw()

    def _move(self, shift, factor):
        if abs(factor - 1) < 1e-6:
            self.viewport.pan(*shift)
        else:  # the point that stays where it is
            self.viewport.zoom_at(np.divide(shift, 1 - factor), factor)
        self.redraw()

    # ---- the same without a browser
    def send_stroke(self, points, modifiers=(), button=0):
        """Do what a stroke through image points (n, 2) does; raise what it raises."""
        points = np.asarray(points, float).reshape(-1, 2)
        self._reported(self._stroke, points, Modifiers(*modifiers), button)

    def send_click(self, point, modifiers=(), button=0):
        """Do what a click on an image point does."""
        self.send_stroke([point], modifiers, button)

    def send_double(self, point, modifiers=()):
        """Do what a double click on an image point does: a click, then the double."""
        self.send_click(point, modifiers)
        point = np.asarray(point, float)
        self._reported(self._fire, "double", point, Modifiers(*modifiers))

    def send_hover(self, point):
        """Do what resting on an image point, or leaving (None), does."""
        point = None if point is None else np.asarray(point, float)
        self._reported(self._fire, "hover", point)

    def send_key(self, name):
        """Do what a key does, such as "a" or "Ctrl+z".

        Raises
        ------
        ValueError
            If it is not in `hotkeys`: the browser would not send it.
        """
        held, plus = (name[:-1], "+") if name.endswith("+") else (name, "")
        *held, key = held.split("+")
        key, flags = plus or key, Modifiers(*(m in held for m in _MODIFIERS))
        if key_name(key, flags) not in self.hotkeys:
            raise ValueError(f"{name!r} is not among the hotkeys {self.hotkeys}")
        self._reported(self._fire, "key", key, flags)

    def send_wheel(self, point, dy, modifiers=()):
        """Do what the wheel does over an image point; one notch down is `dy` 100."""
        view_point = self.viewport.to_view(point)
        self._reported(self._wheel, view_point, dy, Modifiers(*modifiers))


def _bare(key):
    """Return a key as its name has it: small, and " " as "Space"."""
    return key_name(key)
