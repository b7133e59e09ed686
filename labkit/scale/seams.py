"""Objects of overlapping blocks, settled over the seams: no cut nuclei, none twice.

Each block sees more than its core. An object belongs to the block whose core holds its
centroid, a point that both neighbours find nearly alike. What is left are two cases:
both claim an object (their centroids lie on either side of the seam), or neither does.
Both are settled from the pixels that the objects share, in one fixed order, so that
the result depends on nothing but the blocks.
"""

import numpy as np

from ..auto.filters import typical_areas
from ..labels import object_table
from .blocks import common, inside, window

OWNED, SPARE, CUT = 0, 1, 2
SAME = 0.5  # share of the smaller of two owned objects from which they are one
TAKEN = 0.25  # the same where one is spare
FOUND_DTYPE = np.dtype([("area", "i8"), ("y", "f8"), ("x", "f8"), ("kind", "u1")])


def sort_out(labels, grid, block, slack):
    """Keep those objects of a block that may belong to it.

    Parameters
    ----------
    labels : (h, w) ndarray of int32
        Of what the block sees.
    grid : Grid
    block : int
    slack : float
        How far outside the core a centroid may lie for an object to stand by in case
        that the neighbour does not claim it, px.

    Returns
    -------
    labels : (h, w) ndarray of uint16 or int32
        The objects kept, numbered 1..n.
    found : (n + 1,) structured ndarray
        One row a label (the first is background): area, centroid in the plane, kind:
        owned, spare, or cut by the border of what the block sees.
    """
    table, outer, core = object_table(labels), grid.outer_of(block), grid.core_of(block)
    top, left, bottom, right = inside(core, outer)
    y, x = table["y"], table["x"]
    cut = np.zeros(len(table), bool)
    names = ("min_row", "min_col", "max_row", "max_col")
    ends = (0, 0, *labels.shape)
    for name, end, at_border in zip(names, ends, at_edges(grid, block), strict=True):
        cut |= (table[name] == end) & (not at_border)
    meets = (table["max_row"] > top) & (table["min_row"] < bottom)
    meets &= (table["max_col"] > left) & (table["min_col"] < right)
    # a centroid half a pixel below the last row still lies in that row's core
    off_rows = np.maximum(top - 0.5 - y, y - (bottom - 0.5))
    off_cols = np.maximum(left - 0.5 - x, x - (right - 0.5))
    own = _within(y, top, bottom) & _within(x, left, right)
    near = np.maximum(off_rows, off_cols) <= slack
    kind = np.select([cut & meets, cut, own, near], [CUT, 9, OWNED, SPARE], 9)
    kept = kind < 9
    number = np.zeros(int(labels.max()) + 1, np.int32)
    number[table["label"][kept]] = np.arange(1, kept.sum() + 1)
    found = np.zeros(kept.sum() + 1, FOUND_DTYPE)
    found["area"][1:], found["kind"][1:] = table["area"][kept], kind[kept]
    found["y"][1:], found["x"][1:] = y[kept] + outer[0], x[kept] + outer[1]
    dtype = np.uint16 if len(found) < 65536 else np.int32
    return number.astype(dtype)[labels], found


def at_edges(grid, block):
    """Which sides (top, left, bottom, right) of a block are those of the plane."""
    top, left, bottom, right = grid.outer_of(block)
    return top == 0, left == 0, bottom == grid.shape[0], right == grid.shape[1]


def settle(grid, labels, found, tolerance=None):
    """Decide which objects of all blocks of a plane make up its label image.

    Parameters
    ----------
    grid : Grid
    labels : list of (h, w) ndarray
        One a block, from `sort_out`; may be mapped into memory from disk.
    found : list of structured ndarray
        As many.
    tolerance : float or None
        Keep areas within this fraction of the median of the plane.

    Returns
    -------
    numbers : list of ndarray of int32
        For each block the label in the plane of its labels 0..n: 1, 2, ... in the
        order of blocks and their labels; 0 for those that do not count.
    n_lost : int
        Objects that no block sees whole: they are larger than the halo.
    """
    first = np.concatenate([[0], np.cumsum([len(one) for one in found])])
    every = np.concatenate(found)
    one, two, share = _conflicts(grid, labels, found, first)
    both_owned = (every["kind"][one] == OWNED) & (every["kind"][two] == OWNED)
    hit = share > np.where(both_owned, SAME, TAKEN)
    rivals = _rivals(one[hit], two[hit])
    kept = np.ones(len(every), bool)
    kept[first[:-1]] = False  # background
    contested = np.array(sorted(rivals), np.int64)
    kept[contested] = False
    order = np.lexsort((contested, -every["area"][contested], every["kind"][contested]))
    for index in contested[order]:
        kept[index] = not kept[rivals[index]].any()
    cut = every["kind"] == CUT
    n_lost = int(np.count_nonzero(kept & cut))
    kept &= ~cut
    kept = typical_areas(np.where(kept, every["area"], 0), tolerance)
    numbers = np.where(kept, np.cumsum(kept), 0).astype(np.int32)
    return np.split(numbers, first[1:-1]), n_lost


def paint(grid, block, labels, numbers):
    """Paint what one block sees with the labels of the plane.

    Parameters
    ----------
    grid : Grid
    block : int
    labels, numbers : dict of int to ndarray
        Of this block and its neighbours, see `settle`.

    Returns
    -------
    (h, w) ndarray of int32
        Where objects of two blocks overlap, the one of lower number is on top.
    """
    outer = grid.outer_of(block)
    painted = np.zeros((outer[2] - outer[0], outer[3] - outer[1]), np.int32)
    for other in labels:
        if not numbers[other].any():
            continue
        box = common(outer, grid.outer_of(other))
        new = numbers[other][labels[other][window(inside(box, grid.outer_of(other)))]]
        old = painted[window(inside(box, outer))]
        on_top = (new > 0) & ((old == 0) | (new < old))
        old[on_top] = new[on_top]
    return painted


def _within(place, start, stop):
    """Whether centroids lie in rows or columns start..stop-1: a half belongs once."""
    return (place >= start - 0.5) & (place < stop - 0.5)


def _conflicts(grid, labels, found, first):
    """Objects of two blocks that share pixels, and the share of the smaller."""
    pairs = [np.zeros((0, 3))]
    for block in range(len(grid)):
        outer = grid.outer_of(block)
        for other in grid.neighbours(block):
            if other < block or len(found[block]) < 2 or len(found[other]) < 2:
                continue
            box = common(outer, grid.outer_of(other))
            ours = labels[block][window(inside(box, outer))]
            theirs = labels[other][window(inside(box, grid.outer_of(other)))]
            ours, theirs, shared = _count_pairs(ours, theirs)
            area = found[block]["area"][ours], found[other]["area"][theirs]
            share = shared / np.minimum(*area)
            pairs.append(np.c_[first[block] + ours, first[other] + theirs, share])
    one, two, share = np.concatenate(pairs).T
    return one.astype(np.int64), two.astype(np.int64), share


def _count_pairs(ours, theirs):
    """Labels that lie on each other and on how many pixels."""
    both = (ours > 0) & (theirs > 0)
    keys = ours[both].astype(np.int64) << 32 | theirs[both].astype(np.int64)
    keys, shared = np.unique(keys, return_counts=True)
    return keys >> 32, keys & 0xFFFFFFFF, shared


def _rivals(one, two):
    """For each object the list of those it competes with."""
    rivals = {}
    for a, b in zip(one.tolist(), two.tolist(), strict=True):
        rivals.setdefault(a, []).append(b)
        rivals.setdefault(b, []).append(a)
    return rivals
