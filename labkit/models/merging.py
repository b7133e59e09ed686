"""Objects as boxes with soft masks: turned, merged over views, painted."""

from typing import NamedTuple

import cv2
import numpy as np
from scipy import ndimage as ndi
from scipy.spatial import cKDTree

from ..objects import largest_piece
from .views import VIEWS, turn, turn_back

MIN_IOU = 0.5  # of the masks of one object in two views
MIN_FREE = 0.5  # share of an object that no more probable one may take
MIN_AREA = 4  # px of the label image


class Found(NamedTuple):
    """Objects that a model proposes, in px of what it looked at."""

    boxes: np.ndarray  # (n, 4) float32: first row, first col, end row, end col
    prob: np.ndarray  # (n,) float32, 0..1
    masks: list  # of (h, w) float32: probability, spread evenly over the box

    def chosen(self, which):
        """Return some of them: a (n,) mask, or indices."""
        which = np.atleast_1d(np.arange(len(self.prob))[which])
        return Found(
            self.boxes[which], self.prob[which], [self.masks[k] for k in which]
        )


def join(parts):
    """Put several `Found` together."""
    boxes = [np.zeros((0, 4), np.float32), *(part.boxes for part in parts)]
    prob = [np.zeros(0, np.float32), *(part.prob for part in parts)]
    masks = [mask for part in parts for mask in part.masks]
    return Found(np.concatenate(boxes), np.concatenate(prob), masks)


def from_labels(labels):
    """Return the objects of a label image, all of probability 1.

    Parameters
    ----------
    labels : (H, W) ndarray of int32

    Returns
    -------
    Found
    """
    boxes, masks = [], []
    for number, window in enumerate(ndi.find_objects(labels), 1):
        if window is not None:
            rows, cols = window
            boxes.append((rows.start, cols.start, rows.stop, cols.stop))
            masks.append((labels[window] == number).astype(np.float32))
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    return Found(boxes, np.ones(len(boxes), np.float32), masks)


def unturned(found, shape, turns, mirrored):
    """Bring the objects of a turned image back.

    Parameters
    ----------
    found : Found
    shape : (int, int)
        Of the image before it was turned.
    turns, mirrored
        See `labkit.models.views.turn`.

    Returns
    -------
    Found
    """
    row, col, row_end, col_end = found.boxes.T
    sides = shape if turns % 2 == 0 else shape[::-1]
    for _ in range(turns):  # a quarter back: the last column becomes the last row
        row, col, row_end, col_end = col, sides[0] - row_end, col_end, sides[0] - row
        sides = sides[::-1]
    if mirrored:
        col, col_end = sides[1] - col_end, sides[1] - col
    masks = [turn_back(mask, turns, mirrored) for mask in found.masks]
    return Found(np.stack([row, col, row_end, col_end], 1), found.prob, masks)


def over_views(look, image):
    """Look at an image from all 8 sides and merge what is found.

    Parameters
    ----------
    look : callable
        From an image (channels, H, W) to a `Found`.
    image : (channels, H, W) ndarray

    Returns
    -------
    Found
    """
    found = []
    for view in VIEWS:
        seen = look(turn(image, *view, axes=(1, 2)))
        found.append(unturned(seen, image.shape[1:], *view))
    return merge(found, image.shape[1:])


def merge_labels(segment, image):
    """Segment an image from all 8 sides and merge the label images.

    Parameters
    ----------
    segment : callable
        From an image to a label image.
    image : (H, W) or (H, W, 3) ndarray

    Returns
    -------
    (H, W) ndarray of int32
    """
    found = [turn_back(segment(turn(image, *view)), *view) for view in VIEWS]
    merged = merge([from_labels(labels) for labels in found], image.shape[:2])
    return paint(merged, image.shape[:2])


def merge(views, shape, min_iou=MIN_IOU, share=0.5):
    """Merge what was found in several views of one image.

    The most probable objects gather, from the other views, those whose masks overlap
    theirs by more than `min_iou`, at most one of each view.

    Parameters
    ----------
    views : list of Found
        In coordinates of the same image.
    shape : (int, int)
        Of that image, px.
    min_iou : float
    share : float
        Least share of the views in which an object must be seen.

    Returns
    -------
    Found
        The mean masks of what was gathered; the probability is the sum over the views
        / their number: not to be seen counts as 0.
    """
    every = join(views)
    view = np.repeat(np.arange(len(views)), [len(one.prob) for one in views])
    pieces = [pasted(*one, shape) for one in zip(every.boxes, every.masks, strict=True)]
    groups = _groups(every, view, pieces, min_iou)
    kept = [group for group in groups if len(group) >= share * len(views)]
    merged = [_mean([pieces[k] for k in group]) for group in kept]
    boxes = np.array([box for box, _ in merged], np.float32).reshape(-1, 4)
    prob = [every.prob[group].sum() / len(views) for group in kept]
    return Found(boxes, np.array(prob, np.float32), [mask for _, mask in merged])


