"""Edits of outlines: brush, split, merge, smooth, grow. Outline in, outline out.

Each paints the outline into a small mask, changes the mask and outlines it again
along the pixel edges, so nothing is lost but what was meant to go.
"""

import cv2
import numpy as np

from ..labels import from_polygons
from ..objects import check_polygon, crop_mask, mask_polygon, placed_mask


def simplified(polygon, tolerance=0.4):
    """Leave out corners of a drawn line that do not show (Ramer-Douglas-Peucker).

    Parameters
    ----------
    polygon : (n, 2) array_like
    tolerance : float
        How far the new line may be from the old one, px.

    Returns
    -------
    (m, 2) ndarray of float
        m <= n, to 0.01 px; the polygon itself where fewer than 3 corners would
        remain.
    """
    polygon = check_polygon(polygon)
    points = polygon.astype(np.float32)[:, None]
    kept = cv2.approxPolyDP(points, tolerance, closed=True)[:, 0]
    return np.round(kept.astype(np.float64), 2) if len(kept) >= 3 else polygon


def stroke_mask(points, radius, shape):
    """Paint a brush stroke.

    Parameters
    ----------
    points : (n, 2) array_like
        The way of the brush, (row, col); one point is a dab.
    radius : float
        Of the brush, px.
    shape : (int, int)
        Of the image; what lies outside is cut off.

    Returns
    -------
    mask : (h, w) ndarray of bool
        (0, 0) if the stroke passes outside the image.
    origin : (int, int)
    """
    points = np.asarray(points, np.float64).reshape(-1, 2)
    if not len(points) or not np.isfinite(points).all():
        raise ValueError("a brush stroke needs at least one finite point (row, col)")
    if not radius > 0:
        raise ValueError(f"the brush radius must be positive, got {radius} px")
    low = np.maximum(np.floor(points.min(axis=0) - radius).astype(int), 0)
    high = np.minimum(np.ceil(points.max(axis=0) + radius).astype(int) + 1, shape)
    origin = int(low[0]), int(low[1])
    if (high <= low).any():
        return np.zeros((0, 0), bool), origin
    away = np.ones(high - low, np.uint8)  # 0 on the way of the brush
    way = np.round((points[[0, *range(len(points))]] - low) * 16)
    way = way.astype(np.int32)[:, None, ::-1]
    cv2.polylines(away, [way], False, 0, thickness=1, shift=4)
    if radius <= 0.5:
        return away == 0, origin
    return cv2.distanceTransform(away, cv2.DIST_L2, 5) <= radius, origin


def brushed(polygon, points, radius, shape, *, erase=False, taken=None):
    """Add to an object with a brush, or erase from it.

    Parameters
    ----------
    polygon : (n, 2) array_like
    points, radius, shape
        The stroke, see `stroke_mask`.
    erase : bool
    taken : (H, W) ndarray of bool, optional
        Pixels that must not be painted, such as those of neighbours.

    Returns
    -------
    (m, 2) ndarray of float, or None if nothing is left
    """
    stroke, corner = stroke_mask(points, radius, shape)
    mask, origin = _together(polygon, (stroke, corner), shape)
    part = placed_mask(stroke, np.subtract(corner, origin), mask.shape)
    if taken is not None:
        part &= ~_cut(taken, mask.shape, origin)
    mask = mask & ~part if erase else mask | part
    return mask_polygon(mask, origin) if mask.any() else None


def merged(polygons, shape):
    """Join several objects to one.

    Parameters
    ----------
    polygons : sequence of (n, 2) array_like
    shape : (int, int)
        Of the image.

    Returns
    -------
    (m, 2) ndarray of float
        Pieces that do not touch are joined by bridges of no width.
    """
    masks = [crop_mask(polygon, shape) for polygon in polygons]
    low = np.min([origin for _, origin in masks], axis=0)
    high = np.max([np.add(o, m.shape) for m, o in masks], axis=0)
    mask = np.zeros(high - low, bool)
    for one, origin in masks:
        mask |= placed_mask(one, np.subtract(origin, low), mask.shape)
    return mask_polygon(mask, low)


def subtracted(polygon, other, shape):
    """Take the pixels of another outline away.

    Parameters
    ----------
    polygon, other : (n, 2) array_like
    shape : (int, int)
        Of the image.

    Returns
    -------
    (m, 2) ndarray of float, or None if nothing is left
    """
    mask, origin = crop_mask(polygon, shape)
    if mask.any():
        mask = mask & (from_polygons([np.subtract(other, origin)], mask.shape) == 0)
    return mask_polygon(mask, origin) if mask.any() else None


