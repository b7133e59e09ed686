"""How an image is shown: contrast and channels. Never for measuring."""

import dataclasses

import numpy as np

from ..checks import check_image

MAX_SAMPLE = 1_000_000  # px that percentiles are taken of


@dataclasses.dataclass(frozen=True)
class Contrast:
    """Which values become black and white.

    Attributes
    ----------
    low, high : float
        Percentiles of the image, 0..100.
    gamma : float
        Below 1, dim parts become brighter.
    channel : int or None
        Channel of a picture in colour that is shown alone, None for all.
    inverted : bool
        Dark on bright.
    """

    low: float = 0.5
    high: float = 99.8
    gamma: float = 1.0
    channel: int | None = None
    inverted: bool = False


def to_display(image, contrast=None):
    """Return an image as 8-bit picture.

    Parameters
    ----------
    image : (H, W) or (H, W, 3) array_like of any real type
    contrast : Contrast, optional

    Returns
    -------
    (H, W) or (H, W, 3) ndarray of uint8

    Raises
    ------
    ValueError, TypeError
        As `labkit.checks.check_image`, and if there is no such channel.

    Examples
    --------
    >>> image = np.array([[0, 1000], [2000, 4000]], np.uint16)
    >>> to_display(image, Contrast(0, 100)).tolist()
    [[0, 64], [128, 255]]
    """
    contrast = contrast or Contrast()
    image = check_image(image, colour=True)
    if contrast.channel is not None and image.ndim == 3:
        image = image[..., contrast.channel]
    low, high = limits(image, contrast)
    if image.dtype.kind == "u":
        table = _shade(np.arange(np.iinfo(image.dtype).max + 1), low, high, contrast)
        return table[image]
    return _shade(image, low, high, contrast)


def limits(image, contrast):
    """Return the values that become black and white."""
    step = max(1, int(np.sqrt(image[..., :1].size / MAX_SAMPLE)))
    sample = image[::step, ::step]
    low, high = np.percentile(sample, [contrast.low, contrast.high])
    return float(low), float(max(high, low + 1e-6))


def _shade(values, low, high, contrast):
    """Map values to 0..255."""
    unit = np.clip((values.astype(np.float32) - low) / (high - low), 0, 1)
    if contrast.gamma != 1:
        unit = unit**contrast.gamma
    shade = np.round(unit * 255).astype(np.uint8)
    return 255 - shade if contrast.inverted else shade
