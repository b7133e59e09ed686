"""What all figures share: the figure class, grey values, colours, outlines."""

import base64
import functools
import io

import cv2
import numpy as np
from matplotlib.figure import Figure

from ..checks import check_image, check_pair
from ..labels import outlines

DPI = 100
WIDTH = 9.0  # inches: 900 px, the width of a notebook page
BLUE, ORANGE, GREEN, SKY = "#0072B2", "#E69F00", "#009E73", "#56B4E9"
VERMILION, PURPLE, YELLOW, GREY = "#D55E00", "#CC79A7", "#F0E442", "#6E6E6E"
N_COLORS = 4096
CYCLE = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)


class Picture(Figure):
    """A matplotlib figure that shows itself once in a notebook.

    It is not registered with pyplot: nothing to close, no second copy at the end
    of the cell. Photographs are shown as JPEG and plots as PNG, which keeps
    notebooks small. `savefig` works as ever.
    """

    def __init__(self, width=WIDTH, height=4.0):
        super().__init__((width, height), dpi=DPI, layout="constrained")

    def _repr_mimebundle_(self, include=None, exclude=None):
        """Return the picture in the smaller of the two formats."""
        photo = any(axes.images for axes in self.axes)
        kind = "jpeg" if photo else "png"
        options = {"quality": 72, "subsampling": 0} if photo else {"optimize": True}
        buffer = io.BytesIO()
        self.savefig(buffer, format=kind, pil_kwargs=options)
        data = base64.b64encode(buffer.getvalue()).decode()
        return {f"image/{kind}": data, "text/plain": repr(self)}

    def __repr__(self):
        width, height = self.get_size_inches()
        titles = [axes.get_title() for axes in self.axes if axes.get_title()]
        return f"<Picture {width:g} x {height:.1f} inches: {', '.join(titles)}>"


def stretch(image, *, low=1.0, high=99.8, gamma=1.0):
    """Return an image as 8-bit grey, black at one percentile and white at another.

    For display only: never measure on it.

    Parameters
    ----------
    image : (H, W) or (H, W, 3) array_like
        In colour, all channels are stretched alike.
    low, high : float
        Percentiles that become black and white.
    gamma : float
        Below 1 lifts dim objects: grey = fraction ** gamma.

    Returns
    -------
    ndarray of uint8
        Of the same shape; all black if the image has one value only.

    Raises
    ------
    ValueError, TypeError
        As `labkit.checks.check_image`, and if not ``0 <= low < high <= 100``.

    Examples
    --------
    >>> stretch(np.array([[0, 50, 100]]), low=0, high=100)
    array([[  0, 128, 255]], dtype=uint8)
    """
    image = check_image(image, colour=True)
    if not 0 <= low < high <= 100:
        raise ValueError(
            f"percentiles must satisfy 0 <= low < high <= 100, got {low} and {high}"
        )
    step = max(1, int(np.sqrt(image.size / 2**18)))  # a sample is enough and fast
    black, white = np.percentile(image[::step, ::step], (low, high))
    if white <= black:
        black, white = float(image.min()), float(image.max())
    if white <= black:
        return np.zeros(image.shape, np.uint8)
    scale = 255.0 / (white - black)
    linear = np.clip(image, black, white).astype(np.float32)
    grey = cv2.convertScaleAbs(linear, alpha=scale, beta=-black * scale)
    return np.round(255 * (np.arange(256) / 255) ** gamma).astype(np.uint8)[grey]


def grey_picture(image, max_side):
    """Return the values that figures show, at the size they show them."""
    gamma = 1.0 if np.ndim(image) == 3 else 0.75
    return resize(stretch(image, gamma=gamma), max_side)


def label_colors(labels):
    """Return an RGB picture in which each label has its own, steady colour.

    Parameters
    ----------
    labels : (H, W) ndarray of int
        0 is background and becomes black.

    Returns
    -------
    (H, W, 3) ndarray of uint8
        The same label has the same colour in every picture, so that a nucleus
        keeps its colour through a movie when its label is its track.
    """
    return palette()[np.where(labels > 0, (labels - 1) % N_COLORS + 1, 0)]


@functools.cache
def palette():
    """Return (N_COLORS + 1, 3) uint8: black, then hues by the golden ratio."""
    number = np.arange(N_COLORS)
    hsv = np.empty((1, N_COLORS, 3), np.float32)
    hsv[0, :, 0] = 360 * ((number * 0.618034) % 1)
    hsv[0, :, 1] = np.array([0.65, 0.9, 0.4])[number % 3]
    hsv[0, :, 2] = np.array([1.0, 0.8, 0.95, 0.7])[number % 4]  # also by lightness
    rgb = np.round(255 * cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0])
    return np.vstack((np.zeros((1, 3)), rgb)).astype(np.uint8)


def resize(array, max_side):
    """Return `array` with its longer side `max_side` px (labels: no new values)."""
    height, width = array.shape[:2]
    factor = max_side / max(height, width)
    shape = max(1, round(height * factor)), max(1, round(width * factor))
    if array.dtype.kind == "b" or array.dtype in (np.int32, np.int64):
        rows = np.minimum(
            ((np.arange(shape[0]) + 0.5) / factor).astype(int), height - 1
        )
        cols = np.minimum(((np.arange(shape[1]) + 0.5) / factor).astype(int), width - 1)
        return array[rows[:, None], cols]
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    return cv2.resize(array, shape[::-1], interpolation=how)


def outline_picture(image, labels, *, max_side=800, thickness=2, color=None):
    """Return an RGB picture of the image with the outline of each object.

    Parameters
    ----------
    image : (H, W) or (H, W, 3) array_like
    labels : (H, W) array_like of int
    max_side : int
        Longer side of the picture, px. Outlines are drawn after resizing, so that
        they stay visible however large the image is.
    thickness : int
        Of the outline, px of the picture.
    color : 3 int, optional
        RGB of all outlines; by default each label has its own colour.

    Returns
    -------
    (h, w, 3) ndarray of uint8

    Raises
    ------
    ValueError, TypeError
        As `labkit.checks.check_pair`.
    """
    image, labels = check_pair(image, labels, colour=True)
    return draw_outlines(
        grey_picture(image, max_side), resize(labels, max_side), thickness, color
    )


def draw_outlines(grey, labels, thickness=2, color=None):
    """Return RGB outlines on a picture of the same shape, grey or in colour."""
    picture = rgb(grey).copy()
    edge = outlines(labels, thickness)
    if color is None:
        picture[edge] = np.maximum(label_colors(labels[edge]), 60)
    else:
        picture[edge] = color
    return picture


def rgb(picture):
    """Return a grey or coloured picture with three channels."""
    return picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=2)


def time_unit(n_frames, minutes_per_frame=None):
    """Return the length of a frame and its unit: frames, min, or h from 3 h on."""
    if minutes_per_frame is None:
        return 1.0, "frames"
    if n_frames * minutes_per_frame < 180:
        return float(minutes_per_frame), "min"
    return minutes_per_frame / 60, "h"


def check_positive(**values):
    """Raise ValueError for the first value that is given and not positive."""
    for name, value in values.items():
        if value is not None and not 0 < value < np.inf:
            raise ValueError(f"`{name}` must be a positive number, got {value}")
