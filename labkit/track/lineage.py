"""Tracks as a family tree: which row follows which, who divides, who is whose founder.

A table of tracks holds the links without listing them: the rows of a track follow each
other, and a daughter's first row follows its mother's last.
"""

import numpy as np

from ..labels import check_tracks, runs

DIVISION_DTYPE = np.dtype(
    [
        ("track_id", "i4"),
        ("frame", "i4"),
        ("y", "f8"),
        ("x", "f8"),
        ("n_daughters", "i4"),
    ]
)


def divisions(tracks):
    """Return the divisions: where and when a track splits in two or more.

    Parameters
    ----------
    tracks : structured ndarray
        `labkit.labels.TRACK_DTYPE`.

    Returns
    -------
    structured ndarray
        track_id (of the mother), frame (the first with a daughter), y, x (px; the
        mother's last position), n_daughters.
    """
    tracks = check_tracks(tracks)
    order, first, last = runs(tracks)
    start, end = tracks[order[first]], tracks[order[last]]
    n_daughters = count(start["parent_id"], end["track_id"])
    mothers = np.flatnonzero(n_daughters > 1)
    table = np.zeros(len(mothers), DIVISION_DTYPE)
    for name in ("track_id", "y", "x"):
        table[name] = end[name][mothers]
    table["n_daughters"] = n_daughters[mothers]
    daughters = start[np.lexsort([start["frame"], start["parent_id"]])]
    earliest = np.searchsorted(daughters["parent_id"], table["track_id"])
    table["frame"] = daughters["frame"][earliest]
    return table


def count(found, ids):
    """Return how often each of the sorted `ids` is found."""
    unique, n = np.unique(found, return_counts=True)
    at = np.clip(np.searchsorted(unique, ids), 0, max(len(unique) - 1, 0))
    return np.where(unique[at] == ids, n[at], 0) if len(unique) else np.zeros(0, int)


def founders(stats):
    """Return the track_id of each track's first ancestor."""
    founder = {}
    order = np.argsort(stats["first_frame"], kind="stable")
    for track, parent in stats[["track_id", "parent_id"]][order].tolist():
        founder[track] = founder.get(parent, track)
    return [founder[track] for track in stats["track_id"].tolist()]
