"""The published procedure: one threshold for the whole image."""

import cv2
import numpy as np

from .filters import touching_border
from .flood import split_touching
from .regions import areas_of, keep

BLUR = 9  # px, side of the Gaussian kernel, as published
CLOSING = 3  # px, side of the square, as published


def otsu_steps(image, diameter, params):
    """Blur, Otsu, closing, watershed of the distance, clear border.

    The steps and sizes of Englbrecht et al. 2021: Gaussian 9x9, Otsu, closing with
    a 3x3 square, what touches the border removed, watershed of the distance
    transform. Made for nuclei of about 40 px: these sizes do not follow the image.

    Returns
    -------
    levels : pair of (H, W) ndarray of float32
        Background level and height of the nuclei, each the same everywhere.
    foreground : (H, W) ndarray of bool
    pieces, objects : (H, W) ndarray of int32
        Split foreground away from the border, twice: there is no outlining.
    areas : (n + 1,) ndarray of int
        Areas of the objects in px, from index 1.
    """
    low, high = float(image.min()), float(image.max())
    scale = np.float32(255 / (high - low))
    grey = cv2.convertScaleAbs(image.astype(np.float32) - np.float32(low), alpha=scale)
    smooth = cv2.GaussianBlur(grey, (BLUR, BLUR), 0)
    kind = cv2.THRESH_BINARY | cv2.THRESH_OTSU
    _, mask = cv2.threshold(smooth, 0, 255, kind)
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((CLOSING, CLOSING))) > 0
    whole = mask
    if params.clear_border is not False:
        n, bodies = cv2.connectedComponents(mask.view(np.uint8))
        whole = keep(bodies, ~touching_border(bodies, n)) > 0
    objects = split_touching(whole, diameter, dent=params.dent)
    areas = areas_of(objects, int(objects.max()))
    return _levels(smooth, mask), mask, objects, objects, areas


def _levels(smooth, mask):
    """Mean outside the mask, and mean inside minus outside, as constant images."""
    means = [smooth[part].mean() if part.any() else 0.0 for part in (~mask, mask)]
    levels = means[0] / 255, (means[1] - means[0]) / 255
    return tuple(np.full(mask.shape, level, np.float32) for level in levels)
