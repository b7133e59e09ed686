"""The file of an annotation: one line for each change, so that a crash loses none.

A journal is text, one JSON object a line: first the format and the shape, then each
change with the ids it removes and the objects it puts, and each "undo" and "redo".
Reading it does all of that again. A line that a crash cut short was never finished
and is left out.
"""

import base64
import json
import os
import zlib
from pathlib import Path

import numpy as np

from ..files.atomic import atomic
from ..objects import Object, ObjectClass

SUFFIX = ".labkit"  # of the files
VERSION = 1


class Journal:
    """Appends lines to the file of one annotation.

    Parameters
    ----------
    path : str or Path
    n_bytes : int
        Length of the file as far as it is known; more means that somebody else
        wrote to it.
    """

    def __init__(self, path, n_bytes=0):
        self.path = Path(path)
        self.n_bytes = n_bytes
        self.waiting = []  # lines that could not be written yet

    def append(self, entry):
        """Write one line, and all that are still waiting.

        Raises
        ------
        OSError
            If the file cannot be written to; the lines wait for the next time.
        ValueError
            If the file has changed since this journal last wrote to it.
        """
        self.waiting.append(_dump(entry))
        self.flush()

    def flush(self):
        """Write the lines that wait."""
        if not self.waiting:
            return
        self._check_alone()
        data = "".join(self.waiting).encode()
        try:
            with self.path.open("ab") as file:
                file.write(data)
        except OSError as error:
            self.cut_back()
            raise OSError(
                f"{len(self.waiting)} changes are kept in memory but could not be "
                f"written to {self.path} ({error.strerror}); make room or save it "
                f"all elsewhere with save_as(path)"
            ) from error
        self.waiting.clear()
        self.n_bytes += len(data)

    def cut_back(self):
        """Take a half-written line back, if the file can be reached at all."""
        try:
            os.truncate(self.path, self.n_bytes)
        except OSError:
            return

    def _check_alone(self):
        """Raise ValueError if another program has written to the file."""
        try:
            found = self.path.stat().st_size
        except FileNotFoundError:
            found = None
        if found != self.n_bytes:
            what = "is gone" if found is None else "was changed by another program"
            raise ValueError(
                f"{self.path} {what} since it was opened; nothing is lost in memory: "
                f"save it all under another name with save_as(path)"
            )


def write_journal(path, shape, changes, more=(), *, kind="annotation"):
    """Write a new journal; return it, ready to go on.

    Parameters
    ----------
    path : str or Path
    shape : tuple of int
        Of the image or movie.
    changes : iterable of Change
    more : iterable of dict
        What follows them: ``{"what": "undo"}``, "redo" and "done".
    kind : str
        What the file holds, so that it is not taken for something else.

    Raises
    ------
    PermissionError, FileNotFoundError
        If the folder cannot be written to or is not there.
    """
    lines = [_dump({f"labkit-{kind}": VERSION, "shape": list(shape)})]
    lines += [_dump(change_to_json(change)) for change in changes]
    lines += map(_dump, more)
    data = "".join(lines).encode()
    with atomic(path) as temporary:
        Path(temporary).write_bytes(data)
    return Journal(path, len(data))


def read_journal(path, *, kind="annotation"):
    """Read a journal.

    Parameters
    ----------
    path : str or Path
    kind : str
        What it must hold.

    Returns
    -------
    shape : tuple of int
    entries : list of dict
        In the form of `change_to_json`, or ``{"what": "undo"}`` and "redo".
    n_bytes : int
        Length of all whole lines.

    Raises
    ------
    ValueError
        If it is another file, of a newer version, or a line in it is damaged.
    """
    data = Path(path).read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    lines = whole.decode("utf-8", errors="replace").splitlines()
    entries = []
    for number, line in enumerate(lines, start=1):
        try:
            entries.append(json.loads(line))
        except json.JSONDecodeError as error:
            raise ValueError(
                f"line {number} of {path} is damaged ({error.msg}); delete it and "
                f"those after it in a text editor to get back what was done before"
            ) from error
    first = entries[0] if entries else None
    name = f"labkit-{kind}"
    if not isinstance(first, dict) or not {name, "shape"} <= first.keys():
        raise ValueError(f"{path} is no {kind} of labkit, or is empty")
    if first[name] > VERSION:
        raise ValueError(
            f"{path} was written by a newer labkit (format {first[name]}, "
            f"this one reads {VERSION}); update labkit"
        )
    return tuple(first["shape"]), entries[1:], len(whole)


def change_to_json(change):
    """Turn a change into what a journal holds: what goes and what comes."""
    entry = {"what": change.what}
    staying = {one.id for one in change.after}
    gone = [one.id for one in change.before if one.id not in staying]
    if gone:
        entry["gone"] = gone
    if change.after:
        entry["put"] = [_object_to_json(one) for one in change.after]
    if change.patches:
        entry["paint"] = [_patch_to_json(patch) for patch in change.patches]
    if change.classes:
        entry["classes"] = [[c.id, c.name, c.colour] for c in change.classes[1]]
    if change.note:
        entry["note"] = change.note
    return entry


def objects_from_json(entry):
    """The objects that a line of a journal puts."""
    return [
        Object(**{**fields, "polygon": np.array(fields["polygon"], np.float64)})
        for fields in entry.get("put", ())
    ]


def classes_from_json(entry):
    """All classes after a line of a journal, or None if it does not change them."""
    if "classes" not in entry:
        return None
    return tuple(ObjectClass(*fields) for fields in entry["classes"])


def patches_from_json(entry):
    """Yield (frame, origin, class map) of what a line of a journal paints."""
    for frame, origin, shape, text in entry.get("paint", ()):
        values = np.frombuffer(zlib.decompress(base64.b64decode(text)), np.uint8)
        yield frame, tuple(origin), values.reshape(shape)


def _object_to_json(one):
    """Fields of an object that are not at their defaults."""
    fields = {"id": one.id, "polygon": one.polygon.tolist()}
    for name in ("class_id", "frame", "is_box", "name", "source", "edited"):
        if getattr(one, name) != getattr(Object, name):
            fields[name] = getattr(one, name)
    if np.isfinite(one.score):
        fields["score"] = round(float(one.score), 4)
    return fields


def _patch_to_json(patch):
    """A painted part, compressed."""
    text = base64.b64encode(zlib.compress(patch.after.tobytes(), 6)).decode()
    return [patch.frame, list(patch.origin), list(patch.after.shape), text]


def _dump(entry):
    """One line of a journal."""
    return json.dumps(entry, separators=(",", ":"), default=_plain) + "\n"


def _plain(value):
    """What JSON does not know: numbers and arrays of NumPy, else the text of it."""
    return value.tolist() if hasattr(value, "tolist") else str(value)
