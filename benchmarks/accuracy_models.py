"""How good are the models that come with labkit, and where do they fail?

    LABKIT_DATA=... python benchmarks/accuracy_models.py [PART ...]

prints one markdown table for each part (`left_out` and `looks` only if named):

groups      StarDist and UNetProb on dsb2018_test, by group of images
mdck        frame 1 of the MDCK movie, nothing of which was in training
switches    test-time augmentation and the rest of segment against none, on the
            fields of dsb2018_dev that training held out
disturbed   noise, blur, gamma, uneven light, inversion, on held-out fluorescence
others      Englbrecht's four test tiles, the breast cancer movie (centres only)
left_out    train without a group of images, test on it (six trainings: an hour)
looks       the same, ended with strong or with little variation of the crops

DSB: mean over images of the Data Science Bowl's score. F1, precision and recall
count all objects of a group together, at IoU > 0.5.
"""

import argparse
import copy
import time
from collections import defaultdict

import numpy as np
from skimage.filters import gaussian
from train_nuclei import load, split, train

import labkit as lk
from labkit.metrics import dsb_score, match, sum_matches
from labkit.models import StarDist, UNetProb
from labkit.segment import segment_steps

LEFT_OUT = {
    "purple on white": ("he_purple_on_white",),
    "purple on purple": ("he_purple_on_purple",),
    "bright field cytology": ("bf_cytology",),
    "360 x 360, large nuclei": ("fluo360_large",),
    "520 x 696, two groups": ("fluo520_dense", "fluo520_large"),
}
SHORT = 1500  # steps of the trainings of left_out


def examples(name="dsb2018_test"):
    """Images, labels and group of each image of a DSB2018 split."""
    data = lk.data.load(name)
    groups = [row["group"] for row in data.info["index"]]
    return list(zip(data.images, data.labels, groups, strict=True))


def results(model, found, diameter="auto", **options):
    """One (group, Match, DSB score, estimated / true diameter) for each image."""
    rows = []
    for image, labels, group in found:
        true = lk.labels.median_diameter(labels)
        given = true if diameter == "true" else diameter
        limit = model.params.diameter * 8
        given = min(given, limit) if isinstance(given, float) else given
        steps = segment_steps(model, image, diameter=given, **options)
        scores = match(labels, steps.labels), dsb_score(labels, steps.labels)
        rows.append((group, *scores, steps.diameter / true if true else 1.0))
    return rows


def grouped(rows):
    """Rows by group, and those of fluorescence and of stained tissue together."""
    groups = defaultdict(list)
    for row in rows:
        groups[row[0]].append(row)
    for name, start in (("all fluorescence", "fluo"), ("all stained", "he_")):
        found = [row for row in rows if row[0].startswith(start)]
        if found:
            groups[name] = found
    return groups


def line(name, rows, *more):
    """One line of a markdown table."""
    total = sum_matches([row[1] for row in rows])
    dsb = np.mean([row[2] for row in rows])
    cells = [f"{total.f1:.3f}", f"{total.precision:.3f}", f"{total.recall:.3f}"]
    cells += [f"{total.mean_iou:.3f}", f"{dsb:.3f}", *more]
    print(f"| {name} | {len(rows)} | {' | '.join(cells)} |", flush=True)


def head(title, *more):
    """Title and first lines of a table."""
    names = ["", "images", "F1", "precision", "recall", "mean IoU", "DSB", *more]
    print(f"\n### {title}\n\n| {' | '.join(names)} |\n|---{'|--:' * (len(names) - 1)}|")


def groups(name):
    """Every group of the test split, diameter estimated and known."""
    for model_class in (StarDist, UNetProb):
        model = model_class.load(name if model_class is StarDist else "nuclei")
        kind = model_class.__name__
        head(
            f'{kind}, diameter="auto", on dsb2018_test',
            "F1, true diameter",
            "DSB, true diameter",
            "estimated / true",
        )
        auto = grouped(results(model, examples()))
        true = grouped(results(model, examples(), "true"))
        for group in sorted(auto, key=lambda group: (group.startswith("all"), group)):
            f1 = sum_matches([row[1] for row in true[group]]).f1
            dsb = np.mean([row[2] for row in true[group]])
            off = np.median([row[3] for row in auto[group]])
            line(group, auto[group], f"{f1:.3f}", f"{dsb:.3f}", f"{off:.2f}")


def mdck(name):
    """The hand-drawn frame: another microscope, cell line and magnification."""
    head("MDCK frame 1, 791 hand-drawn nuclei, never seen", "CPU-s")
    data = lk.data.load("mdck_frame01")
    found = [(data.images[0], data.labels[0], "mdck")]
    for model_class in (StarDist, UNetProb):
        model = model_class.load(name if model_class is StarDist else "nuclei")
        model.predict(data.images[0][:256, :256])  # compile before timing
        for diameter in ("auto", "true"):
            started = time.process_time()
            rows = results(model, found, diameter)
            seconds = time.process_time() - started
            kind = model_class.__name__
            line(f"{kind}, {diameter} diameter", rows, f"{seconds:.1f}")


