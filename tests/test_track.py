"""Linking against known tracks, TrackMate and laptrack; what is read off tracks."""

import csv
import os
import time
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

import labkit as lk
from labkit.labels import TRACK_DTYPE
from labkit.metrics import tracking_scores
from labkit.synth import simulate_movie
from labkit.track import (
    TrackParams,
    diagnose,
    divisions,
    edge_stats,
    edges,
    estimate_drift,
    estimate_max_distance,
    find_spots,
    fit_params,
    frame_stats,
    lap,
    link,
    link_points,
    relabel_by_track,
    track_stats,
)
from labkit.track.lap import assign, pairs_within

TRACKMATE = TrackParams(
    max_distance=15, area_penalty=0, min_life=0, remove_drift=False, flow_neighbours=0
)
DATA = Path(os.environ.get("LABKIT_DATA", "nowhere")) / "tracking"
needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="needs the tracking data under LABKIT_DATA"
)


def named_edges(tracks):
    """Return the links as a set of ((frame, label), (frame, label))."""
    keys = tracks[["frame", "label"]].tolist()
    return {(keys[i], keys[j]) for i, j in edges(tracks).tolist()}


def discs(points, shape, radius=5):
    """Return a movie of labels with a disc at each point, numbered anew per frame."""
    rows, columns = np.indices(shape)
    movie = np.zeros((len(points), *shape), np.int32)
    for image, frame in zip(movie, points, strict=True):
        for number, (y, x) in enumerate(frame, start=1):
            image[np.hypot(rows - y, columns - x) <= radius] = number
    return movie


def walkers(n, n_frames, seed, *, found=0.97):
    """Return random walkers, each missed now and then."""
    rng = np.random.default_rng(seed)
    side = 40 * np.sqrt(n)
    points = rng.uniform(0, side, (n, 2))
    frames = []
    for _ in range(n_frames):
        points = (points + rng.normal(0, 4, (n, 2))) % side
        frames.append(points[rng.random(n) < found])
    return frames


# --- the assignment problem ---------------------------------------------------


def test_pairs_within_are_all_pairs_within():
    rng = np.random.default_rng(0)
    one, other = rng.uniform(0, 50, (30, 2)), rng.uniform(0, 50, (40, 2))
    i, j, cost = pairs_within(one, other, 9.0)
    distance = np.hypot(*(one[:, None] - other[None]).transpose(2, 0, 1))
    assert set(zip(i.tolist(), j.tolist(), strict=True)) == set(
        map(tuple, np.argwhere(distance < 9.0).tolist())
    )
    np.testing.assert_allclose(cost, distance[i, j] ** 2)


def test_assign_equals_the_dense_solution():
    from scipy.optimize import linear_sum_assignment

    rng = np.random.default_rng(1)
    for _ in range(20):
        cost = rng.uniform(0, 100, (6, 7))
        i, j = (index.ravel() for index in np.indices(cost.shape))
        chosen = assign(i, j, cost.ravel(), alternative=1e6, corner=0.0)
        rows, columns = linear_sum_assignment(cost)
        assert cost.ravel()[chosen].sum() == pytest.approx(cost[rows, columns].sum())


def test_assign_leaves_alone_what_costs_more_than_staying_alone():
    i, j = np.array([0, 1]), np.array([0, 1])
    chosen = assign(i, j, np.array([5.0, 50.0]), alternative=10.0, corner=10.0)
    assert chosen.tolist() == [0]


def test_objects_that_stand_still_are_linked():
    tracks = link_points([[(3, 3), (20, 20)]] * 4, TrackParams(max_distance=5))
    assert tracks["track_id"].tolist() == [1] * 4 + [2] * 4


# --- the same links as others -------------------------------------------------


def read_trackmate(name):
    """Return points of each frame, and links, as TrackMate wrote them."""
    stem = DATA / "trackmate_fixtures" / f"trackmate_tracks_{name}"
    with Path(f"{stem}_spots.csv").open() as file:
        spots = list(csv.DictReader(file))
    with Path(f"{stem}_edges.csv").open() as file:
        links = list(csv.DictReader(file))
    points = [[] for _ in range(1 + max(int(spot["frame"]) for spot in spots))]
    keys = {}
    for spot in spots:
        frame = int(spot["frame"])
        points[frame].append((float(spot["position_y"]), float(spot["position_x"])))
        keys[spot["id"]] = (frame, len(points[frame]))
    ends = ("spot_source_id", "spot_target_id")
    return points, {tuple(keys[row[end]] for end in ends) for row in links}


