"""Segment one image: the object scale, the model, and what may follow."""

import os
from typing import NamedTuple

import numpy as np

from ..checks import check_image
from .options import PostParams, finish
from .post import add_missing
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
    model : labkit.models.Model
        A StarDist, UNetProb or MaskRCNN, trained or loaded.
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
    borders=None,
    tile=1024,
    post=None,
    **options,
):
    """Segment one image and return the object scale along with the labels.

    Parameters
    ----------
    model : labkit.models.Model
        A StarDist, UNetProb or MaskRCNN, trained or loaded.
    image : (H, W) or (H, W, 3) array of uint8, uint16 or float
        Colour needs a model that has seen some, such as ``StarDist.load("nuclei")``.
    diameter : float, "auto" or None
        Typical object diameter in this image, px. None: that of the training
        images (`Model.diameter`). "auto": found by the model, see
        `fitting_diameter`.
    tta : bool
        Test-time augmentation: look at the image turned and mirrored in all 8 ways
        and average the answers, or where these are no maps merge the masks.
        Steadier, 8 times the time.
    borders : labkit.models.UNetProb or bool, optional
        Draw the objects' borders by this model, see `refine_borders`, and drop what
        it holds for improbable. True: by the one that comes along.
    tile : int
        Side of the part computed at once, px; bounds the memory.
    post : PostParams, optional
        What follows the model, such as `search` finds it.
    **options
        What follows the model, one by one: `scales`, `holes`, `min_area`, `dilate`
        and the others of `PostParams`. They win over `post`.

    Returns
    -------
    Segmentation

    Raises
    ------
    ValueError
        If the image is unusable, the model is not trained, an option is unknown or
        makes no sense, or `diameter` is not positive or more than 8 times larger or
        smaller than the trained one.

    References
    ----------
    .. [1] Englbrecht et al. (2021), PLOS ONE 16(4): e0250093, "Adaptability".
    .. [2] Hollandi et al. (2020), Cell Systems 10: 453-458 (nucleAIzer), which
           segments at an estimated object scale, at two scales, and post-processes.
    """
    _check_call(model, options)
    image = check_image(image, colour=True)
    post = (post or PostParams()).replace(**options)
    borders = _shipped_borders(model) if borders is True else borders or None
    diameter = find_diameter(model, image, diameter, tile)
    first, *others = post.scales
    factor, how = scale_factor(model, diameter), {"tile": tile, "tta": tta}
    if post.prob_thresh is not None:
        how["prob_thresh"] = post.prob_thresh
    labels = at_scale(model, image, factor * first, **how)
    for scale in others:
        labels = add_missing(labels, at_scale(model, image, factor * scale, **how))
    prob = None
    if borders is not None:
        factor = scale_factor(borders, diameter)
        prob = probs_at_scale(borders, image, factor, tile=tile, tta=tta)[0]
    return Segmentation(finish(labels, post, diameter=diameter, prob=prob), diameter)


def _check_call(model, options):
    """Raise an error for what is no model, and for options that there are not."""
    if isinstance(model, str | os.PathLike):
        raise TypeError(
            f"`model` is the name {str(model)!r}, not a model; load it first: "
            f"labkit.models.load({str(model)!r})"
        )
    if isinstance(model, np.ndarray):
        raise TypeError("`model` is an array; the model comes first, then the image")
    known = vars(PostParams())
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise ValueError(
            f"segment has no option {unknown}; known are diameter, tta, borders, tile, "
            f"post, and those of PostParams: {', '.join(known)}"
        )


def _shipped_borders(model):
    """Load the U-Net that comes along, to where the model computes."""
    from ..models import UNetProb

    return UNetProb.load("nuclei", device=model.device)


def find_diameter(model, image, diameter, tile):
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
