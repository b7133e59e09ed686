"""Matching, errors by kind, and the scores of tracks."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import shift
from skimage.measure import label
from stardist.matching import matching, matching_dataset

from labkit.labels import TRACK_DTYPE, object_table
from labkit.metrics import (
    classify,
    dsb_score,
    f1_curve,
    match,
    match_many,
    split_merge,
    sum_matches,
    tracking_scores,
)

EMPTY = np.zeros((3, 4), int)
ONE = np.array([[1, 1, 1, 0]] * 3)
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


def noisy_pair(seed):
    """Return blocky labels and a version of them shifted, eroded, split and merged."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 40, (7, 9))
    true = np.kron(np.where(coarse > 12, coarse, 0), np.ones((12, 10), int))
    pred = shift(true, rng.integers(-2, 3, 2), order=0)
    pred[rng.random(pred.shape) < 0.05] = 0
    pred[pred == rng.integers(13, 40)] = rng.integers(13, 40)
    half = (pred == rng.integers(13, 40)) & (np.arange(90) % 2 == 0)
    pred[half] = 77
    if seed % 2:
        true, pred = label(true, connectivity=1), label(pred, connectivity=1)
    return true, pred


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


# the score of the 2018 Data Science Bowl


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


# tracks


def tracks_of(movie, parents):
    """Return the tracks of a movie whose labels are track numbers."""
    rows = []
    for frame, labels in enumerate(movie):
        table = object_table(labels)
        tracks = np.zeros(len(table), TRACK_DTYPE)
        tracks["frame"], tracks["label"] = frame, table["label"]
        tracks["track_id"] = table["label"]
        tracks["parent_id"] = [parents.get(int(n), 0) for n in table["label"]]
        rows.append(tracks)
    return np.concatenate(rows)


def division_movie():
    """Return 4 frames: 1 stays, 2 divides into 3 and 4 after frame 1."""
    movie = np.zeros((4, 12, 20), np.int32)
    movie[:, 1:5, 1:5] = 1
    movie[:2, 6:10, 8:14] = 2
    movie[2:, 6:10, 6:10], movie[2:, 6:10, 12:16] = 3, 4
    return movie, tracks_of(movie, {3: 2, 4: 2})


def test_perfect_tracks_score_one():
    scores = tracking_scores(*division_movie() * 2)
    assert scores[:6] == (1, 1, 1, 1, 1, 1)
    assert scores[6:] == (0, 0, 0, 0, 0, 0)


def test_a_lost_division_costs_two_links():
    movie, true = division_movie()
    pred = true.copy()
    pred["parent_id"] = 0
    scores = tracking_scores(movie, true, movie, pred)  # 10 objects, 8 links
    assert (scores.det, scores.seg, scores.division_f1) == (1, 1, 0)
    assert scores.lnk == pytest.approx(1 - 2 * 1.5 / (8 * 1.5))
    assert scores.tra == pytest.approx(1 - 3 / (100 + 12))
    assert scores.edge_f1 == pytest.approx(2 * 6 / (8 + 6))
    assert (scores.n_missed_links, scores.n_false_links) == (2, 0)


def test_a_division_read_as_one_track_is_a_link_of_the_wrong_kind():
    movie, true = division_movie()
    pred = true.copy()
    pred["track_id"][pred["track_id"] == 3] = 2
    pred["parent_id"] = 0
    scores = tracking_scores(movie, true, movie, pred)
    assert (scores.n_wrong_links, scores.n_missed_links) == (1, 1)
    assert scores.lnk == pytest.approx(1 - (1 + 1.5) / 12)
    assert scores.division_f1 == 0


