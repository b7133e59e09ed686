"""How a simulated nucleus looks: outline, texture, soft edge; drawn one by one."""

import numpy as np

N_HARMONICS = 3  # of the outline, beginning with the second
N_BUMPS = 9  # bright clumps and, the first two, dark nucleoli
EDGE = 0.9  # px, softness of the edge


def random_outlines(n, rng):
    """Return amplitudes and phases (n, N_HARMONICS, 2) of a slightly bent ellipse."""
    amplitude = rng.normal(0, 0.05, (n, N_HARMONICS)) / np.arange(1, N_HARMONICS + 1)
    phase = rng.uniform(0, 2 * np.pi, (n, N_HARMONICS))
    return np.stack([amplitude, phase], axis=-1)


def random_bumps(n, rng):
    """Return (n, N_BUMPS, 4): row, column, width in radii, and amplitude."""
    radius = np.sqrt(rng.uniform(0, 0.6, (n, N_BUMPS)))
    angle = rng.uniform(0, 2 * np.pi, (n, N_BUMPS))
    width = rng.uniform(0.12, 0.35, (n, N_BUMPS))
    amplitude = rng.uniform(0.1, 0.45, (n, N_BUMPS))
    amplitude[:, :2] = rng.uniform(-0.5, -0.15, (n, 2))
    return np.stack(
        [radius * np.cos(angle), radius * np.sin(angle), width, amplitude], -1
    )


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
    for i, ellipse in enumerate(ellipses):
        window = _window(ellipse, shape)
        if window is None:
            continue
        rho, light = _one(ellipse, outlines[i], bumps[i], window)
        signal[window] += light
        deeper = rho < depth[window]
        index[window][deeper] = i
        depth[window][deeper] = rho[deeper]
    return signal, index


def _window(ellipse, shape):
    """Return the slices around a nucleus that lie in the field, None if outside."""
    reach = 1.25 * ellipse[2] + 6 * EDGE
    low = np.maximum(np.floor(ellipse[:2] - reach).astype(int), 0)
    high = np.minimum(np.ceil(ellipse[:2] + reach).astype(int) + 1, shape)
    if (low >= high).any():
        return None
    return slice(low[0], high[0]), slice(low[1], high[1])


def _one(ellipse, outline, bumps, window):
    """Return depth rho (0 centre, 1 edge) and light of one nucleus in its window."""
    y, x, long, short, angle, brightness = ellipse
    rows = np.arange(window[0].start, window[0].stop, dtype=np.float32)[:, None] - y
    columns = np.arange(window[1].start, window[1].stop, dtype=np.float32)[None] - x
    u = (rows * np.cos(angle) + columns * np.sin(angle)) / long
    v = (columns * np.cos(angle) - rows * np.sin(angle)) / short
    theta = np.arctan2(v, u)
    radius = np.ones_like(theta)
    for k, (amplitude, phase) in enumerate(outline, start=2):
        radius += amplitude * np.cos(k * theta + phase)
    rho = np.hypot(u, v) / radius
    edge = 1 / (1 + np.exp(np.clip((rho - 1) * short / EDGE, -30, 30)))
    texture = 1.15 - 0.35 * np.minimum(rho, 1.2) ** 2  # thicker in the middle
    for row, column, width, amplitude in bumps:
        distance2 = (u - row) ** 2 + (v - column) ** 2
        texture += amplitude * np.exp(-distance2 / (2 * width**2))
    return rho.astype(np.float32), (brightness * edge * texture).astype(np.float32)
