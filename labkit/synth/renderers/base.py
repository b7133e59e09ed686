"""What renderers that learn from single images share."""

import numpy as np

from ...checks import check_labels
from ...labels import median_diameter
from .background import Background
from .nuclei import Looks, boxes, depth_map
from .sources import gather

BRIGHTER = 0.06  # spread of the logarithm of a nucleus' contrast, beyond its look's

LIKE_DIAMETER = 0.25  # spread of the logarithm of diameter that passes as the same


class StyleRenderer:
    """Base of `Renderer` and `CopyPaste`: a background, and nuclei one by one.

    A subclass says in `_nucleus` how the nucleus of an outline is drawn.
    """

    def __init__(self):
        self._styles = []

    @property
    def n_sources(self):
        """Number of images with objects, whose styles are drawn from."""
        return len(self._styles)

    def fit(self, images, labels, *, ignore=None, seed=0):
        """Measure annotated images of one style.

        Parameters
        ----------
        images : sequence of (H, W) or (H, W, 3) array
            All grey or all in colour. Other types than uint8 are stretched to
            0..255 by common percentiles.
        labels : sequence of (H, W) array of int
            Drawn or automatic. Images without objects are left out, and, if there
            are others, those without background.
        ignore : sequence of (H, W) array of bool, optional
            Pixels that are neither nucleus nor background for sure.
        seed : int
            Not used, since nothing is drawn here: for the common interface.

        Returns
        -------
        self

        Raises
        ------
        ValueError, TypeError
            If numbers, shapes or kinds of images differ, or nothing is labelled.
        """
        found = [s for s in gather(images, labels, ignore) if s.labels.any()]
        with_ground = [source for source in found if source.free.any()]
        self._styles = [Style(source) for source in with_ground or found]
        return self

    def render(self, labels, *, seed=0, source=None):
        """Make an image for labels.

        Parameters
        ----------
        labels : (H, W) array of int
            Of any size; without objects it becomes background only.
        seed : int
            Same seed, same image.
        source : int, optional
            Which source image gives its style, 0..n_sources - 1; by default drawn,
            rather one whose nuclei are of the labels' size.

        Returns
        -------
        (H, W) or (H, W, 3) ndarray of uint8

        Raises
        ------
        ValueError, TypeError
            If the labels are not a label image, or `fit` was not called.
        """
        labels = check_labels(labels)
        rng = np.random.default_rng(seed)
        style = self._pick(labels, source, rng)
        slow, texture = style.background.draw(labels.shape, rng)
        signal, cover = np.zeros_like(slow), np.zeros((*labels.shape, 1), np.float32)
        for _, window, mask in boxes(labels):
            nucleus, own = self._nucleus(style.looks, mask, depth_map(mask), rng)
            signal[window] += np.exp(rng.normal(0, BRIGHTER)) * nucleus
            np.maximum(cover[window], own, out=cover[window])
        image = slow + signal + np.sqrt(1 - cover**2) * texture
        return to_levels(image, style.levels)

    def _nucleus(self, looks, mask, depth, rng):
        """Return a nucleus minus background (h, w, C), and its cover (h, w, 1)."""
        raise NotImplementedError

    def _pick(self, labels, source, rng):
        """Return the style asked for, else a random one with nuclei of like size."""
        if not self._styles:
            name = type(self).__name__
            raise ValueError(f"this {name} has seen no image yet; call fit first")
        if source is None:
            chance = np.ones(self.n_sources)
            if labels.any():
                diameters = np.array([style.diameter for style in self._styles])
                far = np.log(diameters / median_diameter(labels)) / LIKE_DIAMETER
                chance = np.exp(-0.5 * (far**2 - (far**2).min()))
            return self._styles[rng.choice(self.n_sources, p=chance / chance.sum())]
        if not 0 <= source < self.n_sources:
            raise ValueError(
                f"`source` must be one of 0..{self.n_sources - 1}, got {source}: there "
                f"are {self.n_sources} source images with objects"
            )
        return self._styles[source]


class Style:
    """What is measured on one source image."""

    def __init__(self, source):
        self.background = Background(source)
        self.looks = Looks(source, self.background.slow)
        self.levels = source.levels
        self.diameter = median_diameter(source.labels)


def to_levels(image, levels):
    """Return an image (H, W, C) with the grey values that its source has, uint8.

    Many cameras and converters leave values out; a picture that has them all is
    easily told from real ones.
    """
    channels = []
    for k, known in enumerate(levels):
        middle = (known[1:] + known[:-1]) / 2
        channels.append(known[np.searchsorted(middle, image[..., k])])
    image = np.stack(channels, axis=-1).astype(np.uint8)
    return image if image.shape[2] == 3 else np.ascontiguousarray(image[..., 0])
