"""Match predicted with true objects by intersection over union (IoU)."""

from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from .pairs import iou_table


class Match(NamedTuple):
    """How well predicted objects agree with true ones; every ratio of 0 / 0 is 0."""

    tp: int
    """Pairs of a true and a predicted object whose IoU reaches the threshold."""
    fp: int
    """Predicted objects without partner."""
    fn: int
    """True objects without partner."""
    precision: float
    """tp / (tp + fp)"""
    recall: float
    """tp / (tp + fn)"""
    f1: float
    """2 tp / (2 tp + fp + fn)"""
    mean_iou: float
    """Mean IoU of the matched pairs."""
    mean_iou_all: float
    """Mean IoU over all true objects, 0 for those without partner."""
    pairs: np.ndarray
    """(tp, 2) labels of the partners (true, pred), by rising true label."""

    @property
    def n_true(self):
        """Number of true objects."""
        return self.tp + self.fn

    @property
    def n_pred(self):
        """Number of predicted objects."""
        return self.tp + self.fp

    @property
    def accuracy(self):
        """Accuracy tp / (tp + fp + fn), the "average precision" of many papers."""
        return _ratio(self.tp, self.tp + self.fp + self.fn)

    @property
    def panoptic_quality(self):
        """Panoptic quality: mean_iou * f1 (Kirillov et al. 2019)."""
        return self.mean_iou * self.f1

    def __repr__(self):
        """Show the numbers without the list of pairs."""
        ratios = ", ".join(f"{name}={getattr(self, name):.4f}" for name in _RATIOS)
        return f"Match(tp={self.tp}, fp={self.fp}, fn={self.fn}, {ratios})"


_RATIOS = ("precision", "recall", "f1", "mean_iou", "mean_iou_all")


def match(true, pred, min_iou=0.5):
    """Match predicted with true objects, each with at most one partner.

    Of all ways to pair objects the one with the most pairs of IoU >= `min_iou` is
    taken, and of these the one with the largest sum of IoU, as in
    `stardist.matching.matching`; from 0.5 upwards there is only one way.

    Parameters
    ----------
    true, pred : (H, W) array_like of int
        Label images of the same pixels, 0 is background.
    min_iou : float
        Smallest IoU of a match, above 0 and up to 1.

    Returns
    -------
    Match
        tp, fp, fn, precision, recall, f1, mean_iou (of the matched pairs),
        mean_iou_all (over all true objects) and pairs. Ratios that are not defined,
        as with empty images, are 0.

    Raises
    ------
    ValueError, TypeError
        As `labkit.checks.check_labels`, if shapes differ or `min_iou` is not above 0
        and up to 1.

    Examples
    --------
    >>> match([[1, 1, 0, 2]], [[7, 7, 7, 0]])
    Match(tp=1, fp=0, fn=1, precision=1.0000, recall=0.5000, f1=0.6667, \
mean_iou=0.6667, mean_iou_all=0.3333)
    """
    return match_table(iou_table(true, pred), min_iou)


def match_many(true, pred, min_iou=0.5):
    """Match pairs of label images and add up: one result for the whole set.

    Parameters
    ----------
    true, pred : sequence of (H, W) array_like of int
        Label images; also movies (T, H, W).
    min_iou : float
        Smallest IoU of a match.

    Returns
    -------
    Match
        As `sum_matches` of `match` of each pair.

    Raises
    ------
    ValueError, TypeError
        As `match`, and if there are not as many true as predicted images.
    """
    if len(true) != len(pred):
        raise ValueError(
            f"got {len(true)} true and {len(pred)} predicted label images; "
            f"every image needs both"
        )
    return sum_matches([match(t, p, min_iou) for t, p in zip(true, pred, strict=True)])


def sum_matches(matches):
    """Add up matches of several images: every object counts the same.

    Parameters
    ----------
    matches : iterable of Match

    Returns
    -------
    Match
        Ratios of the summed counts; `pairs` stand one image after another.

    Examples
    --------
    >>> sum_matches([match([[1, 1]], [[1, 1]]), match([[1, 0]], [[0, 1]])]).f1
    0.5
    """
    matches = list(matches)
    tp, fp, fn = (sum(getattr(m, name) for m in matches) for name in ("tp", "fp", "fn"))
    pairs = np.concatenate([np.zeros((0, 2), np.int32), *(m.pairs for m in matches)])
    return _summary(tp, fp, fn, sum(m.mean_iou * m.tp for m in matches), pairs)


