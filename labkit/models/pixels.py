"""Pixel probabilities of images of any size, and the objects in them."""

import cv2
import numpy as np
from skimage.segmentation import watershed

from ..labels import relabel
from .tiles import tile_boxes, with_margin

MIN_CORE = 20  # px of what the network sees; smaller cores are noise
CORE_PROB = 0.6  # a core is this much more nucleus than rim
MEAN_PROB = 0.75  # of the pixels of an object; chosen, as the others, on dsb2018_dev


def pixels_in_tiles(maps, image, *, tile, overlap, multiple):
    """Return the probabilities of a normalised image of any size.

    The image is continued by its mirror image, as in training.

    Parameters
    ----------
    maps : callable
        From an image (channels, h, w) to its probabilities (2, h, w).
    image : (channels, H, W) ndarray of float32
    tile, overlap, multiple : int
        See `labkit.models.tiles.tile_boxes`, px.

    Returns
    -------
    (2, H, W) ndarray of float32
    """
    (_, height, width), margin = image.shape, multiple
    image = with_margin(image, margin)
    prob = np.empty((2, *image.shape[1:]), np.float32)
    for box in tile_boxes(image.shape[1:], tile, overlap, multiple):
        found = maps(image[:, *box.outer])
        counts = box.inner_mask(found.shape[1:], 1)
        prob[:, *box.outer][:, counts] = found[:, counts]
    return prob[:, margin : margin + height, margin : margin + width]


def split_by_rims(nucleus, rim, prob_thresh=0.5, min_core=MIN_CORE):
    """Turn probabilities into labels: cores without rims grow over their rims.

    Parameters
    ----------
    nucleus, rim : (H, W) ndarray of float32
        Probabilities, 0..1.
    prob_thresh : float
        Least probability of a nucleus pixel.
    min_core : float
        Smaller cores are noise, px.

    Returns
    -------
    (H, W) ndarray of int32
        Without objects that are improbable on the whole.
    """
    inside = nucleus > prob_thresh
    core = (inside & (nucleus - rim > CORE_PROB)).astype(np.uint8)
    _, seeds, stats, _ = cv2.connectedComponentsWithStats(core, connectivity=4)
    too_small = stats[:, cv2.CC_STAT_AREA] < min_core
    seeds[too_small[seeds]] = 0
    labels = watershed(rim - nucleus, seeds, mask=inside).astype(np.int32)
    areas = np.bincount(labels.ravel())
    sums = np.bincount(labels.ravel(), nucleus.ravel())
    doubtful = sums < MEAN_PROB * areas
    doubtful[0] = False
    return relabel(np.where(doubtful[labels], 0, labels))
