"""The image in the browser: sent once, then drawn from there at any zoom.

Up to 2048 x 2048 pixels the whole image lies in a canvas that is not displayed, with
halves and quarters of it for low zooms, which the browser makes itself. Of a larger
image only a window around what is seen is sent, no finer than the screen shows it.
Grey images arrive without loss wherever single pixels can be told apart.
"""

import base64
import contextlib
import itertools
import math
import threading
from typing import NamedTuple

import cv2
import ipycanvas
import ipywidgets
import numpy as np

BACKGROUND = "#1e1e1e"
WHOLE = 2048 * 2048  # px: larger images are sent in windows
_MARGIN = 0.3  # of the view on each side, so that small moves need no new window
_DRAWING = threading.RLock()  # ipycanvas collects commands in one place for all


@contextlib.contextmanager
def held():
    """Send everything drawn in the block as one message, also when it fails.

    `ipycanvas.hold_canvas` alone stops all canvases for good after an exception.
    Each message names the canvas that it starts with: a page that was opened since
    the last one does not know.
    """
    failed = None
    with _DRAWING:
        with ipycanvas.hold_canvas():
            ipycanvas.canvas._CANVAS_MANAGER._current_canvas = None
            try:
                yield
            except BaseException as error:
                failed = error
        if failed is not None:
            raise failed


class _Window(NamedTuple):
    """A part of the image that the browser has: its pixel edges and how fine."""

    low: np.ndarray
    high: np.ndarray
    level: int
    lossless: bool


