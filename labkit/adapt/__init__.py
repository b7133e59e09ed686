"""Adapt a model to images that nobody has annotated: nucleAIzer in one call.

`adapt` does it all. Its stages can be called one by one: `presegment` and `doubt`
make a first annotation, `labkit.style` groups the images, `fit_renderer` and
`synthesise` make new image-mask pairs in each style, `train` learns from them.
"""

from .adapting import Adaptation, adapt
from .examples import Example, fit_renderer, synthesise, to_uniform, train
from .params import AdaptParams
from .presegment import Presegmentation, doubt, doubtful, given, presegment

__all__ = [
    "AdaptParams",
    "Adaptation",
    "Example",
    "Presegmentation",
    "adapt",
    "doubt",
    "doubtful",
    "fit_renderer",
    "given",
    "presegment",
    "synthesise",
    "to_uniform",
    "train",
]
