"""Choose a model's probability threshold on the validation images."""

import numpy as np

from ..metrics import match

THRESHOLDS = tuple(np.linspace(0.2, 0.85, 14).round(2).tolist())
MIN_IOUS = (0.5, 0.6, 0.7, 0.8)
TIE = 0.002  # F1 values this close are equal; the lowest threshold misses least


def tune(model, validation, default):
    """Return the probability threshold with the best F1 on held-out images.

    F1 is averaged over several IoUs and over the images, so that a few images full
    of nuclei do not decide for all. Predicted objects that lie mostly where the
    annotation says nothing count neither for nor against.

    Parameters
    ----------
    model : StarDist or MaskRCNN
    validation : list of labkit.crops.Source
    default : float
        Returned where the validation images have no object.

    Returns
    -------
    float
    """
    if not any(source.labels.any() for source in validation):
        return default
    f1 = np.array([_f1_curve(model, source) for source in validation])
    f1 = np.nanmean(f1, axis=(0, 2))
    return THRESHOLDS[np.flatnonzero(f1 >= f1.max() - TIE)[0]]


def _f1_curve(model, source):
    """F1 of one image: (thresholds, IoUs); NaN where nothing is there nor found."""
    scores = np.zeros((len(THRESHOLDS), len(MIN_IOUS)))
    found = model.propose(source.image, prob_thresh=THRESHOLDS[0], normalize=False)
    for k, threshold in enumerate(THRESHOLDS):
        labels = model.decode(*found, source.labels.shape, prob_thresh=threshold)
        labels = without_ignored(labels, source.ignore)
        for i, min_iou in enumerate(MIN_IOUS):
            result = match(source.labels, labels, min_iou)
            nothing = not (result.tp or result.fp or result.fn)
            scores[k, i] = np.nan if nothing else result.f1
    return scores


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
