"""The objects of an annotation, its class map and its classes; all changes go here."""

from pathlib import Path

import numpy as np

from ..objects import Object, crop_mask, to_labels, to_layers
from . import journal
from .changes import Change, History, Patch


class Store:
    """What has been annotated on one image or movie, with undo and a file.

    The base of `Annotation`, which adds the tools. Objects are replaced, never
    changed, and every change goes through `do`.

    Parameters
    ----------
    shape : (int, int) or (int, int, int)
        (H, W) of the image or (T, H, W) of the movie.
    objects : iterable of Object
    classes : iterable of ObjectClass
    path : str or Path, optional
        The file that every change is written to at once, ending in ``.labkit``.
        A file that is there is never overwritten: see `open`.
    max_bytes : int
        Memory for undoing; the oldest changes are forgotten beyond it.
    """

    def __init__(
        self, shape, objects=(), classes=(), *, path=None, max_bytes=256_000_000
    ):
        self.shape = _check_shape(shape)
        self.history = History(max_bytes)
        self.classes = tuple(classes)
        self._objects = {}
        self._class_map = None
        self._journal = None
        self.version = 0  # counts up with every change, undo and redo
        self.done = False
        first = Change("start", after=tuple(objects), classes=((), self.classes))
        self._apply(first)
        if len(self) < len(first.after):
            raise ValueError("two objects have the same id; add_all gives new ones")
        if path is not None:
            if Path(path).exists():
                raise ValueError(
                    f"{path} is there already; go on with it by "
                    f"Annotation.open(path), or choose another name"
                )
            self._journal = journal.write_journal(path, self.shape, [first])

    @classmethod
    def open(cls, path, *, max_bytes=256_000_000):
        """Go on with an annotation where it was left, undo included.

        Parameters
        ----------
        path : str or Path
        max_bytes : int

        Raises
        ------
        FileNotFoundError, ValueError
            If the file is not there, is no annotation, or is damaged.
        """
        shape, entries, n_bytes = journal.read_journal(path)
        self = cls(shape, max_bytes=max_bytes)
        self.history.max_bytes = float("inf")  # what was undone then can be again
        for entry in entries:
            self._again(entry)
        self.history.max_bytes = max_bytes
        self._journal = journal.Journal(path, n_bytes)
        if Path(path).stat().st_size > n_bytes:  # a line that a crash cut short
            self._journal.cut_back()
        return self

    def save_as(self, path):
        """Write all to another file, what can be undone included, and go on there.

        Raises
        ------
        PermissionError, FileNotFoundError, ValueError
            If it cannot be written, or stands there already.
        """
        if Path(path).exists():
            raise ValueError(f"{path} is there already; choose another name")
        done, undone = self.history.done, self.history.undone[::-1]
        more = [{"what": "undo"}] * len(undone) + [{"what": "done", "done": self.done}]
        changes = [self._beginning(), *done, *undone]
        self._journal = journal.write_journal(path, self.shape, changes, more)

    @property
    def path(self):
        """The file that changes are written to, or None."""
        return self._journal.path if self._journal else None

    @property
    def n_frames(self):
        """Number of frames, 1 for an image."""
        return self.shape[0] if len(self.shape) == 3 else 1

    @property
    def frame_shape(self):
        """Height and width."""
        return self.shape[-2:]

    def __len__(self):
        return len(self._objects)

    def __contains__(self, number):
        return number in self._objects

    def __getitem__(self, number):
        if number not in self._objects:
            raise ValueError(f"there is no object {number}; it may have been deleted")
        return self._objects[number]

    def objects(self, frame=None):
        """Return all objects, or those of one frame, by rising id."""
        found = [self._objects[number] for number in sorted(self._objects)]
        return found if frame is None else [o for o in found if o.frame == frame]

    def labels(self, frame=0):
        """Return the label image of one frame: value = id, higher ids on top.

        Bounding boxes are filled, and lie below all outlines.

        Returns
        -------
        (H, W) ndarray of int32
        """
        found = sorted(self.objects(frame), key=lambda one: not one.is_box)
        return to_labels(found, self.frame_shape)

    def layers(self, frame=0):
        """Return one mask an object, so that overlaps are kept: (N, H, W) bool."""
        return to_layers(self.objects(frame), self.frame_shape)

    def class_map(self, frame=0):
        """Return the painted classes of one frame: (H, W) uint8, 0 where none is."""
        return self._painted(frame, box_slices((0, 0), self.frame_shape))

    def do(self, change):
        """Carry out a change, remember it, write it to the file; return it.

        Raises
        ------
        OSError, ValueError
            If it could not be written to the file (`journal.Journal.append`). It is
            done nevertheless, and written with the next one.
        """
        self._apply(change)
        self.history.add(change)
        self._write(journal.change_to_json(change))
        return change

    def undo(self):
        """Take the last change back; return what was done, or None if nothing is left.

        Returns
        -------
        Change or None
        """
        return self._step("undo", self.history.undo())

    def redo(self):
        """Do again what was undone last; return it, or None."""
        return self._step("redo", self.history.redo())

    def mark_done(self, done=True):
        """Say that the image is finished, or not; no step, `undo` does not see it."""
        self.done = bool(done)
        self._write({"what": "done", "done": self.done})

    def _step(self, what, change):
        """Apply a step of the history."""
        if change is not None:
            self._apply(change)
            self._write({"what": what})
        return change

    def _write(self, entry):
        """Append to the file, if there is one."""
        if self._journal:
            self._journal.append(entry)

    def _apply(self, change):
        """Change what is held; nothing else does."""
        for one in change.after:
            check_object(one, self)
        for one in change.before:
            self._objects.pop(one.id, None)
        for one in change.after:
            self._objects[one.id] = one
        for patch in change.patches:
            self._paint(patch.frame, patch.origin, patch.after)
        if change.classes:
            self.classes = tuple(change.classes[1])
        self.version += 1

    def _paint(self, frame, origin, values):
        """Set a part of the class map."""
        if self._class_map is None:
            self._class_map = np.zeros((self.n_frames, *self.frame_shape), np.uint8)
        self._class_map[frame][box_slices(origin, values.shape)] = values

    def _again(self, entry):
        """Do again what a line of the file says."""
        if entry["what"] == "done":
            self.done = entry["done"]
            return
        if entry["what"] in ("undo", "redo"):
            change = getattr(self.history, entry["what"])()
            if change is not None:
                self._apply(change)
            return
        put = tuple(journal.objects_from_json(entry))
        gone = [*entry.get("gone", ()), *(one.id for one in put)]
        classes = journal.classes_from_json(entry)
        change = Change(
            entry["what"],
            tuple(self._objects[i] for i in gone if i in self._objects),
            put,
            tuple(self._patch(*found) for found in journal.patches_from_json(entry)),
            None if classes is None else (self.classes, classes),
            entry.get("note", {}),
        )
        self._apply(change)
        if change.what != "start":
            self.history.add(change)

    def _patch(self, frame, origin, values):
        """What painting a part of the class map changes."""
        before = self._painted(frame, box_slices(origin, values.shape))
        return Patch(frame, origin, before, values)

    def _painted(self, frame, part):
        """A copy of a part (slices) of the class map."""
        if self._class_map is None:
            return np.zeros([one.stop - one.start for one in part], np.uint8)
        return self._class_map[frame][part].copy()

    def _beginning(self):
        """What was there before the first change that can be undone."""
        first = Store(self.shape, self._objects.values(), self.classes)
        first._class_map = None if self._class_map is None else self._class_map.copy()
        for change in reversed(self.history.done):
            first._apply(change.reversed())
        return Change(
            "start",
            after=tuple(first.objects()),
            classes=((), first.classes),
            patches=first._whole_map(),
        )

    def _whole_map(self):
        """The class map of all frames that have one, as patches."""
        if self._class_map is None:
            return ()
        painted = [f for f, plane in enumerate(self._class_map) if plane.any()]
        empty = np.zeros(self.frame_shape, np.uint8)
        return tuple(Patch(f, (0, 0), empty, self._class_map[f]) for f in painted)


def box_slices(origin, shape):
    """Slices of a part of a plane that begins at `origin`."""
    return tuple(slice(low, low + n) for low, n in zip(origin, shape, strict=True))


def _check_shape(shape):
    """Return the shape of an image or movie, or raise ValueError."""
    shape = tuple(int(n) for n in shape)
    if len(shape) not in (2, 3) or min(shape) < 1:
        raise ValueError(
            f"`shape` must be (H, W) of an image or (T, H, W) of a movie, got {shape}; "
            f"of a picture in colour hand in shape[:2]"
        )
    return shape


def check_object(one, store):
    """Raise ValueError if an object cannot be on the image."""
    if not isinstance(one, Object):
        raise TypeError(f"expected an Object, got {type(one).__name__}")
    if not 1 <= one.id < 2**31:
        raise ValueError(f"ids must lie in 1 to 2147483647, got {one.id}")
    if not 0 <= one.frame < store.n_frames:
        raise ValueError(
            f"object {one.id} is on frame {one.frame}, but there are {store.n_frames}"
        )
    if not crop_mask(one.polygon, store.frame_shape)[0].any():
        raise ValueError(
            f"object {one.id} holds no pixel: it lies outside the image of "
            f"{store.frame_shape} px, or is a mere line"
        )
