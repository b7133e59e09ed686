"""One connected piece an object, as programs that detect objects in labels expect."""

import numpy as np
from skimage.measure import label

from .labels import check_label_movie


def one_piece(labels):
    """Keep the largest connected piece of every object.

    TrackMate makes an object of each piece of a label, so that an object in two
    pieces would be counted twice and linked wrongly.

    Parameters
    ----------
    labels : (H, W) or (T, H, W) array of int
        Pieces meet at sides, not at corners, within a frame.

    Returns
    -------
    ndarray of int32
        Of pieces of equal size the first in reading order stays, as in
        `labkit.objects.largest_piece`; the others become 0.

    Examples
    --------
    >>> one_piece([[3, 0, 3, 3], [0, 3, 0, 0]])
    array([[0, 0, 3, 3],
           [0, 0, 0, 0]], dtype=int32)
    """
    labels = np.asarray(labels)
    movie = check_label_movie(labels if labels.ndim == 3 else labels[None])
    return np.stack([_one_piece(plane) for plane in movie]).reshape(labels.shape)


def _one_piece(plane):
    """Keep the largest piece of every object of one frame."""
    pieces, n = label(plane, connectivity=1, return_num=True)  # in reading order
    size = np.bincount(pieces.ravel(), minlength=n + 1)[1:]
    value = np.zeros(n, plane.dtype)
    value[pieces[plane > 0] - 1] = plane[plane > 0]
    order = np.lexsort([-size, value])
    best = np.diff(value[order], prepend=0) != 0
    if best.all():
        return plane
    kept = np.zeros(n + 1, bool)
    kept[1 + order[best]] = True
    return np.where(kept[pieces], plane, 0)
