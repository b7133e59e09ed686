"""How many styles there are: a rule, and the curve to judge it by."""

from typing import NamedTuple

import numpy as np
from scipy.cluster.hierarchy import linkage

N_CLOUDS = 8
MIN_GAIN = 0.2  # groups must be tighter than those of a cloud by this factor, exp(.2)
MIN_IMAGES = 4  # fewer do not tell
REACH = 2.0  # numbers of styles up to this times the root of the number of images


class StyleCurve(NamedTuple):
    """What each number of styles leaves unexplained.

    Attributes
    ----------
    n_styles : (m,) ndarray of int
        1, 2, ...
    unexplained : (m,) ndarray of float
        Share of the images' differences that is left within the styles.
    cloud : (m,) ndarray of float
        The same for a cloud of as many points, spread alike but without groups.
    best : int
        The number that the rule chooses.
    """

    n_styles: np.ndarray
    unexplained: np.ndarray
    cloud: np.ndarray
    best: int


def style_curve(points, tree, rng):
    """Choose the number of styles.

    The silhouette likes 2 and the sum within the groups likes many. Here the elbow of
    the logarithm of the unexplained share counts, between 1 and twice the root of
    the number of images: each step up to it explains a larger share of what was left
    than the average step. If the groups up to the elbow are not tighter
    than groups cut from a normal cloud of the same extents, by a factor of 1.2, there
    is one style. (The comparison is that of the gap statistic [1]_.)

    Parameters
    ----------
    points : (n, d) ndarray of float
        Principal components.
    tree : (n - 1, 4) ndarray, or None
        Ward's tree of the points, from `scipy.cluster.hierarchy.linkage`; None for
        one point.
    rng : numpy.random.Generator

    Returns
    -------
    StyleCurve

    References
    ----------
    .. [1] Tibshirani et al. (2001), J. R. Stat. Soc. B 63: 411-423.
           https://doi.org/10.1111/1467-9868.00293
    """
    n_points = len(points)
    n_max = int(np.clip(REACH * np.sqrt(n_points), 1, max(1, n_points - 1)))
    counts = np.arange(1, n_max + 1)
    if tree is None or not points.any():
        none = np.zeros(n_max)
        return StyleCurve(counts, none, none, 1)
    unexplained = _unexplained(tree, n_max)
    clouds = [
        np.log(_unexplained(linkage(cloud, "ward"), n_max))
        for cloud in rng.normal(size=(N_CLOUDS, *points.shape)) * points.std(axis=0)
    ]
    cloud = np.exp(np.mean(clouds, axis=0))
    best = _elbow(np.log(unexplained))
    gain = np.log(cloud / unexplained)[1:best]
    if n_points < MIN_IMAGES or gain.max(initial=0) < MIN_GAIN:
        best = 1
    return StyleCurve(counts, unexplained, cloud, best)


def _unexplained(tree, n_max):
    """Share of the squared distances to the centres left within 1..n_max groups."""
    within = np.append(np.cumsum(tree[:, 2] ** 2 / 2)[::-1], 0)
    return np.maximum(within[:n_max] / within[0], 1e-9)


def _elbow(values):
    """Return the place, from 1, farthest below the line from first to last value."""
    line = np.linspace(values[0], values[-1], len(values))
    return int((line - values).argmax()) + 1
