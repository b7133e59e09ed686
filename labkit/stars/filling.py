"""Stars say which nucleus, pixels say where it ends: the two put together.

A network learns within minutes whether a pixel is foreground, but needs hours
to learn the exact length of 32 rays: until then its polygons are too round. So
the stars only share out the foreground: each foreground pixel goes to the star
inside whose outline it lies deepest, measured in units of the ray that points
at it. The outlines are then as fine as the foreground, star-convex or not.
"""

import numba
import numpy as np

from .polygons import check_stars

REACH = 1.7
CORE = 0.5


def fill(stars, inside):
    """Share out foreground pixels among stars.

    Parameters
    ----------
    stars : Stars
        Survivors of `nms`; star i becomes label i + 1.
    inside : (H, W) ndarray of bool
        Foreground.

    Returns
    -------
    (H, W) ndarray of int32
        Label image. A pixel belongs to the star for which its distance from the
        centre, divided by the length of the ray in its direction, is smallest:
        up to 0.5 always, up to 1.7 if it is foreground and connected to the
        star's core within the star's own pixels.

    Raises
    ------
    ValueError
        If `inside` is not a mask.

    Examples
    --------
    >>> inside = np.zeros((5, 7), bool)
    >>> inside[1:4, 1:6] = True
    >>> one = lk.stars.Stars(np.array([[2, 3]]), np.full((1, 8), 2.0), np.ones(1))
    >>> fill(one, inside)[1]
    array([0, 1, 1, 1, 1, 1, 0], dtype=int32)
    """
    points, dist, _ = check_stars(stars)
    inside = np.asarray(inside)
    if inside.dtype != bool or inside.ndim != 2:
        raise ValueError(
            f"`inside` must be a mask (H, W) of bool, got {inside.dtype} of shape "
            f"{inside.shape}; threshold it first"
        )
    depth = np.full(inside.shape, np.float32(REACH))
    owner = np.zeros(inside.shape, np.int32)
    _share_out(points, dist, inside, depth, owner)
    return _connected(owner, depth)


@numba.njit(cache=True, nogil=True)
def _share_out(points, dist, inside, depth, owner):
    """Give each pixel to the star in which it lies deepest."""
    height, width = inside.shape
    n_rays = dist.shape[1]
    per_angle = n_rays / (2 * np.pi)
    for k in range(len(points)):
        row, col = points[k]
        reach = REACH * dist[k].max()
        for r in range(max(0, int(row - reach)), min(height, int(row + reach) + 2)):
            for c in range(max(0, int(col - reach)), min(width, int(col + reach) + 2)):
                far = np.sqrt((r - row) ** 2 + (c - col) ** 2)
                if far > reach:
                    continue
                place = (np.arctan2(r - row, c - col) * per_angle) % n_rays
                ray = int(place)
                part = place - ray
                length = dist[k, ray % n_rays] * (1 - part)
                length += dist[k, (ray + 1) % n_rays] * part
                share = far / max(length, 0.5)
                if share < depth[r, c] and (share <= CORE or inside[r, c]):
                    depth[r, c] = share
                    owner[r, c] = k + 1


@numba.njit(cache=True, nogil=True)
def _connected(owner, depth):
    """Keep the pixels that hang together with the core of their star."""
    height, width = owner.shape
    labels = np.zeros_like(owner)
    stack = np.empty((owner.size, 2), np.int32)
    for row in range(height):
        for col in range(width):
            if depth[row, col] > CORE or not owner[row, col] or labels[row, col]:
                continue
            labels[row, col] = owner[row, col]
            stack[0] = row, col
            n = 1
            while n:
                n -= 1
                r, c = stack[n]
                for dr, dc in ((-1, 0), (1, 0), (0, -1), (0, 1)):
                    rr, cc = r + dr, c + dc
                    if not (0 <= rr < height and 0 <= cc < width):
                        continue
                    if owner[rr, cc] == owner[r, c] and not labels[rr, cc]:
                        labels[rr, cc] = owner[r, c]
                        stack[n] = rr, cc
                        n += 1
    return labels
