"""The annotation, whole and step by step."""

from typing import NamedTuple

import cv2
import numpy as np

from ..checks import check_image
from .diameter import estimate_diameter
from .filters import keep_typical_area
from .flood import split_touching
from .otsu import otsu_steps
from .outline import background_map, outline_objects
from .params import AutoParams
from .smooth import stretch
from .threshold import local_foreground, noise_after_blur, smoothed


class AutoSteps(NamedTuple):
    """What each step of the annotation made, in order.

    Attributes
    ----------
    diameter : float
        Typical nucleus diameter in px.
    smooth : (H, W) ndarray of float32
        Smoothed image, 0..1 on a percentile scale.
    foreground : (H, W) ndarray of bool
    pieces : (H, W) ndarray of int32
        Foreground split into nuclei.
    objects : (H, W) ndarray of int32
        The pieces with their final outline: the unfiltered annotation.
    labels : (H, W) ndarray of int32
        The objects of typical area: the annotation.
    left_out : (H, W) ndarray of bool
        Visible foreground that is not annotated, with a margin. Masks the training
        loss, so that it is not taught as background.
    """

    diameter: float
    smooth: np.ndarray
    foreground: np.ndarray
    pieces: np.ndarray
    objects: np.ndarray
    labels: np.ndarray
    left_out: np.ndarray


def annotate(image, params=None):
    """Annotate the nuclei of one image; see `annotate_steps`.

    Parameters
    ----------
    image : (H, W) ndarray
        One frame, bright nuclei on a darker background; uint8, uint16 or float.
    params : AutoParams or None

    Returns
    -------
    (H, W) ndarray of int32
        Labels 1..n of the kept nuclei.

    Examples
    --------
    >>> rows, cols = np.mgrid[:60, :90]
    >>> image = 99.0 * (np.hypot(rows - 30, cols - 25) < 9)
    >>> image += 50.0 * (np.hypot(rows - 30, cols - 60) < 9)
    >>> int(annotate(image).max())
    2
    """
    return annotate_steps(image, params).labels


def annotate_steps(image, params=None):
    """Annotate the nuclei of one image and return every intermediate.

    Raises
    ------
    ValueError
        If the image or a parameter is unusable; the message says which.
    """
    image, params = check_image(image), params or AutoParams()
    if params.method == "otsu":
        return _finish(*otsu_steps(image), params)
    if params.method != "local":
        raise ValueError(f"`method` must be 'local' or 'otsu', got {params.method!r}")
    diameter = params.diameter or estimate_diameter(image)
    image = stretch(image)
    if not diameter:
        nothing = np.zeros(image.shape, np.int32)
        return _finish(0.0, image, nothing > 0, nothing, nothing, params)
    return _finish(diameter, *_local_steps(image, diameter, params), params)


def _local_steps(image, diameter, params):
    """Smooth, threshold, split and outline."""
    smooth = smoothed(image, diameter, params)
    mask = local_foreground(smooth, image, diameter, params)
    pieces = split_touching(mask, diameter, params.neck)
    background = background_map(smooth, mask, params.window * diameter)
    noise = noise_after_blur(image, diameter, params)
    objects = outline_objects(smooth, pieces, background, noise, diameter, params)
    return smooth, mask, pieces, objects


def _finish(diameter, smooth, mask, pieces, objects, params):
    """Filter by area and collect the steps."""
    kept = keep_typical_area(objects, params.area_tolerance)
    numbers = np.cumsum(np.bincount(kept.ravel(), minlength=1) > 0) - 1
    labels = numbers.astype(np.int32)[kept] if kept.any() else kept
    if kept.all():
        labels += 1
    left_out = ((mask | (objects > 0)) & (labels == 0)).view(np.uint8)
    reach = 2 * int(np.ceil(0.1 * diameter)) + 1
    left_out = cv2.dilate(left_out, np.ones((reach, reach), np.uint8)) > 0
    left_out &= labels == 0
    return AutoSteps(diameter, smooth, mask, pieces, objects, labels, left_out)
