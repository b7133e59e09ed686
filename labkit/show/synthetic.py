"""Real and synthetic images side by side, and a quiz: tell them apart."""

import math
from itertools import product

import numpy as np

from ..checks import check_image
from .images import draw
from .picture import CYCLE, DPI, WIDTH, Picture, grey_picture
from .plots import finish, log_scale

N_LOOKS = 4  # tiles looked at for each shown; the one with most contrast is taken


def real_and_synthetic(images, labels, renderer, *, n_columns=4, seed=0, width=WIDTH):
    """Show real images, and below them what renderers make of their labels.

    Parameters
    ----------
    images : sequence of (H, W) or (H, W, 3) array
        Real ones; the first `n_columns` are shown.
    labels : sequence of (H, W) array of int
        Their labels. Not needed for images that are rendered already.
    renderer : object with ``render(labels, seed=...)``, or dict of str to such an \
object, or list of (name, images)
        What made, or makes, the synthetic images; one row each.
    n_columns : int
    seed : int
        Of the first image; the next have the following ones.
    width : float
        Of the figure, inches of 100 px.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If there is nothing to show.
    """
    images = list(images)[:n_columns]
    if not images:
        raise ValueError("there is no real image to show; pass at least one")
    rows = {"real": images, **_rendered(images, labels, renderer, seed)}
    tallest = max(np.shape(i)[0] / np.shape(i)[1] for i in images)
    figure = Picture(width, len(rows) * (width / len(images) * tallest + 0.3))
    grid = figure.subplots(len(rows), len(images), squeeze=False)
    for axes_row, (name, pictures) in zip(grid, rows.items(), strict=True):
        for k, axes in enumerate(axes_row):
            axes.set_axis_off()
            if k < len(pictures):
                _tile(axes, pictures[k], name if k == 0 else "", width / len(images))
    return figure


def quiz(real, synthetic, *, n_tiles=12, tile=128, seed=0, width=WIDTH):
    """Show numbered tiles, half of them real, for the reader to tell apart.

    nucleAIzer's authors did so with experts, who were right for 57 % (Hollandi et
    al. 2020); guessing gives 50 %.

    No two tiles overlap, unless the images are too small for so many.

    Parameters
    ----------
    real, synthetic : sequence of (H, W) or (H, W, 3) array
    n_tiles : int
        Rounded to an even number.
    tile : int
        Side of a tile, px; smaller where images are.
    seed : int
        Of the choice and the order.
    width : float
        Of the figure, inches of 100 px.

    Returns
    -------
    figure : Figure
        Tiles numbered from 1.
    answers : (n_tiles,) ndarray of bool
        True where tile 1, 2, ... is real.

    Raises
    ------
    ValueError
        If there are no images of one of the kinds.

    Examples
    --------
    >>> noise = [np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8)]
    >>> figure, answers = lk.show.quiz(noise, noise, n_tiles=4, tile=32)
    >>> int(answers.sum()), len(answers)
    (2, 4)
    """
    if not len(real) or not len(synthetic):
        raise ValueError(
            f"a quiz needs images of both kinds, got {len(real)} real and "
            f"{len(synthetic)} synthetic ones"
        )
    rng = np.random.default_rng(seed)
    answers = rng.permutation(np.arange(2 * max(1, n_tiles // 2)) % 2 == 0)
    n_columns = min(len(answers), 6)
    n_rows = math.ceil(len(answers) / n_columns)
    side = width / n_columns
    figure = Picture(width, n_rows * (side + 0.3))
    grid = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
    for axes in grid:
        axes.set_axis_off()
    n_each = len(answers) // 2
    kinds = [_crops(images, tile, n_each, rng) for images in (synthetic, real)]
    looks = min(N_LOOKS, *(len(crops) // n_each for crops in kinds))
    for k, is_real in enumerate(answers):
        seen = [kinds[int(is_real)].pop() for _ in range(looks)]
        _tile(grid[k], max(seen, key=np.std), str(k + 1), side)
    return figure, answers


def opponents(history, *, width=9.0):
    """Show how generator and discriminator fought, and the image error.

    Parameters
    ----------
    history : labkit.models.GanHistory
        Of `labkit.models.Pix2Pix`.
    width : float
        Of the figure, inches of 100 px.

    Returns
    -------
    Figure
        Left: losses of both; right: mean absolute error of local means.

    Raises
    ------
    ValueError
        If the history has no steps yet.
    """
    if not history.steps:
        raise ValueError("this history has no steps yet; train first")
    figure = Picture(width, 3.2)
    left, right = figure.subplots(1, 2)
    for name, color in zip(("generator", "discriminator"), CYCLE, strict=False):
        left.plot(history.steps, getattr(history, name), color=color, label=name)
    right.plot(history.steps, history.train_loss, color=CYCLE[2])
    log_scale(right)
    finish(left, "training step", "adversarial loss", "opponents")
    finish(right, "training step", "mean absolute error", "image")
    where = {"loc": "outside lower left", "ncols": 2}
    figure.legend(handles=left.lines, fontsize=10, frameon=False, **where)
    return figure


def _rendered(images, labels, renderer, seed):
    """Return rows of synthetic images by name."""
    if isinstance(renderer, list | tuple):
        return dict(renderer)
    if not isinstance(renderer, dict):
        renderer = {type(renderer).__name__: renderer}
    labels = list(labels)[: len(images)]
    return {
        name: [one.render(label, seed=seed + k) for k, label in enumerate(labels)]
        for name, one in renderer.items()
    }


def _tile(axes, image, title, inches):
    """Show one image, stretched unless it is in colour."""
    image = check_image(image, colour=True)
    colour = image.ndim == 3 and image.dtype == np.uint8
    picture = image if colour else grey_picture(image, round(inches * DPI))
    draw(axes, picture, image.shape, title)


def _crops(images, tile, least, rng):
    """Cut images into squares, in random order; again if there are not enough."""
    crops = []
    while len(crops) < least:
        again = []
        for image in map(np.asarray, images):
            starts = [_starts(side, tile, rng) for side in image.shape[:2]]
            again += [image[r : r + tile, c : c + tile] for r, c in product(*starts)]
        crops = [again[k] for k in rng.permutation(len(again))] + crops
    return crops


def _starts(side, tile, rng):
    """Where tiles that do not overlap begin, from a random place on."""
    n_tiles = max(side // tile, 1)
    return rng.integers(max(side - n_tiles * tile, 0) + 1) + tile * np.arange(n_tiles)
