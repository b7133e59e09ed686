"""Plots: training curves, areas, tracks, directions."""

import numpy as np
from matplotlib import colormaps
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap
from matplotlib.ticker import MaxNLocator

from ..checks import check_image
from ..labels import relabel
from .images import draw
from .picture import BLUE, CYCLE, DPI, GREY, ORANGE, Picture, grey_picture

SPEED = ListedColormap(colormaps["plasma"](np.linspace(0.3, 1, 256)), "speed")


def curves(histories, /, *more, log=False, title="", width=9.0):
    """Show training and validation loss against the training step.

    Parameters
    ----------
    histories : History, or dict of str to History
        What `fit` returned; several, by name, are compared in one plot.
    *more : History
        Further histories, numbered.
    log : bool
        Logarithmic loss axis: shows late, small gains.
    title : str
    width : float
        Of the figure, inches of 100 px.

    Returns
    -------
    Figure
        Thin line: training loss, smoothed. Thick line: validation loss. Star: the
        step with the best validation loss, whose weights are kept.

    Raises
    ------
    ValueError
        If a history has no steps yet.
    """
    if more:
        histories = {f"run {k + 1}": h for k, h in enumerate((histories, *more))}
    if not isinstance(histories, dict):
        histories = {"": histories}
    figure = Picture(width, 3.6)
    axes = figure.subplots()
    for color, (name, history) in zip(CYCLE * 9, histories.items(), strict=False):
        _curve(axes, history, name, color)
    _finish(axes, "training step", "loss", title)
    if log:
        axes.set_yscale("log")
    axes.legend(fontsize=10, frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def areas(labels, tolerance=0.5, *, um_per_px=None, width=8.0):
    """Show the areas of all objects and the band that the area filter keeps.

    Parameters
    ----------
    labels : (H, W) array_like of int
        Unfiltered objects.
    tolerance : float or None
        Kept are areas within median * (1 - tolerance .. 1 + tolerance), as in
        `labkit.auto.keep_typical_area`; None keeps all.
    um_per_px : float, optional
        Pixel size; without it the axis is in px.
    width : float
        Of the figure, inches of 100 px.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError, TypeError
        If `labels` are no label image or hold no object.
    """
    area = np.bincount(relabel(labels).ravel())[1:]
    area = area[area > 0] * (um_per_px or 1.0) ** 2
    if not area.size:
        raise ValueError("`labels` hold no object, so there are no areas to show")
    unit = "px" if um_per_px is None else "µm²"
    median = np.median(area)
    figure = Picture(width, 3.4)
    axes = figure.subplots()
    bins = np.linspace(0, max(area.max(), 2 * median), 41)
    if tolerance is None:
        kept = np.ones(area.shape, bool)
    else:
        low, high = median * (1 - tolerance), median * (1 + tolerance)
        kept = (area >= low) & (area <= high)
        axes.axvspan(low, high, color=BLUE, alpha=0.12, lw=0, label="kept band")
    axes.hist(
        [area[kept], area[~kept]],
        bins,
        stacked=True,
        color=[BLUE, ORANGE],
        label=[f"kept {kept.sum()}", f"left out {(~kept).sum()}"],
    )
    axes.axvline(median, color="black", lw=1.5, label=f"median {median:.4g} {unit}")
    _finish(
        axes,
        f"area of one object ({unit})",
        "objects",
        f"{kept.mean():.0%} of {area.size} objects kept",
    )
    axes.legend(fontsize=10, frameon=False)
    return figure


def tracks(
    image, tracks, *, um_per_px=None, minutes_per_frame=None, max_speed=None, width=8.0
):
    """Show tracks on an image, each step coloured by its speed.

    Parameters
    ----------
    image : (H, W) array_like
        Usually the last frame.
    tracks : structured array
        `labkit.labels.TRACK_DTYPE`: one row per object and frame, px and frames.
    um_per_px, minutes_per_frame : float, optional
        With both, speeds are in µm/min, otherwise in px/frame.
    max_speed : float, optional
        Speed with the last colour; by default the 98th percentile.
    width : float
        Of the figure, inches of 100 px.

    Returns
    -------
    Figure
        A dot marks where each track ends.

    Raises
    ------
    ValueError, TypeError
        If the image is none, or no track has two points.
    """
    image = check_image(image)
    lines, speed = _steps(tracks)
    unit = "px/frame"
    if um_per_px is not None and minutes_per_frame is not None:
        speed, unit = speed * um_per_px / minutes_per_frame, "µm/min"
    top = max_speed or max(float(np.percentile(speed, 98)), 1e-9)
    figure = Picture(width, min(width * image.shape[0] / image.shape[1], 10) + 0.3)
    axes = figure.subplots()
    grey = grey_picture(image, round(width * DPI)) // 2  # dark: colours stand out
    draw(axes, grey, image.shape, f"{np.unique(tracks['track_id']).size} tracks")
    drawn = LineCollection(lines, array=speed, cmap=SPEED, clim=(0, top), lw=1.6)
    axes.add_collection(drawn, autolim=False)
    ends = lines[:, 1][np.r_[np.any(lines[1:, 0] != lines[:-1, 1], axis=1), True]]
    axes.plot(*ends.T, "o", color="white", ms=2.5)
    extend = "max" if speed.max() > top else "neither"
    bar = figure.colorbar(drawn, ax=axes, extend=extend, shrink=0.9, pad=0.01)
    bar.set_label(f"speed ({unit})", fontsize=11)
    return figure


def rose(angles, *, weights=None, title="", width=4.6):
    """Show directions as a rose of 12 sectors of 30 degrees.

    Parameters
    ----------
    angles : (n,) array_like of float, or structured array with field "direction"
        Degrees, counter-clockwise, 0 to the right of the image and 90 up.
        NaN (tracks without direction) are left out.
    weights : (n,) array_like of float, optional
        For example the distance gone.
    title : str
    width : float
        Of the figure, inches of 100 px.

    Returns
    -------
    Figure
        The sectors are centred on 0, 30, 60 ... degrees.

    Raises
    ------
    ValueError
        If there is no direction at all.
    """
    angles = np.asarray(angles)
    if angles.dtype.names:
        angles = angles["direction"]
    angles = np.asarray(angles, float)
    weights = np.ones(angles.shape) if weights is None else np.asarray(weights, float)
    known = np.isfinite(angles)
    if not known.any():
        raise ValueError(
            f"no direction among {angles.size} values; directions need moving objects"
        )
    share = sectors(angles[known], weights[known])
    figure = Picture(width, width)
    axes = figure.subplots(subplot_kw={"projection": "polar"})
    centres = np.radians(np.arange(0, 360, 30))
    axes.bar(centres, 100 * share, width=np.radians(30), color=BLUE, ec="white")
    axes.set_xticks(centres, [f"{a}°" for a in range(0, 360, 30)])
    axes.yaxis.set_major_locator(MaxNLocator(3))
    axes.yaxis.set_major_formatter("{x:g} %")
    axes.set_rlabel_position(30 * np.argmin(share + np.roll(share, -1)) + 15)
    axes.set_title(title or f"{known.sum()} directions (90° is up)", fontsize=11)
    return figure


def sectors(angles, weights):
    """Return the share of each 30 degree sector, the first centred on 0."""
    number = np.floor((angles + 15) / 30).astype(int) % 12
    total = np.bincount(number, weights, 12)
    return total / total.sum()


def _curve(axes, history, name, color):
    """Draw one history: training thin, validation thick, star at the best step."""
    steps, train = np.asarray(history.steps), np.asarray(history.train_loss, float)
    if not steps.size:
        raise ValueError(f"history {name!r} has no steps yet; train first")
    prefix = f"{name}, " if name else ""
    axes.plot(
        steps, _smooth(train), color=color, lw=1, alpha=0.55, label=f"{prefix}training"
    )
    val = np.asarray(history.val_loss, float)
    if not val.size:
        return
    val_steps = np.asarray(history.val_steps)
    axes.plot(
        val_steps, val, color=color, lw=2.2, marker=".", label=f"{prefix}validation"
    )
    best = int(np.nanargmin(val))
    axes.plot(
        val_steps[best],
        val[best],
        "*",
        color=color,
        ms=15,
        mec="black",
        label=f"{prefix}best, step {val_steps[best]}",
    )


def _smooth(values, share=0.03):
    """Return a running mean over 3 % of the values, shorter at the ends."""
    half = int(share * values.size / 2)
    total = np.cumsum(np.r_[0.0, values])
    left = np.maximum(np.arange(values.size) - half, 0)
    right = np.minimum(np.arange(values.size) + half + 1, values.size)
    return (total[right] - total[left]) / (right - left)


def _steps(tracks):
    """Return segments (n, 2, 2) as (x, y) and their speed in px/frame."""
    tracks = np.sort(tracks, order=("track_id", "frame"))
    same = tracks["track_id"][1:] == tracks["track_id"][:-1]
    points = np.stack((tracks["x"], tracks["y"]), axis=1)
    lines = np.stack((points[:-1], points[1:]), axis=1)[same]  # (n, 2, 2)
    if not len(lines):
        raise ValueError(
            f"no track has two points ({tracks.size} rows), so there is nothing to draw"
        )
    gap = np.diff(tracks["frame"])[same]
    return lines, np.linalg.norm(lines[:, 1] - lines[:, 0], axis=1) / gap


def _finish(axes, xlabel, ylabel, title):
    """Name the axes, and leave out the lines that say nothing."""
    axes.set_xlabel(xlabel, fontsize=11)
    axes.set_ylabel(ylabel, fontsize=11)
    axes.set_title(title, fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color=GREY, alpha=0.2)
