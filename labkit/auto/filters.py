"""Keep what looks typical, hide the rest."""

import cv2
import numpy as np

from ..checks import check_labels, check_pair
from ..labels.basic import small_numbers
from ..objects import dilated, disc
from .grey import enlarge_labels
from .regions import areas_of, look_up


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
    index, numbers = small_numbers(labels)
    typical = typical_areas(areas_of(index, len(numbers) - 1), tolerance)
    return look_up(index, np.where(typical, numbers, 0).astype(np.int32))


def typical_areas(areas, tolerance):
    """Flag for each label 0..n; areas of 0 do not count, label 0 never does."""
    present = areas > 0
    present[0] = False
    if tolerance is None or not present.any():
        return present
    median = np.median(areas[present])
    return present & (np.abs(areas - median) <= tolerance * median)


def touching_border(labels, n):
    """Tell for each of n labels 0, 1, ... whether it touches the image border."""
    touches = np.zeros(n, bool)
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


def find_left_out(around, objects, labels, smallest=0.2, margin=0.15):
    """Visible foreground that is not annotated, with a margin.

    Two sources: objects that were found and rejected, and whatever else exceeds
    its surroundings in a patch wider than `smallest` diameters. Grown by `margin`
    diameters, but not over annotated nuclei.
    """
    shape, diameter = around.smooth.shape, around.diameter
    found, kept = enlarge_labels(objects, shape) > 0, enlarge_labels(labels, shape) > 0
    bright = (around.bright & ~kept).view(np.uint8)
    bright = cv2.morphologyEx(bright, cv2.MORPH_OPEN, disc(smallest * diameter / 2))
    rejected = (found & ~kept) | (bright > 0)
    wide = dilated(rejected, margin * diameter)
    return enlarge_labels(wide, objects.shape) & (labels == 0)
