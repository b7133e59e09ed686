"""Small data on which the exercises of the notebooks are tried."""

from functools import cache, partial
from pathlib import Path

import cv2
import nbformat
import numpy as np
from scipy.stats import binomtest
from skimage.filters import threshold_otsu

import labkit as lk

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("0*.ipynb"))


@cache
def read(path):
    """Return a notebook."""
    return nbformat.read(path, as_version=4)


def tagged(notebook, tag):
    """Return the cells with a tag."""
    return [c for c in notebook.cells if tag in c.metadata.get("tags", [])]


def tiles(colour, seed=0):
    """Three tiles of a colour."""
    rng = np.random.default_rng(seed)
    return [rng.normal(colour, 9, (8, 8, 3)).clip(0, 255).astype("u1") for _ in "abc"]


class Brightness:
    """A model that takes what is bright for a nucleus, less so up and on the left."""

    def predict(self, image):
        level = sum(np.meshgrid(*(np.linspace(40, 25, n) for n in image.shape[::-1])))
        pieces = cv2.connectedComponents((image > level).astype(np.uint8))[1]
        return pieces.astype(np.int32)


def fewer(true, image, level, overlap=0.4):
    """What `choose` of notebook 4 does: fewer objects at a higher level."""
    return np.where(true <= true.max() * (1.02 - level), true, 0)


def annotation():
    """What notebook 1 has before its exercises, as far as they need it."""
    nuclei = lk.data.load("nuclei")
    image, true = nuclei.images[0], nuclei.labels[0]
    names = {"cv2": cv2, "threshold_otsu": threshold_otsu}
    return names | {"image": image, "true": true, "threshold": threshold_otsu(image)}


def assist():
    """What notebook 2 has before its exercises."""
    names = {"gain": {"first": [0.1, 0.2, 0.6, 0.7], "other": [0.1, 0.2, 0.3, 0.7]}}
    cells = {cell.id: cell.source for cell in read(NOTEBOOKS[1]).cells}
    names |= {"np": np, "lk": lk, "SEED": 0, "lazy_contour": lk.synth.lazy_contour}
    names["HANDS"] = {"usual": {}}
    for number in ("load", "overlap", "exercise-1-given"):
        exec(cells[number], names)
    return names


def synthesis():
    """What notebook 3 has before its exercises."""
    inside = np.zeros((24, 24), np.int32)
    inside[6:16, 8:18] = 1
    names = {"purple": tiles((150, 120, 210)), "tissue": 3 * tiles((150, 120, 90))}
    return {
        **{"binomtest": binomtest, "SEED": 0, "test_image": "purple", "cut": names.get},
        **{"immunohistochemistry": lambda: "tissue", "fullest": [inside]},
        **{"members": [np.full((24, 24, 3), 90, np.uint8)], "annotated": [inside]},
        "renderers": {"Renderer": Painter()},
    }


class Painter:
    """Stands for the Renderer."""

    def render(self, labels, seed):
        return np.zeros((*labels.shape, 3), np.uint8)


def training():
    """What notebook 4 has before its exercises."""
    names = annotation()
    image, true = names["image"][:256], lk.labels.relabel(names["true"][:256])
    steps = lk.auto.annotate_steps(image)
    names = {"test_image": image, "true": true, "by_hand": true, "steps": steps}
    return names | {"model": Brightness(), "choose": partial(fewer, true)}


@cache
def movie():
    """A simulated movie."""
    return lk.synth.simulate_movie(8, (160, 200), 20, speed=5, seed=4)


def tracking():
    """What notebook 5 has before its exercises."""
    names = {"np": np, "lk": lk, "sim": movie()}
    cells = {cell.id: cell.source for cell in read(NOTEBOOKS[4]).cells}
    for number in ("links", "exercise-1-given"):
        exec(cells[number], names)
    return names


BEFORE = {
    "01_auto_annotation": annotation,
    "02_contour_assist": assist,
    "03_style_and_synthesis": synthesis,
    "04_training": training,
    "05_export_and_tracking": tracking,
}
