"""Bring images to another size, and their labels along with them."""

import cv2
import numpy as np

from .enlarging import enlarge_labels
from .sources import Source


def resized(image, factor, labels=None):
    """Resize an image, and its labels along with it.

    Parameters
    ----------
    image : (H, W) or (H, W, 3) array
    factor : float
        Size of the result / size of the image.
        1 returns the image as it is.
    labels : (H, W) array of int, optional

    Returns
    -------
    (h, w) or (h, w, 3) ndarray, with `labels` a pair of it and (h, w) ndarray of int32
        The image as float32. Labels are enlarged with smooth borders.
    """
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    if factor == 1:
        return image if labels is None else (image, labels)
    image = np.asarray(image, np.float32)
    size = None
    if min(image.shape[:2]) * factor < 1:  # at least one pixel shall be left
        size = [max(1, round(side * factor)) for side in image.shape[1::-1]]
    image = cv2.resize(image, size, fx=factor, fy=factor, interpolation=how)
    if labels is None:
        return image
    if factor > 1:
        return image, enlarge_labels(labels, image.shape[:2])
    size, labels = image.shape[1::-1], np.asarray(labels, np.float32)
    labels = cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST_EXACT)
    return image, labels.astype(np.int32)


def rescale(found, factor):
    """Return sources at another scale.

    Parameters
    ----------
    found : list of Source
    factor : float

    Returns
    -------
    list of Source
    """
    if factor == 1:
        return found
    scaled = []
    for source in found:
        image, labels = resized(source.image, factor, source.labels)
        mask = source.ignore.astype(np.uint8)
        size = labels.shape[::-1]
        mask = cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST_EXACT)
        scaled.append(Source(image, labels, mask > 0))
    return scaled
