"""Contours of label images: how long, how convex, how far apart."""

import itertools

import cv2
import numpy as np
from numba import njit

from ..labels import outlines

CORNERS = np.array([(1, 0), (-1, 0), (0, 1), (0, -1)], np.int32)  # half pixels


def perimeters(labels, n):
    """Return the length of the contour of the labels 1..n, px.

    By Crofton's formula in four directions: count how often lines cross the contour
    (the formula behind `skimage.measure.perimeter_crofton`). The edge of the image
    is contour, too.
    """
    straight, diagonal = _crossings(np.ascontiguousarray(labels), n)
    return np.pi / 8 * (straight + diagonal / np.sqrt(2))[1:]


def rims(labels, n):
    """Return the rim pixels of the labels 1..n: (m, 2) row, col, and n + 1 limits.

    Rows ``limits[k - 1]:limits[k]`` are those of label k.
    """
    padded = np.pad(labels, 1)  # the edge of the image is a rim, too
    points = np.argwhere(outlines(padded)) - 1
    owner = labels[points[:, 0], points[:, 1]]
    order = np.argsort(owner, kind="stable")
    counts = np.bincount(owner, minlength=n + 1)
    return points[order].astype(np.int32), np.cumsum(counts)


def hull_areas(points, limits):
    """Return the area of each convex hull, of the middles of the pixels' sides."""
    areas = np.empty(len(limits) - 1)
    for k, (start, stop) in enumerate(itertools.pairwise(limits)):
        doubled = (2 * points[start:stop, None] + CORNERS).reshape(-1, 1, 2)
        areas[k] = cv2.contourArea(cv2.convexHull(doubled)) / 4
    return areas


def spacings(labels, points, limits):
    """Return the distance from each contour to the closest other one, px.

    Contours follow the cracks between pixels, so objects that touch, be it at a
    corner, have 0. NaN if there is no other object.
    """
    squared = np.full(len(limits) - 1, np.inf)
    for a, b in _neighbours(labels, points):
        first = points[limits[a - 1] : limits[a]]
        second = points[limits[b - 1] : limits[b]]
        gap = _squared_gap(first, second)
        squared[a - 1] = min(squared[a - 1], gap)
        squared[b - 1] = min(squared[b - 1], gap)
    return np.where(np.isfinite(squared), np.sqrt(squared), np.nan)


def _neighbours(labels, points):
    """Return the (m, 2) pairs of labels whose areas of influence meet.

    The closest other object is always among them: a third one that came between
    would be closer.
    """
    if not len(points):
        return np.zeros((0, 2), np.int64)
    empty = (labels == 0).astype(np.uint8)
    _, seed = cv2.distanceTransformWithLabels(
        empty, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    owner = np.zeros(seed.max() + 1, np.int32)
    owner[seed[empty == 0]] = labels[empty == 0]
    near = owner[seed]
    pairs = []
    for dr, dc in ((0, 1), (1, 0), (1, 1), (1, -1)):
        here, there = _shifted(near, dr, dc)
        pairs.append(np.stack([here[here != there], there[here != there]], axis=1))
    pairs = np.sort(np.concatenate(pairs).astype(np.int64), axis=1)
    keys = np.unique(pairs[:, 0] << 32 | pairs[:, 1])
    return np.stack([keys >> 32, keys & 0xFFFFFFFF], axis=1)


def _shifted(array, dr, dc):
    """Return each value and the one `dr` rows down and `dc` columns to the right."""
    height, width = array.shape
    here = array[: height - dr, max(0, -dc) : width - max(0, dc)]
    return here, array[dr:, max(0, dc) : width - max(0, -dc)]


@njit(cache=True, nogil=True)
def _squared_gap(first, second):
    """Return the squared distance of the two closest pixel squares."""
    best = np.inf
    for i in range(len(first)):
        for j in range(len(second)):
            dr = max(abs(first[i, 0] - second[j, 0]) - 1, 0)
            dc = max(abs(first[i, 1] - second[j, 1]) - 1, 0)
            best = min(best, float(dr) ** 2 + float(dc) ** 2)
    return best


@njit(cache=True, nogil=True)
def _crossings(labels, n):
    """Count, for each label, changes along rows and columns, and along diagonals."""
    height, width = labels.shape
    straight, diagonal = np.zeros(n + 1), np.zeros(n + 1)
    for r in range(-1, height):
        for c in range(-1, width + 1):
            here = labels[r, c] if r >= 0 and 0 <= c < width else 0
            for step in range(4):
                dr, dc = (step + 1) // 2 > 0, (1, 0, 1, -1)[step]
                row, col = r + dr, c + dc
                inside = 0 <= row < height and 0 <= col < width
                there = labels[row, col] if inside else 0
                if here != there:
                    count = straight if step < 2 else diagonal
                    count[here] += 1
                    count[there] += 1
    return straight, diagonal
