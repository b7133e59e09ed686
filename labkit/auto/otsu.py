"""The published procedure: one threshold for the whole image."""

import cv2
import numpy as np

from .filters import touching_border
from .flood import split_touching
from .outline import drop

BLUR = 9  # px, side of the Gaussian kernel, as published
CLOSING = 3  # px, side of the square, as published


def otsu_steps(image, params):
    """Blur, Otsu, closing, watershed of the distance, clear border.

    The steps and sizes of Englbrecht et al. 2021: Gaussian 9x9, Otsu, closing with
    a 3x3 square, objects at the border removed, touching nuclei split by a
    watershed of the distance transform. Written for nuclei of about 40 px; the
    sizes do not follow the image.

    Returns
    -------
    diameter : float
        Of the median object, px.
    background, height : (H, W) ndarray of float32
        Mean level outside and inside the mask minus outside, the same everywhere.
    foreground : (H, W) ndarray of bool
    pieces, objects : (H, W) ndarray of int32
        Split foreground; without the objects at the border.
    """
    low, high = float(image.min()), float(image.max())
    scale = 255 / (high - low) if high > low else 0.0
    grey = np.rint((image.astype(np.float32) - low) * scale).astype(np.uint8)
    smooth = cv2.GaussianBlur(grey, (BLUR, BLUR), 0)
    kind = cv2.THRESH_BINARY | cv2.THRESH_OTSU
    _, mask = cv2.threshold(smooth, 0, 255, kind)
    closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((CLOSING, CLOSING)))
    foreground = (closed > 0) & (scale > 0)
    diameter = params.diameter or _diameter(_components(foreground))
    pieces = objects = np.zeros(image.shape, np.int32)
    if diameter:
        pieces = split_touching(foreground, diameter, dent=params.dent)
        objects = pieces
    if params.clear_border is not False:
        objects = drop(pieces, touching_border(pieces))
    return diameter, *_levels(smooth, foreground), foreground, pieces, objects


def _levels(smooth, mask):
    """Mean level outside the mask and what the inside rises above it, as images."""
    n = np.count_nonzero(mask)
    inside = smooth[mask].mean() if n else 0.0
    outside = smooth[~mask].mean() if n < mask.size else 0.0
    level = np.full(mask.shape, outside / 255, np.float32)
    return level, np.full(mask.shape, (inside - outside) / 255, np.float32)


def _components(mask):
    """Connected components of a mask."""
    return cv2.connectedComponents(mask.astype(np.uint8))[1]


def _diameter(labels):
    """Diameter of the disc with the median area, 0 without objects."""
    areas = np.bincount(labels.ravel())[1:]
    return float(np.sqrt(4 / np.pi * np.median(areas))) if len(areas) else 0.0
