"""Train the models that come with labkit.

    LABKIT_DATA=... python benchmarks/train_nuclei.py stardist -o FOLDER
    LABKIT_DATA=... python benchmarks/train_nuclei.py unet -o FOLDER

reads ``dsb2018_dev`` only. Whole fields of view (every tenth of each group) are held
out for validation and thresholds; the test split is never touched. Each image is
resized so that its median nucleus has DIAMETER. ``--without GROUP`` leaves groups of
images out, to see what the model makes of images unlike any it has seen
(``accuracy_models.py left_out``). ``--looks`` says how much crops are varied: a
training that begins with strong variation may end with little of it, which fits images
like these better and disturbed ones worse; ``--blend MODEL SHARE`` then takes a share
of the weights of an earlier model (Wortsman et al., "Robust fine-tuning of zero-shot
models", CVPR 2022). Works on a CPU; --steps shortens it.
"""

import argparse
import sys
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch

import labkit as lk
from labkit.crops import Augment, resized
from labkit.models import (
    StarDist,
    StarDistParams,
    TrainParams,
    UNetProb,
    UNetProbParams,
)
from labkit.models.store import SHIPPED, save_model

DIAMETER = 28.0  # px
SHARES = {  # of the crops; groups that are not named share the rest
    "he_purple_on_white": 0.14,
    "he_purple_on_purple": 0.14,
    "bf_cytology": 0.08,
}
STRONG = Augment(
    scale=1.7,
    rotate=45.0,
    gain=1.6,
    offset=0.1,
    noise=0.12,
    blur=2.0,
    gamma=1.6,
    shade=0.4,
    invert=0.15,
    stain=0.5,
    hue=0.12,
    grey=0.15,
    tint=0.15,
)
MILD = Augment(
    scale=1.4,
    rotate=45.0,
    gain=1.3,
    offset=0.05,
    noise=0.05,
    blur=1.0,
    gamma=1.2,
    shade=0.2,
    invert=0.1,
    stain=0.3,
    hue=0.06,
    grey=0.1,
    tint=0.1,
)
FAINT = Augment(
    scale=1.25,
    rotate=45.0,
    gain=1.15,
    offset=0.02,
    noise=0.02,
    blur=0.5,
    gamma=1.1,
    shade=0.1,
    invert=0.05,
    stain=0.15,
    hue=0.03,
    grey=0.05,
    tint=0.05,
)
NOISY = FAINT.replace(noise=STRONG.noise)
LOOKS = {"strong": STRONG, "mild": MILD, "faint": FAINT, "noisy": NOISY}
KINDS = {
    "stardist": (StarDist, StarDistParams(channels=3), {}),
    "unet": (UNetProb, UNetProbParams(channels=3), {"scale": 2.2}),
}


def load(without=()):
    """Images, labels and their rows of the index, without some groups."""
    data = lk.data.load("dsb2018_dev")
    rows = data.info["index"]
    return [
        (image, labels, row)
        for image, labels, row in zip(data.images, data.labels, rows, strict=True)
        if row["group"] not in without
    ]


def split(examples):
    """Hold out every tenth field of each group, and at least one."""
    fields = defaultdict(list)
    for *_, row in examples:
        if row["field"] not in fields[row["group"]]:
            fields[row["group"]].append(row["field"])
    held = {field for found in fields.values() for field in sorted(found)[4::10]}
    held |= {max(found) for found in fields.values() if len(found) in (3, 4)}
    return (
        [one for one in examples if one[2]["field"] not in held],
        [one for one in examples if one[2]["field"] in held],
    )


def normalized(examples):
    """Images and labels with a median nucleus of DIAMETER."""
    found = [
        resized(image, DIAMETER / lk.labels.median_diameter(labels), labels)
        for image, labels, _ in examples
    ]
    return [image for image, _ in found], [labels for _, labels in found]


