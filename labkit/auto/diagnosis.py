"""Say in plain sentences when an annotation should not be trusted."""

import numpy as np
from numba import njit

from ..checks import check_pair
from ..labels import object_table
from .grey import noise_after_blur, noise_level, stretch

FEW_OBJECTS = 5
FEW_LEVELS = 12
BRIGHT_MEDIAN = 0.5  # of the stretched image; nuclei on dark: below 0.2
LOW_CONTRAST = 20  # heights in standard deviations of the blurred noise
MORE_SMOOTHING = 0.08  # finds nuclei in twice the noise, with a rounder contour
ODD_RATIO = (0.7, 1.45)  # diameter of the objects to the one that was assumed
MANY_REJECTED = 0.5
BROAD_AREAS = 0.55  # quartile range of the object diameters to their median
MANY_TOUCHING = 0.5
RAGGED = 0.04  # area of the ellipse with the same moments to the area, minus 1
UNEQUAL = 0.7  # standard deviation of the object heights to their mean


def diagnose(image, steps):
    """Look for signs that an annotation went wrong.

    The limits were set on the development images of DSB2018, see docs/accuracy.md
    for how many bad annotations they find and how many good ones they doubt.

    Parameters
    ----------
    image : (H, W) ndarray
    steps : AutoSteps
        What `annotate_steps` returned for it.

    Returns
    -------
    list of str
        One sentence for each doubt, empty if all looks fine.

    Examples
    --------
    >>> image = np.random.default_rng(0).normal(9, 1, (64, 64))
    >>> steps = lk.auto.annotate_steps(image)
    >>> lk.auto.diagnose(image, steps)[0]
    'no nuclei found: is this the right channel, are nuclei bright on dark?'
    """
    image, objects = check_pair(image, steps.objects, ("image", "steps.objects"))
    stretched = stretch(image)
    doubts = _doubt_image(image, stretched)
    table = object_table(objects, stretched - steps.background)
    if len(table) == 0:
        ask = "is this the right channel, are nuclei bright on dark?"
        return [f"no nuclei found: {ask}", *doubts]
    doubts += _doubt_objects(table, steps)
    doubts += _doubt_brightness(table["mean_intensity"], stretched, steps.diameter)
    return doubts + _doubt_touching(objects)


def _doubt_image(image, stretched):
    """Doubts that need no annotation."""
    doubts, n_levels = [], len(np.unique(image[:2000, :2000]))
    if n_levels < FEW_LEVELS:
        doubts.append(
            f"few-level image: only {n_levels} grey levels, contours are uncertain"
        )
    if np.median(stretched[::2, ::2]) > BRIGHT_MEDIAN:
        doubts.append(
            "the background is brighter than most: if nuclei are dark, invert the "
            "image (image.max() - image)"
        )
    return doubts


def _doubt_objects(table, steps):
    """Doubts about number, size and shape of the objects."""
    doubts, n, n_kept = [], len(table), int(steps.labels.max())
    diameters = np.sqrt(4 / np.pi * table["area"])
    low, middle, high = np.percentile(diameters, (25, 50, 75))
    if n < FEW_OBJECTS:
        doubts.append(f"only {n} objects: their median area means little")
    if not ODD_RATIO[0] < middle / steps.diameter < ODD_RATIO[1]:
        doubts.append(
            f"diameter unsure: {steps.diameter:.0f} px was assumed, the objects have "
            f"{middle:.0f} px; set it by AutoParams(diameter=...) or --diameter"
        )
    if n_kept < MANY_REJECTED * n or (high - low) > BROAD_AREAS * middle:
        doubts.append(
            f"area distribution broad: {n_kept} of {n} objects kept, the middle half "
            f"is {low:.0f} to {high:.0f} px wide; two kinds of objects?"
        )
    ellipse = np.pi / 4 * table["major_axis"] * table["minor_axis"]
    if np.median(ellipse / table["area"]) > 1 + RAGGED:
        doubts.append(
            "ragged contours: most objects are far from round or oval; texture or "
            "noise instead of nuclei?"
        )
    return doubts


def _doubt_brightness(heights, stretched, diameter):
    """Doubts about contrast."""
    noise = noise_after_blur(noise_level(stretched), max(0.7, 0.04 * diameter))
    contrast = np.median(heights) / max(noise, 1e-6)
    if contrast < LOW_CONTRAST:
        seen = f"nuclei rise {contrast:.0f} noise levels, not {LOW_CONTRAST} or more"
        helps = (
            f"expose longer or with more light, or try smoothing={MORE_SMOOTHING} "
            f"(AutoParams, or a file for --params) or labkit segment"
        )
        return [f"low contrast: {seen}; {helps}"]
    if np.std(heights) > UNEQUAL * np.mean(heights):
        return ["brightness differs much between objects: dim nuclei may be missing"]
    return []


def _doubt_touching(objects):
    """Doubts about crowding."""
    share = _touching(objects, int(objects.max()) + 1)[1:].mean()
    if share > MANY_TOUCHING:
        seen = f"{share:.0%} of the objects touch another"
        return [f"touching fraction high: {seen}; check how they were split"]
    return []


@njit(cache=True, nogil=True)
def _touching(labels, n):
    """Tell for each label below n whether another one lies beside it."""
    touching = np.zeros(n, np.bool_)
    for row in range(labels.shape[0]):
        for col in range(labels.shape[1]):
            label = labels[row, col]
            for r, c in ((row - 1, col), (row, col - 1)):
                if r >= 0 and c >= 0:
                    other = labels[r, c]
                    if label and other and other != label:
                        touching[label] = touching[other] = True
    return touching