def split(polygon, line, shape, *, min_area=4):
    """Cut an object along a line.

    Parameters
    ----------
    polygon : (n, 2) array_like
    line : (k, 2) array_like
        The cut, (row, col), from outside to outside.
    shape : (int, int)
        Of the image.
    min_area : int
        Smaller splinters go to their neighbour, px.

    Returns
    -------
    list of (m, 2) ndarray of float
        At least two, the largest first; together they have all its pixels.

    Raises
    ------
    ValueError
        If the line does not cut the object.
    """
    mask, origin = crop_mask(polygon, shape)
    n_whole, _ = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    way = np.round(np.asarray(line, float) - origin).astype(np.int32)[:, None, ::-1]
    rest = mask.astype(np.uint8)
    cv2.polylines(rest, [way], False, 0, thickness=1, lineType=cv2.LINE_8)
    n_found, pieces, stats, _ = cv2.connectedComponentsWithStats(rest, connectivity=4)
    area = stats[:, cv2.CC_STAT_AREA]
    kept = [i for i in range(1, n_found) if area[i] >= min_area]
    if len(way) < 2 or len(kept) < max(n_whole, 2):
        raise ValueError(
            "the line does not cut the object in two; draw it across, from outside "
            "to outside"
        )
    pieces = _spread(np.where(np.isin(pieces, kept), pieces, 0), mask)
    kept.sort(key=lambda i: -area[i])
    return [mask_polygon(pieces == i, origin) for i in kept]


def smoothed(polygon, sigma, shape):
    """Round the outline of an object off.

    Parameters
    ----------
    polygon : (n, 2) array_like
    sigma : float
        Of the Gaussian that blurs the object before it is cut at one half, px.
    shape : (int, int)
        Of the image.

    Returns
    -------
    (m, 2) ndarray of float, or None if nothing is left
    """
    if not sigma > 0:
        raise ValueError(f"`sigma` must be positive, got {sigma} px")
    mask, origin = _padded(polygon, shape, int(3 * sigma) + 1)
    blurred = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), sigma)
    mask = blurred >= 0.5
    return mask_polygon(mask, origin) if mask.any() else None


def grown(polygon, width, shape, *, taken=None):
    """Grow an object on all sides, or shrink it.

    Parameters
    ----------
    polygon : (n, 2) array_like
    width : float
        How far, px; negative to shrink.
    shape : (int, int)
        Of the image.
    taken : (H, W) ndarray of bool, optional
        Pixels that it must not grow into.

    Returns
    -------
    (m, 2) ndarray of float, or None if nothing is left
    """
    mask, origin = _padded(polygon, shape, int(abs(width)) + 2)
    if width < 0:  # the image's edge does not wear an object away
        inside = np.pad(mask, 1, mode="edge").astype(np.uint8)
        away = cv2.distanceTransform(inside, cv2.DIST_L2, 5)[1:-1, 1:-1]
        mask = away > -width
    else:
        away = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5)
        more = away <= width
        if taken is not None:
            more &= ~_cut(taken, mask.shape, origin)
        mask = mask | more
    return mask_polygon(mask, origin) if mask.any() else None


def _padded(polygon, shape, width):
    """Paint an outline with room around it, within the image."""
    mask, origin = crop_mask(polygon, shape)
    low = np.maximum(np.subtract(origin, width), 0)
    high = np.minimum(np.add(origin, mask.shape) + width, shape)
    return placed_mask(mask, np.subtract(origin, low), high - low), low


def _together(polygon, other, shape):
    """Paint an outline into a mask with room for another mask."""
    mask, origin = crop_mask(polygon, shape)
    if not other[0].size:
        return mask, origin
    low = np.minimum(origin, other[1])
    high = np.maximum(np.add(origin, mask.shape), np.add(other[1], other[0].shape))
    return placed_mask(mask, np.subtract(origin, low), high - low), low


def _cut(array, shape, corner):
    """The part of an array of the image's size that a small mask covers."""
    row, col = corner
    return np.asarray(array[row : row + shape[0], col : col + shape[1]], bool)


def _spread(pieces, mask):
    """Give the pixels of a mask that belong to no piece to the nearest one."""
    _, nearest = cv2.distanceTransformWithLabels(
        (pieces == 0).astype(np.uint8),
        cv2.DIST_L2,
        5,
        labelType=cv2.DIST_LABEL_PIXEL,
    )
    owner = np.zeros(nearest.max() + 1, pieces.dtype)
    owner[nearest[pieces > 0]] = pieces[pieces > 0]
    return np.where(mask, owner[nearest], 0)
