"""Exercises of notebook 2: corners, the way of the pen, the part that was meant."""

import numpy as np

from ..data import load
from ..labels import relabel, to_polygons
from ..objects import crop_mask
from .checking import Exercise, Wrong, ask, number, same_number, whole

ENOUGH = 0.9  # mean overlap that the corners must keep


def corners(answer):
    """Judge the smallest number of corners that still holds a nucleus."""
    answer = whole(answer)
    if answer < 3:
        raise Wrong(f"{answer} corners", "3 or more: two corners hold no area")
    true = relabel(load("nuclei").labels[0])
    fit, fewer = (_kept_overlap(true, n) for n in (answer, answer - 1))
    found = f"{answer} corners keep an overlap of {fit:.3f}, one less {fewer:.3f}"
    if fit < ENOUGH:
        raise Wrong(found, f"{ENOUGH} or more", "too few corners")
    if fewer >= ENOUGH:
        raise Wrong(found, f"less than {ENOUGH} with one corner less", "fewer will do")
    return f"{found}. From here on each further corner brings less than the last."


def _kept_overlap(true, n):
    """Mean IoU of nuclei with polygons of n corners along their outlines."""
    if n < 3:
        return 0.0
    area = np.bincount(true.ravel())
    outlines = to_polygons(true)
    return float(
        np.mean([_iou(_along(o, n), true, k, area) for k, o in outlines.items()])
    )


def _along(outline, n):
    """Points at equal distances along a closed line."""
    closed = np.vstack([outline, outline[:1]])
    way = np.append(0, np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1)))
    at = np.linspace(0, way[-1], n, endpoint=False)
    return np.stack([np.interp(at, way, values) for values in closed.T], axis=1)


def _iou(polygon, true, number, area):
    """IoU of a polygon with one object."""
    mask, (row, col) = crop_mask(polygon, true.shape)
    height, width = mask.shape
    here = true[row : row + height, col : col + width] == number
    shared = np.count_nonzero(mask & here)
    return shared / (np.count_nonzero(mask) + area[number] - shared)


def pen(answer):
    """Judge a function that returns the length of a closed line."""
    square = np.array([[0, 0], [0, 10], [10, 10], [10, 0]], float)
    value = number(ask(answer, square), "for a square of 10 px")
    if np.isclose(value, 30):
        hint = "the pen has not come back to the first corner"
        raise Wrong("30 for a square of 10 px", "40", hint)
    same_number(value, 40, "for a square of 10 px")
    triangle = np.array([[2, 1], [2, 5], [5, 5]], float)
    diagonal = "a slanted step is as long as the hypotenuse (`np.hypot`)"
    same_number(ask(answer, triangle), 12, "for a triangle of 3, 4 and 5 px", diagonal)
    return "It is this way, divided by the width of the band, that takes the time."


def meant(answer):
    """Judge a function that chooses the part that fits a drawing best."""
    for name, parts, drawn in _drawings():
        chosen = whole(ask(answer, parts, drawn))
        ious = {k: _mask_iou(parts == k, drawn) for k in np.unique(parts[parts > 0])}
        best = max(ious, key=ious.get)
        if chosen not in ious:
            numbers = [int(k) for k in ious]
            raise Wrong(f"{chosen} for {name}", f"one of the labels {numbers}")
        if chosen != best:
            found = f"part {chosen}, with an overlap of {ious[chosen]:.2f}, for {name}"
            raise Wrong(found, f"a part with an overlap of {ious[best]:.2f}")
    return (
        "Neither the largest part, nor the one that shares most pixels, nor the one "
        "that is inside most completely: IoU weighs all of this against each other."
    )


def _drawings():
    """Scenes (what it is, parts, drawn) in each of which a simple rule fails."""
    parts = np.zeros((40, 60), np.int32)
    parts[2:38, 2:30], parts[12:24, 34:46], parts[25:27, 36:40] = 1, 2, 3
    drawn = np.zeros(parts.shape, bool)
    drawn[8:28, 26:45] = True
    yield "a drawing beside a large neighbour", parts, drawn
    parts, drawn = np.zeros((40, 60), np.int32), np.zeros((40, 60), bool)
    parts[0:40, 0:30], parts[10:20, 30:36], drawn[10:21, 22:37] = 4, 9, True
    yield "a drawing that shares more pixels with a giant", parts, drawn


def _mask_iou(a, b):
    """IoU of two masks that are not both empty."""
    return np.count_nonzero(a & b) / np.count_nonzero(a | b)


def enough(answer, *, gain):
    """Judge after how many corrections half of the gain is reached."""
    if not isinstance(answer, dict) or set(answer) != set(gain):
        raise Wrong(f"{answer!r:.60}", f"a number for each of {list(gain)}")
    for name, values in gain.items():
        count, middle = whole(answer[name]), (values[0] + values[-1]) / 2
        if count >= len(values) or values[count] < middle:
            score = f"score {values[min(count, len(values) - 1)]:.3f}"
            raise Wrong(
                f"{name}: {count} corrections, {score}", f"{middle:.3f} or more"
            )
        if count and values[count - 1] >= middle:
            found = f"{name}: {count} corrections"
            raise Wrong(found, "the smallest number", "fewer reach half of the gain")
    said = ", ".join(f"{count} {name}" for name, count in answer.items())
    return f"{said}, of {len(values) - 1}. Corrections cost time, their order is free."


EXERCISES = (
    Exercise(
        "corners",
        f"the smallest number of corners that keeps a mean overlap of {ENOUGH}",
        "try 4, 8, 16, then what lies between",
        corners,
        is_function=False,
    ),
    Exercise(
        "pen",
        "a function of a line, (n, 2), that returns its length",
        "the steps are the differences of neighbouring corners; `np.roll` helps",
        pen,
    ),
    Exercise(
        "meant",
        "a function of labels and a mask that returns one of the labels",
        "make the mask of each part, compute its IoU with the drawing, take the best",
        meant,
    ),
    Exercise(
        "enough",
        "a dict: for each order the number of corrections",
        "`np.argmax(values >= middle)` is the first place where it is reached",
        enough,
        is_function=False,
    ),
)
