"""Split touching nuclei: flood a relief from its tops, merge over high passes."""

import cv2
import numpy as np
from numba import njit

from .regions import root

MIN_TOP = 0.15  # diameters: bodies thinner than twice this hold no top of their own


def split_touching(mask, diameter, *, dent=0.2, brightness=None):
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
    framed = np.pad(mask, 1).view(np.uint8)
    n_bodies, bodies = cv2.connectedComponents(framed)
    relief = distance_inside(mask)
    if brightness is not None:
        brightness = np.asarray(brightness, np.float32)
        if brightness.shape != mask.shape:
            raise ValueError(
                f"`brightness` {brightness.shape} and `mask` {mask.shape} differ in "
                f"shape; give both for the same pixels"
            )
        _multiply_root(relief, framed, brightness)
    typical = np.pi / 4 * diameter**2
    labels = _flood(relief, bodies, n_bodies, dent, typical, MIN_TOP * diameter)
    return np.ascontiguousarray(labels[1:-1, 1:-1])


def distance_inside(mask):
    """Distance to the background, with an empty frame of one pixel around.

    The image border is no background: nuclei go on behind it.
    """
    framed = cv2.copyMakeBorder(mask.view(np.uint8), 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    depth = cv2.distanceTransform(framed, cv2.DIST_L2, 5)
    if mask.all():
        depth[:] = max(mask.shape)
    depth[[0, -1]] = 0
    depth[:, [0, -1]] = 0
    return depth


@njit(cache=True, nogil=True)
def _multiply_root(relief, framed, brightness):
    """Multiply a framed relief by the square root of the brightness, in place."""
    for row in range(brightness.shape[0]):
        for col in range(brightness.shape[1]):
            if framed[row + 1, col + 1]:
                factor = min(max(brightness[row, col], 0.05), 3.0)
                relief[row + 1, col + 1] *= np.sqrt(factor)


@njit(cache=True, nogil=True)
def _from_the_top(relief, bodies, n_bodies, n_levels=256):
    """Flat indices of the pixels, body by body, highest first (counting sort).

    Bodies (connected components) one after the other, because neighbouring pixels
    are then close in memory.
    """
    flat, body = relief.ravel(), bodies.ravel()
    scale = np.full(n_bodies, np.float32(1e-9))
    for p in range(flat.size):
        scale[body[p]] = max(scale[body[p]], flat[p])
    scale = (n_levels - 1) / scale
    start = np.zeros(n_bodies * n_levels + 1, np.int32)
    for p in range(flat.size):
        if body[p]:
            start[(body[p] + 1) * n_levels - int(flat[p] * scale[body[p]])] += 1
    start = np.cumsum(start)
    order = np.empty(start[-1], np.int32)
    for p in range(flat.size):
        if body[p]:
            key = (body[p] + 1) * n_levels - 1 - int(flat[p] * scale[body[p]])
            order[start[key]] = p
            start[key] += 1
    return order


@njit(cache=True, nogil=True)
def _flood(relief, bodies, n_bodies, dent, typical, min_top):
    """Basins of `relief` in `bodies`, merged over passes that are high enough.

    Both images must have an empty frame of one pixel.
    """
    width = relief.shape[1]
    flat, labels = relief.ravel(), np.zeros(relief.size, np.int32)
    order = _from_the_top(relief, bodies, n_bodies)
    tops, areas, passes = (
        [np.float32(0)],
        [0],
        [(np.int32(0), np.int32(0), np.int32(0))],
    )
    beside = np.array(
        [-width - 1, -width, 1 - width, -1, 1, width - 1, width, width + 1]
    )
    for p in order:
        best, near, is_pass = 0, 0, False
        for step in beside:
            label = labels[p + step]
            if label:
                is_pass |= near != 0 and near != label
                near = label
                if best == 0 or flat[p + step] > flat[best]:
                    best = p + step
        if best == 0:
            labels[p] = len(tops)
            tops.append(flat[p])
            areas.append(1)
            continue
        own = labels[best]
        labels[p] = own
        areas[own] += 1
        if is_pass:
            for step in beside:
                other = labels[p + step]
                if other and other != own:
                    passes.append((own, other, p))
    number = _merge(tops, areas, passes, flat, dent, typical, min_top)
    for p in order:
        labels[p] = number[labels[p]]
    return labels.reshape(relief.shape)


@njit(cache=True, nogil=True)
def _merge(tops, areas, passes, flat, dent, typical, min_top):
    """Number of the nucleus that each basin belongs to."""
    parent = np.arange(len(tops)).astype(np.int32)
    for one, two, p in passes:
        high, low = root(parent, one), root(parent, two)
        if high == low:
            continue
        if tops[high] < tops[low]:
            high, low = low, high
        depth = 1 - flat[p] / tops[low]
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
        number[basin] = number[root(parent, basin)]
    return number
