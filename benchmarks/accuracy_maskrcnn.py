"""How good is a Mask R-CNN that a CPU trains from scratch in two minutes?

    LABKIT_DATA=... python benchmarks/accuracy_maskrcnn.py -o FOLDER [PART ...]

trains one model per seed on 60 images of dsb2018_dev, whole fields of its 256 x 256
fluorescence groups, drawn by the seed (a model that lies in FOLDER already is used),
and prints a markdown table for each part:

known     fluorescence groups of dsb2018_test at the true diameter of each image
options   every --every th of the 256 x 256 images, at the true diameter, at the one
          estimated in two passes or more, and at the training images' one; with and
          without test-time augmentation
search    post-processing searched on 18 images of dsb2018_dev that are not in
          training, at the estimated diameter, tested on the images of `options`

DSB: mean over images of the Data Science Bowl's score. F1 counts all objects
together, at IoU > 0.5.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch

import labkit as lk
from labkit.labels import median_diameter
from labkit.metrics import dsb_score, match, sum_matches
from labkit.models import MaskRCNN, UNetProb
from labkit.segment import PostParams, fitting_diameter, search, segment

N_IMAGES, N_VALIDATION = 60, 18


def examples(name, prefix="fluo256"):
    """Grey images, labels and index rows of the groups that begin with `prefix`."""
    data = lk.data.load(name)
    found = zip(data.images, data.labels, data.info["index"], strict=True)
    return [one for one in found if one[2]["group"].startswith(prefix)]


def split(seed):
    """Images of dsb2018_dev to train on, whole fields, and the other fields."""
    dev = examples("dsb2018_dev")
    fields = sorted({row["field"] for *_, row in dev})
    chosen, rest = [], []
    for field in np.random.default_rng(seed).permutation(fields):
        images = [one for one in dev if one[2]["field"] == field]
        fits = len(chosen) + len(images) <= N_IMAGES
        (chosen if fits else rest).extend(images)
    return chosen, rest


def trained(folder, seed):
    """The model of one seed: trained now, with its cost, or read."""
    folder = Path(folder) / f"seed{seed}"
    if (folder / "model.yaml").exists():
        return MaskRCNN.load(folder, device="cpu")
    images, labels, _ = zip(*split(seed)[0], strict=True)
    model, started = MaskRCNN(seed=seed, device="cpu"), time.process_time()
    history = model.fit(images, labels, seed=seed, progress=False)
    seconds = time.process_time() - started
    print(
        f"\nseed {seed}: {len(images)} images, {history.steps[-1]} steps, "
        f"{seconds:.0f} CPU-s, {history.seconds:.0f} s, best at {history.best_step}, "
        f"probability threshold {model.params.prob_thresh}",
        flush=True,
    )
    model.save(folder)
    return model


def true_diameter(labels):
    """Median diameter of the annotation; None without objects."""
    return median_diameter(labels) or None


def results(model, test, diameters, **options):
    """DSB score, Match and CPU-s of each image."""
    rows = []
    for (image, truth, _), diameter in zip(test, diameters, strict=True):
        started = time.process_time()
        labels = segment(model, image, diameter=diameter, **options)
        seconds = time.process_time() - started
        rows.append((dsb_score(truth, labels), match(truth, labels), seconds))
    return rows


def summed(rows):
    """Mean DSB score, F1 of all objects together, mean CPU-s."""
    dsb, matches, seconds = zip(*rows, strict=True)
    return float(np.mean(dsb)), sum_matches(list(matches)).f1, float(np.mean(seconds))


def scores(*args, **options):
    """Scores of a model on a test set, see `results`."""
    return summed(results(*args, **options))


def table(title, rows):
    """One markdown table: each line's scores, their mean and those of the seeds."""
    print(f"\n### {title}\n\n| | DSB, mean (seeds) | F1, mean (seeds) | CPU-s/image |")
    print("|---|--:|--:|--:|")
    for name, found in rows.items():
        dsb, f1, seconds = np.array(found).T
        cells = [
            f"{v.mean():.3f} ({', '.join(f'{x:.3f}' for x in v)})" for v in (dsb, f1)
        ]
        print(
            f"| {name} | {cells[0]} | {cells[1]} | {seconds.mean():.2f} |", flush=True
        )


