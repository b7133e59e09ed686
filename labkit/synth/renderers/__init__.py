"""New images for label images, in the style of images that exist.

All renderers have one interface: ``fit(images, labels, ignore=None, seed=0)`` looks at
annotated images of one style, ``render(labels, seed=0)`` makes the image that belongs
to other labels. `Renderer` learns statistics and draws from them, `CopyPaste` warps
whole nuclei into the new outlines. Neither is trained; both take seconds on a CPU.
(`labkit.models.Pix2Pix` is trained and has the same two methods.)

One rendered image has the style of one source image: background, nuclei, noise.
"""

from .copypaste import CopyPaste
from .statistics import Renderer

__all__ = ["CopyPaste", "Renderer"]
