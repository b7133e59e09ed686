"""Keep what looks typical, hide the rest."""

import numpy as np

from ..checks import check_labels, check_pair


def keep_typical_area(labels, tolerance=0.5):
    """Remove objects whose area is far from the median area.

    Merged nuclei are too large and debris is too small, so what remains is worth
    training on (the last step of the annotation in Englbrecht et al. 2021).

    Parameters
    ----------
    labels : (H, W) ndarray of int
    tolerance : float or None
        Largest deviation from the median area as a fraction of it: 0.5 keeps areas
        from 0.5 to 1.5 times the median. None keeps all.

    Returns
    -------
    (H, W) ndarray of int32
        Copy of `labels` with atypical objects set to 0; the others keep their number.

    Examples
    --------
    >>> keep_typical_area([[1, 1, 1, 0, 2, 2, 2, 0, 3]])
    array([[1, 1, 1, 0, 2, 2, 2, 0, 0]], dtype=int32)
    """
    labels = check_labels(labels)
    areas = np.bincount(labels.ravel())
    areas[0] = 0
    if tolerance is None or not areas.any():
        return labels.copy()
    median = np.median(areas[areas > 0])
    kept = np.abs(areas - median) <= tolerance * median
    return np.where(kept, np.arange(len(areas)), 0).astype(np.int32)[labels]


def noise_background(image, labels, seed=0):
    """Replace everything that is not annotated by background noise.

    Nuclei that the annotation left out would be taught to the network as
    background; painting them with noise of the mean and spread of the true
    background hides them (Englbrecht et al. 2021, figure 6).

    Parameters
    ----------
    image : (H, W) ndarray
    labels : (H, W) ndarray of int
        Kept nuclei.
    seed : int
        Seed of the noise.

    Returns
    -------
    (H, W) ndarray
        Copy of `image`, same dtype.

    Examples
    --------
    >>> image = np.array([[5, 9, 200, 7]], np.uint8)
    >>> noise_background(image, [[0, 0, 1, 0]])[0, 2]
    np.uint8(200)
    """
    image, labels = check_pair(image, labels)
    outside = labels == 0
    values = image[outside]
    if values.size == 0:
        return image.copy()
    low, middle = np.percentile(values, (2, 50))
    background = values[values <= 2 * middle - low]
    rng = np.random.default_rng(seed)
    noise = rng.normal(background.mean(), background.std(), values.size)
    painted = image.copy()
    if image.dtype.kind == "u":
        noise = np.clip(np.rint(noise), 0, np.iinfo(image.dtype).max)
    painted[outside] = noise.astype(image.dtype)
    return painted
