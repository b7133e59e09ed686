"""Which objects of two label images share pixels, and how many."""

from typing import NamedTuple

import numpy as np

from ..labels import overlaps


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
    """
    true, pred, n_shared = overlaps(true, pred).T
    true_labels, true_index = np.unique(true, return_inverse=True)
    pred_labels, pred_index = np.unique(pred, return_inverse=True)
    true_area = np.bincount(true_index, n_shared, len(true_labels)).astype(np.int64)
    pred_area = np.bincount(pred_index, n_shared, len(pred_labels)).astype(np.int64)
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
