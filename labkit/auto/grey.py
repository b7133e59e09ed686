"""Grey images: common scale, cheap blurs, noise, smaller copies."""

import cv2
import numpy as np


def stretch(image):
    """Return `image` as float32 with its 1st and 99.8th percentile at 0 and 1.

    All that follows is relative, so that an image and a multiple of it plus an
    offset give the same annotation.
    """
    step = max(1, int(np.sqrt(image.size / 100_000)))
    low, high = np.percentile(image[::step, ::step], (1, 99.8))
    darkest, brightest = float(image.min()), float(image.max())
    if darkest == brightest:
        return np.zeros(image.shape, np.float32)
    if low == high:
        low, high = darkest, brightest
    ends = (darkest - low) / (high - low), (brightest - low) / (high - low)
    return cv2.normalize(image, None, *ends, cv2.NORM_MINMAX, cv2.CV_32F)


def blur(image, sigma):
    """Gaussian blur with mirrored borders, cut off at three sigma."""
    size = 2 * int(np.ceil(3 * sigma)) + 1
    return cv2.GaussianBlur(
        image, (size, size), sigma, borderType=cv2.BORDER_REFLECT_101
    )


def average(image, sigma):
    """Gaussian blur of large sigma on a smaller copy; `enlarge` what follows."""
    factor = max(1, int(sigma // 3))
    return blur(shrink(image, factor), sigma / factor)


def shrink(image, factor):
    """Image reduced by an integer factor: means of factor x factor pixels."""
    if factor == 1:
        return image
    size = [max(1, round(n / factor)) for n in image.shape]
    return cv2.resize(image, size[::-1], interpolation=cv2.INTER_AREA)


def enlarge(image, shape):
    """Float image resampled linearly to `shape`."""
    if image.shape == tuple(shape):
        return image
    return cv2.resize(image, shape[::-1], interpolation=cv2.INTER_LINEAR)


def enlarge_labels(labels, shape):
    """Label image or mask resampled to `shape` without mixing values."""
    if labels.shape == tuple(shape):
        return labels
    plain = labels.view(np.uint8 if labels.dtype == bool else np.float32)
    plain = cv2.resize(plain, shape[::-1], interpolation=cv2.INTER_NEAREST)
    return plain.view(labels.dtype)


def noise_level(image):
    """Standard deviation of white pixel noise, from mixed second differences.

    Structure larger than a pixel cancels. The mean square is used although edges
    raise it a little: the median is 0 where a camera clips the background.
    """
    if min(image.shape) < 2:
        return 0.0
    upper, lower = image[:-1:2], image[1::2]
    n = min(len(upper), len(lower))
    tilt = upper[:n] - lower[:n]
    return float(np.std(tilt[:, 1:] - tilt[:, :-1]) / 2)


def noise_after_blur(noise, sigma):
    """Standard deviation that white noise keeps after a Gaussian blur."""
    return noise / (2 * np.sqrt(np.pi) * sigma)


def without_colour(image):
    """Turn a picture in colour into a grey one with bright objects.

    Parameters
    ----------
    image : (H, W) or (H, W, 3) array

    Returns
    -------
    (H, W) array
        As it is if it was grey. Of a bright picture the negative of its green, which
        the stains of tissue take away most; of a dark one the mean of its colours.
    """
    if image.ndim == 2:
        return image
    mean = image.mean(axis=-1)
    low, middle, high = np.percentile(mean, (1, 50, 99))
    if middle <= (low + high) / 2:
        return mean
    green = image[..., 1].astype(np.float32)
    return green.max() - green
