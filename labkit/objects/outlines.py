"""Outlines as polygons (n, 2) of (row, col): check them, measure them, boxes."""

import numpy as np


def check_polygon(polygon):
    """Return an outline as (n, 2) float64, or raise ValueError."""
    polygon = np.asarray(polygon, np.float64)
    if polygon.ndim != 2 or polygon.shape[1] != 2 or len(polygon) < 3:
        raise ValueError(
            f"a polygon must have axes (n, 2) with at least 3 corners (row, col), got "
            f"shape {polygon.shape}"
        )
    if not np.isfinite(polygon).all():
        raise ValueError("the polygon has NaN or infinite corners; remove them")
    return polygon


def polygon_area(polygon):
    """Area inside an outline (n, 2) that does not cross itself, px (shoelace)."""
    rows, cols = np.subtract(polygon, polygon[0]).T
    return abs(float(rows @ np.roll(cols, 1) - cols @ np.roll(rows, 1))) / 2


def box_polygon(first, second):
    """The four corners of the box between two opposite corners (row, col)."""
    (top, left), (bottom, right) = np.sort([first, second], axis=0)
    return np.array([(top, left), (top, right), (bottom, right), (bottom, left)], float)
