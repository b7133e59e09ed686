"""Pictures: images side by side, objects outlined, errors coloured."""

import math

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.patches import Patch

from .. import metrics
from ..checks import check_image, check_labels, check_pair
from ..labels import outlines, relabel
from .picture import (
    DPI,
    GREEN,
    PURPLE,
    SKY,
    VERMILION,
    WIDTH,
    YELLOW,
    Picture,
    grey_picture,
    label_colors,
    outline_picture,
    resize,
    rgb,
)

KINDS = {
    "matched": GREEN,
    "false": VERMILION,
    "missed": SKY,
    "split": YELLOW,
    "merged": PURPLE,
}


def row(panels=None, /, *, n_cols=None, width=WIDTH, **more):
    """Show images side by side; the keyword is the title.

    Parameters
    ----------
    panels : dict of str to array, optional
        For titles that are not Python names.
    n_cols : int, optional
        Panels in a row; by default all, up to four.
    width : float
        Of the figure, inches of 100 px.
    **more
        title=array. An array of bool is shown in black and white, of int32 or
        int64 as coloured labels, any other (H, W) as a grey image stretched
        between percentiles 1 and 99.8, (H, W, 3) uint8 as it is. A pair
        (image, labels) is shown as the image with outlines.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError, TypeError
        If there is nothing to show, or a panel is none of the above.

    Examples
    --------
    >>> image = np.zeros((64, 64), np.uint8)
    >>> lk.show.row(image=image, mask=image > 0)
    <Picture 9 x 4.8 inches: image, mask>
    """
    panels = {**(panels or {}), **more}
    if not panels:
        raise ValueError("nothing to show; pass images by title, row(image=image)")
    n_cols = n_cols or min(len(panels), 4)
    n_rows = math.ceil(len(panels) / n_cols)
    side = round(width / n_cols * DPI)
    pictures = {title: _panel(value, title, side) for title, value in panels.items()}
    tallest = max(p.shape[0] / p.shape[1] for p, _ in pictures.values())
    height = min(tallest * width / n_cols, 8)
    figure = Picture(width, n_rows * (height + 0.32))
    grid = figure.subplots(n_rows, n_cols, squeeze=False).ravel()
    for axes, (title, (picture, shape)) in zip(grid, pictures.items(), strict=False):
        draw(axes, picture, shape, title.replace("_", " "))
    for axes in grid[len(pictures) :]:
        axes.set_axis_off()
    return figure


def overlay(image, labels, ax=None, *, title=None, width=7.0):
    """Show an image with the outline of each object in its own colour.

    Parameters
    ----------
    image : (H, W) or (H, W, 3) array_like
    labels : (H, W) array_like of int
    ax : matplotlib Axes, optional
        Where to draw; by default a new figure.
    title : str, optional
        By default the number of objects.
    width : float
        Of a new figure, inches of 100 px.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError, TypeError
        As `labkit.checks.check_pair`.
    """
    image, labels = check_pair(image, labels, colour=True)
    if title is None:
        title = f"{relabel(labels).max()} objects"
    picture = outline_picture(image, labels, max_side=round(width * DPI))
    axes = _single(image.shape, width) if ax is None else ax
    draw(axes, picture, image.shape, title)
    return axes.figure


def errors(image, true, pred, *, min_iou=0.5, width=8.0):
    """Show which objects were found, invented, missed, split and merged.

    Matched objects are outlined, wrong ones outlined and tinted; the legend
    counts them.

    Parameters
    ----------
    image : (H, W) or (H, W, 3) array_like
    true, pred : (H, W) array_like of int
        Label images.
    min_iou : float
        Overlap (intersection over union) above which two objects match.
    width : float
        Of the figure, inches of 100 px.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError, TypeError
        If the arrays are not an image and labels of one shape.

    See Also
    --------
    labkit.metrics.classify : the same as numbers.
    """
    image, true = check_pair(image, true, ("image", "true"), colour=True)
    image, pred = check_pair(image, pred, ("image", "pred"), colour=True)
    picture, counts = error_picture(image, true, pred, min_iou, round(width * DPI))
    axes = _single(image.shape, width, extra=0.4 if width > 6.5 else 0.65)
    draw(axes, picture, image.shape, "")
    _legend(axes, counts)
    return axes.figure


def error_picture(image, true, pred, min_iou, max_side):
    """Return the RGB picture of `errors` and how many objects are of each kind."""
    found = metrics.classify(true, pred, min_iou)
    grey = rgb(np.round(0.8 * grey_picture(image, max_side)).astype(np.uint8))
    picture = grey.copy()
    for kind, color in KINDS.items():
        labels = true if kind in ("missed", "split") else pred
        only = np.where(np.isin(labels, getattr(found, kind)), labels, 0)
        _paint(picture, grey, resize(only, max_side), color, kind != "matched")
    return picture, {kind: len(getattr(found, kind)) for kind in KINDS}


def draw(axes, picture, shape, title):
    """Draw a picture on axes whose coordinates are the pixels of the image."""
    extent = (-0.5, shape[1] - 0.5, shape[0] - 0.5, -0.5)
    grey = {"cmap": "gray", "vmin": 0, "vmax": 255} if picture.ndim == 2 else {}
    axes.imshow(picture, extent=extent, interpolation="antialiased", **grey)
    axes.set_title(title, fontsize=11)
    axes.set_axis_off()


def _panel(value, title, side):
    """Return the picture of one panel and the shape of the image it shows."""
    if isinstance(value, tuple):
        if len(value) != 2:
            raise ValueError(
                f"panel {title!r} has {len(value)} arrays; a pair is (image, labels)"
            )
        picture = outline_picture(*value, max_side=side)
        return picture, np.shape(value[0])
    value = np.asarray(value)
    if value.ndim == 3 and value.shape[2] == 3 and value.dtype == np.uint8:
        return resize(value, side), value.shape[:2]
    check_image(value, title)
    if value.dtype.kind == "b":
        return resize(value, side) * np.uint8(255), value.shape
    if value.dtype in (np.int32, np.int64):
        return label_colors(resize(check_labels(value, title), side)), value.shape
    return grey_picture(value, side), value.shape


def _single(shape, width, extra=0.32):
    """Return the axes of a new figure for one image."""
    figure = Picture(width, min(width * shape[0] / shape[1], 10) + extra)
    return figure.subplots()


def _paint(picture, grey, labels, color, tint):
    """Outline objects in `picture` (in place), and tint them."""
    value = np.round(255 * np.array(to_rgb(color)))
    if tint:
        inside = labels > 0
        picture[inside] = np.round(0.6 * grey[inside] + 0.4 * value)
    picture[outlines(labels, 2)] = value


def _legend(axes, counts):
    """Name the colours and how many objects have each, under the picture."""
    patches = [Patch(color=KINDS[k], label=f"{k} {n}") for k, n in counts.items()]
    axes.figure.legend(
        handles=patches,
        loc="outside lower center",
        ncols=len(patches) if axes.figure.get_figwidth() > 6.5 else 3,
        fontsize=11,
        frameon=False,
        handlelength=1.2,
        columnspacing=1.5,
    )
