"""How good are suggested contours, and how fast?

    LABKIT_DATA=... python benchmarks/accuracy_assist.py [PART ...]

prints one markdown table for each part (all by default):

mdck      lazy contours of 400 nuclei of the hand-drawn MDCK frame, every method
dsb       lazy contours of all nuclei of dsb2018_test, with and without the U-Net
sizes     is it better to scale the image before the U-Net looks at it?
perfect   a perfect probability map: is it always the right object?
prompts   clicks, boxes and scribbles instead of contours
score     does the score tell good suggestions from bad ones?
speed     milliseconds of one suggestion in a 2048 x 2048 image, map cached

A lazy contour is simulated: the convex hull of the true outline, scaled by 0.9 to 1.2
and shifted in both directions by a normal error of 6 % of the diameter; seed 0. IoU is
with the true nucleus. The constants of `labkit.assist` were chosen on dsb2018_dev and
on the other 391 nuclei of the MDCK frame (`dev`, not in the default parts, shows them).
"""

import argparse
import time
from collections import defaultdict
from typing import NamedTuple

import numpy as np
from train_nuclei import load, split

import labkit as lk
from labkit.assist import (
    ProbMap,
    from_box,
    from_click,
    from_scribble,
    suggest,
    suggestions,
)
from labkit.crops import rims
from labkit.models import UNetProb
from labkit.objects import crop_mask

N_MDCK = 400


class Case(NamedTuple):
    """One nucleus and the lazy contour around it."""

    image: np.ndarray
    labels: np.ndarray
    label: int
    line: np.ndarray
    group: str
    area: int


def cases(image, labels, group, rng, chosen=None):
    """The nuclei of an image, or some of them, whose line meets the image."""
    areas = np.bincount(labels.ravel())
    outlines = lk.labels.to_polygons(labels)
    found = []
    for label in outlines if chosen is None else chosen:
        line = lk.synth.lazy_contour(outlines[label], rng)
        if crop_mask(line, labels.shape)[0].any():
            found.append(Case(image, labels, int(label), line, group, areas[label]))
    return found


def mdck_cases(tuning=False):
    """The measured 400 nuclei of the frame, or the 391 others."""
    data, rng = lk.data.load("mdck_frame01"), np.random.default_rng(0)
    (image,), (labels,) = data.images, data.labels
    every = np.unique(labels[labels > 0])
    chosen = rng.choice(every, N_MDCK, replace=False)
    chosen = np.setdiff1d(every, chosen) if tuning else chosen
    return cases(image, labels, "MDCK frame 1", rng, chosen)


def dsb_cases(examples):
    """All nuclei of a DSB2018 set: (image, labels, row of the index)."""
    rng = np.random.default_rng(0)
    return [
        one
        for image, labels, row in examples
        for one in cases(image, labels, row["group"], rng)
    ]


def dsb_test():
    """The test split; measured only."""
    data = lk.data.load("dsb2018_test")
    return zip(data.images, data.labels, data.info["index"], strict=True)


def kind(group):
    """What kind of image a group is."""
    kinds = {"fluo": "fluorescence", "he_": "histology", "bf_": "bright field"}
    return next(
        (name for start, name in kinds.items() if group.startswith(start)), group
    )


def iou(case, mask, origin):
    """Intersection over union with the true nucleus."""
    rows, cols = (slice(o, o + n) for o, n in zip(origin, mask.shape, strict=True))
    both = np.count_nonzero(mask & (case.labels[rows, cols] == case.label))
    return both / (np.count_nonzero(mask) + case.area - both)


def ious(found, method, probs=None):
    """IoU of the suggestions for some cases; "drawn": of the lines themselves."""
    values = []
    for case in found:
        if method == "drawn":
            values.append(iou(case, *crop_mask(case.line, case.labels.shape)))
            continue
        prob = None if probs is None else probs(case)
        one = suggest(case.image, case.line, method=method, prob=prob)
        values.append(iou(case, one.mask, one.origin))
    return np.array(values)


def maps(model=None, **how):
    """From a case to the map of its image; each is computed once."""
    model, known = model or UNetProb.load("nuclei"), {}

    def of(case):
        key = id(case.image)
        if key not in known:
            given = {k: v(case) if callable(v) else v for k, v in how.items()}
            known[key] = ProbMap(case.image, model, **given).wait()
        return known[key]

    return of


