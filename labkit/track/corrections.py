"""What was corrected in tracks by hand: every step undoable, and on disk at once."""

import dataclasses
from pathlib import Path

import numpy as np

from ..annotation import journal
from ..annotation.changes import History
from ..labels import TRACK_DTYPE, check_tracks
from . import editing
from .branches import in_order

KIND = "correction of tracks"  # in the first line of the file
EDITS = ("cut", "join", "set_division", "remove_division", "delete")
_NEW = ("cut", "join", "set_division")  # may need new ids


@dataclasses.dataclass(frozen=True, eq=False)
class Correction:
    """One step of work.

    Attributes
    ----------
    what : str
        The function of `labkit.track.editing`.
    arguments : dict
        What it was called with; new_id, the first id for new tracks, too.
    before, after : structured ndarray
        The rows that it replaced, and those that came.
    """

    what: str
    arguments: dict
    before: np.ndarray
    after: np.ndarray

    @property
    def n_bytes(self):
        """About how much memory it holds."""
        return 500 + self.before.nbytes + self.after.nbytes

    def reversed(self):
        """The correction that undoes it."""
        return dataclasses.replace(self, before=self.after, after=self.before)

    def __str__(self):
        shown = {k: v for k, v in self.arguments.items() if k != "new_id"}
        values = ", ".join(f"{name} {value}" for name, value in shown.items())
        return f"{self.what.replace('_', ' ')} ({values})"


class Corrections:
    """Tracks that are being corrected by hand.

    Every method is one step that `undo` takes back. With a `path`, each step is in the
    file before the method returns, so that a crash loses none. Ids are never used
    twice, not even those of tracks that were deleted.

    Parameters
    ----------
    tracks : structured ndarray
        `labkit.labels.TRACK_DTYPE`, as `labkit.track.link` returns them.
    path : str or Path, optional
        A file that is there is never overwritten: see `open`.
    max_bytes : int
        Memory for undoing; the oldest steps are forgotten beyond it.

    Attributes
    ----------
    tracks : structured ndarray
        As they are now, sorted by track_id, then frame.
    original : structured ndarray
        As they were before the first step that can be undone.

    Raises
    ------
    ValueError, TypeError
        If `tracks` is no table of tracks, has an object twice, or the file exists.

    Examples
    --------
    >>> points = [[(0, 0)], [(0, 1)], [(0, 2)]]
    >>> corrections = Corrections(lk.track.link_points(points))
    >>> corrections.cut(1, frame=2)
    >>> corrections.tracks["track_id"].tolist()
    [1, 1, 2]
    >>> print(corrections.undo())
    cut (track_id 1, frame 2)
    >>> corrections.tracks["track_id"].tolist()
    [1, 1, 1]
    """

    def __init__(self, tracks, *, path=None, max_bytes=256_000_000):
        self.original = self.tracks = in_order(_check_once(check_tracks(tracks)))
        self.history = History(max_bytes)
        self._highest = int(self.tracks["track_id"].max(initial=0))
        self._journal = None
        if path is not None:
            self._journal = self._write_new(path, [])

    @classmethod
    def open(cls, path, *, max_bytes=256_000_000):
        """Go on with corrections where they were left, undo included.

        Raises
        ------
        FileNotFoundError, ValueError
            If the file is not there, holds no corrections, or is damaged.
        """
        _, entries, n_bytes = journal.read_journal(path, kind=KIND)
        try:
            self = cls(_from_columns(entries[0]["columns"]))
            self.history.max_bytes = float("inf")  # what could be undone can be again
            for entry in entries[1:]:
                self._again(entry)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise ValueError(
                f"{path} is damaged ({error}); delete its last lines in a text editor "
                f"to get back what was done before"
            ) from error
        self.history.max_bytes = max_bytes
        self._journal = journal.Journal(path, n_bytes)
        if Path(path).stat().st_size > n_bytes:  # a line that a crash cut short
            self._journal.cut_back()
        return self

    @property
    def path(self):
        """The file that every step is written to, or None."""
        return self._journal.path if self._journal else None

    def __len__(self):
        """How many steps can be undone."""
        return len(self.history.done)

    def cut(self, track_id, frame):
        """Cut a track before a frame: `labkit.track.cut`."""
        self._do("cut", track_id=track_id, frame=frame)

    def join(self, earlier_id, later_id, *, frame=None):
        """Let a track go on as a later one: `labkit.track.join`."""
        at = {} if frame is None else {"frame": frame}
        self._do("join", earlier_id=earlier_id, later_id=later_id, **at)

    def set_division(self, mother_id, daughter_ids, frame):
        """Let a track divide: `labkit.track.set_division`."""
        ids = [int(one) for one in daughter_ids]
        self._do("set_division", mother_id=mother_id, daughter_ids=ids, frame=frame)

    def remove_division(self, mother_id, *, keep=None):
        """Take a division back: `labkit.track.remove_division`."""
        kept = {} if keep is None else {"keep": keep}
        self._do("remove_division", mother_id=mother_id, **kept)

    def delete(self, track_id):
        """Delete a track: `labkit.track.delete`."""
        self._do("delete", track_id=track_id)

    def undo(self):
        """Take the last step back; return it, or None if there is none."""
        return self._step("undo", self.history.undo())

    def redo(self):
        """Do again what was undone last; return it, or None."""
        return self._step("redo", self.history.redo())

    def save_as(self, path):
        """Write all to another file, what can be undone included, and go on there.

        Raises
        ------
        PermissionError, FileNotFoundError, ValueError
            If it cannot be written, or stands there already.
        """
        now, done = self.tracks, self.history.done
        for step in reversed(done):  # the oldest steps may have been forgotten
            self._apply(step.reversed())
        self.original, self.tracks = self.tracks, now
        steps = [*done, *self.history.undone[::-1]]
        entries = [{"what": step.what, **step.arguments} for step in steps]
        entries += [{"what": "undo"}] * len(self.history.undone)
        self._journal = self._write_new(path, entries)

    def _do(self, what, **arguments):
        """Carry out a correction, remember it, write it to the file."""
        if what in _NEW:
            arguments["new_id"] = self._highest + 1
        self._carry_out(what, arguments)
        self._write({"what": what, **arguments})

    def _carry_out(self, what, arguments):
        """Change the tracks, and remember how to change them back."""
        edited = getattr(editing, what)(self.tracks, **arguments)
        before, after = _only_in(self.tracks, edited), _only_in(edited, self.tracks)
        self.tracks = edited
        self._highest = max(self._highest, int(edited["track_id"].max(initial=0)))
        self.history.add(Correction(what, arguments, before, after))

    def _step(self, what, step):
        """Apply a step of the history."""
        if step is not None:
            self._apply(step)
            self._write({"what": what})
        return step

    def _apply(self, step):
        """Replace the rows of a correction."""
        kept = ~np.isin(_keys(self.tracks), _keys(step.before))
        self.tracks = in_order(np.concatenate([self.tracks[kept], step.after]))

    def _again(self, entry):
        """Do again what a line of the file says."""
        what = entry["what"]
        if what in ("undo", "redo"):
            step = getattr(self.history, what)()
            if step is not None:
                self._apply(step)
        elif what in EDITS:
            self._carry_out(what, {k: v for k, v in entry.items() if k != "what"})
        else:
            raise ValueError(f"nobody knows how to {what!r}")

    def _write(self, entry):
        """Append to the file, if there is one."""
        if self._journal:
            self._journal.append(entry)

    def _write_new(self, path, entries):
        """Write a new file; return its journal."""
        if Path(path).exists():
            raise ValueError(
                f"{path} is there already; go on with it by Corrections.open(path), or "
                f"choose another name"
            )
        start = {"what": "start", "columns": _columns(self.original)}
        shape = self.original.shape
        return journal.write_journal(path, shape, (), [start, *entries], kind=KIND)


