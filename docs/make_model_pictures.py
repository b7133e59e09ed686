"""Make docs/models.jpg: where the model that comes along fails, and where not.

LABKIT_DATA=... python docs/make_model_pictures.py

For six groups of the test images (BBBC038, CC0), the one with the lowest F1. Then
the curve of the training, from the history.csv of each run of train_nuclei.py, in
their order:

python docs/make_model_pictures.py FOLDER [FOLDER ...]
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib.patches import Patch

import labkit as lk
from labkit import show
from labkit.models import StarDist
from labkit.show.images import KINDS, error_picture

ROOT = Path(__file__).resolve().parent
GROUPS = {
    "fluo256_tiny": "fluorescence, tiny",
    "fluo360_large": "fluorescence, large, dim",
    "fluo_misc": "fluorescence, tissue",
    "he_purple_on_white": "purple on white",
    "he_purple_on_purple": "purple on purple",
    "bf_cytology": "bright field cytology",
}


def worst(model, data, group):
    """Image, truth, prediction and F1 of the worst image of a group."""
    found = []
    for k, row in enumerate(data.info["index"]):
        if row["group"] == group:
            image, true = data.images[k], data.labels[k]
            pred = lk.segment.segment(model, image, diameter="auto")
            found.append((lk.metrics.match(true, pred).f1, image, true, pred))
    return min(found, key=lambda one: one[0])


def failures():
    """Six pictures in two rows, one legend."""
    model, data = StarDist.load("nuclei"), lk.data.load("dsb2018_test")
    figure = show.Picture(10, 7.2)
    for axes, (group, name) in zip(
        figure.subplots(2, 3).flat, GROUPS.items(), strict=True
    ):
        f1, image, true, pred = worst(model, data, group)
        side = min(image.shape[0], image.shape[1])
        middle = np.s_[:side, (image.shape[1] - side) // 2 :][:2]
        middle = (middle[0], slice(middle[1].start, middle[1].start + side))
        picture, _ = error_picture(image[middle], true[middle], pred[middle], 0.5, 480)
        axes.imshow(picture)
        axes.set_title(f"{name}: F1 {f1:.2f}", fontsize=11)
        axes.set_axis_off()
    patches = [Patch(color=color, label=kind) for kind, color in KINDS.items()]
    figure.legend(
        handles=patches, loc="outside lower center", ncols=len(KINDS), frameon=False
    )
    figure.savefig(ROOT / "models.jpg", pil_kwargs={"quality": 80})


def curve(folders):
    """Loss over the steps of one run after the other."""
    runs, start = [], 0
    for folder in folders:
        run = np.loadtxt(f"{folder}/history.csv", delimiter=",", skiprows=1)
        runs.append(np.c_[run[:, 0] + start, run[:, 1:]])
        start = runs[-1][-1, 0]
    step, train, held = np.concatenate(runs).T
    figure = show.Picture(6, 3)
    axes = figure.subplots()
    for run in runs[1:]:
        axes.axvline(run[0, 0], color="0.8", lw=1)
    axes.plot(step, train, label="training crops, varied")
    axes.plot(step, held, label="held-out fields, as they are")
    axes.set(xlabel="step", ylabel="loss", ylim=(0, None))
    axes.legend(frameon=False)
    figure.savefig(ROOT / "models_training.png", dpi=80)


if __name__ == "__main__":
    if sys.argv[1:]:
        curve(sys.argv[1:])
    else:
        failures()
