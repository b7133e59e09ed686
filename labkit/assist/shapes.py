"""Small masks: distances, pieces, overlaps."""

import cv2
import numpy as np


def depth_in(mask):
    """Distance of each pixel of a mask to the outside; beyond the crop is outside."""
    framed = np.pad(mask, 1).astype(np.uint8)
    return cv2.distanceTransform(framed, cv2.DIST_L2, 5)[1:-1, 1:-1]


def distance_to(mask):
    """Distance of each pixel to a mask that is not empty, 0 on it."""
    return cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5)


def diameter_of(mask):
    """Diameter of a disc of the mask's area, px."""
    return 2 * float(np.sqrt(np.count_nonzero(mask) / np.pi))


def iou(one, other):
    """Intersection over union of two masks; 0 if both are empty."""
    both, either = np.count_nonzero(one & other), np.count_nonzero(one | other)
    return both / either if either else 0.0


def pieces(mask):
    """Connected parts of a mask: their number + 1, and a label image of them."""
    return cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)


def filled(mask):
    """Fill what a mask encloses; what is open at the edge of the crop is no hole."""
    free = np.pad(~mask, 1, constant_values=True)
    _, labels = pieces(free)
    return (labels != labels[0, 0])[1:-1, 1:-1]


def smoothed(mask, radius):
    """Morphological opening by a disc: without hairs and specks."""
    if radius < 1:
        return mask
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * int(radius) + 1,) * 2)
    return cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, disc) > 0


def overlapping_piece(mask, drawn):
    """The part of a mask that shares most pixels with what was drawn.

    Not the largest part, and not the one with most vertices: those are other objects
    in one case of 30 to 50.
    """
    n, labels = pieces(mask)
    shared = np.bincount(labels[drawn], minlength=n)
    shared[0] = 0
    if not shared.any():
        return np.zeros_like(mask)
    return labels == shared.argmax()


def framed(mask, origin, shape):
    """Place a small mask into an empty one.

    Parameters
    ----------
    mask : (h, w) ndarray of bool
    origin : (int, int)
        Where its first pixel goes; it must fit.
    shape : (int, int)

    Returns
    -------
    (H, W) ndarray of bool
    """
    full = np.zeros(shape, bool)
    (row, col), (height, width) = origin, mask.shape
    full[row : row + height, col : col + width] = mask
    return full


def trimmed(mask):
    """The smallest part of a mask that holds all of it, and where that starts."""
    rows, cols = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = np.s_[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]
    return mask[box], (int(rows[0]), int(cols[0]))
