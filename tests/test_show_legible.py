"""Every figure is read at 100 %: no text too small, covered, cut off or pale."""

import functools
import types

import numpy as np
import pytest
from legible import problems
from matplotlib.figure import Figure

import labkit as lk
from labkit import show
from labkit.show.movies import _write


@functools.cache
def nuclei(n_frames=1, **how):
    return lk.synth.simulate_movie(n_frames, (96, 128), 12, seed=2, **how)


def history(n=10):
    steps = 10 * np.arange(1, n + 1)
    val = 0.1 + 0.001 * (steps - 60.0) ** 2
    waves = np.sin(steps), np.cos(steps)  # all over the picture
    of_gan = dict(zip(("generator", "discriminator"), waves, strict=True))
    kept = {"steps": steps.tolist(), "train_loss": 2 / steps, "val_steps": steps}
    return types.SimpleNamespace(**kept, **of_gan, val_loss=val)


@functools.cache
def styles():
    """Images of three kinds, and their styles."""
    rng = np.random.default_rng(0)
    kinds = [(40, 5), (120, 30), (200, 2)]
    images = [
        np.clip(rng.normal(m, s, (48, 48)), 0, 255).astype(np.uint8)
        for m, s in kinds
        for _ in range(6)
    ]
    return images, lk.style.cluster_styles(images, n_styles=3)


def divided():
    """A movie in which nuclei divide."""
    return nuclei(12, division_rate=0.08)


def _row(**how):
    m = nuclei()
    image, labels = m.images[0], m.labels[0]
    panels = {"the whole image": image, "its labels": labels, "mask": labels > 0}
    return show.row(panels | {"both of them": (image, labels)}, **how)


def _errors(**how):
    m = nuclei()
    true, pred = m.labels[0], np.roll(m.labels[0], 4, axis=0)
    return show.errors(m.images[0], true, pred, **how)


def _tracks(**how):
    m = nuclei(6)
    return show.tracks(m.images[-1], m.tracks, **how)


def _tree(**how):
    return show.lineage_tree(divided().tracks, **how)


def _divisions(**how):
    m = divided()
    return show.divisions(m.images, m.tracks, labels=m.labels, **how)


def _style(draw, **how):
    return draw(*styles(), **how)


def _morphology(**how):
    m = nuclei(4)
    found = lk.style.morphology(list(m.labels))
    return show.morphology({"first annotation": found, "made like it": found}, **how)


def _synthetic(**how):
    m = nuclei(4)
    rows = [("pix2pix", list(m.images)), ("a renderer with a name", list(m.images))]
    return show.real_and_synthetic(list(m.images), list(m.labels), rows, **how)


def _areas(**how):
    return show.areas(nuclei().labels[0], **how)


def _series(**how):
    x = np.arange(20)
    values = {f"a model of some kind {k}": np.sqrt(x + k) for k in range(4)}
    return show.series(x, values, xlabel="time (min)", ylabel="share found", **how)


