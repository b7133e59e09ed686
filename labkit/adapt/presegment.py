"""The first annotation of images that nobody has annotated, and its doubts."""

import dataclasses

import numpy as np

from ..auto import AutoParams, annotate_steps
from ..auto.grey import without_colour
from ..checks import check_image, check_pair
from ..labels import median_diameter, relabel
from ..objects import dilated
from ..segment import segment, segment_steps
from ..style import morphology

ALL_AREAS = AutoParams(area_tolerance=None)
LENIENT = 0.5  # of the model's threshold: what it sees then, it is not sure of
FAINT = 0.5  # contrast, of the style's median
DENTED = 0.85  # solidity
SMALL = 0.3  # area, of the image's median
MARGIN = 2  # px around what is not sure


@dataclasses.dataclass(frozen=True, eq=False)
class Presegmentation:
    """A first annotation of one image.

    Attributes
    ----------
    labels : (H, W) ndarray of int32
    unsure : (H, W) ndarray of bool
        Neither object nor background for sure; not learnt from.
    """

    labels: np.ndarray
    unsure: np.ndarray

    @property
    def diameter(self):
        """Median diameter of the objects, px; 0 without objects."""
        return median_diameter(self.labels)


def presegment(image, model=None):
    """Annotate an image that nobody has annotated (nucleAIzer's first step [1]_).

    Parameters
    ----------
    image : (H, W) or (H, W, 3) array of uint8, uint16 or float
    model : StarDist, MaskRCNN or UNetProb, optional
        Segments at the object size that it finds itself. Without one the automatic
        annotation does it, on the channel in which nuclei are seen best.

    Returns
    -------
    Presegmentation
        Unsure is what the model sees only with half the threshold, or what the
        automatic annotation saw but did not keep.

    References
    ----------
    .. [1] Hollandi et al. (2020), Cell Systems 10: 453-458.
    """
    image = check_image(image, colour=True)
    if model is None:
        steps = annotate_steps(without_colour(image), ALL_AREAS)
        return Presegmentation(steps.labels, steps.left_out & (steps.labels == 0))
    labels, diameter = segment_steps(model, image, diameter="auto")
    lenient = LENIENT * model.params.prob_thresh
    more = segment(model, image, diameter=diameter, prob_thresh=lenient)
    return Presegmentation(labels, dilated(more > 0, MARGIN) & (labels == 0))


def given(image, labels):
    """Take a user's own labels as the annotation: nothing about them is unsure."""
    _, labels = check_pair(image, labels, colour=True)
    return Presegmentation(relabel(labels), np.zeros(labels.shape, bool))


def doubt(images, found):
    """Take back objects that are unlike the others of their style.

    Parameters
    ----------
    images : list of (H, W) or (H, W, 3) array
        Of one style.
    found : list of Presegmentation

    Returns
    -------
    list of Presegmentation
        What was taken back is unsure.

    See Also
    --------
    doubtful
    """
    kept = []
    odd = doubtful(images, [one.labels for one in found])
    for one, numbers in zip(found, odd, strict=True):
        gone = np.isin(one.labels, numbers)
        labels = relabel(np.where(gone, 0, one.labels))
        unsure = (one.unsure | dilated(gone, MARGIN)) & (labels == 0)
        kept.append(Presegmentation(labels, unsure))
    return kept


def doubtful(images, labels):
    """Find objects that are unlike the others of their style.

    Such objects are wrong more often than not: of the automatic annotation of
    stained tissue in ``dsb2018_dev``, see docs/accuracy_adaptation.md.

    Parameters
    ----------
    images : list of (H, W) or (H, W, 3) array
        Of one style.
    labels : list of (H, W) array of int

    Returns
    -------
    list of (n,) ndarray of int
        Labels with less than half the contrast of the style's median object, with
        dents (merged or torn), or far smaller than the others of their image.
    """
    contrasts = [_contrasts(*pair) for pair in zip(images, labels, strict=True)]
    everything = np.concatenate([*contrasts, np.zeros(0)])
    usual = np.median(everything) if everything.size else 0.0
    odd = []
    for contrast, one in zip(contrasts, labels, strict=True):
        if not contrast.size:
            odd.append(np.zeros(0, int))
            continue
        objects = morphology(one).objects
        cut = objects["on_border"]
        small = objects["area"] < SMALL * np.median(objects["area"])
        dented = objects["solidity"] < DENTED
        faint = contrast < FAINT * usual
        odd.append(objects["label"][faint | ((dented | small) & ~cut)])
    return odd


def _contrasts(image, labels):
    """How far each object, in the order of its label, differs from the background."""
    numbers = np.unique(labels)
    numbers = numbers[numbers > 0]
    if not numbers.size:
        return np.zeros(0)
    free = ~dilated(labels > 0, MARGIN)
    planes = np.atleast_3d(np.asarray(image, np.float64))
    total = np.zeros(numbers.size)
    for plane in np.moveaxis(planes, -1, 0):
        outside = np.median(plane[free]) if free.any() else np.median(plane)
        area = np.bincount(labels.ravel())[numbers]
        inside = np.bincount(labels.ravel(), plane.ravel())[numbers] / area
        total += np.square(inside - outside)
    return np.sqrt(total)
