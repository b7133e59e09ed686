"""Say in plain sentences when an annotation should not be trusted."""

import numpy as np


def diagnose(image, steps):
    """Look for signs that an annotation went wrong.

    Parameters
    ----------
    image : (H, W) ndarray
    steps : AutoSteps
        What `annotate_steps` returned for it.

    Returns
    -------
    list of str
        One sentence per doubt, empty if all looks fine.
    """
    doubts = []
    if len(np.unique(np.asarray(image)[::2, ::2])) < 16:
        doubts.append("few-level image: fewer than 16 grey levels")
    areas = np.bincount(steps.objects.ravel())[1:]
    areas = areas[areas > 0]
    if areas.size == 0:
        return [*doubts, "no nuclei found"]
    kept = np.unique(steps.labels).size - 1
    if kept < 0.5 * areas.size:
        doubts.append("area distribution is broad: less than half of the objects kept")
    return doubts
