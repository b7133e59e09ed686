"""Where tracks are most often wrong: what a person looks at first."""

import numpy as np

from ..labels import check_tracks, runs
from .lineage import count, divisions

DOUBT_DTYPE = np.dtype(
    [
        ("frame", "i4"),
        ("track_id", "i4"),
        ("kind", "U8"),
        ("y", "f8"),
        ("x", "f8"),
    ]
)


def doubts(tracks, shape, *, margin=None):
    """List the events that are rare in life and frequent among errors.

    Parameters
    ----------
    tracks : structured ndarray
        `labkit.labels.TRACK_DTYPE`.
    shape : (int, int, int)
        Of the movie, (T, H, W).
    margin : float, optional
        Objects leave and enter over the border: starts and ends that are nearer to
        it, px, are not listed. By default the median diameter of the objects, or 5 %
        of the shorter side where areas are not known.

    Returns
    -------
    structured ndarray
        By frame, then track: frame, track_id, kind, y, x (px). Kinds are "division"
        (of this mother; the first frame with a daughter), "gap" (the first frame after
        it), "end" (the last frame of a track that ends early, without daughters) and
        "start" (the first frame of a track that begins late, without a mother).

    Raises
    ------
    ValueError, TypeError
        If `tracks` is no table of tracks, or `shape` is not that of its movie.

    Examples
    --------
    >>> tracks = lk.track.link_points([[(50, 50)], [(50, 51)], [(50, 52), (9, 50)]])
    >>> doubts(tracks, (4, 100, 100))[["frame", "track_id", "kind"]].tolist()
    [(2, 1, 'end'), (2, 2, 'end'), (2, 2, 'start')]
    """
    tracks = check_tracks(tracks)
    if len(shape) != 3 or shape[0] <= tracks["frame"].max(initial=-1):
        raise ValueError(
            f"`shape` must be (T, H, W) of the movie, whose last frame with tracks is "
            f"{tracks['frame'].max(initial=-1)}, got {tuple(shape)}"
        )
    order, first, last = runs(tracks)
    rows, start, end = tracks[order], tracks[order[first]], tracks[order[last]]
    margin = _margin(tracks, shape) if margin is None else margin
    n_daughters = count(start["parent_id"], end["track_id"])
    ends = (end["frame"] < shape[0] - 1) & (n_daughters == 0)
    starts = (start["frame"] > 0) & (start["parent_id"] == 0)
    after = np.diff(rows["frame"], prepend=0) > 1
    after[first] = False
    found = [
        _listed(divisions(tracks), "division"),
        _listed(rows[after], "gap"),
        _listed(end[ends & _inside(end, shape, margin)], "end"),
        _listed(start[starts & _inside(start, shape, margin)], "start"),
    ]
    table = np.concatenate(found)
    return table[np.lexsort([table["track_id"], table["frame"]])]


def _margin(tracks, shape):
    """Return the median diameter, or 5 % of the shorter side."""
    area = tracks["area"][np.isfinite(tracks["area"])]
    if not len(area):
        return 0.05 * min(shape[1:])
    return float(np.sqrt(4 * np.median(area) / np.pi))


def _inside(rows, shape, margin):
    """Tell which rows lie at least `margin` px from the border."""
    to_top, to_left = rows["y"] + 0.5, rows["x"] + 0.5
    nearest = np.minimum(to_top, to_left)
    nearest = np.minimum(nearest, np.minimum(shape[1] - to_top, shape[2] - to_left))
    return nearest >= margin


def _listed(rows, kind):
    """Return rows as events of one kind."""
    table = np.zeros(len(rows), DOUBT_DTYPE)
    for name in ("frame", "track_id", "y", "x"):
        table[name] = rows[name]
    table["kind"] = kind
    return table
