"""`Renderer`: images drawn from the statistics of real ones."""

import numpy as np

from .base import StyleRenderer
from .nuclei import along, textured, to_bins

RIM_SOFT = 2.0  # px inside the outline over which a nucleus' texture sets in


class Renderer(StyleRenderer):
    """Render images from statistics of real ones; no training.

    It is the measurement model of SIMCEP [1]_ with everything measured on images:
    per source image slow changes and texture of the background, and per nucleus the
    colour profile from its surroundings over the rim to the middle, the scatter of
    its colours around the profile, and how that scatter is correlated over space.
    Every new nucleus gets the profile and colours of one real nucleus of about its
    size, from the same source image, and fresh texture.

    What the labels leave out is not learnt as background: pixels in `ignore`, and
    those of a nucleus' colour outside the labels.

    References
    ----------
    .. [1] Lehmussola et al. (2007), https://doi.org/10.1109/TMI.2007.896925

    Examples
    --------
    >>> nuclei = lk.data.load("nuclei")
    >>> renderer = lk.synth.Renderer().fit(nuclei.images, nuclei.labels)
    >>> labels = np.zeros((64, 64), np.int32)
    >>> labels[20:40, 24:40] = 1
    >>> image = renderer.render(labels, seed=1)
    >>> image.shape, image.dtype, bool(image[labels == 1].mean() > image[0].mean())
    ((64, 64), dtype('uint8'), True)
    """

    def _nucleus(self, looks, mask, depth, rng):
        """Draw a nucleus with one real nucleus' statistics."""
        look = looks.choose(mask, rng)
        soft = np.clip(depth / RIM_SOFT, 0, 1).astype(np.float32)[..., None]
        scatter = textured(look, mask.shape, rng)
        return along(look.profile, to_bins(depth)) + soft * scatter, soft
