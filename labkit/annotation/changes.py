"""What was done, so that it can be undone: changes and their history."""

import dataclasses
from typing import NamedTuple

import numpy as np


class Patch(NamedTuple):
    """A part of the class map that was painted over."""

    frame: int
    origin: tuple  # row and column of its first pixel
    before: np.ndarray  # (h, w) uint8
    after: np.ndarray  # (h, w) uint8


@dataclasses.dataclass(frozen=True, eq=False)
class Change:
    """One step of work: some objects give way to others.

    Attributes
    ----------
    what : str
        What was done, as people call it: "add", "split", "class", ...
    before, after : tuple of Object
        Objects that are there only before and only after. One that is altered
        stands in both, with one id.
    patches : tuple of Patch
        What was painted in the class map.
    classes : tuple of (tuple of ObjectClass), or None
        All classes before and after, where they changed.
    note : dict
        What else is known: seconds of work, strokes, the line that was drawn, ...
    """

    what: str
    before: tuple = ()
    after: tuple = ()
    patches: tuple = ()
    classes: tuple | None = None
    note: dict = dataclasses.field(default_factory=dict)

    @property
    def ids(self):
        """Ids of all objects that it touches, rising."""
        return sorted({one.id for one in (*self.before, *self.after)})

    @property
    def frames(self):
        """Frames that it touches, rising."""
        touched = {one.frame for one in (*self.before, *self.after)}
        return sorted(touched | {patch.frame for patch in self.patches})

    @property
    def n_bytes(self):
        """About how much memory it holds."""
        outlines = sum(one.polygon.nbytes for one in (*self.before, *self.after))
        painted = sum(p.before.nbytes + p.after.nbytes for p in self.patches)
        return 500 + outlines + painted

    def reversed(self):
        """The change that undoes it."""
        patches = [p._replace(before=p.after, after=p.before) for p in self.patches]
        return dataclasses.replace(
            self,
            before=self.after,
            after=self.before,
            patches=tuple(reversed(patches)),
            classes=self.classes and self.classes[::-1],
        )


class History:
    """Changes that can be undone and redone, as many as fit into memory.

    Parameters
    ----------
    max_bytes : int
        The oldest changes are forgotten beyond it; the last one never is.
    """

    def __init__(self, max_bytes=256_000_000):
        self.max_bytes = max_bytes
        self.done, self.undone = [], []
        self._n_bytes = 0

    def add(self, change):
        """Remember a new change; what had been undone is forgotten."""
        self.undone.clear()
        self.done.append(change)
        self._n_bytes += change.n_bytes
        while self._n_bytes > self.max_bytes and len(self.done) > 1:
            self._n_bytes -= self.done.pop(0).n_bytes

    def undo(self):
        """Return the change that takes the last one back, or None."""
        if not self.done:
            return None
        change = self.done.pop()
        self._n_bytes -= change.n_bytes
        self.undone.append(change)
        return change.reversed()

    def redo(self):
        """Return the change that was undone last, or None."""
        if not self.undone:
            return None
        change = self.undone.pop()
        self._n_bytes += change.n_bytes
        self.done.append(change)
        return change
