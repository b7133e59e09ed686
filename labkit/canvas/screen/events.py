"""What the user does on a screen, and who is told."""

import contextlib
import threading
import traceback
from typing import NamedTuple


class Modifiers(NamedTuple):
    """Which modifier keys were held; Command counts as Ctrl."""

    shift: bool = False
    ctrl: bool = False
    alt: bool = False


NO_MODIFIERS = Modifiers()
KINDS = ("stroke", "double", "hover", "wheel", "key", "error")
_BROWSER_KEYS = {f"Ctrl+{key}" for key in "srwtnlf"} | {"Ctrl+Shift+r", "Ctrl+Shift+t"}
_BROWSER_KEYS |= {"Tab", *(f"F{number}" for number in range(1, 13))}


def key_name(key, modifiers=()):
    """Name a key as `Screen.hotkeys` does: "a", "Shift+a", "Ctrl+z", "Escape", "?".

    Letters are small; Shift is named with letters and with keys of more than one
    character, not with signs, which say it themselves. Space is "Space".
    """
    shift, ctrl, alt = Modifiers(*modifiers)
    key = {" ": "Space"}.get(key, key.lower() if len(key) == 1 else key)
    shift = shift and (len(key) > 1 or key.isalpha())
    return "Ctrl+" * ctrl + "Alt+" * alt + "Shift+" * shift + key


def check_hotkeys(hotkeys):
    """Return a list of key names, or raise ValueError for one the browser needs."""
    hotkeys = list(dict.fromkeys(hotkeys))
    for name in hotkeys:
        if name in _BROWSER_KEYS or name.removeprefix("Shift+") in _BROWSER_KEYS:
            raise ValueError(
                f"{name} belongs to the browser or JupyterLab; choose another key"
            )
        if len(name) == 1 and name != name.lower():
            raise ValueError(f"write Shift+{name.lower()}, not {name}")
    return hotkeys


class Events:
    """Callbacks by kind of event, run one at a time, whose errors are told.

    Each ``on_...`` method takes a function and returns it. Points are (row, col) in
    image pixels.

    Attributes
    ----------
    lock : threading.RLock
        Held while callbacks run and while the screen is drawn; hold it when you
        change from another thread what a callback reads.
    """

    def __init__(self):
        self.lock = threading.RLock()
        self._callbacks = {kind: [] for kind in KINDS}

    def on_stroke(self, callback):
        """Call ``callback(points, modifiers, button)`` after each stroke or click.

        `points` is (n, 2); one point is a click: the pointer moved less than 3
        screen pixels (pen 5, finger 8). `button` is 0 (left, pen, finger), 1
        (middle) or 2 (right); the last two only click, their strokes pan. In pen
        mode "box" a stroke has two points, its opposite corners.
        """
        return self._add("stroke", callback)

    def on_double(self, callback):
        """Call ``callback(point, modifiers)`` for the second click of a double click.

        Its first click came as a stroke of one point; the second does not.
        """
        return self._add("double", callback)

    def on_hover(self, callback):
        """Call ``callback(point or None)`` up to 10 times a second, if switched on.

        None says that the pointer has left. Switch on by ``screen.hover = True``.
        """
        return self._add("hover", callback)

    def on_wheel(self, callback):
        """Call ``callback(point, steps, modifiers)`` for a wheel with Shift or Alt.

        `steps` are notches, positive away from the user. Without these keys the
        wheel zooms and nobody is called.
        """
        return self._add("wheel", callback)

    def on_key(self, callback):
        """Call ``callback(key, modifiers)`` for the keys in ``screen.hotkeys``."""
        return self._add("key", callback)

    def on_error(self, callback):
        """Call ``callback(traceback)`` when another callback has failed."""
        return self._add("error", callback)

    def _add(self, kind, callback):
        self._callbacks[kind].append(callback)
        return callback

    def _fire(self, kind, *args):
        """Call who listens."""
        for callback in self._callbacks[kind]:
            callback(*args)

    def _guarded(self, function, *args):
        """Run a handler of the front end: locked, with its error told, not raised."""
        with contextlib.suppress(Exception):
            self._reported(function, *args)

    def _reported(self, function, *args):
        """Run a handler; tell its error, then raise it."""
        with self.lock:
            try:
                with self.hold():
                    return function(*args)
            except Exception:
                text = traceback.format_exc()
                with self.hold():
                    self._show_error(text)
                    self._fire("error", text)
                raise

    @contextlib.contextmanager
    def hold(self):
        """Keep others out while a callback runs."""
        with self.lock:
            yield

    def _show_error(self, text):
        """Show an error that nobody listens for; screens draw it."""
