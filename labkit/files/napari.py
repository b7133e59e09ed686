"""Tracks as napari's tracks layer wants them: an array, and who comes from whom."""

import numpy as np

from ..labels import TRACK_DTYPE
from .graphs import tracks_of
from .lineage import check_tracks


def to_napari(tracks):
    """Return tracks for ``viewer.add_tracks(data, graph=graph)``.

    Parameters
    ----------
    tracks : structured ndarray of labkit.labels.TRACK_DTYPE

    Returns
    -------
    data : (n, 4) ndarray of float
        Track, frame, row, column (px), by track and frame.
    graph : dict of int to list of int
        Track to its parents: one, here. Founders are not in it.

    Raises
    ------
    ValueError, TypeError
        If `tracks` is no table of tracks.

    Examples
    --------
    >>> movie = lk.synth.simulate_movie(4, n_nuclei=5)
    >>> data, graph = to_napari(movie.tracks)
    >>> data.shape == (len(movie.tracks), 4)
    True
    """
    tracks = check_tracks(tracks)
    names = ("track_id", "frame", "y", "x")
    data = np.stack([tracks[name].astype(float) for name in names], axis=1)
    known = np.isin(tracks["parent_id"], tracks["track_id"])  # 0 is nobody's number
    pairs = np.unique(tracks[["track_id", "parent_id"]][known])
    return data, {child: [parent] for child, parent in pairs.tolist()}


def from_napari(data, graph=None):
    """Turn napari's tracks into ours.

    Parameters
    ----------
    data : (n, 4) array_like
        Track, frame, row, column (px).
    graph : dict of int to int or list of int, optional
        Track to its parents.

    Returns
    -------
    tracks : structured ndarray of labkit.labels.TRACK_DTYPE
        Labels are the numbers of the tracks if these begin at 1, else new ones; areas
        are NaN.
    notes : list of str
        What could not be represented, such as merging tracks.

    Raises
    ------
    ValueError
        If the array has other columns, or the graph names unknown tracks.
    """
    data = np.asarray(data, float)
    if data.ndim != 2 or data.shape[1] != 4:
        raise ValueError(
            f"`data` must have the columns track, frame, row, column, got shape "
            f"{data.shape}; tracks in 3-D have no place here"
        )
    data = data[np.lexsort([data[:, 1], data[:, 0]])]
    spots = np.zeros(len(data), TRACK_DTYPE)
    for k, name in enumerate(("track_id", "frame", "y", "x")):
        spots[name] = data[:, k]
    own = spots["track_id"].copy()
    spots["label"], spots["area"] = own, np.nan
    first = np.flatnonzero(np.diff(own, prepend=own[:1] - 1))
    last = np.append(first[1:], len(own))[: len(first)] - 1
    row = {int(own[k]): n for n, k in enumerate(first)}
    within = np.flatnonzero(np.diff(own) == 0)
    edges = [np.stack([within, within + 1], axis=1)]
    for child, parents in (graph or {}).items():
        for parent in np.atleast_1d(parents).tolist():
            if child not in row or parent not in row:
                raise ValueError(
                    f"`graph` says that {child} comes from {parent}; one of them is "
                    f"not in `data`"
                )
            edges.append([[last[row[parent]], first[row[child]]]])
    return tracks_of(spots, np.concatenate(edges), own)
