"""Walk through a movie and correct its tracks."""

import html

import ipywidgets as W
import numpy as np

from ..show.widget import ShownWidget
from .display import to_display
from .screen import Screen, key_name
from .track_editor_look import TrackLook
from .track_editor_parts import KEYS, begin, buttons, check_movie, help_text
from .track_editor_session import TrackSession


class TrackEditor(ShownWidget):
    """Correct tracks in the notebook: join, cut, divide, delete.

    A click chooses the track of a nucleus. "join" (j) turns to the next frame, where
    a click says as which nucleus it goes on; Shift and a click does both at once.
    "division" (d) waits for two daughters in the same way. "next doubtful" (r) goes
    to the next division, gap, early end or late start.

    Parameters
    ----------
    images : (T, H, W) or (T, H, W, 3) array_like, or sequence of images
    labels : (T, H, W) array_like of int, or sequence of (H, W)
        The label images that were linked.
    tracks : structured ndarray or Corrections, optional
        `labkit.labels.TRACK_DTYPE`; may be left out where `path` exists.
    path : str or Path, optional
        The file that each step is written to at once, ending in ``.labkit``. If it
        is there, what was corrected in it goes on.
    view_shape : (int, int)
        Height and width of the picture on the page, screen px.
    ink : bool
        Take the pointer in the browser; False for plain ipycanvas events.

    Attributes
    ----------
    tracks : structured ndarray
        The corrected table, at any time.
    corrections : labkit.track.Corrections
        What was done, with undo.
    session : TrackSession
        What clicks and keys do, for scripts.
    widget : ipywidgets.VBox
    screen : Screen
    status : str
        The line under the picture.

    Raises
    ------
    ValueError, TypeError
        If images, labels and tracks do not belong together, or the file holds
        corrections of other tracks.

    Examples
    --------
    >>> movie = lk.synth.simulate_movie(4, (96, 96), 6, seed=0)
    >>> editor = lk.canvas.TrackEditor(movie.images, movie.labels, movie.tracks)
    >>> one = movie.tracks[movie.tracks["frame"] == 0][0]
    >>> editor.click((one["y"], one["x"]))
    >>> editor.press(".")
    >>> editor.press("c")
    >>> editor.status[:11]
    'track 1 cut'
    """

    def __init__(
        self,
        images,
        labels,
        tracks=None,
        path=None,
        *,
        view_shape=(560, 720),
        ink=True,
    ):
        frames, labels = check_movie(images, labels)
        self.corrections = begin(labels, tracks, path)
        self.session = TrackSession(frames, labels, self.corrections)
        self.look = TrackLook(self.session)
        self.screen = Screen(view_shape, ink=ink)
        self.widget = W.VBox(self._parts())
        self.widget.add_class("labkit-annotator")
        self._listen()
        self._show_image()
        n = len(np.unique(self.tracks["track_id"]))
        n_done = len(self.corrections)
        resumed = f" · going on after {n_done} corrections" if n_done else ""
        self._changed("tracks", f"{n} tracks in {len(frames)} frames{resumed}")

    @property
    def tracks(self):
        """The table as it is now, corrected: `labkit.labels.TRACK_DTYPE`."""
        return self.corrections.tracks

    @property
    def status(self):
        """The line under the picture."""
        return self._text

    # By name what hands do

    def click(self, point, *, shift=False):
        """Click on an image point (row, col) of the frame that is shown."""
        self.screen.send_click(point, (shift, False, False))

    def press(self, key):
        """Press a key."""
        self.screen.send_key(key)

    def do(self, name):
        """Do what a button does; what cannot be done is told in the status line."""
        self._try(getattr(self, name, None) or getattr(self.session, name))

    # What else keys and buttons do

    def turn_to(self, frame):
        """Show another frame."""
        self._try(self.session.turn_to, frame)

    def next_frame(self):
        """Turn to the next frame."""
        self.session.turn_to(self.session.frame + 1)

    def previous_frame(self):
        """Turn to the previous frame."""
        self.session.turn_to(self.session.frame - 1)

    def first_frame(self):
        """Turn to the first frame."""
        self.session.turn_to(0)

    def last_frame(self):
        """Turn to the last frame."""
        self.session.turn_to(len(self.session.images) - 1)

    def next_object(self):
        """Point at the next nucleus."""
        self.session.move_cursor(1)

    def previous_object(self):
        """Point at the previous nucleus."""
        self.session.move_cursor(-1)

    def toggle_tails(self):
        """Tails on or off."""
        self.look.tails = not self.look.tails
        self._draw()

    def toggle_outlines(self):
        """Outlines on or off."""
        self.look.outlines = not self.look.outlines
        self._draw()

    def fit(self):
        """Show the whole image."""
        self.screen.viewport.fit()
        self.screen.redraw()

    def toggle_help(self):
        """Show the keys, or hide them."""
        hidden = self._help.layout.display == "none"
        self._help.layout.display = "" if hidden else "none"

    # Inside

    def _parts(self):
        """Make the widgets, from top to bottom."""
        last = len(self.session.images) - 1
        self._slider = W.IntSlider(max=last, description="frame")
        self._slider.layout.width = "70%"
        self._slider.observe(self._slid, "value")
        self._help = W.HTML(help_text(), layout={"display": "none"})
        self._status, self._text, self._trouble = W.HTML(), "", W.Output()
        below = [self._slider, self._status, self._trouble]
        return [buttons(self.do), self._help, self.screen.widget, *below]

    def _listen(self):
        """Connect screen and session."""
        self.screen.hotkeys = list(KEYS)
        self.screen.set_pen("pan")
        self.screen.on_stroke(self._stroke)
        self.screen.on_double(lambda point, held: self._try(self._again, point, held))
        self.screen.on_key(lambda key, held: self.do(KEYS[key_name(key, held)]))
        self.screen.on_error(self._show_trouble)
        self.session.listeners.append(self._changed)

    def _stroke(self, points, modifiers, button):
        """Take a click; a stroke of more points has moved the picture."""
        if button == 0 and len(points) == 1:
            self._try(lambda: self.session.click(points[0], join=modifiers.shift))

    def _again(self, point, modifiers):
        """Take a second click at one place; a daughter chosen by the first stays."""
        if self.session.track_at(point) not in self.session.daughters:
            self.session.click(point, join=modifiers.shift)

    def _slid(self, change):
        """Follow the slider."""
        if change.new != self.session.frame:
            self.turn_to(change.new)

    def _try(self, function, *args):
        """Do what may not be possible; tell in the status line why."""
        with self.screen.hold():
            try:
                function(*args)
            except (ValueError, OSError) as error:
                self._draw()
                self._say(str(error), error=True)

    def _changed(self, what, text):
        """Follow the session."""
        with self.screen.hold():
            if what == "frame":
                self._show_image()
            if what == "look":
                bounds = self.look.bounds(self.session.selected)
                self.screen.viewport.show(bounds, fill=0.15)
                self.screen.redraw()
            self._draw(whole=what in ("frame", "tracks"))
        self._say(text)

    def _show_image(self):
        """Show the frame, on the slider too."""
        self.screen.set_image(to_display(self.session.images[self.session.frame]))
        self._slider.value = self.session.frame

    def _draw(self, *, whole=True):
        """Draw what is being done and, if `whole`, all objects."""
        if whole:
            self.screen.set_shapes(self.look.shapes())
        self.screen.set_front(self.look.front())

    def _say(self, text, *, error=False):
        """Write the line under the picture."""
        self._text = text
        saved = "" if self.corrections.path else " · only in memory: give path="
        colour = "#d55e00" if error else "inherit"
        count = f"{len(self.corrections)} corrections{saved}"
        self._status.value = (
            f'<span style="color:{colour}">{html.escape(text)}</span>'
            f'<span style="opacity:.6"> · {count}</span>'
        )

    def _show_trouble(self, text):
        """Show an error of the program itself; the work so far is kept."""
        self._say(text.strip().splitlines()[-1], error=True)
        self._trouble.append_stderr(text)

    def _still(self):
        """Return the picture for readers without a kernel."""
        return self.look.snapshot()
