"""The two linking steps: every frame with the next, then the pieces of all frames.

Costs and rules are those of Jaqaman et al. 2008 as TrackMate 6 has them; the local
flow before the first step, and the form of the area penalty, are ours.
"""

import numpy as np
from scipy.spatial import cKDTree

from .lap import ALTERNATIVE, assign, pairs_within

PERCENTILE = 90  # of the costs of gaps and divisions: above it, stay apart
FLOW_ROUNDS = 3
ALIKE = 0.8  # daughters may differ so much in area, over their mean, at no cost


def link_frames(points, max_distance, n_neighbours=0):
    """Link each frame with the next.

    Parameters
    ----------
    points : list of (n, 2) ndarray
        Positions in each frame, without drift.
    max_distance : float
    n_neighbours : int
        For `local_flow`; 0 leaves it out.

    Returns
    -------
    previous : (n_spots,) ndarray of int
        Index of each spot's predecessor, -1 for none; spots counted over all frames.
    flow : (n_spots, 2) ndarray
        Expected step of each spot to the next frame.
    """
    first = first_spots(points)
    previous = np.full(first[-1], -1)
    flow = np.zeros((first[-1], 2))
    for t in range(1, len(points)):
        before = slice(first[t - 1], first[t])
        if n_neighbours:
            flow[before] = local_flow(
                points[t - 1], points[t], max_distance, n_neighbours
            )
        expected = points[t - 1] + flow[before]
        i, j, cost = pairs_within(expected, points[t], max_distance)
        if len(cost):
            alternative = ALTERNATIVE * cost.max()
            chosen = assign(i, j, cost, alternative, corner=cost.min())
            previous[first[t] + j[chosen]] = first[t - 1] + i[chosen]
    return previous, flow


def local_flow(before, after, max_distance, n_neighbours):
    """Return the step that the surroundings of each point make, (n, 2).

    Cells of a sheet move with their neighbours. The median step of the nearest
    points that have found a partner (each the other's nearest) shifts the search;
    then the partners are looked for again.
    """
    flow, last = np.zeros_like(before), None
    for _ in range(FLOW_ROUNDS if len(before) and len(after) else 0):
        i, j = mutual_nearest(before + flow, after, max_distance)
        if len(i) == 0 or np.array_equal((i, j), last):
            break
        last = (i, j)
        k = np.arange(1, min(n_neighbours, len(i)) + 1)
        near = cKDTree(before[i]).query(before, k=k)[1]  # (n, k)
        flow = np.median((after[j] - before[i])[near], axis=1)
    return flow


def mutual_nearest(before, after, max_distance):
    """Return the pairs (i, j) in which each is the other's nearest."""
    distance, j = cKDTree(after).query(before, distance_upper_bound=max_distance)
    i = np.flatnonzero(np.isfinite(distance))
    back = cKDTree(before).query(after)[1]
    i = i[back[j[i]] == i]
    return i, j[i]


def link_pieces(points, area, previous, flow, params):
    """Join pieces of tracks across gaps and daughters to mothers.

    Parameters
    ----------
    points : list of (n, 2) ndarray
    area : (n_spots,) ndarray
        px, NaN where it says nothing.
    previous, flow : ndarray
        From `link_frames`.
    params : TrackParams

    Returns
    -------
    i, j : (n_links,) ndarray of int
        Spot j follows spot i.
    """
    first, where = first_spots(points), np.concatenate(points)
    follower = np.full(len(previous), -1)
    linked = np.flatnonzero(previous >= 0)
    follower[previous[linked]] = linked
    ends, mothers = np.flatnonzero(follower < 0), np.flatnonzero(follower >= 0)
    starts = np.flatnonzero(previous < 0)
    nothing = np.zeros(0, np.intp)
    found = [(nothing, nothing, np.zeros(0))]
    for t in range(1, len(points)):
        begin = _in_frame(starts, first, t)
        for gap in range(1, min(params.max_gap, t) + 1):
            some = _in_frame(ends, first, t - gap)
            expected = where[some] + gap * flow[some]
            i, j, cost = pairs_within(expected, where[begin], params.max_distance)
            found.append((some[i], begin[j], cost))
        if params.divisions:
            some = _in_frame(mothers, first, t - 1)
            expected = where[some] + flow[some]
            i, j, cost = pairs_within(expected, where[begin], params.max_distance)
            i, j = some[i], begin[j]
            kept, cost = _penalise(cost, area[follower[i]], area[j], params)
            found.append((i[kept], j[kept], cost))
    i, j, cost = map(np.concatenate, zip(*found, strict=True))
    if len(cost) == 0:
        return nothing, nothing
    alternative = ALTERNATIVE * np.percentile(cost, PERCENTILE, method="lower")
    chosen = assign(i, j, cost, alternative, corner=alternative)
    return i[chosen], j[chosen]


def _penalise(cost, one, other, params):
    """Raise the cost of divisions into unequal areas; return who stays in reach.

    The factor is that of TrackMate's feature penalty, (1 + 1.5 weight difference)
    squared, but it compares the two daughters. TrackMate compares mother and
    daughter, and so speaks against every division that halves the nucleus.
    """
    difference = np.abs(one - other) / np.maximum((one + other) / 2, 1e-9)
    excess = np.nan_to_num(np.clip(difference / ALIKE - 1, 0, None))
    cost = cost * (1 + 1.5 * params.area_penalty * excess) ** 2
    kept = np.flatnonzero(cost < params.max_distance**2)
    return kept, cost[kept]


def drop_stillborn(previous, frame, at_border, min_life):
    """Unlink daughters that vanish within `min_life` frames, the shorter-lived first.

    Segmentation that cuts a nucleus in two for a moment looks like a division. Who
    lives to the last frame, or leaves over the border, is spared. Changes `previous`.
    """
    linked = np.flatnonzero(previous >= 0)
    linked = linked[np.argsort(previous[linked], kind="stable")]
    follower = np.full(len(previous), -1)
    follower[previous[linked]] = linked
    n_next = np.bincount(previous[linked], minlength=len(previous))
    mothers = np.flatnonzero(n_next > 1)[::-1]  # later divisions first
    where = np.searchsorted(previous[linked], mothers)
    for mother, at in zip(mothers, where, strict=True):
        both = linked[at : at + 2]
        life = [_life(s, follower, n_next, frame, at_border, min_life) for s in both]
        if min(life) <= min_life:
            dies = int(np.argmin(life))
            previous[both[dies]] = -1
            follower[mother], n_next[mother] = both[1 - dies], 1


def _life(spot, follower, n_next, frame, at_border, min_life):
    """Return how many frames a branch lasts, or infinity if that does not matter."""
    last = spot
    while frame[last] - frame[spot] < min_life:
        if n_next[last] > 1:
            return np.inf
        if n_next[last] == 0:
            spared = at_border[last] or frame[last] == frame[-1]
            return np.inf if spared else frame[last] - frame[spot] + 1
        last = follower[last]
    return np.inf


def first_spots(points):
    """Return the index of each frame's first spot, and the number of all, (T + 1,)."""
    return np.cumsum([0, *map(len, points)])


def _in_frame(spots, first, t):
    """Return those of the sorted spot indices that lie in frame `t`."""
    return spots[slice(*np.searchsorted(spots, first[t : t + 2]))]
