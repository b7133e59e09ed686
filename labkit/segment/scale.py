"""The object scale: how large nuclei are here, and images brought to that size."""

import cv2
import numpy as np

from ..auto import estimate_diameter
from ..checks import check_image
from ..labels import median_diameter
from ..models.tiles import enlarge

SAME_SIZE = 1.15
LARGEST_FACTOR = 8.0


def fitting_diameter(model, image, *, tile=1024):
    """Estimate the object diameter of an image with the help of a model.

    Two passes, as in [1]_: the estimate from the image alone sets the scale of
    a first segmentation, whose median diameter is the answer.

    Parameters
    ----------
    model : labkit.models.StarDist
    image : (H, W) array
    tile : int

    Returns
    -------
    float
        Diameter of a disc of the median area, px; the first estimate where the
        model finds nothing.

    References
    ----------
    .. [1] Hollandi et al. (2020), Cell Systems 10: 453-458 (nucleAIzer).
    """
    image = check_image(image)
    first = float(np.clip(estimate_diameter(image), *limits(model)))
    second = median_diameter(
        at_scale(model, image, scale_factor(model, first), tile=tile)
    )
    return float(np.clip(second or first, *limits(model)))


def at_scale(model, image, factor, **how):
    """Segment an image scaled by `factor`, and scale the result back.

    Parameters
    ----------
    model : labkit.models.StarDist or labkit.models.UNetProb
    image : (H, W) or (H, W, 3) array
    factor : float
        From `scale_factor`.
    **how
        `tile` and `tta`, see `labkit.models.StarDist.predict`.

    Returns
    -------
    (H, W) ndarray of int32
    """
    found = model.propose(resized(image, factor), **how)
    return model.decode(*found, image.shape[:2], factor=1 / factor)


def probs_at_scale(model, image, factor, **how):
    """Pixel probabilities from an image scaled by `factor`, at the image's size.

    Parameters as `at_scale`, for a `labkit.models.UNetProb`.

    Returns
    -------
    (2, H, W) ndarray of float32
    """
    prob = model.prob(resized(image, factor), **how)
    shape = image.shape[:2]
    return np.stack([enlarge(one, 1, 1 / factor, shape) for one in prob])


def scale_factor(model, diameter):
    """By how much to scale an image with objects of this diameter.

    Parameters
    ----------
    model : labkit.models.StarDist or labkit.models.UNetProb
    diameter : float or None
        Px. None: as in training.

    Returns
    -------
    float
        1 if the size is nearly that of training.

    Raises
    ------
    ValueError
        If `diameter` is not positive or more than 8 times larger or smaller than
        in training.
    """
    if diameter is None:
        return 1.0
    low, high = limits(model)
    if not low <= diameter <= high:
        raise ValueError(
            f"`diameter` must lie between {low:.1f} and {high:.1f} px for a model "
            f"trained on objects of {model.params.diameter:.1f} px, got {diameter}"
        )
    factor = model.params.diameter / diameter
    return factor if not 1 / SAME_SIZE < factor < SAME_SIZE else 1.0


def resized(image, factor, labels=None):
    """Resize an image, and its labels along with it.

    Parameters
    ----------
    image : (H, W) or (H, W, 3) array
    factor : float
        Size of the result / size of the image.
        1 returns the image as it is.
    labels : (H, W) array of int, optional

    Returns
    -------
    (h, w) or (h, w, 3) ndarray, with `labels` a pair of it and (h, w) ndarray of int32
        The image as float32.
    """
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    if factor == 1:
        return image if labels is None else (image, labels)
    image = np.asarray(image, np.float32)
    image = cv2.resize(image, None, fx=factor, fy=factor, interpolation=how)
    if labels is None:
        return image
    size = image.shape[1::-1]
    labels = np.asarray(labels, np.float32)
    labels = cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST_EXACT)
    return image, labels.astype(np.int32)


def limits(model):
    """Smallest and largest object diameter that may be rescaled, px."""
    trained = model.params.diameter
    if not trained:
        raise ValueError("the model is not trained yet; call model.fit first")
    return trained / LARGEST_FACTOR, trained * LARGEST_FACTOR
