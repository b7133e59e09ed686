"""Renumber labels, mark their rims, count what two label images share."""

import numpy as np
from numba import njit

from ..checks import check_labels, check_same_shape


def relabel(labels):
    """Renumber the objects 1..n without gaps, in the order of their old numbers.

    Parameters
    ----------
    labels : (H, W) array_like of int
        Label image, 0 is background.

    Returns
    -------
    (H, W) ndarray of int32
        A new label image.

    Raises
    ------
    ValueError, TypeError
        As `labkit.checks.check_labels`.

    Examples
    --------
    >>> relabel([[0, 7, 7], [3, 0, 9]])
    array([[0, 2, 2],
           [1, 0, 3]], dtype=int32)
    """
    labels, numbers = small_numbers(check_labels(labels))
    present = _present(labels, len(numbers))
    return _look_up(labels, np.cumsum(present, dtype=np.int32))


def outlines(labels, thickness=1):
    """Mark the rim of every object, for overlays.

    A rim pixel belongs to an object and has another value above, below, left or
    right of it. The edge of the image makes no rim.

    Parameters
    ----------
    labels : (H, W) array_like of int
        Label image, 0 is background.
    thickness : int
        Width of the rim in pixels; it grows inwards.

    Returns
    -------
    (H, W) ndarray of bool

    Raises
    ------
    ValueError, TypeError
        As `labkit.checks.check_labels`, and if `thickness` is less than 1.

    Examples
    --------
    >>> outlines([[0, 1, 1], [0, 1, 1], [0, 1, 1]]).astype(int)
    array([[0, 1, 0],
           [0, 1, 0],
           [0, 1, 0]])
    """
    if thickness < 1:
        raise ValueError(f"`thickness` must be at least 1 px, got {thickness}")
    left = np.ascontiguousarray(check_labels(labels))
    rim = np.zeros(left.shape, bool)
    for _ in range(thickness):
        layer = _rim(left)
        rim |= layer
        left = np.where(layer, 0, left)
    return rim


def overlaps(true, pred):
    """Count the pixels that each pair of objects shares.

    Parameters
    ----------
    true, pred : (H, W) array_like of int
        Two label images of the same pixels, 0 is background.

    Returns
    -------
    (n, 3) ndarray of int64
        One row per pair that occurs: label in `true`, label in `pred`, number of
        pixels; sorted. Label 0 is background, so the rows of one label add up to its
        area. Background against background is left out.

    Raises
    ------
    ValueError, TypeError
        As `labkit.checks.check_labels`, and if shapes differ.

    Examples
    --------
    >>> overlaps([[1, 1, 0]], [[0, 4, 4]])
    array([[0, 4, 1],
           [1, 0, 1],
           [1, 4, 1]])
    """
    true, pred = check_labels(true, "true"), check_labels(pred, "pred")
    check_same_shape(true, pred, ("true", "pred"))
    keys, counts = _count_pairs(np.ascontiguousarray(true), np.ascontiguousarray(pred))
    order = np.argsort(keys)
    keys = keys[order]
    return np.stack([keys >> 32, keys & 0xFFFFFFFF, counts[order]], axis=1)


def small_numbers(labels):
    """Return labels usable as an index, and the label that each index stands for."""
    high = int(labels.max())
    if high <= 65535 + labels.size // 8:
        return np.ascontiguousarray(labels), np.arange(high + 1, dtype=np.int32)
    numbers, index = np.unique(np.append(labels, np.int32(0)), return_inverse=True)
    return index[:-1].reshape(labels.shape).astype(np.int32), numbers


@njit(cache=True, nogil=True)
def _present(labels, n):
    """Tell which of the numbers 1..n-1 occur."""
    present = np.zeros(n, np.bool_)
    height, width = labels.shape
    for r in range(height):
        for c in range(width):
            present[labels[r, c]] = True
    present[0] = False
    return present


@njit(cache=True, nogil=True)
def _look_up(labels, table):
    """Replace each label by its entry in a table."""
    height, width = labels.shape
    found = np.empty((height, width), np.int32)
    for r in range(height):
        for c in range(width):
            found[r, c] = table[labels[r, c]]
    return found


@njit(cache=True, nogil=True)
def _rim(labels):
    """Mark object pixels with a 4-neighbour of another value."""
    height, width = labels.shape
    rim = np.zeros((height, width), np.bool_)
    for r in range(height):
        for c in range(width):
            label = labels[r, c]
            rim[r, c] = label > 0 and (
                (r > 0 and labels[r - 1, c] != label)
                or (r + 1 < height and labels[r + 1, c] != label)
                or (c > 0 and labels[r, c - 1] != label)
                or (c + 1 < width and labels[r, c + 1] != label)
            )
    return rim


def _count_pairs(true, pred):
    """Count pairs in a hash table; gives keys true * 2**32 + pred and the counts."""
    size = 1 << (4 * true.shape[1]).bit_length()
    slots, counts = np.zeros(size, np.int64), np.zeros(size, np.int64)
    row = used = 0
    while True:
        row, used = _count_rows(true, pred, row, used, slots, counts)
        if row == len(true):
            return slots[slots > 0], counts[slots > 0]
        slots, counts = _grow(slots, counts)


@njit(cache=True, nogil=True)
def _count_rows(true, pred, row, used, slots, counts):
    """Count run by run from `row` on, until the table may become half full."""
    height, width = true.shape
    for r in range(row, height):
        if 2 * (used + width) > slots.size:
            return r, used
        t, p, start = true[r, 0], pred[r, 0], 0
        for c in range(width):
            if true[r, c] != t or pred[r, c] != p:
                used += _add(slots, counts, t, p, c - start)
                t, p, start = true[r, c], pred[r, c], c
        used += _add(slots, counts, t, p, width - start)
    return height, used


@njit(cache=True, nogil=True)
def _add(slots, counts, t, p, n):
    """Add n pixels to a pair; return 1 if it is new. Both background: nothing."""
    key = (np.int64(t) << 32) | np.int64(p)
    if key == 0:
        return 0
    slot = _find(slots, key)
    is_new = slots[slot] == 0
    slots[slot] = key
    counts[slot] += n
    return int(is_new)


@njit(cache=True, nogil=True)
def _find(slots, key):
    """Return the slot of a key, or the free slot where it goes."""
    slot = (np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)
    slot = np.int64(slot) & (slots.size - 1)
    while slots[slot] != 0 and slots[slot] != key:
        slot = (slot + 1) & (slots.size - 1)
    return slot


@njit(cache=True, nogil=True)
def _grow(slots, counts):
    """Return the hash table in four times the room."""
    new_slots = np.zeros(4 * slots.size, np.int64)
    new_counts = np.zeros(4 * slots.size, np.int64)
    for i in range(slots.size):
        if slots[i] != 0:
            slot = _find(new_slots, slots[i])
            new_slots[slot], new_counts[slot] = slots[i], counts[i]
    return new_slots, new_counts
