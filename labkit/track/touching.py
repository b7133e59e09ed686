"""Nuclei that touch, are segmented as one object for a while, and separate again.

The step for merging of Jaqaman et al. 2008 [1]_ lets a track end in another one; that
it comes out again then looks like a division. Nuclei do not merge: here a union is
believed if it separates again, and both tracks go on through it, one with the object
that both of them are, the other across a gap.

.. [1] Jaqaman et al. (2008), Nature Methods 5: 695-702. doi:10.1038/nmeth.1237
"""

from typing import NamedTuple

import numpy as np

from .lap import pairs_within, tree_of

NEAR = 2.0  # centres of nuclei that touch, at most, in sums of their radii
MOST = 1.25  # area of a union, at most, in sums of the areas
UNSURE = 0.2  # logarithm of areas that counts like a step of max_distance
UNLIKE = 0.3  # logarithm of areas that counts like a quarter turn of the pair


class Way(NamedTuple):
    """The links of all spots, seen forwards or backwards in time."""

    step: int
    """1 or -1 frame."""
    partner: np.ndarray
    """(n,) index of the spot in the frame that is next on the way, -1 for none."""
    loose: np.ndarray
    """(n,) bool: no partner, or one that it shares: a daughter, which may be none."""
    free: np.ndarray
    """(n,) bool: nobody's partner, across no gap either."""


def carry_through(scene, previous, params):
    """Lead tracks through objects in which they are hidden. Changes `previous`.

    Parameters
    ----------
    scene : labkit.track.pieces.Scene
        Spots without an area are left alone.
    previous : (n,) ndarray of int
        Index of each spot's predecessor, -1 for none.
    params : TrackParams
        max_merge: most frames that an object may be a union; max_distance.
    """
    for _ in range(params.max_merge):  # a union in which another one hides comes later
        if not _carry_some(scene, previous, params):
            break


def _carry_some(scene, previous, params):
    """Lead tracks through the unions that can be solved now; return if there were."""
    ahead, back = both_ways(scene.frame, previous)
    parted = {union: pair for *pair, union in unions(scene, back, params.max_distance)}
    found = []
    for *pair, union in unions(scene, ahead, params.max_distance):
        for n, last in enumerate(_walk(ahead, union, params.max_merge), start=1):
            if last in parted:
                found.append((n, pair, union, last))
    begun, ended = set(), set()
    for _, pair, union, last in sorted(found):  # what is hidden shortest first
        if union not in begun and last not in ended:
            begun.add(union)
            ended.add(last)
            _relink(scene, previous, pair, (union, last), parted[last])
    return bool(begun)


def both_ways(frame, previous):
    """Return the links forwards and backwards in time, as two of `Way`."""
    after = np.flatnonzero(previous >= 0)
    before = previous[after]
    n_next = np.bincount(before, minlength=len(previous))
    near = frame[after] == frame[before] + 1
    partners = np.full((2, len(previous)), -1)
    partners[0, before[near]], partners[1, after[near]] = after[near], before[near]
    partners[0, n_next > 1] = -1
    shared = np.zeros(len(previous), bool)
    shared[after] = near & (n_next[before] > 1)
    starts, ends = previous < 0, n_next == 0
    return (
        Way(1, partners[0], loose=ends, free=starts),
        Way(-1, partners[1], loose=starts | shared, free=ends),
    )


def unions(scene, way, reach):
    """Find where two spots of a frame are one spot of the frame that is next.

    Parameters
    ----------
    scene : labkit.track.pieces.Scene
    way : Way
    reach : float
        Longest step, px.

    Returns
    -------
    list of (int, int, int)
        The two, and the one that is both; each spot at most once.
    """
    found = [np.zeros((4, 0))]
    for t in range(max(-way.step, 0), scene.n_frames - max(way.step, 0)):
        a, b = _neighbours(scene, way, t)
        firm = np.where(way.loose[b], -1, way.partner[b])
        union = np.where(firm < 0, np.maximum(way.partner[a], way.partner[b]), firm)
        alone = np.flatnonzero(union < 0)
        union[alone] = _nearest_free(scene, way, t, a[alone], b[alone])
        there = union >= 0
        a, b, union = a[there], b[there], union[there]
        cost = _misfit(scene, a, b, union, reach)
        found.append(np.stack([cost, a, b, union])[:, cost < 1])
    table = np.concatenate(found, axis=1)
    used, kept = set(), []
    for a, b, union in table[1:, np.argsort(table[0])].T.astype(int).tolist():
        if used.isdisjoint((a, b, union)):
            used |= {a, b, union}
            kept.append((a, b, union))
    return kept


