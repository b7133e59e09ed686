"""Single passes over label images: sizes, means, holes, parts, growth."""

import cv2
import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def areas_of(labels, n):
    """Pixels of each label 0..n."""
    areas = np.zeros(n + 1, np.int64)
    for row in range(labels.shape[0]):
        for col in range(labels.shape[1]):
            areas[labels[row, col]] += 1
    return areas


@njit(cache=True, nogil=True)
def means_above(image, labels, limits):
    """Mean and number of the pixels of each label that exceed its limit."""
    sums, areas = np.zeros(len(limits)), np.zeros(len(limits), np.int64)
    for row in range(labels.shape[0]):
        for col in range(labels.shape[1]):
            label = labels[row, col]
            if label and image[row, col] > limits[label]:
                sums[label] += image[row, col]
                areas[label] += 1
    return sums / np.maximum(areas, 1), areas


@njit(cache=True, nogil=True)
def look_up(labels, table):
    """Label image with each label replaced by its entry in `table`."""
    found = np.empty(labels.shape, np.int32)
    for row in range(labels.shape[0]):
        for col in range(labels.shape[1]):
            found[row, col] = table[labels[row, col]]
    return found


def keep(labels, kept):
    """Keep the labels flagged in `kept` (0..n) and number them 1..n."""
    kept = np.array(kept, bool)
    kept[0] = False
    return look_up(labels, (np.cumsum(kept) * kept).astype(np.int32))


@njit(cache=True, nogil=True)
def grow(labels, n_rounds):
    """Grow all labels into the background, pixel by pixel, 4-connected."""
    n_rows, n_cols = labels.shape
    grown = labels.copy()
    front = _rim(labels)
    for _ in range(n_rounds):
        reached = np.empty(4 * len(front), np.int64)
        n = 0
        for p in front:
            row, col = p // n_cols, p % n_cols
            for r, c in (
                (row - 1, col),
                (row + 1, col),
                (row, col - 1),
                (row, col + 1),
            ):
                if 0 <= r < n_rows and 0 <= c < n_cols and grown[r, c] == 0:
                    grown[r, c] = grown[row, col]
                    reached[n] = r * n_cols + c
                    n += 1
        front = reached[:n]
    return grown


@njit(cache=True, nogil=True)
def _rim(labels):
    """Flat indices of object pixels with background beside them."""
    n_rows, n_cols = labels.shape
    rim = []
    for row in range(n_rows):
        for col in range(n_cols):
            if labels[row, col] and (
                (row > 0 and labels[row - 1, col] == 0)
                or (row + 1 < n_rows and labels[row + 1, col] == 0)
                or (col > 0 and labels[row, col - 1] == 0)
                or (col + 1 < n_cols and labels[row, col + 1] == 0)
            ):
                rim.append(row * n_cols + col)
    return np.array(rim, np.int64)


@njit(cache=True, nogil=True)
def root(parent, k):
    """Number that k was merged into."""
    while parent[k] != k:
        parent[k] = parent[parent[k]]
        k = parent[k]
    return k


def solid_parts(labels, image, limits, boxes):
    """Outline labels at their limits: one part each, without holes.

    Keeps of each label the pixels of `image` above its limit, of these the largest
    4-connected part, and fills its holes.

    Parameters
    ----------
    labels : (H, W) ndarray of int32
        Where each object may lie.
    image : (H, W) ndarray of float32
    limits : (n + 1,) ndarray of float
        Lowest level of each label; infinite drops it.
    boxes : (n + 1, 4) ndarray of int
        Where to look for it: first row and column, one past the last.

    Returns
    -------
    (H, W) ndarray of int32
    areas : (n + 1,) ndarray of int64
        Area of each label, 0 where nothing is left.
    """
    room = int(np.prod(boxes[:, 2:] - boxes[:, :2] + 2, axis=1).max())
    return _solid_parts(labels, image, limits, boxes, room)


