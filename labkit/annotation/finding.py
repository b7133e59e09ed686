"""Find objects: under the pointer, in a box, in the way; and the work on each."""

import dataclasses

import cv2
import numpy as np

from ..objects import crop_mask, from_labels, to_labels

TIME_DTYPE = np.dtype([("label", "i4"), ("seconds", "f8"), ("n_changes", "i4")])


class Finding:
    """Where `Annotation` looks for objects."""

    def at(self, point, frame=0):
        """Return the object under a point (row, col), the smallest of several, or None.

        A box is found at its whole area.
        """
        point = np.asarray(point, float)
        under = []
        for one in self.objects(frame):
            low, high = one.bounds
            if ((point >= low - 1) & (point <= high + 1)).all():
                mask, origin = crop_mask(one.polygon, self.frame_shape)
                row, col = np.floor(point + 0.5).astype(int) - origin
                inside = 0 <= row < mask.shape[0] and 0 <= col < mask.shape[1]
                if inside and mask[row, col]:
                    under.append((int(mask.sum()), one))
        return min(under, key=lambda found: found[0])[1] if under else None

    def inside(self, first, second, frame=0):
        """Return the objects that lie in the box between two corners (row, col)."""
        low, high = np.sort([first, second], axis=0)
        return [
            one
            for one in self.objects(frame)
            if (one.bounds[0] >= low).all() and (one.bounds[1] <= high).all()
        ]

    def others(self, *ids, frame=None, near=None):
        """Return where other objects are: (H, W) bool, of the frame of the first id.

        Boxes do not count: they take no pixels. With `near`, an outline, only objects
        that come closer to it than twice its size are looked at.
        """
        if frame is None:
            frame = self[ids[0]].frame
        found = [o for o in self.objects(frame) if o.id not in ids and not o.is_box]
        if near is not None:
            low, high = np.min(near, axis=0), np.max(near, axis=0)
            low, high = low - 2 * (high - low), high + 2 * (high - low)
            found = [
                o
                for o in found
                if (o.bounds[1] >= low).all() and (o.bounds[0] <= high).all()
            ]
        return to_labels(found, self.frame_shape) > 0

    def time_log(self):
        """Return the work on each object as far as it was noted and can be undone.

        Returns
        -------
        structured ndarray
            label (the id), seconds, n_changes; also of objects that are gone.
        """
        seconds, counts = {}, {}
        for change in self.history.done:
            for number in change.ids:
                part = change.note.get("seconds", 0.0) / len(change.ids)
                seconds[number] = seconds.get(number, 0.0) + part
                counts[number] = counts.get(number, 0) + 1
        rows = [(number, seconds[number], counts[number]) for number in sorted(counts)]
        return np.array(rows, TIME_DTYPE)


def painted_objects(annotation):
    """Return the connected parts of the painted classes as objects, numbered anew.

    Parameters
    ----------
    annotation : Annotation

    Returns
    -------
    list of Object
    """
    found = []
    for frame in range(annotation.n_frames):
        painted = annotation.class_map(frame)
        for class_id in np.unique(painted[painted > 0]).tolist():
            mask = (painted == class_id).astype(np.uint8)
            _, parts = cv2.connectedComponents(mask, connectivity=8)
            found += from_labels(
                parts, frame=frame, source="painted", class_id=class_id
            )
    return [
        dataclasses.replace(one, id=number) for number, one in enumerate(found, start=1)
    ]
