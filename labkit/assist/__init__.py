"""Contour assist: from a rough line around an object to its outline.

Someone draws carelessly around a nucleus (or clicks it, or pulls up a box), and gets
the contour back to look at, to correct, to accept [1]_. `suggest` gives the best
one, `suggestions` also what else it might be. The evidence is either the shipped
network's, a `ProbMap` of the whole image that is computed in the background, or the
image's own brightness or stain, which needs no model. The drawn line counts as well:
it tells which object is meant, what is dark and what bright, and where to cut.

References
----------
.. [1] Hollandi et al. (2020), AnnotatorJ, Mol. Biol. Cell 31: 2179-2186.
       https://doi.org/10.1091/mbc.E20-02-0156
"""

from .probmap import ProbMap
from .prompts import from_box, from_click, from_scribble
from .suggesting import METHODS, Suggestion, suggest, suggestions

__all__ = [
    "METHODS",
    "ProbMap",
    "Suggestion",
    "from_box",
    "from_click",
    "from_scribble",
    "suggest",
    "suggestions",
]
