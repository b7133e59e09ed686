"""Input by the events of ipycanvas alone, where the ink layer cannot run.

Every move of the mouse travels to Python, which draws the line: slower under the
pen, without right button, modifier keys or hover, but the same callbacks. The wheel
event does not say where: the place of the last move counts.
"""

import time

import numpy as np

from .events import Modifiers

CLICK = 3  # screen px: a pointer that moved less has clicked
DOUBLE = 0.4  # s between the clicks of a double click
_EVERY = 3  # moves for one drawing of the line


class PlainInput:
    """Turns the events of a canvas into those of a `Screen`."""

    def __init__(self, screen, canvas):
        self._screen = screen
        self._points, self._fingers, self._last = None, [], (0.0, 0.0)
        self._clicked_at, self._click = -1.0, None
        canvas.on_mouse_down(lambda x, y: self._down(x, y))
        canvas.on_mouse_move(lambda x, y: self._move(x, y))
        canvas.on_mouse_up(lambda x, y: self._up())
        canvas.on_mouse_out(lambda x, y: self._up())
        canvas.on_mouse_wheel(lambda x, y: screen.take_wheel(self._last, y))
        canvas.on_touch_start(self._touch_start)
        canvas.on_touch_move(self._touch_move)
        canvas.on_touch_end(self._touch_end)
        canvas.on_touch_cancel(lambda touches: self._drop())
        canvas.on_key_down(self._key)

    def _at(self, x, y):
        """Return canvas pixels as a view point."""
        return y / self._screen.ratio, x / self._screen.ratio

    def _down(self, x, y):
        """Begin a stroke."""
        self._last = self._at(x, y)
        self._points = [self._last]

    def _move(self, x, y):
        """Go on with a stroke, or with moving the picture."""
        before, self._last = self._last, self._at(x, y)
        if self._points is None:
            return
        self._points.append(self._last)
        if self._screen.pen.mode == "pan":
            self._screen.take_move(np.subtract(self._last, before), 1.0)
        elif len(self._points) % _EVERY == 0:
            self._screen.draw_live(self._screen.viewport.to_image(self._points))

    def _up(self):
        """End a stroke; a button released outside the canvas says so by leaving."""
        if self._points is None:
            return
        points, self._points = np.array(self._points), None
        to_image = self._screen.viewport.to_image
        if np.hypot(*(points - points[0]).T).max() >= CLICK:
            mode = self._screen.pen.mode
            if mode != "pan":
                points = points[[0, -1]] if mode == "box" else points
                self._screen.take_stroke(to_image(points), Modifiers(), 0)
            return
        now = time.monotonic()
        again = self._click is not None and now - self._clicked_at < DOUBLE
        if again and np.hypot(*(points[0] - self._click)) < 2 * CLICK:
            self._click = None
            self._screen.take_double(to_image(points[0]), Modifiers())
        else:
            self._clicked_at, self._click = now, points[0]
            self._screen.take_stroke(to_image(points[:1]), Modifiers(), 0)

    def _touch_start(self, touches):
        """One finger draws, two move the picture."""
        self._fingers = [self._at(*touch) for touch in touches]
        if len(touches) == 1:
            self._down(*touches[0])
        else:
            self._drop()

    def _touch_move(self, touches):
        """Go on with one or two fingers."""
        if len(touches) == 1 and self._points is not None:
            self._move(*touches[0])
        elif len(touches) >= 2 and len(self._fingers) >= 2:
            old = np.array(self._fingers[:2])
            new = np.array([self._at(*touch) for touch in touches[:2]])
            self._fingers = list(new)
            spread = np.hypot(*(new[0] - new[1])) / max(np.hypot(*(old[0] - old[1])), 1)
            shift = new.mean(axis=0) - spread * old.mean(axis=0)
            self._screen.take_move(shift, spread)

    def _touch_end(self, touches):
        """End the stroke when the last finger is lifted."""
        self._fingers = [self._at(*touch) for touch in touches]
        if not touches:
            self._up()

    def _drop(self):
        """Forget the stroke that was begun."""
        if self._points is not None:
            self._points = None
            self._screen.draw_live(())

    def _key(self, key, shift, ctrl, meta):
        """Hand a key on."""
        if key == "Escape" and self._points is not None:
            self._drop()
        else:
            self._screen.take_key(key, Modifiers(shift, ctrl or meta, False))
