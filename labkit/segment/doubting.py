"""Say in plain sentences when a segmentation should not be trusted."""

import numpy as np

from ..checks import check_pair

LEAST_CONTRAST = 1.0  # standard deviations; true nuclei of 545 images: 1.2 or more


def diagnose(image, labels):
    """Look for signs that there are no nuclei where a model saw some.

    A network has never seen noise or an empty field, so it may find nuclei there.
    What it finds is then as bright as what it leaves, or nearly so.

    Parameters
    ----------
    image : (H, W) or (H, W, 3) ndarray
    labels : (H, W) ndarray of int
        What a model made of it.

    Returns
    -------
    list of str
        One sentence for each doubt, empty if all looks fine.

    Raises
    ------
    ValueError, TypeError
        If image and labels are unusable, or differ in shape.

    Examples
    --------
    >>> nuclei = lk.data.load("nuclei")
    >>> lk.segment.diagnose(nuclei.images[0], nuclei.labels[0])
    []
    >>> lk.segment.diagnose(nuclei.images[0], 0 * nuclei.labels[0])
    ['no nuclei found']
    """
    image, labels = check_pair(image, labels, colour=True)
    inside = labels > 0
    if not inside.any():
        return ["no nuclei found"]
    if inside.all() or _contrast(image, inside) >= LEAST_CONTRAST:
        return []
    seen = "what was found is hardly brighter or darker than the rest"
    return [f"{seen}: noise or texture instead of nuclei?"]


def _contrast(image, inside):
    """Return the distance of the two means in standard deviations, best channel."""
    pixels = image if image.ndim == 3 else image[..., None]
    nuclei, rest = (pixels[mask].astype(np.float32) for mask in (inside, ~inside))
    apart = np.abs(nuclei.mean(axis=0) - rest.mean(axis=0))
    spread = np.sqrt((nuclei.var(axis=0) + rest.var(axis=0)) / 2)
    return float(np.max(apart / np.maximum(spread, 1e-6)))
