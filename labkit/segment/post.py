"""After the model: holes, specks, nuclei of another size, borders."""

import cv2
import numpy as np
from skimage.segmentation import expand_labels, watershed

from ..checks import check_labels, check_same_shape
from ..labels import median_diameter, relabel
from ..labels.basic import small_numbers
from ..objects import disc

MAX_OCCUPIED = 0.24  # share of an object; nucleAIzer merges scales below 1 - 0.76
CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))


def fill_holes(labels):
    """Fill what an object encloses, unless other objects lie there.

    Parameters
    ----------
    labels : (H, W) array_like of int

    Returns
    -------
    (H, W) ndarray of int32
        Copy; objects keep their numbers. What is open at the edge of the image is
        no hole.

    Examples
    --------
    >>> ring = np.ones((3, 3), int)
    >>> ring[1, 1] = 0
    >>> fill_holes(np.pad(ring, 1)).sum()
    np.int64(9)
    """
    labels = check_labels(labels).copy()
    free = (labels == 0).astype(np.uint8)
    _, holes, stats, _ = cv2.connectedComponentsWithStats(free, connectivity=4)
    height, width = labels.shape
    for number, (col, row, cols, rows, _) in enumerate(stats[1:], 1):
        if row == 0 or col == 0 or row + rows == height or col + cols == width:
            continue
        window = np.s_[row - 1 : row + rows + 1, col - 1 : col + cols + 1]
        hole = (holes[window] == number).astype(np.uint8)
        around = labels[window][(cv2.dilate(hole, CROSS) > 0) & (hole == 0)]
        if (around == around[0]).all():
            labels[window][hole > 0] = around[0]
    return labels


def drop_small(labels, min_area):
    """Remove objects of less than `min_area` px and renumber the rest.

    Parameters
    ----------
    labels : (H, W) array_like of int
    min_area : float

    Returns
    -------
    (H, W) ndarray of int32

    Examples
    --------
    >>> drop_small([[1, 0, 2, 2]], 2)
    array([[0, 0, 1, 1]], dtype=int32)
    """
    labels = relabel(labels)
    areas = np.bincount(labels.ravel())
    return relabel(np.where(areas[labels] >= min_area, labels, 0))


def add_missing(labels, more, max_occupied=MAX_OCCUPIED):
    """Add the objects of a second segmentation where the first has none.

    nucleAIzer segments at two scales, since one misses what is much larger or
    smaller than the rest, and merges them in this way [1]_.

    Parameters
    ----------
    labels, more : (H, W) array_like of int
        The first one is kept as it is.
    max_occupied : float
        Largest share of an object that may be taken already; it gets the rest.

    Returns
    -------
    (H, W) ndarray of int32
        Renumbered.

    References
    ----------
    .. [1] Hollandi et al. (2020), Cell Systems 10: 453-458 (nucleAIzer),
           post-processing.

    Examples
    --------
    >>> add_missing([[1, 1, 0, 0, 0]], [[3, 3, 0, 4, 4]])
    array([[1, 1, 0, 2, 2]], dtype=int32)
    """
    labels, more = check_labels(labels), check_labels(more, "more")
    check_same_shape(labels, more, ("labels", "more"))
    labels, more = relabel(labels), relabel(more)
    areas = np.bincount(more.ravel())
    taken = np.bincount(more[labels > 0], minlength=len(areas))
    new = taken <= max_occupied * areas
    new[0] = False
    added = new[more] & (labels == 0)
    return relabel(np.where(added, more + labels.max(), labels))


def dilate(labels, by):
    """Let objects grow into the background by `by` px, never into each other.

    nucleAIzer grows each mask by 1 px, since its network draws them small [1]_.

    Parameters
    ----------
    labels : (H, W) array_like of int
    by : float

    Returns
    -------
    (H, W) ndarray of int32
        Objects keep their numbers.

    References
    ----------
    .. [1] Hollandi et al. (2020), Cell Systems 10: 453-458 (nucleAIzer).

    Examples
    --------
    >>> dilate([[0, 0, 1, 0, 2, 0]], 1)
    array([[0, 1, 1, 1, 2, 2]], dtype=int32)
    """
    return expand_labels(check_labels(labels), by)


def drop_improbable(labels, prob, min_prob):
    """Remove objects of low mean probability, false positives, and renumber the rest.

    nucleAIzer drops those that its U-Net hardly sees [1]_.

    Parameters
    ----------
    labels : (H, W) array_like of int
    prob : (H, W) array_like of float
        Probability of lying on a nucleus, 0..1, such as ``UNetProb.prob(image)[0]``.
    min_prob : float
        Least mean over the pixels of an object.

    Returns
    -------
    (H, W) ndarray of int32

    Raises
    ------
    ValueError
        If the shapes differ.

    References
    ----------
    .. [1] Hollandi et al. (2020), Cell Systems 10: 453-458 (nucleAIzer).

    Examples
    --------
    >>> drop_improbable([[1, 1, 0, 2]], [[0.2, 0.1, 0, 0.9]], 0.5)
    array([[0, 0, 0, 1]], dtype=int32)
    """
    labels, prob = check_labels(labels), np.asarray(prob, np.float32)
    check_same_shape(labels, prob, ("labels", "prob"))
    labels = relabel(labels)
    areas = np.bincount(labels.ravel())
    sums = np.bincount(labels.ravel(), prob.ravel())
    return relabel(np.where((sums < min_prob * areas)[labels], 0, labels))


def refine_borders(labels, prob, width=None, min_prob=0.5):
    """Draw each object's border anew, within a ring, by pixel probabilities.

    The inner part of an object stays; pixels of the ring around the present
    border belong to it if they are probable (nucleAIzer's last step [1]_).

    Parameters
    ----------
    labels : (H, W) array_like of int
    prob : (H, W) array_like of float
        Probability of lying on a nucleus, 0..1, such as ``UNetProb.prob(image)[0]``.
    width : int, optional
        Of the ring to each side, px. By default a tenth of the objects' median
        diameter, at least 1.
    min_prob : float
        Pixels of the ring that are more probable belong to the object.

    Returns
    -------
    (H, W) ndarray of int32
        Objects keep their numbers. One of which nothing is probable stays as it
        is, and one too thin to have an inner part loses nothing.

    Raises
    ------
    ValueError
        If the shapes differ.

    References
    ----------
    .. [1] Hollandi et al. (2020), Cell Systems 10: 453-458 (nucleAIzer).
    """
    labels, prob = check_labels(labels), np.asarray(prob, np.float32)
    check_same_shape(labels, prob, ("labels", "prob"))
    if not labels.any():
        return labels.copy()
    if width is None:
        width = max(1, round(0.1 * median_diameter(labels)))
    labels, numbers = small_numbers(labels)
    cores, near = _cores(labels, width)
    n = len(numbers)
    has_core = np.bincount(cores.ravel(), minlength=n) > 0
    is_seen = np.bincount(labels[prob > min_prob], minlength=n) > 0
    cores = np.where((has_core & is_seen)[labels], cores, labels)
    mask = (near & (prob > min_prob)) | (cores > 0)
    return numbers[watershed(1 - prob, cores, mask=mask)]


def _cores(labels, width):
    """What of objects is `width` px from any border, and what is near an object."""
    values, around = labels.astype(np.float32), disc(width)
    low, high = cv2.erode(values, around), cv2.dilate(values, around)
    return np.where(low == high, labels, 0), high > 0
