"""Small masks: distances, pieces, overlaps."""

import cv2
import numpy as np

from ..objects import disc, mask_box


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
    return cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, disc(radius)) > 0


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


def trimmed(mask):
    """The smallest part of a mask that holds all of it, and where that starts."""
    box = mask_box(mask)
    return mask[box], tuple(part.start for part in box)
