"""How good is the automatic annotation, with its defaults untouched?

    LABKIT_DATA=... python benchmarks/accuracy_annotation.py [PART ...]

mdck    frame 1 of the MDCK movie, 791 nuclei outlined by hand, both methods
movie   ten frames of it: numbers of nuclei and warnings, no truth
groups  every fluorescence group of dsb2018, development and test images
"""

import argparse

import numpy as np

import labkit as lk
from labkit.metrics import match, sum_matches

KINDS = {
    "default, filtered": lk.auto.AutoParams(),
    "default, unfiltered": lk.auto.AutoParams(area_tolerance=None),
    "otsu as published, filtered": lk.auto.AutoParams(method="otsu"),
    "otsu, unfiltered": lk.auto.AutoParams(method="otsu", area_tolerance=None),
}


def mdck():
    """Both methods on the frame with hand-drawn nuclei."""
    print("\n### MDCK, frame 1\n")
    print("| | objects | precision | kept (recall) | F1 | IoU of kept | IoU of all |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    frame = lk.data.load("mdck_frame01")
    for name, params in KINDS.items():
        labels = lk.auto.annotate(frame.images[0], params)
        m = match(frame.labels[0], labels)
        print(
            f"| {name} | {m.tp + m.fp} | {m.precision:.3f} | {m.recall:.3f} "
            f"| {m.f1:.3f} | {m.mean_iou:.3f} | {m.mean_iou_all:.3f} |"
        )


def movie():
    """Frames without truth: what is found and what is said about it."""
    print("\n### The other frames of the movie\n")
    print("| frame | diameter, px | nuclei | kept | warnings |\n|---|--:|--:|--:|---|")
    frames = lk.data.load("mdck_movie")
    for name, image in zip(frames.ids, frames.images, strict=True):
        steps = lk.auto.annotate_steps(image)
        said = "; ".join(lk.auto.diagnose(image, steps)) or "none"
        n_all, n_kept = (len(np.unique(x)) - 1 for x in (steps.objects, steps.labels))
        print(f"| {name} | {steps.diameter:.0f} | {n_all} | {n_kept} | {said} |")


def groups():
    """Every fluorescence group; and whether bad images are warned about."""
    for split in ("dsb2018_dev", "dsb2018_test"):
        print(f"\n### {split}, fluorescence groups\n")
        print(
            "| group | images | F1 | IoU matched | filtered: precision | kept "
            "| IoU of kept | images with F1 < 0.6 | of these warned "
            "| others warned |\n|---|" + "--:|" * 9
        )
        data = lk.data.load(split)
        of_group = {}
        for k, row in enumerate(data.info["index"]):
            if row["group"].startswith("fluo"):
                of_group.setdefault(row["group"], []).append(k)
        for group, chosen in sorted(of_group.items()):
            _group(group, [(data.images[k], data.labels[k]) for k in chosen])


def _group(name, pairs):
    """One line of the table."""
    every, kept, low, warned = [], [], [], []
    for image, true in pairs:
        steps = lk.auto.annotate_steps(image)
        every.append(match(true, steps.objects))
        kept.append(match(true, steps.labels))
        low.append(every[-1].f1 < 0.6)
        warned.append(bool(lk.auto.diagnose(image, steps)))
    a, b, low, warned = (
        sum_matches(every),
        sum_matches(kept),
        *map(np.array, (low, warned)),
    )
    print(
        f"| {name} | {len(pairs)} | {a.f1:.3f} | {a.mean_iou:.3f} | {b.precision:.3f} "
        f"| {b.recall:.3f} | {b.mean_iou:.3f} | {low.sum()} | {(low & warned).sum()} "
        f"| {(warned & ~low).sum()} |"
    )


PARTS = {part.__name__: part for part in (mdck, movie, groups)}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=list(PARTS), metavar="PART")
    for chosen in parser.parse_args().parts:
        PARTS[chosen]()
