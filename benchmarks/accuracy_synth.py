"""Do new label images have the distributions of the real ones?

For some groups of dsb2018/dev: one new label image for each real one, of its size and
after its example; and, after examples drawn at random, images of 256 x 256 px against
windows of that size of the real ones. Three seeds each. Largest difference of the
cumulative distributions (two-sample Kolmogorov distance) of area, eccentricity,
solidity and spacing, over the objects that do not touch the edge, on both sides; the
shares of objects that touch another; the covered shares.

    LABKIT_DATA=... python benchmarks/accuracy_synth.py
"""

import time

import numpy as np
from scipy.stats import ks_2samp
from train_nuclei import load

from labkit.style import morphology
from labkit.synth import make_labels

GROUPS = (
    "fluo256_round",
    "fluo256_tiny",
    "fluo360_large",
    "fluo520_dense",
    "he_purple_on_white",
)
N_IMAGES = 12  # a group, the first ones
SEEDS = 0, 1, 2
MEASURES = "area", "eccentricity", "solidity", "spacing"


def distances(real, made):
    """Kolmogorov distances of whole objects, in the order of MEASURES."""
    found = []
    for name in MEASURES:
        pair = (one.inner[name] for one in (real, made))
        first, second = (values[np.isfinite(values)] for values in pair)
        found.append(ks_2samp(first, second, method="asymp").statistic)
    return found


def same_windows(labels, real, seed):
    """One new label image for each real one that holds objects."""
    return [
        make_labels(real, one.shape, image=i, seed=1000 * seed + i)
        for i, one in enumerate(labels)
        if one.any()
    ]


def windows(labels, real, seed):
    """Windows of 256 x 256 px of the real images, and 40 new ones of that size."""
    rng = np.random.default_rng(seed)
    cut = []
    for _ in range(200):
        one = labels[rng.integers(len(labels))]
        row, col = (rng.integers(0, max(size - 256, 0) + 1) for size in one.shape)
        cut.append(one[row : row + 256, col : col + 256])
    made = [make_labels(real, (256, 256), seed=1000 * seed + i) for i in range(40)]
    return morphology([one for one in cut if one.any()]), morphology(made)


def line(name, pairs):
    """One line of a table: distances, mean over seeds, and the largest of any."""
    found = np.array([distances(*pair) for pair in pairs])
    middle = " | ".join(f"{value:.3f}" for value in found.mean(axis=0))
    (real, _), made = pairs[0], [pair[1] for pair in pairs]
    touching = np.mean([one.inner["touches"].mean() for one in made])
    coverage = np.mean([one.coverage.mean() for one in made])
    return (
        f"| {name} | {len(real.inner)} | {middle} | {found.max():.3f} "
        f"| {real.inner['touches'].mean():.2f} / {touching:.2f} "
        f"| {real.coverage.mean():.3f} / {coverage:.3f} |"
    )


def main():
    """Print both tables."""
    examples = load()
    head = "| group | objects | area | eccentricity | solidity | spacing | largest "
    head += "| touching, real / new | covered, real / new |\n|---" + "|--:" * 8 + "|"
    seconds, n = 0.0, 0
    for title, make in (
        ("One for each image, of its size", None),
        ("256 x 256 px", windows),
    ):
        print(f"{title}\n\n{head}")
        for group in GROUPS:
            labels = [one for _, one, row in examples if row["group"] == group]
            labels = labels[:N_IMAGES]
            real = morphology(labels)
            make_labels(real, (64, 64))  # compiles
            start = time.process_time()
            if make is None:
                pairs = [
                    (real, morphology(same_windows(labels, real, seed)))
                    for seed in SEEDS
                ]
            else:
                pairs = [make(labels, real, seed) for seed in SEEDS]
            seconds += time.process_time() - start
            n += sum(made.n_objects.sum() for _, made in pairs)
            print(line(group, pairs), flush=True)
        print()
    print(f"{1000 * seconds / n:.1f} CPU-ms an object")


if __name__ == "__main__":
    main()
