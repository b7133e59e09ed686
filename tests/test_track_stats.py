"""What is read off tracks, and their numbers in the labels."""

import numpy as np
import pytest
from track_scenes import FAMILY, shuffled, table, true_tracks_of

from labkit.synth import simulate_movie
from labkit.track import (
    divisions,
    edge_stats,
    edges,
    frame_stats,
    relabel_by_track,
    track_stats,
)


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


def test_a_cell_cycle_lasts_from_division_to_division():
    lives = {1: (0, 4, 0), 2: (4, 9, 1), 3: (4, 12, 1), 4: (9, 12, 2), 6: (9, 12, 2)}
    lives[7] = (12, 14, 3)  # the only daughter: no division
    tracks = table(
        [
            (t, track, parent, 9 * track, t)
            for track, (first, last, parent) in lives.items()
            for t in range(first, last)
        ]
    )
    stats = track_stats(tracks, minutes_per_frame=20)
    assert stats["track_id"].tolist() == [1, 2, 3, 4, 6, 7]
    assert stats["cell_cycle"][1] == 5 * 20
    assert np.isnan(np.delete(stats["cell_cycle"], 1)).all()
    assert len(track_stats(tracks[:0])) == 0