UNITS = {"um_per_px": 0.65, "minutes_per_frame": 10}
MANY = {f"a long name of run {k}": history() for k in range(6)}
ANGLES = np.random.default_rng(0).normal(30, 40, 200)
FIGURES = {  # each as it comes, and as narrow as notebooks have it
    "row": lambda: _row(),
    "row, narrow": lambda: _row(width=5),
    "row, two columns": lambda: _row(n_cols=2),
    "overlay": lambda: show.overlay(nuclei().images[0], nuclei().labels[0]),
    "overlay, narrow": lambda: show.overlay(
        nuclei().images[0], nuclei().labels[0], width=3
    ),
    "errors": lambda: _errors(),
    "errors, narrow": lambda: _errors(width=5),
    "curves": lambda: show.curves(history()),
    "curves, narrow": lambda: show.curves(history(), log=True, width=5),
    "curves, many": lambda: show.curves(MANY),
    "areas": lambda: _areas(),
    "areas, narrow": lambda: _areas(um_per_px=0.65, width=5),
    "series": lambda: _series(),
    "series, narrow": lambda: _series(width=5),
    "tracks": lambda: _tracks(**UNITS),
    "tracks, narrow": lambda: _tracks(width=4),
    "rose": lambda: show.rose(ANGLES),
    "rose, narrow": lambda: show.rose(ANGLES, width=3.2),
    "rose, one way": lambda: show.rose(np.zeros(5), title="all to the right"),
    "kymograph": lambda: show.kymograph(nuclei(6).tracks, (96, 128), **UNITS),
    "kymograph, narrow": lambda: show.kymograph(nuclei(6).tracks, (96, 128), width=5),
    "lineage_tree": lambda: _tree(),
    "lineage_tree, narrow": lambda: _tree(width=5, minutes_per_frame=10),
    "lineage_tree, rightwards": lambda: _tree(rightwards=True),
    "divisions": lambda: _divisions(),
    "divisions, four in a row": lambda: _divisions(n_cols=4, offsets=(-1, 0)),
    "styles": lambda: _style(show.styles),
    "styles, narrow": lambda: _style(show.styles, width=5, n_each=4),
    "style_map": lambda: _style(show.style_map),
    "style_map, narrow": lambda: _style(show.style_map, width=6, size=32),
    "style_curve": lambda: show.style_curve(styles()[1]),
    "style_curve, narrow": lambda: show.style_curve(styles()[1], width=5),
    "morphology": lambda: _morphology(),
    "morphology, narrow": lambda: _morphology(width=6),
    "opponents": lambda: show.opponents(history()),
    "opponents, narrow": lambda: show.opponents(history(), width=6),
    "quiz": lambda: show.quiz(nuclei(4).images, nuclei(4).images, tile=32)[0],
    "real_and_synthetic": lambda: _synthetic(),
    "real_and_synthetic, narrow": lambda: _synthetic(width=5, n_columns=2),
}
NO_FIGURE = {  # arrays without text, classes, and movies, whose text is tested beside
    *("Picture", "LiveCurves", "gallery", "label_colors", "movie"),
    *("outline_picture", "stretch"),
}


@pytest.mark.parametrize("name", FIGURES)
def test_figure_is_legible(name):
    assert problems(FIGURES[name]()) == []


def test_every_figure_is_looked_at():
    looked_at = {name.split(",")[0] for name in FIGURES}
    assert looked_at == set(show.__all__) - NO_FIGURE


def bad_figure(change):
    """A figure with one fault."""
    figure = Figure((6, 3), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1])
    axes.set_xlabel("time (min)")
    change(figure, axes)
    return problems(figure)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda f, a: a.set_title("tiny", fontsize=6), "'tiny' is shown in 6.0 pt"),
        (lambda f, a: f.set_size_inches(18, 3), "is shown in 5.0 pt"),
        (lambda f, a: a.text(0, 2, "above"), "'above' is cut off"),
        (lambda f, a: (a.text(0.5, 0.5, "one"), a.text(0.5, 0.51, "two")), "overlap"),
        (lambda f, a: a.set_title("pale", color="#aaaaaa"), "'pale' is pale"),
        (lambda f, a: a.set_xlabel(""), "neither title nor label"),
        (lambda f, a: a.set_xticks(np.linspace(0, 1, 60)), "overlap"),
        (lambda f, a: a.legend(["line"], loc="upper right"), "covers data"),
        (
            lambda f, a: (a.bar([1], [0.9]), a.legend(["line"], loc="lower right")),
            "covers data",
        ),
    ],
)
def test_a_fault_is_found(change, found):
    assert any(found in said for said in bad_figure(change))


def test_a_good_figure_has_no_fault():
    assert bad_figure(lambda figure, axes: axes.set_title("a title")) == []


def test_text_of_a_movie_is_large_enough():
    """It is drawn into the picture: capitals of 7 pt are 7 px high at 100 %."""
    picture = np.full((40, 40, 3), 128, np.uint8)
    _write(picture, "H", (8, 30))
    rows = np.flatnonzero((picture == 255).all(axis=-1).any(axis=1))
    assert np.ptp(rows) + 1 >= 7
