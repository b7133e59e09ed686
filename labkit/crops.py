"""Training crops: normalise, augment, sample.

A network sees small crops, not whole images. Each crop is cut from the image in
one step together with its rotation, scale and mirror image, so that no corner
is ever invented; the objects' full shape is known beyond the crop's edge, so
that rays of cut nuclei stay true. Where an image says nothing (outside its
frame, or foreground that the annotation left out) the weight is 0.
"""

import dataclasses
from typing import NamedTuple

import cv2
import numpy as np

from .checks import check_image, check_pair, check_same_shape
from .params import Params
from .stars import star_targets


@dataclasses.dataclass(frozen=True)
class Augment(Params):
    """How training crops are varied. Each range is drawn from uniformly.

    Attributes
    ----------
    rotate : bool
        Any angle and mirror images.
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

    rotate: bool = True
    scale: float = 1.15
    gain: float = 1.8
    offset: float = 0.15
    noise: float = 0.06
    blur: float = 0.8


class Crop(NamedTuple):
    """A batch of crops and its targets; `n` crops, side `s` px, grid `g`."""

    image: np.ndarray  # (n, 1, s, s) float32
    prob: np.ndarray  # (n, 1, s / g, s / g) float32, 0..1
    dist: np.ndarray  # (n, n_rays, s / g, s / g) float32, px
    weight: np.ndarray  # (n, 1, s / g, s / g) float32, 0 where unknown


class Source(NamedTuple):
    """One annotated image, normalised."""

    image: np.ndarray  # (H, W) float32
    labels: np.ndarray  # (H, W) int32
    ignore: np.ndarray  # (H, W) bool


def normalize(image, low=1.0, high=99.8):
    """Stretch an image so that two of its percentiles become 0 and 1.

    Parameters
    ----------
    image : (H, W) array_like of uint8, uint16 or float
    low, high : float
        Percentiles of the image, 0..100.

    Returns
    -------
    (H, W) ndarray of float32
        Not clipped; all zeros for an image of one value.

    Examples
    --------
    >>> normalize(np.array([[10, 20], [30, 40]], np.uint8), 0, 100)[1]
    array([0.6666667, 1.       ], dtype=float32)
    """
    image = check_image(image)
    if not 0 <= low < high <= 100:
        raise ValueError(
            f"`low` and `high` must be percentiles with 0 <= low < high <= 100, "
            f"got {low} and {high}"
        )
    bottom, top = _percentiles(image, (low, high))
    span = top - bottom if top > bottom else 1.0
    return (image.astype(np.float32) - np.float32(bottom)) / np.float32(span)


def _percentiles(image, percents):
    """Percentiles; from the histogram where the values are whole numbers."""
    if image.dtype.kind == "f":
        return np.percentile(image, percents)
    counts = np.cumsum(np.bincount(image.ravel()))
    ranks = np.asarray(percents) / 100 * (counts[-1] - 1)
    below, above = np.floor(ranks), np.ceil(ranks)
    value_below = np.searchsorted(counts, below, side="right")
    value_above = np.searchsorted(counts, above, side="right")
    return value_below + (ranks - below) * (value_above - value_below)


def sources(images, labels, ignore=None):
    """Check annotated images and normalise them, ready for `Crops`.

    Parameters
    ----------
    images : sequence of (H, W) array
    labels : sequence of (H, W) array of int
        As many, each of its image's shape.
    ignore : sequence of (H, W) array of bool, optional
        Pixels about which the labels say nothing. They are not learnt from.

    Returns
    -------
    list of Source

    Raises
    ------
    ValueError
        If the numbers or shapes differ, or no label image has an object.
    """
    images, labels = list(images), list(labels)
    if ignore is None:
        ignore = [np.zeros(np.shape(one), bool) for one in labels]
    if not len(images) == len(labels) == len(ignore):
        raise ValueError(
            f"got {len(images)} images, {len(labels)} label images and "
            f"{len(ignore)} ignore masks; there must be one of each per image"
        )
    found = []
    for k, (image, label, mask) in enumerate(zip(images, labels, ignore, strict=True)):
        names = (f"images[{k}]", f"labels[{k}]")
        image, label = check_pair(image, label, names)
        check_same_shape(label, np.asarray(mask), (names[1], f"ignore[{k}]"))
        found.append(Source(normalize(image), label, np.asarray(mask, bool)))
    if not any(source.labels.any() for source in found):
        raise ValueError(
            f"none of the {len(found)} label images has an object, so there is "
            f"nothing to learn; look at the annotation first"
        )
    return found


def hold_out(found, fraction=0.12):
    """Split sources into training and validation, never overlapping.

    With ten or more images whole images are held out, spread evenly; with
    fewer, the bottom strip of each.

    Parameters
    ----------
    found : list of Source
    fraction : float
        Share of the pixels or images that is held out, 0 < fraction < 1.

    Returns
    -------
    training, validation : list of Source
    """
    if not 0 < fraction < 1:
        raise ValueError(f"`fraction` must lie between 0 and 1, got {fraction}")
    if len(found) >= 10:
        n_held = max(1, round(fraction * len(found)))
        held = set(np.linspace(0, len(found) - 1, n_held + 2)[1:-1].astype(int))
        return (
            [source for k, source in enumerate(found) if k not in held],
            [source for k, source in enumerate(found) if k in held],
        )
    training, validation = [], []
    for source in found:
        cut = round(source.labels.shape[0] * (1 - fraction))
        training.append(Source(*(array[:cut] for array in source)))
        validation.append(Source(*(array[cut:] for array in source)))
    return training, validation


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
    >>> crops = Crops(sources([labels * 9.0], [labels]), size=32, n_rays=8, grid=2)
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
        angle = self._rng.uniform(0, 2 * np.pi) if self.augment.rotate else 0.0
        factor = self.augment.scale ** self._rng.uniform(-1, 1)
        mirror = self._rng.choice([-1, 1]) if self.augment.rotate else 1
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


def cut(source, centre, size, geometry=((1, 0), (0, 1))):
    """Cut a square out of a source, turned and scaled by `geometry`.

    Parameters
    ----------
    source : Source
    centre : (2,) array_like of float
        Row and column of the square's centre.
    size : int
        Side, px.
    geometry : (2, 2) array_like of float
        From (row, col) offsets in the crop to offsets in the image.

    Returns
    -------
    Source
        Outside the image: mirrored pixels, no labels, ignored.
    """
    geometry = np.asarray(geometry, float)
    shift = np.asarray(centre) - geometry @ np.full(2, (size - 1) / 2)
    source, corner = _around(source, centre, size * np.linalg.norm(geometry))
    matrix = np.c_[geometry[::-1, ::-1], (shift - corner)[::-1]]  # cv2 wants (x, y)

    def warp(array, how, border, value=0):
        return cv2.warpAffine(
            array,
            matrix,
            (size, size),
            flags=how | cv2.WARP_INVERSE_MAP,
            borderMode=border,
            borderValue=value,
        )

    image = warp(source.image, cv2.INTER_LINEAR, cv2.BORDER_REFLECT_101)
    labels = warp(
        source.labels.astype(np.float32, copy=False),
        cv2.INTER_NEAREST,
        cv2.BORDER_CONSTANT,
    )
    ignore = warp(
        source.ignore.view(np.uint8), cv2.INTER_NEAREST, cv2.BORDER_CONSTANT, 1
    )
    return Source(image, labels.astype(np.int32), ignore > 0)


def _around(source, centre, reach):
    """The part of a source within `reach` of `centre`, and its first corner."""
    shape = np.array(source.labels.shape)
    first = np.clip(np.floor(np.asarray(centre) - reach).astype(int), 0, shape - 1)
    stop = np.clip(np.ceil(np.asarray(centre) + reach).astype(int), first + 1, shape)
    box = (slice(first[0], stop[0]), slice(first[1], stop[1]))
    return Source(*(array[box] for array in source)), first


def targets(source, n_rays, grid, margin=0):
    """Turn a square source into network input and targets, without its margin.

    Returns
    -------
    Crop
        Of one crop, without the leading batch axis.
    """
    prob, dist = star_targets(source.labels, n_rays, grid=grid)
    inner = slice(margin, source.labels.shape[0] - margin)
    coarse = slice(inner.start // grid, inner.stop // grid)
    known = ~source.ignore[inner, inner][::grid, ::grid]
    return Crop(
        source.image[None, inner, inner],
        prob[None, coarse, coarse],
        np.moveaxis(dist[coarse, coarse], -1, 0),
        known[None].astype(np.float32),
    )


def stack(crops):
    """Put crops of one size together as a batch."""
    return Crop(*(np.stack(arrays) for arrays in zip(*crops, strict=True)))


def tile_crops(found, *, size=128, n_rays=32, grid=2, at_most=48):
    """Upright crops that cover the sources evenly, for validation.

    Returns
    -------
    Crop
        At most `at_most` crops, the same at every call.
    """
    places = []
    for k, source in enumerate(found):
        for row in range(0, source.labels.shape[0], size):
            for col in range(0, source.labels.shape[1], size):
                places.append((k, row, col))
    chosen = np.linspace(0, len(places) - 1, min(at_most, len(places))).astype(int)
    half, margin = (size - 1) / 2, size // (4 * grid) * grid
    cuts = (
        cut(found[k], (row + half, col + half), size + 2 * margin)
        for k, row, col in (places[index] for index in chosen)
    )
    return stack([targets(one, n_rays, grid, margin) for one in cuts])
