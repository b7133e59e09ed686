"""Say in plain sentences when an annotation should not be trusted."""

import numpy as np

from ..metrics import match
from .params import AutoParams
from .steps import annotate_steps

FEW_LEVELS = 16
LEAST_KEPT = 0.5
OTHER_DIAMETERS = {0.7: 0.85, 1.4: 0.9}  # factor: least agreement, F1


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
        One sentence per doubt, empty if all looks fine. The strongest sign: a
        sound annotation hardly changes if the nuclei are taken to be a third
        smaller or larger than they are, so both are tried. (How often a doubt is
        justified, and how often it is missing, is in docs/accuracy.md.)
    """
    doubts = []
    if len(np.unique(np.asarray(image)[::2, ::2])) < FEW_LEVELS:
        doubts.append(f"few-level image: fewer than {FEW_LEVELS} grey levels")
    n_objects, n_kept = (
        np.unique(x[x > 0]).size for x in (steps.objects, steps.labels)
    )
    if n_objects == 0:
        return [*doubts, "no nuclei found"]
    if n_kept < LEAST_KEPT * n_objects:
        doubts.append(
            f"sizes vary: only {n_kept} of {n_objects} objects have a typical area"
        )
    return doubts + _unstable(image, steps)


def _unstable(image, steps):
    """Doubt an annotation that depends on the assumed diameter."""
    for factor, least in OTHER_DIAMETERS.items():
        params = AutoParams(diameter=max(factor * steps.diameter, 2.0))
        agreement = match(steps.objects, annotate_steps(image, params).objects).f1
        if agreement < least:
            doubt = (
                f"unstable: with nuclei {factor:g} times as wide as the assumed "
                f"{steps.diameter:.0f} px only {agreement:.0%} of the objects stay "
                f"the same; give the diameter if you know it"
            )
            return [doubt]
    return []
