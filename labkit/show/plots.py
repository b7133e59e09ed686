"""Plots: training curves, areas, values over time."""

import numpy as np
from matplotlib.ticker import LogLocator

from ..labels import relabel
from .picture import BLUE, CYCLE, GREY, ORANGE, Picture


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
    n_named = 3 * len(histories)  # lines of the legend
    figure = Picture(width, max(3.6, 0.21 * n_named + 0.5))
    axes = figure.subplots()
    for color, (name, history) in zip(CYCLE * 9, histories.items(), strict=False):
        _curve(axes, history, name, color)
    finish(axes, "training step", "loss", title)
    if log:
        log_scale(axes)
    legend_beside(axes)
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
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.axvline(median, color="black", lw=1.5, label=f"median {median:.4g} {unit}")
    finish(
        axes,
        f"area of one object ({unit})",
        "objects",
        f"{kept.mean():.0%} of {area.size} objects kept",
    )
    legend_beside(axes)
    return figure


def series(x, values, /, *, xlabel, ylabel, title="", width=8.0):
    """Show one or several measured values against time or another quantity.

    Parameters
    ----------
    x : (n,) array_like of float
    values : (n,) array_like of float, or dict of str to such
        Several are told apart by their name.
    xlabel, ylabel : str
        With the unit.
    title : str
    width : float
        Of the figure, inches of 100 px.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If `x` and the values differ in length.
    """
    values = values if isinstance(values, dict) else {"": values}
    figure = Picture(width, 3.4)
    axes = figure.subplots()
    for color, (name, y) in zip(CYCLE * 9, values.items(), strict=False):
        if len(y) != len(x):
            raise ValueError(
                f"{len(x)} x values and {len(y)} values of {name or ylabel!r}; "
                f"there must be as many of each"
            )
        axes.plot(x, y, color=color, lw=2, marker="o", ms=5, label=name)
    finish(axes, xlabel, ylabel, title)
    axes.set_ylim(bottom=min(0, axes.get_ylim()[0]))
    if len(values) > 1:
        legend_beside(axes)
    return figure


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


def finish(axes, xlabel, ylabel, title):
    """Name the axes, and leave out the lines that say nothing."""
    axes.set_xlabel(xlabel, fontsize=11)
    axes.set_ylabel(ylabel, fontsize=11)
    axes.set_title(title, fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color=GREY, alpha=0.2)


def log_scale(axes):
    """Make the upright axis logarithmic, and number it plainly: 0.6, not 6 x 10^-1."""
    axes.set_yscale("log")
    few = LogLocator(
        subs=(1, 2, 3, 6) if _decades(axes) > 1 else (1, 1.5, 2, 3, 4, 6, 8)
    )
    axes.yaxis.set_minor_locator(few)
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter("{x:g}")


def _decades(axes):
    """Return how many powers of ten the upright axis holds."""
    low, high = axes.get_ylim()
    return np.log10(high / low)


def legend_beside(axes):
    """Name the lines to the right of the axes, where no line runs."""
    axes.legend(fontsize=10, frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
