"""Automatic annotation: label images of nuclei without drawing or training.

Englbrecht et al. 2021 annotate with classical image processing and keep only the
nuclei that look typical: good enough to train a network that then does better than
its own annotation. ``method="otsu"`` is their procedure. ``method="local"``
replaces its one threshold by a comparison with the surroundings, so that uneven
light, dim nuclei and dense frames survive, and reads its lengths off the image.

References
----------
.. [1] Englbrecht F, Ruider IE, Bausch AR, "Automatic image annotation for fluorescent
   cell nuclei segmentation", PLoS ONE 16(4):e0250093, 2021,
   doi:10.1371/journal.pone.0250093
"""

from .diagnosis import diagnose
from .diameter import estimate_diameter
from .explaining import Explanation, explain
from .filters import keep_typical_area, noise_background
from .flood import split_touching
from .params import AutoParams
from .steps import AutoSteps, annotate, annotate_steps
from .threshold import foreground

__all__ = [
    "AutoParams",
    "AutoSteps",
    "Explanation",
    "annotate",
    "annotate_steps",
    "diagnose",
    "estimate_diameter",
    "explain",
    "foreground",
    "keep_typical_area",
    "noise_background",
    "split_touching",
]
