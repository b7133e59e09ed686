"""From predicted maps to objects: candidates, non-maximum suppression, labels."""

import numba
import numpy as np

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
        core[i] = _core(dist[i] * rays, 0j)
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
    area = _area(star)
    for j in others:
        shift = points[j] - points[i]
        other = shift + dist[j] * rays
        enough = nms_thresh * max(min(area, _area(other)), 1e-10)
        if np.pi * min(core[j], _core(star, shift)) > enough:
            return True
        if common_area(star, other, rays) > enough:
            return True
    return False


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _core(polygon, point):
    """Return the squared distance from a point to the nearest edge's line.

    The disc with this radius lies in the polygon if the result is positive; it is
    negative if the point lies outside of some edge.
    """
    nearest = np.inf
    before = polygon[len(polygon) - 1]
    for corner in polygon:
        edge = corner - before
        side = _cross(edge, point - before)
        length = edge.real**2 + edge.imag**2
        nearest = min(nearest, side * abs(side) / length)
        before = corner
    return nearest


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _cross(a, b):
    """Return the cross product: twice the signed area of triangle (0, a, b)."""
    return a.real * b.imag - a.imag * b.real


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _area(polygon):
    """Return the area of a polygon (shoelace formula)."""
    total = _cross(polygon[len(polygon) - 1], polygon[0])
    for k in range(len(polygon) - 1):
        total += _cross(polygon[k], polygon[k + 1])
    return 0.5 * total


@numba.njit(cache=True, nogil=True, error_model="numpy")
def common_area(star, other, rays):
    """Return the area that a star with its centre at 0 shares with a polygon.

    Seen from the star's centre, every edge of the other polygon sweeps a triangle,
    counted positive or negative by its direction; together they give the
    polygon's area. Cut at the star's own edge, they give the common area. Cutting
    is easy because the rays divide the plane into sectors, in each of which the
    star has one straight edge. Exact for any simple polygon, without tolerance.

    Parameters
    ----------
    star : (n_rays,) ndarray of complex128
        Corners, col + 1j * row, each on its ray.
    other : (n,) ndarray of complex128
        Corners, in the order of growing angle.
    rays : (n_rays,) ndarray of complex128
        Unit vectors of the star's rays.

    Returns
    -------
    float
        Area, px^2.
    """
    n, area = len(rays), 0.0
    a = other[len(other) - 1]
    k = _sector(a, rays, 0)
    for b in other:
        last = _sector(b, rays, k)
        forward = _cross(a, b) >= 0
        p = a
        while k != last:  # the edge a-b leaves sector k at q
            after = k + 1 if k + 1 < n else 0
            ray = rays[after] if forward else rays[k]
            from_a, from_b = _cross(a, ray), _cross(b, ray)
            t = from_a / (from_a - from_b) if from_a != from_b else 0.0
            q = a + min(max(t, 0.0), 1.0) * (b - a)
            area += _cut_triangle(p, q, star[k], star[after])
            p = q
            k = after if forward else (k - 1 if k > 0 else n - 1)
        area += _cut_triangle(p, b, star[k], star[k + 1 if k + 1 < n else 0])
        a = b
    return area


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _sector(point, rays, k):
    """Return between which rays, k and k + 1, the point lies; search from k."""
    n = len(rays)
    for _ in range(2 * n):
        after = k + 1 if k + 1 < n else 0
        if _cross(rays[k], point) < 0:
            k = k - 1 if k > 0 else n - 1
        elif _cross(rays[after], point) >= 0:
            k = after
        else:
            break
    return k


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _cut_triangle(p, q, v, w):
    """Return the signed area of triangle (0, p, q) on the inner side of line v-w."""
    whole = _cross(v, w)
    p_inside, q_inside = _cross(w - v, p - v), _cross(w - v, q - v)
    p_share = whole / (whole - p_inside) if p_inside < 0 else 1.0  # p moved to v-w
    q_share = whole / (whole - q_inside) if q_inside < 0 else 1.0
    if (p_inside < 0) == (q_inside < 0):
        return 0.5 * _cross(p, q) * p_share * q_share
    t = p_inside / (p_inside - q_inside)  # where p-q crosses v-w
    return 0.5 * _cross(p, q) * (t * p_share + (1 - t) * q_share)
