"""Linking where everything moves: drift, flow of neighbours, the search radius."""

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment
from track_scenes import discs, line, named_edges, walkers

from labkit.metrics import tracking_scores
from labkit.synth import simulate_movie
from labkit.track import (
    TrackParams,
    diagnose,
    estimate_drift,
    estimate_max_distance,
    fit_params,
    lap,
    link,
    link_points,
)


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
