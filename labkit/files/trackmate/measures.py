"""The values of TrackMate's features, by its definitions, of all tracks at once."""

from typing import NamedTuple

import numpy as np

from ..graphs import trees
from ..lineage import links
from .features import BRANCH, LABEL


class Model(NamedTuple):
    """What TrackMate calls a model: spots, edges and tracks with their features.

    Attributes
    ----------
    spots, edges, families : dict of str to (n,) ndarray
        Values by key; NaN where a feature is not defined. A family is a track of
        TrackMate: two spots at least.
    family : (n_spots,) ndarray of int
        TRACK_ID of each spot, -1 without one.
    """

    spots: dict
    edges: dict
    families: dict
    family: np.ndarray


def measure(tracks, px=1.0, dt=1.0, radius=5.0):
    """Measure everything that TrackMate measures.

    Parameters
    ----------
    tracks : structured ndarray
        From `labkit.files.lineage.check_tracks`. The row is the spot's ID.
    px, dt : float
        Pixel size and frame interval.
    radius : float
        Of spots whose area is unknown, px.

    Returns
    -------
    Model
    """
    edges = links(tracks)
    tree = trees(len(tracks), edges)
    linked = np.bincount(tree, minlength=tree.max(initial=-1) + 1) > 1
    family = np.where(linked[tree], (np.cumsum(linked) - 1)[tree], -1)
    spots = _spots(tracks, px, dt, radius)
    steps = _edges(spots, edges, len(tracks))
    return Model(spots, steps, _families(spots, steps, family), family)


def _spots(tracks, px, dt, radius):
    """Return the features of the spots."""
    area = tracks["area"]
    known = np.nan_to_num(area, nan=np.pi * radius**2)
    zero = np.zeros(len(tracks))
    return {
        "ID": np.arange(len(tracks)),
        "QUALITY": np.nan_to_num(area, nan=0.0),
        "POSITION_X": tracks["x"] * px,
        "POSITION_Y": tracks["y"] * px,
        "POSITION_Z": zero,
        "POSITION_T": tracks["frame"] * dt,
        "FRAME": tracks["frame"],
        "RADIUS": np.sqrt(known / np.pi) * px,
        "VISIBILITY": np.ones(len(tracks), int),
        "AREA": area * px**2,
        LABEL: tracks["label"],
        BRANCH: tracks["track_id"],
    }


def _edges(spots, edges, n_spots):
    """Return the features of the links."""
    one, other = edges.T
    x, y, t = (spots[f"POSITION_{axis}"] for axis in "XYT")
    step = np.stack([x[other] - x[one], y[other] - y[one]])
    duration, length = t[other] - t[one], np.hypot(*step)
    into = np.full(n_spots, -1)  # the link that leads to a spot
    into[other] = np.arange(len(edges))
    last = into[one]
    before = step[:, last] if len(edges) else step
    cross = np.abs(before[0] * step[1] - before[1] * step[0])
    turn = np.arctan2(cross, (before * step).sum(axis=0))
    return {
        "SPOT_SOURCE_ID": one,
        "SPOT_TARGET_ID": other,
        "LINK_COST": length**2,
        "DIRECTIONAL_CHANGE_RATE": np.where(last >= 0, turn / duration, np.nan),
        "SPEED": length / duration,
        "DISPLACEMENT": length,
        "EDGE_TIME": (t[one] + t[other]) / 2,
        "EDGE_X_LOCATION": (x[one] + x[other]) / 2,
        "EDGE_Y_LOCATION": (y[one] + y[other]) / 2,
        "EDGE_Z_LOCATION": np.zeros(len(edges)),
    }


