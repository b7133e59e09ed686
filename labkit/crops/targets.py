"""What a network shall answer for a square of an annotated image."""

import dataclasses
from typing import NamedTuple

import cv2
import numpy as np

from ..objects import disc
from ..stars import star_targets


class StarCrop(NamedTuple):
    """A batch of crops for StarDist; `n` crops, side `s` px, grid `g`."""

    image: np.ndarray  # (n, channels, s, s) float32
    prob: np.ndarray  # (n, 1, s / g, s / g) float32, 0..1
    inside: np.ndarray  # (n, 1, s / g, s / g) float32, 1 on objects
    dist: np.ndarray  # (n, n_rays, s / g, s / g) float32, px
    weight: np.ndarray  # (n, 1, s / g, s / g) float32, 0 where unknown


class PixelCrop(NamedTuple):
    """A batch of crops for a probability U-Net; `n` crops, side `s` px."""

    image: np.ndarray  # (n, channels, s, s) float32
    truth: np.ndarray  # (n, 2, s, s) float32: 1 on objects, 1 on their rims
    weight: np.ndarray  # (n, 1, s, s) float32, 0 where unknown


@dataclasses.dataclass(frozen=True)
class StarTargets:
    """Star-convex targets (Schmidt et al. 2018) and the foreground.

    Attributes
    ----------
    n_rays, grid : int
        See `labkit.stars.star_targets`.
    channels : int
        Of the network's image: 1 or 3.
    """

    n_rays: int = 32
    grid: int = 2
    channels: int = 1

    def __call__(self, source, margin=0):
        """Turn a square `Source` into one crop, without its margin.

        Returns
        -------
        StarCrop
            Without the leading batch axis.
        """
        prob, dist = star_targets(source.labels, self.n_rays, grid=self.grid)
        inner = slice(margin, source.labels.shape[0] - margin)
        coarse = slice(inner.start // self.grid, inner.stop // self.grid)
        objects = source.labels[inner, inner][:: self.grid, :: self.grid] > 0
        known = ~source.ignore[inner, inner][:: self.grid, :: self.grid]
        return StarCrop(
            channels_first(source.image[inner, inner], self.channels),
            prob[None, coarse, coarse],
            objects[None].astype(np.float32),
            np.moveaxis(dist[coarse, coarse], -1, 0),
            known[None].astype(np.float32),
        )


@dataclasses.dataclass(frozen=True)
class PixelTargets:
    """Which pixels lie on objects, and which of them on their rims.

    Attributes
    ----------
    rim : int
        Width of the rim inside each object's border, px. It keeps touching
        objects apart (the weighted border of Ronneberger et al. 2015).
    channels : int
        Of the network's image: 1 or 3.
    """

    rim: int = 2
    channels: int = 1
    grid: int = dataclasses.field(default=1, init=False)

    def __call__(self, source, margin=0):
        """Turn a square `Source` into one crop, without its margin.

        Returns
        -------
        PixelCrop
            Without the leading batch axis.
        """
        inner = slice(margin, source.labels.shape[0] - margin)
        rim = rims(source.labels, self.rim)
        # next to the unknown, such as the edge of the image, a rim is a guess
        guessed = rim & ~rims(source.labels, self.rim, source.ignore)
        known = ~(source.ignore | guessed)[None, inner, inner]
        return PixelCrop(
            channels_first(source.image[inner, inner], self.channels),
            np.stack([source.labels > 0, rim])[:, inner, inner].astype(np.float32),
            known.astype(np.float32),
        )


def rims(labels, width=2, ignore=None):
    """Return the pixels of objects at most `width` px from their outside.

    Parameters
    ----------
    labels : (H, W) ndarray of int32
    width : int
    ignore : (H, W) ndarray of bool, optional
        Pixels that count neither as another object nor as background.

    Returns
    -------
    (H, W) ndarray of bool
        The edge of the image makes no rim.

    Examples
    --------
    >>> rims(np.array([[0, 1, 1, 1, 2, 2]]), 1).astype(int)
    array([[0, 1, 0, 1, 1, 0]])
    """
    around = disc(width)
    low = high = labels.astype(np.float32)
    if ignore is not None:
        low, high = np.where(ignore, np.inf, low), np.where(ignore, -np.inf, high)
    return (cv2.dilate(high, around) > cv2.erode(low, around)) & (labels > 0)


def channels_first(image, channels):
    """Turn (H, W) or (H, W, 3) into (channels, H, W); grey is repeated.

    Raises
    ------
    ValueError
        If a picture in colour is meant for a network that sees grey only.
    """
    if image.ndim == 2:
        return np.repeat(image[None], channels, axis=0)
    if channels == 1:
        raise _no_colour("image", image)
    return np.ascontiguousarray(np.moveaxis(image, -1, 0))


def check_channels(found, channels):
    """Raise ValueError if sources are in colour and the network sees grey only."""
    for k, source in enumerate(found):
        if channels == 1 and source.image.ndim == 3:
            raise _no_colour(f"images[{k}]", source.image)


def _no_colour(name, image):
    """The error of a picture in colour that meets a network for grey ones."""
    return ValueError(
        f"this model sees grey images, but `{name}` is in colour, of shape "
        f"{image.shape}; use one channel, {name}[..., 0], or a model with channels=3"
    )
