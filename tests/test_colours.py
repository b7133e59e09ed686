"""Colours that are told apart stay apart for colour-blind eyes; scales get lighter.

Colour blindness is simulated as by Machado et al. (2009), IEEE Trans. Vis. Comput.
Graph. 15: 1291-1298, severity 1.0, on linear RGB. Distances are those of CIE Lab
(1976): about 2 is just seen side by side, 12 is seen at a glance.
"""

import ast
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from matplotlib import colormaps
from skimage.color import rgb2lab

from labkit.canvas import division_gallery, look, track_editor_look
from labkit.objects import PALETTE
from labkit.show import images, motion, picture
from labkit.show.divisions import COLOURS as FAMILY

APART = 12.0
ROOT = Path(__file__).resolve().parents[1]
EYES = {
    "usual": np.eye(3),
    "protanopia": [
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ],
    "deuteranopia": [
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ],
    "tritanopia": [
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ],
}
TOGETHER = {  # colours seen in one picture, which the reader tells apart
    "lines of a plot": picture.CYCLE,
    "kinds of errors": images.KINDS.values(),
    "classes of objects": PALETTE,
    "kept and left out areas": (picture.BLUE, picture.ORANGE),
    "curve of styles": (picture.GREY, *picture.CYCLE[:2]),
    "mother and daughters": FAMILY,
    "compared annotations": (look.RIGHT, look.MISSED, look.EXTRA, look.OURS),
    "what is drawn and suggested": (look.SUGGESTED, look.DRAWN),
    "track that is corrected": (
        track_editor_look.CHOSEN,
        track_editor_look.CURSOR,
        track_editor_look.BORN,
        track_editor_look.ALONE,
    ),
    "verdicts on divisions": (
        "#000000",
        *(c for c in division_gallery.COLOURS.values() if c != "inherit"),
    ),
}
SCALES = {"speed": motion.SPEED}  # besides those of matplotlib that are named


@pytest.fixture(params=EYES)
def eyes(request):
    """How colours, (n, 3) in 0..1, look to some eyes: Lab."""
    seen_by = np.array(EYES[request.param])
    return lambda colours: rgb2lab(
        _encoded(np.clip(_linear(colours) @ seen_by.T, 0, 1))
    )


def _linear(colours):
    c = np.asarray(colours, float)
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def _encoded(light):
    return np.where(
        light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055
    )


def of_hex(colours):
    return np.array([list(bytes.fromhex(c[1:])) for c in colours]) / 255


def test_the_simulation_confuses_what_is_confused():
    """White stays white; red and green of one lightness become one colour."""
    for seen_by in EYES.values():
        np.testing.assert_allclose(np.sum(seen_by, axis=1), 1, atol=1e-5)
    red_green = _linear(of_hex(["#b46432", "#788232"]))
    lab = rgb2lab(
        _encoded(np.clip(red_green @ np.transpose(EYES["deuteranopia"]), 0, 1))
    )
    usual = rgb2lab(of_hex(["#b46432", "#788232"]))
    assert np.linalg.norm(usual[0] - usual[1]) > 40
    assert np.linalg.norm(lab[0] - lab[1]) < APART


@pytest.mark.parametrize("name", TOGETHER)
def test_colours_of_one_picture_are_told_apart(name, eyes):
    colours = list(TOGETHER[name])
    lab = eyes(of_hex(colours))
    close = [
        (a, b)
        for (i, a), (j, b) in combinations(enumerate(colours), 2)
        if np.linalg.norm(lab[i] - lab[j]) < APART
    ]
    assert close == []


def test_most_objects_differ_from_most_others(eyes):
    """There are not as many colours as objects: one in twenty pairs may be alike."""
    lab = eyes(picture.palette()[1:61] / 255)
    distance = np.linalg.norm(lab[:, None] - lab[None], axis=2)
    pairs = distance[np.triu_indices(len(lab), 1)]
    assert (pairs < APART).mean() < 0.05


def named_scales():
    """Names of all colour maps in the sources."""
    for folder in ("labkit", "docs", "benchmarks"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.keyword) and node.arg == "cmap":
                    yield (
                        node.value.value if isinstance(node.value, ast.Constant) else 0
                    )


def test_scales_get_lighter_all_the_way(eyes):
    found = {name: colormaps[name] for name in named_scales() if name}
    assert {"cividis", "gray"} <= set(found)
    for name, scale in {**found, **SCALES}.items():
        lightness = eyes(scale(np.linspace(0, 1, 64))[:, :3])[:, 0]
        steps = np.diff(lightness)
        assert steps.min() > -0.3, name  # hardly a step back, and none is large
        assert lightness[-1] - lightness[0] > 40, name


def test_a_rainbow_would_be_noticed(eyes):
    for name in ("jet", "hsv"):
        lightness = eyes(colormaps[name](np.linspace(0, 1, 64))[:, :3])[:, 0]
        assert np.diff(lightness).min() < -0.3