def chances(examples):
    """How often each image is drawn: groups by SHARES, fields alike within."""
    groups, fields = defaultdict(set), defaultdict(int)
    for *_, row in examples:
        groups[row["group"]].add(row["field"])
        fields[row["field"], row["group"]] += 1
    named = sum(SHARES[group] for group in groups if group in SHARES)
    rest = sum(len(f) ** 0.5 for group, f in groups.items() if group not in SHARES)
    chance = []
    for *_, row in examples:
        group = row["group"]
        size = len(groups[group])
        share = SHARES.get(group) or (1 - named) * size**0.5 / rest
        chance.append(share / size / fields[row["field"], group])
    return chance


def train(kind, steps, without=(), seed=0, start=None, lr=None, looks="strong"):
    """Train one model, or train one further; return it and its history.

    `start` is a model, its folder, or the name of one that comes along.
    """
    model_class, params, changes = KINDS[kind]
    training, held = split(load(without))
    model = start or model_class(params, seed=seed)
    model = model_class.load(model) if isinstance(model, str) else model
    history = model.fit(
        *normalized(training),
        validation=normalized(held),
        chance=chances(training),
        augment=LOOKS[looks].replace(**changes if looks == "strong" else {}),
        params=TrainParams(
            steps=steps,
            batch_size=8,
            crop_size=96,
            lr=lr or (1e-3 if start else 2e-3),
            every=max(steps // 40, 1),
            patience=steps,
        ),
        seed=seed,
    )
    model.params = model.params.replace(diameter=DIAMETER)
    return model, history


def blend(model, other, share):
    """Give a model a share of the weights of another one, which it was trained from."""
    own, theirs = model.net.state_dict(), type(model).load(other).net.state_dict()
    mixed = {
        name: torch.lerp(own[name].float(), theirs[name].float(), share) for name in own
    }
    model.net.load_state_dict(mixed)


def ship(model, name, history, minutes):
    """Put a model into the package, in half precision."""
    kind = type(model).__name__
    stem = SHIPPED / f"{kind.lower()}_{name}"
    about = {
        "data": "BBBC038v1 (Data Science Bowl 2018), dsb2018_dev, CC0",
        "licence": "BSD-3-Clause",
        "steps": history.steps[-1],
        "best_step": history.best_step,
        "training": f"{minutes:.0f} CPU-minutes on {model.device}",
        "commands": [" ".join([Path(sys.argv[0]).name, *sys.argv[1:]])],
    }
    files = stem.with_suffix(".yaml"), stem.with_suffix(".safetensors")
    save_model(files, kind, model.params, model.net, half=True, about=about)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("-o", "--out", required=True, help="folder for the model")
    parser.add_argument("--ship", metavar="NAME", help="put it into the package, too")
    parser.add_argument("--steps", type=int, default=16000)
    parser.add_argument("--without", nargs="*", default=(), metavar="GROUP")
    parser.add_argument("--start", metavar="MODEL", help="train this one further")
    parser.add_argument("--blend", nargs=2, metavar=("MODEL", "SHARE"), help="mix with")
    parser.add_argument("--lr", type=float, help="highest learning rate")
    parser.add_argument("--looks", choices=LOOKS, default="strong", help="variation")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    started = time.process_time()
    wanted = args.without, args.seed, args.start, args.lr, args.looks
    model, history = train(args.kind, args.steps, *wanted)
    if args.blend:
        blend(model, args.blend[0], float(args.blend[1]))
    model.save(args.out)
    np.savetxt(
        f"{args.out}/history.csv",
        np.c_[history.steps, history.train_loss, history.val_loss],
        delimiter=",",
        header="step,train_loss,val_loss",
        comments="",
        fmt=["%d", "%.5f", "%.5f"],
    )
    minutes = (time.process_time() - started) / 60
    if args.ship:
        ship(model, args.ship, history, minutes)
    print(
        f"{history.steps[-1]} steps, best at {history.best_step}, "
        f"{history.seconds / 60:.1f} min, {minutes:.1f} "
        f"CPU-min on {model.device}"
    )
