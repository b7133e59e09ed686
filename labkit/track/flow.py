"""Where an object is expected in the next frame, told by its surroundings.

Cells of a sheet move with their neighbours. Link, take the median step of the nearest
linked neighbours as the expected step of each object, link again. Where objects move
about as far as they stand apart, the first links are wrong, and so is what follows;
then other beginnings are tried as well and the cheapest result is kept.
"""

import numpy as np
from scipy.ndimage import gaussian_filter

from .lap import ALTERNATIVE, assign, pairs_within, tree_of

ROUNDS = 2  # link again so often, or until so few links change
SETTLED = 0.01
MOST_PLACES = 5_000  # where the step of the surroundings is looked at in one frame
MIN_LINKED = 4  # fewer links in a frame are no flow
UNCLEAR = 0.2  # mean cost, in squares of the search radius, that asks for more trials
SURROUNDINGS = (25, 80)  # objects that vote on a local step
REACH = 2.5  # longest local step that is looked for, in neighbour distances
WIDTH = 0.2  # smoothing of the votes, in neighbour distances
PER_CENTRE = 6  # places where votes are counted for each surrounding
AT_ONCE = 256  # places counted together: enough for speed, little memory


def link_pair(before, after, max_distance):
    """Return the links (i, j) between the points of two frames."""
    i, j, cost = pairs_within(before, after, max_distance)
    if len(cost) == 0:
        return i, j
    alternative = ALTERNATIVE * cost.max()
    chosen = assign(i, j, cost, alternative, corner=cost.min())
    return i[chosen], j[chosen]


def link_with_flow(before, after, max_distance, n_neighbours, unit):
    """Link two frames, expecting each point where its neighbours go.

    Parameters
    ----------
    before, after : (n, 2), (m, 2) ndarray
    max_distance : float
    n_neighbours : int
    unit : float
        Typical distance to the nearest neighbour, px.

    Returns
    -------
    i, j : (n_links,) ndarray of int
    flow : (n, 2) ndarray
        Expected step of each point.
    """
    arguments = (before, after, max_distance, n_neighbours)
    best = _refine(*arguments, np.zeros_like(before))
    if best[-1] > UNCLEAR and np.isfinite(unit):
        for n_voters in SURROUNDINGS:
            start = voted_flow(before, after, unit, n_voters)
            best = min(best, _refine(*arguments, start), key=lambda trial: trial[-1])
    return best[:-1]


def _refine(before, after, max_distance, n_neighbours, flow):
    """Link, beginning with a flow; return links, flow and mean cost (0 to 1)."""
    i, j = link_pair(before + flow, after, max_distance)
    if len(i) < MIN_LINKED:
        flow = np.zeros_like(before)
        i, j = link_pair(before, after, max_distance)
        return i, j, flow, _cost(before, after, i, j, max_distance)
    near, place = _surroundings(before, i, n_neighbours)
    steps = np.zeros_like(before)
    follower = _followers(i, j, len(before))
    for _ in range(ROUNDS):
        steps[i] = after[j] - before[i]
        flow = np.median(steps[near], axis=1)[place]
        i, j = link_pair(before + flow, after, max_distance)
        old, follower = follower, _followers(i, j, len(before))
        if np.mean(follower != old) < SETTLED:
            break
    return i, j, flow, _cost(before + flow, after, i, j, max_distance)


def _followers(i, j, n):
    """Return what each of n points is linked to, -1 for nothing."""
    follower = np.full(n, -1)
    follower[i] = j
    return follower


def _surroundings(points, linked, n_neighbours):
    """Return the nearest linked points of some places, and the place of each point."""
    places = points[:: max(len(points) // MOST_PLACES, 1)]
    k = np.arange(1, min(n_neighbours, len(linked)) + 1)
    near = linked[tree_of(points[linked]).query(places, k=k)[1]]  # (places, k)
    if len(places) == len(points):
        return near, slice(None)
    return near, tree_of(places).query(points)[1]


def _cost(expected, after, i, j, max_distance):
    """Return the mean cost of the links, in squares of the radius; 1 if not linked."""
    cost = ((expected[i] - after[j]) ** 2).sum() / max_distance**2
    return (cost + len(expected) - len(i)) / max(len(expected), 1)


def voted_flow(before, after, unit, n_voters):
    """Return the step that the displacements around each point agree on.

    Needs no links: all displacements of the nearest points to points of the next
    frame vote, as in `labkit.track.estimate_drift`, but place by place.

    Parameters
    ----------
    before, after : (n, 2), (m, 2) ndarray
    unit : float
        Typical distance to the nearest neighbour, px.
    n_voters : int

    Returns
    -------
    (n, 2) ndarray
    """
    reach, n_bins = REACH * unit, int(np.ceil(4 * REACH / WIDTH))
    i, j, _ = pairs_within(before, after, reach)
    bins = np.floor((after[j] - before[i] + reach) / (2 * reach) * n_bins).astype(int)
    first = np.searchsorted(i, np.arange(len(before) + 1))
    centres = before[:: max(n_voters // PER_CENTRE, 1)]
    k = np.arange(1, min(n_voters, len(before)) + 1)
    voters = tree_of(before).query(centres, k=k)[1]
    best = np.concatenate(
        [
            _most_votes(bins, first, voters[start : start + AT_ONCE], n_bins)
            for start in range(0, len(centres), AT_ONCE)
        ]
    )
    steps = (best + 0.5) * (2 * reach / n_bins) - reach
    return steps[tree_of(centres).query(before)[1]]


def _most_votes(bins, first, voters, n_bins):
    """Return the bin (row, col) that gets most votes at each place.

    `first` is where the displacements of each point begin among `bins`; `voters` are
    the (places, n) points that vote at each place.
    """
    n_votes = np.diff(first)[voters].ravel()
    place = np.repeat(np.repeat(np.arange(len(voters)), voters.shape[1]), n_votes)
    within = np.arange(len(place)) - np.repeat(np.cumsum(n_votes) - n_votes, n_votes)
    row, column = bins[np.repeat(first[:-1][voters].ravel(), n_votes) + within].T
    shape = len(voters), n_bins, n_bins
    cells = np.ravel_multi_index((place, row, column), shape)
    votes = np.bincount(cells, minlength=np.prod(shape)).reshape(shape).astype(float)
    votes = gaussian_filter(votes, (0, 2, 2), mode="constant")
    best = votes.reshape(len(voters), -1).argmax(axis=1)
    return np.stack(np.unravel_index(best, shape[1:]), axis=1)