@needs_data
@pytest.mark.reference
@pytest.mark.parametrize(
    ("name", "changes", "n_links"),
    [
        ("without_gap_closing", {"max_gap": 0, "divisions": False}, 127),
        ("with_gap_closing", {"divisions": False}, 128),
        ("with_splitting", {}, 130),
    ],
)
def test_links_equal_trackmate(name, changes, n_links):
    points, true = read_trackmate(name)
    assert len(true) == n_links
    assert named_edges(link_points(points, TRACKMATE.replace(**changes))) == true


@needs_data
@pytest.mark.reference
def test_track_stats_equal_trackmate():
    points, _ = read_trackmate("without_gap_closing")
    params = TRACKMATE.replace(max_gap=0, divisions=False)
    stats = track_stats(link_points(points, params))
    stats = stats[stats["n_spots"] > 1]
    path = DATA / "trackmate_fixtures" / "trackmate_tracks_without_gap_closing.xml"
    names = {
        "TRACK_DURATION": "duration",
        "TRACK_DISPLACEMENT": "displacement",
        "TRACK_MEAN_SPEED": "mean_speed",
        "TRACK_MAX_SPEED": "max_speed",
    }
    tracks = list(ElementTree.parse(path).iter("Track"))
    assert len(tracks) == len(stats)
    for theirs, ours in names.items():
        expected = sorted(float(track.get(theirs)) for track in tracks)
        np.testing.assert_allclose(np.sort(stats[ours]), expected, rtol=1e-6)


@pytest.mark.reference
@pytest.mark.parametrize("splitting", [False, True])
def test_links_equal_laptrack(splitting):
    laptrack = pytest.importorskip("laptrack", exc_type=ImportError)
    points = walkers(80, 5, seed=3)
    reference = laptrack.LapTrack(
        cutoff=20**2,
        gap_closing_cutoff=20**2,
        gap_closing_max_frame_count=2,
        splitting_cutoff=20**2 if splitting else False,
    )
    theirs = {
        tuple(sorted((frame, index + 1) for frame, index in pair))
        for pair in reference.predict(points).edges()
    }
    params = TRACKMATE.replace(max_distance=20, divisions=splitting)
    assert len(theirs) > 280
    assert named_edges(link_points(points, params)) == theirs


@needs_data
@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "edge_f1", "division_f1"),
    [("breast_cancer", 0.990, 0.72), ("simplus_01", 0.9985, 0.94)],
)
def test_real_sequences_are_linked_as_well_as_reported(name, edge_f1, division_f1):
    data = lk.data.load(name)
    labels = np.stack(data.labels)
    scores = tracking_scores(labels, data.tracks, labels, link(labels))
    assert scores.edge_f1 > edge_f1
    assert scores.division_f1 > division_f1


# --- simulated movies ---------------------------------------------------------


def shuffled(labels, seed=0):
    """Number the objects of each frame at random, not consecutively."""
    rng = np.random.default_rng(seed)
    out = np.zeros_like(labels)
    for t, image in enumerate(labels):
        numbers = np.unique(image[image > 0])
        new = rng.choice(np.arange(1, 10 * len(numbers) + 1), len(numbers), False)
        table = np.zeros(labels.max() + 1, np.int32)
        table[numbers] = new
        out[t] = table[image]
    return out


def true_tracks_of(movie, labels):
    """Return the movie's tracks with the labels of other numbering."""
    tracks = movie.tracks.copy()
    for row in tracks:
        mask = movie.labels[row["frame"]] == row["track_id"]
        row["label"] = labels[row["frame"]][mask][0]
    return tracks