def _check_once(tracks):
    """Return `tracks` if no object stands in it twice."""
    keys, n = np.unique(_keys(tracks), return_counts=True)
    if (n > 1).any():
        frame, label = divmod(int(keys[np.argmax(n)]), 2**32)
        raise ValueError(
            f"`tracks` has object {label} of frame {frame} in {n.max()} rows; an "
            f"object has one row: use the table that lk.track.link returns"
        )
    return tracks


def _keys(tracks):
    """Return a number for each object: its frame and label."""
    return tracks["frame"].astype(np.int64) * 2**32 + tracks["label"]


def _only_in(tracks, others):
    """Return the rows of `tracks` that `others` has not, or with other links."""
    keys, order = _keys(tracks), np.argsort(_keys(others))
    at = np.searchsorted(_keys(others), keys, sorter=order)
    there = others[order[np.minimum(at, len(others) - 1)]] if len(others) else None
    if there is None:
        return tracks
    same = _keys(there) == keys
    for name in ("track_id", "parent_id"):
        same &= there[name] == tracks[name]
    return tracks[~same]


def _columns(tracks):
    """Return a table as JSON holds it."""
    return {name: tracks[name].tolist() for name in TRACK_DTYPE.names}


def _from_columns(columns):
    """Return the table of `_columns`."""
    tracks = np.zeros(len(columns["frame"]), TRACK_DTYPE)
    for name in TRACK_DTYPE.names:
        tracks[name] = columns[name]
    return tracks
