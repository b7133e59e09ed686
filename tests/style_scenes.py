"""Objects and images of known style."""

import numpy as np
from scipy.ndimage import gaussian_filter
from skimage.draw import disk

from labkit import style

NAMES = np.array(style.FEATURE_NAMES)


def labels_of(*shapes, shape=(200, 220)):
    """Paint (rows, cols) as label 1, 2, ..."""
    labels = np.zeros(shape, np.int32)
    for number, where in enumerate(shapes, 1):
        labels[where] = number
    return labels


def blobs(n, radius, seed, *, shape=(128, 128), background=20, peak=180, noise=4):
    """Draw bright discs on a dark ground."""
    rng = np.random.default_rng(seed)
    image = np.zeros(shape)
    for row, col in rng.uniform(0, 1, (n, 2)) * shape:
        image[disk((row, col), radius, shape=shape)] = 1
    image = background + peak * gaussian_filter(image, 1)
    return np.clip(image + rng.normal(0, noise, shape), 0, 255).astype(np.uint8)


def stain(image, colour=(120, 60, 160)):
    """Turn bright objects into stained ones on white."""
    share = image[..., None] / 255
    return (255 - share * (255 - np.array(colour))).astype(np.uint8)
