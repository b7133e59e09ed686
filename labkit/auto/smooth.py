"""Float images on a common grey scale, smoothed cheaply."""

import cv2
import numpy as np


def stretch(image):
    """Return `image` as float32 with its 1st and 99.8th percentile at 0 and 1."""
    step = max(1, int(np.sqrt(image.size / 250_000)))
    low, high = np.percentile(image[::step, ::step], (1, 99.8))
    if high <= low:
        low, high = float(image.min()), float(image.max())
    if high <= low:
        return np.zeros(image.shape, np.float32)
    return (image.astype(np.float32) - np.float32(low)) / np.float32(high - low)


def blur(image, sigma):
    """Gaussian blur with mirrored borders."""
    return cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101)


def blur_wide(image, sigma):
    """Gaussian blur of large sigma, computed on a reduced copy."""
    factor = max(1, int(sigma // 4))
    if factor == 1:
        return blur(image, sigma)
    height, width = image.shape
    size = max(1, width // factor), max(1, height // factor)
    small = blur(cv2.resize(image, size, interpolation=cv2.INTER_AREA), sigma / factor)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


def noise_level(image):
    """Standard deviation of the pixel noise, from differences of neighbours."""
    if min(image.shape) < 2:
        return 0.0
    step = max(1, int(np.sqrt(image.size / 1_000_000)))
    a, b = image[:-1:step, :-1:step], image[:-1:step, 1::step]
    c, d = image[1::step, :-1:step], image[1::step, 1::step]
    return float(1.4826 * np.median(np.abs(a - b - c + d)) / 2)
