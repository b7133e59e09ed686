"""Outlines of single nuclei: simulated as SIMCEP does, scaled, turned, measured.

A shape is a polygon (n, 2) of (row, col) with its centroid at the origin. It is always
painted with the origin on a pixel centre, so what is measured here stays true wherever
it is put later.
"""

import functools

import cv2
import numpy as np
from scipy.interpolate import CubicSpline

from ..labels import from_polygons, object_table
from ..objects import crop_mask, largest_piece
from ..style.shape import hull_areas, perimeters, rims

N_ANGLES = 8  # of a simulated outline, the last meets the first
N_CORNERS = 64
MAX_SMOOTHER = 8  # times that a line that crosses itself is made less rough
MAX_STRIP = 1 << 17  # px painted at once
SHAPE_DTYPE = np.dtype(
    [
        ("area", "f8"),
        ("eccentricity", "f8"),
        ("solidity", "f8"),
        ("circularity", "f8"),
        ("whole", "?"),
    ]
)


def simulate_shape(area, *, eccentricity=0.6, roughness=0.5, seed=0):
    """Simulate the outline of one nucleus.

    Eight angles around the centre, radius and angle disturbed by uniform noise and the
    radius by a slow wave, a closed cubic spline through them (SIMCEP [1]_ in the form
    that nucleAIzer [2]_ gave it), then brought to the eccentricity and area asked for
    and turned at random.

    Parameters
    ----------
    area : float
        px.
    eccentricity : float
        Of the ellipse with the same second moments, 0 (round) to 1 (a line, excluded).
    roughness : float
        0: an ellipse, 1: as irregular as in [2]_ (solidity about 0.97), 4: lobed.
    seed : int or numpy.random.Generator

    Returns
    -------
    (64, 2) ndarray of float
        Corners (row, col), centroid at the origin.

    Raises
    ------
    ValueError
        If the area is not positive, or the others are out of range.

    References
    ----------
    .. [1] Lehmussola et al. (2007), IEEE Trans. Med. Imaging 26: 1010-1016.
    .. [2] Hollandi et al. (2020), Cell Systems 10: 453-458.

    Examples
    --------
    >>> polygon = lk.synth.simulate_shape(300, eccentricity=0.7, seed=1)
    >>> round(lk.objects.polygon_area(polygon))
    300
    """
    if not 0 < area < np.inf:
        raise ValueError(f"`area` must be a positive number of px, got {area}")
    if not 0 <= eccentricity < 1:
        raise ValueError(
            f"`eccentricity` must lie between 0 and 1 (a line), got {eccentricity}"
        )
    if not roughness >= 0:
        raise ValueError(f"`roughness` must be at least 0, got {roughness}")
    rng = np.random.default_rng(seed)
    return simulated([area], [eccentricity], [roughness], rng)[0]


def simulated(areas, eccentricities, roughness, rng, noise=(0.1, 0.1)):
    """Simulate many outlines at once: (n, 64, 2); `noise` of radius and angle.

    Where a line would cross itself, it is made less rough until it does not.
    """
    n = len(areas)
    angles = np.linspace(0, 2 * np.pi, N_ANGLES)
    wave = rng.integers(1, 5, (n, 1)) / 2
    swing = np.sin(wave * (angles + rng.uniform(0, 2 * np.pi, (n, 1))))
    # the factor sin/2 + 1.5 + U(0, 1), as a part of its middle value
    swing = swing / (3 + 2 * rng.uniform(0, 1, (n, 1)))
    turns = noise[1] * rng.uniform(-1, 1, (n, N_ANGLES))
    shifts = noise[0] * rng.uniform(-1, 1, (n, N_ANGLES, 2))
    roughness = np.array(roughness, float)
    polygons = np.empty((n, N_CORNERS, 2))
    todo = np.arange(n)
    for _ in range(MAX_SMOOTHER):
        r = roughness[todo, None]
        turned = angles + r * turns[todo]
        points = np.stack([np.sin(turned), np.cos(turned)], axis=-1)
        points = points * (1 + r * swing[todo])[..., None] + r[..., None] * shifts[todo]
        polygons[todo] = _spline() @ points
        todo = todo[_crosses(polygons[todo])]
        if not todo.size:
            break
        roughness[todo] *= 0.7
    polygons[todo] = _spline() @ np.stack([np.sin(angles), np.cos(angles)], axis=1)
    polygons = stretched(polygons, np.asarray(eccentricities, float))
    return turned_by(scaled(polygons, areas), rng)


