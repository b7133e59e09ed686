"""A simple microscope: uneven light, blur, haze, bleaching, camera noise.

Noise and background relative to the nuclei are those measured on a live recording of
MDCK nuclei (20x, LED light).

Works on expected light (float); `expose` counts photons and returns uint16.
"""

import cv2
import numpy as np

NUCLEUS_PHOTONS = 100.0  # of a typical nucleus, per pixel, at noise=1
BACKGROUND_PHOTONS = 10.0
READ_NOISE = 7.0  # photons
COUNTS_PER_PHOTON = 20.0
OFFSET = 600.0  # counts


def illumination_field(shape, strength, rng):
    """Return a smooth (H, W) field, 1 at its brightest and 1 - strength darkest."""
    angle = rng.uniform(0, 2 * np.pi)
    rows = np.linspace(-1, 1, shape[0], dtype=np.float32)[:, None]
    columns = np.linspace(-1, 1, shape[1], dtype=np.float32)[None]
    ramp = np.cos(angle) * rows + np.sin(angle) * columns
    field = ramp - 0.5 * (rows**2 + columns**2)
    low, high = field.min(), field.max()
    field = 1 - strength * (high - field) / max(high - low, 1e-6)
    return field.astype(np.float32)


def look(signal, field, blur, haze_sigma, light):
    """Return the expected photons of a frame: blur, haze, background, light."""
    if blur > 0:
        signal = cv2.GaussianBlur(signal, (0, 0), blur)
    haze = _wide_blur(signal, haze_sigma)
    nuclei = NUCLEUS_PHOTONS * light * (0.9 * signal + 0.1 * haze)
    return field * (nuclei + BACKGROUND_PHOTONS)


def _wide_blur(signal, sigma):
    """Blur a (H, W) float32 image widely, at a quarter of its resolution."""
    height, width = signal.shape
    size = (max(width // 4, 1), max(height // 4, 1))
    small = cv2.resize(signal, size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), max(sigma / 4, 0.3))
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


def expose(photons, noise, rng):
    """Return what the camera writes: shot and read noise, gain, offset, uint16."""
    if noise > 0:
        # ten photons and more: Poisson is as good as normal, and much slower
        deviation = noise * np.sqrt(photons + np.float32(READ_NOISE**2))
        photons = photons + deviation * rng.standard_normal(photons.shape, np.float32)
    counts = OFFSET + COUNTS_PER_PHOTON * photons
    return np.clip(np.rint(counts), 0, 65535).astype(np.uint16)