@pytest.mark.parametrize(
    ("settings", "least"),
    [
        ({}, (0.995, 0.9)),
        ({"drift": (-12, -3)}, (0.99, 0.8)),
        ({"speed": 5}, (0.99, 0.6)),
        ({"division_rate": 0}, (0.999, None)),
    ],
)
def test_simulated_movies_are_linked_well(settings, least):
    settings = {"division_rate": 0.015, "seed": 1} | settings
    movie = simulate_movie(15, (400, 400), 60, **settings)
    labels = shuffled(movie.labels)
    scores = tracking_scores(
        labels, true_tracks_of(movie, labels), labels, link(labels)
    )
    assert scores.edge_f1 >= least[0]
    if least[1]:
        assert scores.division_f1 >= least[1]


def test_tracks_have_the_promised_form():
    movie = simulate_movie(8, (256, 256), 25, division_rate=0.03, seed=2)
    labels = shuffled(movie.labels)
    tracks = link(labels)
    assert tracks.dtype == TRACK_DTYPE
    order = np.lexsort([tracks["frame"], tracks["track_id"]])
    assert (order == np.arange(len(tracks))).all()
    ids = np.unique(tracks["track_id"])
    assert (ids == np.arange(1, len(ids) + 1)).all()
    spots = find_spots(labels)
    columns = ["frame", "label", "y", "x", "area"]
    assert np.array_equal(np.sort(tracks[columns]), np.sort(spots[columns]))
    starts = {}
    for row in tracks:
        starts.setdefault(row["track_id"], row["frame"])
    for row in tracks[tracks["parent_id"] > 0]:
        mother = tracks[tracks["track_id"] == row["parent_id"]]
        assert mother["frame"][-1] == starts[row["track_id"]] - 1
    assert divisions(tracks)["n_daughters"].tolist() == [2] * len(divisions(tracks))
    assert len(divisions(tracks)) >= 3


def test_linking_is_deterministic_and_blind_to_numbering():
    movie = simulate_movie(8, (256, 256), 30, seed=3)
    tracks = link(movie.labels)
    assert np.array_equal(tracks, link(movie.labels))
    labels = shuffled(movie.labels)
    one = relabel_by_track(movie.labels, tracks)
    other = relabel_by_track(labels, link(labels))
    pairs = np.unique(np.stack([one.ravel(), other.ravel()]), axis=1)
    assert len(pairs.T) == len(np.unique(one)) == len(np.unique(other))


# --- gaps, divisions, false divisions -----------------------------------------


def line(n_frames, start=(20.0, 10.0), step=(0.0, 2.0)):
    """Return the positions of one object, a list of one point for each frame."""
    return [[(start[0] + t * step[0], start[1] + t * step[1])] for t in range(n_frames)]


def test_gap_of_one_frame_is_closed_and_longer_ones_only_if_asked():
    params = TrackParams(max_distance=12)
    points = line(10)
    points[4] = []
    assert link_points(points, params)["track_id"].max() == 1
    assert link_points(points, params.replace(max_gap=1))["track_id"].max() == 2
    points[5] = []
    assert link_points(points, params)["track_id"].max() == 2
    assert link_points(points, params.replace(max_gap=3))["track_id"].max() == 1


def dividing(n_after, sizes=(100, 50, 50)):
    """Return points and areas: mother for 5 frames, then two daughters."""
    points, areas = line(5, step=(0, 0)), [[sizes[0]]] * 5
    for t in range(n_after):
        points.append([(20.0 - 6 - t, 10.0), (20.0 + 6 + t, 10.0)])
        areas.append(sizes[1:])
    return points, areas


def test_division_makes_two_daughters_that_know_their_mother():
    points, areas = dividing(6)
    tracks = link_points(points, TrackParams(max_distance=10), areas=areas)
    assert tracks["track_id"].max() == 3
    assert set(tracks["parent_id"][tracks["track_id"] > 1]) == {1}
    event = divisions(tracks)
    assert event[["track_id", "frame", "n_daughters"]].tolist() == [(1, 5, 2)]
    assert len(divisions(link_points(points, TrackParams(10.0, divisions=False)))) == 0


def test_unequal_pieces_are_no_daughters():
    points, areas = dividing(6, sizes=(100, 95, 5))
    params = TrackParams(max_distance=10)
    assert len(divisions(link_points(points, params, areas=areas))) == 0
    free = params.replace(area_penalty=0)
    assert len(divisions(link_points(points, free, areas=areas))) == 1


