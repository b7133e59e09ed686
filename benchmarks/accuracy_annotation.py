"""Accuracy of the automatic annotation, as markdown.

    LABKIT_DATA=... python benchmarks/accuracy_annotation.py > docs/accuracy.md

One set of defaults, estimated diameter, for every image. The defaults were chosen on
dsb2018_dev and frame 1 of the MDCK movie; dsb2018_test was only measured. Data sets
that are not there are left out.
"""

from collections import defaultdict

import numpy as np

import labkit as lk
from labkit.auto import AutoParams, annotate_steps, diagnose
from labkit.metrics import match, sum_matches

OTSU = AutoParams(method="otsu")
MDCK_VARIANTS = {
    "published procedure, no filter": (OTSU, "objects"),
    "published procedure": (OTSU, "labels"),
    "default, no filter": (AutoParams(), "objects"),
    "default": (AutoParams(), "labels"),
    "default, diameter 1.4 times too small": (1 / 1.4, "labels"),
    "default, diameter 1.4 times too large": (1.4, "labels"),
}


def load(name):
    """Return a data set, or None where it is not there."""
    try:
        return lk.data.load(name)
    except (FileNotFoundError, ConnectionError):
        return None


def mdck_frame():
    """Compare variants on the hand-drawn frame."""
    data = load("mdck_frame01")
    if data is None:
        return
    image, true = data.images[0], data.labels[0]
    estimate = lk.auto.estimate_diameter(image)
    areas = np.bincount(true.ravel())[1:]
    width = np.sqrt(4 / np.pi * np.median(areas))
    within = np.mean(np.abs(areas - np.median(areas)) <= 0.5 * np.median(areas))
    print(f"\n### MDCK frame 1, {true.max()} hand-drawn nuclei\n")
    print(f"Median nucleus {width:.1f} px wide, estimated {estimate:.1f} px.")
    print(f"{within:.1%} of the drawn nuclei have an area within 50 % of the median:")
    print("no filter of the areas can keep more.\n")
    print("| annotation | objects | precision | kept | F1 | IoU kept | IoU of all |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for name, (params, field) in MDCK_VARIANTS.items():
        if not isinstance(params, AutoParams):
            params = AutoParams(diameter=params * estimate)
        m = match(true, getattr(annotate_steps(image, params), field))
        print(
            f"| {name} | {m.tp + m.fp} | {m.precision:.3f} | {m.recall:.3f} "
            f"| {m.f1:.3f} | {m.mean_iou:.3f} | {m.mean_iou_all:.3f} |"
        )


def mdck_movie():
    """Follow the annotation over the movie, where the sheet becomes dense."""
    data = load("mdck_movie")
    if data is None:
        return
    print("\n### MDCK movie, no truth\n")
    print("| frame | diameter | objects | kept | median area | published: objects |")
    print("|---|--:|--:|--:|--:|--:|")
    for name, image in zip(data.ids, data.images, strict=True):
        steps = annotate_steps(image)
        areas = np.bincount(steps.objects.ravel())[1:]
        print(
            f"| {name} | {steps.diameter:.0f} | {len(areas)} | {steps.labels.max()} "
            f"| {np.median(areas):.0f} | {annotate_steps(image, OTSU).objects.max()} |"
        )
        for doubt in diagnose(image, steps):
            print(f"| | | | | | {doubt} |")


def grey(image):
    """Return an image, or the mean of its colours."""
    return image.mean(axis=-1) if image.ndim == 3 else image


def annotate_set(name, invert=False):
    """Return {group: list of results} of a DSB2018 split."""
    data, groups = load(name), defaultdict(list)
    if data is None:
        return groups
    index = {row["id"]: row["group"] for row in data.info["index"]}
    for key, image, true in zip(data.ids, data.images, data.labels, strict=True):
        fluorescence = index[key].startswith("fluo")
        if invert and fluorescence:
            continue
        image = grey(image)
        image = image.max() - image if invert else image
        groups[index[key]].append(result(image, true))
    return groups


def result(image, true):
    """Return what is reported about one image."""
    steps = annotate_steps(image)
    lost = np.bincount(true.ravel(), (steps.labels > 0).ravel())
    marked = np.bincount(true.ravel(), steps.left_out.ravel())
    size = np.maximum(np.bincount(true.ravel()), 1)
    missed = lost < 0.5 * size
    missed[0] = False
    return {
        "all": match(true, steps.objects),
        "kept": match(true, steps.labels),
        "doubts": diagnose(image, steps),
        "missed": np.count_nonzero(missed),
        "marked": np.count_nonzero(marked[missed] > 0.5 * size[missed]),
        "background": size[0],
        "background_marked": marked[0],
    }


def groups_table(name, groups):
    """Print one row per fluorescence group."""
    print(f"\n### {name}, fluorescence groups\n")
    print(
        "| group | images | nuclei | F1@.5 | mean IoU | worst image | images below .6 ",
        end="",
    )
    print(
        "| kept | precision of kept | warned | missed nuclei marked | background lost |"
    )
    print("|---|" + 11 * "--:|")
    for group, results in sorted(groups.items()):
        if not group.startswith("fluo"):
            continue
        m, k = (sum_matches([r[key] for r in results]) for key in ("all", "kept"))
        f1 = [r["all"].f1 for r in results]
        missed, marked, background, lost = (
            sum(r[key] for r in results)
            for key in ("missed", "marked", "background", "background_marked")
        )
        print(
            f"| {group} | {len(results)} | {m.tp + m.fn} | {m.f1:.3f} "
            f"| {m.mean_iou:.3f} | {min(f1):.2f} | {sum(f < 0.6 for f in f1)} "
            f"| {k.recall:.3f} | {k.precision:.3f} "
            f"| {sum(bool(r['doubts']) for r in results)} "
            f"| {marked / max(missed, 1):.2f} | {lost / background:.3f} |"
        )


def doubts_table(results):
    """Print how often `diagnose` warns of bad and of good annotations."""
    print("\n### Do the warnings of `diagnose` tell?\n")
    print(
        "| images | F1@.5 below .6 | warned | .6 to .85 | warned | above .85 | warned |"
    )
    print("|---|--:|--:|--:|--:|--:|--:|")
    for name, group in results.items():
        cells = []
        for low, high in ((-1, 0.6), (0.6, 0.85), (0.85, 2)):
            chosen = [r for r in group if low <= r["all"].f1 < high]
            warned = np.mean([bool(r["doubts"]) for r in chosen]) if chosen else np.nan
            cells.append(f"{len(chosen)} | {warned:.0%}" if chosen else "0 | ")
        print(f"| {name} | {' | '.join(cells)} |")


def flat(groups, fluorescence):
    """Results of the fluorescence groups, or of the others."""
    return [
        result
        for group, results in groups.items()
        for result in results
        if group.startswith("fluo") == fluorescence
    ]


def main():
    """Print all tables."""
    print("# Accuracy\n\n## Automatic annotation\n")
    print("One set of defaults for every image; only the diameter is estimated anew.")
    print("Chosen on MDCK frame 1 and `dsb2018_dev`; `dsb2018_test` was only measured.")
    print(
        "An object is found if it overlaps a drawn one with IoU > 0.5; kept: share of"
    )
    print("the drawn nuclei found among the objects that pass the area filter; missed")
    print(
        "nuclei marked: share of the nuclei without annotation that lie in `left_out`;"
    )
    print("background lost: share of the true background in it.")
    print("Made by `python benchmarks/accuracy_annotation.py`.")
    print("The models that come along: [accuracy_models.md](accuracy_models.md).")
    mdck_frame()
    mdck_movie()
    doubts = {}
    for split in ("dsb2018_dev", "dsb2018_test"):
        groups = annotate_set(split)
        if groups:
            groups_table(split, groups)
            doubts[f"{split}, fluorescence"] = flat(groups, True)
            doubts[f"{split}, stained tissue, as it is"] = flat(groups, False)
            inverted = flat(annotate_set(split, invert=True), False)
            doubts[f"{split}, stained tissue, inverted"] = inverted
    if doubts:
        doubts_table(doubts)


if __name__ == "__main__":
    main()
