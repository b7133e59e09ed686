"""From a graph of objects and links, as other programs keep it, to tracks.

labkit keeps a branch a track: cut at divisions, daughters name their mother.
"""

import numpy as np

from .lineage import by_frame, check_tracks, links


def trees(n, edges):
    """Return the number of each object's family, from 0 in order of the objects.

    Parameters
    ----------
    n : int
        Number of objects.
    edges : (n_links, 2) ndarray of int

    Returns
    -------
    (n,) ndarray of int
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    graph = coo_matrix((np.ones(len(edges), bool), tuple(edges.T)), shape=(n, n))
    return connected_components(graph, directed=False)[1]


def branches(spots, edges):
    """Cut a graph of objects and links into tracks.

    A track ends where it divides; the daughters name it as their parent. A merge has
    no place in the table of tracks: the nearest of the tracks goes on, the others
    end. Neither have links within a frame.

    Parameters
    ----------
    spots : structured ndarray of labkit.labels.TRACK_DTYPE
        With frame, y, x. Its track_id and parent_id are filled in.
    edges : (n_links, 2) ndarray of int
        Pairs of rows, in any order.

    Returns
    -------
    edges : (n_kept, 2) ndarray of int
        Earlier and later row, those that are kept.
    notes : list of str
    """
    frame, notes = spots["frame"], []
    edges = np.unique(np.reshape(edges, (-1, 2)), axis=0)
    swap = frame[edges[:, 0]] > frame[edges[:, 1]]
    edges[swap] = edges[swap, ::-1]
    within = frame[edges[:, 0]] == frame[edges[:, 1]]
    if within.any():
        notes.append(f"{within.sum()} links within a frame were left out")
    edges = edges[~within]
    one, other = spots[edges].T
    distance = np.hypot(one["y"] - other["y"], one["x"] - other["x"])
    edges = edges[np.lexsort([distance, edges[:, 1]])]
    merges = np.diff(edges[:, 1], prepend=-1) == 0
    if merges.any():
        notes.append(
            f"{merges.sum()} links of merging tracks were left out, because a track "
            f"has one parent: the nearest track goes on, the others end"
        )
    edges = edges[~merges]
    _number(spots, edges)
    return edges, notes


def _number(spots, edges):
    """Fill in track_id and parent_id of spots that have one predecessor at most."""
    n = len(spots)
    before = np.full(n, -1)
    before[edges[:, 1]] = edges[:, 0]
    n_next = np.bincount(edges[:, 0], minlength=n)
    start = (before < 0) | (n_next[before] > 1)
    root = np.where(start, np.arange(n), before)
    while (root[root] != root).any():
        root = root[root]
    starts = np.flatnonzero(start)
    starts = starts[np.argsort(spots["frame"][starts], kind="stable")]
    number = np.zeros(n + 1, np.int32)
    number[starts] = np.arange(1, len(starts) + 1)
    spots["track_id"] = number[root]
    spots["parent_id"] = np.where(before[root] < 0, 0, number[root[before[root]]])


def as_written(spots, edges, own):
    """Return tracks with the numbers they once had, None if links have changed since.

    Parameters
    ----------
    spots : structured ndarray of labkit.labels.TRACK_DTYPE
    edges : (n_links, 2) ndarray of int
        From `branches`.
    own : (n_spots,) array of int
        The track_id that the file keeps for each spot, 0 without one.

    Returns
    -------
    structured ndarray of labkit.labels.TRACK_DTYPE or None
    """
    own = np.asarray(own, np.int64)
    if own.min(initial=1) < 1:
        return None
    tracks = spots.copy()
    tracks["track_id"], (ids, index) = own, np.unique(own, return_inverse=True)
    one, other = edges[own[edges[:, 0]] != own[edges[:, 1]]].T
    parent = np.zeros(len(ids), np.int32)
    parent[index[other]] = own[one]
    tracks["parent_id"] = parent[index]
    order = np.lexsort([tracks["frame"], tracks["track_id"]])
    try:
        found = check_tracks(tracks)
    except ValueError:
        return None
    pairs = order[links(found)], edges
    before, after = (some[np.lexsort(some.T)] for some in pairs)
    return found if np.array_equal(before, after) else None


def tracks_of(spots, edges, own):
    """Return the tracks of a graph, numbered as once written if that still holds.

    Parameters
    ----------
    spots : structured ndarray of labkit.labels.TRACK_DTYPE
        With frame, y, x, label, area; a label of 0 stands for none: all get new ones.
    edges : (n_links, 2) ndarray of int
    own : (n_spots,) array of int
        As in `as_written`.

    Returns
    -------
    tracks : structured ndarray of labkit.labels.TRACK_DTYPE
        By track and frame.
    notes : list of str
    """
    pairs = np.stack([spots["frame"], spots["label"]], axis=1)
    twins = len(np.unique(pairs, axis=0)) < len(spots)
    if twins or spots["label"].min(initial=1) < 1:
        for _, rows in by_frame(spots, spots["frame"].max(initial=0) + 1):
            spots["label"][rows] = np.arange(1, len(rows) + 1)
    edges, notes = branches(spots, edges)
    tracks = as_written(spots, edges, own)
    return check_tracks(spots) if tracks is None else tracks, notes
