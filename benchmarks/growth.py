"""How cost grows with the work: image side, nuclei, frames.

    python benchmarks/growth.py -o docs/speed_growth.png

Each step is measured at several sizes, on mosaics of the real image that comes along
and on random walkers: CPU seconds (all threads of the process), the least of some
runs. Growth is the slope in the doubly logarithmic plot: 1 is proportional to the
pixels, nuclei or frames. It is the slope between the two largest amounts of work,
since small work has fixed costs.
"""

import argparse
import time
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from tracking import walkers

import labkit as lk

N_RUNS = 3
SIDES = (512, 1024, 2048, 4096)
INK, LINE = "#0072b2", "#767676"


class Step(NamedTuple):
    """One step of the chain, and what it is given."""

    name: str
    unit: str
    sizes: tuple
    prepare: object
    """``prepare(size) -> (function, amount of work)``."""


def mosaic(side):
    """Return an image and labels of `side` px: the one on board, mirrored, repeated."""
    data = lk.data.load("nuclei")
    image, labels = data.images[0], data.labels[0]
    n = -(-side // image.shape[0])
    images, numbers = [], []
    for row in range(n):
        for col in range(n):
            turn = np.s_[:: 1 - 2 * (row % 2), :: 1 - 2 * (col % 2)]
            images.append(image[turn])
            offset = (row * n + col) * (labels.max() + 1)
            numbers.append(np.where(labels[turn] > 0, labels[turn] + offset, 0))
    return [
        np.block([parts[row * n : (row + 1) * n] for row in range(n)])[:side, :side]
        for parts in (images, numbers)
    ]


def annotating(side):
    """Automatic annotation of one image."""
    image, _ = mosaic(side)
    return lambda: lk.auto.annotate(image), side**2 / 1e6


def segmenting(side):
    """Segmentation with the model that comes along, at known diameter."""
    (image, _), model = mosaic(side), lk.models.StarDist.load("nuclei")
    return lambda: lk.segment.segment(model, image, diameter=18), side**2 / 1e6


def measuring(side):
    """The table of objects."""
    image, labels = mosaic(side)
    return lambda: lk.labels.object_table(labels, image), len(np.unique(labels)) - 1


def matching(side):
    """Comparison with labels that lie 2 px off."""
    _, labels = mosaic(side)
    moved = np.roll(labels, 2, axis=1)
    return lambda: lk.metrics.match(labels, moved), len(np.unique(labels)) - 1


def linking_more_nuclei(n):
    """Tracking of ten frames, default rules."""
    frames = walkers(n, n_frames=10)
    return lambda: lk.track.link_points(frames), n


def linking_more_frames(n_frames):
    """Tracking of 1,000 nuclei a frame, default rules."""
    frames = walkers(1000, n_frames=n_frames)
    return lambda: lk.track.link_points(frames), n_frames


STEPS = (
    Step("annotate", "megapixels", SIDES, annotating),
    Step("segment, model", "megapixels", SIDES[:3], segmenting),
    Step("table of objects", "nuclei", SIDES, measuring),
    Step("match", "nuclei", SIDES, matching),
    Step(
        "link, 10 frames", "nuclei a frame", (1000, 4000, 16_000), linking_more_nuclei
    ),
    Step("link, 1,000 nuclei", "frames", (10, 40, 160), linking_more_frames),
)


def seconds(function):
    """Return the least CPU time of some runs, after one that is not counted."""
    function()
    spent = []
    for _ in range(N_RUNS):
        start = time.process_time()
        function()
        spent.append(time.process_time() - start)
    return min(spent)


def measure(step):
    """Return amounts of work and CPU seconds."""
    prepared = (step.prepare(size) for size in step.sizes)
    found = [(amount, seconds(function)) for function, amount in prepared]
    return np.array(found).T


def slope(amounts, spent):
    """Return the growth between the two largest amounts of work."""
    return np.diff(np.log(spent[-2:]))[0] / np.diff(np.log(amounts[-2:]))[0]


def written(amount):
    """Write an amount of work with three digits, or a whole number."""
    return f"{amount:,.0f}" if amount >= 10 else f"{amount:.3g}"


def draw(path, results):
    """Plot all steps, with a line of proportional growth through the largest."""
    figure = Figure((9, 5.2), layout="constrained")
    grid = figure.subplots(2, 3).ravel()
    for axes, (step, amounts, spent) in zip(grid, results, strict=True):
        axes.loglog(amounts, spent, "o-", color=INK)
        straight = spent[-1] * amounts / amounts[-1]
        axes.loglog(amounts, straight, "--", color=LINE, linewidth=1)
        axes.set(title=step.name, xlabel=step.unit)
        axes.set_xticks(amounts, [written(amount) for amount in amounts])
        axes.set_yticks(spent, [f"{one:.2g}" for one in spent])
        axes.minorticks_off()
    for axes in grid[::3]:
        axes.set_ylabel("CPU seconds")
    grid[0].plot([], [], "--", color=LINE, label="proportional")
    grid[0].legend(frameon=False)
    figure.savefig(path, dpi=110)


def main():
    """Print the table and draw the plot."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--out", required=True, help="file of the plot")
    out = parser.parse_args().out
    print("| step | work | CPU-s | growth |\n|---|--:|--:|--:|")
    results = []
    for step in STEPS:
        amounts, spent = measure(step)
        results.append((step, amounts, spent))
        work = " / ".join(written(amount) for amount in amounts)
        cost = " / ".join(f"{one:.3g}" for one in spent)
        growth = slope(amounts, spent)
        print(
            f"| {step.name} | {work} {step.unit} | {cost} | {growth:.2f} |", flush=True
        )
    draw(out, results)


if __name__ == "__main__":
    main()