def table(title, *names):
    """Title and first lines of a table."""
    print(f"\n### {title}\n\n| {' | '.join(names)} |\n|---{'|--:' * (len(names) - 1)}|")


def line(name, values, *more):
    """One line of a table of IoUs."""
    shares = [f"{np.mean(values > limit):.3f}" for limit in (0.5, 0.7, 0.8)]
    cells = [name, str(len(values)), f"{values.mean():.3f}", *shares, *more]
    print(f"| {' | '.join(cells)} |", flush=True)


COLUMNS = "", "nuclei", "mean IoU", "> .5", "> .7", "> .8"


def methods_table(title, found, probs):
    """Every method on the same cases."""
    table(title, *COLUMNS)
    line("the lazy contour itself", ious(found, "drawn"))
    for method in ("watershed", "region", "snake"):
        line(f'"{method}", no model', ious(found, method))
    line('"auto", no model', ious(found, "auto"))
    line('"unet"', ious(found, "unet", probs))
    line('"auto" with the U-Net\'s map', ious(found, "auto", probs))


def mdck():
    """Hand-drawn nuclei of another microscope than any in training."""
    title = f"{N_MDCK} nuclei of MDCK frame 1"
    methods_table(title, mdck_cases(), maps())


def by_kind(found):
    """Cases by kind of image."""
    groups = defaultdict(list)
    for case in found:
        groups[kind(case.group)].append(case)
    return groups


def dsb():
    """Nuclei of the test split, by kind and by group."""
    found, probs = dsb_cases(dsb_test()), maps()
    values = {
        "the lazy contour itself": ious(found, "drawn"),
        "no model": ious(found, "auto"),
        '"unet"': ious(found, "unet", probs),
        '"auto" with the map': ious(found, "auto", probs),
    }
    table("All nuclei of dsb2018_test", *COLUMNS)
    kinds = np.array([kind(case.group) for case in found])
    for name in np.unique(kinds):
        for how, all_values in values.items():
            line(f"{name}: {how}", all_values[kinds == name])
    groups, (drawn, plain, _, best) = [case.group for case in found], values.values()
    table('The same by group, "auto" with the map', *COLUMNS, "no model", "drawn")
    for name in sorted(set(groups)):
        own = np.array(groups) == name
        line(name, best[own], f"{plain[own].mean():.3f}", f"{drawn[own].mean():.3f}")


def dev():
    """What the constants were chosen on."""
    held = split(load())[1]
    found = by_kind([*mdck_cases(tuning=True), *dsb_cases(held)])
    for name, some in found.items():
        methods_table(f"Development: {name}", some, maps())


def sizes():
    """The image as it is, or scaled by the true median diameter."""
    held = split(load())[1]
    found = by_kind(dsb_cases(held))
    ways = {"as it is": {}, "true median diameter": {"diameter": median_diameter}}
    table("Scale of the U-Net's map, held-out fields of dsb2018_dev", *COLUMNS)
    for way, how in ways.items():
        probs = maps(**how)
        for name, some in found.items():
            for method in ("unet", "auto"):
                line(f'{name}, "{method}", {way}', ious(some, method, probs))


def median_diameter(case):
    """The true one, within what the model can be asked for."""
    return float(np.clip(lk.labels.median_diameter(case.labels), 3.6, 220))


def perfect():
    """Nucleus and rim from the true labels, and the nucleus alone."""
    found = by_kind([*mdck_cases(), *dsb_cases(dsb_test())])
    table("A perfect map", *COLUMNS, "another object")
    for rim in (True, False):
        for name, some in found.items():
            values, wrong = perfect_map(some, rim)
            how = "nucleus and rim" if rim else "nucleus only"
            line(f"{name}, {how}", values, str(wrong))


def perfect_map(found, rim):
    """IoUs, and how often another object than the one drawn around was picked."""
    known, values, n_wrong = {}, [], 0
    for case in found:
        if id(case.labels) not in known:
            nucleus = (case.labels > 0).astype(np.float32)
            both = np.stack([nucleus, rims(case.labels, 2)]).astype(np.float32)
            known[id(case.labels)] = both if rim else nucleus
        prob = known[id(case.labels)]
        one = suggest(case.image, case.line, method="unet", prob=prob)
        values.append(iou(case, one.mask, one.origin))
        rows, cols = (
            slice(o, o + n) for o, n in zip(one.origin, one.mask.shape, strict=True)
        )
        inside = np.bincount(case.labels[rows, cols][one.mask])
        inside[0] = 0
        n_wrong += inside.argmax() != case.label
    return np.array(values), n_wrong


