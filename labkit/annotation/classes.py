"""Classes of objects, and the class map that is painted."""

import dataclasses

import numpy as np

from ..objects import PALETTE, ObjectClass
from . import edits
from .changes import Change


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
        part = tuple(
            slice(low, low + n) for low, n in zip(origin, mask.shape, strict=True)
        )
        values = np.where(mask, np.uint8(class_id), self.class_map(frame)[part])
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
        if any(one.name == name for one in self.classes):
            raise ValueError(f"there is a class {name!r} already; choose another name")
        number = next(i for i in range(1, len(taken) + 2) if i not in taken)
        if number > 255:
            raise ValueError("there are 255 classes already, which is all ImageJ knows")
        colours = [c for c in PALETTE if c not in {one.colour for one in self.classes}]
        colour = colour or next(iter(colours), PALETTE[number % len(PALETTE)])
        added = ObjectClass(number, str(name), colour)
        self._change("add class", classes=(*self.classes, added))
        return added

    def change_class(self, class_id, **fields):
        """Give a class another name or colour; return it."""
        self._check_class(class_id)
        kept = [
            dataclasses.replace(one, **fields) if one.id == class_id else one
            for one in self.classes
        ]
        self._change("change class", classes=tuple(kept))
        return next(one for one in kept if one.id == class_id)

    def remove_class(self, class_id):
        """Remove a class; its objects have none then."""
        self._check_class(class_id)
        members = [one for one in self.objects() if one.class_id == class_id]
        self._change(
            "remove class",
            before=members,
            after=[dataclasses.replace(one, class_id=0) for one in members],
            classes=tuple(one for one in self.classes if one.id != class_id),
        )

    def _check_class(self, class_id):
        """Raise ValueError if there is no such class."""
        if class_id and class_id not in {one.id for one in self.classes}:
            raise ValueError(
                f"there is no class {class_id}; there are "
                f"{[one.id for one in self.classes]}, and add_class adds one"
            )
