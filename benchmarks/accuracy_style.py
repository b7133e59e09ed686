"""Do the styles that are found agree with how images were acquired?

    LABKIT_DATA=... python benchmarks/accuracy_style.py [PART ...]

prints one markdown table for each part (all by default):

dev       all images of dsb2018_dev: every number of styles, Ward's tree and k-means
small     4 groups x 6 images, 3 x 30 draws: rules for the number of styles
kinds     what each kind of features adds
models    activations of the models that come along, instead of features
test      dsb2018_test: nothing was chosen on it

Compared with the index's `group` (acquisition, and nucleus size in fluorescence) by
adjusted mutual information: 1 for the same groups, 0 for chance. Features, weights and
rules were chosen on dev.
"""

import argparse
import csv
import os
import time
from pathlib import Path

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_mutual_info_score, silhouette_score

import labkit as lk
from labkit.style import FEATURE_NAMES, cluster_styles, style_features
from labkit.style.clustering import BLOCKS, components

COUNTS = (2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 18, 20)
N_DRAWS = 30
SEEDS = (0, 1, 2)
KINDS = ("level", "colour", "texture", "period", "bright")


def load(split):
    """Return images, their groups and fields."""
    index = Path(os.environ["LABKIT_DATA"]) / "dsb2018" / split / "index.csv"
    with index.open() as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    found = lk.data.load(f"dsb2018_{split}")
    columns = [[rows[i][name] for i in found.ids] for name in ("group", "field")]
    return found.images, *map(np.array, columns)


def agreement(groups, style):
    """Adjusted mutual information."""
    return adjusted_mutual_info_score(groups, style)


def k_means(features, n_styles, seed):
    """The grouping of k-means in the same space."""
    points = components(features, BLOCKS)
    model = KMeans(n_styles, n_init=10, random_state=seed)
    return model.fit_predict(points)


def best_silhouette(features, seed):
    """k-means with the number of the best silhouette."""
    points = components(features, BLOCKS)
    found = [k_means(features, k, seed) for k in range(2, min(20, len(points)))]
    return max(found, key=lambda style: silhouette_score(points, style))


def draws(groups, n_groups, n_each, seed):
    """Index arrays of random groups' random images."""
    rng = np.random.default_rng(seed)
    large = [g for g in np.unique(groups) if (groups == g).sum() >= n_each]
    for _ in range(N_DRAWS):
        chosen = rng.choice(large, n_groups, replace=False)
        members = [np.flatnonzero(groups == g) for g in chosen]
        yield np.concatenate([rng.choice(m, n_each, replace=False) for m in members])


