"""What follows the model, as parameters that can be searched, saved and loaded."""

import dataclasses

import numpy as np

from ..labels import median_diameter
from ..params import Params
from .post import dilate, drop_improbable, drop_small, fill_holes, refine_borders


@dataclasses.dataclass(frozen=True)
class PostParams(Params):
    """What follows the model; `search` finds values that fit a kind of images.

    Attributes
    ----------
    prob_thresh : float or None
        Least probability of an object (of a pixel, for a `labkit.models.UNetProb`).
        None: that of the model.
    scales : sequence of float
        Look also at the image enlarged by these factors on top, and add what the
        first one misses, see `add_missing`.
    dilate : float
        Objects grow by so many px.
    min_prob : float
        Objects of a lower mean probability are dropped; by the model `borders`.
    redraw : bool
        Whether the model `borders` draws the borders anew, see `refine_borders`.
    ring : float
        Width of the ring in which it may, in median diameters.
    ring_prob : float
        Least probability of a pixel there.
    holes : bool
        Whether objects may have holes. False fills them.
    min_size : float
        Objects are dropped below this share of the area of a typical one, a disc of
        `diameter`.
    min_area : float
        Objects of fewer px are dropped.

    Raises
    ------
    ValueError
        If a value makes no sense.

    Examples
    --------
    >>> PostParams(min_size=0.1).replace(scales=(1, 2)).scales
    (1.0, 2.0)
    """

    prob_thresh: float | None = None
    scales: tuple = (1.0,)
    dilate: float = 0.0
    min_prob: float = 0.0
    redraw: bool = True
    ring: float = 0.1
    ring_prob: float = 0.5
    holes: bool = False
    min_size: float = 0.0
    min_area: float = 0.0

    def __post_init__(self):
        object.__setattr__(self, "scales", tuple(_check_scales(self.scales)))
        for name in ("prob_thresh", "min_prob", "ring_prob"):
            value = getattr(self, name)
            if value is not None:
                _check_number(name, value, 1)
        for name in ("dilate", "ring", "min_size", "min_area"):
            _check_number(name, getattr(self, name), np.inf)


def finish(labels, post, *, diameter, prob=None):
    """Do what follows the model to a label image.

    Parameters
    ----------
    labels : (H, W) ndarray of int32
    post : PostParams
    diameter : float
        Typical object diameter, px.
    prob : (H, W) ndarray of float32, optional
        Pixel probabilities of the model `borders`.

    Returns
    -------
    (H, W) ndarray of int32
    """
    labels = dilate(labels, post.dilate) if post.dilate else labels
    if prob is not None and post.min_prob:
        labels = drop_improbable(labels, prob, post.min_prob)
    if prob is not None and post.redraw and labels.any():
        width = max(1, round(post.ring * median_diameter(labels)))
        labels = refine_borders(labels, prob, width, post.ring_prob)
    labels = labels if post.holes else fill_holes(labels)
    least = max(post.min_area, post.min_size * np.pi / 4 * diameter**2)
    return drop_small(labels, least) if least else labels


def _check_number(name, value, high):
    """Raise ValueError unless a value is a number from 0 to `high`."""
    is_number = isinstance(value, int | float | np.number)
    if not is_number or not 0 <= value <= high or value == np.inf:
        what = f"from 0 to {high}" if np.isfinite(high) else "of at least 0"
        raise ValueError(f"`{name}` must be a number {what}, got {value!r}")


def _check_scales(scales):
    """Raise ValueError unless there is a scale and all are above 0."""
    try:
        values = np.atleast_1d(np.asarray(scales, float))
    except (TypeError, ValueError):
        values = np.zeros(0)
    if not values.size or not ((values > 0) & np.isfinite(values)).all():
        raise ValueError(
            f"`scales` must hold at least one number above 0, got {scales}; "
            f"(1, 2) looks at the image as it is and enlarged twice"
        )
    return values.tolist()