class Picture:
    """Keeps a display image in hidden canvases of the browser.

    Parameters
    ----------
    display : (H, W) or (H, W, 3) ndarray of uint8
    """

    def __init__(self, display):
        self._carrier = _carrier()
        self._patches = itertools.cycle([_carrier() for _ in range(8)])
        self._canvases = []
        self.set(display)

    @property
    def shape(self):
        """Height and width of the image."""
        return self._levels[0].shape[:2]

    def set(self, display):
        """Take another image."""
        self._levels, self._owned, self._window = [display], False, None
        self._whole = display.shape[0] * display.shape[1] <= WHOLE

    def forget(self):
        """Send everything anew: there is a browser that has seen nothing."""
        self._window = None

    def patch(self, display, origin):
        """Replace the pixels from `origin` (row, col) on; colour on grey will do."""
        if not self._owned:
            self._levels, self._owned = [self._levels[0].copy()], True
        if display.ndim > self._levels[0].ndim:  # the first colour on a grey image
            self._levels = [cv2.cvtColor(self._levels[0], cv2.COLOR_GRAY2RGB)]
        low, high = np.array(origin), np.array(origin) + display.shape[:2]
        self._levels[0][low[0] : high[0], low[1] : high[1]] = display
        del self._levels[1:]
        window = self._window
        if window is None or not (self._whole or _apart(window, low, high)):
            self._window = None
        elif self._whole:
            self._send(self._canvases[0], next(self._patches), display, True, origin)
            self._halve()

    def draw(self, canvas, viewport, ratio):
        """Draw what a viewport shows, at `ratio` canvas pixels per screen pixel."""
        if not self._serves(viewport, ratio):
            self._upload(viewport, ratio)
        scale = viewport.zoom * ratio
        source = self._canvases[0]
        if self._whole:  # the smallest that is not finer than half a canvas pixel
            fine = max(math.floor(-math.log2(scale) + 0.01), 0)
            source = self._canvases[min(fine, len(self._canvases) - 1)]
        canvas.reset_transform()
        canvas.fill_style = BACKGROUND
        canvas.fill_rect(0, 0, canvas.width, canvas.height)
        canvas.image_smoothing_enabled = scale < 3
        top, left = viewport.to_view(self._window.low - 0.5) * ratio
        height, width = (self._window.high - self._window.low) * scale
        canvas.draw_image(source, left, top, width, height)

    def _serves(self, viewport, ratio):
        """Say whether the browser has what a viewport needs."""
        if self._window is None or self._whole:
            return self._window is not None
        low, high = viewport.visible()
        window = self._window
        return (
            (window.low <= low + 0.5).all()
            and (high + 0.5 <= window.high).all()
            and window.level == self._level(viewport, ratio)
            and (window.lossless or viewport.zoom * ratio < 1)
        )

    def _level(self, viewport, ratio):
        """Return how often the image may be halved before the screen shows it."""
        halvings = math.floor(-math.log2(viewport.zoom * ratio) + 0.01)
        return int(np.clip(halvings, 0, math.log2(min(self.shape))))

    def _upload(self, viewport, ratio):
        """Send the image, or a window around what is seen."""
        if self._whole:
            self._window = _Window(np.zeros(2), np.array(self.shape), 0, True)
            self._fit_canvases()
            lossless = self._levels[0].ndim == 2 or self._levels[0].size < 3e6
            self._send(self._canvases[0], self._carrier, self._levels[0], lossless)
            self._halve()
            return
        level = self._level(viewport, ratio)
        small = self._halved(level)
        step = np.divide(self.shape, small.shape[:2])
        low, high = np.array(viewport.visible()) + 0.5
        room = _MARGIN * (high - low)
        low = np.maximum(np.floor((low - room) / step), 0).astype(int)
        high = np.ceil((high + room) / step).astype(int)
        high = np.minimum(high, small.shape[:2])
        lossless = viewport.zoom * ratio >= 1
        self._window = _Window(low * step, high * step, level, lossless)
        self._canvases = self._canvases[1:2] + self._canvases[:1]  # one is on screen
        if len(self._canvases) < 2:
            self._canvases.insert(0, ipycanvas.Canvas(width=1, height=1))
        crop = small[low[0] : high[0], low[1] : high[1]]
        _resize(self._canvases[0], crop.shape)
        self._send(self._canvases[0], self._carrier, crop, lossless)

    def _halved(self, level):
        """Return the image after `level` halvings."""
        while len(self._levels) <= level:
            height, width = self._levels[-1].shape[:2]
            size = -(-width // 2), -(-height // 2)
            self._levels.append(
                cv2.resize(self._levels[-1], size, interpolation=cv2.INTER_AREA)
            )
        return self._levels[level]

    def _fit_canvases(self):
        """Have one hidden canvas for the image, each halving of it down to 256 px."""
        shape, wanted = self.shape, [self.shape]
        while max(shape) > 256:
            shape = tuple(-(-n // 2) for n in shape)
            wanted.append(shape)
        while len(self._canvases) < len(wanted):
            self._canvases.append(ipycanvas.Canvas(width=1, height=1))
        for canvas, shape in zip(self._canvases, wanted, strict=False):
            _resize(canvas, shape)
        self._n_halved = len(wanted)

    def _halve(self):
        """Let the browser make the halves, from the finest down."""
        used = self._canvases[: self._n_halved]
        for source, canvas in itertools.pairwise(used):
            canvas.draw_image(source, 0, 0, canvas.width, canvas.height)

    def _send(self, canvas, carrier, display, lossless, origin=(0, 0)):
        """Draw an image into a hidden canvas."""
        carrier.value = _data_url(display, lossless)
        canvas.draw_image(carrier, int(origin[1]), int(origin[0]))


def check_display(display):
    """Return a grey or RGB picture of bytes, or raise ValueError."""
    display = np.asarray(display)
    grey = display.ndim == 2
    if not (grey or (display.ndim == 3 and display.shape[2] == 3)) or not display.size:
        raise ValueError(
            f"a picture must have axes (H, W) or (H, W, 3), got shape {display.shape}"
        )
    if display.dtype != np.uint8:
        raise ValueError(
            f"a picture must be uint8 with its contrast stretched, got {display.dtype}"
        )
    return display


def _carrier():
    """Return a widget that brings an image over.

    By a data address: for an image that comes as bytes ipycanvas makes a blob
    address in the browser that is never given back.
    """
    return ipywidgets.Image(format="url", value=b"")


def _data_url(display, lossless):
    """Encode an image as the text that a browser takes for its address."""
    bgr = display[..., ::-1] if display.ndim == 3 else display
    if lossless:
        kind = "png"  # runs of equal bytes suffice for grey noise, and are quick
        options = [cv2.IMWRITE_PNG_COMPRESSION, 1]
        if display.ndim == 2:
            runs = cv2.IMWRITE_PNG_STRATEGY_RLE
            options += [cv2.IMWRITE_PNG_STRATEGY, runs]
    else:
        kind = "jpeg"
        options = [cv2.IMWRITE_JPEG_QUALITY, 92, cv2.IMWRITE_JPEG_SAMPLING_FACTOR]
        options.append(cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444)
    data = cv2.imencode(f".{kind}", np.ascontiguousarray(bgr), options)[1]
    return f"data:image/{kind};base64,".encode() + base64.b64encode(data)


def _resize(canvas, shape):
    """Give a canvas a size; a canvas that has it keeps what is drawn on it."""
    if (canvas.height, canvas.width) != tuple(shape[:2]):
        canvas.height, canvas.width = shape[:2]


def _apart(window, low, high):
    """Say whether a region and a window have no pixel in common."""
    return (low >= window.high).any() or (high <= window.low).any()
