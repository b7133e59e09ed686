"""Objects of two tracks that become one."""

import numpy as np
import pytest
from track_scenes import discs

import labkit as lk
from labkit.track import link, link_points, merges


@pytest.fixture
def meeting():
    """Two discs that touch in frames 2 and 3, and two that keep apart."""
    apart = [(70.0, 20.0), (70.0, 60.0)]
    pair = [[(30, 30), (30, 44)], [(30, 31), (30, 43)], [(30, 32), (30, 42)]]
    movie = discs([pair[min(t, 2)] + apart for t in range(4)], (100, 90), radius=6)
    for image in movie[2:]:
        image[image == 2] = 1
    return movie


def test_two_that_touch_are_found_once(meeting):
    tracks = link(meeting)
    (event,) = merges(tracks)
    assert event["frame"] == 2
    assert event["score"] > 0.9
    assert (event["y"], event["x"]) == pytest.approx((30, 37), abs=0.5)
    pair = {event["track_id"], event["into_id"]}
    assert pair == set(tracks["track_id"][tracks["frame"] == 0][:2])
    last = tracks["frame"][tracks["track_id"] == event["track_id"]].max()
    assert last == 1


def test_an_object_that_vanishes_beside_another_is_no_merge(meeting):
    movie = meeting[[0, 1, 1, 1]].copy()
    movie[2:][movie[2:] == 2] = 0
    tracks = link(movie)
    assert len(merges(tracks)) == 0
    assert len(merges(tracks, max_distance=20, min_score=0.4)) == 1


def test_true_tracks_of_nuclei_do_not_merge():
    movie = lk.synth.simulate_movie(12, (300, 300), 40, division_rate=0.02, seed=3)
    found = merges(movie.tracks, min_score=0.9)
    assert len(found) <= 1  # a death beside a nucleus that grows


def test_each_object_takes_one_and_the_nearer_one():
    points = [[(10, 10), (10, 16), (10, 5)], [(10, 12)], [(10, 12)]]
    tracks = link_points(points, lk.track.TrackParams(max_distance=3, divisions=False))
    (event,) = merges(tracks, max_distance=9)
    assert np.isnan(event["score"])  # areas are not known
    others = tracks[(tracks["frame"] == 0) & (tracks["track_id"] == event["track_id"])]
    assert others["x"].tolist() == [16]


def test_nothing_to_find_and_bad_input(meeting):
    assert len(merges(link(meeting[:1]))) == 0
    assert len(merges(link(np.zeros((3, 9, 9), int)))) == 0
    with pytest.raises(ValueError, match="`max_distance` must be more than 0"):
        merges(link(meeting), max_distance=0)
    with pytest.raises(ValueError, match="`min_score` must be between 0 and 1"):
        merges(link(meeting), min_score=2)
