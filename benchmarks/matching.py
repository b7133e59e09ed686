"""CPU time of matching and measuring objects, side by side with the usual tools.

    python benchmarks/matching.py

Every line is the median CPU time (all threads of this process) of several runs in
turn: ours, theirs, ours, ... so that a busy machine slows both. The results are
compared as well: a fast wrong answer stops the script.
"""

import time

import numpy as np
from skimage.measure import regionprops_table
from skimage.segmentation import relabel_sequential
from stardist.matching import matching

from labkit.labels import object_table, relabel
from labkit.metrics import dsb_score, match

SIZES = ((1000, 2048, 9), (10_000, 6144, 3))  # objects, image side, runs
TABLE = ("label", "area", "centroid", "bbox")
MOMENTS = (*TABLE, "axis_major_length", "axis_minor_length", "eccentricity")
MOMENTS = (*MOMENTS, "orientation", "intensity_mean")


def nuclei(n, side, seed=0):
    """Return a label image (side, side) of n ellipses of about 37 px on a grid."""
    rng = np.random.default_rng(seed)
    n_cols = int(np.ceil(np.sqrt(n)))
    centers = (np.indices((n_cols, n_cols)).reshape(2, -1).T[:n] + 0.5) * side / n_cols
    labels = np.zeros((side, side), np.int32)
    window = np.arange(-26, 27)
    for number, (row, col) in enumerate(np.round(centers).astype(int), start=1):
        (a, b), shift = rng.uniform(14, 24, 2), rng.integers(-6, 7, 2)
        row, col = np.clip(np.add((row, col), shift), 26, side - 27)
        inside = (window[:, None] / a) ** 2 + (window / b) ** 2 < 1
        labels[row - 26 : row + 27, col - 26 : col + 27][inside] = number
    return labels


def prediction(true, seed=1):
    """Return the labels moved by 3 px, with a tenth missing and new numbers."""
    rng = np.random.default_rng(seed)
    numbers = np.append(0, rng.permutation(true.max()) + 1)
    numbers[rng.random(len(numbers)) < 0.1] = 0
    return numbers[np.roll(true, (3, 2), axis=(0, 1))].astype(np.int32)


def cpu_times(functions, n_runs):
    """Return the median CPU milliseconds of each function, run in turn."""
    times = np.zeros((n_runs, len(functions)))
    for function in functions:
        function()  # compiles, warms caches
    for run in range(n_runs):
        for i, function in enumerate(functions):
            start = time.process_time()
            function()
            times[run, i] = time.process_time() - start
    return 1000 * np.median(times, axis=0)


def check(true, pred, image):
    """Stop if ours and theirs disagree."""
    ours, theirs = match(true, pred), matching(true, pred)
    assert (ours.tp, ours.fp, ours.fn) == (theirs.tp, theirs.fp, theirs.fn)
    assert abs(ours.mean_iou - theirs.mean_matched_score) < 1e-6
    table, expected = (
        object_table(true, image),
        regionprops_table(true, properties=TABLE),
    )
    assert np.allclose(table["y"], expected["centroid-0"])
    assert np.array_equal(relabel(pred), relabel_sequential(pred)[0])


def pairs_of_tasks(true, pred, image):
    """Return {name: (ours, theirs)}."""
    thresholds = tuple(np.arange(10, 20) / 20)
    return {
        "match | stardist.matching": (
            lambda: match(true, pred),
            lambda: matching(true, pred),
        ),
        "match, IoU 0.3 | stardist.matching": (
            lambda: match(true, pred, 0.3),
            lambda: matching(true, pred, 0.3),
        ),
        "dsb_score | stardist.matching, 10 thresholds": (
            lambda: dsb_score(true, pred),
            lambda: matching(true, pred, thresholds),
        ),
        "object_table | regionprops_table, area centroid box": (
            lambda: object_table(true),
            lambda: regionprops_table(true, properties=TABLE),
        ),
        "object_table with image | the same, with moments": (
            lambda: object_table(true, image),
            lambda: regionprops_table(true, image, properties=MOMENTS),
        ),
        "relabel | skimage relabel_sequential": (
            lambda: relabel(pred),
            lambda: relabel_sequential(pred)[0],
        ),
    }


def compare(n, side, n_runs):
    """Print one line per task."""
    true = nuclei(n, side)
    pred = prediction(true)
    image = np.random.default_rng(2).integers(0, 4000, true.shape).astype(np.uint16)
    check(true, pred, image)
    tasks = pairs_of_tasks(true, pred, image)
    if n > 1000:  # ten assignments of 10,000 objects would take the other minutes
        del tasks["dsb_score | stardist.matching, 10 thresholds"]
    print(f"\n| {n} objects in {side} x {side} | labkit, ms | other, ms | ratio |")
    print("|---|--:|--:|--:|")
    for name, functions in tasks.items():
        ours, theirs = cpu_times(functions, n_runs)
        name = name.replace(" | ", ", beside ")
        ratio = theirs / ours
        print(f"| {name} | {ours:.1f} | {theirs:.1f} | {ratio:.1f} |", flush=True)


if __name__ == "__main__":
    for size in SIZES:
        compare(*size)
