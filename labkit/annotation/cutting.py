"""Cut objects along a line, and join them."""

import dataclasses

import numpy as np

from ..objects import box_polygon
from . import edits


class Cutting:
    """What `Annotation` cuts and joins."""

    def split(self, number, line, *, note=None):
        """Cut an object along a line; the largest part keeps the id.

        Parameters
        ----------
        number : int
        line : (n, 2) array_like
            From outside to outside, (row, col).

        Returns
        -------
        list of Object

        Raises
        ------
        ValueError
            If the line does not cut it in two.
        """
        parts = self._parts(self[number], line, self._free_id())
        self._change("split", before=[self[number]], after=parts, note=note)
        return parts

    def cut(self, line, *, frame=0, note=None):
        """Cut all objects of a frame that a line crosses, in one step.

        Parameters
        ----------
        line : (n, 2) array_like
            (row, col); objects that it enters but does not leave stay whole.
        frame : int

        Returns
        -------
        list of Object
            The parts; of each object, the largest keeps the id.

        Raises
        ------
        ValueError
            If no object is cut.
        """
        low, high = np.min(line, axis=0), np.max(line, axis=0)
        whole, parts, free = [], [], self._free_id()
        for one in self.objects(frame):
            near = (one.bounds[0] <= high).all() and (one.bounds[1] >= low).all()
            try:
                found = self._parts(one, line, free) if near else []
            except ValueError:  # touched but not crossed
                continue
            whole += [one] if found else []
            parts += found
            free += max(len(found) - 1, 0)
        if not parts:
            raise ValueError("no object is cut; draw across one, outside to outside")
        self._change("split", before=whole, after=parts, note=note)
        return parts

    def merge(self, ids, *, note=None):
        """Join objects of one frame to one, which keeps the first id; return it."""
        found = [self[number] for number in dict.fromkeys(ids)]
        if len(found) < 2 or len({one.frame for one in found}) > 1:
            raise ValueError(
                f"choose at least two objects of one frame to merge, got {list(ids)}"
            )
        polygon = edits.merged([one.polygon for one in found], self.frame_shape)
        whole = edited(found[0], polygon)
        self._change("merge", before=found, after=[whole], note=note)
        return whole

    def _parts(self, one, line, free):
        """The parts of an object along a line; ids from `free` on for all but one."""
        outlines = edits.split(one.polygon, line, self.frame_shape)
        ids = [one.id, *range(free, free + len(outlines) - 1)]
        return [
            dataclasses.replace(edited(one, outline), id=number)
            for number, outline in zip(ids, outlines, strict=True)
        ]


def edited(one, polygon):
    """An object with another outline; of a box, the box round it."""
    if one.is_box:
        polygon = box_polygon(np.min(polygon, axis=0), np.max(polygon, axis=0))
    return dataclasses.replace(one, polygon=polygon, edited=True)
