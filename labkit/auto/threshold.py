"""Which pixels belong to nuclei: each compared with its surroundings."""

from typing import NamedTuple

import cv2
import numpy as np
from numba import njit

from ..checks import check_image
from .grey import (
    blur,
    blur_wide,
    enlarge_labels,
    noise_after_blur,
    noise_level,
    shrink,
    stretch,
)

WORKING_DIAMETER = 15  # px: nuclei are found on a copy where they are 1-2 times this


class Surroundings(NamedTuple):
    """What each pixel is compared with, on the working copy of the image.

    Attributes
    ----------
    diameter : float
        Typical nucleus diameter in px of this copy.
    smooth : (h, w) ndarray of float32
        The image, blurred a little.
    background : (h, w) ndarray of float32
        Mean level outside the nuclei, near each pixel.
    height : (h, w) ndarray of float32
        How far nuclei rise above it, near each pixel.
    noise : float
        Standard deviation of the noise in `smooth`.
    bright : (h, w) ndarray of bool
        Pixels above the mean of their neighbourhood: the first guess at nuclei.
    """

    diameter: float
    smooth: np.ndarray
    background: np.ndarray
    height: np.ndarray
    noise: float
    bright: np.ndarray


def foreground(image, diameter, params):
    """Find the pixels that belong to nuclei.

    A first guess takes what exceeds the mean of its neighbourhood (a Gaussian
    window of about a nucleus). From it follow two maps: the level of the background
    and that of the nuclei, near each pixel. Foreground lies above a fixed fraction
    of the way between the two. One threshold for all (Otsu) loses dim nuclei and
    joins bright ones where light or density vary; this does not.

    Parameters
    ----------
    image : (H, W) ndarray
        One frame, bright nuclei.
    diameter : float
        Typical nucleus diameter in px, see `estimate_diameter`.
    params : AutoParams
        Uses `smoothing`, `window`, `level`, `offset`.

    Returns
    -------
    (H, W) ndarray of bool

    Examples
    --------
    >>> rows, cols = np.mgrid[:60, :99]
    >>> light = 10 + cols                              # ten times brighter at right
    >>> image = light * (1 + (np.hypot(rows - 30, cols % 33 - 16) < 9))
    >>> mask = lk.auto.foreground(image, 18, lk.auto.AutoParams())
    >>> mask[30, [0, 16, 33, 49, 66, 82]].astype(int)
    array([0, 1, 0, 1, 0, 1])
    """
    image = check_image(image)
    around = surroundings(stretch(image), diameter, params)
    return enlarge_labels(above(around, params), image.shape)


def surroundings(image, diameter, params):
    """Compare a stretched image with its neighbourhood, on the working copy."""
    factor = max(1, int(diameter // WORKING_DIAMETER))
    image, diameter = shrink(image, factor), diameter / factor
    sigma = max(0.7, params.smoothing * diameter)
    smooth, noise = blur(image, sigma), noise_after_blur(noise_level(image), sigma)
    window = params.window * diameter
    mean = blur_wide(smooth, window)
    rise = smooth - mean
    bright = rise > max(params.offset * noise, 0.04 * np.percentile(rise, 99), 1e-5)
    share = blur_wide(bright.astype(np.float32), window)
    part = blur_wide(np.where(bright, smooth, np.float32(0)), window)
    background = (mean - part) / np.maximum(1 - share, 1e-3)
    height = part / np.maximum(share, 1e-3) - background
    return Surroundings(diameter, smooth, background, height, noise, bright)


def above(around, params):
    """Foreground of the working copy, small holes filled."""
    floor = max(params.offset * around.noise, 1e-5)
    limit = around.background + np.maximum(params.level * around.height, floor)
    mask = around.bright & (around.smooth > limit)
    return fill_holes(mask.astype(np.int32), 0.1 * around.diameter**2) > 0


def fill_holes(labels, max_area=np.inf):
    """Give holes that lie inside one object its label."""
    empty = (labels == 0).astype(np.uint8)
    n, holes = cv2.connectedComponents(empty, connectivity=4)
    return _fill(labels, holes, n, max_area)


@njit(cache=True)
def _fill(labels, holes, n, max_area):
    """Fill holes with one neighbour only, up to an area."""
    n_rows, n_cols = labels.shape
    owner, area = np.zeros(n, np.int32), np.zeros(n, np.int32)
    for row in range(n_rows):
        for col in range(n_cols):
            hole = holes[row, col]
            if hole == 0:
                continue
            area[hole] += 1
            if row in (0, n_rows - 1) or col in (0, n_cols - 1):
                owner[hole] = -1
                continue
            for r, c in (
                (row - 1, col),
                (row + 1, col),
                (row, col - 1),
                (row, col + 1),
            ):
                label = labels[r, c]
                if label and owner[hole] == 0:
                    owner[hole] = label
                elif label and owner[hole] != label:
                    owner[hole] = -1
    filled = labels.copy()
    for row in range(n_rows):
        for col in range(n_cols):
            hole = holes[row, col]
            if hole and owner[hole] > 0 and area[hole] <= max_area:
                filled[row, col] = owner[hole]
    return filled
