"""The free space of a label image that is being filled: what fits where.

`near` holds for each pixel the distance from its square to that of the closest object
(as `labkit.style.morphology` measures spacing: 0 for pixels that touch it, at a corner
too), -1 inside objects. A shape is a list of pixels relative to its origin.
"""

import cv2
import numpy as np
from numba import njit

from ..objects import exact_distance, largest_piece

FAR = 1e6  # of nothing placed yet
OVER = -1.0


@njit(cache=True, nogil=True)
def gap(near, points, row, col, enough):
    """Return how far a shape at (row, col) is from all others, -1 if it overlaps.

    Stops as soon as the distance is less than `enough`. Pixels outside the image do
    not count.
    """
    height, width = near.shape
    least = np.float32(FAR)
    for i in range(len(points)):
        r, c = points[i, 0] + row, points[i, 1] + col
        if 0 <= r < height and 0 <= c < width and near[r, c] < least:
            least = near[r, c]
            if least < enough:
                return least
    return least


@njit(cache=True, nogil=True)
def search(near, points, radius, places, wanted):
    """Try places (k, 2) until one leaves a gap of at least `wanted`.

    Returns row, column and gap; if none does, those of the largest gap, -1 if the
    shape fits nowhere. `radius`: of a disc around the origin that the shape covers.
    """
    best, best_row, best_col = -1.0, 0, 0
    height, width = near.shape
    for k in range(len(places)):
        row, col = places[k]
        if 0 <= row < height and 0 <= col < width and near[row, col] - radius <= best:
            continue
        found = gap(near, points, row, col, best + 1e-3)
        if found > best:
            best, best_row, best_col = found, row, col
            if best >= wanted:
                break
    return best_row, best_col, best


@njit(cache=True, nogil=True)
def closest(near, points, places, wanted, slack):
    """Try all places (k, 2); return row, column and gap of the nearest to `wanted`.

    Gaps smaller than `wanted` by more than `slack` do not count; -1 if there is none.
    """
    best, best_row, best_col = -1.0, 0, 0
    least = max(wanted - slack, 0.0)
    for k in range(len(places)):
        found = gap(near, points, places[k, 0], places[k, 1], least)
        if found >= least and (best < 0 or abs(found - wanted) < abs(best - wanted)):
            best, best_row, best_col = found, places[k, 0], places[k, 1]
    return best_row, best_col, best


@njit(cache=True, nogil=True)
def slide(near, points, low, high, start, step, length, wanted, slack, reach):
    """Move a shape along a line until its gap is `wanted`; return row, column, gap.

    Walks from `start` by `step` (a unit vector) at most `length` px, in steps that
    cannot jump over what is in the way, with the origin between `low` and `high`. The
    gap returned is the nearest to `wanted` that is not smaller than it by more than
    `slack`; -1 if there is none.
    """
    best, best_row, best_col, way = -1.0, 0, 0, 0.0
    least = max(wanted - slack, 0.0)
    while way <= length:
        row = int(np.round(start[0] + way * step[0]))
        col = int(np.round(start[1] + way * step[1]))
        way += 1.0
        found = -1.0
        if low[0] <= row <= high[0] and low[1] <= col <= high[1]:
            found = gap(near, points, row, col, least)
        if found < least:
            if best >= 0:
                break  # it was free before: this is as near as it gets
            continue
        if best < 0 or abs(found - wanted) < abs(best - wanted):
            best, best_row, best_col = found, row, col
        way += max(-0.5, min(found, reach) - wanted - 2.0)
    return best_row, best_col, best


def visible(points, row, col, shape):
    """Return the pixels (m, 2) of a shape at (row, col) that lie in the image.

    Of a shape that the edge cuts to pieces, the largest.
    """
    placed = points + np.array([row, col])
    inside = ((placed >= 0) & (placed < shape)).all(axis=1)
    if inside.all():
        return placed
    placed = placed[inside]
    if not len(placed):
        return placed
    origin = placed.min(axis=0)
    mask = np.zeros(placed.max(axis=0) - origin + 1, bool)
    mask[tuple((placed - origin).T)] = True
    return np.argwhere(largest_piece(mask)) + origin


def occupy(near, placed, reach):
    """Enter an object, pixels (m, 2), into `near`, exact up to a distance `reach`."""
    shape = np.array(near.shape)
    low = np.maximum(placed.min(axis=0) - reach - 2, 0)
    high = np.minimum(placed.max(axis=0) + reach + 3, shape)
    free = np.ones(high - low, np.uint8)
    free[tuple((placed - low).T)] = 0
    grown = cv2.erode(free, np.ones((3, 3), np.uint8))  # its pixels and their corners
    window = near[low[0] : high[0], low[1] : high[1]]
    np.minimum(window, exact_distance(grown), out=window)
    window[free == 0] = OVER
