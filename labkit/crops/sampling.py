"""Draw random, varied crops: what a network is trained on."""

import dataclasses

import cv2
import numpy as np

from ..params import Params
from .cutting import cut, stack
from .looks import restyle
from .targets import StarTargets, check_channels


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
    gamma : float
        Values are raised to a power between 1 / gamma and gamma.
    shade : float
        Largest relative change of brightness across half a crop.
    invert : float
        Share of crops turned into their negative.
    stain, hue : float
        Of pictures in colour: how much each stain's density changes, and by how
        much of the colour circle hues are turned (saturation along with them).
    grey, tint : float
        Share of coloured crops shown in grey, and of grey ones shown in a colour.
    """

    flip: bool = True
    rotate: float = 0.0
    scale: float = 1.1
    gain: float = 1.3
    offset: float = 0.05
    noise: float = 0.03
    blur: float = 0.5
    gamma: float = 1.0
    shade: float = 0.0
    invert: float = 0.0
    stain: float = 0.0
    hue: float = 0.0
    grey: float = 0.0
    tint: float = 0.0

    @property
    def restyles(self):
        """Whether looks change beyond blur, gain, offset and noise."""
        shares = (self.shade, self.invert, self.stain, self.hue, self.grey, self.tint)
        return self.gamma != 1 or any(shares)


class Crops:
    """Random training crops of annotated images.

    Parameters
    ----------
    found : list of Source
        From `sources`.
    targets : StarTargets or PixelTargets, optional
        What shall be learnt; by default stars.
    size : int
        Side of a crop, px; a multiple of the targets' grid.
    augment : Augment or None
        None gives upright crops as they are.
    on_object : float
        Share of crops centred near an object; the rest lies anywhere.
    chance : sequence of float, optional
        How often each image is drawn, relative to the others; by default as
        often as its area says.
    seed : int
        Same seed, same crops.

    Raises
    ------
    ValueError
        If `size` or `chance` does not fit, or a picture is in colour and the
        targets' network sees grey only.

    Examples
    --------
    >>> labels = np.zeros((64, 64), int)
    >>> labels[20:40, 20:40] = 1
    >>> found = lk.crops.sources([labels * 9.0], [labels])
    >>> crops = Crops(found, StarTargets(n_rays=8, grid=2), size=32)
    >>> crops.batch(4).dist.shape
    (4, 8, 16, 16)
    """

    def __init__(
        self,
        found,
        targets=None,
        *,
        size=128,
        augment=Augment(),
        on_object=0.85,
        chance=None,
        seed=0,
    ):
        targets = targets or StarTargets()
        grid = targets.grid
        if size % grid:
            raise ValueError(f"`size` {size} must be a multiple of `grid` {grid}")
        check_channels(found, targets.channels)
        self.found, self.targets, self.size = found, targets, size
        self.augment, self.on_object = augment, on_object
        self._rng = np.random.default_rng(seed)
        self._margin = size // (4 * grid) * grid
        self._objects = [np.flatnonzero(source.labels) for source in found]
        self._chance = _shares(chance, found)
        with_objects = self._chance * [len(pixels) > 0 for pixels in self._objects]
        self._object_chance = with_objects / (with_objects.sum() or 1)

    def batch(self, n):
        """Return `n` random crops as a `StarCrop` or `PixelCrop`."""
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
        crop = self.targets(source, self._margin)
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
        """Change looks, blur, contrast, offset and noise of a (c, s, s) image."""
        if self.augment is None:
            return image
        rng, augment = self._rng, self.augment
        if augment.restyles:
            image = restyle(image, augment, rng)
        sigma = rng.uniform(-1, 1) * augment.blur
        if sigma > 0.1:
            image = np.stack([cv2.GaussianBlur(one, (0, 0), sigma) for one in image])
        gain = augment.gain ** rng.uniform(-1, 1)
        image = image * gain + rng.uniform(-1, 1) * augment.offset
        grey = (image == image[:1]).all()
        noise = rng.standard_normal(image[:1].shape if grey else image.shape, "f4")
        return (image + noise * rng.uniform(0, augment.noise)).astype(np.float32)


def _shares(chance, found):
    """How often each image is drawn: given, or in proportion to its area."""
    if chance is None:
        chance = [source.labels.size for source in found]
    shares = np.asarray(chance, float)
    if shares.shape != (len(found),) or not (shares >= 0).all() or not shares.any():
        raise ValueError(
            f"`chance` must hold one number >= 0 for each of the {len(found)} images, "
            f"at least one above 0; got an array of shape {shares.shape}"
        )
    return shares / shares.sum()
