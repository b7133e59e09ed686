"""How a simulated nucleus looks: outline, texture, soft edge; drawn pixel by pixel."""

import numpy as np
from numba import njit

N_HARMONICS = 4  # of the outline, beginning with the second
N_BUMPS = 24  # chromatin clumps and, the first two, dark nucleoli
EDGE = 0.8  # px, softness of the edge
REACH = 1.35  # how far outline and soft edge go, in long radii


def random_outlines(n, rng):
    """Return amplitudes and phases (n, N_HARMONICS, 2) of a slightly bent ellipse."""
    amplitude = rng.normal(0, 0.06, (n, N_HARMONICS)) / np.arange(1, N_HARMONICS + 1)
    phase = rng.uniform(0, 2 * np.pi, (n, N_HARMONICS))
    return np.stack([amplitude.clip(-0.12, 0.12), phase], axis=-1)


def random_bumps(n, rng):
    """Return (n, N_BUMPS, 4): row, column, width in radii, and amplitude."""
    radius = np.sqrt(rng.uniform(0, 0.9, (n, N_BUMPS)))
    radius[:, :2] *= 0.6  # nucleoli lie inside
    angle = rng.uniform(0, 2 * np.pi, (n, N_BUMPS))
    width = rng.uniform(0.07, 0.22, (n, N_BUMPS))
    amplitude = rng.uniform(-0.25, 0.6, (n, N_BUMPS))
    width[:, :2] = rng.uniform(0.14, 0.22, (n, 2))
    amplitude[:, :2] = rng.uniform(-0.45, -0.15, (n, 2))
    place = radius * np.cos(angle), radius * np.sin(angle)
    return np.stack([*place, width, amplitude], axis=-1)


def draw(ellipses, outlines, bumps, shape):
    """Draw nuclei into an empty field.

    Parameters
    ----------
    ellipses : (n, 6) ndarray
        Row, column, long radius, short radius (px), angle of the long axis from the
        row axis to the column axis (radians), brightness.
    outlines, bumps : ndarray
        From `random_outlines` and `random_bumps`.
    shape : (int, int)

    Returns
    -------
    signal : (H, W) ndarray of float32
        About 1 inside a nucleus of brightness 1; overlaps add up.
    index : (H, W) ndarray of int32
        Which nucleus a pixel belongs to (the one it lies deepest in), -1 for none.
    """
    signal = np.zeros(shape, np.float32)
    index = np.full(shape, -1, np.int32)
    depth = np.ones(shape, np.float32)  # 0 at the centre of a nucleus, 1 at its edge
    reach = REACH * ellipses[:, 2:3] + 5 * EDGE
    low = np.clip(np.floor(ellipses[:, :2] - reach).astype(int), 0, shape)
    high = np.clip(np.ceil(ellipses[:, :2] + reach).astype(int) + 1, 0, shape)
    for i in np.flatnonzero((low < high).all(axis=1)):
        window = slice(low[i, 0], high[i, 0]), slice(low[i, 1], high[i, 1])
        canvas = signal[window], index[window], depth[window]
        _draw_one(i, ellipses[i], outlines[i], bumps[i], low[i], *canvas)
    return signal, index


@njit(cache=True)
def _draw_one(i, ellipse, outline, bumps, low, signal, index, depth):
    """Draw nucleus `i` into its window, whose first pixel is `low`."""
    y, x, long, short, angle, brightness = ellipse
    cos, sin = np.cos(angle), np.sin(angle)
    waves = outline[:, 0:1] * np.stack(
        (np.cos(outline[:, 1]), np.sin(outline[:, 1])), 1
    )
    for row in range(signal.shape[0]):
        for column in range(signal.shape[1]):
            down, right = row + low[0] - y, column + low[1] - x
            u = (down * cos + right * sin) / long
            v = (right * cos - down * sin) / short
            distance = np.hypot(u, v)
            if distance > 1.6:
                continue
            radius = _bend(u, v, distance, waves)
            rho = distance / radius
            outside = (rho - 1) * short / EDGE
            if outside > 6:
                continue
            light = 1.1 - 0.35 * min(rho, 1.2) ** 2  # thicker in the middle
            for k in range(len(bumps)):
                far = (u - bumps[k, 0]) ** 2 + (v - bumps[k, 1]) ** 2
                if far < 9 * bumps[k, 2] ** 2:
                    light += bumps[k, 3] * np.exp(-far / (2 * bumps[k, 2] ** 2))
            signal[row, column] += brightness * max(light, 0.1) / (1 + np.exp(outside))
            if rho < depth[row, column]:
                depth[row, column] = rho
                index[row, column] = i


@njit(cache=True)
def _bend(u, v, distance, waves):
    """Return the outline's radius in direction (u, v); waves: see `_draw_one`."""
    if distance < 1e-6:
        return 1.0
    c, s = u / distance, v / distance
    radius, ck, sk = 1.0, c, s
    for k in range(len(waves)):
        ck, sk = ck * c - sk * s, sk * c + ck * s  # of the next multiple of the angle
        radius += waves[k, 0] * ck - waves[k, 1] * sk
    return radius
