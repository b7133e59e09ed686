"""Where an object is expected in the next frame, told by its surroundings.

Cells of a sheet move with their neighbours. Link, take the median step of the nearest
linked neighbours as the expected step of each object, link again. Where objects move
about as far as they stand apart, the first links are wrong, and so is what follows;
then other beginnings are tried as well and the cheapest result is kept.
"""

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

from .lap import ALTERNATIVE, assign, pairs_within

ROUNDS = 2  # link again so often
MIN_LINKED = 4  # fewer links in a frame are no flow
UNCLEAR = 0.15  # mean cost, in squares of the search radius, that asks for more trials
SURROUNDINGS = (25, 80)  # objects that vote on a local step
REACH = 2.5  # longest local step that is looked for, in neighbour distances
WIDTH = 0.2  # smoothing of the votes, in neighbour distances
PER_CENTRE = 6  # places where votes are counted for each surrounding


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
    for _ in range(ROUNDS):
        flow = local_flow(before, i, after[j], n_neighbours)
        i, j = link_pair(before + flow, after, max_distance)
    cost = (before[i] + flow[i] - after[j]) ** 2 / max_distance**2
    n_alone = len(before) - len(i)
    return i, j, flow, (cost.sum() + n_alone) / max(len(before), 1)


def local_flow(points, linked, followers, n_neighbours):
    """Return the median step of the nearest linked points.

    Parameters
    ----------
    points : (n, 2) ndarray
    linked : (n_linked,) ndarray of int
        Which points have a follower.
    followers : (n_linked, 2) ndarray
        Where it is.
    n_neighbours : int

    Returns
    -------
    (n, 2) ndarray
    """
    if len(linked) < MIN_LINKED:
        return np.zeros_like(points)
    k = np.arange(1, min(n_neighbours, len(linked)) + 1)
    near = cKDTree(points[linked]).query(points, k=k)[1]  # (n, k)
    return np.median((followers - points[linked])[near], axis=1)


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
    bins = (after[j] - before[i] + reach) / (2 * reach) * n_bins
    cells = np.floor(bins).astype(int) @ [n_bins, 1]
    cells = np.split(cells, np.searchsorted(i, np.arange(1, len(before))))
    centres = before[:: max(n_voters // PER_CENTRE, 1)]
    k = np.arange(1, min(n_voters, len(before)) + 1)
    steps = np.zeros_like(centres)
    for step, voters in zip(steps, cKDTree(before).query(centres, k=k)[1], strict=True):
        found = np.concatenate([cells[voter] for voter in voters])
        votes = np.bincount(found, minlength=n_bins**2).reshape(n_bins, n_bins)
        votes = gaussian_filter(votes.astype(float), 2, mode="constant")
        best = np.array(np.unravel_index(votes.argmax(), votes.shape))
        step[:] = (best + 0.5) * (2 * reach / n_bins) - reach
    return steps[cKDTree(centres).query(before)[1]]
