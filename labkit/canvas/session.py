"""The work on one image: what strokes and actions do, without any widget.

The same methods serve the mouse, the buttons, tests and scripts.
"""

import time

import numpy as np

from .. import assist
from ..annotation import simplified
from .actions import ObjectActions
from .keys import ACTIONS, TOOLS
from .pending import Pending
from .tools import TOOL_STROKES

MAX_PAUSE = 60.0  # seconds; a longer one is no work


class Session(ObjectActions):
    """What is open, what is chosen, what waits for a decision.

    Attributes
    ----------
    annotation : labkit.annotation.Annotation
    frame : int
    tool : str
        A name in `labkit.canvas.keys.TOOLS`.
    assisted : bool
        Suggest a contour for what is drawn.
    method : str
        Of the suggestions, see `labkit.assist.METHODS`.
    class_id : int
        Class of new objects, 0 for none.
    brush_radius : float
        px.
    erasing : bool
        Brush and paint take away; Alt swaps.
    pending : Pending or None
    selected : tuple of int
        Ids, the last one chosen at the end.
    corners : list of (row, col)
        Of a polygon that is not closed yet.
    zoom : float
        Screen pixels an image pixel, for what must be near enough to be hit.
    """

    def __init__(self, frames, annotation, *, prob=None, clock=time.monotonic):
        self.tool, self.assisted, self.method = "draw", True, "auto"
        self.class_id, self.brush_radius, self.erasing = 0, 5.0, False
        self.listeners, self.zoom, self._selected = [], 1.0, ()
        self._clock = clock
        self.open(frames, annotation, prob=prob)

    def open(self, frames, annotation, *, prob=None, frame=0):
        """Turn to another image; tools stay as they are.

        Parameters
        ----------
        frames : list of (H, W) or (H, W, 3) ndarray
            One of an image, several of a movie.
        annotation : Annotation
        prob : callable, optional
            Returns the probability map of a frame, see `labkit.assist.suggest`.
        frame : int
            The one to begin with.
        """
        self.frames, self.annotation, self._prob = frames, annotation, prob
        self._since, self._strokes = self._clock(), 0
        self.turn_to(frame)

    def turn_to(self, frame):
        """Turn to another frame of the movie.

        Raises
        ------
        ValueError
            If there is no such frame.
        """
        if not 0 <= frame < len(self.frames):
            raise ValueError(f"there are {len(self.frames)} frames, got {frame}")
        self.frame, self.image = frame, self.frames[frame]
        self.prob = self._prob(frame) if self._prob else None
        self.pending, self.selected, self.corners = None, (), []
        self.changed("frame")

    @property
    def selected(self):
        """Ids that are chosen and still there."""
        return tuple(i for i in self._selected if i in self.annotation)

    @selected.setter
    def selected(self, ids):
        self._selected = tuple(ids)

    def changed(self, what, text=""):
        """Tell all listeners: called with what has changed, and a line of text."""
        for listener in self.listeners:
            listener(what, text)

    # What hands do

    def stroke(self, points, modifiers):
        """Take a stroke or a click (one point), (row, col) in the image."""
        points = np.asarray(points, float)
        if not points.size or not np.isfinite(points).all():
            raise ValueError("a stroke needs at least one point, and no NaN in any")
        self._strokes += 1
        TOOL_STROKES[self.tool](self, points, modifiers)

    def double(self, point, modifiers):
        """Take a double click: close the polygon, or edit the object there."""
        if self.tool == "polygon" and len(self.corners) > 2:
            self.close_polygon()
            return
        found = self.annotation.at(point, self.frame)
        if found:
            self.accept_pending()
            self.select([found.id])
            self.use("brush")

    def use(self, tool):
        """Take a tool."""
        names = [one.name for one in TOOLS]
        if tool not in names:
            raise ValueError(f"there is no tool {tool!r}; there are {names}")
        if len(self.corners) > 2:
            self.close_polygon()
        self.tool, self.corners = tool, []
        self.changed("tool", next(one.help for one in TOOLS if one.name == tool))

    def act(self, name):
        """Do an action of `labkit.canvas.keys.ACTIONS` by its name."""
        if name not in {action.name for action in ACTIONS} or not hasattr(self, name):
            raise ValueError(f"there is no action {name!r}")
        getattr(self, name)()

    # New objects

    def outline(self, polygon, note=None):
        """Take an outline that was drawn: suggest a contour for it, or add it."""
        self.accept_pending()
        if self.assisted:
            self.suggest(polygon)
        else:
            self.add(simplified(polygon), note=note)

    def suggest(self, polygon, *, method=None):
        """Suggest contours for a rough outline; `accept` takes the one shown."""
        polygon = np.asarray(polygon, float)
        first = assist.suggest(self.image, polygon, **self._how(polygon, method))
        self.pending = Pending(polygon, (first,))
        self.changed("pending", f"suggestion: {first.why}")

    def add(self, polygon, *, note=None, **fields):
        """Add an object of the class in use and choose it."""
        fields = {"class_id": self.class_id, "frame": self.frame, **fields}
        one = self.annotation.add(polygon, note=self._note(note), **fields)
        self.selected = (one.id,)
        self.changed("objects", f"added object {one.id}")
        return one

    def close_polygon(self):
        """Close the polygon that is being clicked."""
        if len(self.corners) < 3:
            raise ValueError("a polygon needs at least 3 corners; click some more")
        corners, self.corners = self.corners, []
        self.outline(np.array(corners))

    # Suggestions

    def accept(self):
        """Accept the suggestion, or close the polygon."""
        if self.corners:
            self.close_polygon()
        elif not self.accept_pending():
            self.changed("status", "nothing to accept")

    def accept_pending(self):
        """Turn the suggestion into an object; return it, or None."""
        pending = self.pending
        if pending is None:
            return None
        self.pending = None
        return self.add(
            pending.polygon,
            note=pending.note(),
            source=pending.option.method,
            score=float(pending.option.score),
            edited=pending.edited is not None,
        )

    def reject_pending(self):
        """Drop the suggestion; return whether there was one."""
        there, self.pending = self.pending is not None, None
        if there:
            self.changed("pending", "rejected")
        return there

    def reject(self):
        """Reject the suggestion, drop the polygon, or delete what is chosen."""
        if self.reject_pending():
            return
        if self.corners:
            self.corners = []
            self.changed("pending", "polygon dropped")
        elif self.selected:
            self.annotation.delete(*self.selected, note=self._note())
            text = f"deleted {len(self.selected)}"
            self.selected = ()
            self.changed("objects", text)

    def next_option(self):
        """Show the next suggestion."""
        self._need_pending()
        drawn = self.pending.drawn
        self.pending = self.pending.next(
            lambda: assist.suggestions(self.image, drawn, **self._how(drawn))
        )
        which = f"{self.pending.index + 1} of {len(self.pending.options)}"
        self.changed("pending", f"suggestion {which}: {self.pending.option.why}")

    def invert(self):
        """Swap inside and outside of the suggestion, within what was drawn."""
        self._need_pending()
        self.pending = self.pending.inverted(self.annotation.frame_shape)
        self.changed("pending", "inverted")

    def refine(self):
        """Fit an active contour to what is suggested, or to the chosen object."""
        if self.pending:
            found = self._snake(self.pending.polygon, ())
            self.pending = self.pending.with_outline(found)
            self.changed("pending", "fitted by an active contour")
            return
        one = self.annotation[self._one_selected()]
        found = self._snake(one.polygon, (one.id,))
        self.annotation.redraw(one.id, found, what="refine", note=self._note())
        self.changed("objects", f"fitted object {one.id} by an active contour")

    def cancel(self):
        """Let go of the suggestion, the polygon or the choice."""
        if not self.reject_pending():
            self.corners, self.selected = [], ()
            self.changed("pending", "let go")

    def use_method(self, method):
        """Suggest by another method; what waits is suggested anew."""
        if method not in assist.METHODS:
            raise ValueError(
                f"`method` must be one of {assist.METHODS}, got {method!r}"
            )
        self.method = method
        if self.pending:
            self.suggest(self.pending.drawn)

    # Helpers

    def _snake(self, polygon, ids):
        """Fit an active contour."""
        taken = self.annotation.others(*ids, frame=self.frame)
        found = assist.suggest(self.image, polygon, method="snake", taken=taken)
        return found.polygon

    def _how(self, polygon, method=None):
        """How contours are suggested."""
        return {
            "method": method or self.method,
            "prob": self.prob,
            "taken": self.annotation.others(frame=self.frame, near=polygon),
        }

    def _need_pending(self):
        """Raise ValueError if there is no suggestion."""
        if self.pending is None:
            raise ValueError("there is no suggestion; draw round a nucleus first")

    def _note(self, more=None):
        """What the annotation writes down: seconds and strokes since the last."""
        now = self._clock()
        seconds = min(now - self._since, MAX_PAUSE)
        note = {"seconds": round(seconds, 2), "strokes": self._strokes, **(more or {})}
        self._since, self._strokes = now, 0
        return note


def warm_up():
    """Load what the first suggestion needs, so that it comes as fast as all others."""
    blob = np.zeros((64, 64), np.uint8)
    blob[20:44, 20:44] = 200
    square = np.array([(17, 17), (17, 47), (47, 47), (47, 17)], float)
    assist.suggestions(blob, square, method="watershed")
    assist.from_click((32, 32), blob)
