"""Split touching nuclei: flood the distance map from its tops."""

import cv2
import numpy as np
from numba import njit

from .diameter import MIN_DIAMETER


def split_touching(mask, diameter, neck=0.8):
    """Label the objects of a mask, cutting them where they are necked.

    The distance to the background is flooded from its tops downwards; where two
    basins meet they are one nucleus if the pass is nearly as high as the lower
    top, else two.

    Parameters
    ----------
    mask : (H, W) array_like of bool
    diameter : float
        Typical diameter in px: tops lower than a tenth of it found no nucleus.
    neck : float
        Two halves are separate if the neck is narrower than this fraction of the
        thinner half. 0 never splits, 1 splits at every dent.

    Returns
    -------
    (H, W) ndarray of int32

    Examples
    --------
    >>> rows, cols = np.mgrid[:40, :60]
    >>> left, right = np.hypot(rows - 20, cols - 20), np.hypot(rows - 20, cols - 38)
    >>> int(split_touching((left < 11) | (right < 11), 22).max())
    2
    """
    mask = np.ascontiguousarray(mask, dtype=bool)
    padded = cv2.copyMakeBorder(mask.view(np.uint8), 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1]
    depth = np.minimum(depth, np.float32(max(mask.shape)))
    return _flood(
        np.ascontiguousarray(depth), mask, neck, 0.05 * max(diameter, MIN_DIAMETER)
    )


@njit(cache=True)
def _sorted_pixels(height, mask, n_levels=4096):
    """Flat indices of the mask pixels, highest first (counting sort)."""
    flat, inside = height.ravel(), mask.ravel()
    top = np.float32(1e-9)
    for p in range(flat.size):
        if inside[p] and flat[p] > top:
            top = flat[p]
    start = np.zeros(n_levels + 1, np.int64)
    for p in range(flat.size):
        if inside[p]:
            start[n_levels - int(flat[p] / top * (n_levels - 1))] += 1
    start = np.cumsum(start)
    order = np.empty(start[-1], np.int32)
    for p in range(flat.size):
        if inside[p]:
            level = n_levels - 1 - int(flat[p] / top * (n_levels - 1))
            order[start[level]] = p
            start[level] += 1
    return order


@njit(cache=True)
def _root(parent, p):
    """Top of the basin that pixel p belongs to."""
    while parent[p] != p:
        parent[p] = parent[parent[p]]
        p = parent[p]
    return p


@njit(cache=True)
def _flood(height, mask, neck, min_top):
    """Basins of `height` in `mask`, joined over shallow passes."""
    n_rows, n_cols = height.shape
    flat = height.ravel()
    order = _sorted_pixels(height, mask)
    parent = np.full(flat.size, -1, np.int32)
    near = np.empty(8, np.int32)
    for p in order:
        row, col = p // n_cols, p % n_cols
        n_near, best = 0, -1
        for r in range(max(row - 1, 0), min(row + 2, n_rows)):
            for c in range(max(col - 1, 0), min(col + 2, n_cols)):
                q = r * n_cols + c
                if q != p and parent[q] >= 0:
                    near[n_near] = q
                    n_near += 1
                    if best < 0 or flat[q] > flat[best]:
                        best = q
        parent[p] = p if best < 0 else _root(parent, best)
        for k in range(n_near):
            one, two = _root(parent, p), _root(parent, near[k])
            if one == two:
                continue
            low = min(flat[one], flat[two])
            if flat[p] >= neck * low or low < min_top:
                if flat[one] >= flat[two]:
                    parent[two] = one
                else:
                    parent[one] = two
    return _number(parent, height.shape)


@njit(cache=True)
def _number(parent, shape):
    """Labels 1..n in reading order for the basins of `parent`."""
    labels = np.zeros(parent.size, np.int32)
    number = np.zeros(parent.size, np.int32)
    n = 0
    for p in range(parent.size):
        if parent[p] >= 0:
            root = _root(parent, p)
            if number[root] == 0:
                n += 1
                number[root] = n
            labels[p] = number[root]
    return labels.reshape(shape)
