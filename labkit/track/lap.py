"""The linear assignment problem behind the linking (Jaqaman et al. 2008, [1]_).

Every source may be linked to one target, at a cost, or stay alone; so may every
target. Staying alone has a cost too, and the sum is made as small as possible. Only
pairs within reach are ever held in memory.

.. [1] Jaqaman et al. (2008), Nature Methods 5: 695-702. doi:10.1038/nmeth.1237
"""

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import min_weight_full_bipartite_matching
from scipy.spatial import cKDTree

ALTERNATIVE = 1.05  # cost of staying alone: this, times the largest or a high cost
TINY = 1e-6  # a stored cost must not be zero
STEPS = 2**36  # costs are whole numbers up to this: sums and differences stay exact


def tree_of(points):
    """Return the k-d tree of (n, 2) points, of the kind that is built soonest.

    It is asked once or twice; what a balanced tree saves then is less than it costs.
    """
    return cKDTree(points, balanced_tree=False, compact_nodes=False)


def pairs_within(sources, targets, max_distance):
    """Return all pairs nearer than `max_distance`, by k-d trees.

    Parameters
    ----------
    sources : (n, 2) ndarray
    targets : (m, 2) ndarray
    max_distance : float

    Returns
    -------
    i, j : (n_pairs,) ndarray of int
        Indices of source and target.
    cost : (n_pairs,) ndarray of float
        Their squared distance.
    """
    if len(sources) == 0 or len(targets) == 0:
        empty = np.zeros(0, np.intp)
        return empty, empty, np.zeros(0)
    found = tree_of(sources).sparse_distance_matrix(
        tree_of(targets), max_distance, output_type="ndarray"
    )
    found = found[found["v"] < max_distance]
    found = found[np.argsort(found["i"] * len(targets) + found["j"])]
    return found["i"], found["j"], found["v"] ** 2


def assign(i, j, cost, alternative, corner):
    """Choose the pairs with the smallest total cost, each index at most once.

    The square matrix of [1]_, figure 1: linking costs upper left, cost of staying
    alone on the diagonals of the upper right and lower left, and lower right the
    transposed pattern of the pairs, which makes a full matching possible.

    Parameters
    ----------
    i, j, cost : (n_pairs,) ndarray
        The possible pairs; each at most once.
    alternative : float
        Cost of staying alone (b and d in [1]_).
    corner : float
        Cost in the lower right block.

    Returns
    -------
    chosen : (n_chosen,) ndarray of int
        Indices into the pairs.
    """
    alternative = max(alternative, 1000 * TINY)  # more than a cost of zero
    single = (np.bincount(i)[i] == 1) & (np.bincount(j)[j] == 1)
    wins = single & (cost + corner < 2 * alternative)  # nothing competes with it
    rest = np.flatnonzero(~single)
    won = _solved(i[rest], j[rest], cost[rest], alternative, corner)
    return np.sort(np.concatenate([np.flatnonzero(wins), rest[won]]))


def _solved(i, j, cost, alternative, corner):
    """Return the indices of the pairs that the assignment problem chooses."""
    if len(cost) == 0:
        return np.zeros(0, np.intp)
    sources, row = np.unique(i, return_inverse=True)
    targets, column = np.unique(j, return_inverse=True)
    n, m = len(sources), len(targets)
    rows = np.concatenate([row, np.arange(n), n + np.arange(m), n + column])
    columns = np.concatenate([column, m + np.arange(n), np.arange(m), m + row])
    alone = np.full(n + m, alternative)
    costs = np.concatenate([cost, alone, np.full(len(cost), corner)]) + TINY
    # With rounding errors between nearly equal costs the solver can go in circles.
    costs = np.rint(costs * (STEPS / costs.max())) + 1
    matrix = csr_matrix((costs, (rows, columns)), shape=(n + m, n + m))
    partner = min_weight_full_bipartite_matching(matrix)[1][:n]
    return np.flatnonzero(partner[row] == column)
