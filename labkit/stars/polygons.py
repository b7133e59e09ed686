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
    points along the columns, and the angles grow towards the next rows (as in
    StarDist).

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
    if n_rays < 3:
        raise ValueError(f"a polygon needs at least 3 rays, got n_rays={n_rays}")
    return np.linspace(0, 2 * np.pi, n_rays, endpoint=False)


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
    points, dist = np.asarray(stars.points), np.asarray(stars.dist)
    angles = ray_angles(dist.shape[1])
    directions = np.stack([np.sin(angles), np.cos(angles)], axis=1)  # (n_rays, 2)
    polygons = points[:, None, :] + dist[:, :, None] * directions
    return polygons.astype(np.float32)


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
        Label image, 0 is background. Parts outside `shape` are cut off.
    """
    labels = np.zeros(shape, np.int32)
    order = np.argsort(stars.prob, kind="stable")
    _paint_polygons(labels, star_polygons(stars), order)
    return labels


@numba.njit(cache=True, nogil=True)
def _paint_polygons(labels, polygons, order):
    """Fill each polygon row by row between its crossings with the row."""
    height, width = labels.shape
    n_corners = polygons.shape[1]
    crossings = np.empty(n_corners)
    for i in order:
        rows, cols = polygons[i, :, 0], polygons[i, :, 1]
        first = max(int(np.ceil(rows.min())), 0)
        last = min(int(np.floor(rows.max())), height - 1)
        for r in range(first, last + 1):
            n = 0
            for a in range(n_corners):
                b = a + 1 if a + 1 < n_corners else 0
                if (rows[a] <= r) != (rows[b] <= r):
                    share = (r - rows[a]) / (rows[b] - rows[a])
                    crossings[n] = cols[a] + share * (cols[b] - cols[a])
                    n += 1
            crossings[:n].sort()
            for a in range(0, n - 1, 2):
                left = max(int(np.ceil(crossings[a])), 0)
                right = min(int(np.floor(crossings[a + 1])), width - 1)
                labels[r, left : right + 1] = i + 1
