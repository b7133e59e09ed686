"""Lineage trees: who divided into whom, and when."""

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.ticker import MaxNLocator

from ..track import track_stats
from .picture import CYCLE, GREY, Picture, time_unit

STEPS = (1, 2, 5, 10)
MAX_NAMED = 60  # branches that are named; more would not be legible


def lineage_tree(
    tracks, *, n_families=12, minutes_per_frame=None, rightwards=False, width=9.0
):
    """Show families as trees: a line for each track, a fork at each division.

    Parameters
    ----------
    tracks : structured ndarray
        `labkit.labels.TRACK_DTYPE`.
    n_families : int
        The largest are shown, by number of tracks, then by length.
    minutes_per_frame : float, optional
        Without it, time is in frames.
    rightwards : bool
        Time goes to the right instead of downwards.
    width : float
        Of the figure, inches of 100 px.

    Returns
    -------
    Figure
        Neighbouring families differ in colour. A number is the track_id, a dot the
        end of a track before the movie ends. The title says how many families are
        not shown.

    Raises
    ------
    ValueError, TypeError
        If `tracks` is no table of tracks or empty, or a number is not positive.

    Examples
    --------
    >>> movie = lk.synth.simulate_movie(12, division_rate=0.03, seed=0)
    >>> lk.show.lineage_tree(movie.tracks, n_families=3, width=6)
    <Picture 6 x 4.2 inches: the 3 largest of 21 families, 18 not shown>
    """
    stats = track_stats(tracks, minutes_per_frame=minutes_per_frame or 1)
    if not len(stats):
        raise ValueError("`tracks` has no rows, so there is no tree to show")
    if n_families < 1 or n_families != int(n_families):
        raise ValueError(f"`n_families` must be 1, 2, 3, ..., got {n_families}")
    trees, n_trees = largest_families(stats, int(n_families))
    branches = place_branches(stats, trees)
    n_leaves = 1 + max(place for place, *_ in branches.values())
    across = max(0.2 * n_leaves, 3.2)
    figure = Picture(width, min(across, 12) + 1 if rightwards else 4.2)
    axes = figure.subplots()
    last_frame = int(stats["last_frame"].max())
    step, unit = time_unit(last_frame, minutes_per_frame)
    _draw_branches(axes, branches, step, last_frame, rightwards)
    _finish(axes, unit, rightwards)
    shown, rest = len(trees), n_trees - len(trees)
    more = f"the {shown} largest of {n_trees} families, {rest} not shown"
    axes.set_title(more if rest else f"{n_trees} families", fontsize=11)
    return figure


def largest_families(stats, n):
    """Return the tree ids of the `n` largest families, and how many there are."""
    trees, index = np.unique(stats["tree_id"], return_inverse=True)
    n_tracks, n_spots = np.bincount(index), np.bincount(index, stats["n_spots"])
    order = np.lexsort([trees, -n_spots, -n_tracks])
    return trees[order[:n]].tolist(), len(trees)


def place_branches(stats, trees):
    """Give each track of some families its place beside the others.

    Returns
    -------
    dict of int to (float, int, int, list of int, int)
        track_id to its place (leaves are 0, 1, 2, ...; a mother stands in the middle
        of her daughters), first and last frame, daughters, number of the family.
    """
    rows = {row["track_id"]: row for row in stats}
    daughters = {}
    for number, parent in stats[["track_id", "parent_id"]].tolist():
        daughters.setdefault(parent if parent in rows else 0, []).append(number)
    branches, n_leaves = {}, 0
    for family, founder in enumerate(trees):
        waiting = [founder]
        while waiting:
            number = waiting[-1]
            born = daughters.get(number, [])
            new = [one for one in born if one not in branches]
            if new:  # daughters first
                waiting += new[::-1]
                continue
            waiting.pop()
            if born:
                place = (branches[born[0]][0] + branches[born[-1]][0]) / 2
            else:
                place, n_leaves = float(n_leaves), n_leaves + 1
            span = int(rows[number]["first_frame"]), int(rows[number]["last_frame"])
            branches[int(number)] = (place, *span, born, family)
    return branches


def _lines(branches, step):
    """Return lines ((n, 2, 2) place and time), and the family of each."""
    lines, families = [], []
    for place, first, last, born, family in branches.values():
        end = min((branches[one][1] for one in born), default=last)
        found = [((place, first), (place, end))]
        for one in born:  # over to her place, and on to her first frame
            there, begin = branches[one][:2]
            found += [((place, end), (there, end)), ((there, end), (there, begin))]
        lines += found
        families += [family] * len(found)
    return np.array(lines, float) * (1, step), families


def _draw_branches(axes, branches, step, last_frame, rightwards):
    """Draw lines, a dot where a track ends early, and names where there is room."""
    lines, families = _lines(branches, step)
    ends = [
        (place, last * step)
        for place, _, last, born, _ in branches.values()
        if not born and last < last_frame
    ]
    turn = -1 if rightwards else 1
    colors = [CYCLE[family % len(CYCLE)] for family in families]
    drawn = LineCollection(lines[..., ::turn], colors=colors, lw=2, capstyle="round")
    axes.add_collection(drawn)
    axes.plot(*np.reshape(ends, (-1, 2))[:, ::turn].T, "o", color="black", ms=3.5)
    axes.autoscale_view()
    for number, (place, first, *_) in branches.items():
        if len(branches) <= MAX_NAMED:
            axes.annotate(
                str(number),
                (place, first * step)[::turn],
                xytext=(2, 3) if rightwards else (3, -9),
                textcoords="offset points",
                fontsize=8,
                color=GREY,
            )


def _finish(axes, unit, rightwards):
    """Name the axis of time, downwards or rightwards, and hide the other one."""
    time, other = (axes.xaxis, axes.yaxis)[:: 1 if rightwards else -1]
    axes.invert_yaxis()
    time.set_label_text(f"time ({unit})", fontsize=11)
    time.set_major_locator(MaxNLocator(8, integer=unit == "frames", steps=STEPS))
    other.set_visible(False)
    shown = "bottom" if rightwards else "left"
    for side in {"top", "right", "bottom", "left"} - {shown}:
        axes.spines[side].set_visible(False)
