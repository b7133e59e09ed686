"""Split touching nuclei: flood a relief from its tops, merge over high passes."""

import cv2
import numpy as np
from numba import njit

MIN_TOP = 0.15  # diameters: bodies thinner than twice this hold no top of their own


def split_touching(mask, diameter, *, dent=0.25, brightness=None):
    """Label the nuclei of a mask, cut apart where they touch.

    The distance to the background forms a relief with a top in the middle of each
    nucleus. Every top is flooded downwards as a basin (a watershed); where two
    basins meet is a pass. Passes are taken from the highest down, and two basins
    are one nucleus unless ::

        (1 - pass / lower top) * (joint area / typical area) ** 1.5 > dent

    so that the larger a body would be, the shallower a dent splits it.

    Parameters
    ----------
    mask : (H, W) array_like of bool
        Foreground.
    diameter : float
        Typical nucleus diameter in px.
    dent : float
        How deep a dent splits a body of typical area, see above.
    brightness : (H, W) ndarray or None
        Relative brightness, about 1 inside nuclei; its square root multiplies the
        relief, so that a dark line between two nuclei lowers the pass.

    Returns
    -------
    (H, W) ndarray of int32

    Examples
    --------
    >>> rows, cols = np.mgrid[:40, :60]
    >>> left, right = np.hypot(rows - 20, cols - 20), np.hypot(rows - 20, cols - 38)
    >>> int(lk.auto.split_touching((left < 11) | (right < 11), 22).max())
    2
    """
    mask = np.ascontiguousarray(mask, dtype=bool)
    if mask.ndim != 2 or mask.size == 0:
        raise ValueError(f"`mask` must have axes (H, W), got shape {mask.shape}")
    if not diameter > 0:
        raise ValueError(f"`diameter` must be positive, got {diameter!r}")
    depth = distance_inside(mask)
    if brightness is not None:
        depth *= np.sqrt(np.clip(brightness, 0.05, 3)).astype(np.float32)
    typical = np.pi / 4 * diameter**2
    return _flood(depth, mask, dent, typical, MIN_TOP * diameter)


def distance_inside(mask):
    """Distance to the background; the image border is no background."""
    padded = cv2.copyMakeBorder(mask.view(np.uint8), 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1]
    return np.minimum(depth, np.float32(max(mask.shape)))


@njit(cache=True)
def _from_the_top(relief, mask, n_levels=4096):
    """Flat indices of the mask pixels, highest first (counting sort)."""
    flat, inside = relief.ravel(), mask.ravel()
    scale = np.float32(0)
    for p in range(flat.size):
        if inside[p] and flat[p] > scale:
            scale = flat[p]
    scale = (n_levels - 1) / max(scale, np.float32(1e-9))
    start = np.zeros(n_levels + 1, np.int64)
    for p in range(flat.size):
        if inside[p]:
            start[n_levels - int(flat[p] * scale)] += 1
    start = np.cumsum(start)
    order = np.empty(start[-1], np.int32)
    for p in range(flat.size):
        if inside[p]:
            level = n_levels - 1 - int(flat[p] * scale)
            order[start[level]] = p
            start[level] += 1
    return order


@njit(cache=True)
def _flood(relief, mask, dent, typical, min_top):
    """Basins of `relief` in `mask`, merged over passes that are high enough."""
    n_rows, n_cols = relief.shape
    flat, labels = relief.ravel(), np.zeros(relief.size, np.int32)
    order = _from_the_top(relief, mask)
    tops, areas, passes = [np.float32(0)], [0.0], [(0, 0, np.float32(0))]
    for p in order:
        row, col, best = p // n_cols, p % n_cols, -1
        rows = range(max(row - 1, 0), min(row + 2, n_rows))
        cols = range(max(col - 1, 0), min(col + 2, n_cols))
        for r in rows:
            for c in cols:
                q = r * n_cols + c
                if labels[q] and (best < 0 or flat[q] > flat[best]):
                    best = q
        if best < 0:
            tops.append(flat[p])
            areas.append(1.0)
            labels[p] = len(tops) - 1
            continue
        own = labels[p] = labels[best]
        areas[own] += 1
        for r in rows:
            for c in cols:
                other = labels[r * n_cols + c]
                if other and other != own:
                    passes.append((own, other, flat[p]))
    number = _merge(tops, areas, passes, dent, typical, min_top)
    for p in order:
        labels[p] = number[labels[p]]
    return labels.reshape(relief.shape)


@njit(cache=True)
def _merge(tops, areas, passes, dent, typical, min_top):
    """Number of the nucleus that each basin belongs to."""
    parent = np.arange(len(tops)).astype(np.int32)
    for one, two, height in passes:
        high, low = _root(parent, one), _root(parent, two)
        if high == low:
            continue
        if tops[high] < tops[low]:
            high, low = low, high
        depth = 1 - height / tops[low]
        joint = (areas[high] + areas[low]) / typical
        if depth * joint**1.5 <= dent or tops[low] < min_top:
            parent[low] = high
            areas[high] += areas[low]
    number, n = np.zeros(len(tops), np.int32), 0
    for basin in range(1, len(tops)):
        if parent[basin] == basin:
            n += 1
            number[basin] = n
    for basin in range(1, len(tops)):
        number[basin] = number[_root(parent, basin)]
    return number


@njit(cache=True)
def _root(parent, basin):
    """Basin that this one was merged into."""
    while parent[basin] != basin:
        parent[basin] = parent[parent[basin]]
        basin = parent[basin]
    return basin
