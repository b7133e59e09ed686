"""How large are the nuclei: the typical diameter, read off the image."""

import cv2
import numpy as np

from ..checks import check_image
from .smooth import blur, stretch

MIN_DIAMETER = 5.0


def estimate_diameter(image):
    """Estimate the typical diameter of bright round objects.

    Blobs are maxima in space and scale of differences of Gaussians [1]_. Each votes
    for its diameter, weighted with it and with its contrast; the median wins.

    Parameters
    ----------
    image : (H, W) ndarray
        One frame, bright nuclei on a darker background.

    Returns
    -------
    float
        Diameter in px, 0.0 if there is no blob.

    References
    ----------
    .. [1] Lindeberg T, "Feature detection with automatic scale selection",
       IJCV 30(2):79-116, 1998

    Examples
    --------
    >>> rows, cols = np.mgrid[:64, :64]
    >>> image = np.hypot(rows - 32, cols - 30) < 10
    >>> 17 < estimate_diameter(image) < 23
    True
    """
    image = stretch(check_image(image))
    factor = 1
    while image.size > 1_200_000:
        image, factor = _half(image), factor * 2
    diameters, responses = _blobs(_scale_space(image))
    if len(diameters) == 0:
        return 0.0
    strong = np.sort(responses)[-20:].mean()
    kept = responses > 0.2 * strong
    diameters, responses = diameters[kept], responses[kept]
    order = np.argsort(diameters)
    votes = np.cumsum((diameters * np.minimum(responses, strong))[order])
    return float(diameters[order][np.searchsorted(votes, votes[-1] / 2)] * factor)


def _half(image):
    """Image of half the size."""
    size = max(1, image.shape[1] // 2), max(1, image.shape[0] // 2)
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def _scale_space(image):
    """Blob responses: list of (diameter, reduction, response image)."""
    stack, reduction, sigma = [], 1, MIN_DIAMETER / 2.83
    largest = min(image.shape) / 2
    while 2.83 * sigma <= max(largest, MIN_DIAMETER):
        if sigma / reduction > 4 and min(image.shape) > 32:
            image, reduction = _half(image), reduction * 2
        narrow = blur(image, 0.9 * sigma / reduction)
        wide = blur(image, 1.1 * sigma / reduction)
        stack.append((2.83 * sigma, reduction, narrow - wide))
        sigma *= 2**0.25
    return stack


def _blobs(stack):
    """Diameters and responses of the maxima in space and scale."""
    diameters, responses = [], []
    tops = [cv2.dilate(r, np.ones((3, 3), np.uint8)) for _, _, r in stack]
    for level, (diameter, reduction, response) in enumerate(stack):
        rows, cols = np.nonzero((response >= tops[level]) & (response > 1e-4))
        value = response[rows, cols]
        best = np.ones(len(value), bool)
        for other in {max(level - 1, 0), min(level + 1, len(stack) - 1)} - {level}:
            ratio = reduction / stack[other][1]
            height, width = tops[other].shape
            r = np.minimum((rows + 0.5) * ratio, height - 1).astype(int)
            c = np.minimum((cols + 0.5) * ratio, width - 1).astype(int)
            best &= value >= tops[other][r, c]
        diameters.append(np.full(best.sum(), diameter))
        responses.append(value[best])
    return np.concatenate(diameters), np.concatenate(responses)
