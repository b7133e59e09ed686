"""Stars as polygons, and polygons painted into a label image."""

from typing import NamedTuple

import numba
import numpy as np


class Stars(NamedTuple):
    """Star-convex polygons: a centre, a length along every ray, a score.

    Attributes
    ----------
    points : (n, 2) ndarray of float32
        Centres (row, col), px.
    dist : (n, n_rays) ndarray of float32
        Length of each ray, px, in the directions of `ray_angles`.
    prob : (n,) ndarray of float32
        Object probability of the pixel that the star was read from.
    """

    points: np.ndarray
    dist: np.ndarray
    prob: np.ndarray


def ray_angles(n_rays=32):
    """Return the directions of the rays, equally spaced.

    Ray k ends at ``row + dist * sin(angle)``, ``col + dist * cos(angle)``: ray 0
    points along the columns, and the angles grow towards the next rows (the
    order of StarDist).

    Parameters
    ----------
    n_rays : int
        Number of rays, at least 3.

    Returns
    -------
    (n_rays,) ndarray of float64
        Angles in radians.

    Raises
    ------
    ValueError
        If there are fewer than 3 rays.

    Examples
    --------
    >>> np.rad2deg(ray_angles(4))
    array([  0.,  90., 180., 270.])
    """
    if n_rays != int(n_rays) or n_rays < 3:
        raise ValueError(
            f"`n_rays` must be an integer of at least 3 (a polygon has three "
            f"corners), got {n_rays}; 32 is usual"
        )
    return np.linspace(0, 2 * np.pi, int(n_rays), endpoint=False)


def ray_directions(n_rays):
    """Return the unit vector (row, col) of each ray, (n_rays, 2)."""
    angles = ray_angles(n_rays)
    return np.stack([np.sin(angles), np.cos(angles)], axis=1)


def star_polygons(stars):
    """Return the corner points of each star.

    Parameters
    ----------
    stars : Stars
        n stars of n_rays rays.

    Returns
    -------
    (n, n_rays, 2) ndarray of float32
        Polygons, (row, col), px, pixel centres on integers.

    Examples
    --------
    >>> one = lk.stars.Stars(np.array([[5, 5]]), np.full((1, 4), 2.0), np.ones(1))
    >>> star_polygons(one)[0].round(3)
    array([[5., 7.],
           [7., 5.],
           [5., 3.],
           [3., 5.]], dtype=float32)
    """
    points, dist, _ = check_stars(stars)
    corners = dist[:, :, None] * ray_directions(dist.shape[1])  # (n, n_rays, 2)
    return corners.astype(np.float32) + points[:, None, :]


def join(parts):
    """Return the stars of several tiles or images as one `Stars`.

    Parameters
    ----------
    parts : list of Stars
        At least one, all with the same number of rays. Where tiles overlap the
        same object may come twice: `nms` keeps the better one.

    Returns
    -------
    Stars
        In the order of `parts`.
    """
    parts = [check_stars(part) for part in parts]
    if not parts:
        raise ValueError("`parts` must hold at least one Stars, got none")
    return Stars(*(np.concatenate(values) for values in zip(*parts, strict=True)))


def rescale(stars, factor):
    """Return the stars as they lie in an image that is `factor` times as large.

    For a network that looked at a shrunken or enlarged image: the outer edges of
    both images coincide, so pixel centres move by half a pixel's difference.

    Parameters
    ----------
    stars : Stars
        Positions in the image that was looked at.
    factor : float
        Size of the wanted image / size of that image.

    Returns
    -------
    Stars

    Examples
    --------
    >>> one = lk.stars.Stars(np.array([[5, 5]]), np.full((1, 4), 2.0), np.ones(1))
    >>> rescale(one, 2).points
    array([[10.5, 10.5]], dtype=float32)
    """
    points, dist, prob = check_stars(stars)
    if not factor > 0:
        raise ValueError(f"`factor` must be above 0, got {factor}")
    points = ((points + 0.5) * factor - 0.5).astype(np.float32)
    return Stars(points, (dist * factor).astype(np.float32), prob)


def paint(stars, shape):
    """Paint stars into a label image, the most probable on top.

    A pixel belongs to a polygon if its centre lies inside or on the boundary.

    Parameters
    ----------
    stars : Stars
        Star i becomes label i + 1.
    shape : (int, int)
        Height and width of the label image, px.

    Returns
    -------
    (H, W) ndarray of int32
        Label image, 0 is background. Parts outside `shape` are cut off; a star
        that others cover completely leaves a gap in the numbers.

    Examples
    --------
    >>> one = lk.stars.Stars(np.array([[1, 2]]), np.full((1, 4), 1.2), np.ones(1))
    >>> paint(one, (3, 5))
    array([[0, 0, 1, 0, 0],
           [0, 1, 1, 1, 0],
           [0, 0, 1, 0, 0]], dtype=int32)
    """
    if len(shape) != 2 or min(shape) < 1:
        raise ValueError(f"`shape` must be (height, width) in px, got {shape}")
    labels = np.zeros(shape, np.int32)
    polygons = star_polygons(stars)
    rows = polygons[:, :, 0]
    first = np.maximum(np.ceil(rows.min(axis=1)), 0).astype(int)
    last = np.minimum(np.floor(rows.max(axis=1)), shape[0] - 1).astype(int)
    _fill(labels, polygons, first, last, np.argsort(stars.prob, kind="stable"))
    return labels


def check_stars(stars):
    """Return `stars` as float32 arrays that fit each other, or raise ValueError."""
    points, dist, prob = (np.asarray(values, np.float32) for values in stars)
    n = len(points)
    if points.shape != (n, 2) or dist.ndim != 2 or len(dist) != n or len(prob) != n:
        raise ValueError(
            f"stars need points (n, 2), dist (n, n_rays) and prob (n,), got "
            f"{points.shape}, {dist.shape} and {prob.shape}"
        )
    if not (np.isfinite(points).all() and np.isfinite(dist).all()):
        raise ValueError(
            "stars need finite points and dist, got NaN or infinite values; leave "
            "out such stars, or find out why the network predicts them"
        )
    return Stars(points, dist, prob)


@numba.njit(cache=True, nogil=True)
def _fill(labels, polygons, first, last, order):
    """Fill each polygon row by row, between its crossings with the row."""
    width = labels.shape[1]
    crossings = np.empty(polygons.shape[1])
    for i in order:
        rows, cols = polygons[i, :, 0], polygons[i, :, 1]
        for r in range(first[i], last[i] + 1):
            n = _crossings(rows, cols, r, crossings)
            for a in range(0, n - 1, 2):
                left = int(max(np.ceil(crossings[a]), 0))
                right = int(min(np.floor(crossings[a + 1]), width - 1))
                for c in range(left, right + 1):
                    labels[r, c] = i + 1
            for k in range(len(rows)):  # corners are boundary, too
                if rows[k] == r and cols[k] == int(cols[k]) and 0 <= cols[k] < width:
                    labels[r, int(cols[k])] = i + 1


@numba.njit(cache=True, nogil=True)
def _crossings(rows, cols, r, crossings):
    """Write where the polygon crosses row r, sorted by column; return how often."""
    n = 0
    before = len(rows) - 1
    for after in range(len(rows)):
        if (rows[before] <= r) != (rows[after] <= r):
            share = (r - rows[before]) / (rows[after] - rows[before])
            col = cols[before] + share * (cols[after] - cols[before])
            place = n
            while place > 0 and crossings[place - 1] > col:  # few: insert in order
                crossings[place] = crossings[place - 1]
                place -= 1
            crossings[place] = col
            n += 1
        before = after
    return n
