"""Exercises of notebook 3: a feature of style, painting, placing, two kinds of luck."""

import numpy as np
from scipy.stats import binomtest, ks_2samp

from ..labels import from_polygons
from .checking import Exercise, Wrong, array, ask, number, same_number, whole

CHOICES = (50, 100, 200, 400)  # tiles, to choose from
RIGHT = 0.57  # share that experts told correctly


def feature(answer, *, purple, tissue):
    """Judge a number per image that tells two styles apart, on tiles not seen."""
    groups = {
        name: np.array([number(ask(answer, t), f"for a tile of {name}") for t in some])
        for name, some in (("purple", purple), ("tissue", tissue))
    }
    (first, a), (second, b) = groups.items()
    higher = (a[:, None] > b).mean() + (a[:, None] == b).mean() / 2
    apart = max(higher, 1 - higher)
    said = ", ".join(f"{k} {v.min():.3g} to {v.max():.3g}" for k, v in groups.items())
    if apart < 1:
        found = f"{said}; {apart:.0%} of the pairs in the same order"
        raise Wrong(found, f"all {first} on one side of all {second}")
    return f"{said}, on tiles that you have not seen. One good feature, one style."


def painter(answer):
    """Judge a painter of two colours and noise."""
    rng = np.random.default_rng(2)
    theirs, labels = _squares(8, (40, 60)), _squares(20, (40, 60))
    colours = np.array([[90, 60, 150], [210, 190, 230]])  # inside, outside
    image = np.where(theirs[..., None] > 0, *colours) + rng.normal(0, 6, (40, 60, 3))
    image = image.clip(0, 255).astype(np.uint8)
    result = ask(answer, labels, image, theirs, np.random.default_rng(3))
    result = array(result, image.shape, "an image")
    if result.dtype != np.uint8:
        raise Wrong(f"values of type {result.dtype}", "uint8, like the tiles")
    for where, told, shown in (
        ("in", theirs > 0, labels > 0),
        ("out", theirs == 0, labels == 0),
    ):
        wanted, got = image[told].mean(axis=0), result[shown].mean(axis=0)
        if np.abs(wanted - got).max() > 4:
            found = (
                f"mean colour {got.round().astype(int).tolist()} {where}side the labels"
            )
            raise Wrong(found, f"about {wanted.round().astype(int).tolist()}")
        spread = result[shown].std(axis=0).mean()
        if not 4 < spread < 9:
            found = f"noise of {spread:.1f} levels {where}side the labels"
            raise Wrong(found, "about 6, as in the background of the image given")
    return (
        "Colours and noise are right, and yet it looks like a stamp: what is missing "
        "is the soft rim and the texture, and a network learns these, too."
    )


def _squares(start, shape):
    """A label image of two squares."""
    corners = np.array([[0, 0], [0, 12], [12, 12], [12, 0]])
    places = np.array([[4, start], [22, start + 18]])
    return from_polygons([corners + place for place in places], shape)


def place(answer):
    """Judge a function that places discs without overlap."""
    layouts = []
    for n, radius, seed in ((12, 8, 0), (12, 8, 1), (25, 6, 2)):
        shape = (120, 160)
        centres = ask(answer, n, radius, shape, np.random.default_rng(seed))
        centres = array(centres, (n, 2), "centres (row, column)").astype(float)
        _check_places(centres, radius, shape)
        layouts.append(centres)
    if np.allclose(layouts[0], layouts[1]):
        raise Wrong("the same places for another `rng`", "random places, from `rng`")
    return (
        "Throw away what does not fit and draw again: rejection sampling. It slows "
        "down when an image fills up, so `lk.synth.make_labels` also moves nuclei."
    )


def _check_places(centres, radius, shape):
    """Raise Wrong if a disc is cut by the edge, or lies on another."""
    low, high = centres.min(axis=0), np.array(shape) - 1 - centres.max(axis=0)
    room = min(*low, *high)
    if room < radius:
        found = f"a centre {room:.1f} px from the edge of {shape}"
        raise Wrong(found, f"{radius} px or more: whole discs of that radius")
    gaps = np.linalg.norm(centres[:, None] - centres, axis=-1)
    np.fill_diagonal(gaps, np.inf)
    if gaps.min() < 2 * radius:
        found = f"two centres {gaps.min():.1f} px apart"
        raise Wrong(found, f"{2 * radius} px or more for discs of radius {radius}")


def gap(answer):
    """Judge a function that computes the Kolmogorov distance."""
    rng = np.random.default_rng(1)
    for name, a, b in (
        ("the same sample twice", np.arange(5.0), np.arange(5.0)),
        ("samples far apart", np.arange(4.0), np.arange(10.0, 16.0)),
        ("samples with equal values", np.array([1, 2, 2, 3.0]), np.array([2, 2, 4.0])),
        ("28 and 90 random areas", rng.normal(400, 90, 28), rng.normal(430, 80, 90)),
    ):
        same_number(ask(answer, a, b), ks_2samp(a, b).statistic, f"for {name}")
    return "It needs no bins and no normal distribution, only the order of the values."


def luck(answer):
    """Judge from how many tiles on 57 % is more than guessing."""
    answer = whole(answer)
    if answer not in CHOICES:
        raise Wrong(f"{answer} tiles", f"one of {', '.join(map(str, CHOICES))}")
    chance = {n: _chance(n) for n in CHOICES}
    found = f"With {answer} tiles guessing gets {RIGHT:.0%} in {chance[answer]:.1%}"
    if chance[answer] >= 0.05:
        raise Wrong(found, "less than 5 %", "more tiles: luck evens out")
    fewer = [n for n in CHOICES if n < answer and chance[n] < 0.05]
    if fewer:
        raise Wrong(found, "the smallest such number of tiles", "fewer would do")
    return f"{found}, with half as many in {_chance(answer // 2):.1%}."


def _chance(n_tiles):
    """How often guessing is right for 57 % of the tiles or more."""
    right = round(RIGHT * n_tiles)
    return binomtest(right, n_tiles, alternative="greater").pvalue


EXERCISES = (
    Exercise(
        "luck",
        "one of 50, 100, 200, 400",
        "compute the p-value for each, and compare it with 0.05",
        luck,
        is_function=False,
    ),
    Exercise(
        "feature",
        "a function of an image in colour that returns one number",
        "how do the two stains differ to the eye? Average that over the tile",
        feature,
    ),
    Exercise(
        "painter",
        "a function of labels, an image, its labels and a generator that returns an "
        "image",
        "`image[its_labels > 0].mean(axis=0)` is the colour inside; `rng.normal` makes "
        "noise; clip to 0 to 255 before you turn it into uint8",
        painter,
    ),
    Exercise(
        "place",
        "a function of a number, a radius, a shape and a generator; it returns "
        "centres, (n, 2)",
        "draw one centre at a time, and keep it if it is far enough from all you have",
        place,
    ),
    Exercise(
        "gap",
        "a function of two samples that returns a number from 0 to 1",
        "for every value that occurs, how many of each sample are not larger? "
        "`np.searchsorted` counts them in a sorted sample",
        gap,
    ),
)
