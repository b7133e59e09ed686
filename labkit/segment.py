"""A trained model on a real image, at the object size it was trained on.

A network knows objects of one size only: shown at twice the magnification, the
same nuclei are missed (Englbrecht et al. 2021, where the model of the other
magnification scores an IoU of 0.155). So the image is rescaled until its
objects have the trained diameter, and the result is scaled back as polygons,
not as pixels, so that outlines stay smooth.
"""

import cv2
import numpy as np

from .auto import estimate_diameter
from .checks import check_image
from .labels import object_table

SAME_SIZE = 1.15
LARGEST_FACTOR = 8.0


def segment(model, image, *, diameter=None, tile=1024):
    """Segment one image, whatever the size of its objects.

    Parameters
    ----------
    model : labkit.models.StarDist
        Trained or loaded.
    image : (H, W) array of uint8, uint16 or float
    diameter : float, "auto" or None
        Typical object diameter in this image, px. None: the same as in
        training, nothing is rescaled. "auto": estimated from the image, then
        once more from a first segmentation (see `fitting_diameter`).
    tile : int
        Side of the part computed at once, px; bounds the memory.

    Returns
    -------
    (H, W) ndarray of int32
        Label image of the image's own size.

    Raises
    ------
    ValueError
        If the image is unusable, or `diameter` is not positive or more than 8
        times larger or smaller than the trained one.

    References
    ----------
    .. [1] Englbrecht et al. (2021), PLOS ONE 16(4): e0250093, "Adaptability".
    .. [2] Hollandi et al. (2020), Cell Systems 10: 453-458 (nucleAIzer), which
           segments at an estimated object scale.
    """
    image = check_image(image)
    if diameter is None:
        return model.predict(image, tile=tile)
    if isinstance(diameter, str):
        if diameter != "auto":
            raise ValueError(
                f"`diameter` must be a number of px, 'auto' or None, got {diameter!r}"
            )
        diameter = fitting_diameter(model, image, tile=tile)
    return _at_scale(model, image, _factor(model, diameter), tile)


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
    first = float(np.clip(estimate_diameter(image), *_limits(model)))
    areas = object_table(_at_scale(model, image, _factor(model, first), tile))["area"]
    if len(areas) == 0:
        return first
    second = float(2 * np.sqrt(np.median(areas) / np.pi))
    return float(np.clip(second, *_limits(model)))


def _at_scale(model, image, factor, tile):
    """Segment the image scaled by `factor`, and scale the polygons back."""
    if 1 / SAME_SIZE < factor < SAME_SIZE:
        return model.predict(image, tile=tile)
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    image = image.astype(np.float32)
    scaled = cv2.resize(image, None, fx=factor, fy=factor, interpolation=how)
    stars, inside = model.propose(scaled, tile=tile)
    return model.decode(stars, inside, image.shape, factor=1 / factor)


def _factor(model, diameter):
    """By how much to scale an image with objects of this diameter."""
    low, high = _limits(model)
    if not low <= diameter <= high:
        raise ValueError(
            f"`diameter` must lie between {low:.1f} and {high:.1f} px for a model "
            f"trained on objects of {model.params.diameter:.1f} px, got {diameter}"
        )
    return model.params.diameter / diameter


def _limits(model):
    """Smallest and largest object diameter that may be rescaled, px."""
    trained = model.params.diameter
    if not trained:
        raise ValueError("the model is not trained yet; call model.fit first")
    return trained / LARGEST_FACTOR, trained * LARGEST_FACTOR
