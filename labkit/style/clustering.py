"""Group images by style.

nucleAIzer groups the rows of a learnt distance matrix by k-means and takes the k with
the least sum within the groups, which is nearly always the largest. Here images are
points in a space of features; Ward's tree joins the two groups that lose least, so
one tree holds the answer for every number of styles, and needs no random starts.
"""

from typing import NamedTuple

import numpy as np
from scipy.cluster.hierarchy import cut_tree, linkage
from scipy.spatial.distance import cdist

from ..checks import check_image
from .counting import StyleCurve, style_curve
from .features import FEATURE_NAMES, style_features

MAX_TREE = 2000  # images; the tree of more is that of a sample
VARIANCE = 0.95  # share that the principal components keep
MAX_DEVIATION = 3.0  # standard deviations; one odd image shall not rule a feature
SLIGHT = {"level": 0.2}  # differences that hardly count, in the features' units
SLIGHT_SHARE = 0.02
OTHER = "other"  # the kind of features that were handed in
BLOCKS = np.array([name.split("_")[0] for name in FEATURE_NAMES])


class Styles(NamedTuple):
    """Which image has which style.

    Attributes
    ----------
    style : (n,) ndarray of int
        Style of each image, from 0; style 0 has the most images.
    n_styles : int
    curve : StyleCurve
        What each number of styles would explain.
    position : (n, 2) ndarray of float
        A place for each image on a map: the first two principal components.
    features : (n, f) ndarray of float32
        What was grouped; hand it in again to regroup at once with another
        `n_styles`.
    typical : list of (m,) ndarray of int
        The images of each style, closest to its centre first.
    """

    style: np.ndarray
    n_styles: int
    curve: StyleCurve
    position: np.ndarray
    features: np.ndarray
    typical: list


def cluster_styles(
    images, *, n_styles=None, features=None, embed=None, min_size=1, seed=0
):
    """Group images by style.

    Features are divided by their standard deviations (slight differences stay
    slight); each kind of features (levels, colour, texture, periods, sizes) counts
    alike, however many there are; then come principal components and Ward's tree.

    Parameters
    ----------
    images : sequence of (H, W) or (H, W, 3) array_like, or None
        Of any sizes; grey and colour may be mixed. Only counted if `features` are
        given.
    n_styles : int, optional
        By default chosen as `style_curve` says: 1 if the images are no clearer
        groups than a cloud of points would be.
    features : (n, f) array_like of float, optional
        One row for each image. Rows as long as those of `style_features` are taken
        for such; others may be in any units.
    embed : callable, optional
        Gives such a row for one image, such as
        ``lambda image: labkit.models.embed(model, image)``.
    min_size : int
        Styles of fewer images join the nearest other style. 1: an image may be a
        style of its own.
    seed : int
        Of the clouds to compare with and, beyond 2000 images, of the sample that the
        tree is made of.

    Returns
    -------
    Styles
        Less than `n_styles` only where `min_size` asks for it. Images that are all
        alike, and fewer than four images, are one style by default.

    Raises
    ------
    ValueError, TypeError
        If there are no images, one of them is no image or has NaN pixels, features
        do not fit, or `n_styles` is not from 1 to the number of images.

    References
    ----------
    .. [1] Hollandi et al. (2020), Cell Systems 10: 453-458: image style clusters.
           https://doi.org/10.1016/j.cels.2020.04.003
    .. [2] Ward (1963), J. Am. Stat. Assoc. 58: 236-244: the tree.
           https://doi.org/10.1080/01621459.1963.10500845

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> dark = [rng.normal(40, 5, (64, 64)).astype(np.uint8) for _ in range(5)]
    >>> bright = [rng.normal(200, 20, (64, 64)).astype(np.uint8) for _ in range(4)]
    >>> lk.style.cluster_styles(dark + bright).style
    array([0, 0, 0, 0, 0, 1, 1, 1, 1])
    """
    features, blocks = _features(images, features, embed)
    n_images = len(features)
    _check_count("n_styles", n_styles, n_images)
    _check_count("min_size", min_size, np.inf)
    points = components(features, blocks)
    rng = np.random.default_rng(seed)
    sample = np.arange(n_images)
    if n_images > MAX_TREE:
        sample = np.sort(rng.choice(n_images, MAX_TREE, replace=False))
    tree = linkage(points[sample], "ward") if n_images > 1 else None
    curve = style_curve(points[sample], tree, rng)
    style = np.zeros(n_images, int)
    if tree is not None:
        cut = cut_tree(tree, n_styles or curve.best).ravel()
        style[sample] = cut
        rest = np.setdiff1d(np.arange(n_images), sample)
        style[rest] = _nearest(points[rest], _centres(points[sample], cut))
    style = _by_size(_merge_small(points, style, min_size or 1))
    position = np.pad(points, ((0, 0), (0, 2)))[:, :2]
    n_found = int(style.max()) + 1
    return Styles(style, n_found, curve, position, features, _typical(points, style))


