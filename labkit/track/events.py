"""How much a division looks like one: two like daughters that share their mother.

A nucleus that is cut in two by the segmentation, or a neighbour that comes up from
another plane, is linked like a daughter. Area tells most of them apart: before it
divides, a nucleus condenses, and each daughter gets half of it.
"""

import numpy as np

from ..labels import check_tracks, runs
from .lineage import count

HISTORY = 10  # frames over which the usual area of a mother is taken
EVENNESS = (0.2, 0.8)  # smaller / larger daughter: no division, a good one
SHARE = (2.5, 1.2)  # area of both daughters / usual area of the mother: likewise
SLIVERS = (0.1, 0.2)  # the same: fragments, or all but cut off by the border
CONDENSED = (1.0, 0.6)  # last / usual area of the mother: likewise, for half the score

EVENT_DTYPE = np.dtype(
    [
        ("track_id", "i4"),
        ("first_id", "i4"),
        ("second_id", "i4"),
        ("frame", "i4"),
        ("y", "f8"),
        ("x", "f8"),
        ("condensed", "f8"),
        ("evenness", "f8"),
        ("share", "f8"),
        ("score", "f8"),
    ]
)


def division_score(usual, last, first, second):
    """Say how much areas speak for a division.

    Parameters
    ----------
    usual, last : (n,) array_like of float
        Usual area of the mother, and that before the division, px.
    first, second : (n,) array_like of float
        Areas of the daughters.

    Returns
    -------
    (n,) ndarray of float
        0 looks like none, 1 like a good one; a mother that did not condense gets half
        of that. NaN where an area is not known.

    Examples
    --------
    >>> division_score([100, 100], [50, 100], [48, 95], [45, 100]).round(2).tolist()
    [1.0, 0.17]
    >>> division_score([100], [50], [5], [5]).tolist()  # slivers
    [0.0]
    """
    usual, last, *both = (np.asarray(a, float) for a in (usual, last, first, second))
    evenness = _grade(np.minimum(*both) / np.maximum(*both), EVENNESS)
    both = np.log(np.add(*both) / usual)
    share = _grade(both, np.log(SHARE)) * _grade(both, np.log(SLIVERS))
    return evenness * share * (1 + _grade(last / usual, CONDENSED)) / 2


def _grade(value, limits):
    """Return 0 at the first limit or beyond, 1 at the second, and linear between."""
    low, high = limits
    return np.clip((value - low) / (high - low), 0, 1)


def division_events(tracks):
    """Return the divisions into two, with their daughters and how likely they are.

    Parameters
    ----------
    tracks : structured ndarray
        `labkit.labels.TRACK_DTYPE`.

    Returns
    -------
    structured ndarray
        One row for each division, the least likely first: track_id of the mother,
        first_id and second_id of the daughters, frame (the first with a daughter),
        y, x (px, the mother's last position), condensed (the mother's last / usual
        area, the median of her last 10 frames), evenness (area of the smaller / the
        larger daughter), share (area of both / usual area of the mother) and score,
        see `division_score`; NaN where areas are not known.

    Raises
    ------
    TypeError, ValueError
        If `tracks` is no table of tracks.
    """
    tracks = check_tracks(tracks)
    order, first, last = runs(tracks)
    start, area = tracks[order[first]], tracks["area"][order]
    born = start[np.lexsort([start["frame"], start["parent_id"]])]
    n_daughters = count(start["parent_id"], start["track_id"])
    events = []
    for k in np.flatnonzero(n_daughters == 2):
        mother = tracks[order[last[k]]]
        at = np.searchsorted(born["parent_id"], mother["track_id"])
        own, daughters = area[first[k] : last[k] + 1][-HISTORY:], born[at : at + 2]
        events.append(_event(mother, own[~np.isnan(own)], daughters))
    events = np.array(events, EVENT_DTYPE)
    return events[np.argsort(events["score"], kind="stable")]


def _event(mother, own, daughters):
    """Return one row of `division_events`, from the mother's last areas."""
    usual, both = np.median(own) if len(own) else np.nan, daughters["area"]
    measures = mother["area"] / usual, both.min() / both.max(), both.sum() / usual
    score = division_score(usual, mother["area"], *both)
    ids, frame = daughters["track_id"].tolist(), daughters["frame"].min()
    place = frame, mother["y"], mother["x"]
    return mother["track_id"], *ids, *place, *measures, score
