"""Masks of single objects: paint them, place them, outline them, grow them."""

import cv2
import numpy as np

from ..labels import from_polygons, to_polygons
from .outlines import check_polygon


def crop_mask(polygon, shape=None):
    """Paint one outline into the smallest mask that holds it.

    Parameters
    ----------
    polygon : (n, 2) array_like
    shape : (int, int), optional
        Of the image; what lies outside is cut off. By default nothing is.

    Returns
    -------
    mask : (h, w) ndarray of bool
        Pixels whose centre lies inside; (0, 0) where there is none.
    origin : (int, int)
        Row and column of its first pixel in the image.
    """
    polygon = check_polygon(polygon)
    low = np.ceil(polygon.min(axis=0)).astype(int)
    high = np.ceil(polygon.max(axis=0)).astype(int)
    if shape is not None:
        low, high = np.maximum(low, 0), np.minimum(high, shape)
    origin = int(low[0]), int(low[1])
    if (high <= low).any():
        return np.zeros((0, 0), bool), origin
    return from_polygons([polygon - low], high - low) > 0, origin


def placed_mask(mask, origin, shape):
    """Put a small mask at its place in an empty one, in which it must fit.

    Parameters
    ----------
    mask : (h, w) ndarray of bool
    origin : (int, int)
        Row and column where its first pixel goes.
    shape : (int, int)

    Returns
    -------
    (H, W) ndarray of bool
    """
    full = np.zeros(shape, bool)
    if mask.size:
        row, col = origin
        full[row : row + mask.shape[0], col : col + mask.shape[1]] = mask
    return full


def mask_box(mask):
    """Slices (rows, cols) of the smallest box that holds a mask.

    Raises
    ------
    ValueError
        If the mask is empty.
    """
    if not np.any(mask):
        raise ValueError("the mask is empty and has no box; check mask.any() first")
    found = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return tuple(slice(int(one[0]), int(one[-1]) + 1) for one in found)


def mask_polygon(mask, origin=(0, 0)):
    """Outline a mask by one polygon along its pixel edges, without loss.

    Parameters
    ----------
    mask : (h, w) array_like of bool
    origin : (int, int)
        Row and column of its first pixel in the image.

    Returns
    -------
    (n, 2) ndarray of float

    Raises
    ------
    ValueError
        If the mask is empty.
    """
    found = to_polygons(np.asarray(mask, bool).astype(np.int32))
    if not found:
        raise ValueError("the mask is empty: there is nothing to outline")
    return found[1] + origin


def largest_piece(mask):
    """Keep the largest connected piece of a mask.

    Parameters
    ----------
    mask : (h, w) array_like of bool
        Pieces meet at sides, not at corners.

    Returns
    -------
    (h, w) ndarray of bool
        Of pieces of equal size the one that comes first in reading order; empty if
        the mask is.

    Examples
    --------
    >>> largest_piece([[1, 0, 1, 1], [0, 1, 0, 0]]).astype(int)
    array([[0, 0, 1, 1],
           [0, 0, 0, 0]])
    """
    mask = np.asarray(mask, bool)
    if not mask.any():  # OpenCV refuses masks without pixels
        return mask.copy()
    n, pieces, stats, _ = cv2.connectedComponentsWithStats(
        mask.view(np.uint8), connectivity=4
    )
    if n == 2:  # the background counts as one
        return mask.copy()
    return pieces == 1 + stats[1:, cv2.CC_STAT_AREA].argmax()


def disc(radius):
    """Return a disc of a whole radius (px) as OpenCV's structuring element, uint8."""
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * int(radius) + 1,) * 2)


def dilated(mask, radius):
    """Grow a mask (h, w) by a disc of a whole radius, px; returns bool."""
    return cv2.dilate(np.asarray(mask, bool).view(np.uint8), disc(radius)) > 0


def exact_distance(mask):
    """Distance of each pixel to the nearest one that is 0.

    It is the root of a whole number, and taken as such: OpenCV's own root differs in
    the last digit by where the image lies in memory, and so from call to call.

    Parameters
    ----------
    mask : (H, W) ndarray of uint8

    Returns
    -------
    (H, W) ndarray of float32
        px; exact up to 2,000.

    Raises
    ------
    ValueError
        If no pixel is 0.

    Examples
    --------
    >>> exact_distance(np.array([[0, 1, 1], [1, 1, 1]], np.uint8))
    array([[0.       , 1.       , 2.       ],
           [1.       , 1.4142135, 2.236068 ]], dtype=float32)
    """
    if np.all(mask):
        raise ValueError("no pixel of the mask is 0, so there is no distance to one")
    found = cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.sqrt(np.rint(found * found))
