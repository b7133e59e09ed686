"""Does adaptation pay? Every arm on stains that the model has never seen.

    LABKIT_DATA=... python benchmarks/accuracy_adaptation.py run -o FOLDER [--seed 0]
    LABKIT_DATA=... python benchmarks/accuracy_adaptation.py table -o FOLDER
    LABKIT_DATA=... python benchmarks/accuracy_adaptation.py doubt

A StarDist is trained on 60 fluorescence images of ``dsb2018_dev`` with their labels.
Then the stained tissue of ``dsb2018_dev`` (57 images, purple on purple and purple on
white) arrives, without labels, and each arm makes of it what it can. Tested on these
groups of ``dsb2018_test``, whose fields of view nobody has seen. ``run`` writes one
JSON file for each arm and seed and leaves out what is there already; --arms chooses;
--few 4 adapts to 4 images of each stain only (another FOLDER, please). ``doubt`` says
how good the first annotation is, before and after doubtful objects are taken back.

--left-out fluo520_dense adapts to a group of fluorescence instead, which the first
training then has not seen; that model annotates first (another FOLDER, please).
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

import labkit as lk
from labkit import adapt
from labkit.metrics import dsb_score, match, sum_matches
from labkit.models import StarDist, StarDistParams
from labkit.style import cluster_styles

STAINS = ("he_purple_on_purple", "he_purple_on_white")
N_SOURCE = 60
PARAMS = adapt.AdaptParams(steps=1200, n_synthetic=60, lr=2e-3)
BASE_STEPS = 1000
ALONE = {"synthetic": 0.0, "real": 0.8}
PAINTED = {"synthetic": 0.8, "real": 0.0}
ARMS = {  # what differs from PARAMS; None: nothing is trained
    "plain annotation": None,
    "NOstyle": None,
    "annotation alone": ALONE | {"doubt": False},
    "AUTOstyle": {},
    "GTstyle": {},
    "annotation alone, doubts ignored": ALONE,
    "statistics alone": PAINTED,
    "AUTOstyle, two rounds": {"rounds": 2, "steps": 600},
    "annotation alone, two rounds": ALONE | {"rounds": 2, "steps": 600},
    "AUTOstyle by copy-paste": {"renderer": "copy-paste"},
    "copy-paste alone": PAINTED | {"renderer": "copy-paste"},
    "pix2pix alone": PAINTED | {"renderer": "pix2pix"},
}


def load(split, wanted):
    """Images, labels and groups of those images whose group `wanted` says yes to."""
    data = lk.data.load(f"dsb2018_{split}")
    groups = [row["group"] for row in data.info["index"]]
    chosen = [k for k, group in enumerate(groups) if wanted(group)]
    every = data.images, data.labels, groups
    return tuple([values[k] for k in chosen] for values in every)


def source(seed, targets):
    """Some other fluorescence images with their labels, at the uniform object size."""
    images, labels, _ = load(
        "dev", lambda group: group.startswith("fluo") and group not in targets
    )
    order = np.random.default_rng(seed).permutation(len(images))[:N_SOURCE]
    size = PARAMS.diameter
    found = [adapt.to_uniform(images[k], labels[k], size) for k in order]
    return [one for one in found if one.labels.any()]


def base(folder, seed, targets):
    """The model that knows other fluorescence only."""
    path = folder / f"base{seed}"
    if not (path / "model.yaml").is_file():
        model = StarDist(StarDistParams(channels=3, width=24), seed=seed)
        params = PARAMS.replace(seed=seed, steps=BASE_STEPS)
        adapt.train(model, [(source(seed, targets), 1.0)], params, progress=False)
        model.save(path)
    return StarDist.load(path)


def by_style(styles, function, *lists):
    """Apply a function of lists to the members of each style; keep the order."""
    result = [None] * len(lists[0])
    for style in range(styles.n_styles):
        members = np.flatnonzero(styles.style == style)
        made = function(*([values[k] for k in members] for values in lists))
        for k, one in zip(members, made, strict=True):
            result[k] = one
    return result


def learn(model, images, first, styles, params, own, older):
    """One round: doubt, bring to size, paint, train; the model is changed."""
    if params.doubt and not own:
        first = by_style(styles, adapt.doubt, images, first)
    real = [
        adapt.to_uniform(image, one.labels, params.diameter, unsure=one.unsure)
        if one.labels.any()
        else None
        for image, one in zip(images, first, strict=True)
    ]
    if not params.doubt:
        real = [one and one._replace(unsure=one.labels < 0) for one in real]
    synthetic = []
    for style in range(styles.n_styles) if params.synthetic else ():
        members = [real[k] for k in np.flatnonzero(styles.style == style)]
        members = [one for one in members if one is not None]
        renderer = adapt.fit_renderer(members, params)
        how = {"numbers": range(params.n_synthetic), "seed": params.seed + style}
        synthetic += adapt.synthesise(members, renderer, params, **how)
    parts = [([one for one in real if one is not None], params.real)]
    parts += [(synthetic, params.synthetic), (older, params.source)]
    adapt.train(model, parts, params, progress=False)


def target(few, seed, targets):
    """The images to adapt to, or a few of each group, and their labels."""
    images, labels, groups = load("dev", targets.__contains__)
    order = np.random.default_rng(seed).permutation(len(images))
    if few:
        parts = [[k for k in order if groups[k] == one][:few] for one in targets]
        chosen = [k for part in parts for k in part]
        images, labels = ([values[k] for k in chosen] for values in (images, labels))
    return images, labels


def run_arm(name, folder, seed, few=None, targets=STAINS, steps=PARAMS.steps):
    """Return what one arm makes of the test images: label images."""
    tests, _, _ = load("test", targets.__contains__)
    model = base(folder, seed, targets)
    if name == "plain annotation":
        return [adapt.presegment(image).labels for image in tests]
    if ARMS[name] is not None:
        images, labels = target(few, seed, targets)
        styles = cluster_styles(images, n_styles=2 if few else None)
        older = source(seed, targets)
        own = name == "GTstyle"
        params = PARAMS.replace(**{"seed": seed, "steps": steps} | ARMS[name])
        for number in range(params.rounds):
            if own:
                first = list(map(adapt.given, images, labels))
            else:
                sees = number or targets != STAINS  # something already
                teacher = model if sees else None
                first = [adapt.presegment(image, teacher) for image in images]
            learn(model, images, first, styles, params, own, older)
        model.save(folder / f"{name.replace(' ', '_').replace(',', '')}_{seed}")
    return [lk.segment.segment(model, image, diameter="auto") for image in tests]


def score(found, targets):
    """F1 at an IoU of 0.5 and DSB score, of each group and of all."""
    _, labels, groups = load("test", targets.__contains__)
    result = {}
    for name in (*targets, "all"):
        chosen = [k for k, group in enumerate(groups) if name in (group, "all")]
        total = sum_matches([match(labels[k], found[k]) for k in chosen])
        dsb = [dsb_score(labels[k], found[k]) for k in chosen]
        result[name] = {"f1": total.f1, "dsb": float(np.mean(dsb))}
    return result


def run(folder, seed, arms, few=None, targets=STAINS, steps=PARAMS.steps):
    """Run the arms that have no result yet."""
    for name in arms:
        path = folder / f"{name.replace(' ', '_').replace(',', '')}_{seed}.json"
        if path.is_file():
            continue
        base(folder, seed, targets)
        started = time.process_time()
        result = score(run_arm(name, folder, seed, few, targets, steps), targets)
        result |= {"arm": name, "seed": seed, "cpu": time.process_time() - started}
        path.write_text(json.dumps(result), encoding="utf-8")
        print(f"{name}, seed {seed}: {result}", flush=True)


def table(folder):
    """Print mean and spread over seeds of all arms that were run."""
    results = [json.loads(p.read_text("utf-8")) for p in sorted(folder.glob("*.json"))]
    groups = [one for one in results[0] if one not in ("arm", "seed", "cpu")]
    names = [group.removeprefix("he_").replace("_", " ") for group in groups]
    print("| | seeds |", *(f"{n} F1 | {n} DSB |" for n in names), "CPU-s |")
    print("|---|" + "--:|" * (2 * len(names) + 2))
    for name in ARMS:
        rows = [one for one in results if one["arm"] == name]
        if not rows:
            continue
        cells = [name, str(len(rows))]
        for group in groups:
            for key in ("f1", "dsb"):
                values = [one[group][key] for one in rows]
                spread = f" ({min(values):.3f}-{max(values):.3f})"
                cells.append(f"{np.mean(values):.3f}" + spread * (key == "f1"))
        cells.append(f"{np.mean([one['cpu'] for one in rows]):.0f}")
        print("|", " | ".join(cells), "|")


def doubts():
    """Print precision of the first annotation with and without doubtful objects."""
    images, labels, groups = load("dev", STAINS.__contains__)
    found = [adapt.presegment(image) for image in images]
    styles = cluster_styles(images)
    sure = by_style(styles, adapt.doubt, images, found)
    print("| | objects | right | after doubt | right | right ones kept |")
    print("|---|" + "--:|" * 5)
    for stain in STAINS:
        chosen = [k for k, group in enumerate(groups) if group == stain]
        before, after = (
            sum_matches([match(labels[k], one[k].labels) for k in chosen])
            for one in (found, sure)
        )
        print(
            f"| {stain.removeprefix('he_').replace('_', ' ')} | {before.tp + before.fp}"
            f" | {before.precision:.2f} | {after.tp + after.fp} |"
            f" {after.precision:.2f} | {after.tp / before.tp:.2f} |"
        )


def main():
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["run", "table", "doubt"])
    parser.add_argument("-o", "--out", type=Path, default=Path("adaptation"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--few", type=int, help="so many images of each stain only")
    parser.add_argument("--steps", type=int, default=PARAMS.steps, help="of training")
    parser.add_argument("--left-out", help="adapt to this group of fluorescence")
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=list(ARMS))
    options = parser.parse_args()
    if options.what == "doubt":
        doubts()
        return
    options.out.mkdir(parents=True, exist_ok=True)
    if options.what == "run":
        targets = (options.left_out,) if options.left_out else STAINS
        wanted = options.few, targets, options.steps
        run(options.out, options.seed, options.arms, *wanted)
    else:
        table(options.out)


if __name__ == "__main__":
    main()
