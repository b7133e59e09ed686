"""Squares to annotate, and all that is known of an annotation."""

import numpy as np

from labkit.objects import box_polygon


def square(row, col, size=10):
    """A square of `size` x `size` px, its first pixel at (row, col)."""
    low = np.array([row, col]) - 0.5
    return box_polygon(low, low + size)


def state(annotation):
    """Everything that can be seen of an annotation."""
    return (
        [
            (o.id, o.polygon.tolist(), o.class_id, o.frame, o.is_box, o.source)
            for o in annotation.objects()
        ],
        [annotation.class_map(f).tolist() for f in range(annotation.n_frames)],
        annotation.classes,
    )