def test_missed_false_and_merged_objects_are_priced():
    movie, true = division_movie()
    pred = movie.copy()
    pred[0][pred[0] == 1] = 0  # one missed, and its link
    pred[1, 0, 18] = 9  # one false
    pred[3][pred[3] == 4] = 3  # two in one: a cut, and the links of both
    scores = tracking_scores(movie, true, pred, tracks_of(pred, {3: 2, 4: 2}))
    assert (scores.n_missed, scores.n_false, scores.n_merged) == (1, 1, 1)
    assert (scores.n_missed_links, scores.n_false_links) == (3, 0)
    assert scores.det == pytest.approx(1 - (10 + 1 + 5) / 100)
    assert scores.lnk == pytest.approx(1 - 3 * 1.5 / 12)
    assert scores.tra == pytest.approx(1 - (16 + 4.5) / 112)
    assert scores.seg == pytest.approx((7 + 2 * 0.5) / 10)
    assert scores.division_f1 == 1


def test_exchanged_tracks_give_false_links():
    movie, true = division_movie()
    pred = true.copy()
    late = pred["frame"] == 3
    pred["track_id"][late] = np.choose(pred["label"][late], [0, 3, 0, 1, 4])
    pred["parent_id"] = np.where(np.isin(pred["track_id"], [3, 4]), 2, 0)
    scores = tracking_scores(movie, true, movie, pred)
    assert (scores.n_missed_links, scores.n_false_links) == (2, 2)
    assert scores.lnk == pytest.approx(1 - (2 * 1.5 + 2 * 1) / 12)


def test_labels_need_not_agree_over_time():
    movie, true = division_movie()
    pred, renamed = movie.copy(), true.copy()
    for frame in range(4):
        pred[frame] = np.array([0, 40, 30, 20, 10])[movie[frame]] + 3 * frame * (
            movie[frame] > 0
        )
        rows = renamed["frame"] == frame
        renamed["label"][rows] = np.array([0, 40, 30, 20, 10])[true["label"][rows]]
        renamed["label"][rows] += 3 * frame
    shuffled = np.random.default_rng(0).permutation(renamed)
    assert tracking_scores(movie, true, pred, shuffled)[:6] == (1, 1, 1, 1, 1, 1)


def test_nothing_predicted_scores_zero():
    movie, true = division_movie()
    scores = tracking_scores(movie, true, np.zeros_like(movie), true[:0])
    assert scores[:6] == (0, 0, 0, 0, 0, 0)
    assert (scores.n_missed, scores.n_missed_links) == (10, 8)


def test_one_frame_has_no_links_to_score():
    movie, _ = division_movie()
    tracks = tracks_of(movie[:1], {})
    scores = tracking_scores(movie[:1], tracks, movie[:1], tracks)
    assert (scores.tra, scores.det) == (1, 1)
    assert np.isnan([scores.lnk, scores.edge_f1, scores.division_f1]).all()


def change(tracks, **values):
    tracks = tracks.copy()
    for field, (row, value) in values.items():
        tracks[field][row] = value
    return tracks


def test_tracks_that_do_not_fit_their_labels_are_refused():
    movie, true = division_movie()
    daughter = np.flatnonzero(true["track_id"] == 4)
    cases = {
        "row without an object, label 99 in frame 0": change(true, label=(0, 99)),
        "object without a row, label 1 in frame 0": true[1:],
        "several rows for one object": np.append(
            true, change(true, track_id=(0, 8))[0]
        ),
        "track 1 twice in frame 0": change(true, track_id=(1, 1)),
        "parent 77, which is no track_id": change(true, parent_id=(daughter, 77)),
        "track 1 ends in frame 3, not before its daughter 4 begins in frame 2": change(
            true, parent_id=(daughter, 1)
        ),
    }
    for message, tracks in cases.items():
        with pytest.raises(ValueError, match=message):
            tracking_scores(movie, true, movie, tracks)


def test_movies_and_tables_of_the_wrong_form_are_refused():
    movie, true = division_movie()
    with pytest.raises(ValueError, match="`pred_labels` must have axes"):
        tracking_scores(movie, true, movie[0], true)
    with pytest.raises(ValueError, match="4 frames and `pred_labels` 3"):
        tracking_scores(movie, true, movie[:3], true)
    with pytest.raises(ValueError, match="differ in shape"):
        tracking_scores(movie, true, movie[:, :5], true)
    with pytest.raises(TypeError, match="must hold integers"):
        tracking_scores(movie, true, movie / 1, true)
    with pytest.raises(TypeError, match="structured array"):
        tracking_scores(movie, true, movie, np.zeros((10, 4)))
    with pytest.raises(TypeError, match=r"without \['parent_id'\]"):
        tracking_scores(movie, true, movie, true[["frame", "label", "track_id"]])
    with pytest.raises(ValueError, match="no object"):
        tracking_scores(np.zeros_like(movie), true[:0], movie, true)


