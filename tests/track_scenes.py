"""Discs that move, and links that can be compared."""

import numpy as np

from labkit.labels import TRACK_DTYPE
from labkit.track import edges


def named_edges(tracks):
    """Return the links as a set of ((frame, label), (frame, label))."""
    keys = tracks[["frame", "label"]].tolist()
    return {(keys[i], keys[j]) for i, j in edges(tracks).tolist()}


def discs(points, shape, radius=5):
    """Return a movie of labels with a disc at each point, numbered anew per frame."""
    rows, columns = np.indices(shape)
    movie = np.zeros((len(points), *shape), np.int32)
    for image, frame in zip(movie, points, strict=True):
        for number, (y, x) in enumerate(frame, start=1):
            image[np.hypot(rows - y, columns - x) <= radius] = number
    return movie


def walkers(n, n_frames, seed, *, found=0.97):
    """Return random walkers, each missed now and then."""
    rng = np.random.default_rng(seed)
    side = 40 * np.sqrt(n)
    points = rng.uniform(0, side, (n, 2))
    frames = []
    for _ in range(n_frames):
        points = (points + rng.normal(0, 4, (n, 2))) % side
        frames.append(points[rng.random(n) < found])
    return frames


def shuffled(labels, seed=0):
    """Number the objects of each frame at random, not consecutively."""
    rng = np.random.default_rng(seed)
    out = np.zeros_like(labels)
    for t, image in enumerate(labels):
        numbers = np.unique(image[image > 0])
        new = rng.choice(np.arange(1, 10 * len(numbers) + 1), len(numbers), False)
        table = np.zeros(labels.max() + 1, np.int32)
        table[numbers] = new
        out[t] = table[image]
    return out


def true_tracks_of(movie, labels):
    """Return the movie's tracks with the labels of other numbering."""
    tracks = movie.tracks.copy()
    for row in tracks:
        mask = movie.labels[row["frame"]] == row["track_id"]
        row["label"] = labels[row["frame"]][mask][0]
    return tracks


def line(n_frames, start=(20.0, 10.0), step=(0.0, 2.0)):
    """Return the positions of one object, a list of one point for each frame."""
    return [[(start[0] + t * step[0], start[1] + t * step[1])] for t in range(n_frames)]


def table(rows):
    """Return tracks of (frame, track_id, parent_id, y, x) rows."""
    tracks = np.zeros(len(rows), TRACK_DTYPE)
    frame, track, parent, y, x = np.array(rows).T
    tracks["frame"], tracks["label"] = frame, track
    tracks["track_id"], tracks["parent_id"] = track, parent
    tracks["y"], tracks["x"], tracks["area"] = y, x, 10 * track
    return tracks


FAMILY = table(
    [
        (0, 1, 0, 10, 10),
        (1, 1, 0, 10, 13),
        (3, 1, 0, 6, 13),  # after a gap
        (4, 2, 1, 2, 13),
        (5, 2, 1, 2, 12),
        (4, 3, 1, 10, 13),
        (2, 4, 0, 50, 50),
    ]
)