@functools.cache
def _spline():
    """Return the weights (64, 8) of 8 points in a closed line, whose ends meet."""
    points = np.eye(N_ANGLES)
    points[-1] = points[0]
    angles = np.linspace(0, 2 * np.pi, N_ANGLES)
    spline = CubicSpline(angles, points, bc_type="periodic")
    return spline(np.linspace(0, 2 * np.pi, N_CORNERS, endpoint=False))


def _crosses(polygons):
    """Tell which outlines (n, m, 2) do not always go forwards round the origin."""
    after = np.roll(polygons, -1, axis=1)  # y x' - x y' < 0: forwards
    turning = polygons[..., 0] * after[..., 1] - polygons[..., 1] * after[..., 0]
    return (turning >= 0).any(axis=1)


def stretched(polygons, eccentricities):
    """Give outlines (n, m, 2) an eccentricity: rounded first, then made longer."""
    _, centre, covariance = moments(polygons)
    values, vectors = np.linalg.eigh(covariance)
    values = np.maximum(values, 1e-12)
    away = np.einsum("nij,nkj->nki", vectors.transpose(0, 2, 1), polygons - centre)
    ratio = (1 - np.minimum(eccentricities, 0.999) ** 2) ** 0.25
    size = np.stack([ratio, 1 / ratio], axis=-1) / np.sqrt(values)
    return away * size[:, None]


def moments(polygons):
    """Return area (n,), centroid (n, 1, 2) and covariance (n, 2, 2) of (n, m, 2)."""
    first = polygons.mean(axis=1, keepdims=True)
    p = polygons - first
    q = np.roll(p, -1, axis=1)
    cross = p[..., 0] * q[..., 1] - p[..., 1] * q[..., 0]
    area = cross.sum(axis=1) / 2
    safe = np.where(np.abs(area) > 1e-12, area, 1e-12)[:, None]
    centre = ((p + q) * cross[..., None]).sum(axis=1) / (6 * safe)
    pp = np.einsum("nki,nkj,nk->nij", p, p, cross)
    qq = np.einsum("nki,nkj,nk->nij", q, q, cross)
    pq = np.einsum("nki,nkj,nk->nij", p, q, cross)
    second = (2 * pp + 2 * qq + pq + pq.transpose(0, 2, 1)) / (24 * safe[..., None])
    covariance = second - centre[:, :, None] * centre[:, None, :]
    return np.abs(area), centre[:, None] + first, covariance


def scaled(polygons, areas):
    """Centre outlines (n, m, 2) and scale them to areas: by the ROOT of the ratio."""
    area, centre, _ = moments(polygons)
    ratio = np.asarray(areas, float) / np.maximum(area, 1e-12)
    return (polygons - centre) * np.sqrt(ratio)[:, None, None]


def turned_by(polygons, rng):
    """Turn and mirror each of the outlines (n, m, 2) at random."""
    n = len(polygons)
    angle = rng.uniform(0, 2 * np.pi, n)
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.stack([np.stack([cos, -sin], 1), np.stack([sin, cos], 1)], 1)
    turn[:, :, 1] *= rng.choice([-1.0, 1.0], n)[:, None]
    return np.einsum("nij,nkj->nki", turn, polygons)


