"""Bring images of any camera to one range of values."""

import numpy as np

from ..checks import check_image


def normalize(image, low=1.0, high=99.8):
    """Stretch an image so that two of its percentiles become 0 and 1.

    Parameters
    ----------
    image : (H, W) or (H, W, 3) array_like of uint8, uint16 or float
        The percentiles of a picture in colour are those of all its values, so
        that colours are kept.
    low, high : float
        Percentiles of the image, 0..100.

    Returns
    -------
    ndarray of float32
        Of the same shape. Not clipped; all zeros for an image of one value.

    Examples
    --------
    >>> normalize(np.array([[10, 20], [30, 40]], np.uint8), 0, 100)[1]
    array([0.6666667, 1.       ], dtype=float32)
    """
    image = check_image(image, colour=True)
    if not 0 <= low < high <= 100:
        raise ValueError(
            f"`low` and `high` must be percentiles with 0 <= low < high <= 100, "
            f"got {low} and {high}"
        )
    bottom, top = _percentiles(image, (low, high))
    span = top - bottom if top > bottom else 1.0
    return (image.astype(np.float32) - np.float32(bottom)) / np.float32(span)


def _percentiles(image, percents):
    """Percentiles; from the histogram where the values are whole numbers."""
    if image.dtype.kind == "f":
        return np.percentile(image, percents)
    counts = np.cumsum(np.bincount(image.ravel()))
    ranks = np.asarray(percents) / 100 * (counts[-1] - 1)
    below, above = np.floor(ranks), np.ceil(ranks)
    value_below = np.searchsorted(counts, below, side="right")
    value_above = np.searchsorted(counts, above, side="right")
    return value_below + (ranks - below) * (value_above - value_below)
