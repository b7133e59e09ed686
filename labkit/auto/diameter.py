"""How large are the nuclei: the typical diameter, read off the image."""

import cv2
import numpy as np

from ..checks import check_image
from .grey import blur, noise_level, shrink, stretch

MIN_DIAMETER = 5.0  # px; smaller spots cannot be outlined
PER_SIGMA = 3.0  # a disc of this diameter answers most strongly to sigma 1
STEP = 2**0.25  # from scale to scale


def estimate_diameter(image):
    """Estimate the typical diameter of the nuclei in an image.

    Blobs are maxima, in space and scale, of differences of Gaussians [1]_ that
    exceed what noise would give. Each votes for its diameter with a weight of
    diameter times contrast; the median vote wins, so that neither many specks nor
    a few clumps decide.

    Parameters
    ----------
    image : (H, W) ndarray
        One frame, bright nuclei on a darker background.

    Returns
    -------
    float
        Diameter in px, 0.0 if there is no blob of at least 5 px.

    References
    ----------
    .. [1] Lindeberg T, "Feature detection with automatic scale selection",
       Int J Comput Vis 30(2):79-116, 1998, doi:10.1023/A:1008045108935

    Examples
    --------
    >>> rows, cols = np.mgrid[:64, :64]
    >>> disc = np.hypot(rows - 32, cols - 30) < 10
    >>> 17 < lk.auto.estimate_diameter(disc) < 23
    True
    """
    image = stretch(check_image(image))
    factor = int(np.ceil(np.sqrt(image.size / 1_200_000)))
    diameters, responses = _blobs(_scale_space(shrink(image, factor)))
    if len(diameters) == 0:
        return 0.0
    strong = np.sort(responses)[-20:].mean()
    kept = responses > 0.2 * strong
    diameters, responses = diameters[kept], responses[kept]
    order = np.argsort(diameters, kind="stable")
    votes = np.cumsum((diameters * np.minimum(responses, strong))[order])
    middle = np.searchsorted(votes, votes[-1] / 2)
    return float(diameters[order][middle] * factor)


def _scale_space(image):
    """Responses of blob filters: list of (diameter, reduction, response image)."""
    noise, stack = noise_level(image), []
    sigma, reduction = MIN_DIAMETER / PER_SIGMA, 1
    while not stack or PER_SIGMA * sigma <= min(image.shape) * reduction / 2:
        if sigma / reduction > 4 and min(image.shape) > 32:
            image, reduction = shrink(image, 2), reduction * 2
        narrow, wide = 0.9 * sigma, 1.1 * sigma
        response = blur(image, narrow / reduction) - blur(image, wide / reduction)
        spread = narrow**-2 + wide**-2 - 4 / (narrow**2 + wide**2)
        response -= 4 * noise * np.sqrt(spread / (4 * np.pi))
        stack.append((PER_SIGMA * sigma, reduction, response))
        sigma *= STEP
    return stack


def _blobs(stack):
    """Diameters and responses of the maxima in space and scale."""
    tops = [cv2.dilate(response, np.ones((3, 3))) for _, _, response in stack]
    diameters, responses = [], []
    for level, (diameter, reduction, response) in enumerate(stack):
        rows, cols = np.nonzero((response >= tops[level]) & (response > 1e-4))
        value = response[rows, cols]
        best = np.ones(len(value), bool)
        for other in (level - 1, level + 1):
            if 0 <= other < len(stack):
                scale, shape = reduction / stack[other][1], tops[other].shape
                r = np.minimum((rows + 0.5) * scale, shape[0] - 1).astype(int)
                c = np.minimum((cols + 0.5) * scale, shape[1] - 1).astype(int)
                best &= value >= tops[other][r, c]
        diameters.append(np.full(best.sum(), diameter))
        responses.append(value[best])
    return np.concatenate(diameters), np.concatenate(responses)
