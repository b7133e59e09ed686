"""Where an adaptation keeps what it has made, so that it can go on after a stop."""

import json
from pathlib import Path

import numpy as np

from ..files.atomic import atomic
from ..files.images import read_image, write_image
from ..files.labels import read_labels, write_labels
from .examples import Example
from .presegment import Presegmentation

STATE = "adaptation.json"


class Shelf:
    """Keeps each item of each stage in a folder, or nothing without one.

    Parameters
    ----------
    folder : str or Path, optional
    about : dict, optional
        What the result depends on; a folder made with anything else is refused.

    Raises
    ------
    ValueError
        If the folder holds another adaptation.
    PermissionError
        If it cannot be written to.
    """

    def __init__(self, folder=None, about=None):
        self.folder = None if folder is None else Path(folder)
        if self.folder is None:
            return
        path, about = self.folder / STATE, json.loads(json.dumps(about or {}))
        if path.is_file():
            _check_same(json.loads(path.read_text("utf-8")), about, self.folder)
            return
        with atomic(path) as temporary:
            temporary.write_text(json.dumps(about, indent=1), "utf-8")

    def path(self, *names):
        """Return where something lies; None without a folder."""
        return None if self.folder is None else self.folder.joinpath(*names)

    def keep(self, kind, names, make):
        """Return an item: read if it is there, else made and written.

        Parameters
        ----------
        kind : {"presegmentation", "example", "labels", "json"}
        names : tuple of str
            Folders and name, without suffix.
        make : callable
            Returns the item.
        """
        if self.folder is None:
            return make()
        write, read = KINDS[kind]
        base = self.path(*names)
        if _done(base).is_file():
            return read(base)
        item = make()
        base.parent.mkdir(parents=True, exist_ok=True)
        write(base, item)
        _done(base).touch()
        return item


def _done(base):
    """The empty file that says that an item is complete."""
    return base.parent / f".{base.name}.done"


def _check_same(before, now, folder):
    """Raise ValueError if a folder was made for something else."""
    differ = sorted(k for k in before | now if before.get(k) != now.get(k))
    if differ:
        shown = ", ".join(f"{k} was {before.get(k)!r}" for k in differ[:3])
        raise ValueError(
            f"{folder} holds an adaptation of something else ({shown}); "
            f"choose another folder, or delete this one to begin anew"
        )


def _named(base, what):
    """Path of one file of an item."""
    return base.with_name(f"{base.name}_{what}.png")


def _write_found(base, one):
    """Write a presegmentation as two pictures."""
    write_labels(_named(base, "labels"), one.labels)
    write_labels(_named(base, "unsure"), one.unsure.astype(np.int32))


def _read_found(base):
    """Read what `_write_found` wrote."""
    return Presegmentation(
        read_labels(_named(base, "labels")), read_labels(_named(base, "unsure")) > 0
    )


def _write_example(base, one):
    """Write an image and its labels."""
    write_image(_named(base, "image"), one.image)
    write_labels(_named(base, "labels"), one.labels)


def _read_example(base):
    """Read what `_write_example` wrote."""
    labels = read_labels(_named(base, "labels"))
    image = read_image(_named(base, "image"), colour=True)
    return Example(image, labels, np.zeros(labels.shape, bool))


def _write_json(base, item):
    """Write what JSON can say."""
    with atomic(base.with_suffix(".json")) as temporary:
        temporary.write_text(json.dumps(item), "utf-8")


def _read_json(base):
    """Read what `_write_json` wrote."""
    return json.loads(base.with_suffix(".json").read_text("utf-8"))


def _write_labels(base, labels):
    """Write a label image."""
    write_labels(base.with_suffix(".png"), labels)


def _read_labels(base):
    """Read a label image."""
    return read_labels(base.with_suffix(".png"))


KINDS = {
    "labels": (_write_labels, _read_labels),
    "presegmentation": (_write_found, _read_found),
    "example": (_write_example, _read_example),
    "json": (_write_json, _read_json),
}