def _groups(every, view, pieces, min_iou):
    """Indices of what belongs together, the most probable one first."""
    if not len(view):
        return []
    centres = (every.boxes[:, :2] + every.boxes[:, 2:]) / 2
    reach = (every.boxes[:, 2:] - every.boxes[:, :2]).max(axis=1) / 2
    near = cKDTree(centres).query_ball_point(centres, reach)
    groups = {}
    for k in np.argsort(-every.prob, kind="stable"):
        ious = {
            first: _iou(pieces[k], pieces[first])
            for first in near[k]
            if first in groups and view[k] not in view[groups[first]]
        }
        best = max(ious, key=ious.get, default=None)
        if best is not None and ious[best] > min_iou:
            groups[best].append(k)
        else:
            groups[k] = [k]
    return list(groups.values())


def pasted(box, mask, shape, factor=1.0):
    """Sample a soft mask at the pixels of an image.

    Parameters
    ----------
    box : (4,) ndarray of float
        First row and col, end row and col, in px of what was looked at.
    mask : (h, w) ndarray of float32
        Spread over the box.
    shape : (int, int)
        Of the image, px.
    factor : float
        Size of the image / size of what was looked at.

    Returns
    -------
    corner : (2,) ndarray of int
        First row and column of the result.
    values : (rows, cols) ndarray of float32
    """
    box = np.asarray(box, float) * factor
    first = np.clip(np.floor(box[:2]), 0, shape).astype(int)
    stop = np.clip(np.ceil(box[2:]), first, shape).astype(int)
    rows, cols = stop - first
    if not rows or not cols:
        return first, np.zeros((rows, cols), np.float32)
    step = np.array(mask.shape) / np.maximum(box[2:] - box[:2], 1e-3)
    if (step > 1).any():  # shrunk: average, lest a mask be sampled by chance
        small = np.maximum(np.ceil(mask.shape / np.maximum(step, 1)), 1).astype(int)
        mask = cv2.resize(mask, small[::-1].tolist(), interpolation=cv2.INTER_AREA)
        step = np.array(mask.shape) / np.maximum(box[2:] - box[:2], 1e-3)
    shift = (first + 0.5 - box[:2]) * step - 0.5
    matrix = np.array([[step[1], 0, shift[1]], [0, step[0], shift[0]]])
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    # beyond the box the mask goes on: the pixels at its edge are partly inside
    border = {"flags": how, "borderMode": cv2.BORDER_REPLICATE}
    return first, cv2.warpAffine(mask, matrix, (int(cols), int(rows)), **border)


def _iou(one, other):
    """Overlap of two pasted masks, where they exceed one half."""
    (corner, mine), (place, theirs) = one, other
    first = np.maximum(corner, place)
    stop = np.minimum(corner + mine.shape, place + theirs.shape)
    if (stop <= first).any():
        return 0.0
    part = tuple(map(slice, first - corner, stop - corner))
    other_part = tuple(map(slice, first - place, stop - place))
    common = np.count_nonzero((mine[part] > 0.5) & (theirs[other_part] > 0.5))
    total = np.count_nonzero(mine > 0.5) + np.count_nonzero(theirs > 0.5) - common
    return common / total if total else 0.0


def _mean(pieces):
    """Mean of pasted masks: box and mask around all of them."""
    first = np.min([corner for corner, _ in pieces], axis=0)
    stop = np.max([corner + mask.shape for corner, mask in pieces], axis=0)
    total = np.zeros(stop - first, np.float32)
    for corner, mask in pieces:
        total[tuple(map(slice, corner - first, corner - first + mask.shape))] += mask
    return (*first, *stop), total / len(pieces)


def paint(found, shape, factor=1.0):
    """Turn objects into a label image; where they overlap the more probable one wins.

    Parameters
    ----------
    found : Found
    shape : (int, int)
        Of the label image, px.
    factor : float
        Size of the label image / size of what was looked at.

    Returns
    -------
    (H, W) ndarray of int32
        1 is the most probable one. Each object is one piece; one of which less than
        half is left by more probable ones is dropped.
    """
    labels, n = np.zeros(shape, np.int32), 0
    for k in np.argsort(-found.prob, kind="stable"):
        corner, soft = pasted(found.boxes[k], found.masks[k], shape, factor)
        mask = soft > 0.5
        window = labels[tuple(map(slice, corner, corner + mask.shape))]
        free = largest_piece(mask & (window == 0))
        area = np.count_nonzero(free)
        if area >= max(MIN_AREA, MIN_FREE * np.count_nonzero(mask)):
            n += 1
            window[free] = n
    return labels