def _neighbours(scene, way, t):
    """Return the pairs (a, b) of frame `t` that touch, where a is loose."""
    here = np.arange(scene.first[t], scene.first[t + 1])
    here = here[np.isfinite(scene.area[here])]
    loose = here[way.loose[here]]
    other = here[way.loose[here] | (way.partner[here] >= 0)]
    if len(loose) == 0:
        return loose, loose
    radius = np.sqrt(scene.area / np.pi)
    far = NEAR * (radius[loose].max() + np.percentile(radius[other], 99))
    i, j, square = pairs_within(scene.where[loose], scene.where[other], far)
    a, b = loose[i], other[j]
    good = (a < b) | ((a != b) & ~way.loose[b])  # pairs of loose ones come twice
    good &= square < (NEAR * (radius[a] + radius[b])) ** 2
    one, two = way.partner[a], way.partner[b]
    good &= (one < 0) | (two < 0) | (one == two) | ~way.loose[b]
    return a[good], b[good]


def _centre(scene, a, b):
    """Return the common centre of mass of each pair."""
    weight = (scene.area[a] / (scene.area[a] + scene.area[b]))[:, None]
    return weight * scene.where[a] + (1 - weight) * scene.where[b]


def _nearest_free(scene, way, t, a, b):
    """Return the free spot of the next frame that is nearest to each pair, or -1."""
    there = np.arange(scene.first[t + way.step], scene.first[t + way.step + 1])
    there = there[way.free[there]]
    if len(there) == 0 or len(a) == 0:
        return np.full(len(a), -1)
    return there[tree_of(scene.where[there]).query(_centre(scene, a, b))[1]]


def _misfit(scene, a, b, union, reach):
    """Return how badly a spot is the union of two, good: below 1."""
    areas = np.sort([scene.area[a], scene.area[b]], axis=0)
    total, area = areas.sum(axis=0), scene.area[union]
    way = np.hypot(*(scene.where[union] - _centre(scene, a, b)).T) / reach
    cost = (way**2 + (np.log(area / total) / UNSURE) ** 2) / 2
    whole = (area > total - areas[0] / 2) & (area < MOST * total)
    return np.where(whole & (way < 1), np.minimum(cost, 0.99), np.inf)


def _walk(way, spot, n):
    """Yield the spot and those that follow, `n` at most."""
    for _ in range(n):
        if spot < 0:
            return
        yield spot
        spot = way.partner[spot]


def _relink(scene, previous, before, union, after):
    """Let the two before a union go on as the two after it, the better way round."""
    if not _same_way_round(scene, before, after):
        after = after[::-1]
    first, last = union
    goes_with = before.index(previous[first]) if previous[first] in before else None
    if goes_with is None:
        goes_with = int(np.argmax(scene.area[before]))
    previous[first] = before[goes_with]
    previous[after[goes_with]] = last
    previous[after[1 - goes_with]] = before[1 - goes_with]


def _same_way_round(scene, before, after):
    """Whether the first of a pair before is the first of the pair after."""
    v, w = (scene.where[pair[0]] - scene.where[pair[1]] for pair in (before, after))
    cosine = v @ w / max(np.hypot(*v) * np.hypot(*w), 1e-9)
    one, other = (np.log(scene.area[p[0]] / scene.area[p[1]]) for p in (before, after))
    return 2 * cosine + 4 * one * other / UNLIKE**2 > 0
