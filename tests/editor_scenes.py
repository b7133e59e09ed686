"""A movie of discs that move, of which one divides, and its true tracks."""

import numpy as np
from track_scenes import discs, named_edges

from labkit.canvas import TrackEditor
from labkit.labels import TRACK_DTYPE

SHAPE = (5, 90, 110)
ROWS = (  # frame, label, track, parent, row, column
    *((0, 1, 1, 0, 25, 20), (1, 1, 1, 0, 25, 28), (2, 1, 1, 0, 25, 36)),
    *((3, 1, 1, 0, 25, 44), (4, 1, 1, 0, 25, 52)),
    *((0, 2, 2, 0, 62, 30), (1, 2, 2, 0, 62, 38)),  # divides
    *((2, 2, 3, 2, 56, 46), (3, 2, 3, 2, 52, 52), (4, 2, 3, 2, 48, 58)),
    *((2, 3, 4, 2, 68, 46), (3, 3, 4, 2, 72, 52), (4, 3, 4, 2, 76, 58)),
)


def at(frame, label):
    """Where an object is."""
    return next(row[4:] for row in ROWS if row[:2] == (frame, label))


def movie():
    """Return images, labels and true tracks."""
    points = [[row[4:] for row in ROWS if row[0] == t] for t in range(SHAPE[0])]
    labels = discs(points, SHAPE[1:])
    tracks = np.zeros(len(ROWS), TRACK_DTYPE)
    for k, name in enumerate(("frame", "label", "track_id", "parent_id", "y", "x")):
        tracks[name] = [row[k] for row in ROWS]
    tracks["area"] = (labels[0] == 1).sum()
    noise = np.random.default_rng(0).normal(100, 10, labels.shape)
    return (noise + 400 * (labels > 0)).astype(np.uint16), labels, tracks


def missed_division():
    """Return the tracks with one daughter as her mother, the other one founded."""
    tracks = movie()[2]
    tracks["track_id"][tracks["track_id"] == 3] = 2
    tracks["parent_id"] = 0
    return tracks[np.lexsort([tracks["frame"], tracks["track_id"]])]


IMAGES, LABELS, TRUTH = movie()


def edit(tracks, **more):
    """An editor of the movie with some tracks."""
    return TrackEditor(IMAGES, LABELS, tracks, ink=False, **more)


def right(editor):
    """Whether the tracks are linked as in truth."""
    return named_edges(editor.tracks) == named_edges(TRUTH)


def press(editor, *keys):
    """Press keys, one after the other."""
    for key in keys:
        editor.press(key)
