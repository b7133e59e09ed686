"""Segment one image: the object scale, the model, and what may follow."""

from typing import NamedTuple

import numpy as np

from ..checks import check_image
from .post import add_missing, drop_small, fill_holes, refine_borders
from .scale import at_scale, fitting_diameter, probs_at_scale, scale_factor


class Segmentation(NamedTuple):
    """A label image and the scale it was found at.

    Attributes
    ----------
    labels : (H, W) ndarray of int32
    diameter : float
        Typical object diameter, px, that the image was scaled by: as given, as
        estimated, or that of the model's training.
    """

    labels: np.ndarray
    diameter: float


def segment(model, image, **options):
    """Segment one image, whatever the size of its objects.

    Parameters
    ----------
    model : labkit.models.StarDist or labkit.models.UNetProb
        Trained or loaded.
    image : (H, W) or (H, W, 3) array of uint8, uint16 or float
    **options
        As of `segment_steps`, which also says what `segment` does with them.

    Returns
    -------
    (H, W) ndarray of int32
        Label image of the image's own size.
    """
    return segment_steps(model, image, **options).labels


def segment_steps(
    model,
    image,
    *,
    diameter=None,
    tta=False,
    scales=(1.0,),
    borders=None,
    holes=False,
    min_area=0.0,
    tile=1024,
):
    """Segment one image and return the object scale along with the labels.

    Parameters
    ----------
    model : labkit.models.StarDist or labkit.models.UNetProb
        Trained or loaded.
    image : (H, W) or (H, W, 3) array of uint8, uint16 or float
        Colour needs a model that has seen some, such as ``StarDist.load("nuclei")``.
    diameter : float, "auto" or None
        Typical object diameter in this image, px. None: that of the training
        images (`Model.diameter`). "auto": found by the model, see
        `fitting_diameter`.
    tta : bool
        Test-time augmentation: average over the 8 ways to turn and mirror the
        image. Steadier, 8 times the time.
    scales : sequence of float
        Look also at the image enlarged by these factors on top, and add what the
        first one misses, see `add_missing`.
    borders : labkit.models.UNetProb, optional
        Draw the objects' borders by this model, see `refine_borders`.
    holes : bool
        Whether objects may have holes. False fills them.
    min_area : float
        Objects of fewer px are dropped.
    tile : int
        Side of the part computed at once, px; bounds the memory.

    Returns
    -------
    Segmentation

    Raises
    ------
    ValueError
        If the image is unusable, the model is not trained, a scale is not
        positive, or `diameter` is not positive or more than 8 times larger or
        smaller than the trained one.

    References
    ----------
    .. [1] Englbrecht et al. (2021), PLOS ONE 16(4): e0250093, "Adaptability".
    .. [2] Hollandi et al. (2020), Cell Systems 10: 453-458 (nucleAIzer), which
           segments at an estimated object scale, at two scales, and post-processes.
    """
    image = check_image(image, colour=True)
    diameter = _diameter(model, image, diameter, tile)
    first, *others = _check_scales(scales)
    factor, how = scale_factor(model, diameter), {"tile": tile, "tta": tta}
    labels = at_scale(model, image, factor * first, **how)
    for scale in others:
        labels = add_missing(labels, at_scale(model, image, factor * scale, **how))
    if borders is not None:
        factor = scale_factor(borders, diameter)
        prob = probs_at_scale(borders, image, factor, **how)[0]
        labels = refine_borders(labels, prob)
    labels = labels if holes else fill_holes(labels)
    labels = drop_small(labels, min_area) if min_area else labels
    return Segmentation(labels, diameter)


def _diameter(model, image, diameter, tile):
    """The typical object diameter, px: as given, as estimated, or as trained."""
    if diameter is None:
        return model.diameter
    if not isinstance(diameter, str):
        return diameter
    if diameter == "auto":
        return fitting_diameter(model, image, tile=tile)
    raise ValueError(
        f"`diameter` must be a number of px, 'auto' or None, got {diameter!r}"
    )


def _check_scales(scales):
    """Raise ValueError unless there is a scale and all are above 0."""
    values = np.atleast_1d(np.asarray(scales, float))
    if not values.size or not ((values > 0) & np.isfinite(values)).all():
        raise ValueError(
            f"`scales` must hold at least one number above 0, got {scales}; "
            f"(1, 2) looks at the image as it is and enlarged twice"
        )
    return values.tolist()