# tracks of a real benchmark


def simplus(first, stop):
    """Return frames of the Fluo-N2DH-SIM+ truth; skip where it is not there."""
    root = os.environ.get("LABKIT_DATA")
    path = Path(root or "") / "tracking" / "simplus_01_gt_65f.npz"
    if not root or not path.exists():
        pytest.skip("needs tracking/simplus_01_gt_65f.npz under LABKIT_DATA")
    with np.load(path) as archive:
        movie, table = archive["gt"][first:stop].astype(np.int32), archive["table"]
    present = set(np.unique(movie).tolist())
    parents = {int(n): int(p) for n, _, _, p in table if p in present}
    return movie, parents


def spoil(movie, parents):
    """Shift, exchange, cut, unlink, merge, erase and invent, by fixed rules."""
    movie = np.roll(movie, (3, -2), axis=(1, 2))
    a, b = np.intersect1d(movie[10], movie[11])[1:3].tolist()
    movie[11:] = np.where(movie[11:] == a, b, np.where(movie[11:] == b, a, movie[11:]))
    parents = {n: {a: b, b: a}.get(p, p) for n, p in parents.items()}
    for old in [n for n in np.unique(movie).tolist() if n and n % 6 == 0]:
        frames = np.flatnonzero((movie == old).any(axis=(1, 2)))
        if len(frames) > 1:
            late = movie[frames[len(frames) // 2] :]
            late[late == old] = old + 1000
            parents = {n: old + 1000 if p == old else p for n, p in parents.items()}
            parents[old + 1000] = old if old % 12 == 0 else 0
    parents = {n: 0 if n % 6 == 1 else p for n, p in parents.items()}
    last = np.unique(movie[-1])[1:]
    for a, b in last[:6].reshape(3, 2):
        movie[-1][movie[-1] == b] = a
    first = np.unique(movie[0])[1:]
    movie[0][np.isin(movie[0], first[:4])] = 0
    movie[0, :3, :3], movie[-1, :3, -3:] = 2001, 2002
    return movie, parents


@pytest.mark.data
def test_perfect_tracks_of_the_benchmark_score_one():
    movie, parents = simplus(0, 65)
    tracks = tracks_of(movie, parents)
    assert len(tracks) == 2607
    assert tracking_scores(movie, tracks, movie, tracks)[:6] == (1, 1, 1, 1, 1, 1)
    unlinked = change(tracks, parent_id=(slice(None), 0))
    scores = tracking_scores(movie, tracks, movie, unlinked)
    assert scores.tra == pytest.approx(0.9970, abs=5e-5)
    assert scores.division_f1 == 0


@pytest.mark.data
@pytest.mark.reference
def test_scores_of_spoilt_tracks_equal_py_ctcmetrics():
    movie, parents = simplus(30, 55)
    spoilt, spoilt_parents = spoil(movie, parents)
    scores = tracking_scores(
        movie, tracks_of(movie, parents), spoilt, tracks_of(spoilt, spoilt_parents)
    )
    # constants: py-ctcmetrics 1.3.3 on the same 25 frames
    expected = {
        "tra": 0.9695662689455015,
        "det": 0.9714285714285714,
        "lnk": 0.9565637065637066,
        "seg": 0.7801031177148003,
        "division_f1": 7 / 9,
        "n_missed": 27,
        "n_false": 25,
        "n_merged": 3,
        "n_missed_links": 41,
        "n_false_links": 2,
        "n_wrong_links": 4,
    }
    for name, value in expected.items():
        assert getattr(scores, name) == pytest.approx(value, abs=1e-12), name
