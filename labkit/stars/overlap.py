"""The area that two stars share, exactly and fast.

Points are complex numbers, col + 1j * row: sums, differences and scaling of points
are then plain arithmetic.
"""

import numba
import numpy as np


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


@numba.njit(cache=True, nogil=True, error_model="numpy")
def inner_disc(polygon, point):
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
def polygon_area(polygon):
    """Return the area of a polygon (shoelace formula)."""
    total = _cross(polygon[len(polygon) - 1], polygon[0])
    for k in range(len(polygon) - 1):
        total += _cross(polygon[k], polygon[k + 1])
    return 0.5 * total


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _cross(a, b):
    """Return the cross product: twice the signed area of triangle (0, a, b)."""
    return a.real * b.imag - a.imag * b.real
