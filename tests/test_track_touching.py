"""Nuclei that are one object for some frames go on as themselves."""

import numpy as np
import pytest
from track_scenes import discs

import labkit as lk
from labkit.track import TrackParams, divisions, link, link_points, merges


def meeting(one, other, hidden, radii=(6, 6), more=()):
    """Return labels of two discs, which are one object in the frames `hidden`."""
    movie = np.zeros((len(one), 70, 90), np.int32)
    for t in range(len(one)):
        here = zip((one[t], other[t]), radii, (1, 2), strict=True)
        for point, radius, number in here:
            disc = discs([[point]], movie.shape[1:], radius)[0] > 0
            movie[t][disc] = 1 if t in hidden else number
        for number, path in enumerate(more, start=3):
            movie[t][discs([[path[t]]], movie.shape[1:], 6)[0] > 0] = number
    return movie


def track_of(tracks, frame, label):
    """Return the id of an object's track."""
    (row,) = tracks[(tracks["frame"] == frame) & (tracks["label"] == label)]
    return row["track_id"]


def still(col, n=12, row=30):
    """Return the place of an object that stays."""
    return [(row, col)] * n


def come_and_go(n=12, near=7, far=9):
    """Return two paths that come near, stay, and part."""
    half = np.interp(np.arange(n), [0, 3, 8, n - 1], [far, near, near, far])
    return [(30, 40 - d) for d in half], [(30, 40 + d) for d in half]


def test_two_that_touch_are_themselves_again_and_no_division():
    labels = meeting(*come_and_go(), hidden=range(4, 8))
    without = link(labels)
    assert len(divisions(without)) == 1
    assert without["track_id"].max() == 4
    tracks = link(labels, TrackParams(max_merge=4))
    assert tracks["track_id"].max() == 2
    assert (tracks["parent_id"] == 0).all()
    for label in (1, 2):
        assert track_of(tracks, 3, label) == track_of(tracks, 8, label)
    assert len(tracks) == 2 * 12 - 4
    assert len(merges(tracks)) == 0


def test_what_was_hidden_is_written_and_read_back(tmp_path):
    labels = meeting(*come_and_go(), hidden=range(4, 8))
    tracks = link(labels, TrackParams(max_merge=4))
    lk.files.trackmate.write_trackmate(tmp_path / "tracks.xml", labels, tracks)
    assert np.array_equal(
        lk.files.trackmate.read_trackmate(tmp_path / "tracks.xml").tracks, tracks
    )
    lk.files.geff.write_geff(tmp_path / "tracks.geff", tracks)
    assert np.array_equal(
        lk.files.geff.read_geff(tmp_path / "tracks.geff").tracks, tracks
    )


def test_not_if_they_are_one_for_longer_than_asked():
    labels = meeting(*come_and_go(), hidden=range(4, 8))
    params = TrackParams(max_merge=3)
    assert np.array_equal(link(labels, params), link(labels))


def test_sizes_tell_who_is_who_after_a_turn():
    one, other = come_and_go()
    turned = one[:6] + other[6:], other[:6] + one[6:]
    labels = meeting(*turned, hidden=range(4, 8), radii=(5, 8))
    tracks = link(labels, TrackParams(max_merge=10))
    for label in (1, 2):
        assert track_of(tracks, 3, label) == track_of(tracks, 8, label)


def test_a_third_that_joins_later_and_leaves_first():
    pair = come_and_go(16)
    col = np.interp(np.arange(16), [0, 5, 7, 15], [70, 62, 62, 75])
    third = [(30, c) for c in col]
    labels = meeting(*pair, hidden=range(4, 9), more=[third])
    labels[6:8][labels[6:8] == 3] = 1
    tracks = link(labels, TrackParams(max_merge=10))
    assert tracks["track_id"].max() == 3
    for label in (1, 2, 3):
        assert track_of(tracks, 0, label) == track_of(tracks, 15, label)


def test_who_vanishes_beside_another_and_a_true_division_stay():
    labels = meeting(still(34), still(46), hidden=())
    labels[5:][labels[5:] == 2] = 0
    assert np.array_equal(link(labels, TrackParams(max_merge=10)), link(labels))
    movie = lk.synth.simulate_movie(20, (300, 300), 30, division_rate=0.02, seed=3)
    found = link(movie.labels, TrackParams(max_merge=10))
    assert len(divisions(found)) == len(divisions(movie.tracks))


def test_many_that_touch_go_on_as_themselves():
    movie = lk.synth.simulate_movie(20, (400, 400), 40, division_rate=0, seed=2)
    labels, events = movie.labels.copy(), []
    for number in (1, 6, 11, 16, 21):
        row = movie.tracks[movie.tracks["track_id"] == number]
        if len(row) == 20:
            at = [row["frame"] == 10]
            places = movie.tracks[movie.tracks["frame"] == 10]
            far = np.hypot(places["y"] - row["y"][at[0]], places["x"] - row["x"][at[0]])
            other = places["track_id"][np.argsort(far)[1]]
            events.append((number, other))
    assert len(events) >= 3
    for number, other in events:
        for t in (9, 10, 11):
            labels[t][labels[t] == other] = number
    default = link(labels)
    tracks = link(labels, TrackParams(max_merge=5))

    def kept(found):
        pairs = [n for pair in events for n in pair]
        return np.mean([track_of(found, 8, n) == track_of(found, 12, n) for n in pairs])

    assert kept(tracks) >= 0.8 > kept(default)


def test_points_without_areas_are_linked_as_ever():
    points = [[(30, 40), (30, 46)], [(30, 43)], [(30, 43)], [(30, 40), (30, 46)]]
    params = TrackParams(max_distance=5)
    rows = ["frame", "label", "track_id", "parent_id"]
    found = link_points(points, params.replace(max_merge=5))
    assert np.array_equal(found[rows], link_points(points, params)[rows])
    areas = [[100, 100], [200], [200], [100, 100]]
    found = link_points(points, params.replace(max_merge=5), areas=areas)
    assert found["track_id"].max() == 2


@pytest.mark.parametrize("n_frames", [1, 2, 3])
def test_short_and_empty_movies(n_frames):
    params = TrackParams(max_merge=5)
    assert len(link(np.zeros((n_frames, 9, 9), int), params)) == 0
    labels = meeting(still(34), still(46), hidden=())[:n_frames]
    assert link(labels, params)["track_id"].max() == 2
