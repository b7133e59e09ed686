"""Linking of known truth: assignment, gaps, divisions, drift."""

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment
from track_scenes import discs, line, shuffled, true_tracks_of

from labkit.labels import TRACK_DTYPE
from labkit.metrics import tracking_scores
from labkit.synth import simulate_movie
from labkit.track import (
    TrackParams,
    divisions,
    find_spots,
    link,
    link_points,
    relabel_by_track,
    track_stats,
)
from labkit.track.lap import assign, pairs_within


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


# --- simulated movies ---------------------------------------------------------


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
    free = params.replace(area_penalty=0, min_division_score=0)
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


@pytest.mark.parametrize(("x", "n_tracks"), [(3, 2), (30, 1)])
def test_who_left_over_the_border_does_not_come_back(x, n_tracks):
    frames = [[(50, x), (50, 80)], [(50, x), (50, 80)], [(50, 80)]] + 3 * [
        [(50, x), (50, 80)]
    ]
    tracks = link(discs(frames, (100, 100)), TrackParams(max_distance=12))
    here = tracks[tracks["x"] < 60]
    assert len(np.unique(here["track_id"])) == n_tracks


def test_the_percentile_of_costs_leaves_out_the_dearest_divisions():
    middles = [(50.0, 60.0 * k) for k in range(10)]
    reach = [6] * 9 + [9]  # px from the mother: the last pair flies apart
    ends = [(y + side * r, x) for (y, x), r in zip(middles, reach, strict=True)
            for side in (-1, 1)]  # fmt: skip
    points = [middles] * 4 + [ends] * 5
    params = TrackParams(max_distance=12, remove_drift=False, flow_neighbours=0)
    for percentile, n_found in ((100, 10), (90, 9)):
        how = params.replace(cost_percentile=percentile)
        assert len(divisions(link_points(points, how))) == n_found
    with pytest.raises(ValueError, match="cost_percentile must lie from 0 to 100"):
        link_points(points, params.replace(cost_percentile=101))
