"""Linking as others do: TrackMate, laptrack, and the truth of real sequences."""

import csv
import os
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from track_scenes import named_edges, walkers

import labkit as lk
from labkit.metrics import tracking_scores
from labkit.track import TrackParams, link, link_points, track_stats

TRACKMATE = TrackParams.trackmate()
DATA = Path(os.environ.get("LABKIT_DATA", "nowhere")) / "tracking"
needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="needs the tracking data under LABKIT_DATA"
)


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
    [("breast_cancer", 0.990, 0.72), ("simplus_01", 0.9989, 0.96)],
)
def test_real_sequences_are_linked_as_well_as_reported(name, edge_f1, division_f1):
    data = lk.data.load(name)
    labels = np.stack(data.labels)
    scores = tracking_scores(labels, data.tracks, labels, link(labels))
    assert scores.edge_f1 > edge_f1
    assert scores.division_f1 > division_f1
