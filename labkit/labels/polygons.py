"""Labels to polygons along the cracks between pixels, and back without loss."""

import math

import numpy as np
from numba import njit

from ..checks import check_labels

MAX_NEAREST = 200


def to_polygons(labels):
    """Outline every object by one polygon along the cracks between pixels.

    Holes and further pieces of an object are joined to its outline by bridges of no
    width, so that one polygon an object holds exactly its pixels: the area by the
    shoelace formula is the pixel count, and `from_polygons` gives the labels back.

    Parameters
    ----------
    labels : (H, W) array_like of int
        Label image, 0 is background.

    Returns
    -------
    dict of int to (n, 2) ndarray of float
        Label to corners (row, col) by rising label. Pixel centres are on integers,
        so corners end in .5. Clockwise on the screen; not closed.

    Raises
    ------
    ValueError, TypeError
        As `labkit.checks.check_labels`.

    Examples
    --------
    >>> to_polygons([[0, 2, 2]])[2].tolist()
    [[-0.5, 0.5], [-0.5, 2.5], [0.5, 2.5], [0.5, 0.5]]
    """
    labels = np.ascontiguousarray(check_labels(labels))
    corners, ends, owners = _follow_cracks(labels)
    loops, start = {}, 0
    for end, label in zip(ends.tolist(), owners.tolist(), strict=True):
        loops.setdefault(label, []).append(corners[start:end])
        start = end
    return {label: _bridge(loops[label]) for label in sorted(loops)}


def from_polygons(polygons, shape):
    """Paint polygons into a label image: pixels whose centre lies inside.

    A centre exactly on the outline belongs to the side with the larger row or column,
    so polygons that share an edge share no pixel and leave none out. Where a polygon
    crosses itself, every second area is inside (even-odd rule).

    Parameters
    ----------
    polygons : dict of int to (n, 2) array_like, or sequence of (n, 2) array_like
        Corners (row, col) of each object; a sequence gets the labels 1, 2, ...
        Later ones paint over earlier ones. What lies outside the image is cut off.
    shape : (int, int)
        Height and width of the image.

    Returns
    -------
    (H, W) ndarray of int32

    Raises
    ------
    ValueError
        If a polygon has fewer than 3 corners, other axes or corners that are not
        finite, if a label is not positive, or the shape is no image's.

    Examples
    --------
    >>> from_polygons([[(0, 0), (0, 2), (2, 2), (2, 0)]], shape=(3, 3))
    array([[1, 1, 0],
           [1, 1, 0],
           [0, 0, 0]], dtype=int32)
    """
    shape = tuple(np.atleast_1d(shape).tolist())
    if len(shape) != 2 or min(shape) < 1:
        raise ValueError(f"`shape` must be (height, width) of an image, got {shape}")
    if not isinstance(polygons, dict):
        polygons = dict(enumerate(polygons, start=1))
    labels = np.zeros(shape, np.int32)
    if polygons:
        numbers = _check_numbers(polygons)
        corners, ends = _check_polygons(polygons)
        _paint_all(labels, corners, ends, numbers)
    return labels


def _check_numbers(numbers):
    """Return labels as int32, or raise ValueError."""
    for number in numbers:
        if not 0 < number <= np.iinfo(np.int32).max:
            raise ValueError(
                f"labels of polygons must lie in 1 to 2147483647, got {number}"
            )
    return np.array(list(numbers), np.int32)


def _check_polygons(polygons):
    """Return all corners (n, 2) and where each polygon ends, or raise ValueError."""
    for label, polygon in polygons.items():
        shape = np.shape(polygon)
        if len(shape) != 2 or shape[1] != 2 or shape[0] < 3:
            raise ValueError(
                f"polygon {label} must have axes (n, 2) with at least 3 corners "
                f"(row, col), got shape {shape}"
            )
    corners = np.concatenate(list(polygons.values())).astype(np.float64, copy=False)
    ends = np.cumsum([len(polygon) for polygon in polygons.values()])
    bad = np.flatnonzero(~np.isfinite(corners).all(axis=1))
    if len(bad):
        label = list(polygons)[np.searchsorted(ends, bad[0], side="right")]
        raise ValueError(f"polygon {label} has NaN or infinite corners; remove them")
    return corners, ends


def _bridge(loops):
    """Join loops to one polygon, each by the shortest way from its first corner.

    Beyond `MAX_NEAREST` loops, as in a noise mask, the rest is joined in a chain,
    which takes no search.
    """
    polygon = loops[0]
    for loop in loops[1:MAX_NEAREST]:
        near = np.argmin(((polygon - loop[0]) ** 2).sum(axis=1))
        polygon = np.concatenate([polygon[: near + 1], loop, loop[:1], polygon[near:]])
    rest = loops[MAX_NEAREST:]
    if rest:
        there = [part for loop in rest for part in (loop, loop[:1])]
        back = [loop[:1] for loop in rest[-2::-1]]
        polygon = np.concatenate([polygon, polygon[:1], *there, *back])
    return polygon


