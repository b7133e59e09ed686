"""Which pixels belong to nuclei."""

import numpy as np

from ..checks import check_image
from .diameter import estimate_diameter
from .params import AutoParams
from .smooth import blur, blur_wide, noise_level, stretch


def foreground(image, diameter=None, params=None):
    """Find the pixels that are brighter than their surroundings.

    A pixel is foreground where the smoothed image exceeds the mean of its
    neighbourhood (a Gaussian window a little wider than a nucleus) by a few noise
    levels. One threshold for the whole image (Otsu) loses the dim nuclei of an
    unevenly lit or dense frame; this one does not.

    Parameters
    ----------
    image : (H, W) ndarray
        One frame, bright nuclei.
    diameter : float or None
        Typical nucleus diameter in px; None estimates it.
    params : AutoParams or None
        Uses `smoothing`, `window`, `offset`.

    Returns
    -------
    (H, W) ndarray of bool
    """
    image, params = check_image(image), params or AutoParams()
    diameter = diameter or params.diameter or estimate_diameter(image)
    if not diameter:
        return np.zeros(image.shape, bool)
    image = stretch(image)
    return local_foreground(smoothed(image, diameter, params), image, diameter, params)


def smoothed(image, diameter, params):
    """Image blurred by a small fraction of a nucleus."""
    return blur(image, max(0.7, params.smoothing * diameter))


def noise_after_blur(image, diameter, params):
    """Noise that is left in the smoothed image."""
    return noise_level(image) / (3.545 * max(0.7, params.smoothing * diameter))


def local_foreground(smooth, image, diameter, params):
    """Mask of pixels above the local mean."""
    above = smooth - blur_wide(smooth, params.window * diameter)
    contrast = np.percentile(above[::2, ::2], 99)
    noise = noise_after_blur(image, diameter, params)
    return above > max(params.offset * noise, 0.04 * contrast, 1e-4)