def switches(name):
    """Every switch of `segment`, on held-out fields and their fluorescence part."""
    head("Switches of segment, StarDist, held-out fields", "CPU")
    held = [(image, labels, row["group"]) for image, labels, row in split(load())[1]]
    model, borders = StarDist.load(name), UNetProb.load("nuclei")
    kinds = {
        "none": {},
        "tta=True": {"tta": True},
        "scales=(1, 2)": {"scales": (1.0, 2.0)},
        "scales=(1, 0.5)": {"scales": (1.0, 0.5)},
        "borders=UNetProb": {"borders": borders},
        "holes=True": {"holes": True},
        "min_area=20": {"min_area": 20},
    }
    first = None
    for kind, options in kinds.items():
        started = time.process_time()
        rows = results(model, held, "true", **options)
        seconds = time.process_time() - started
        first = first or seconds
        line(f"{kind}, all", rows, f"{seconds / first:.1f}x")
        line(f"{kind}, fluorescence", grouped(rows)["all fluorescence"], "")


def disturbances(rng):
    """What is done to a picture (background 0, nuclei about 1) and its diameter."""
    return {
        "as it is": lambda image, _: image,
        "noise, 0.1": lambda image, _: image + rng.normal(0, 0.1, image.shape),
        "noise, 0.25": lambda image, _: image + rng.normal(0, 0.25, image.shape),
        "blur, 0.1 diameters": lambda image, size: gaussian(image, 0.1 * size),
        "gamma 0.5": lambda image, _: image.clip(0) ** 0.5,
        "gamma 2": lambda image, _: image.clip(0) ** 2,
        "light falls to a fifth": lambda image, _: (
            image * np.linspace(0.3, 1.5, image.shape[1])
        ),
        "dark on bright": lambda image, _: -image,
    }


def disturbed(name):
    """What happens to images that are worse than those of the training."""
    head("Disturbed images: held-out fluorescence, every second, true diameter")
    model = StarDist.load(name)
    held = [one for one in split(load())[1] if one[2]["group"].startswith("fluo")]
    for kind in disturbances(None):
        found, rng = [], np.random.default_rng(0)
        for image, labels, row in held[::2]:
            grey = np.float32(image if image.ndim == 2 else image[..., 0])
            low, high = np.percentile(grey, (1, 99.8))
            plain = (grey - low) / (high - low)
            size = lk.labels.median_diameter(labels)
            changed = np.float32(disturbances(rng)[kind](plain, size))
            found.append((changed, labels, row["group"]))
        line(kind, results(model, found, "true"))


def others(name):
    """Sets from other places."""
    head('Other sets, StarDist, diameter="auto"')
    model = StarDist.load(name)
    for place in ("englbrecht_test", "englbrecht_test_raw", "scratch_assay"):
        data = lk.data.load(place)
        found = [(i, t, place) for i, t in zip(data.images, data.labels, strict=True)]
        line(place, results(model, found))
    data = lk.data.load("breast_cancer")
    n_found = n_true = n_hit = 0
    for image, true in zip(data.images[::6], data.labels[::6], strict=True):
        labels = segment_steps(model, image, diameter="auto").labels
        table = lk.labels.object_table(true)
        hits = labels[table["y"].round().astype(int), table["x"].round().astype(int)]
        n_true, n_found = n_true + len(table), n_found + labels.max()
        n_hit += len(np.unique(hits[hits > 0]))
    print(
        f"\nbreast_cancer, every sixth frame, true centres only: {n_true} nuclei, "
        f"{n_found} found, {n_hit} of them hold a centre that no other one holds "
        f"(precision {n_hit / n_found:.3f}, recall {n_hit / n_true:.3f})"
    )


def left_out(_=None):
    """What becomes of images unlike any in training."""
    head(
        f"Groups left out of training ({SHORT} steps), tested on dsb2018_test",
        "F1, trained with it",
        "DSB, trained with it",
    )
    everything, _ = train("stardist", SHORT)
    test = examples()
    for name, without in LEFT_OUT.items():
        model, _ = train("stardist", SHORT, without)
        found = [one for one in test if one[2] in without]
        known = results(everything, found)
        f1, dsb = sum_matches([k[1] for k in known]).f1, np.mean([k[2] for k in known])
        line(name, results(model, found), f"{f1:.3f}", f"{dsb:.3f}")


def looks(_=None):
    """Does a training that ends with little variation know less of what is new?"""
    head(f"{SHORT} steps with strong variation, then {SHORT // 2} more")
    test = examples()
    for name, without in LEFT_OUT.items():
        found = [one for one in test if one[2] in without]
        start, _ = train("stardist", SHORT, without)
        for end in ("strong", "faint"):
            how = {"start": copy.deepcopy(start), "looks": end}
            model, _ = train("stardist", SHORT // 2, without, **how)
            line(f"{name}, {end}", results(model, found))


LONG = (left_out, looks)
SHOWN = (groups, mdck, switches, disturbed, others)
PARTS = {one.__name__: one for one in (*SHOWN, *LONG)}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default = [name for name, part in PARTS.items() if part not in LONG]
    parser.add_argument("parts", nargs="*", default=default, metavar="PART")
    parser.add_argument(
        "--model", default="nuclei", help="another StarDist, its folder"
    )
    options = parser.parse_args()
    for chosen in options.parts:
        PARTS[chosen](options.model)
