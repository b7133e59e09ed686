"""From predicted maps to objects: candidates, non-maximum suppression, labels."""

import numpy as np
from stardist.nms import non_maximum_suppression_inds

from .polygons import Stars, paint
from .targets import check_grid


def decode(prob, dist, *, shape, grid=1, prob_thresh=0.5, nms_thresh=0.3, border=2):
    """Return the label image that predicted maps describe.

    Steps 2 and 3 of [1]_: every pixel above `prob_thresh` proposes a polygon, the
    best of those that overlap survives (`nms`), and the survivors are painted.

    Parameters
    ----------
    prob : (h, w) array_like of float
        Object probability.
    dist : (h, w, n_rays) array_like of float
        Ray lengths, px of the full image.
    shape : (int, int)
        Height and width of the label image, px.
    grid : int
        Map pixel (i, j) belongs to image pixel (grid * i, grid * j).
    prob_thresh : float
        Only pixels above it propose a polygon.
    nms_thresh : float
        Largest tolerated overlap of two objects, as a share of the smaller.
    border : int
        Map pixels closer than this to the map's edge propose nothing.

    Returns
    -------
    (H, W) ndarray of int32
        Label image, 0 is background.

    Raises
    ------
    ValueError
        If the maps do not fit each other, or hold NaN.

    References
    ----------
    .. [1] Schmidt et al. (2018), Cell Detection with Star-Convex Polygons,
           MICCAI. https://doi.org/10.1007/978-3-030-00934-2_30

    Examples
    --------
    >>> labels = np.zeros((32, 32), int)
    >>> labels[8:20, 8:20] = 1
    >>> prob, dist = lk.stars.star_targets(labels)
    >>> found = decode(prob, dist, shape=labels.shape)
    >>> int(found.max()), bool((found[9:19, 9:19] == 1).all())
    (1, True)
    """
    stars = candidates(prob, dist, grid=grid, prob_thresh=prob_thresh, border=border)
    return paint(nms(stars, nms_thresh), shape)


def candidates(prob, dist, *, grid=1, prob_thresh=0.5, border=2):
    """Return a star for every map pixel above `prob_thresh`, best first.

    Parameters and errors as `decode`.

    Returns
    -------
    Stars
        Sorted by falling probability.
    """
    prob, dist = np.asarray(prob), np.asarray(dist)
    check_grid(grid)
    if prob.ndim != 2 or dist.ndim != 3 or dist.shape[:2] != prob.shape:
        raise ValueError(
            f"`prob` must be (h, w) and `dist` (h, w, n_rays) of the same h and w, "
            f"got {prob.shape} and {dist.shape}; both are outputs of one network"
        )
    n_bad = np.count_nonzero(np.isnan(prob))
    if n_bad:
        raise ValueError(
            f"`prob` has {n_bad} NaN of {prob.size} pixels: the network diverged; "
            f"train it again with a lower learning rate, or look for NaN in the image"
        )
    mask = prob > prob_thresh
    if border:
        inner = np.zeros_like(mask)
        inner[border:-border, border:-border] = True
        mask &= inner
    points = np.argwhere(mask)
    order = np.argsort(-prob[mask], kind="stable")
    rows, cols = points = points[order].T
    lengths = np.maximum(dist[rows, cols], 1e-3).astype(np.float32)
    return Stars(
        (points.T * grid).astype(np.float32),
        lengths,
        prob[rows, cols].astype(np.float32),
    )


def nms(stars, nms_thresh=0.3):
    """Keep the best star wherever several overlap (non-maximum suppression).

    From the most probable to the least: keep a star, drop all less probable
    stars that share more than `nms_thresh` of the smaller area with it.

    Parameters
    ----------
    stars : Stars
        Candidates in any order, from one map or from several tiles.
    nms_thresh : float
        Largest tolerated overlap, intersection area / smaller area.

    Returns
    -------
    Stars
        The survivors, sorted by falling probability.
    """
    order = np.argsort(-stars.prob, kind="stable")
    stars = Stars(*(values[order] for values in stars))
    if len(order) == 0:
        return stars
    keep = non_maximum_suppression_inds(
        stars.dist, stars.points, stars.prob, thresh=nms_thresh, verbose=0
    )
    return Stars(*(values[keep] for values in stars))
