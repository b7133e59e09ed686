"""Which objects of two label images share pixels, and how many."""

from typing import NamedTuple

import numpy as np

from ..labels import overlaps

MANY, LARGE = 20, 25  # objects; their mean area, px


class IouTable(NamedTuple):
    """Objects of two label images and the pairs of them that share pixels."""

    true_labels: np.ndarray  # (n_true,)
    pred_labels: np.ndarray  # (n_pred,)
    true_index: np.ndarray  # (n_pairs,) position in true_labels
    pred_index: np.ndarray  # (n_pairs,)
    n_shared: np.ndarray  # (n_pairs,) pixels in both
    n_union: np.ndarray  # (n_pairs,) pixels in either
    true_area: np.ndarray  # (n_true,)
    pred_area: np.ndarray  # (n_pred,)


def iou_table(true, pred):
    """List objects, areas and overlapping pairs of two label images.

    Parameters
    ----------
    true, pred : (H, W) array_like of int

    Returns
    -------
    IouTable

    Raises
    ------
    ValueError, TypeError
        As `labkit.labels.overlaps`, and if one of them is a raw image.
    """
    images = true, pred
    true, pred, n_shared = overlaps(true, pred).T
    true_labels, true_index = np.unique(true, return_inverse=True)
    pred_labels, pred_index = np.unique(pred, return_inverse=True)
    true_area = np.bincount(true_index, n_shared, len(true_labels)).astype(np.int64)
    pred_area = np.bincount(pred_index, n_shared, len(pred_labels)).astype(np.int64)
    _refuse_image(images[0], true_area[true_labels > 0], "true")
    _refuse_image(images[1], pred_area[pred_labels > 0], "pred")
    both = (true > 0) & (pred > 0)
    i, j, n_shared = true_index[both], pred_index[both], n_shared[both]
    n_union = true_area[i] + pred_area[j] - n_shared
    t0, p0 = int(0 in true_labels[:1]), int(0 in pred_labels[:1])
    return IouTable(
        true_labels[t0:],
        pred_labels[p0:],
        i - t0,
        j - p0,
        n_shared,
        n_union,
        true_area[t0:],
        pred_area[p0:],
    )


def _refuse_image(labels, areas, name):
    """Raise ValueError where many objects lie scattered, pixel by pixel."""
    if len(areas) < MANY:
        return
    rows = np.asarray(labels).reshape(-1, np.shape(labels)[-1])
    rows = rows[:: max(1, len(rows) // 64)]
    left, right = rows[:, :-1], rows[:, 1:]
    inside = (left > 0) & (right > 0)
    if np.count_nonzero(inside) < 0.2 * np.count_nonzero(rows):
        return  # points
    share = np.mean(left[inside] == right[inside])
    if share < (0.72 if areas.mean() >= LARGE else 0.3):
        raise ValueError(
            f"`{name}` looks like an image, not like labels: of its neighbouring "
            f"pixels only {share:.0%} belong to the same object; every object has one "
            "number, 0 is background (labkit.auto.annotate or labkit.segment make them)"
        )
