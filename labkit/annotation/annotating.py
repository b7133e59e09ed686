"""The annotation of one image or movie: everything that can be done to objects."""

import dataclasses

import numpy as np

from ..objects import (
    Object,
    box_polygon,
    check_polygon,
    from_labels,
)
from . import edits
from .changes import Change
from .classes import ClassTools
from .cutting import Cutting, edited
from .finding import Finding
from .store import Store, check_object


class Annotation(Finding, Cutting, ClassTools, Store):
    """What has been drawn on an image or movie: objects, classes, undo, autosave.

    Every method is one step that `undo` takes back. With a `path`, each step is in
    the file before the method returns.

    Parameters
    ----------
    shape, objects, classes, path, max_bytes
        See `labkit.annotation.store.Store`.

    References
    ----------
    .. [1] Hollandi et al. (2020), AnnotatorJ, Mol. Biol. Cell 31: 2179-2186,
           drawing, editing and classifying. https://doi.org/10.1091/mbc.E20-02-0156

    Examples
    --------
    >>> annotation = Annotation((100, 100))
    >>> annotation.add([(10, 10), (10, 30), (30, 30), (30, 10)]).id
    1
    >>> first, second = annotation.split(1, [(5, 20), (35, 20)])
    >>> np.unique(annotation.labels()).tolist()
    [0, 1, 2]
    >>> annotation.undo().what
    'split'
    >>> len(annotation)
    1
    """

    @classmethod
    def from_labels(
        cls, labels, *, path=None, source="imported", scores=None, classes=()
    ):
        """Start from a label image or a movie of them, to repair it.

        Parameters
        ----------
        labels : (H, W) or (T, H, W) array_like of int
            The labels become ids; in a movie, later frames get new ones where an
            id is taken.
        path : str or Path, optional
        source : str
            Where the labels come from, such as the name of a model.
        scores : dict of int to float, optional
            How sure the source is of each label (single images).
        classes : iterable of ObjectClass

        Returns
        -------
        Annotation
        """
        labels = np.asarray(labels)
        planes = labels if labels.ndim == 3 else labels[None]
        found, ids, highest = [], set(), 0
        for frame, plane in enumerate(planes):
            for one in from_labels(plane, frame=frame, source=source, scores=scores):
                number = one.id if one.id not in ids else highest + 1
                ids.add(number)
                highest = max(highest, number)
                found.append(dataclasses.replace(one, id=number))
        return cls(labels.shape, found, classes, path=path)

    def add(self, polygon, *, note=None, **fields):
        """Add an object.

        Parameters
        ----------
        polygon : (n, 2) array_like
            Its outline, (row, col).
        note : dict, optional
            What to write down about the work: seconds, the line that was drawn, ...
        **fields
            Other attributes of `labkit.objects.Object`: class_id, frame, source, ...

        Returns
        -------
        Object

        Raises
        ------
        ValueError
            If the outline holds no pixel of the image.
        """
        one = Object(self._free_id(), check_polygon(polygon), **fields)
        self._change("add", after=[one], note=note)
        return one

    def add_box(self, first, second, **fields):
        """Add a bounding box between two opposite corners (row, col)."""
        return self.add(box_polygon(first, second), is_box=True, **fields)

    def add_all(self, objects, *, what="import"):
        """Add objects from elsewhere in one step; ids that are taken are replaced.

        Returns
        -------
        list of Object
            As they are now.
        """
        added, taken, free = [], set(self._objects), self._free_id()
        for one in objects:
            check_object(one, self)
            if one.id in taken:
                one = dataclasses.replace(one, id=free)
            taken.add(one.id)
            free = max(free, one.id + 1)
            added.append(one)
        if added:
            self._change(what, after=added)
        return added

    def delete(self, *ids, note=None):
        """Delete objects in one step."""
        gone = [self[number] for number in dict.fromkeys(ids)]
        if gone:
            self._change("delete", before=gone, note=note)

    def redraw(self, number, polygon, *, what="redraw", note=None):
        """Give an object another outline; return it."""
        return self._edit(what, [number], lambda one: check_polygon(polygon), note)[0]

    def brush(self, number, points, radius, *, erase=False, protect=True, note=None):
        """Add to an object with a brush, or erase from it.

        Parameters
        ----------
        number : int
        points : (n, 2) array_like
            The way of the brush, (row, col).
        radius : float
            Of the brush, px.
        erase : bool
            What is erased altogether is deleted.
        protect : bool
            Do not paint on other objects.

        Returns
        -------
        Object or None
            None if nothing is left of it.
        """
        taken = self.others(number) if protect and not erase else None
        shape = self.frame_shape
        return self._edit(
            "erase" if erase else "brush",
            [number],
            lambda one: edits.brushed(
                one.polygon, points, radius, shape, erase=erase, taken=taken
            ),
            note,
        )[0]

    def smooth(self, ids, sigma=2.0):
        """Round objects off by a Gaussian, `sigma` in px."""
        shape = self.frame_shape
        return self._edit(
            "smooth", ids, lambda one: edits.smoothed(one.polygon, sigma, shape)
        )

    def grow(self, ids, width=1.0, *, protect=True):
        """Grow objects by `width` px, or shrink them where it is negative.

        With `protect`, not into other objects.
        """
        shape = self.frame_shape

        def grown(one):
            taken = self.others(one.id) if protect and width > 0 else None
            return edits.grown(one.polygon, width, shape, taken=taken)

        return self._edit("grow" if width > 0 else "shrink", ids, grown)

    def copy_to_frame(self, ids, frame):
        """Copy objects to another frame, where they get new ids; return them."""
        copies = [
            dataclasses.replace(self[number], id=new, frame=frame, edited=False)
            for new, number in enumerate(dict.fromkeys(ids), start=self._free_id())
        ]
        if copies:
            self._change("copy", after=copies)
        return copies

    def _change(self, what, before=(), after=(), classes=None, note=None):
        """Make a change of objects and do it."""
        classes = None if classes is None else (self.classes, classes)
        return self.do(
            Change(what, tuple(before), tuple(after), (), classes, dict(note or {}))
        )

    def _edit(self, what, ids, outline, note=None):
        """Give objects new outlines in one step; those without one are deleted."""
        found = [self[number] for number in _as_ids(ids)]
        outlines = [outline(one) for one in found]
        new = [
            None if polygon is None else edited(one, polygon)
            for one, polygon in zip(found, outlines, strict=True)
        ]
        if found:
            self._change(what, found, [one for one in new if one], note=note)
        return new

    def _alter(self, what, ids, **fields):
        """Give objects other fields in one step."""
        found = [self[number] for number in _as_ids(ids)]
        new = [dataclasses.replace(one, **fields) for one in found]
        if found:
            self._change(what, found, new)
        return new

    def _free_id(self):
        """The lowest id above all that are in use."""
        return max(self._objects, default=0) + 1


def _as_ids(ids):
    """One id or several, each once."""
    return [ids] if np.isscalar(ids) else list(dict.fromkeys(ids))
