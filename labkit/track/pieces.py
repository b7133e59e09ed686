"""The two linking steps: every frame with the next, then the pieces of all frames.

Costs and rules are those of Jaqaman et al. 2008 as TrackMate 6 has them. The flow (see
`labkit.track.flow`), the form of the area penalty, the two rules against false
daughters (who came in over the border, who vanishes at once) and that against false
gaps (who leaves over the border does not come back) are ours.
"""

import warnings
from typing import NamedTuple

import numpy as np

from .events import HISTORY, division_score
from .flow import link_pair, link_with_flow
from .lap import ALTERNATIVE, assign, pairs_within

ALIKE = 0.8  # daughters may differ so much in area, over their mean, at no cost


class Scene(NamedTuple):
    """The spots of all frames, one after the other, and the field they are seen in."""

    where: np.ndarray
    """(n, 2) positions (row, col) without drift, px."""
    first: np.ndarray
    """(T + 1,) index of each frame's first spot, and n."""
    frame: np.ndarray
    """(n,) frame of each spot."""
    area: np.ndarray
    """(n,) px, NaN where it is not known."""
    at_border: np.ndarray
    """(n,) bool."""
    shift: np.ndarray
    """(T, 2) drift since the first frame, px."""
    shape: tuple | None
    """(H, W) of the field, None if unknown."""

    @property
    def n_frames(self):
        """Number of frames."""
        return len(self.first) - 1

    def of(self, t):
        """Return the slice of the spots of frame `t`."""
        return slice(self.first[t], self.first[t + 1])

    def among(self, spots, t):
        """Return those of the sorted indices `spots` that lie in frame `t`."""
        return spots[slice(*np.searchsorted(spots, self.first[t : t + 2]))]


def link_frames(scene, unit, params):
    """Link each frame with the next.

    Parameters
    ----------
    scene : Scene
    unit : float
        Typical distance to the nearest neighbour, px.
    params : TrackParams

    Returns
    -------
    previous : (n,) ndarray of int
        Index of each spot's predecessor, -1 for none.
    flow : (n, 2) ndarray
        Expected step of each spot to the next frame.
    """
    previous = np.full(len(scene.where), -1)
    flow = np.zeros_like(scene.where)
    reach, n_neighbours = params.max_distance, params.flow_neighbours
    for t in range(1, scene.n_frames):
        before, after = scene.of(t - 1), scene.of(t)
        points = scene.where[before], scene.where[after]
        if n_neighbours and len(points[0]) and len(points[1]):
            i, j, flow[before] = link_with_flow(*points, reach, n_neighbours, unit)
        else:
            i, j = link_pair(*points, reach)
        previous[after.start + j] = before.start + i
    return previous, flow


def link_pieces(scene, previous, flow, params):
    """Join pieces of tracks across gaps and daughters to mothers.

    Parameters
    ----------
    scene : Scene
    previous, flow : ndarray
        From `link_frames`.
    params : TrackParams

    Returns
    -------
    i, j : (n_links,) ndarray of int
        Spot j follows spot i.
    """
    follower = np.full(len(previous), -1)
    linked = np.flatnonzero(previous >= 0)
    follower[previous[linked]] = linked
    nothing = np.zeros(0, np.intp)
    found = [(nothing, nothing, np.zeros(0))]
    found.extend(_gaps(scene, previous, follower, flow, params))
    if params.divisions:
        found.extend(_divisions(scene, previous, follower, flow, params))
    i, j, cost = map(np.concatenate, zip(*found, strict=True))
    if len(cost) == 0:
        return nothing, nothing
    limit = np.percentile(cost, params.cost_percentile, method="lower")
    alternative = ALTERNATIVE * limit
    chosen = assign(i, j, cost, alternative, corner=alternative)
    i, j = i[chosen], j[chosen]
    usual, first = _usual_area(scene.area, previous, i), follower[i]  # -1: a gap
    other = np.where(first >= 0, scene.area[first], np.nan)
    score = division_score(usual, scene.area[i], other, scene.area[j])
    unlikely = score < params.min_division_score
    return i[~unlikely], j[~unlikely]


def _gaps(scene, previous, follower, flow, params):
    """Yield pairs (i, j, cost) of an end and a start up to max_gap frames later."""
    starts, ends = np.flatnonzero(previous < 0), np.flatnonzero(follower < 0)
    for t in range(1, scene.n_frames):
        begin = scene.among(starts, t)
        for gap in range(1, min(params.max_gap, t) + 1):
            some = scene.among(ends, t - gap)
            expected = scene.where[some] + gap * flow[some]
            i, j, cost = pairs_within(expected, scene.where[begin], params.max_distance)
            i, j = some[i], begin[j]
            stays = (gap == 1) | ~(scene.at_border[i] & scene.at_border[j])
            yield i[stays], j[stays], cost[stays]


def _divisions(scene, previous, follower, flow, params):
    """Yield pairs (i, j, cost) of a spot that goes on and a start in the next frame."""
    starts, mothers = np.flatnonzero(previous < 0), np.flatnonzero(follower >= 0)
    whole = np.where(scene.at_border, np.nan, scene.area)
    for t in range(1, scene.n_frames):
        begin, some = scene.among(starts, t), scene.among(mothers, t - 1)
        expected = scene.where[some] + flow[some]
        i, j, cost = pairs_within(expected, scene.where[begin], params.max_distance)
        i, j = some[i], begin[j]
        cost = cost * _penalty(whole[follower[i]], whole[j], params)
        kept = cost < params.max_distance**2
        if scene.shape is not None:  # else it came in from outside, with the others
            came_from = scene.where[j] - flow[i] + scene.shift[t - 1]
            inside = (came_from >= 0) & (came_from <= np.array(scene.shape) - 1)
            kept &= inside.all(axis=1)
        yield i[kept], j[kept], cost[kept]


def _usual_area(area, previous, spots):
    """Return the median area over the last frames of the pieces that end in `spots`."""
    history, spot = [area[spots]], spots
    for _ in range(HISTORY - 1):
        spot = np.where(spot >= 0, previous[spot], -1)
        history.append(np.where(spot >= 0, area[spot], np.nan))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # no area is known at all
        return np.nanmedian(history, axis=0)


def _penalty(one, other, params):
    """Return the factor on the cost of a division into unequal areas.

    The form is that of TrackMate's feature penalty, (1 + 1.5 weight difference)
    squared, but it compares the two daughters. TrackMate compares mother and
    daughter, and so speaks against every division that halves the nucleus.
    """
    difference = np.abs(one - other) / np.maximum((one + other) / 2, 1e-9)
    excess = np.nan_to_num(np.clip(difference / ALIKE - 1, 0, None))
    return (1 + 1.5 * params.area_penalty * excess) ** 2


def drop_stillborn(scene, previous, min_life):
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
        life = [_life(scene, spot, follower, n_next, min_life) for spot in both]
        if min(life) <= min_life:
            dies = int(np.argmin(life))
            previous[both[dies]] = -1
            follower[mother], n_next[mother] = both[1 - dies], 1


def _life(scene, spot, follower, n_next, min_life):
    """Return how many frames a branch lasts, or infinity if that does not matter."""
    last, frame = spot, scene.frame
    while frame[last] - frame[spot] < min_life:
        if n_next[last] > 1:
            return np.inf
        if n_next[last] == 0:
            spared = scene.at_border[last] or frame[last] == frame[-1]
            return np.inf if spared else frame[last] - frame[spot] + 1
        last = follower[last]
    return np.inf
