"""Where objects go: tracks coloured by speed, and the rose of directions."""

import numpy as np
from matplotlib import colormaps
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap
from matplotlib.ticker import MaxNLocator

from ..checks import check_image
from ..track import edge_stats
from .images import draw
from .picture import BLUE, DPI, Picture, grey_picture

SPEED = ListedColormap(colormaps["plasma"](np.linspace(0.3, 1, 256)), "speed")


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
        Without them speeds are in px and per frame.
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
    scale = {"um_per_px": um_per_px or 1, "minutes_per_frame": minutes_per_frame or 1}
    steps = edge_stats(tracks, **scale)
    if not steps.size:
        raise ValueError(
            f"no track has two points ({tracks.size} rows), so there is nothing to draw"
        )
    top = max_speed or max(float(np.percentile(steps["speed"], 98)), 1e-9)
    height = 0.88 * width * image.shape[0] / image.shape[1]  # the bar takes the rest
    figure = Picture(width, min(height, 10) + 0.4)
    axes = figure.subplots()
    grey = grey_picture(image, round(width * DPI)) // 2  # dark: colours stand out
    draw(axes, grey, image.shape, f"{np.unique(tracks['track_id']).size} tracks")
    points = [np.stack([steps[p + "x"], steps[p + "y"]], 1) for p in ("", "next_")]
    drawn = LineCollection(
        np.stack(points, 1), array=steps["speed"], cmap=SPEED, clim=(0, top), lw=1.6
    )
    axes.add_collection(drawn, autolim=False)
    _mark_ends(axes, tracks)
    extend = "max" if steps["speed"].max() > top else "neither"
    bar = figure.colorbar(drawn, ax=axes, extend=extend, shrink=0.9, pad=0.01)
    length, time = "µm" if um_per_px else "px", "min" if minutes_per_frame else "frame"
    bar.set_label(f"speed ({length}/{time})", fontsize=11)
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


def _mark_ends(axes, tracks):
    """Mark the last position of each track that has two or more."""
    last = np.sort(tracks, order=("track_id", "frame"))
    new = np.append(True, np.diff(last["track_id"]) != 0)
    last = last[np.append(new[1:], True) & ~new]
    axes.plot(last["x"], last["y"], "o", color="white", ms=2.5)
