"""Simulated annotators: how people draw round what they see, more or less carefully."""

import cv2
import numpy as np

from ..objects import polygon_area


def lazy_contour(polygon, rng, *, scale=(0.9, 1.2), shift=0.06):
    """Draw a careless line round an object: its hull, too large and beside it.

    Parameters
    ----------
    polygon : (n, 2) array_like
        True outline, (row, col).
    rng : numpy.random.Generator
    scale : (float, float)
        The hull is enlarged by a factor drawn between these.
    shift : float
        Standard deviation of its displacement in each direction, as a part of the
        object's diameter.

    Returns
    -------
    (m, 2) ndarray of float

    Raises
    ------
    ValueError
        If the polygon has no area.

    Examples
    --------
    >>> square = [(0, 0), (0, 10), (10, 10), (10, 0)]
    >>> lazy_contour(square, np.random.default_rng(0)).shape
    (4, 2)
    """
    hull = cv2.convexHull(np.asarray(polygon, np.float32))
    moments = cv2.moments(hull)
    if not moments["m00"]:
        raise ValueError("the polygon has no area, so nobody draws round it")
    centre = np.array([moments["m10"], moments["m01"]]) / moments["m00"]
    diameter = 2 * np.sqrt(polygon_area(polygon) / np.pi)
    moved = centre + rng.normal(0, shift * diameter, 2)
    return moved + (hull[:, 0].astype(float) - centre) * rng.uniform(*scale)


def traced(polygon, rng, *, wobble=0.02):
    """Draw carefully along an outline, with a hand that trembles.

    Parameters
    ----------
    polygon : (n, 2) array_like
        True outline, (row, col).
    rng : numpy.random.Generator
    wobble : float
        Standard deviation of the distance to the outline, as a part of the object's
        diameter; it changes slowly along the line.

    Returns
    -------
    (64, 2) ndarray of float
    """
    line = _along(np.asarray(polygon, float), 64)
    spectrum = np.zeros(33, complex)
    spectrum[1:7] = rng.normal(size=6) + 1j * rng.normal(size=6)
    error = np.fft.irfft(spectrum, 64)
    centre = line.mean(axis=0)
    away = line - centre
    length = np.linalg.norm(away, axis=1, keepdims=True)
    error *= wobble * 2 * length.mean() / error.std()
    return line + away / np.maximum(length, 1e-9) * error[:, None]


def path_length(line):
    """How far the pen travels along a closed line, px."""
    line = np.asarray(line, float)
    return float(np.linalg.norm(np.diff(line, axis=0, append=line[:1]), axis=1).sum())


def _along(polygon, n):
    """Points at equal distances along a closed line."""
    closed = np.concatenate([polygon, polygon[:1]])
    steps = np.linalg.norm(np.diff(closed, axis=0), axis=1)
    way = np.concatenate([[0], np.cumsum(steps)])
    at = np.linspace(0, way[-1], n, endpoint=False)
    return np.stack([np.interp(at, way, closed[:, i]) for i in (0, 1)], axis=1)
