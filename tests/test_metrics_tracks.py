"""The scores of tracks."""

import os
from pathlib import Path

import numpy as np
import pytest

from labkit.labels import TRACK_DTYPE, object_table
from labkit.metrics import tracking_scores


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