def _families(spots, steps, family):
    """Return the features of the tracks."""
    n = family.max(initial=-1) + 1
    at = np.flatnonzero(family >= 0)
    rows = at[np.lexsort([spots["FRAME"][at], family[at]])]  # by track and time
    first, last = _group_ends(family[rows])
    first, last = rows[first], rows[last]
    one, other = steps["SPOT_SOURCE_ID"], steps["SPOT_TARGET_ID"]
    of_step = family[one]
    gap = spots["FRAME"][other] - spots["FRAME"][one]
    n_next = np.bincount(one, minlength=len(family))
    t, where = spots["POSITION_T"], np.stack([spots["POSITION_X"], spots["POSITION_Y"]])
    found = {"TRACK_INDEX": np.arange(n), "TRACK_ID": np.arange(n)}
    found["NUMBER_SPOTS"] = np.bincount(family[at], minlength=n)
    found["NUMBER_GAPS"] = np.bincount(of_step[gap > 1], minlength=n)
    found["NUMBER_SPLITS"] = np.bincount(family[n_next > 1], minlength=n)
    found["NUMBER_MERGES"] = found["NUMBER_COMPLEX"] = np.zeros(n, int)
    found["LONGEST_GAP"] = _highest(of_step, gap - 1, n).astype(int)
    found["TRACK_DURATION"] = t[last] - t[first]
    found["TRACK_START"], found["TRACK_STOP"] = t[first], t[last]
    found["TRACK_DISPLACEMENT"] = np.hypot(*(where[:, last] - where[:, first]))
    for axis in "XYZ":
        mean = _mean(family[at], spots[f"POSITION_{axis}"][at], n)
        found[f"TRACK_{axis}_LOCATION"] = mean
    found |= _speeds(of_step, steps["SPEED"], n)
    found["TRACK_MEAN_QUALITY"] = _mean(family[at], spots["QUALITY"][at], n)
    away = np.hypot(*(where[:, other] - where[:, first[of_step]]))
    turns = steps["DIRECTIONAL_CHANGE_RATE"]
    length = np.bincount(of_step, steps["DISPLACEMENT"], minlength=n)
    return found | _motility(found, of_step, away, turns, length, n)


def _speeds(of_step, speed, n):
    """Return mean, extremes, median and deviation of the speeds of each track."""
    order = np.lexsort([speed, of_step])
    first, last = _group_ends(of_step[order])
    ranked, size = speed[order], last - first + 1
    mean = _mean(of_step, speed, n)
    squares = np.bincount(of_step, (speed - mean[of_step]) ** 2, minlength=n)
    with np.errstate(invalid="ignore", divide="ignore"):
        deviation = np.where(size > 1, np.sqrt(squares / (size - 1)), 0.0)
    return {
        "TRACK_MEAN_SPEED": mean,
        "TRACK_MAX_SPEED": ranked[last],
        "TRACK_MIN_SPEED": ranked[first],
        "TRACK_MEDIAN_SPEED": ranked[first + size // 2],
        "TRACK_STD_SPEED": deviation,
    }


def _motility(found, of_step, away, turns, length, n):
    """Return what TrackMate's motility analysis adds; NaN for 0 / 0."""
    known = ~np.isnan(turns)
    with np.errstate(invalid="ignore"):
        straight = found["TRACK_DISPLACEMENT"] / found["TRACK_DURATION"]
        return {
            "TOTAL_DISTANCE_TRAVELED": length,
            "MAX_DISTANCE_TRAVELED": _highest(of_step, away, n),
            "CONFINEMENT_RATIO": found["TRACK_DISPLACEMENT"] / length,
            "MEAN_STRAIGHT_LINE_SPEED": straight,
            "LINEARITY_OF_FORWARD_PROGRESSION": straight / found["TRACK_MEAN_SPEED"],
            "MEAN_DIRECTIONAL_CHANGE_RATE": _mean(of_step[known], turns[known], n),
        }


def _group_ends(sorted_ids):
    """Return where each group of equal numbers begins and ends."""
    first = np.flatnonzero(np.diff(sorted_ids, prepend=-1))
    return first, np.append(first[1:], len(sorted_ids))[: len(first)] - 1


def _highest(index, values, n):
    """Return the highest value of each index, 0 at least."""
    out = np.zeros(n)
    np.maximum.at(out, index, values)
    return out


def _mean(index, values, n):
    """Return the mean of the values of each index, NaN where there are none."""
    count = np.bincount(index, minlength=n).astype(float)
    count[count == 0] = np.nan
    return np.bincount(index, values, minlength=n) / count