def test_a_daughter_that_vanishes_was_none():
    points, areas = dividing(2)
    points += line(5, start=(14, 10), step=(0, 0))
    areas += [[50]] * 5
    params = TrackParams(max_distance=10)
    tracks = link_points(points, params, areas=areas)
    assert len(divisions(tracks)) == 0
    assert np.bincount(tracks["track_id"])[1] == 12
    short = params.replace(min_life=1)
    assert len(divisions(link_points(points, short, areas=areas))) == 1


def test_division_at_the_end_of_the_movie_is_kept():
    points, areas = dividing(1)
    tracks = link_points(points, TrackParams(max_distance=10), areas=areas)
    assert len(divisions(tracks)) == 1


def test_who_comes_in_over_the_border_is_no_daughter():
    grid = [(y, x) for y in range(30, 171, 35) for x in range(40, 300, 35)]
    frames = [[(y, x - 12 * t) for y, x in grid if 8 < x - 12 * t < 192]
              for t in range(9)]  # fmt: skip
    labels = discs(frames, (200, 200))
    tracks = link(labels)
    assert len(divisions(tracks)) == 0
    stats = track_stats(tracks)
    moving = stats[stats["n_spots"] > 2]
    np.testing.assert_allclose(moving["direction"], 180, atol=1)


# --- drift and radius ---------------------------------------------------------


def test_drift_is_found_and_does_not_break_tracks():
    drift = (11.0, -16.0)
    movie = simulate_movie(
        8, (300, 300), 60, diameter=20, drift=drift, division_rate=0, seed=2
    )
    found = estimate_drift(movie.labels)
    assert found.shape == (8, 2)
    assert found[0].tolist() == [0, 0]
    np.testing.assert_allclose(found[1:], [drift] * 7, atol=2)
    np.testing.assert_allclose(estimate_drift(movie.tracks), found)

    def edge_f1(params):
        tracks = link(movie.labels, params)
        return tracking_scores(movie.labels, movie.tracks, movie.labels, tracks).edge_f1

    assert edge_f1(TrackParams()) > 0.99
    assert edge_f1(TrackParams(remove_drift=False, flow_neighbours=0)) < 0.9


def test_no_drift_is_found_where_there_is_none():
    rng = np.random.default_rng(0)
    unrelated = [rng.uniform(0, 300, (40, 2)) for _ in range(4)]
    labels = discs(unrelated, (300, 300), radius=2)
    assert (estimate_drift(labels) == 0).all()
    assert (estimate_drift(np.zeros((3, 20, 20), int)) == 0).all()