def halves(fields, seed):
    """Index arrays of the images of half of the fields of view."""
    rng = np.random.default_rng(seed)
    names = np.unique(fields)
    for _ in range(10):
        chosen = rng.choice(names, len(names) // 2, replace=False)
        yield np.flatnonzero(np.isin(fields, chosen))


def spread(values):
    """Mean and range, as text."""
    return f"{np.mean(values):.3f} ({min(values):.3f}-{max(values):.3f})"


def automatic(groups, features, where):
    """Agreements and numbers of styles at the automatic number."""
    found = [cluster_styles(None, features=features[i]) for i in where]
    scores = [agreement(groups[i], s.style) for i, s in zip(where, found, strict=True)]
    return scores, [s.n_styles for s in found]


def dev(images, groups, fields, features):
    """Every number of styles, two ways to group."""
    best = cluster_styles(None, features=features).n_styles
    print("| styles | Ward's tree | k-means, 3 seeds: mean (range) |\n|--:|--:|--:|")
    for count in sorted({*COUNTS, best}):
        ward = cluster_styles(None, features=features, n_styles=count).style
        means = [agreement(groups, k_means(features, count, s)) for s in SEEDS]
        name = f"**{count}, automatic**" if count == best else count
        print(f"| {name} | {agreement(groups, ward):.3f} | {spread(means)} |")
    seeds = [cluster_styles(None, features=features, seed=s) for s in range(10)]
    scores = [agreement(groups, found.style) for found in seeds]
    print(f"\nAutomatic number, 10 seeds of the cloud: {spread(scores)}.")
    scores, counts = automatic(groups, features, list(halves(fields, 0)))
    print(
        f"Half of the fields of view, 10 draws: {spread(scores)} at "
        f"{min(counts)} to {max(counts)} styles.\n"
    )


def small(images, groups, fields, features):
    """Rules for the number of styles in small sets."""
    rules = {
        "automatic": lambda f, s: cluster_styles(None, features=f, seed=s).style,
        "automatic, at least 3 images": lambda f, s: (
            cluster_styles(None, features=f, seed=s, min_size=3).style
        ),
        "true number told": lambda f, s: (
            cluster_styles(None, features=f, n_styles=4).style
        ),
        "k-means, true number told": lambda f, s: k_means(f, 4, s),
        "k-means, best silhouette": best_silhouette,
    }
    print("| rule | AMI: mean of 3 x 30 draws (means of 30) | styles |\n|---|--:|--:|")
    for name, rule in rules.items():
        means, counts = [], []
        for seed in SEEDS:
            where = list(draws(groups, 4, 6, seed))
            found = [rule(features[i], seed) for i in where]
            pairs = zip(where, found, strict=True)
            means.append(np.mean([agreement(groups[i], s) for i, s in pairs]))
            counts += [len(np.unique(s)) for s in found]
        number = f"{np.mean(counts):.1f} ({min(counts)}-{max(counts)})"
        print(f"| {name} | {spread(means)} | {number} |")
    print()


def kinds(images, groups, fields, features):
    """Leave out one kind of features, or keep only one."""
    print("| features | all images | styles | 4 x 6 images |\n|---|--:|--:|--:|")
    left = {f"without {kind}": kind != BLOCKS for kind in KINDS}
    alone = {f"{kind} only": kind == BLOCKS for kind in KINDS}
    for name, kept in {"all": BLOCKS == BLOCKS, **left, **alone}.items():
        some = np.where(kept, features, 0)
        _row(name, groups, some)
    print()


def _row(name, groups, features):
    """Print one row: all images, and small sets."""
    found = cluster_styles(None, features=features)
    score = agreement(groups, found.style)
    scores, _ = automatic(groups, features, list(draws(groups, 4, 6, 0)))
    print(f"| {name} | {score:.3f} | {found.n_styles} | {np.mean(scores):.3f} |")


def models(images, groups, fields, features):
    """What the shipped models see."""
    print("| seen by | all images | styles | 4 x 6 images |\n|---|--:|--:|--:|")
    _row("`style_features`", groups, features)
    for kind in (lk.models.StarDist, lk.models.UNetProb):
        model = kind.load("nuclei")
        rows = np.array([lk.models.embed(model, image) for image in images])
        _row(kind.__name__, groups, rows)
    print()


def test(images, groups, fields, features):
    """Images that nothing was chosen on."""
    images, groups, _fields = load("test")
    features = np.array([style_features(image) for image in images])
    print("| images | AMI | styles |\n|---|--:|--:|")
    found = cluster_styles(None, features=features)
    print(f"| all | {agreement(groups, found.style):.3f} | {found.n_styles} |")
    means, counts = [], []
    for seed in SEEDS:
        scores, numbers = automatic(groups, features, list(draws(groups, 4, 6, seed)))
        means.append(np.mean(scores))
        counts += numbers
    print(f"| 4 x 6, 3 x 30 draws | {spread(means)} | {np.mean(counts):.1f} |\n")


def main():
    """Print the tables asked for."""
    parts = {f.__name__: f for f in (dev, small, kinds, models, test)}
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(parts))
    chosen = parser.parse_args().parts or list(parts)
    images, groups, fields = load("dev")
    start = time.process_time()
    features = np.array([style_features(image) for image in images])
    each = 1000 * (time.process_time() - start) / len(images)
    print(f"{len(FEATURE_NAMES)} features, {each:.0f} CPU-ms an image.\n")
    for name in chosen:
        parts[name](images, groups, fields, features)


if __name__ == "__main__":
    main()
