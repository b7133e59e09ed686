"""Other ways to point at an object than around it: a click, a box, a scribble."""

import cv2
import numpy as np
from skimage.segmentation import watershed

from ..auto import estimate_diameter
from ..auto.grey import without_colour
from ..checks import check_image
from ..objects import exact_distance, mask_polygon
from .inputs import check_axes, reader
from .scene import relative_light, unit
from .shapes import filled, pieces

TYPICAL = 28.0  # px, where nobody can tell how large objects are
AREAS = 0.15, 3.0  # plausible areas of what was clicked / area of a typical object
N_CORNERS = 48
CLICKED = 0.12  # diameters around a click surely belong to the object
RING = 0.7, 1.4  # diameters away, its surroundings begin and end
N_MOVES = 3
SEARCH = 2.0  # diameters around a click that are looked at


def from_click(point, image, *, prob=None, diameter=None):
    """Make a rough polygon of the object that was clicked.

    Parameters
    ----------
    point : (row, col)
    image : (H, W) or (H, W, 3) array
    prob : ProbMap or (H, W) or (2, H, W) array of float, optional
        As of `suggest`: what the network sees as one piece under the click.
    diameter : float, optional
        Typical object diameter, px. By default estimated from the image, which takes
        some 30 ms on a large one: estimate once, then hand it in.

    Returns
    -------
    (n, 2) ndarray of float
        To hand to `suggest`: the convex hull of what is there, or a disc.

    Raises
    ------
    ValueError
        If the point lies outside of the image, or `diameter` is not positive.

    Examples
    --------
    >>> rows, cols = np.mgrid[:60, :80]
    >>> image = 100.0 * ((rows - 30) ** 2 + (cols - 40) ** 2 < 15**2)
    >>> rough = lk.assist.from_click((25, 36), image, diameter=28)
    >>> found = lk.assist.suggest(image, rough)
    >>> bool(0.98 < found.mask.sum() / np.count_nonzero(image) < 1.02)
    True
    """
    image = check_axes(image)
    point = _check_point(point, image.shape[:2])
    if diameter is None:
        diameter = _estimate(image) or TYPICAL
    if not 0 < diameter < np.inf:
        raise ValueError(f"`diameter` must be a positive number of px, got {diameter}")
    for find in (_seen, _bright):
        given = None if prob is None else reader(prob, image.shape[:2])
        hull = find(point, image, given, diameter)
        if hull is not None:
            return hull
    return _ellipse(point, (diameter / 2, diameter / 2))


def from_box(corner, opposite):
    """Make a rough polygon of the object in a box: the ellipse that fills it.

    Parameters
    ----------
    corner, opposite : (row, col)
        Any two opposite corners.

    Returns
    -------
    (n, 2) ndarray of float

    Raises
    ------
    ValueError
        If the box has no height or width.

    Examples
    --------
    >>> lk.assist.from_box((0, 10), (20, 40)).max(axis=0).round(6).tolist()
    [20.0, 40.0]
    """
    corners = _check_points([corner, opposite])
    radii = np.abs(corners[1] - corners[0]) / 2
    if (radii == 0).any():
        raise ValueError(
            f"the box from {corners[0].tolist()} to {corners[1].tolist()} has no "
            f"height or no width; pull it over the whole object"
        )
    return _ellipse(corners.mean(axis=0), radii)


def from_scribble(points, width):
    """Make a rough polygon of a stroke of a brush.

    Parameters
    ----------
    points : (n, 2) array_like of float
        (row, col) along the stroke; one is enough.
    width : float
        Of the brush, px: about as wide as the object is where it is narrow.

    Returns
    -------
    (n, 2) ndarray of float
        Outline of all that is at most half a width from the stroke.

    Raises
    ------
    ValueError
        If there is no point, or the width is not positive.

    Examples
    --------
    >>> rough = lk.assist.from_scribble([(10, 10), (10, 30)], width=8)
    >>> rough.min(axis=0).tolist(), rough.max(axis=0).tolist()
    ([5.5, 5.5], [14.5, 34.5])
    """
    points = _check_points(points)
    if not 0 < width < np.inf:
        raise ValueError(f"`width` must be a positive number of px, got {width}")
    margin = int(np.ceil(width)) + 2
    origin = np.floor(points.min(axis=0)).astype(int) - margin
    shape = np.ceil(points.max(axis=0)).astype(int) - origin + margin + 1
    stroke = np.ones(shape, np.uint8)
    path = np.round(points - origin).astype(np.int32)[:, None, ::-1]
    cv2.polylines(stroke, [path], isClosed=False, color=0)
    stroke[path[0, 0, 1], path[0, 0, 0]] = 0  # of one point no line is drawn
    return mask_polygon(filled(exact_distance(stroke) <= width / 2), origin)


