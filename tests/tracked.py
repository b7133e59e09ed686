"""A small movie with all that tracks may hold; used by the tests of their formats."""

import numpy as np

from labkit.labels import TRACK_DTYPE, object_table

SCALE = {"um_per_px": 0.325, "minutes_per_frame": 10}
SHAPE = (6, 48, 64)
ROWS = (  # frame, label, track, parent, row, column
    *((0, 9, 3, 0, 10, 10), (1, 4, 3, 0, 11, 12), (2, 9, 3, 0, 10, 14)),  # divides
    *((3, 1, 5, 3, 5, 12), (4, 2, 5, 3, 4, 12), (5, 2, 5, 3, 3, 11)),
    *((3, 2, 8, 3, 17, 14), (4, 1, 8, 3, 19, 16), (5, 1, 8, 3, 21, 17)),
    *((0, 2, 11, 0, 35, 20), (1, 2, 11, 0, 34, 22)),  # is lost in frame 2
    *((3, 7, 11, 0, 34, 27), (4, 7, 11, 0, 33, 30)),
    (5, 7, 20, 11, 33, 33),  # an only daughter
    (4, 12, 12, 0, 10, 50),  # alone
)


def scene():
    """Return labels and tracks: division, gap, only daughter, a spot alone, a ring.

    Object 77 in frame 2 has no row in the tracks.
    """
    labels = np.zeros(SHAPE, np.int32)
    rows, cols = np.mgrid[: SHAPE[1], : SHAPE[2]]
    for frame, label, track, _, row, col in ROWS:
        away = (rows - row) ** 2 + 0.7 * (cols - col) ** 2
        ring = (away >= 4) if track == 11 else True
        labels[frame][(away <= 14 + track) & ring] = label
    tracks = np.zeros(len(ROWS), TRACK_DTYPE)
    for k, (frame, label, track, parent, *_) in enumerate(ROWS):
        table = object_table(labels[frame])
        one = table[table["label"] == label][0]
        place = (one["y"], one["x"], one["area"])
        tracks[k] = (frame, label, track, parent, *place)
    labels[2, 40:44, 50:58] = 77
    return labels, np.sort(tracks, order=["track_id", "frame"])


def tracked_only(labels, tracks):
    """Return the labels without objects that have no row."""
    out = np.zeros_like(labels)
    for frame, label in tracks[["frame", "label"]].tolist():
        out[frame][labels[frame] == label] = label
    return out


def assert_same(found, tracks, skip=()):
    """Raise AssertionError unless two tables of tracks are the same to 1e-9."""
    assert len(found) == len(tracks)
    for name in set(TRACK_DTYPE.names) - set(skip):
        np.testing.assert_allclose(found[name], tracks[name], rtol=1e-9, err_msg=name)