def prompts():
    """Less than a contour: a click off the centre, a careless box, a stroke of a
    brush 0.8 diameters wide.
    """
    found, probs = mdck_cases(), maps()
    diameter = lk.auto.estimate_diameter(found[0].image)
    rng = np.random.default_rng(0)
    table(f"Prompts, MDCK frame 1, estimated diameter {diameter:.0f} px", *COLUMNS)
    for name, polygons in prompt_polygons(found, rng, diameter, probs).items():
        for how, given in (("no model", None), ("U-Net", probs)):
            values = []
            for case, polygon in zip(found, polygons[how], strict=True):
                prob = given and given(case)
                one = suggest(case.image, polygon, prob=prob)
                values.append(iou(case, one.mask, one.origin))
            line(f"{name}, {how}", np.array(values))


def prompt_polygons(found, rng, diameter, probs):
    """Rough polygons from simulated prompts: name to how to list."""
    made = defaultdict(lambda: defaultdict(list))
    for case in found:
        pixels = np.argwhere(case.labels == case.label).astype(float)
        centre, low, high = pixels.mean(axis=0), pixels.min(axis=0), pixels.max(axis=0)
        click = pixels[rng.integers(len(pixels))] * 0.5 + centre * 0.5
        corners = np.array([low, high]) + rng.normal(0, 0.05, (2, 2)) * (high - low)
        ends = centre + np.outer((-0.15, 0.15), high - low)
        width = 1.6 * np.sqrt(case.area / np.pi)
        for how in ("no model", "U-Net"):
            prob = probs(case) if how == "U-Net" else None
            at = from_click(click, case.image, prob=prob, diameter=diameter)
            made["click"][how].append(at)
            made["box"][how].append(from_box(*corners))
            made["scribble"][how].append(from_scribble(ends, width))
    return made


def score():
    """Rank correlation of score and IoU; every sixth image of the test split."""
    from scipy.stats import spearmanr

    sets = {"MDCK": mdck_cases(), **by_kind(dsb_cases(list(dsb_test())[::6]))}
    probs = maps()
    names = "", "Spearman", "mean IoU, lowest tenth of the scores", "of the others"
    table("What the score says", *names)
    for name, some in sets.items():
        for how, given in (("no model", None), ("U-Net", probs)):
            ones = [suggest(c.image, c.line, prob=given and given(c)) for c in some]
            scores = np.array([one.score for one in ones])
            true = [iou(c, o.mask, o.origin) for c, o in zip(some, ones, strict=True)]
            order, true = np.argsort(scores), np.array(true)
            n = max(1, len(order) // 10)
            rank = spearmanr(scores, true).statistic
            low, rest = true[order[:n]].mean(), true[order[n:]].mean()
            print(
                f"| {name}, {how} | {rank:.2f} | {low:.3f} | {rest:.3f} |", flush=True
            )


def speed():
    """Wall-clock time of one call; the first one, which compiles, is not counted."""
    found, probs = mdck_cases(), maps()
    labels = found[0].labels
    table("Milliseconds of one call, 2048 x 2048", "", "median", "95th percentile")
    ways = {
        '"unet", map cached': (suggest, {"method": "unet"}, True),
        '"auto", map cached': (suggest, {}, True),
        '"watershed"': (suggest, {"method": "watershed"}, False),
        '"region"': (suggest, {"method": "region"}, False),
        '"snake"': (suggest, {"method": "snake"}, False),
        "suggestions(), all alternatives": (suggestions, {}, True),
    }
    for name, (function, how, with_map) in ways.items():
        times = []
        for case in found[:200]:
            prob = probs(case) if with_map else None
            taken = np.where(labels == case.label, 0, labels)
            started = time.perf_counter()
            function(case.image, case.line, prob=prob, taken=taken, **how)
            times.append(1000 * (time.perf_counter() - started))
        middle, late = np.percentile(times[1:], (50, 95))
        print(f"| {name} | {middle:.1f} | {late:.1f} |", flush=True)


PARTS = {p.__name__: p for p in (mdck, dsb, sizes, perfect, prompts, score, speed, dev)}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default = [name for name in PARTS if name != "dev"]
    parser.add_argument("parts", nargs="*", default=default, metavar="PART")
    for chosen in parser.parse_args().parts:
        PARTS[chosen]()
