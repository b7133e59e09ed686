"""Classes of objects, and the class map that is painted."""

import dataclasses
import re

import numpy as np

from ..objects import PALETTE, ObjectClass, mask_box
from . import edits
from .changes import Change
from .store import box_slices


def check_class(one, others=()):
    """Raise ValueError if a class cannot be, or not beside others.

    Parameters
    ----------
    one : ObjectClass
    others : iterable of ObjectClass
    """
    if any(one.name == other.name for other in others):
        raise ValueError(f"there is a class {one.name!r} already; choose another name")
    if any(one.id == other.id for other in others):
        raise ValueError(f"two classes have the number {one.id}; choose another")
    if not 1 <= one.id <= 255:
        raise ValueError(f"classes have numbers from 1 to 255, as in ImageJ: {one.id}")
    if not re.fullmatch("#[0-9a-fA-F]{6}", one.colour):
        raise ValueError(f"a colour is written as '#e69f00', got {one.colour!r}")


class ClassTools:
    """What `Annotation` does with classes."""

    def set_class(self, ids, class_id):
        """Put objects into a class, 0 for none."""
        self._check_class(class_id)
        return self._alter("class", ids, class_id=class_id)

    def paint(self, points, radius, class_id, *, frame=0, note=None):
        """Paint a class with a brush, for semantic annotation; 0 erases.

        Parameters
        ----------
        points : (n, 2) array_like
            The way of the brush, (row, col).
        radius : float
            Of the brush, px.
        class_id : int
        frame : int
        """
        self._check_class(class_id)
        mask, origin = edits.stroke_mask(points, radius, self.frame_shape)
        if not mask.size:
            return
        part = box_slices(origin, mask.shape)
        values = np.where(mask, np.uint8(class_id), self._painted(frame, part))
        patch = self._patch(frame, origin, values)
        self.do(Change("paint", patches=(patch,), note=note or {}))

    def add_class(self, name, colour=None):
        """Add a class; return it. Its number is the first that is free.

        Parameters
        ----------
        name : str
        colour : str, optional
            "#rrggbb"; by default the first of `labkit.objects.PALETTE` not in use.
        """
        taken = {one.id for one in self.classes}
        number = next(i for i in range(1, len(taken) + 2) if i not in taken)
        colours = [c for c in PALETTE if c not in {one.colour for one in self.classes}]
        colour = colour or next(iter(colours), PALETTE[number % len(PALETTE)])
        added = ObjectClass(number, str(name), colour)
        check_class(added, self.classes)
        self._change("add class", classes=(*self.classes, added))
        return added

    def change_class(self, class_id, **fields):
        """Give a class another name or colour; return it."""
        self._check_class(class_id)
        old = next(one for one in self.classes if one.id == class_id)
        new = dataclasses.replace(old, **fields)
        check_class(new, [one for one in self.classes if one is not old])
        kept = tuple(new if one is old else one for one in self.classes)
        self._change("change class", classes=kept)
        return new

    def remove_class(self, class_id):
        """Remove a class; its objects and what was painted in it have none then."""
        self._check_class(class_id)
        members = [one for one in self.objects() if one.class_id == class_id]
        kept = tuple(one for one in self.classes if one.id != class_id)
        self.do(
            Change(
                "remove class",
                tuple(members),
                tuple(dataclasses.replace(one, class_id=0) for one in members),
                tuple(self._unpainted(class_id)),
                (self.classes, kept),
            )
        )

    def _unpainted(self, class_id):
        """Yield patches that take a class off the class map."""
        for frame in range(self.n_frames if self._class_map is not None else 0):
            painted = self._class_map[frame]
            gone = painted == class_id
            if gone.any():
                box = mask_box(gone)
                kept = np.where(gone[box], 0, painted[box])
                yield self._patch(frame, tuple(part.start for part in box), kept)

    def _check_class(self, class_id):
        """Raise ValueError if there is no such class."""
        if class_id and class_id not in {one.id for one in self.classes}:
            raise ValueError(
                f"there is no class {class_id}; there are "
                f"{[one.id for one in self.classes]}, and add_class adds one"
            )
