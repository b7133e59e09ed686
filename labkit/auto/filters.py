"""Keep what looks typical, hide the rest."""

import cv2
import numpy as np

from ..checks import check_labels, check_pair
from .grey import enlarge_labels


def keep_typical_area(labels, tolerance=0.5):
    """Remove objects whose area is far from the median area.

    Merged nuclei are too large and debris is too small, so what remains is worth
    training on: the last step of the annotation of Englbrecht et al. 2021.

    Parameters
    ----------
    labels : (H, W) ndarray of int
        Label image, 0 is background.
    tolerance : float or None
        Largest deviation from the median area as a fraction of it: 0.5 keeps areas
        from 0.5 to 1.5 times the median. None keeps all.

    Returns
    -------
    (H, W) ndarray of int32
        Copy of `labels` with atypical objects set to 0; the others keep their number.

    Raises
    ------
    ValueError
        If `tolerance` is not positive.

    Examples
    --------
    >>> lk.auto.keep_typical_area([[1, 1, 1, 0, 2, 2, 2, 0, 3]])
    array([[1, 1, 1, 0, 2, 2, 2, 0, 0]], dtype=int32)
    """
    labels = check_labels(labels)
    if tolerance is None:
        return labels.copy()
    if not tolerance > 0:
        raise ValueError(f"`tolerance` must be positive or None, got {tolerance!r}")
    numbers, index = _numbers(labels)
    areas = np.bincount(index.ravel(), minlength=len(numbers))
    areas[0] = 0
    if not areas.any():
        return labels.copy()
    median = np.median(areas[areas > 0])
    typical = np.abs(areas - median) <= tolerance * median
    return np.where(typical, numbers, 0).astype(np.int32)[index]


def _numbers(labels):
    """Label values and an index image into them; entry 0 is background."""
    if labels.max() <= labels.size:
        return np.arange(labels.max() + 1), labels
    values, index = np.unique(labels, return_inverse=True)
    if values[0] != 0:
        values, index = np.concatenate([[0], values]), index + 1
    return values, index.reshape(labels.shape)


def touching_border(labels):
    """Tell for each of the labels 0..n whether it touches the image border."""
    touches = np.zeros(int(labels.max()) + 1, bool)
    for edge in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        touches[edge] = True
    return touches


def noise_background(image, labels, *, levels=None, seed=0):
    """Replace everything that is not annotated by noise.

    Nuclei that the annotation left out would be taught to a network as background.
    Painting all that is not annotated with noise hides them; plain black would
    teach the painted border instead (Englbrecht et al. 2021, figure 6). The other
    way is to keep the image and leave `AutoSteps.left_out` out of the loss.

    Parameters
    ----------
    image : (H, W) ndarray
        One frame.
    labels : (H, W) ndarray of int
        The nuclei that stay visible.
    levels : (float, float) or None
        Lowest and highest grey level of uniform noise; the authors' programs use
        (0, 50) for 8-bit images. None draws normal noise with the mean and the
        spread of the background of this image.
    seed : int
        Seed of the noise.

    Returns
    -------
    (H, W) ndarray
        Copy of `image` in the same grey levels.

    Examples
    --------
    >>> image = np.array([[5, 9, 200, 7]], np.uint8)
    >>> lk.auto.noise_background(image, [[0, 0, 1, 0]], levels=(0, 3)) > 3
    array([[False, False,  True, False]])
    """
    image, labels = check_pair(image, labels)
    outside = labels == 0
    n, rng = np.count_nonzero(outside), np.random.default_rng(seed)
    if n == 0:
        return image.copy()
    if levels is not None:
        noise = rng.uniform(levels[0], levels[1], n)
    else:
        noise = rng.normal(*_background_level(image[outside]), n)
    if image.dtype.kind == "u":
        noise = np.clip(np.rint(noise), 0, np.iinfo(image.dtype).max)
    painted = image.copy()
    painted[outside] = noise
    return painted


def _background_level(values):
    """Mean and spread of the darker, symmetric part of a histogram."""
    low, middle = np.percentile(values, (2, 50))
    dark = values[values <= 2 * middle - low].astype(float)
    return dark.mean(), dark.std()


def find_left_out(around, objects, labels, smallest=0.3):
    """Visible foreground that is not annotated, with a margin.

    Two sources: objects that were found and rejected, and whatever else exceeds
    its surroundings in a patch wider than `smallest` diameters. Grown by a tenth of
    a diameter and cleared around the annotated nuclei.
    """
    shape, diameter = objects.shape, around.diameter
    near = enlarge_labels(labels, around.smooth.shape)
    bright = (around.bright & (near == 0)).view(np.uint8)
    bright = cv2.morphologyEx(bright, cv2.MORPH_OPEN, _disc(smallest * diameter))
    bright = enlarge_labels(bright.view(bool), shape)
    rejected = ((objects > 0) | bright) & (labels == 0)
    scale = shape[0] / around.smooth.shape[0]
    wide = cv2.dilate(rejected.view(np.uint8), _disc(0.2 * diameter * scale))
    return wide.view(bool) & (labels == 0)


def _disc(diameter):
    """Round structuring element."""
    size = 2 * int(diameter / 2) + 1
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