def _features(images, features, embed):
    """Return (n, f) float32 features and the kind of each column."""
    if features is not None and embed is not None:
        raise ValueError("give `features` or `embed`, not both: they say the same")
    if features is None:
        images = _checked(images)
        describe = embed or style_features
        features = np.array([np.ravel(describe(image)) for image in images])
        own = embed is None
        return features.astype(np.float32), BLOCKS if own else _one(features)
    features = np.asarray(features, np.float32)
    n_images = len(features) if images is None else len(images)
    if features.ndim != 2 or 0 in features.shape or len(features) != n_images:
        raise ValueError(
            f"`features` must be (n, f), a row for each of {n_images} images, "
            f"got shape {features.shape}"
        )
    if not np.isfinite(features).all():
        raise ValueError(
            f"`features` has {np.count_nonzero(~np.isfinite(features))} NaN or "
            f"infinite values; replace or drop them first"
        )
    own = features.shape[1] == len(BLOCKS)
    return features, BLOCKS if own else _one(features)


def _one(features):
    """Return one kind for all columns."""
    return np.full(features.shape[1], OTHER)


def _checked(images):
    """Return a list of checked images."""
    if isinstance(images, np.ndarray) and (
        images.ndim == 2 or (images.shape[-1:] in ((3,), (4,)) and images.ndim == 3)
    ):
        raise ValueError(
            f"`images` must be several images, got one array of shape {images.shape}; "
            f"a single image is [image]"
        )
    images = [] if images is None else list(images)
    if not images:
        raise ValueError("`images` is empty; give at least one image")
    return [
        check_image(image, f"images[{i}]", colour=True)
        for i, image in enumerate(images)
    ]


def _check_count(name, value, high):
    """Raise ValueError unless `value` is None or a whole number from 1 to `high`."""
    if value is not None and (int(value) != value or not 1 <= value <= high):
        most = f"to {high}, the number of images" if high < np.inf else "up"
        raise ValueError(f"`{name}` must be a whole number from 1 {most}; got {value}")


def components(features, blocks):
    """Return the (n, d) principal components of balanced features."""
    parts = []
    for block in np.unique(blocks):
        part = features[:, blocks == block].astype(float)
        spread = part.std(axis=0)
        varies = spread > 1e-6 * np.abs(part).max(axis=0)  # more than rounding errors
        part = np.where(varies, part - part.mean(axis=0), 0)
        spread = np.hypot(spread, _slight(block))
        part = part / np.where(spread > 0, spread, 1)
        part = np.clip(part, -MAX_DEVIATION, MAX_DEVIATION)
        parts.append(part / np.sqrt(part.shape[1]))
    balanced = np.hstack(parts)
    balanced -= balanced.mean(axis=0)
    if not balanced.any():
        return np.zeros((len(balanced), 1))
    left, scale, _ = np.linalg.svd(balanced, full_matrices=False)
    share = np.cumsum(scale**2) / (scale**2).sum()
    kept = int(np.searchsorted(share, VARIANCE)) + 1
    return left[:, :kept] * scale[:kept]


def _slight(block):
    """Return the spread below which a kind of features hardly counts."""
    return 0.0 if block == OTHER else SLIGHT.get(block, SLIGHT_SHARE)


def _centres(points, style):
    """Return the mean point of each style, (n_styles, d)."""
    return np.array([points[style == k].mean(axis=0) for k in range(style.max() + 1)])


def _nearest(points, centres):
    """Return the number of the nearest centre of each point."""
    return cdist(points, centres).argmin(axis=1)


def _merge_small(points, style, min_size):
    """Join the smallest style to its nearest until all have `min_size` images."""
    style = np.unique(style, return_inverse=True)[1]
    while True:
        sizes = np.bincount(style)
        smallest = int(sizes.argmin())
        if sizes[smallest] >= min_size or len(sizes) == 1:
            return style
        centres = _centres(points, style)
        away = np.linalg.norm(centres - centres[smallest], axis=1)
        away[smallest] = np.inf
        style[style == smallest] = away.argmin()
        style = np.unique(style, return_inverse=True)[1]


def _by_size(style):
    """Renumber the styles: most images first, then by their first image."""
    _, first, counts = np.unique(style, return_index=True, return_counts=True)
    rank = np.empty(len(first), int)
    rank[np.lexsort((first, -counts))] = np.arange(len(first))
    return rank[style]


def _typical(points, style):
    """Return the images of each style, closest to its centre first."""
    found = []
    for number, centre in enumerate(_centres(points, style)):
        members = np.flatnonzero(style == number)
        away = np.linalg.norm(points[members] - centre, axis=1)
        found.append(members[np.argsort(away, kind="stable")])
    return found