@njit(cache=True, nogil=True)
def boxes_of(labels, n):
    """First row and column of each label 0..n and one past the last."""
    boxes = np.zeros((n + 1, 4), np.int64)
    boxes[:, :2] = labels.size
    for row in range(labels.shape[0]):
        for col in range(labels.shape[1]):
            label = labels[row, col]
            if label:
                box = boxes[label]
                box[0] = min(box[0], row)
                box[1] = min(box[1], col)
                box[2] = row + 1
                box[3] = max(box[3], col + 1)
    boxes[boxes[:, 2] == 0] = 0
    return boxes


@njit(cache=True, nogil=True)
def _solid_parts(labels, image, limits, boxes, room):
    """See `solid_parts`: object by object, in a window with an empty frame."""
    found, areas = np.zeros(labels.shape, np.int32), np.zeros(len(limits), np.int64)
    runs = np.empty((labels.shape[0], 2), np.int32)
    space, stack = np.empty(room, np.int32), np.empty(room, np.int32)
    for label in range(1, len(limits)):
        if not np.isfinite(limits[label]):
            continue
        top, left, bottom, right = boxes[label]
        if _one_run_a_row(labels, image, label, limits[label], boxes[label], runs):
            for row in range(top, bottom):
                found[row, runs[row, 0] : runs[row, 1]] = label
                areas[label] += max(0, runs[row, 1] - runs[row, 0])
            continue
        width = right - left + 2
        window = space[: (bottom - top + 2) * width]
        window[:] = 0
        for row in range(top, bottom):
            for col in range(left, right):
                if labels[row, col] == label and image[row, col] > limits[label]:
                    window[(row - top + 1) * width + col - left + 1] = 1
        best = _mark_parts(window, width, stack)
        _spread(window, width, stack, 0, best, False)
        for row in range(top, bottom):
            for col in range(left, right):
                inside = window[(row - top + 1) * width + col - left + 1] != -1
                if inside and (labels[row, col] == label or labels[row, col] == 0):
                    found[row, col] = label
                    areas[label] += 1
    return found, areas


@njit(cache=True, nogil=True)
def _one_run_a_row(labels, image, label, limit, box, runs):
    """Find the runs of an object; tell if they are single and joined: it is solid."""
    above, state = 0, 0  # state 0: nothing yet, 1: inside, 2: past the object
    for row in range(box[0], box[2]):
        start, stop = 0, 0
        for col in range(box[1], box[3]):
            if labels[row, col] == label and image[row, col] > limit:
                if stop == 0:
                    start = col
                elif stop != col:
                    return False
                stop = col + 1
        runs[row, 0], runs[row, 1] = start, stop
        if stop == 0:
            state = 2 if state else 0
        elif state == 2 or (
            state == 1 and (start >= runs[above, 1] or stop <= runs[above, 0])
        ):
            return False
        else:
            state, above = 1, row
    return True


@njit(cache=True, nogil=True)
def _mark_parts(window, width, stack):
    """Number the parts of a window of 0 and 1 from 2; return the largest."""
    best, largest, number = 0, 0, 1
    for p in range(window.size):
        if window[p] == 1:
            number += 1
            size = _spread(window, width, stack, p, number, True)
            if size > largest:
                best, largest = number, size
    return best


@njit(cache=True, nogil=True)
def _spread(window, width, stack, start, number, inside):
    """Reach 4-connected pixels from `start`; return how many.

    Inside: those of value 1, marked with `number`. Else all but those of value
    `number`, marked with -1: the surroundings of that part.
    """
    mark = number if inside else -1
    stack[0] = start
    window[start] = mark
    n, size = 1, 1
    while n:
        n -= 1
        p = stack[n]
        for q in (p - width, p - 1, p + 1, p + width):
            if q < 0 or q >= window.size or window[q] == mark:
                continue
            if (window[q] == 1) if inside else (window[q] != number):
                window[q] = mark
                stack[n] = q
                n += 1
                size += 1
    return size


def fill_holes(mask, max_area):
    """Mask with the holes up to an area filled."""
    filled = mask.astype(np.uint8)
    contours, tree = cv2.findContours(filled, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    holes = [k for k in range(len(contours)) if tree[0, k, 3] >= 0]
    for k in holes:
        if cv2.contourArea(contours[k]) <= max_area:
            cv2.drawContours(filled, contours, k, 1, cv2.FILLED)
    return filled.view(bool)
