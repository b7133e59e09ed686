"""A simple microscope: uneven light, blur, haze, bleaching, camera noise.

Works on expected light (float); `expose` counts photons and returns uint16.
"""

import cv2
import numpy as np

NUCLEUS_PHOTONS = 250.0  # of a typical nucleus, per pixel, at noise=1
BACKGROUND_PHOTONS = 25.0
READ_NOISE = 2.0  # photons
COUNTS_PER_PHOTON = 8.0
OFFSET = 120.0  # counts


def illumination_field(shape, strength, rng):
    """Return a smooth (H, W) field, 1 at its brightest and 1 - strength darkest."""
    angle = rng.uniform(0, 2 * np.pi)
    rows = np.linspace(-1, 1, shape[0], dtype=np.float32)[:, None]
    columns = np.linspace(-1, 1, shape[1], dtype=np.float32)[None]
    ramp = np.cos(angle) * rows + np.sin(angle) * columns
    field = ramp - 0.5 * (rows**2 + columns**2)
    low, high = field.min(), field.max()
    return 1 - strength * (high - field) / max(high - low, 1e-6)


def look(signal, field, blur, haze_sigma, light):
    """Return the expected photons of a frame: blur, haze, background, light."""
    if blur > 0:
        signal = cv2.GaussianBlur(signal, (0, 0), blur)
    haze = cv2.GaussianBlur(signal, (0, 0), haze_sigma)
    nuclei = NUCLEUS_PHOTONS * light * (0.9 * signal + 0.1 * haze)
    return field * (nuclei + BACKGROUND_PHOTONS)


def expose(photons, noise, rng):
    """Return what the camera writes: shot and read noise, gain, offset, uint16."""
    if noise > 0:
        counted = rng.poisson(photons / noise**2) * noise**2
        photons = counted + rng.normal(0, READ_NOISE * noise, photons.shape)
    counts = OFFSET + COUNTS_PER_PHOTON * photons
    return np.clip(np.rint(counts), 0, 65535).astype(np.uint16)