@njit(cache=True, nogil=True)
def _follow_cracks(labels):
    """Walk round every object with its pixels on the right; keep the corners.

    Gives the corners (n, 2), the end of each loop in them, and the label of each
    loop. Every loop passes the top of some pixel, so it is enough to start at each
    pixel top that has not been passed.
    """
    height, width = labels.shape
    padded = np.zeros((height + 2, width + 2), np.int32)
    padded[1:-1, 1:-1] = labels
    passed = np.zeros(padded.shape, np.bool_)
    corners = [0 for _ in range(0)]
    ends = [0 for _ in range(0)]
    owners = [0 for _ in range(0)]
    for r in range(1, height + 1):
        for c in range(1, width + 1):
            label = padded[r, c]
            if label == 0 or label == padded[r - 1, c] or passed[r, c]:
                continue
            _follow_loop(padded, passed, r, c, corners)
            ends.append(len(corners) // 2)
            owners.append(np.int64(label))
    return np.array(corners).reshape(-1, 2) - 1.5, np.array(ends), np.array(owners)


@njit(cache=True, nogil=True)
def _follow_loop(padded, passed, row, col, corners):
    """Walk one loop, clockwise on the screen, from the top left of a pixel.

    (r, c) is the corner above and left of pixel (r, c); (dr, dc) is the step. At a
    corner the walker looks at the pixels ahead: none of the object's on the right
    hand means turn right, one on the left hand means turn left. Turning right first
    keeps pieces that touch only diagonally apart.
    """
    label = padded[row, col]
    r, c, dr, dc = row, col, 0, 1
    while True:
        corners.append(r)
        corners.append(c)
        while True:
            if dc == 1:
                passed[r, c] = True
            r, c = r + dr, c + dc
            right_hand = padded[r + (dr + dc - 1) // 2, c + (dc - dr - 1) // 2]
            left_hand = padded[r + (dr - dc - 1) // 2, c + (dc + dr - 1) // 2]
            if right_hand != label:
                dr, dc = dc, -dr
                break
            if left_hand == label:
                dr, dc = -dc, dr
                break
        if r == row and c == col and dc == 1:
            return


@njit(cache=True, nogil=True)
def _paint_all(labels, corners, ends, numbers):
    """Paint polygons one after another."""
    start = 0
    for i, number in enumerate(numbers):
        _paint(labels, corners[start : ends[i]], number)
        start = ends[i]


@njit(cache=True, nogil=True)
def _paint(labels, polygon, number):
    """Set `number` where a pixel centre lies inside the polygon."""
    height, width = labels.shape
    low = max(0, math.ceil(polygon[:, 0].min()))
    high = min(height, math.ceil(polygon[:, 0].max()))
    if high <= low:
        return
    starts, crossings = _cross_rows(polygon, low, high)
    for r in range(low, high):
        row = crossings[starts[r - low] : starts[r - low + 1]]
        _sort(row)
        for k in range(0, len(row) - 1, 2):
            first = max(0, math.ceil(row[k]))
            last = min(width, math.ceil(row[k + 1]))
            for c in range(first, last):
                labels[r, c] = number


@njit(cache=True, nogil=True)
def _cross_rows(polygon, low, high):
    """Find where the edges cross the rows low..high-1, row by row.

    Gives the start of each row in the list of crossings, and the columns. An edge
    covers the rows from its upper end on, without its lower end. It is always taken
    downwards, so that both sides of a bridge cross at exactly the same column.
    """
    n = len(polygon)
    starts = np.zeros(high - low + 1, np.int64)
    for i in range(n):
        first, last = _rows(polygon[i - 1, 0], polygon[i, 0], low, high)
        for r in range(first, last):
            starts[r - low + 1] += 1
    starts = np.cumsum(starts)
    filled = starts.copy()
    crossings = np.empty(starts[-1])
    for i in range(n):
        first, last = _rows(polygon[i - 1, 0], polygon[i, 0], low, high)
        if first == last:
            continue
        a, b = (i - 1, i) if polygon[i - 1, 0] < polygon[i, 0] else (i, i - 1)
        row, col = polygon[a]
        slope = (polygon[b, 1] - col) / (polygon[b, 0] - row)
        for r in range(first, last):
            crossings[filled[r - low]] = col + (r - row) * slope
            filled[r - low] += 1
    return starts, crossings


@njit(cache=True, nogil=True)
def _rows(start, stop, low, high):
    """Return the half-open range of rows whose centre an edge crosses."""
    first = max(low, math.ceil(min(start, stop)))
    return first, max(first, min(high, math.ceil(max(start, stop))))


@njit(cache=True, nogil=True)
def _sort(values):
    """Sort in place; most rows have only two values."""
    if len(values) > 32:
        values.sort()
        return
    for i in range(1, len(values)):
        value, k = values[i], i
        while k > 0 and values[k - 1] > value:
            values[k] = values[k - 1]
            k -= 1
        values[k] = value
