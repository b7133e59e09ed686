"""How good is StarDist trained from scratch on automatic annotation?

    LABKIT_DATA=... python benchmarks/accuracy_stardist.py [PART ...]

prints one markdown table for each part (all by default):

mdck        frames 31, 41, 51, 61, 71 annotated automatically; test on frame 1
background  the same training with the left-out nuclei taught as background, with
            all but the kept nuclei black or noise, or masked out of the loss
halves      automatic against hand-made labels of one half of frame 1
adaptation  another magnification: Englbrecht's 20 training and 4 test tiles
"""

import argparse
import time

import numpy as np

import labkit as lk
from labkit.metrics import match, sum_matches
from labkit.models import StarDist, TrainParams

HALF_AS_LONG = TrainParams(steps=800)
UNFILTERED = lk.auto.AutoParams(area_tolerance=None)


def annotated(images, params):
    """Labels and left-out masks of all images."""
    steps = [lk.auto.annotate_steps(image, params) for image in images]
    return [one.labels for one in steps], [one.left_out for one in steps]


def train(images, labels, ignore=None, params=None, **options):
    """Train from scratch; return the model and the CPU seconds it took."""
    started = time.process_time()
    model = StarDist(seed=0)
    model.fit(images, labels, ignore=ignore, params=params, progress=False, **options)
    return model, time.process_time() - started


def score(model, images, labels, **options):
    """Match of all test images together."""
    return sum_matches(
        [
            match(true, lk.segment.segment(model, image, **options))
            for image, true in zip(images, labels, strict=True)
        ]
    )


def row(name, result, seconds=None):
    """One line of a markdown table."""
    cost = "" if seconds is None else f"{seconds:.0f}"
    print(
        f"| {name} | {result.precision:.3f} | {result.recall:.3f} | {result.f1:.3f} "
        f"| {result.mean_iou:.3f} | {result.mean_iou_all:.3f} | {cost} |",
        flush=True,
    )


def head(title):
    """Title and first lines of a table."""
    print(
        f"\n### {title}\n\n| | precision | recall | F1 | mean IoU matched "
        f"| mean IoU all | training CPU-s |\n|---|--:|--:|--:|--:|--:|--:|"
    )


def mdck():
    """The issue's main figure: no hand-made label in training."""
    head("MDCK, trained on automatic annotation of 5 frames, tested on frame 1")
    images = lk.data.load("mdck_movie", ids=FRAMES).images
    test = lk.data.load("mdck_frame01")
    kinds = (("all nuclei", UNFILTERED), ("typical areas only", lk.auto.AutoParams()))
    for name, params in kinds:
        labels, ignore = annotated(images, params)
        model, seconds = train(images, labels, ignore)
        row(f"{name}, rest masked", score(model, test.images, test.labels), seconds)
        model.params = model.params.replace(refine=False)
        row(f"{name}, polygons only", score(model, test.images, test.labels))


def background():
    """What to do about nuclei that the annotation left out."""
    head("What is taught about left-out nuclei (otsu annotation as published)")
    images = lk.data.load("mdck_movie", ids=FRAMES).images
    test = lk.data.load("mdck_frame01")
    labels, ignore = annotated(images, lk.auto.AutoParams(method="otsu"))
    noise = [
        lk.auto.noise_background(image, label, seed=k)
        for k, (image, label) in enumerate(zip(images, labels, strict=True))
    ]
    black = [np.where(m > 0, i, 0) for i, m in zip(images, labels, strict=True)]
    kinds = {
        "background": (images, None),
        "black": (black, None),
        "noise": (noise, None),
        "masked": (images, ignore),
    }
    for steps in (400, 1600):
        for name, (shown, masks) in kinds.items():
            params = TrainParams(steps=steps, patience=steps)
            model, seconds = train(shown, labels, masks, params)
            result = score(model, test.images, test.labels)
            row(f"{name}, {steps} steps", result, seconds)


def halves():
    """Automatic against manual annotation of the same nuclei."""
    head("One half of frame 1 to train, the other to test")
    test = lk.data.load("mdck_frame01")
    image, true = test.images[0], test.labels[0]
    middle = image.shape[1] // 2
    sides = {"left": np.s_[:, :middle], "right": np.s_[:, middle:]}
    for name, other in (("left", "right"), ("right", "left")):
        here, there = sides[name], sides[other]
        hidden = (image[there],), (lk.labels.relabel(true[there]),)
        labels, ignore = annotated([image[here]], UNFILTERED)
        model, seconds = train([image[here]], labels, ignore, HALF_AS_LONG)
        row(f"automatic, trained on the {name}", score(model, *hidden), seconds)
        model, seconds = train([image[here]], [true[here]], params=HALF_AS_LONG)
        row(f"by hand, trained on the {name}", score(model, *hidden), seconds)


def adaptation():
    """Retraining on another magnification, and not retraining."""
    head("Adaptation: 4 test tiles of Englbrecht et al.")
    test = lk.data.load("englbrecht_test")
    images = lk.data.load("englbrecht_train").images
    labels, ignore = annotated(images, UNFILTERED)
    model, seconds = train(images, labels, ignore)
    row("trained on its 20 tiles", score(model, test.images, test.labels), seconds)
    movie = lk.data.load("mdck_movie", ids=FRAMES).images
    small, ignore = annotated(
        [image[:1024, :1024] for image in movie], lk.auto.AutoParams()
    )
    shrunk = [image[:1024:2, :1024:2] for image in movie]
    halved = [lk.labels.relabel(one[::2, ::2]) for one in small]
    ignore = [one[::2, ::2] for one in ignore]
    other, seconds = train(shrunk, halved, ignore, HALF_AS_LONG)
    result = score(other, test.images, test.labels)
    row("trained on nuclei half as large", result, seconds)
    row(
        "the same, image scaled to the trained diameter",
        score(other, test.images, test.labels, diameter="auto"),
    )


FRAMES = [f"frame{k}" for k in (31, 41, 51, 61, 71)]
PARTS = {part.__name__: part for part in (mdck, background, halves, adaptation)}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=list(PARTS), metavar="PART")
    for chosen in parser.parse_args().parts:
        PARTS[chosen]()