def f1_curve(true, pred, min_ious=None):
    """Compute F1 for rising IoU thresholds.

    Parameters
    ----------
    true, pred : (H, W) array_like of int
        Label images of the same pixels, 0 is background.
    min_ious : sequence of float, optional
        The thresholds; by default 0.5, 0.55, ... 0.95.

    Returns
    -------
    min_ious, f1 : (n,) ndarray of float

    Raises
    ------
    ValueError, TypeError
        As `match`.

    Examples
    --------
    >>> f1_curve([[1, 1, 0, 2]], [[7, 7, 7, 0]], [0.5, 0.9])[1].round(2)
    array([0.67, 0.  ])
    """
    min_ious = np.arange(10, 20) / 20 if min_ious is None else np.asarray(min_ious)
    table = iou_table(true, pred)
    return min_ious, np.array([match_table(table, min_iou).f1 for min_iou in min_ious])


def dsb_score(true, pred):
    """Score one image by the rule of the 2018 Data Science Bowl.

    The mean of tp / (tp + fp + fn) over the IoU thresholds 0.50, 0.55, ... 0.95,
    where an object counts as found if its IoU is strictly above the threshold [1]_.
    The comparison is exact (whole numbers), so 11 / 20 is not above 0.55. Two empty
    images agree: their score is 1; if one of two is empty, it is 0.

    Parameters
    ----------
    true, pred : (H, W) array_like of int
        Label images of the same pixels, 0 is background.

    Returns
    -------
    float
        0 to 1. The score of a set is the mean over its images.

    Raises
    ------
    ValueError, TypeError
        As `labkit.checks.check_labels`, and if shapes differ.

    References
    ----------
    .. [1] Caicedo et al. (2019), Nature Methods 16: 1247-1253.
           https://doi.org/10.1038/s41592-019-0612-7

    Examples
    --------
    >>> dsb_score([[1, 1, 1, 1]], [[1, 1, 1, 0]])
    0.5
    """
    table = iou_table(true, pred)
    n_objects = len(table.true_labels) + len(table.pred_labels)
    if n_objects == 0:
        return 1.0
    steps = np.arange(10, 20)  # thresholds in twentieths
    tp = (20 * table.n_shared > steps[:, None] * table.n_union).sum(axis=1)
    return float(np.mean(tp / (n_objects - tp)))


def match_table(table, min_iou):
    """Match the objects of an `IouTable`, as `match` says."""
    if not 0 < min_iou <= 1:
        raise ValueError(f"`min_iou` must be above 0 and at most 1, got {min_iou}")
    iou = table.n_shared / table.n_union
    if min_iou >= 0.5:
        chosen = _only_pairs(table, iou >= min_iou)
    else:
        chosen = _best_pairs(table, iou, min_iou)
    pairs = np.stack(
        [
            table.true_labels[table.true_index[chosen]],
            table.pred_labels[table.pred_index[chosen]],
        ],
        axis=1,
    ).astype(np.int32)
    fp, fn = len(table.pred_labels) - len(pairs), len(table.true_labels) - len(pairs)
    return _summary(len(pairs), fp, fn, iou[chosen].sum(), pairs)


def _only_pairs(table, good):
    """Choose pairs of IoU >= 0.5: no two share an object, but for halves (IoU 0.5)."""
    chosen = np.flatnonzero(good)
    for index in (table.true_index, table.pred_index):
        chosen = chosen[np.unique(index[chosen], return_index=True)[1]]
    return np.sort(chosen)


def _best_pairs(table, iou, min_iou):
    """Choose most pairs of IoU >= `min_iou`, and among these the largest IoU sum.

    A sparse assignment: every true object may also stay alone, at the price 2. A pair
    costs 1 less if it is good, and its IoU decides among equals.
    """
    n_true, n_pred = len(table.true_labels), len(table.pred_labels)
    if not len(iou):
        return np.zeros(0, np.int64)
    price = 2 - (iou >= min_iou) - iou / (2 * min(n_true, n_pred))
    alone = np.arange(n_true)
    costs = coo_array(
        (
            np.append(price, np.full(n_true, 2.0)),
            (
                np.append(table.true_index, alone),
                np.append(table.pred_index, n_pred + alone),
            ),
        ),
        shape=(n_true, n_pred + n_true),
    )
    partner = min_weight_full_bipartite_matching(costs.tocsr())[1]
    return np.flatnonzero(
        (partner[table.true_index] == table.pred_index) & (iou >= min_iou)
    )


def _summary(tp, fp, fn, sum_iou, pairs):
    """Build a Match from counts and the IoU sum of the pairs."""
    return Match(
        tp,
        fp,
        fn,
        precision=_ratio(tp, tp + fp),
        recall=_ratio(tp, tp + fn),
        f1=_ratio(2 * tp, 2 * tp + fp + fn),
        mean_iou=_ratio(sum_iou, tp),
        mean_iou_all=_ratio(sum_iou, tp + fn),
        pairs=pairs,
    )


def _ratio(part, whole):
    """Divide, with 0 / 0 = 0."""
    return float(part / whole) if whole else 0.0
