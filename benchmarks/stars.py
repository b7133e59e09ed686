"""CPU time of labkit.stars beside stardist's C++, one thread.

    python benchmarks/stars.py

Uses the hand-made labels of the MDCK frame where LABKIT_DATA is set, else discs of
the same size and number. Both sides run in turn in one process; the smallest of
several CPU times counts, so that a busy machine hardly matters.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"

import time
from pathlib import Path

import numpy as np
from stardist.geometry import polygons_to_label, star_dist
from stardist.nms import non_maximum_suppression_inds
from stardist.utils import edt_prob

import labkit as lk
from labkit import stars


def label_image(size=2048, pitch=72, radius=21):
    """Return the real label image, or discs like it, and its name."""
    folder = os.environ.get("LABKIT_DATA")
    path = Path(folder or ".") / "mdck" / "frame01_labels.png"
    if folder and path.exists():
        return lk.files.labels.read_labels(path), "mdck frame01"
    rows, cols = np.indices((size, size))
    away = np.hypot(rows % pitch - pitch // 2, cols % pitch - pitch // 2)
    numbers = rows // pitch * (size // pitch + 1) + cols // pitch + 1
    return np.where(away < radius, numbers, 0).astype(np.int32), "discs"


def half_labelled(labels, size):
    """Return the crop of which most nearly half is labelled."""
    crops = [
        labels[r : r + size, c : c + size]
        for r in range(0, len(labels) - size + 1, size)
        for c in range(0, len(labels) - size + 1, size)
    ]
    best = min(crops, key=lambda crop: abs(np.mean(crop > 0) - 0.5))
    return np.ascontiguousarray(best)


def cpu_ms(function, seconds=2.0):
    """Return the smallest CPU time of one call, in ms."""
    times = []
    while len(times) < 2 or (sum(times) < seconds and len(times) < 200):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return 1000 * min(times)


def row(name, ours, theirs):
    """Print one line of the table."""
    function_ms, reference_ms = cpu_ms(ours), cpu_ms(theirs)
    ratio = reference_ms / function_ms
    print(f"| {name} | {function_ms:.2f} | {reference_ms:.2f} | {ratio:.1f} |")


def target_rows(labels):
    """Time the targets of the whole image and of well filled crops."""
    for size in (len(labels), 256, 64):
        crop = half_labelled(labels, size)
        share = np.mean(crop > 0)
        for grid in (1, 2):
            row(
                f"targets {size} x {size}, grid {grid} ({share:.0%} labelled)",
                lambda crop=crop, grid=grid: stars.star_targets(crop, 32, grid),
                lambda crop=crop, grid=grid: (
                    star_dist(crop, 32, grid=(grid, grid)),
                    edt_prob(crop),
                ),
            )


def decode_rows(labels):
    """Time suppression and painting on the targets and on a noisy version."""
    rng = np.random.default_rng(0)
    prob, dist = stars.star_targets(labels, 32, 2)
    noise = np.exp(rng.normal(0, 0.08, dist.shape)).astype(np.float32)
    blurred = prob + rng.normal(0, 0.05, prob.shape).astype(np.float32)
    for name, maps in (("true", (prob, dist)), ("noisy", (blurred, dist * noise))):
        some = stars.candidates(*maps, grid=2, prob_thresh=0.4)
        kept = stars.nms(some)
        row(
            f"suppression of {len(some.prob)} candidates ({name} maps)",
            lambda some=some: stars.nms(some),
            lambda some=some: non_maximum_suppression_inds(
                some.dist, some.points, some.prob, thresh=0.3, verbose=0
            ),
        )
    row(
        f"painting {len(kept.prob)} polygons",
        lambda: stars.paint(kept, labels.shape),
        lambda: polygons_to_label(kept.dist, kept.points, labels.shape, kept.prob),
    )


def main():
    labels, name = label_image()
    n = len(np.unique(labels)) - 1
    print(f"{name}: {n} objects, {labels.shape}, 32 rays; CPU ms, one thread\n")
    print("| what | labkit | stardist | ratio |\n|---|--:|--:|--:|")
    stars.decode(*stars.star_targets(labels), shape=labels.shape)  # compile
    target_rows(labels)
    decode_rows(labels)


if __name__ == "__main__":
    main()
