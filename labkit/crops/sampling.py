"""Draw random, varied crops: what a network is trained on."""

import dataclasses

import cv2
import numpy as np

from ..params import Params
from .cutting import cut, stack, targets


@dataclasses.dataclass(frozen=True)
class Augment(Params):
    """How training crops are varied. Each range is drawn from uniformly.

    Attributes
    ----------
    flip : bool
        Mirror images and quarter turns.
    rotate : float
        Largest angle in degrees, on top of `flip`.
    scale : float
        Objects are scaled by 1 / scale to scale.
    gain, offset : float
        The normalised image is multiplied by 1 / gain to gain, and `offset` at
        most is added or taken away.
    noise : float
        Largest standard deviation of added noise, in normalised intensity.
    blur : float
        Largest sigma of an added blur, px; half of the crops get none.
    """

    flip: bool = True
    rotate: float = 0.0
    scale: float = 1.1
    gain: float = 1.3
    offset: float = 0.05
    noise: float = 0.03
    blur: float = 0.5


class Crops:
    """Random training crops of annotated images.

    Parameters
    ----------
    found : list of Source
        From `sources`.
    size : int
        Side of a crop, px; a multiple of `grid`.
    n_rays, grid : int
        Of the star-convex targets.
    augment : Augment or None
        None gives upright crops as they are.
    on_object : float
        Share of crops centred near an object; the rest lies anywhere.
    seed : int
        Same seed, same crops.

    Examples
    --------
    >>> labels = np.zeros((64, 64), int)
    >>> labels[20:40, 20:40] = 1
    >>> found = lk.crops.sources([labels * 9.0], [labels])
    >>> crops = Crops(found, size=32, n_rays=8, grid=2)
    >>> crops.batch(4).dist.shape
    (4, 8, 16, 16)
    """

    def __init__(
        self,
        found,
        *,
        size=128,
        n_rays=32,
        grid=2,
        augment=Augment(),
        on_object=0.85,
        seed=0,
    ):
        if size % grid:
            raise ValueError(f"`size` {size} must be a multiple of `grid` {grid}")
        self.found, self.size, self.n_rays, self.grid = found, size, n_rays, grid
        self.augment, self.on_object = augment, on_object
        self._rng = np.random.default_rng(seed)
        self._margin = size // (4 * grid) * grid
        self._objects = [np.flatnonzero(source.labels) for source in found]
        area = np.array([source.labels.size for source in found], float)
        with_objects = area * [len(pixels) > 0 for pixels in self._objects]
        self._chance = area / area.sum()
        self._object_chance = with_objects / max(with_objects.sum(), 1)

    def batch(self, n):
        """Return `n` random crops as a `Crop`."""
        return stack([self._draw() for _ in range(n)])

    def _draw(self):
        """One random crop with its targets."""
        near = self._rng.random() < self.on_object and self._object_chance.any()
        chance = self._object_chance if near else self._chance
        k = self._rng.choice(len(self.found), p=chance)
        centre = self._centre(k, near)
        source = cut(
            self.found[k], centre, self.size + 2 * self._margin, self._geometry()
        )
        crop = targets(source, self.n_rays, self.grid, self._margin)
        return crop._replace(image=self._vary(crop.image))

    def _centre(self, k, near):
        """A place in image `k`: near an object, or anywhere."""
        height, width = self.found[k].labels.shape
        if not near:
            return self._rng.random(2) * (height, width)
        pixel = self._rng.choice(self._objects[k])
        jitter = self._rng.uniform(-0.35, 0.35, 2) * self.size
        return np.array(divmod(pixel, width)) + jitter

    def _geometry(self):
        """A (2, 2) matrix from crop to image offsets: rotation, scale, mirror."""
        if self.augment is None:
            return np.eye(2)
        angle = np.deg2rad(self._rng.uniform(-1, 1) * self.augment.rotate)
        mirror = 1
        if self.augment.flip:
            angle += self._rng.integers(4) * np.pi / 2
            mirror = self._rng.choice([-1, 1])
        factor = self.augment.scale ** self._rng.uniform(-1, 1)
        cos, sin = np.cos(angle) * factor, np.sin(angle) * factor
        return np.array([[cos, -sin * mirror], [sin, cos * mirror]])

    def _vary(self, image):
        """Change blur, contrast, offset and noise of a (1, s, s) image."""
        if self.augment is None:
            return image
        rng, augment = self._rng, self.augment
        sigma = rng.uniform(-1, 1) * augment.blur
        if sigma > 0.1:
            image = cv2.GaussianBlur(image[0], (0, 0), sigma)[None]
        gain = augment.gain ** rng.uniform(-1, 1)
        image = image * gain + rng.uniform(-1, 1) * augment.offset
        noise = rng.standard_normal(image.shape, np.float32)
        return (image + noise * rng.uniform(0, augment.noise)).astype(np.float32)
