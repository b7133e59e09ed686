"""Exercises of notebook 5: how far is far enough, speed, straightness, mothers."""

import numpy as np

from ..labels import TRACK_DTYPE
from ..track import TrackParams, edge_stats, edges, link
from .checking import Exercise, Wrong, ask, same_number, whole

SHARE = 0.9  # of the true links that must be found


def reach(answer, *, movie):
    """Judge the smallest largest step that finds nine of ten links."""
    answer = whole(answer)
    if answer < 1:
        raise Wrong(f"{answer} px", "1 px or more")
    here, below = (_found_links(movie, px) for px in (answer, answer - 1))
    found = f"{here:.1%} of the links with {answer} px, {below:.1%} with one px less"
    if here < SHARE:
        raise Wrong(found, f"{SHARE:.0%} or more", "let the nuclei go farther")
    if below >= SHARE:
        raise Wrong(found, f"less than {SHARE:.0%} with one px less", "a shorter step")
    steps = edge_stats(movie.tracks)["distance"]
    return (
        f"{found}. The median step is {np.median(steps):.1f} px: a limit at the usual "
        "step loses every second link, so it must reach the longer ones."
    )


def _found_links(movie, max_distance):
    """Share of the true links that are found with a largest step."""
    if max_distance <= 0:
        return 0.0
    params = TrackParams(max_distance=max_distance, remove_drift=False)
    return _n_right(link(movie.labels, params)) / _n_right(movie.tracks)


def _n_right(rows):
    """Number of links that join an object with itself (label = true track)."""
    now, later = rows["label"][edges(rows)].T
    return np.count_nonzero(now == later)


def _rows(points, frames=None, track_id=1, parent_id=0):
    """Rows of one track through points (y, x)."""
    rows = np.zeros(len(points), TRACK_DTYPE)
    rows["y"], rows["x"] = np.asarray(points, float).T
    rows["frame"] = np.arange(len(points)) if frames is None else frames
    rows["track_id"], rows["parent_id"], rows["label"] = track_id, parent_id, track_id
    return rows


def speed(answer):
    """Judge a function that returns a mean speed in µm per frame."""
    cases = (
        ("steps of 5, 10 and 5 px at 1 µm per px", None, 1.0, 20 / 3),
        ("the same at 0.5 µm per px", None, 0.5, 10 / 3),
        ("the same with one frame missed after the first step", (0, 1, 3, 4), 1.0, 5.0),
    )
    points = [(0, 0), (3, 4), (3, 14), (0, 18)]
    gap = "a step over two frames is half as fast: divide by `np.diff(rows['frame'])`"
    for where, frames, um_per_px, expected in cases:
        rows = _rows(points, frames)
        hint = gap if frames else None
        value = ask(answer, rows, um_per_px)
        same_number(value, expected, f"µm per frame for {where}", hint)
    return (
        "Each step counts by its own time, so a missed frame does not look like a rush."
    )


def straightness(answer):
    """Judge a function that returns how straight a track is."""
    there_and_back = [(0, 0), (0, 6), (0, 0)]
    for where, points, expected in (
        ("a straight track", [(0, 0), (3, 4), (9, 12)], 1.0),
        ("a right angle of 3 and 4 px", [(0, 0), (3, 0), (3, 4)], 5 / 7),
        ("a track there and back", there_and_back, 0.0),
    ):
        same_number(ask(answer, _rows(points)), expected, f"for {where}")
    return (
        "0.7 is a right angle already. Short tracks are straight by chance: two "
        "points always are. So compare tracks of like length."
    )


def mothers(answer):
    """Judge a function that finds the tracks that divide."""
    family = ((1, 0), (2, 1), (3, 1), (4, 0), (5, 4), (6, 3), (7, 3), (8, 0))
    rows = np.concatenate(
        [_rows([(0, 0), (1, 1)], track_id=t, parent_id=p) for t, p in family]
    )
    rows = np.random.default_rng(0).permutation(rows)
    value = ask(answer, rows)
    try:
        found = {int(one) for one in value}
    except (TypeError, ValueError):
        raise Wrong(f"{value!r:.60}", "a list or set of track ids") from None
    if found != {1, 3}:
        table = ", ".join(f"{t} from {p}" for t, p in family if p)
        hint = {
            True: "0 stands for: no parent",
            4 in found: "4 goes on as 5 alone: one daughter is no division",
            bool(found & {2, 5, 6, 7}): "the parents are asked for, not the daughters",
        }
        why = next(text for is_so, text in reversed(hint.items()) if is_so)
        raise Wrong(f"tracks {sorted(found)} (table: {table})", "two tracks", why)
    return "The table holds the whole family tree: mothers of mothers are found alike."


EXERCISES = (
    Exercise(
        "reach",
        "a whole number of px",
        "try 5, 10, 20, then what lies between",
        reach,
        is_function=False,
    ),
    Exercise(
        "speed",
        "a function of rows and um_per_px that returns µm per frame",
        "`np.diff` has the steps; the length of a step is `np.hypot` of both",
        speed,
    ),
    Exercise(
        "straightness",
        "a function of rows that returns a number from 0 to 1",
        "`np.hypot` gives lengths: once of the whole way at one go, once step by step",
        straightness,
    ),
    Exercise(
        "mothers",
        "a function of tracks that returns the ids of those that divide",
        "count the different `track_id` that share a `parent_id`",
        mothers,
    ),
)
