"""Link objects over time: frame by frame, across gaps, and at divisions.

Two assignment problems after Jaqaman et al. 2008 [1]_, with the costs and rules of
TrackMate 6 (its LAP tracker): first every frame with the next, then the pieces of the
whole movie at once.

.. [1] Jaqaman et al. (2008), Nature Methods 5: 695-702. doi:10.1038/nmeth.1237
"""

import dataclasses

import numpy as np

from ..labels import TRACK_DTYPE
from ..params import Params
from .lap import ALTERNATIVE, assign, pairs_within
from .spots import as_frames, drift_of, measure_frames, positions, radius_of

PERCENTILE = 90  # of the costs of gaps and divisions: above it, stay apart


@dataclasses.dataclass(frozen=True)
class TrackParams(Params):
    """Parameters of `link`.

    Attributes
    ----------
    max_distance : float or None
        Largest step from frame to frame, px, after the drift is taken away. None:
        estimated from the data, see `estimate_max_distance`.
    max_gap : int
        Tracks may go on up to so many frames later: 2 bridges one missed frame, 0
        bridges none.
    divisions : bool
        Whether a track may split in two.
    area_penalty : float
        How strongly unequal areas speak against a division, 0: not at all. A nucleus
        that the segmentation has cut in two looks like a division.
    remove_drift : bool
        Whether the common step of all objects is taken away before linking.
    """

    max_distance: float | None = None
    max_gap: int = 2
    divisions: bool = True
    area_penalty: float = 1.0
    remove_drift: bool = True


def link(labels, params=None):
    """Link the objects of a movie to tracks.

    Parameters
    ----------
    labels : (T, H, W) array_like of int, or sequence of (H, W)
        Label images. Numbers need not agree over time.
    params : TrackParams, optional

    Returns
    -------
    structured ndarray
        `labkit.labels.TRACK_DTYPE`: one row per object and frame, sorted by track_id,
        then frame. A track is cut where it divides; the daughters carry the mother's
        track_id as parent_id.

    Raises
    ------
    ValueError, TypeError
        If a frame is no label image, the frames differ in shape, or a parameter is
        out of its range.

    Examples
    --------
    >>> labels = np.zeros((3, 8, 20), int)
    >>> labels[0, 2:5, 2:5] = labels[1, 2:5, 4:7] = labels[2, 3:6, 5:8] = 7
    >>> lk.track.link(labels)[["frame", "track_id"]].tolist()
    [(0, 1), (1, 1), (2, 1)]
    """
    return _link(measure_frames(labels), params or TrackParams())


def link_points(points, params=None, *, areas=None):
    """Link any detections to tracks.

    Parameters
    ----------
    points : sequence of (n, 2) array_like
        One array a frame: (row, col), px.
    params : TrackParams, optional
    areas : sequence of (n,) array_like, optional
        Areas in px, for the area penalty and the estimate of max_distance.

    Returns
    -------
    structured ndarray
        As `link`; label is the index of the point in its frame, plus 1.

    Raises
    ------
    ValueError
        If points or areas have another form.

    Examples
    --------
    >>> points = [[(0, 0), (9, 9)], [(1, 0), (9, 8)]]
    >>> link_points(points, TrackParams(max_distance=3))["label"].tolist()
    [1, 1, 2, 2]
    """
    frames = [_point_spots(t, frame, areas) for t, frame in enumerate(points)]
    return _link(frames, params or TrackParams())


def _point_spots(t, points, areas):
    """Return the spots of frame `t`; areas are NaN where none are known."""
    points = np.asarray(points, float)
    if points.size == 0:
        points = points.reshape(0, 2)
    if points.ndim != 2 or points.shape[1] != 2 or not np.isfinite(points).all():
        raise ValueError(
            f"`points[{t}]` must hold finite (n, 2) positions (row, col), got shape "
            f"{points.shape}; leave out rows that are not finite"
        )
    spots = np.zeros(len(points), TRACK_DTYPE)
    spots["frame"], spots["label"] = t, np.arange(1, len(points) + 1)
    spots["y"], spots["x"] = points.T
    spots["area"] = np.nan if areas is None else _checked_areas(t, points, areas)
    return spots


def _checked_areas(t, points, areas):
    """Return the areas of frame `t`; ValueError unless there is one for each point."""
    if len(areas) <= t or np.shape(areas[t]) != (len(points),):
        found = np.shape(areas[t]) if len(areas) > t else "nothing"
        raise ValueError(
            f"`areas[{t}]` must hold an area for each of {len(points)} points, got "
            f"{found}; pass areas=None if they are not known"
        )
    return areas[t]


def fit_params(labels, params=None):
    """Return `params` with max_distance filled in from the data, to show and save.

    Parameters
    ----------
    labels : (T, H, W) array_like of int, sequence of (H, W), or tracks
    params : TrackParams, optional

    Returns
    -------
    TrackParams
    """
    return _prepare(as_frames(labels), params or TrackParams())[1]


