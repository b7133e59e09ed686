"""Enlarge label images without the stairs of their pixels."""

import cv2
import numpy as np
from scipy import ndimage

SMOOTH = 1.0  # px: the borders' stairs are levelled over so much
MARGIN = 4  # px around an object, where its border may move to
HALF = 0.499  # cover that always is enough: between two that touch, no gap opens


def enlarge_labels(labels, shape):
    """Enlarge a label image, with smooth borders.

    Each object's mask is blurred and enlarged like an image; a pixel belongs to the
    object that covers it most. How much cover is enough is chosen for each object so
    that its area grows as the image does: small ones do not shrink away.

    Parameters
    ----------
    labels : (H, W) array of int
        Negative numbers are objects like others.
    shape : (int, int)
        Of the result, no side shorter than the image's.

    Returns
    -------
    (h, w) ndarray of int32
        With the same numbers.

    Examples
    --------
    >>> labels = np.zeros((9, 9), int)
    >>> labels[3:6, 3:6] = 7
    >>> large = enlarge_labels(labels, (36, 36))
    >>> round((large == 7).sum() / (labels == 7).sum())
    16
    """
    labels = np.asarray(labels)
    factors = np.divide(shape, labels.shape)
    numbers, coded = np.unique(labels, return_inverse=True)
    coded = coded.reshape(labels.shape) + 1
    result, lead = np.zeros(shape, np.int32), np.zeros(shape, np.float32)
    for number, window in zip(numbers, ndimage.find_objects(coded), strict=True):
        if number == 0:
            continue
        near = [_wider(*one) for one in zip(window, labels.shape, strict=True)]
        target = [_scaled(*one) for one in zip(near, factors, shape, strict=True)]
        cover = _cover(labels[tuple(near)] == number, near, target, factors)
        part = tuple(target)
        wins = cover > lead[part]
        lead[part][wins] = cover[wins]
        result[part][wins] = number
    return result


def _wider(window, side):
    """Return a slice with a margin, inside the image."""
    return slice(max(window.start - MARGIN, 0), min(window.stop + MARGIN, side))


def _scaled(window, factor, side):
    """Return the pixels of the large image with centres in a slice of the small."""
    first, stop = (np.ceil(edge * factor - 0.5) for edge in (window.start, window.stop))
    return slice(max(int(first), 0), min(int(stop), side))


def _cover(mask, near, target, factors):
    """How far each pixel of `target` lies above the cover that keeps the area."""
    soft = np.pad(mask.astype(np.float32), MARGIN, mode="edge")
    soft = cv2.GaussianBlur(soft, (0, 0), SMOOTH)
    rows, cols = (
        (np.arange(t.start, t.stop) + 0.5) / f - 0.5 - n.start + MARGIN
        for t, f, n in zip(target, factors, near, strict=True)
    )
    grid = np.meshgrid(cols.astype(np.float32), rows.astype(np.float32))
    cover = cv2.remap(soft, *grid, cv2.INTER_LINEAR)
    n_px = min(round(mask.sum() * factors[0] * factors[1]), cover.size)
    level = np.partition(cover.ravel(), -n_px)[-n_px]
    return cover - min(np.nextafter(level, np.float32(0)), HALF)
