"""Where objects go: tracks coloured by speed, rose of directions, kymograph."""

import numpy as np
from matplotlib import colormaps
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap
from matplotlib.ticker import MaxNLocator

from ..checks import check_image
from ..labels import TRACK_DTYPE
from ..track import edge_stats
from .images import draw
from .picture import BLUE, DPI, Picture, check_positive, grey_picture, time_unit

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


def kymograph(
    tracks,
    shape,
    *,
    axis="x",
    n_bins=16,
    um_per_px=None,
    minutes_per_frame=None,
    width=8.0,
):
    """Show the density of objects along one axis of the image over time.

    Parameters
    ----------
    tracks : structured array
        `labkit.labels.TRACK_DTYPE`, or the spots of `labkit.track.find_spots`.
    shape : (int, int) or (int, int, int)
        Of a frame, (H, W), or of the movie, (T, H, W).
    axis : str
        "x": position from left to right, "y": from top to bottom; the other axis is
        summed up.
    n_bins : int
        Strips of equal width that the image is divided into.
    um_per_px, minutes_per_frame : float, optional
        Without them, positions are in px, densities per million px, time in frames.
    width : float
        Of the figure, inches of 100 px.

    Returns
    -------
    Figure
        Position to the right, time downwards; colour: objects per mm2 of each strip.

    Raises
    ------
    ValueError, TypeError
        If `tracks` is no table or empty, `shape` does not hold it, the axis is
        unknown, or a number is not positive.
    """
    check_positive(um_per_px=um_per_px, minutes_per_frame=minutes_per_frame)
    density = strip_density(tracks, shape, axis, n_bins, um_per_px or 1.0)
    n_frames = len(density)
    step, time = time_unit(n_frames, minutes_per_frame)
    side = shape[-1 if axis == "x" else -2] * (um_per_px or 1.0)
    figure = Picture(width, 4.2)
    axes = figure.subplots()
    shown = axes.imshow(
        density,
        extent=(0, side, (n_frames - 0.5) * step, -0.5 * step),
        aspect="auto",
        cmap="cividis",
        vmin=0,
        interpolation="nearest",
    )
    length = "µm" if um_per_px else "px"
    axes.set_xlabel(f"{axis} ({length})", fontsize=11)
    axes.set_ylabel(f"time ({time})", fontsize=11)
    bar = figure.colorbar(shown, ax=axes, pad=0.01)
    bar.set_label(f"objects per {'mm²' if um_per_px else 'million px'}", fontsize=11)
    return figure


def strip_density(tracks, shape, axis, n_bins, um_per_px=1.0):
    """Return (T, n_bins) objects per mm2 (per million px) of each frame and strip."""
    if axis not in ("x", "y"):
        raise ValueError(f"`axis` must be 'x' or 'y', got {axis!r}")
    if n_bins < 1 or n_bins != int(n_bins):
        raise ValueError(f"`n_bins` must be 1, 2, 3, ..., got {n_bins}")
    if getattr(tracks, "dtype", None) != TRACK_DTYPE:
        raise TypeError(
            f"`tracks` must be a table of labkit.labels.TRACK_DTYPE, got "
            f"{type(tracks).__name__}; lk.track.link makes one"
        )
    if not len(tracks):
        raise ValueError("`tracks` has no rows, so there is no density to show")
    if len(shape) not in (2, 3) or min(shape) < 1:
        raise ValueError(f"`shape` must be (H, W) or (T, H, W), got {tuple(shape)}")
    n_frames = int(tracks["frame"].max()) + 1
    n_frames = max(n_frames, shape[0]) if len(shape) == 3 else n_frames
    side, other = shape[-1], shape[-2]
    if axis == "y":
        side, other = other, side
    position = (tracks[axis] + 0.5) / side  # 0..1 over the image
    if not (position.min() >= 0 and position.max() <= 1):
        raise ValueError(
            f"`tracks` goes to {axis} = {tracks[axis].max():.1f} px, the image of "
            f"`shape` {tuple(shape)} to {side}; pass the shape of this movie"
        )
    strip = np.minimum((position * n_bins).astype(int), n_bins - 1)
    cell = tracks["frame"] * n_bins + strip
    counts = np.bincount(cell, minlength=n_frames * n_bins).reshape(n_frames, n_bins)
    return counts / (side / n_bins * other * (um_per_px / 1000) ** 2)


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
