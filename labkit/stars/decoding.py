"""From predicted maps to objects: candidates, non-maximum suppression, labels."""

import numba
import numpy as np

from .overlap import common_area, inner_disc, polygon_area
from .polygons import Stars, check_stars, paint, ray_angles
from .targets import check_grid


def decode(prob, dist, *, shape, grid=1, prob_thresh=0.5, nms_thresh=0.3, border=0):
    """Return the label image that predicted maps describe.

    As in [1]_: every pixel above `prob_thresh` proposes a polygon (`candidates`),
    the best of those that overlap survives (`nms`), and the survivors are painted
    (`paint`).

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
        Label image, 0 is background. Label 1 is the most probable object.

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


def candidates(prob, dist, *, grid=1, prob_thresh=0.5, border=0, origin=(0, 0)):
    """Return a star for every map pixel above `prob_thresh`, best first.

    Parameters
    ----------
    prob, dist, grid, prob_thresh, border
        As `decode`.
    origin : (float, float)
        Image position (row, col) of map pixel (0, 0): where a tile lies.

    Returns
    -------
    Stars
        Sorted by falling probability. Rays are at least 0.001 px long.

    Raises
    ------
    ValueError
        If the maps do not fit each other, or hold NaN.
    """
    prob, dist = _check_maps(prob, dist)
    check_grid(grid)
    chosen = prob > prob_thresh
    if border > 0:
        chosen[:border] = chosen[-border:] = False
        chosen[:, :border] = chosen[:, -border:] = False
    pixels = np.flatnonzero(chosen)
    scores = prob.ravel()[pixels]
    order = np.argsort(-scores, kind="stable")
    pixels, scores = pixels[order], scores[order]
    lengths = dist.reshape(-1, dist.shape[2])[pixels]  # (n, n_rays)
    if np.isnan(lengths).any():
        raise ValueError(f"`dist` has NaN at candidate pixels; {_DIVERGED}")
    np.maximum(lengths, 1e-3, out=lengths)
    points = np.stack(np.unravel_index(pixels, prob.shape), axis=1) * grid + origin
    return Stars(points.astype(np.float32), lengths, scores)


def nms(stars, nms_thresh=0.3):
    """Keep the best star wherever several overlap (non-maximum suppression).

    From the most probable to the least: a star is dropped if it shares more than
    `nms_thresh` of the smaller of both areas with a star kept before, else it is
    kept. Greedy, as in [1]_, with the exact area that two polygons share.

    Parameters
    ----------
    stars : Stars
        Candidates in any order, from one map or from several tiles (`join`).
    nms_thresh : float
        Largest tolerated overlap, common area / smaller area.

    Returns
    -------
    Stars
        The survivors, sorted by falling probability.

    References
    ----------
    .. [1] Schmidt et al. (2018), Cell Detection with Star-Convex Polygons,
           MICCAI. https://doi.org/10.1007/978-3-030-00934-2_30

    Examples
    --------
    >>> points = np.array([[9, 9], [9, 11], [9, 30]])
    >>> prob = np.array([0.7, 0.9, 0.8])
    >>> nms(lk.stars.Stars(points, np.full((3, 32), 5.0), prob)).points
    array([[ 9., 11.],
           [ 9., 30.]], dtype=float32)
    """
    stars = check_stars(stars)
    if len(stars.prob) == 0:
        return stars
    order = np.argsort(-stars.prob, kind="stable")
    points = stars.points - stars.points.min(axis=0)
    rays = np.exp(1j * ray_angles(stars.dist.shape[1]))
    sample = stars.dist[:: len(order) // 1000 + 1].max(axis=1)
    cell = max(2 * float(np.median(sample)), float(points.max()) / 1000, 1.0)
    newest = np.full((points.max(axis=0) // cell + 1).astype(int), -1)
    earlier = np.full(len(points), -1)
    points = points @ (1j, 1)  # col + i * row: plane geometry in one number
    kept = _suppress(points, stars.dist, order, rays, nms_thresh, newest, earlier, cell)
    return Stars(*(values[kept] for values in stars))


_DIVERGED = (
    "the network diverged: train it with a lower learning rate, or look for NaN in "
    "the image"
)


def _check_maps(prob, dist):
    """Return both maps as float32, or raise ValueError."""
    prob, dist = np.asarray(prob, np.float32), np.asarray(dist, np.float32)
    if prob.ndim != 2 or dist.ndim != 3 or dist.shape[:2] != prob.shape:
        raise ValueError(
            f"`prob` must be (h, w) and `dist` (h, w, n_rays) with the same h and w, "
            f"got {prob.shape} and {dist.shape}; both are outputs of one network"
        )
    n_bad = np.count_nonzero(np.isnan(prob))
    if n_bad:
        raise ValueError(f"`prob` has {n_bad} NaN of {prob.size} pixels; {_DIVERGED}")
    return prob, dist


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _suppress(points, dist, order, rays, nms_thresh, newest, earlier, cell):
    """Return the indices of the stars to keep, best first.

    Kept stars are chained by the cell of a coarse raster in which their centre
    lies, so that a candidate meets only its neighbours: `newest` is the star kept
    last in each cell, `earlier` the one kept before each star in the same cell.
    """
    kept, near = np.empty(len(points), np.int64), np.empty(len(points), np.int64)
    reach, core = np.zeros(len(points)), np.zeros(len(points))  # outer, inner^2
    n_kept, far = 0, 0.0
    for i in order:
        for length in dist[i]:
            reach[i] = max(reach[i], length)
        n = _find_near(i, points, reach, reach[i] + far, newest, earlier, cell, near)
        if _overlaps_any(i, near[:n], points, dist, core, rays, nms_thresh):
            continue
        row, col = int(points[i].imag / cell), int(points[i].real / cell)
        earlier[i], newest[row, col] = newest[row, col], i
        kept[n_kept] = i
        n_kept, far = n_kept + 1, max(far, reach[i])
        core[i] = inner_disc(dist[i] * rays, 0j)
    return kept[:n_kept]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _find_near(i, points, reach, far, newest, earlier, cell, near):
    """List the kept stars that star i may touch in `near`; return how many.

    The nearest comes first, because that one most often decides.
    """
    n, nearest = 0, np.inf
    row, col, far = points[i].imag / cell, points[i].real / cell, far / cell
    first_row, end_row = max(int(row - far), 0), int(row + far) + 1
    first_col, end_col = max(int(col - far), 0), int(col + far) + 1
    for r in range(first_row, min(end_row, newest.shape[0])):
        for c in range(first_col, min(end_col, newest.shape[1])):
            j = newest[r, c]
            while j >= 0:
                apart = abs(points[i] - points[j])
                if apart < reach[i] + reach[j]:
                    near[n] = j
                    if apart < nearest:
                        nearest = apart
                        near[0], near[n] = j, near[0]
                    n += 1
                j = earlier[j]
    return n


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _overlaps_any(i, others, points, dist, core, rays, nms_thresh):
    """Tell whether star i shares too much with one of the others.

    A disc that lies in both stars is common area that costs little to find; only
    where it does not decide, the exact area is needed.
    """
    star = dist[i] * rays
    area = polygon_area(star)
    for j in others:
        shift = points[j] - points[i]
        other = shift + dist[j] * rays
        enough = nms_thresh * max(min(area, polygon_area(other)), 1e-10)
        if np.pi * min(core[j], inner_disc(star, shift)) > enough:
            return True
        if common_area(star, other, rays) > enough:
            return True
    return False
