"""Final outlines: each nucleus at its own half height."""

import numpy as np
from numba import njit
from skimage.measure import label as connected

from .smooth import blur_wide


def background_map(smooth, mask, sigma):
    """Local background level: mean of the pixels outside `mask`."""
    outside = blur_wide((~mask).astype(np.float32), sigma)
    level = blur_wide(np.where(mask, np.float32(0), smooth), sigma)
    return level / np.maximum(outside, 1e-3)


def outline_objects(smooth, pieces, background, noise, diameter, params):
    """Cut each piece at a fraction of its height above the background."""
    n = int(pieces.max())
    if n == 0:
        return pieces
    grown = _grow(pieces, max(1, round(0.08 * diameter)))
    level = _mean(smooth, pieces, n)
    base = _mean(background, pieces, n)
    core = _cut(smooth, grown, (base + 0.5 * (level - base)).astype(np.float32))
    level = np.where(
        np.bincount(core.ravel(), minlength=n + 1) > 0, _mean(smooth, core, n), level
    )
    edge = base + params.edge * (level - base)
    objects = _largest_pieces(_cut(smooth, grown, edge.astype(np.float32)))
    area = np.bincount(objects.ravel(), minlength=n + 1)
    height, full = level - base, np.pi / 4 * diameter**2
    whole = area > 0.25 * full
    whole[0] = False
    typical = np.median(height[whole]) if whole.any() else 0.0
    good = (area > 0.1 * full) & (
        height > max(params.min_contrast * typical, params.offset * noise)
    )
    good[0] = False
    return (np.cumsum(good) * good).astype(np.int32)[objects]


def _mean(image, labels, n):
    """Mean of `image` in each label 0..n."""
    area = np.bincount(labels.ravel(), minlength=n + 1)
    return np.bincount(labels.ravel(), image.ravel(), n + 1) / np.maximum(area, 1)


def _largest_pieces(labels):
    """Keep the largest connected piece of each label."""
    pieces = connected(labels, connectivity=1)
    area = np.bincount(pieces.ravel())
    owner = np.zeros(len(area), np.int64)
    owner[pieces.ravel()] = labels.ravel()
    order = np.lexsort((-area, owner))
    first = np.r_[True, np.diff(owner[order]) > 0]
    kept = np.zeros(len(area), np.int32)
    kept[order[first]] = owner[order[first]]
    return kept[pieces]


@njit(cache=True)
def _cut(image, labels, thresholds):
    """Keep the pixels above the threshold of their label."""
    kept = np.zeros_like(labels)
    for row in range(labels.shape[0]):
        for col in range(labels.shape[1]):
            label = labels[row, col]
            if label and image[row, col] > thresholds[label]:
                kept[row, col] = label
    return kept


@njit(cache=True)
def _grow(labels, n_rounds):
    """Grow all labels by some pixels into the background."""
    n_rows, n_cols = labels.shape
    grown = labels.copy()
    front = np.flatnonzero(labels)
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
