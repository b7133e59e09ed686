"""How large are the nuclei: the typical diameter, read off the image."""

import cv2
import numpy as np

from ..checks import check_image
from .grey import blur, noise_level, shrink, stretch

MIN_DIAMETER = 5.0  # px; smaller spots cannot be outlined
PER_SIGMA = 2 * np.sqrt(2)  # diameter of the disc that answers most, in sigmas
STEP = 2**0.25  # from scale to scale
LARGEST_COPY = 400_000  # px; larger images are reduced first
MIN_RESPONSE = 1e-4  # on the scale of `stretch`; less is rounding


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
    return diameter_of(stretch(check_image(image)))


def diameter_of(image):
    """Typical diameter in a stretched image, see `estimate_diameter`.

    Large images are reduced first; if nuclei turn out too small for that, the
    middle of the image is looked at in full.
    """
    factor = int(np.ceil(np.sqrt(image.size / LARGEST_COPY)))
    whole = image[: image.shape[0] // factor * factor or None]
    whole = whole[:, : image.shape[1] // factor * factor or None]
    diameter = factor * _vote(*_blobs(_scale_space(shrink(whole, factor))))
    if factor > 1 and diameter < 1.4 * factor * MIN_DIAMETER:
        rows, cols = (slice((n - n // factor) // 2, None) for n in image.shape)
        middle = image[rows, cols][
            : image.shape[0] // factor, : image.shape[1] // factor
        ]
        diameter = _vote(*_blobs(_scale_space(middle))) or diameter
    return diameter


def _vote(diameters, contrasts):
    """Weighted median diameter of the blobs that stand out, 0.0 for none.

    Votes for one level of the scale space count as spread evenly up to the next.
    """
    if len(diameters) == 0:
        return 0.0
    strong = np.sort(contrasts)[-20:].mean()
    kept = contrasts > 0.2 * strong
    diameters, contrasts = diameters[kept], contrasts[kept]
    levels, index = np.unique(diameters, return_inverse=True)
    votes = np.bincount(index, diameters * np.minimum(contrasts, strong))
    below = np.concatenate([[0], np.cumsum(votes)])
    edges = np.append(levels, levels[-1] * STEP) / np.sqrt(STEP)
    return float(np.exp(np.interp(below[-1] / 2, below, np.log(edges))))


def weighted_median(values, weights):
    """Value below which half of the weight lies, 0.0 for none."""
    if len(values) == 0:
        return 0.0
    order = np.argsort(values, kind="stable")
    total = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(total, total[-1] / 2)])


def _scale_space(image):
    """Responses of blob filters: list of (diameter, reduction, response image).

    Each is the difference of two Gaussians half a step below and above its scale,
    less four times what noise alone gives. The image shrinks as the scale grows.
    """
    noise, stack = noise_level(image), []
    sigma, reduction = MIN_DIAMETER / PER_SIGMA / np.sqrt(STEP), 1
    largest = max(min(image.shape) / 2, MIN_DIAMETER)
    narrow = blur(image, sigma)
    while PER_SIGMA * sigma * np.sqrt(STEP) <= largest:
        if sigma > 3 * reduction and min(narrow.shape) > 32:
            narrow, reduction = shrink(narrow, 2), reduction * 2
        wide = blur(narrow, sigma * np.sqrt(STEP**2 - 1) / reduction)
        spread = (1 + STEP**-2 - 4 / (1 + STEP**2)) / (4 * np.pi * sigma**2)
        response = narrow - wide
        response -= np.float32(4 * noise * np.sqrt(spread))
        stack.append((PER_SIGMA * sigma * np.sqrt(STEP), reduction, response))
        narrow, sigma = wide, sigma * STEP
    return stack


def _blobs(stack):
    """Diameters and responses of the maxima in space and scale."""
    diameters, contrasts = [np.zeros(0)], [np.zeros(0)]
    tops = [cv2.dilate(response, np.ones((3, 3))) for _, _, response in stack]
    for level, (diameter, reduction, response) in enumerate(stack):
        peaks = np.flatnonzero((response >= tops[level]) & (response > MIN_RESPONSE))
        where = np.stack(np.unravel_index(peaks, response.shape), axis=1)
        value = response.ravel()[peaks]
        best = np.ones(len(value), bool)
        for other in (level - 1, level + 1):
            if 0 <= other < len(stack):
                scale = reduction / stack[other][1]
                there = ((where + 0.5) * scale).astype(int)
                there = np.minimum(there, np.array(tops[other].shape) - 1)
                best &= value >= tops[other][tuple(there.T)]
        diameters.append(np.full(best.sum(), diameter))
        contrasts.append(value[best])
    return np.concatenate(diameters), np.concatenate(contrasts)
