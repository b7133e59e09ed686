"""Where two tracks become one object: nuclei that touch, and are segmented as one.

Nuclei divide, but do not merge, so a table of tracks has no place for it: one of the
two tracks goes on, the other ends, unless they separate again and `link` was asked to
lead them through (`TrackParams.max_merge`). Here such ends are found, as events, by
the step for merging of Jaqaman et al. 2008 [1]_: ends are assigned to objects of tracks
that go on, one to one, at the smallest total cost.

.. [1] Jaqaman et al. (2008), Nature Methods 5: 695-702. doi:10.1038/nmeth.1237
"""

import numpy as np

from ..labels import check_tracks, runs
from .lap import ALTERNATIVE, assign, pairs_within
from .lineage import count
from .spots import estimate_max_distance, positions

MERGE_DTYPE = np.dtype(
    [
        ("track_id", "i4"),
        ("into_id", "i4"),
        ("frame", "i4"),
        ("y", "f8"),
        ("x", "f8"),
        ("score", "f8"),
    ]
)


def merges(tracks, *, max_distance=None, min_score=0.75):
    """Find the tracks that end because their object became one with another.

    Each is a fault of the segmentation to look at: split the object that is both, and
    link again. If they separate later, ``TrackParams(max_merge=10)`` does without.

    Parameters
    ----------
    tracks : structured ndarray
        `labkit.labels.TRACK_DTYPE`.
    max_distance : float, optional
        From the last position of the track that ends to the object that is both, px.
        By default that of `estimate_max_distance`.
    min_score : float
        Smallest likeness of areas, 0 to 1. An object that merely vanishes beside an
        equal one has 0.5.

    Returns
    -------
    structured ndarray
        By frame: track_id (ends), into_id (goes on), frame (the first with the object
        that is both), y, x (of that object, px), and score: the smaller by the larger
        of the area of that object and the sum of the two before; NaN, and never left
        out, where areas are not known.

    Raises
    ------
    ValueError, TypeError
        If `tracks` is no table of tracks, or a parameter is out of its range.

    Examples
    --------
    >>> labels = np.zeros((3, 12, 30), int)
    >>> labels[:2, 3:9, 3:9], labels[:2, 3:9, 10:16], labels[2, 3:9, 3:16] = 1, 2, 1
    >>> tracks = lk.track.link(labels)
    >>> merges(tracks, max_distance=8)["frame"].tolist()
    [2]
    """
    tracks = check_tracks(tracks)
    if not 0 <= min_score <= 1:
        raise ValueError(f"`min_score` must be between 0 and 1, got {min_score}")
    if max_distance is None:
        max_distance = estimate_max_distance(tracks) if len(tracks) else 1.0
    if not max_distance > 0:
        raise ValueError(f"`max_distance` must be more than 0 px, got {max_distance}")
    order, first, last = runs(tracks)
    rows = tracks[order]
    alone = count(rows["parent_id"][first], rows["track_id"][last]) == 0
    ends = rows[last][alone & (rows["frame"][last] < rows["frame"].max(initial=0))]
    after = np.setdiff1d(np.arange(len(rows)), first)
    after = after[rows["frame"][after] == rows["frame"][after - 1] + 1]
    i, j = _nearest(ends, rows[after], max_distance)
    return _events(ends[i], rows[after[j] - 1], rows[after[j]], min_score)


def _nearest(ends, objects, max_distance):
    """Assign ends to objects of the frame after."""
    found = [(np.zeros(0, np.intp), np.zeros(0, np.intp), np.zeros(0))]
    for frame in np.unique(ends["frame"]):
        some = np.flatnonzero(ends["frame"] == frame)
        others = np.flatnonzero(objects["frame"] == frame + 1)
        places = positions(ends[some]), positions(objects[others])
        i, j, cost = pairs_within(*places, max_distance)
        found.append((some[i], others[j], cost))
    i, j, cost = map(np.concatenate, zip(*found, strict=True))
    if len(cost) == 0:
        return i, j
    alternative = ALTERNATIVE * cost.max()
    chosen = assign(i, j, cost, alternative, corner=cost.min())
    return i[chosen], j[chosen]


def _events(end, before, both, min_score):
    """Return the events whose areas add up."""
    total = end["area"] + before["area"]
    score = np.minimum(both["area"], total) / np.maximum(both["area"], total)
    table = np.zeros(len(both), MERGE_DTYPE)
    table["track_id"], table["into_id"] = end["track_id"], both["track_id"]
    for name in ("frame", "y", "x"):
        table[name] = both[name]
    table["score"] = score
    table = table[~(score < min_score)]
    return table[np.lexsort([table["track_id"], table["frame"]])]
