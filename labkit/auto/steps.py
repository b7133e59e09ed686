"""The annotation: whole, and with every step visible."""

from typing import NamedTuple

import numpy as np

from ..checks import check_image
from .diameter import diameter_of
from .filters import find_left_out, touching_border, typical_areas
from .flood import split_touching
from .grey import enlarge, enlarge_labels, stretch
from .otsu import otsu_steps
from .outline import outline_objects
from .params import AutoParams
from .regions import keep
from .threshold import above, relative_brightness, surroundings


class AutoSteps(NamedTuple):
    """What each step of the annotation made, in order.

    Attributes
    ----------
    diameter : float
        Typical nucleus diameter in px; 0.0 if the image holds no blob.
    background : (H, W) ndarray of float32
        Level of the background near each pixel, on the scale of `stretched`.
    height : (H, W) ndarray of float32
        How far nuclei rise above it, near each pixel.
    foreground : (H, W) ndarray of bool
        Pixels that belong to nuclei.
    pieces : (H, W) ndarray of int32
        The foreground, cut where nuclei touch.
    objects : (H, W) ndarray of int32
        The pieces with their final contour: the annotation before the filter.
    labels : (H, W) ndarray of int32
        The objects of typical area: the annotation.
    left_out : (H, W) ndarray of bool
        Visible foreground that is not annotated, with a margin: leave it out of a
        training loss, so that it is not taught as background.
    """

    diameter: float
    background: np.ndarray
    height: np.ndarray
    foreground: np.ndarray
    pieces: np.ndarray
    objects: np.ndarray
    labels: np.ndarray
    left_out: np.ndarray


def annotate(image, params=None):
    """Annotate the nuclei of one image without labels or training.

    Built step by step in notebooks/01_auto_annotation.ipynb.

    Parameters
    ----------
    image : (H, W) ndarray
        One frame, bright nuclei on a darker background; uint8, uint16 or float.
    params : AutoParams or None
        None takes the defaults, which follow from the image.

    Returns
    -------
    (H, W) ndarray of int32
        Labels 1..n of the nuclei of typical area, 0 elsewhere. Empty if there are
        none; `diagnose` tells when to doubt the result.

    Raises
    ------
    ValueError, TypeError
        If the image is unusable; the message says why.

    References
    ----------
    .. [1] Englbrecht F, Ruider IE, Bausch AR, "Automatic image annotation for
       fluorescent cell nuclei segmentation", PLoS ONE 16(4):e0250093, 2021

    Examples
    --------
    >>> rows, cols = np.mgrid[:60, :90]
    >>> image = 90.0 * (np.hypot(rows - 30, cols - 25) < 9)
    >>> image += 30.0 * (np.hypot(rows - 30, cols - 60) < 9)
    >>> int(lk.auto.annotate(image).max())
    2
    """
    image, params = _checked(image, params)
    found = _find(image, params)
    if found is None:
        return np.zeros(image.shape, np.int32)
    *_, objects, areas = found
    return keep(objects, typical_areas(areas, params.area_tolerance))


def annotate_steps(image, params=None):
    """Annotate the nuclei of one image and return what each step made.

    Parameters
    ----------
    image, params
        As for `annotate`.

    Returns
    -------
    AutoSteps

    Examples
    --------
    >>> steps = lk.auto.annotate_steps(np.zeros((20, 30)))
    >>> steps.diameter, int(steps.labels.max())
    (0.0, 0)
    """
    image, params = _checked(image, params)
    found = _find(image, params)
    if found is None:
        return _nothing(image.shape)
    around, levels, foreground, pieces, objects, areas = found
    labels = keep(objects, typical_areas(areas, params.area_tolerance))
    objects = keep(objects, areas > 0)
    return AutoSteps(
        around.diameter * image.shape[0] / around.smooth.shape[0],
        *(enlarge(level, image.shape) for level in levels),
        *(enlarge_labels(found, image.shape) for found in (foreground, pieces)),
        objects,
        labels,
        find_left_out(around, objects, labels),
    )


def _checked(image, params):
    """Return an image that can be used, and the parameters or the default ones."""
    params = AutoParams() if params is None else params
    if not isinstance(params, AutoParams):
        raise TypeError(
            f"`params` must be AutoParams, got {params!r}; say for example "
            f"labkit.auto.AutoParams(diameter=24)"
        )
    return check_image(image), params


def _find(image, params):
    """All steps up to the unfiltered objects; None where there is no blob."""
    stretched = stretch(image)
    diameter = params.diameter or diameter_of(stretched)
    if diameter == 0:
        return None
    around = surroundings(stretched, diameter, params)
    if params.method == "otsu":
        return around, *otsu_steps(image, diameter, params)
    mask = above(around)
    pieces = split_touching(
        mask, around.diameter, dent=params.dent, brightness=relative_brightness(around)
    )
    objects, areas = outline_objects(stretched, pieces, around, params)
    if params.clear_border:
        areas[touching_border(objects, len(areas))] = 0
    return around, (around.background, around.height), mask, pieces, objects, areas


def _nothing(shape):
    """Steps of an image without nuclei."""
    level, mask = np.zeros(shape, np.float32), np.zeros(shape, bool)
    empty = np.zeros(shape, np.int32)
    return AutoSteps(0.0, level, level, mask, empty, empty, empty, mask)