def _prepare(frames, params):
    """Return the points of each frame without drift, and params with a radius."""
    _check(params)
    points = [positions(spots) for spots in frames]
    drift = drift_of(points) if params.remove_drift else np.zeros((len(points), 2))
    if params.max_distance is None:
        areas = np.concatenate([spots["area"] for spots in frames])
        params = params.replace(max_distance=radius_of(points, drift, areas))
    shifts = np.cumsum(drift, axis=0)
    return [p - s for p, s in zip(points, shifts, strict=True)], params


def _check(params):
    """Raise an error where a parameter is out of its range."""
    if not isinstance(params, TrackParams):
        raise TypeError(f"`params` must be TrackParams, got {type(params).__name__}")
    if params.max_distance is not None and not 0 < params.max_distance < np.inf:
        raise ValueError(
            f"max_distance must be a positive number of px, got {params.max_distance}; "
            f"None estimates it"
        )
    if params.max_gap < 0 or params.max_gap != int(params.max_gap):
        raise ValueError(f"max_gap must be 0, 1, 2, ... frames, got {params.max_gap}")
    if not params.area_penalty >= 0:
        raise ValueError(f"area_penalty must be 0 or more, got {params.area_penalty}")


def _link(frames, params):
    """Return the tracks of the spots of each frame."""
    points, params = _prepare(frames, params)
    first = np.cumsum([0, *map(len, points)])  # index of each frame's first spot
    spots = np.concatenate(frames)
    previous = _link_frames(points, first, params.max_distance)
    i, j = _link_segments(points, first, spots["area"], previous, params)
    previous[j] = i
    return _to_tracks(spots, previous, first)


def _link_frames(points, first, max_distance):
    """Link each frame with the next; return the index of each spot's predecessor."""
    previous = np.full(first[-1], -1)
    for t in range(1, len(points)):
        i, j, cost = pairs_within(points[t - 1], points[t], max_distance)
        if len(cost):
            alternative = ALTERNATIVE * cost.max()
            chosen = assign(i, j, cost, alternative, corner=cost.min())
            previous[first[t] + j[chosen]] = first[t - 1] + i[chosen]
    return previous


def _link_segments(points, first, area, previous, params):
    """Join pieces across gaps and to mothers; return the linked pairs of spots."""
    is_end = np.ones(first[-1], bool)
    is_end[previous[previous >= 0]] = False
    is_start = previous < 0
    found = [(np.zeros(0, np.intp),) * 2 + (np.zeros(0),)]
    for t in range(1, len(points)):
        starts = np.flatnonzero(is_start[first[t] : first[t + 1]])
        for gap in range(1, min(params.max_gap, t) + 1):
            ends = np.flatnonzero(is_end[first[t - gap] : first[t - gap + 1]])
            found.append(_pairs(points, first, (t - gap, ends), (t, starts), params))
        if params.divisions:
            mothers = np.flatnonzero(~is_end[first[t - 1] : first[t]])
            i, j, cost = _pairs(points, first, (t - 1, mothers), (t, starts), params)
            found.append(_penalise(i, j, cost, area, params))
    i, j, cost = map(np.concatenate, zip(*found, strict=True))
    if len(cost) == 0:
        return i, j
    alternative = ALTERNATIVE * np.percentile(cost, PERCENTILE, method="lower")
    chosen = assign(i, j, cost, alternative, corner=alternative)
    return i[chosen], j[chosen]


def _pairs(points, first, sources, targets, params):
    """Return pairs of some spots of one frame with some of another, and costs."""
    (s, some), (t, others) = sources, targets
    i, j, cost = pairs_within(points[s][some], points[t][others], params.max_distance)
    return first[s] + some[i], first[t] + others[j], cost


def _penalise(i, j, cost, area, params):
    """Raise the cost of a division by unequal areas; drop what is now out of reach."""
    difference = np.abs(area[i] - area[j]) / ((area[i] + area[j]) / 2)
    factor = 1 + 1.5 * params.area_penalty * np.nan_to_num(difference)
    cost = cost * factor**2
    kept = cost < params.max_distance**2
    return i[kept], j[kept], cost[kept]


def _to_tracks(spots, previous, first):
    """Number the branches in order of appearance, cutting them at divisions."""
    n_next = np.bincount(previous[previous >= 0], minlength=len(spots))
    goes_on = (previous >= 0) & (n_next[previous] == 1)
    number = np.cumsum(~goes_on)  # of those that begin; the others follow
    parent = np.zeros(len(spots) + 1, np.int32)  # of each track
    for start, stop in zip(first[:-1], first[1:], strict=True):
        here = np.arange(start, stop)
        follows = here[goes_on[here]]
        number[follows] = number[previous[follows]]
    born = np.flatnonzero((previous >= 0) & ~goes_on)
    parent[number[born]] = number[previous[born]]
    tracks = spots.copy()
    tracks["track_id"], tracks["parent_id"] = number, parent[number]
    return tracks[np.lexsort([tracks["frame"], tracks["track_id"]])]