def sheets(step, seed=0, n_frames=4):
    """Return points of a field whose halves move in opposite directions."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, 400, (320, 2))
    steps = np.where(points[:, 1:] < 210, [[-step, 0.0]], [[step, 0.0]])
    return [points + t * steps for t in range(n_frames)]


@pytest.mark.parametrize(("step", "least"), [(10, 0.98), (14, 0.95), (18, 0.95)])
def test_neighbours_tell_where_a_sheet_moves(step, least):
    """Steps as long as the neighbour distance (11 px): no common drift, a local one."""
    frames = sheets(step)
    rules = TrackParams(max_distance=18, divisions=False, remove_drift=False)

    def right(params):
        tracks = link_points(frames, params)
        n_right = sum(a[1] == b[1] for a, b in named_edges(tracks))
        return n_right / (3 * len(frames[0]))

    assert right(rules) > least
    if step > 10:
        assert right(rules.replace(flow_neighbours=0)) < 0.7


def test_diagnosis_warns_of_fast_objects_and_of_lost_ones():
    calm = simulate_movie(6, (300, 300), 40, seed=1)
    assert diagnose(link(calm.labels)) == []
    fast = simulate_movie(6, (300, 300), 80, diameter=16, speed=14, seed=1)
    assert "record more often" in " ".join(diagnose(link(fast.labels)))
    flicker = link_points(walkers(60, 8, seed=1, found=0.7), TrackParams(max_gap=0))
    assert "no follower" in " ".join(diagnose(flicker))
    assert "no object" in diagnose(link(np.zeros((3, 9, 9), int)))[0]
    assert diagnose(link(discs(line(4), (40, 40)))) == []


def test_radius_lets_daughters_be_reached_but_not_neighbours():
    movie = simulate_movie(6, (400, 400), 60, diameter=24, seed=1)
    radius = estimate_max_distance(movie.labels)
    assert 18 < radius < 32
    assert fit_params(movie.labels).max_distance == radius
    assert fit_params(movie.tracks).max_distance == radius
    given = TrackParams(max_distance=7.0)
    assert fit_params(movie.labels, given) == given
    double = np.kron(movie.labels, np.ones((1, 2, 2), int))
    assert estimate_max_distance(double) == pytest.approx(2 * radius, rel=0.05)


# --- relabel, statistics ------------------------------------------------------


def test_relabel_by_track_numbers_objects_by_track():
    movie = simulate_movie(5, (128, 128), 8, seed=1)
    labels = shuffled(movie.labels)
    tracks = true_tracks_of(movie, labels)
    assert np.array_equal(relabel_by_track(labels, tracks), movie.labels)
    some = tracks[tracks["track_id"] != 2]
    without = np.where(movie.labels == 2, 0, movie.labels)
    assert np.array_equal(relabel_by_track(list(labels), some), without)
    assert relabel_by_track(labels, tracks).dtype == np.int32


def test_relabel_by_track_refuses_other_movies():
    movie = simulate_movie(4, (96, 96), 5, seed=1)
    with pytest.raises(ValueError, match="goes to frame 3"):
        relabel_by_track(movie.labels[:2], movie.tracks)
    with pytest.raises(ValueError, match="labels` has not"):
        relabel_by_track(np.zeros_like(movie.labels), movie.tracks)


def table(rows):
    """Return tracks of (frame, track_id, parent_id, y, x) rows."""
    tracks = np.zeros(len(rows), TRACK_DTYPE)
    frame, track, parent, y, x = np.array(rows).T
    tracks["frame"], tracks["label"] = frame, track
    tracks["track_id"], tracks["parent_id"] = track, parent
    tracks["y"], tracks["x"], tracks["area"] = y, x, 10 * track
    return tracks


FAMILY = table(
    [
        (0, 1, 0, 10, 10),
        (1, 1, 0, 10, 13),
        (3, 1, 0, 6, 13),  # after a gap
        (4, 2, 1, 2, 13),
        (5, 2, 1, 2, 12),
        (4, 3, 1, 10, 13),
        (2, 4, 0, 50, 50),
    ]
)


def test_edges_and_divisions_of_a_family():
    keys = FAMILY[["frame", "track_id"]].tolist()
    found = {(keys[i], keys[j]) for i, j in edges(FAMILY).tolist()}
    assert found == {
        ((0, 1), (1, 1)),
        ((1, 1), (3, 1)),
        ((4, 2), (5, 2)),
        ((3, 1), (4, 2)),
        ((3, 1), (4, 3)),
    }
    mixed = FAMILY[np.random.default_rng(0).permutation(len(FAMILY))]
    assert len(edges(mixed)) == 5
    assert divisions(mixed).tolist() == [(1, 4, 6.0, 13.0, 2)]


def test_edge_stats_have_units_and_directions():
    steps = edge_stats(FAMILY, um_per_px=0.5, minutes_per_frame=10)
    one, gap, left, up, down = steps
    assert (one["distance"], one["speed"], one["direction"]) == (1.5, 0.15, 0.0)
    assert (gap["n_frames"], gap["distance"], gap["speed"]) == (2, 2.0, 0.1)
    assert (gap["direction"], left["direction"]) == (90.0, 180.0)
    assert (up["direction"], down["direction"]) == (90.0, -90.0)
    assert steps["division"].tolist() == [False, False, False, True, True]
    assert (gap["y"], gap["next_y"], gap["frame"], gap["track_id"]) == (10, 6, 1, 1)


def test_track_stats_of_a_family():
    stats = track_stats(FAMILY, um_per_px=0.5, minutes_per_frame=10)
    assert stats["track_id"].tolist() == [1, 2, 3, 4]
    assert stats["tree_id"].tolist() == [1, 1, 1, 4]
    assert stats["n_daughters"].tolist() == [2, 0, 0, 0]
    assert stats["n_spots"].tolist() == [3, 2, 1, 1]
    mother = stats[0]
    assert (mother["first_frame"], mother["last_frame"]) == (0, 3)
    assert (mother["duration"], mother["displacement"]) == (30, 2.5)
    assert mother["path_length"] == 3.5
    assert mother["mean_speed"] == pytest.approx((0.15 + 0.1) / 2)
    assert mother["max_speed"] == pytest.approx(0.15)
    assert mother["mean_straight_line_speed"] == pytest.approx(2.5 / 30)
    assert mother["straightness"] == pytest.approx(2.5 / 3.5)
    assert mother["direction"] == pytest.approx(np.degrees(np.arctan2(4, 3)))
    assert stats["mean_area"].tolist() == [2.5, 5.0, 7.5, 10.0]
    for name in ("mean_speed", "straightness", "direction", "mean_straight_line_speed"):
        assert np.isnan(stats[name][3]), name
    assert stats["displacement"][3] == 0


def test_frame_stats_count_objects_and_divisions():
    stats = frame_stats(FAMILY, (7, 100, 50), um_per_px=2, minutes_per_frame=5)
    assert stats["n_objects"].tolist() == [1, 1, 1, 1, 2, 1, 0]
    assert stats["n_divisions"].tolist() == [0, 0, 0, 0, 1, 0, 0]
    assert stats["minutes"].tolist() == [0, 5, 10, 15, 20, 25, 30]
    assert stats["density"][4] == pytest.approx(2 / (0.2 * 0.1))  # per mm2
    assert stats["mean_speed"][3] == pytest.approx(4 * 2 / 10)
    assert np.isnan(stats["mean_speed"][0])
    assert len(frame_stats(FAMILY, (100, 50))) == 6


# --- few, none, many ----------------------------------------------------------


@pytest.mark.parametrize("shape", [(1, 16, 16), (4, 16, 16)])
def test_no_object_at_all(shape):
    empty = np.zeros(shape, int)
    tracks = link(empty)
    assert len(tracks) == 0
    assert tracks.dtype == TRACK_DTYPE
    assert len(edges(tracks)) == len(divisions(tracks)) == 0
    assert len(track_stats(tracks)) == len(edge_stats(tracks)) == 0
    assert frame_stats(tracks, shape)["n_objects"].tolist() == [0] * shape[0]
    assert (relabel_by_track(empty, tracks) == 0).all()
    assert estimate_max_distance(empty) >= 1


def test_one_frame_and_one_object():
    labels = discs([[(8, 8), (8, 30)]], (16, 40))
    tracks = link(labels)
    assert tracks["track_id"].tolist() == [1, 2]
    one = link(discs(line(5), (40, 40)))
    assert one["track_id"].tolist() == [1] * 5
    assert one["parent_id"].tolist() == [0] * 5


def test_empty_frames_end_tracks_that_cannot_bridge_them():
    points = line(9, step=(0, 0))
    points[3] = points[4] = points[5] = []
    tracks = link(discs(points, (40, 40)))
    assert tracks["track_id"].tolist() == [1] * 3 + [2] * 3
    assert (tracks["parent_id"] == 0).all()
    points[0] = points[8] = []
    assert link(discs(points, (40, 40)))["frame"].tolist() == [1, 2, 6, 7]


def test_labels_of_one_pixel_and_large_numbers():
    labels = np.zeros((3, 20, 20), np.int64)
    labels[0, 3, 3], labels[1, 4, 4], labels[2, 5, 4] = 2_000_000_000, 7, 70_000
    tracks = link(labels)
    assert tracks["label"].tolist() == [2_000_000_000, 7, 70_000]
    assert set(tracks["track_id"]) == {1}
    assert set(np.unique(relabel_by_track(labels, tracks))) == {0, 1}


def test_many_objects_need_little_time_and_memory():
    """A full matrix of 20,000 x 20,000 distances would be 3.2 GB."""
    points = walkers(20_000, 3, seed=0)
    start = time.process_time()
    tracks = link_points(points, TrackParams(max_distance=20))
    assert time.process_time() - start < 15
    assert len(edges(tracks)) > 0.95 * len(points[1]) * 2


# --- bad input ----------------------------------------------------------------


def test_frames_must_be_labels_of_one_shape():
    with pytest.raises(ValueError, match=r"one shape, got \(4, 4\) in frame 0"):
        link([np.zeros((4, 4), int), np.zeros((4, 5), int)])
    with pytest.raises(ValueError, match=r"labels\[None\]"):
        link(np.zeros((4, 4), int))
    with pytest.raises(ValueError, match="no frames"):
        link([])
    with pytest.raises(ValueError, match="no frames"):
        link(np.zeros((0, 4, 4), int))
    with pytest.raises(TypeError, match=r"labels\[0\].*integers"):
        link(np.zeros((2, 4, 4)))
    with pytest.raises(ValueError, match="axes"):
        link(np.zeros((2, 4, 4, 3), int))
    mask = np.zeros((2, 9, 9), np.uint8)
    mask[:, 1, 1] = mask[:, 5, 5] = 255
    with pytest.raises(ValueError, match="mask"):
        link(mask)


@pytest.mark.parametrize(
    "changes",
    [
        {"max_distance": 0},
        {"max_distance": -3},
        {"max_distance": float("nan")},
        {"max_gap": -1},
        {"max_gap": 1.5},
        {"area_penalty": -1},
        {"min_life": -1},
        {"flow_neighbours": -2},
    ],
)
def test_parameters_out_of_range_are_refused(changes):
    with pytest.raises(ValueError, match=next(iter(changes))):
        link(np.zeros((2, 4, 4), int), TrackParams().replace(**changes))


def test_other_wrong_arguments():
    with pytest.raises(TypeError, match="TrackParams"):
        link(np.zeros((2, 4, 4), int), {"max_distance": 3})
    with pytest.raises(ValueError, match=r"points\[1\]"):
        link_points([[(1, 2)], [(1, 2, 3)]])
    with pytest.raises(ValueError, match=r"points\[0\].*finite"):
        link_points([[(1, float("nan"))]])
    with pytest.raises(ValueError, match=r"areas\[0\]"):
        link_points([[(1, 2)]], areas=[[1, 2]])
    with pytest.raises(TypeError, match="TRACK_DTYPE"):
        track_stats(np.zeros(3))
    with pytest.raises(ValueError, match="link"):
        edges(find_spots(discs([[(8, 8)]], (16, 16))))
    with pytest.raises(ValueError, match="um_per_px"):
        edge_stats(FAMILY, um_per_px=0)
    with pytest.raises(ValueError, match="shape"):
        frame_stats(FAMILY, (3,))


def test_params_survive_a_file(tmp_path):
    params = TrackParams(max_distance=12.5, divisions=False)
    params.save(tmp_path / "track.yaml")
    assert TrackParams.load(tmp_path / "track.yaml") == params


def test_costs_that_differ_by_rounding_do_not_send_the_solver_round_for_ever():
    """On these points the solver never came back before costs were whole numbers."""
    rng = np.random.default_rng(16)
    before = rng.integers(0, 120, (300, 2)).astype(float)
    before += rng.choice([0, 1 / 3, 0.5, 0.25, 2 / 3], (300, 2))
    after = before[rng.permutation(300)[:260]] + rng.choice([0, 1, 2, 1 / 3], (260, 2))
    i, j, cost = lap.pairs_within(before, after, 5.4)
    alone = 1.05 * cost.max()
    chosen = lap.assign(i, j, cost, alone, corner=cost.min())
    dense = np.full((300, 260), 2 * alone)  # two that stay alone
    dense[i, j] = np.minimum(cost, 2 * alone)
    best = dense[linear_sum_assignment(dense)].sum()
    total = cost[chosen].sum() + 2 * alone * (260 - len(chosen))
    assert len(set(i[chosen])) == len(set(j[chosen])) == len(chosen)
    assert total == pytest.approx(best, rel=0.02)
