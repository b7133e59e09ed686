"""The score of the 2018 Data Science Bowl, and errors by kind."""

import numpy as np
import pytest
from metrics_scenes import EMPTY, ONE, noisy_pair

from labkit.metrics import classify, dsb_score, match, split_merge


def dsb_by_hand(true, pred):
    """Compute the score object by object, with masks."""
    true = [true == n for n in np.unique(true) if n]
    pred = [pred == n for n in np.unique(pred) if n]
    iou = np.array([[(t & p).sum() / (t | p).sum() for p in pred] for t in true])
    scores = []
    for threshold in (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95):
        tp = int((iou > threshold).sum())
        scores.append(tp / (len(true) + len(pred) - tp))
    return sum(scores) / 10


@pytest.mark.parametrize("seed", range(6))
def test_dsb_score_follows_the_rule(seed):
    true, pred = noisy_pair(seed)
    assert 0 < dsb_score(true, pred) < 1
    assert dsb_score(true, pred) == pytest.approx(dsb_by_hand(true, pred), abs=1e-12)


@pytest.mark.parametrize("k", range(10, 20))
def test_dsb_score_needs_more_than_the_threshold(k):
    true = [[1] * 20]
    exact = [[1] * k + [0] * (20 - k)]  # IoU = k / 20: above k - 10 thresholds
    assert dsb_score(true, exact) == pytest.approx((k - 10) / 10)


def test_dsb_score_of_empty_images():
    assert dsb_score(EMPTY, EMPTY) == 1
    assert dsb_score(EMPTY, ONE) == dsb_score(ONE, EMPTY) == 0
    assert dsb_score(ONE, ONE) == 1


# what went wrong


def bars(*lengths_and_labels):
    """Return a one-row label image from (length, label) pairs."""
    return np.concatenate([np.full(n, value) for n, value in lengths_and_labels])[None]


def test_split_and_merged_objects_are_counted():
    true = bars((10, 1), (5, 0), (10, 2), (10, 3), (5, 0), (10, 4))
    pred = bars((5, 1), (5, 2), (5, 0), (20, 3), (5, 0), (10, 4))
    assert split_merge(true, pred) == (1, 1)
    assert split_merge(pred, true) == (1, 1)
    assert split_merge(true, true) == (0, 0)
    assert split_merge(EMPTY, ONE) == (0, 0)


def test_crumbs_and_neighbours_do_not_split():
    assert split_merge(bars((20, 1)), bars((19, 1), (1, 2))) == (0, 0)
    assert split_merge(bars((20, 1)), bars((18, 1), (2, 2))) == (1, 0)
    assert split_merge(bars((9, 1), (9, 2)), bars((13, 1), (5, 2))) == (0, 0)


def test_classes_tell_what_happened():
    true = bars((10, 1), (2, 0), (10, 2), (10, 3), (2, 0), (10, 4), (2, 0), (9, 5))
    pred = bars((5, 1), (5, 2), (2, 0), (20, 3), (2, 0), (9, 7), (3, 0), (1, 8), (8, 0))
    classes = classify(true, pred, 0.6)
    assert [values.tolist() for values in classes] == [
        [7],
        [1, 2, 8],
        [3],
        [2, 3, 5],
        [1],
    ]
    assert classes._fields == ("matched", "false", "merged", "missed", "split")


def test_a_matched_object_is_not_called_split():
    true, pred = bars((20, 1)), bars((15, 1), (5, 2))
    classes = classify(true, pred)
    assert classes.matched.tolist() == [1]
    assert classes.false.tolist() == [2]
    assert split_merge(true, pred) == (1, 0)


@pytest.mark.parametrize("seed", range(6))
def test_classes_add_up_to_all_objects(seed):
    true, pred = noisy_pair(seed)
    found, classes = match(true, pred), classify(true, pred)
    assert len(classes.matched) == found.tp
    assert len(classes.false) + len(classes.merged) == found.fp
    assert len(classes.missed) + len(classes.split) == found.fn
    named = np.concatenate([classes.matched, classes.false, classes.merged])
    assert sorted(named) == [n for n in np.unique(pred) if n]
