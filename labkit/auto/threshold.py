"""Which pixels belong to nuclei: each compared with its surroundings."""

from typing import NamedTuple

import numpy as np

from ..checks import check_image
from .grey import (
    average,
    blur,
    enlarge,
    enlarge_labels,
    noise_after_blur,
    noise_level,
    shrink,
    stretch,
)
from .regions import fill_holes

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
    limit : (h, w) ndarray of float32
        Where foreground begins, near each pixel.
    noise : float
        Standard deviation of the noise in `smooth`.
    bright : (h, w) ndarray of bool
        Pixels above the mean of their neighbourhood: the first guess at nuclei.
    """

    diameter: float
    smooth: np.ndarray
    background: np.ndarray
    height: np.ndarray
    limit: np.ndarray
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
    return enlarge_labels(above(around), image.shape)


class Copy(NamedTuple):
    """The working copy of a stretched image, and how it rises over its neighbourhood.

    Attributes
    ----------
    diameter : float
        Typical nucleus diameter in px of this copy.
    smooth : (h, w) ndarray of float32
        The image, blurred a little.
    rise : (h, w) ndarray of float32
        How far each pixel lies above the mean of its neighbourhood.
    noise : float
        Standard deviation of the noise in `smooth`.
    """

    diameter: float
    smooth: np.ndarray
    rise: np.ndarray
    noise: float


def surroundings(image, diameter, params):
    """Compare a stretched image with its neighbourhood, on the working copy."""
    copy = working_copy(image, diameter, params)
    rise = least_rise(copy.rise[::4, ::4], copy.noise, params)
    return compare(copy, copy.noise, rise, params)


def working_copy(image, diameter, params):
    """Shrink and blur a stretched image: the first part of `surroundings`."""
    factor = max(1, int(diameter // WORKING_DIAMETER))
    image, diameter = shrink(image, factor), diameter / factor
    sigma = max(0.7, params.smoothing * diameter)
    smooth, noise = blur(image, sigma), noise_after_blur(noise_level(image), sigma)
    nearby = average(smooth, params.window * diameter)
    return Copy(diameter, smooth, smooth - enlarge(nearby, smooth.shape), noise)


def least_rise(rises, noise, params):
    """Return how far a pixel must rise to be a first guess at a nucleus."""
    return max(params.offset * noise, 0.04 * np.percentile(rises, 99), 1e-5)


def compare(copy, noise, rise, params):
    """Find background and nuclei near each pixel: the second part of `surroundings`.

    `noise` and `rise` are those of the copy, or of a larger image that it is part of.
    """
    smooth, window = copy.smooth, params.window * copy.diameter
    bright = copy.rise > rise
    mean = average(smooth, window)
    share = average(bright.astype(np.float32), window)
    part = average(np.where(bright, smooth, np.float32(0)), window)
    background = (mean - part) / np.maximum(1 - share, 1e-3)
    height = part / np.maximum(share, 1e-3) - background
    least = np.maximum(params.level * height, params.offset * noise)
    levels = (background, height, background + least)
    maps = (enlarge(level, smooth.shape) for level in levels)
    return Surroundings(copy.diameter, smooth, *maps, noise, bright)


def above(around):
    """Foreground of the working copy, small holes filled."""
    mask = around.bright & (around.smooth > around.limit)
    return fill_holes(mask, 0.1 * around.diameter**2)


def relative_brightness(around):
    """Brightness of the working copy: 0 background, 1 the level of nuclei nearby."""
    rise = around.smooth - around.background
    rise /= np.maximum(around.height, np.float32(1e-5))
    return blur(rise, max(0.5, 0.1 * around.diameter))
