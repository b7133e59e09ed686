"""Ellipses on a grid, and how distributions differ."""

import numpy as np
from scipy import ndimage, stats


def ellipse(shape, centre, long, short, angle=0.0):
    """Mask of an ellipse with these radii."""
    rows, cols = np.mgrid[: shape[0], : shape[1]] - np.reshape(centre, (2, 1, 1))
    u = rows * np.cos(angle) + cols * np.sin(angle)
    v = cols * np.cos(angle) - rows * np.sin(angle)
    return (u / long) ** 2 + (v / short) ** 2 <= 1


def grid_of(mask, n, step):
    """Label image of n x n copies of a mask, `step` px apart."""
    labels = np.zeros((n * step + 4, n * step + 4), np.int32)
    height, width = mask.shape
    for k in range(n * n):
        row, col = step * (k // n) + 2, step * (k % n) + 2
        labels[row : row + height, col : col + width][mask] = k + 1
    return labels


def whole(labels):
    """Tell whether every label is one piece, at its sides."""
    return all(
        ndimage.label(labels[box] == k)[1] == 1
        for k, box in enumerate(ndimage.find_objects(labels), start=1)
    )


def kolmogorov(first, second):
    return stats.ks_2samp(first, second, method="asymp").statistic