def at_known_scale(models, test):
    """Each group, and those of the kind trained on."""
    true = [true_diameter(truth) for _, truth, _ in test]
    found = [results(model, test, true) for model in models]
    groups = [row["group"] for *_, row in test]
    rows = {}
    for name in [*sorted(set(groups)), "fluo256"]:
        chosen = [k for k, group in enumerate(groups) if group.startswith(name)]
        of_name = [summed([one[k] for k in chosen]) for one in found]
        rows[f"{'all ' * (name == 'fluo256')}{name} ({len(chosen)})"] = of_name
    table("Fluorescence groups of dsb2018_test, true diameter", rows)


def with_options(models, test, sizes):
    """Known, estimated and no scale; one view and eight."""
    true = [true_diameter(truth) for _, truth, _ in test]
    pairs = list(zip(models, sizes, strict=True))
    none = [None] * len(test)
    rows = {
        "training diameter": [scores(m, test, none) for m in models],
        "estimated diameter": [scores(m, test, s) for m, s in pairs],
        "estimated diameter, tta": [scores(m, test, s, tta=True) for m, s in pairs],
        "true diameter": [scores(m, test, true) for m in models],
        "true diameter, tta": [scores(m, test, true, tta=True) for m in models],
    }
    table(f"Scale and views, {len(test)} fluo256 images of dsb2018_test", rows)
    off = np.abs(np.log2(np.array(sizes) / true))
    print(
        f"\nestimated / true diameter: median off by {2 ** np.median(off):.2f}x, "
        f"{np.mean(off > 0.5):.0%} of the images by more than 1.41x"
    )


def with_search(models, seeds, test, sizes, folder):
    """Post-processing found on other images."""
    borders = UNetProb.load("nuclei", device="cpu")
    rows = {"defaults": [], "U-Net borders": [], "searched": []}
    for model, seed, found in zip(models, seeds, sizes, strict=True):
        rest = split(seed)[1]
        held = rest[:: max(1, len(rest) // N_VALIDATION)][:N_VALIDATION]
        images, labels, _ = zip(*held, strict=True)
        given = {"diameter": "auto", "borders": borders, "progress": False}
        started = time.perf_counter()
        best = search(model, images, labels, seed=seed, **given)
        print(
            f"\nseed {seed}: validation {best.start_score:.3f} -> {best.score:.3f} in "
            f"{time.perf_counter() - started:.0f} s; {best.post}",
            flush=True,
        )
        best.post.save(Path(folder) / f"seed{seed}" / "post.yaml")
        rows["defaults"].append(scores(model, test, found))
        rows["U-Net borders"].append(scores(model, test, found, borders=borders))
        post = {"borders": borders, "post": best.post}
        rows["searched"].append(scores(model, test, found, **post))
    plain = f"defaults are {PostParams()}"
    table("Post-processing at the estimated diameter", rows)
    print(f"\n{plain}")


def main(folder, parts, seeds, every):
    """Train what is not there, print the tables."""
    torch.set_num_threads(1)
    models = [trained(folder, seed) for seed in seeds]
    if "known" in parts:
        at_known_scale(models, examples("dsb2018_test", "fluo"))
    test = [one for one in examples("dsb2018_test") if one[1].any()][::every]
    if {"options", "search"} & set(parts):
        sizes = [[fitting_diameter(m, image) for image, *_ in test] for m in models]
    if "options" in parts:
        with_options(models, test, sizes)
    if "search" in parts:
        with_search(models, seeds, test, sizes, folder)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    known = ["known", "options", "search"]
    parser.add_argument("parts", nargs="*", default=known, metavar="PART")
    parser.add_argument("-o", "--out", required=True, help="folder of the models")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--every", type=int, default=3)
    given = parser.parse_args()
    main(given.out, given.parts, given.seeds, given.every)
