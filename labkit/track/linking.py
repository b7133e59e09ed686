"""Link objects over time: frame by frame, across gaps, and at divisions.

Two assignment problems after Jaqaman et al. 2008 [1]_, with the costs and rules of
TrackMate 6 (its LAP tracker): first every frame with the next, then the pieces of the
whole movie at once. Nuclei do not merge: where two of them become one object, it is
the segmentation that is wrong. If they separate again, tracks can be led through it
(`TrackParams.max_merge`); `labkit.track.merges` lists where they end instead.

.. [1] Jaqaman et al. (2008), Nature Methods 5: 695-702. doi:10.1038/nmeth.1237
"""

import itertools

import numpy as np

from ..labels import TRACK_DTYPE, check_tracks
from ..labels.basic import small_numbers
from .params import TrackParams, check_params
from .pieces import Scene, drop_stillborn, link_frames, link_pieces
from .spots import (
    as_frames,
    check_frames,
    drift_of,
    measure_frames,
    neighbour_distance,
    positions,
    radius_of,
)
from .touching import carry_through


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
    frames, at_border = measure_frames(labels)
    return _link(frames, at_border, np.shape(labels[0]), params or TrackParams())


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
    nowhere = np.zeros(sum(map(len, frames)), bool)
    return _link(frames, nowhere, None, params or TrackParams())


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


def relabel_by_track(labels, tracks):
    """Give every object the number of its track, so that it keeps it over time.

    Parameters
    ----------
    labels : (T, H, W) array_like of int, or sequence of (H, W)
        The label images that were linked.
    tracks : structured ndarray
        `labkit.labels.TRACK_DTYPE`.

    Returns
    -------
    (T, H, W) ndarray of int32
        Values are track ids. Objects without a track, for example because it has been
        filtered out, become 0.

    Raises
    ------
    ValueError
        If `tracks` names an object that `labels` does not have.
    """
    tracks = check_tracks(tracks)
    frames = check_frames(labels)
    if len(tracks) and tracks["frame"].max() >= len(frames):
        raise ValueError(
            f"`tracks` goes to frame {tracks['frame'].max()}, `labels` has "
            f"{len(frames)} frames; pass the movie that was linked"
        )
    out = np.zeros((len(frames), *frames[0].shape), np.int32)
    for t, image in enumerate(frames):
        rows = tracks[tracks["frame"] == t]
        index, numbers = small_numbers(image)
        there = np.bincount(index.ravel(), minlength=len(numbers)) > 0
        lost = np.setdiff1d(rows["label"], numbers[there])
        if len(lost):
            raise ValueError(
                f"`tracks` has object {lost[0]} in frame {t}, `labels` has not; pass "
                f"the movie that was linked"
            )
        ids = np.zeros(len(numbers), np.int32)
        ids[np.searchsorted(numbers, rows["label"])] = rows["track_id"]
        out[t] = ids[index]
    return out


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
    return _prepare(as_frames(labels), params or TrackParams())[-1]


def _prepare(frames, params):
    """Return neighbour distance, drift to take away, and params with a radius."""
    check_params(params)
    points = [positions(spots) for spots in frames]
    unit, drift = neighbour_distance(points), np.zeros((len(points), 2))
    if params.remove_drift:
        drift = drift_of(points, unit)
    if params.max_distance is None:
        areas = np.concatenate([spots["area"] for spots in frames])
        params = params.replace(max_distance=radius_of(points, unit, drift, areas))
    return unit, drift, params


def _link(frames, at_border, shape, params):
    """Return the tracks of the spots of each frame."""
    unit, drift, params = _prepare(frames, params)
    spots, shift = np.concatenate(frames), np.cumsum(drift, axis=0)
    scene = Scene(
        where=positions(spots) - shift[spots["frame"]],
        first=np.cumsum([0, *map(len, frames)]),
        frame=spots["frame"],
        area=spots["area"],
        at_border=at_border,
        shift=shift,
        shape=shape,
    )
    previous, flow = link_frames(scene, unit, params)
    i, j = link_pieces(scene, previous, flow, params)
    previous[j] = i
    if params.max_merge:
        carry_through(scene, previous, params)
    drop_stillborn(scene, previous, params.min_life)
    return _to_tracks(spots, previous, scene.first)


def _to_tracks(spots, previous, first):
    """Number the branches in order of appearance, cutting them at divisions."""
    n_next = np.bincount(previous[previous >= 0], minlength=len(spots))
    goes_on = (previous >= 0) & (n_next[previous] == 1)
    number = np.cumsum(~goes_on)  # of those that begin; the others follow
    parent = np.zeros(len(spots) + 1, np.int32)  # of each track
    for start, stop in itertools.pairwise(first):
        here = np.arange(start, stop)
        follows = here[goes_on[here]]
        number[follows] = number[previous[follows]]
    born = np.flatnonzero((previous >= 0) & ~goes_on)
    parent[number[born]] = number[previous[born]]
    tracks = spots.copy()
    tracks["track_id"], tracks["parent_id"] = number, parent[number]
    return tracks[np.lexsort([tracks["frame"], tracks["track_id"]])]
