"""Tell what went wrong with each object: missed, false, split, merged."""

from typing import NamedTuple

import numpy as np

from .matching import match_table
from .pairs import iou_table

MIN_PART = 0.1


class ObjectClasses(NamedTuple):
    """Labels of the objects by what became of them, each by rising number.

    Every predicted object is matched, false or merged; every true object is matched
    (`Match.pairs` names it), missed or split.
    """

    matched: np.ndarray
    """Predicted: has a true partner."""
    false: np.ndarray
    """Predicted: no partner."""
    merged: np.ndarray
    """Predicted: no partner, and covers several true objects."""
    missed: np.ndarray
    """True: no partner."""
    split: np.ndarray
    """True: no partner, and lies in several predicted objects."""


def classify(true, pred, min_iou=0.5):
    """Sort true and predicted objects by what went wrong with them.

    An object with a partner of IoU >= `min_iou` is matched, whatever else it touches.
    Of the others, a true object is split and a predicted object merged by the rule of
    `split_merge`; what remains is missed or false.

    Parameters
    ----------
    true, pred : (H, W) array_like of int
        Label images of the same pixels, 0 is background.
    min_iou : float
        Smallest IoU of a match, above 0 and up to 1.

    Returns
    -------
    ObjectClasses
        Arrays of labels: matched, false and merged of `pred`, missed and split of
        `true`.

    Raises
    ------
    ValueError, TypeError
        As `match`.

    Examples
    --------
    >>> classes = classify([[1, 1, 1, 1, 0, 2]], [[3, 3, 4, 4, 0, 0]], min_iou=0.6)
    >>> classes.split, classes.missed, classes.false
    (array([1]), array([2]), array([3, 4]))
    """
    table = iou_table(true, pred)
    true_matched, pred_matched = match_table(table, min_iou).pairs.T
    split, merged = _several(table)
    split = np.setdiff1d(split, true_matched)
    merged = np.setdiff1d(merged, pred_matched)
    return ObjectClasses(
        matched=np.sort(pred_matched).astype(np.int64),
        false=np.setdiff1d(table.pred_labels, np.append(pred_matched, merged)),
        merged=merged,
        missed=np.setdiff1d(table.true_labels, np.append(true_matched, split)),
        split=split,
    )


def split_merge(true, pred):
    """Count true objects cut in pieces and predicted objects that join several.

    A predicted object is a piece of a true one if more than half of it lies there and
    it covers at least a tenth of the true object; a true object with two pieces or
    more is split. Merged is the same with the roles exchanged: a predicted object
    that holds more than half of each of several true objects, each at least a tenth
    of it. Objects may be split or merged although they are matched.

    Parameters
    ----------
    true, pred : (H, W) array_like of int
        Label images of the same pixels, 0 is background.

    Returns
    -------
    n_split, n_merged : int
        Number of split true and of merged predicted objects.

    Raises
    ------
    ValueError, TypeError
        As `labkit.checks.check_labels`, and if shapes differ.

    Examples
    --------
    >>> split_merge([[1, 1, 0, 2, 3]], [[4, 5, 0, 6, 6]])
    (1, 1)
    """
    split, merged = _several(iou_table(true, pred))
    return len(split), len(merged)


def _several(table):
    """Return the labels of split true and of merged predicted objects."""
    n = table.n_shared
    of_true, of_pred = (
        table.true_area[table.true_index],
        table.pred_area[table.pred_index],
    )
    piece = (2 * n > of_pred) & (n >= MIN_PART * of_true)
    part = (2 * n > of_true) & (n >= MIN_PART * of_pred)
    n_pieces = np.bincount(table.true_index[piece], minlength=len(table.true_labels))
    n_parts = np.bincount(table.pred_index[part], minlength=len(table.pred_labels))
    return table.true_labels[n_pieces > 1], table.pred_labels[n_parts > 1]