def measured(polygons):
    """Paint shapes and measure what is painted.

    Parameters
    ----------
    polygons : sequence of (m, 2) ndarray

    Returns
    -------
    (n,) structured ndarray
        area (px), eccentricity, solidity, circularity as in `labkit.style.morphology`;
        whole: the pixels are one piece, none meeting only at a corner.
    """
    found = np.zeros(len(polygons), SHAPE_DTYPE)
    low = np.array([np.floor(p.min(axis=0)) for p in polygons]).reshape(-1, 2)
    size = np.array([np.ceil(p.max(axis=0)) for p in polygons]).reshape(-1, 2) - low + 3
    order, start = np.argsort(size[:, 0]), 0
    while start < len(order):
        n_px = size[order[start:], 0] * np.cumsum(size[order[start:], 1])
        chunk = order[start : start + max(1, np.searchsorted(n_px, MAX_STRIP))]
        left = np.cumsum(size[chunk, 1]) - size[chunk, 1] + 1
        strip = [
            polygons[i] - low[i] + (1, column)
            for i, column in zip(chunk, left, strict=True)
        ]
        height, width = int(size[chunk, 0].max()) + 1, int(size[chunk, 1].sum()) + 2
        found[chunk] = _measure_strip(from_polygons(strip, (height, width)), len(chunk))
        start += len(chunk)
    return found


def _measure_strip(labels, n):
    """Measure the shapes 1..n of a label image; who left no pixel keeps area 0."""
    found = np.zeros(n, SHAPE_DTYPE)
    table = object_table(labels)
    present = table["label"] - 1
    points, limits = rims(labels, n)
    for name in ("area", "eccentricity"):
        found[name][present] = table[name]
    area = found["area"]
    hull, length = hull_areas(points, limits), perimeters(labels, n)
    found["solidity"] = area / np.maximum(np.maximum(hull, area), 1)
    found["circularity"] = np.minimum(
        4 * np.pi * area / np.maximum(length, 1e-9) ** 2, 1
    )
    n_pieces, pieces = cv2.connectedComponents((labels > 0).astype(np.uint8), None, 4)
    owner = np.zeros(n_pieces, int)
    owner[pieces.ravel()] = labels.ravel()
    found["whole"] = np.bincount(owner[1:], minlength=n + 1)[1:] == 1
    return found


def fitted(polygons, areas, n_rounds=3):
    """Scale shapes until they are painted with the areas asked for (px).

    Returns
    -------
    polygons : list of (m, 2) ndarray
        The best of all rounds.
    found : (n,) structured ndarray
        What `measured` says of them.
    """
    areas = np.maximum(np.asarray(areas, float), 1.0)
    best, found = list(polygons), measured(polygons)
    current, now, todo = best, found, np.arange(len(best))
    for _ in range(n_rounds):
        error = _area_error(now, areas[todo])
        far = error > np.maximum(0.015, 0.6 / areas[todo])
        if not far.any():
            break
        ratio = np.sqrt(areas[todo] / np.maximum(now["area"], 0.5)).clip(0.5, 2)
        current = [current[i] * ratio[i] for i in np.flatnonzero(far)]
        todo = todo[far]
        now = measured(current)
        better = _area_error(now, areas[todo]) < _area_error(found[todo], areas[todo])
        for i in np.flatnonzero(better):
            best[todo[i]], found[todo[i]] = current[i], now[i]
    return best, found


def _area_error(found, areas):
    """Return how far painted areas are off, relative (logarithm)."""
    return np.abs(np.log(np.maximum(found["area"], 0.5) / areas))


def pixels(polygon):
    """Return the pixels (m, 2) that a shape covers, relative to its origin.

    Only its largest piece counts (pieces meet at sides, not at corners); the pixel at
    the origin if there is none.
    """
    mask, origin = crop_mask(polygon)
    if not mask.any():
        return np.zeros((1, 2), np.int64)
    return np.argwhere(largest_piece(mask)) + origin
