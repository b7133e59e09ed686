"""Linking of few objects, none and many; what is refused."""

import tracemalloc

import numpy as np
import pytest
from track_scenes import FAMILY, discs, line, walkers

from labkit.labels import TRACK_DTYPE
from labkit.synth import simulate_movie
from labkit.track import (
    TrackParams,
    divisions,
    edge_stats,
    edges,
    estimate_drift,
    estimate_max_distance,
    find_spots,
    frame_stats,
    link,
    link_points,
    relabel_by_track,
    track_stats,
)


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


def test_many_objects_need_little_memory():
    """A full matrix of 20,000 x 20,000 distances would be 3.2 GB."""
    points = walkers(20_000, 3, seed=0)
    tracemalloc.start()
    tracks = link_points(points, TrackParams(max_distance=20))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 300e6
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
        {"max_merge": -1},
        {"area_penalty": -1},
        {"min_life": -1},
        {"flow_neighbours": -2},
    ],
)
def test_parameters_out_of_range_are_refused(changes):
    with pytest.raises(ValueError, match=next(iter(changes))):
        link(np.zeros((2, 4, 4), int), TrackParams().replace(**changes))


def test_a_raw_movie_for_labels_is_refused():
    movie = simulate_movie(2, (96, 96), 6)
    with pytest.raises(ValueError, match=r"labels\[0\].* not look like a label image"):
        link(movie.images)
    with pytest.raises(ValueError, match="not the raw images"):
        estimate_drift(movie.images)


def test_a_stray_pixel_far_away_is_no_raw_movie():
    labels = np.zeros((2, 400, 400), int)
    labels[:, 10:20, 10:20], labels[:, 399, 399] = 1, 1
    assert link(labels)["track_id"].tolist() == [1, 1]


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
