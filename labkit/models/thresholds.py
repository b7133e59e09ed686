"""Choose a model's probability threshold on the validation images."""

import numpy as np

from ..metrics import match
from ..stars import Stars

THRESHOLDS = (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7)
MIN_IOUS = (0.5, 0.6, 0.7, 0.8)
TIE = 0.005  # F1 values this close are equal; the lowest threshold misses least


def tune(model, validation, default):
    """Return the probability threshold with the best F1 on held-out images.

    F1 is averaged over several IoUs and all objects. Predicted objects that lie
    mostly where the annotation says nothing count neither for nor against.

    Parameters
    ----------
    model : StarDist
    validation : list of labkit.crops.Source
    default : float
        Returned where the validation images have no object.

    Returns
    -------
    float
    """
    if not any(source.labels.any() for source in validation):
        return default
    scores = np.zeros((len(THRESHOLDS), len(MIN_IOUS), 3))
    for source in validation:
        stars, inside = model.propose(
            source.image, prob_thresh=THRESHOLDS[0], normalize=False
        )
        for k, threshold in enumerate(THRESHOLDS):
            likely = Stars(*(part[stars.prob > threshold] for part in stars))
            labels = model.decode(likely, inside, source.labels.shape)
            labels = without_ignored(labels, source.ignore)
            for i, min_iou in enumerate(MIN_IOUS):
                result = match(source.labels, labels, min_iou)
                scores[k, i] += result.tp, result.fp, result.fn
    tp, fp, fn = np.moveaxis(scores, -1, 0)
    f1 = (2 * tp / np.maximum(2 * tp + fp + fn, 1)).mean(axis=1)
    return THRESHOLDS[np.flatnonzero(f1 >= f1.max() - TIE)[0]]


def without_ignored(labels, ignore):
    """Remove objects of which more than half lies on ignored pixels.

    Parameters
    ----------
    labels : (H, W) ndarray of int32
    ignore : (H, W) ndarray of bool

    Returns
    -------
    (H, W) ndarray of int32
        Copy; the other objects keep their numbers.
    """
    areas = np.bincount(labels.ravel())
    hidden = np.bincount(labels[ignore], minlength=len(areas))
    gone = hidden > areas / 2
    gone[0] = False
    return np.where(gone[labels], 0, labels).astype(labels.dtype)
