"""Tables of tracks: which rows make a track, and which row follows which.

A table holds the links without listing them: the rows of a track follow each other,
and a daughter's first row follows its mother's last.
"""

import numpy as np

TRACK_DTYPE = np.dtype(
    [
        ("frame", "i4"),
        ("label", "i4"),
        ("track_id", "i4"),
        ("parent_id", "i4"),
        ("y", "f8"),
        ("x", "f8"),
        ("area", "f8"),
    ]
)
"""One row per object and frame. Tracks are numbered from 1 and cut at divisions; all
rows of a daughter carry the mother's track_id as parent_id (0: no mother). `label` is
the object's value in the label image of that frame; y, x and area are in pixels."""


def check_tracks(tracks):
    """Return `tracks` if it is a table of tracks, else raise an error."""
    tracks = np.asarray(tracks)
    if tracks.dtype != TRACK_DTYPE or tracks.ndim != 1:
        raise TypeError(
            f"`tracks` must be a table of labkit.labels.TRACK_DTYPE, got "
            f"{tracks.dtype} of shape {tracks.shape}; labkit.track.link makes one"
        )
    if len(tracks) and tracks["track_id"].min() < 1:
        raise ValueError(
            f"`tracks` has track_id {tracks['track_id'].min()}; ids begin with 1: link "
            f"the objects first with lk.track.link"
        )
    return tracks


def edges(tracks):
    """Return the links as pairs of row indices into `tracks`.

    Parameters
    ----------
    tracks : structured ndarray
        `labkit.labels.TRACK_DTYPE`, in any order.

    Returns
    -------
    (n_edges, 2) ndarray of int
        Earlier and later row. First the links within tracks, then those from a
        mother's last row to a daughter's first.
    """
    tracks = check_tracks(tracks)
    order, first, last = runs(tracks)
    goes_on = np.ones(len(order), bool)
    goes_on[last] = False
    within = np.flatnonzero(goes_on)
    ids = tracks["track_id"][order[first]]
    parents = tracks["parent_id"][order[first]]
    at = np.searchsorted(ids, parents)
    known = np.flatnonzero((parents > 0) & np.isin(parents, ids))
    one = np.concatenate([within, last[at[known]]])
    other = np.concatenate([within + 1, first[known]])
    return np.stack([order[one], order[other]], axis=1)


def runs(tracks):
    """Return the order by track and frame; in it, where each track begins and ends."""
    order = np.lexsort([tracks["frame"], tracks["track_id"]])
    ids = tracks["track_id"][order]
    first = np.flatnonzero(np.diff(ids, prepend=0))
    last = np.append(first[1:], len(ids)) - 1
    return order, first, last[: len(first)]
