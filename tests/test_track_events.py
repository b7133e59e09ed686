"""Divisions that look like one, and others."""

import numpy as np
import pytest
from track_scenes import discs

from labkit.labels import TRACK_DTYPE
from labkit.metrics import tracking_scores
from labkit.synth import simulate_movie
from labkit.track import (
    TrackParams,
    division_events,
    division_score,
    divisions,
    link,
    link_points,
)

NEAR = TrackParams(max_distance=10, remove_drift=False, flow_neighbours=0)


def two_divisions():
    """Points and areas: one mother halves, next to another a neighbour comes up."""
    points, areas = [], []
    for t in range(12):
        apart = 6 + t - 6
        after = t >= 6
        good = [(50 - apart, 50), (50 + apart, 50)] if after else [(50, 50)]
        bad = [(50, 200), (58, 200)] if after else [(50, 200)]
        points.append(np.array(good + bad, float))
        mother = [50 if t == 5 else 100, 104]
        areas.append([55, 50, 100, 105] if after else mother)
    return points, areas


def test_a_good_division_scores_one_and_a_neighbour_little():
    points, areas = two_divisions()
    tracks = link_points(points, NEAR.replace(min_division_score=0), areas=areas)
    events = division_events(tracks)
    assert events["x"].tolist() == [200, 50]  # the least likely first
    assert events["frame"].tolist() == [6, 6]
    assert events["score"][1] == 1
    assert 0.1 < events["score"][0] < 0.2
    assert events["share"].round(2).tolist() == [1.97, 1.05]
    assert events["evenness"].round(2).tolist() == [0.95, 0.91]
    assert events["condensed"].round(2).tolist() == [1, 0.5]
    for event in events:
        ids = [event["first_id"], event["second_id"]]
        born = tracks[np.isin(tracks["track_id"], ids)]
        assert set(born["parent_id"]) == {event["track_id"]}


def test_unlikely_divisions_are_not_made_if_asked():
    points, areas = two_divisions()
    for least, n_found in ((0, 2), (0.2, 1), (1, 1)):
        how = NEAR.replace(min_division_score=least)
        assert len(divisions(link_points(points, how, areas=areas))) == n_found
    unknown = link_points(points, NEAR.replace(min_division_score=1))
    assert len(divisions(unknown)) == 2  # without areas nothing speaks against them
    assert np.isnan(division_events(unknown)["score"]).all()


@pytest.mark.parametrize(
    ("areas", "score"),
    [  # usual and last area of the mother, areas of the daughters
        ((100, 50, 50, 50), 1),
        ((100, 100, 50, 50), 0.5),
        ((100, 80, 50, 50), 0.75),
        ((100, 50, 10, 90), 0),
        ((100, 50, 130, 130), 0),
        ((100, 50, 25, 50), 0.5),
    ],
)
def test_scores(areas, score):
    assert division_score(*areas) == pytest.approx(score)


def test_scores_of_unknown_areas_are_unknown():
    score = division_score([100, np.nan], [50, 50], [50, 50], [np.nan, 50])
    assert np.isnan(score).all()


def test_no_tracks_no_events():
    assert len(division_events(np.zeros(0, TRACK_DTYPE))) == 0
    still = link(discs([[(20, 20)]] * 3, (40, 40)))
    assert division_events(still).dtype.names[-1] == "score"


def test_false_divisions_of_fast_nuclei_become_fewer():
    movie = simulate_movie(
        30, (512, 512), 100, speed=6, division_rate=0.01, death_rate=0.002, seed=1
    )
    scores = [
        tracking_scores(
            movie.labels,
            movie.tracks,
            movie.labels,
            link(movie.labels, TrackParams(min_division_score=least)),
        ).division_f1
        for least in (0, TrackParams().min_division_score)
    ]
    assert scores[1] > scores[0] + 0.05


def test_a_share_that_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="min_division_score must lie from 0 to 1"):
        link_points([[(0, 0)]], TrackParams(min_division_score=2))