def _seen(point, image, read, diameter):
    """Hull of what the network sees as one object under the click, rim included."""
    if read is None:
        return None
    box = _window(point, SEARCH * diameter, image.shape[:2])
    nucleus, rim = read(*box)
    rim = np.nan_to_num(rim)
    _, inner = pieces(nucleus - rim > 0.5)
    objects = watershed(rim - nucleus, inner, mask=nucleus > 0.5)
    row, col = (round(p) - part.start for p, part in zip(point, box, strict=True))
    label = objects[row, col]
    return _hull(objects == label, box, diameter) if label else None


def _bright(point, image, read, diameter):
    """Hull of what is like the click and unlike its surroundings.

    A disc is moved to the middle of such pixels, which cuts off what touches.
    """
    box = _window(point, SEARCH * diameter, image.shape[:2])
    start = np.array([part.start for part in box])
    crop = unit(check_image(image[box], colour=True))
    places = np.stack(np.indices(crop.shape[:2]), axis=-1) + start
    far = np.hypot(*np.moveaxis(places - point, -1, 0)) / diameter
    ring = (far > RING[0]) & (far < RING[1])
    if not ring.any():
        return None
    light, is_flat, _ = relative_light(
        crop, far <= max(CLICKED, far.min()), ring, diameter
    )
    _, labels = pieces(light > 0.5)
    label = labels[tuple(np.round(point).astype(int) - start)]
    if is_flat or not label:
        return None
    alike, centre = labels == label, point
    for _ in range(N_MOVES):
        near = alike & (np.hypot(*np.moveaxis(places - centre, -1, 0)) < diameter)
        centre = places[near].mean(axis=0) if near.any() else centre
    near = np.hypot(*np.moveaxis(places - centre, -1, 0)) < diameter
    return _hull(alike & near, box, diameter)


def _hull(mask, box, diameter):
    """Convex hull of a mask's pixels if it is of plausible size."""
    share = np.count_nonzero(mask) / (np.pi / 4 * diameter**2)
    if not AREAS[0] <= share <= AREAS[1]:
        return None
    outline = mask_polygon(mask).astype(np.float32)
    hull = cv2.convexHull(outline)[:, 0].astype(np.float64)
    return hull + [part.start for part in box]


def _ellipse(centre, radii):
    """Corners of an ellipse."""
    angles = np.linspace(0, 2 * np.pi, N_CORNERS, endpoint=False)
    return np.array(centre) + np.c_[np.sin(angles), np.cos(angles)] * radii


def _window(point, radius, shape):
    """The box around a point, cut at the edge of the image."""
    return tuple(
        slice(max(0, int(p - radius)), min(side, int(p + radius) + 1))
        for p, side in zip(point, shape, strict=True)
    )


def _estimate(image):
    """Typical object diameter, px; 0 if nothing is found."""
    return estimate_diameter(without_colour(check_image(image, colour=True)))


def _check_points(points):
    """Return points as (n, 2) float, or raise ValueError."""
    points = np.asarray(points, np.float64)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise ValueError(
            f"points must have axes (n, 2), (row, col), got {points.shape}"
        )
    if not np.isfinite(points).all():
        raise ValueError("some points are NaN or infinite; remove them")
    return points


def _check_point(point, shape):
    """Return the click as an array if it hits a pixel of the image."""
    (point,) = _check_points([point])
    if (point < -0.5).any() or (point > np.array(shape) - 0.5).any():
        raise ValueError(
            f"the click at (row, col) {point.tolist()} lies outside of the image of "
            f"{shape[0]} x {shape[1]} px"
        )
    return np.clip(point, 0, np.array(shape) - 1)
