"""How sure a segmentation is of each object: it should see it from every side."""

import numpy as np

from ..checks import check_image, check_pair
from ..labels import overlaps
from ..models.views import VIEWS, turn, turn_back
from .whole import segment


def agreement(model, image, labels, *, n_views=7, **options):
    """Score each object by how alike it is found in turned and mirrored images.

    A network is not indifferent to turning, although nuclei are. Objects that it
    outlines otherwise, or not at all, when the image is turned are those to look at
    first.

    Parameters
    ----------
    model : labkit.models.StarDist or labkit.models.UNetProb
    image : (H, W) or (H, W, 3) array of uint8, uint16 or float
    labels : (H, W) array_like of int
        What is to be judged: the model's own answer, or another's.
    n_views : int
        How many of the 7 views besides the plain one; each is a segmentation.
    **options
        Of `segment`, such as the diameter that the labels were made with.

    Returns
    -------
    dict of int to float
        Label to its mean IoU with the best match in each view, 0..1.

    Raises
    ------
    ValueError, TypeError
        As `segment`, and if image and labels differ in shape.

    Examples
    --------
    >>> model = lk.models.StarDist.load("nuclei")
    >>> data = lk.data.load("nuclei")
    >>> image = data.images[0][:128, :128]
    >>> labels = lk.segment.segment(model, image)
    >>> scores = agreement(model, image, labels, n_views=1)
    >>> sorted(scores) == np.unique(labels)[1:].tolist()
    True
    """
    image = check_image(image, colour=True)
    _, labels = check_pair(image, labels, colour=True)
    if not 1 <= n_views <= len(VIEWS) - 1:
        raise ValueError(f"`n_views` must lie in 1 to {len(VIEWS) - 1}, got {n_views}")
    numbers = np.unique(labels)[1:]
    total = np.zeros(len(numbers))
    for view in VIEWS[1 : n_views + 1]:
        found = segment(model, turn(image, *view), **options)
        total += _best_ious(labels, turn_back(found, *view), numbers)
    scores = total / n_views
    return dict(zip(numbers.tolist(), scores.round(4).tolist(), strict=True))


def _best_ious(labels, found, numbers):
    """IoU of each label with the object that covers it best, 0 if there is none."""
    ours, theirs, common = overlaps(labels, found).T
    area, their_area = np.bincount(labels.ravel()), np.bincount(found.ravel())
    there = (ours > 0) & (theirs > 0)
    ours, theirs, common = ours[there], theirs[there], common[there]
    best = np.zeros(len(area))
    union = area[ours] + their_area[theirs] - common
    np.maximum.at(best, ours, common / union)
    return best[numbers]
