"""Matching objects, over images and thresholds, as stardist does it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from metrics_scenes import EMPTY, ONE, noisy_pair
from stardist.matching import matching, matching_dataset

from labkit.metrics import (
    classify,
    dsb_score,
    f1_curve,
    match,
    match_many,
    split_merge,
    sum_matches,
)

NAMES = {
    "tp": "tp",
    "fp": "fp",
    "fn": "fn",
    "n_true": "n_true",
    "n_pred": "n_pred",
    "precision": "precision",
    "recall": "recall",
    "accuracy": "accuracy",
    "f1": "f1",
    "mean_iou": "mean_matched_score",
    "mean_iou_all": "mean_true_score",
    "panoptic_quality": "panoptic_quality",
}

small_labels = arrays(np.int32, (6, 7), elements=st.integers(0, 4))


def assert_equals_stardist(ours, theirs):
    for name, their_name in NAMES.items():
        expected = getattr(theirs, their_name)
        assert getattr(ours, name) == pytest.approx(expected, abs=1e-6), name


# match


@pytest.mark.reference
@pytest.mark.parametrize("min_iou", [0.05, 0.1, 0.25, 0.3, 0.5, 0.6, 0.75, 0.9, 1])
def test_match_equals_stardist(min_iou):
    for seed in range(12):
        true, pred = noisy_pair(seed)
        assert_equals_stardist(
            match(true, pred, min_iou), matching(true, pred, min_iou)
        )


@pytest.mark.reference
def test_match_equals_stardist_where_pairing_is_a_choice():
    rng = np.random.default_rng(0)
    n_choices = 0
    for _ in range(150):
        true, pred = rng.integers(0, 6, (2, 9, 9))
        for min_iou in (0.02, 0.1, 0.2):
            ours = match(true, pred, min_iou)
            theirs = matching(true, pred, min_iou)
            assert ours.tp == theirs.tp
            assert ours.f1 == theirs.f1
            n_choices += 0 < ours.tp < 5
    assert n_choices > 50


@pytest.mark.reference
@pytest.mark.parametrize(("true", "pred"), [(EMPTY, EMPTY), (EMPTY, ONE), (ONE, EMPTY)])
def test_match_of_empty_images_equals_stardist(true, pred):
    for min_iou in (0.1, 0.5):
        ours = match(true, pred, min_iou)
        assert_equals_stardist(ours, matching(true, pred, min_iou))
        assert ours.pairs.shape == (0, 2)


def test_match_takes_most_pairs_then_the_largest_iou():
    # 1 and 2 both overlap 5; only 1 overlaps 6, so 2 must get 5 for two pairs
    true = np.array([[1] * 6 + [2] * 4])
    pred = np.array([[6] * 2 + [5] * 8])
    found = match(true, pred, 0.3)
    assert found.pairs.tolist() == [[1, 6], [2, 5]]
    assert found.mean_iou == pytest.approx((2 / 6 + 4 / 8) / 2)
    assert match(true, pred, 0.45).pairs.tolist() == [[2, 5]]


def test_match_at_exactly_half_pairs_each_object_once():
    halves = match([[1, 1, 1, 1]], [[2, 2, 3, 3]], 0.5)
    assert (halves.tp, halves.fp, halves.fn, halves.mean_iou) == (1, 1, 0, 0.5)
    joined = match([[2, 2, 3, 3]], [[1, 1, 1, 1]], 0.5)
    assert (joined.tp, joined.fp, joined.fn, joined.mean_iou) == (1, 0, 1, 0.5)


def test_match_counts_iou_equal_to_the_threshold():
    true, pred = [[1] * 20], [[1] * 11 + [0] * 9]
    assert match(true, pred, 0.55).tp == 1
    assert match(true, pred, 0.5501).tp == 0


@given(labels=small_labels, seed=st.integers(0, 9))
@settings(max_examples=50, deadline=None)
def test_match_does_not_depend_on_numbers_or_orientation(labels, seed):
    other = np.random.default_rng(seed).permutation(labels.ravel()).reshape(6, 7)
    plain = match(labels, other, 0.5)
    renumbered = match(labels * 500_000_000, other * 3, 0.5)
    turned = match(labels.T[::-1], other.T[::-1], 0.5)
    assert plain[:8] == turned[:8] == renumbered[:8]


@given(labels=small_labels)
@settings(max_examples=50, deadline=None)
def test_an_image_matches_itself(labels):
    n = len(np.unique(labels[labels > 0]))
    for min_iou in (0.2, 0.5, 1):
        same = match(labels, labels, min_iou)
        assert (same.tp, same.fp, same.fn) == (n, 0, 0)
        assert (same.pairs[:, 0] == same.pairs[:, 1]).all()
        assert same.f1 == same.mean_iou == same.mean_iou_all == float(n > 0)


def test_pairs_carry_the_labels_in_order():
    true, pred = np.array([[9, 9, 0, 70_000, 0, 4]]), np.array([[2, 2, 0, 1, 0, 5]])
    assert match(true, pred).pairs.tolist() == [[4, 5], [9, 2], [70_000, 1]]
    assert match(true, pred, 0.3).pairs.tolist() == [[4, 5], [9, 2], [70_000, 1]]


def test_a_match_prints_its_numbers_but_not_its_pairs():
    text = repr(match(ONE, ONE))
    assert text.startswith("Match(tp=1, fp=0, fn=0, precision=1.0000")
    assert "pairs" not in text


@pytest.mark.parametrize("min_iou", [0, -0.5, 1.01, float("nan")])
def test_a_threshold_that_is_no_iou_is_refused(min_iou):
    for function in (match, classify, lambda t, p, m: f1_curve(t, p, [m])):
        with pytest.raises(ValueError, match="above 0 and at most 1"):
            function(ONE, ONE, min_iou)


@pytest.mark.parametrize(
    "function", [match, classify, split_merge, dsb_score, f1_curve]
)
def test_metrics_refuse_what_is_no_pair_of_labels(function):
    with pytest.raises(ValueError, match=r"`true` \(3, 4\) and `pred` \(4, 3\) differ"):
        function(ONE, ONE.T)
    with pytest.raises(TypeError, match="`pred` must hold integers, got float64"):
        function(ONE, ONE / 2)
    with pytest.raises(TypeError, match="`true` must hold integers, got bool"):
        function(ONE > 0, ONE)
    with pytest.raises(ValueError, match=r"`true` .* RGB"):
        function(np.zeros((4, 5, 3), int), ONE)
    with pytest.raises(ValueError, match=r"`pred` .* movie"):
        function(ONE, np.zeros((9, 3, 5), int))
    with pytest.raises(ValueError, match="mask, not labels"):
        function(np.array([[255, 0, 255]]), np.array([[1, 0, 2]]))
    with pytest.raises(ValueError, match="empty"):
        function(np.zeros((0, 4), int), np.zeros((0, 4), int))


# several images, several thresholds


@pytest.mark.reference
def test_sums_over_images_equal_stardist():
    true, pred = zip(*(noisy_pair(seed) for seed in range(6)), strict=True)
    theirs = matching_dataset(true, pred, thresh=0.5, show_progress=False)
    assert_equals_stardist(match_many(true, pred), theirs)


def test_sum_of_no_match_is_zero():
    total = sum_matches([])
    assert (total.tp, total.f1, total.mean_iou, len(total.pairs)) == (0, 0, 0, 0)


def test_match_many_takes_movies_and_refuses_missing_images():
    movie = np.stack([ONE, ONE])
    total = match_many(movie, movie)
    assert (total.tp, total.f1) == (2, 1)
    assert total.pairs.tolist() == [[1, 1], [1, 1]]
    with pytest.raises(ValueError, match="got 2 true and 1 predicted"):
        match_many([ONE, ONE], [ONE])


def test_f1_curve_is_match_at_each_threshold():
    true, pred = noisy_pair(3)
    min_ious, f1 = f1_curve(true, pred)
    assert min_ious.tolist() == [k / 20 for k in range(10, 20)]
    assert f1.tolist() == [match(true, pred, m).f1 for m in min_ious]
    assert f1[0] > f1[-1]
