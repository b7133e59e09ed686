"""Background: what lies between the nuclei, continued under them."""

import cv2
import numpy as np

SMOOTH = 12.0  # px, sigma that divides slow changes from texture
PATCHES = (40, 28, 20, 14, 10)  # px, sides to try, largest first
MIN_PLACES = 60  # so many places to cut patches from are enough variety
N_TRIES = 24  # patches compared for each place of the quilt
COARSE = 4  # px, raster on which slow changes are computed
FEATHER = 4.0  # px, from real to continued background
ALIKE = 0.4  # how much overlapping patches correlate; keeps their mean's spread right


class Background:
    """The background of one source image.

    Parameters
    ----------
    source : Source

    Attributes
    ----------
    slow : (H, W, C) ndarray of float32
        Slow changes: the mean of the free pixels around, weighted by distance
        (normalised convolution, Knutsson and Westin 1993).
    texture : (H, W, C) ndarray of float32
        What remains; only meaningful where free.
    """

    def __init__(self, source):
        self.slow = slow_changes(source.image, source.free)
        self.free = source.free
        self.texture = np.where(source.free[..., None], source.image - self.slow, 0)
        self.patch, self.places = _places(source.free)

    def draw(self, shape, rng):
        """Return slow changes and texture (H, W, C) of a new background.

        The source's own background, turned and shifted; where nuclei were and beyond
        the image, a quilt of its free patches (Efros and Freeman 2001).
        """
        slow, texture, real = self._moved(shape, rng)
        quilt = self._quilt(texture, real, rng)
        depth = cv2.distanceTransform(real.astype(np.uint8), cv2.DIST_L2, 3)
        weight = np.clip(depth / FEATHER, 0, 1)[..., None]
        mixed = weight * texture + (1 - weight) * quilt
        return slow, mixed / _spread(1, weight**2 + (1 - weight) ** 2)

    def _moved(self, shape, rng):
        """Return slow changes, texture and mask of real pixels, turned and shifted."""
        turns = (
            rng.integers(4)
            if self.free.shape[0] == self.free.shape[1]
            else (2 * rng.integers(2))
        )
        mirror = rng.integers(2)
        room = [max(a - b, 0) for a, b in zip(self.free.shape, shape, strict=True)]
        top, left = (rng.integers(r + 1) for r in room)
        moved = []
        for array in (self.slow, self.texture, self.free):
            array = np.rot90(array, turns)
            array = array[:, ::-1] if mirror else array
            array = array[top : top + shape[0], left : left + shape[1]]
            more = [(0, b - a) for a, b in zip(array.shape[:2], shape, strict=True)]
            more += [(0, 0)] * (array.ndim - 2)
            how = "constant" if array.dtype == bool else "symmetric"
            moved.append(np.pad(array, more, mode=how))
        return moved

    def _quilt(self, texture, real, rng):
        """Return `texture` (H, W, C) with patches sewn in where it is not real."""
        if self.patch == 0:
            return self._grain(real.shape, rng)
        side, overlap = self.patch, max(3, self.patch // 4)
        more = [(overlap, side + overlap)] * 2
        mass = np.pad(real.astype(np.float32), more)[..., None]
        total = mass * np.pad(texture, [*more, (0, 0)])
        energy, window = mass.copy(), _window(side, overlap)
        for row in range(0, real.shape[0] + overlap, side - overlap):
            for column in range(0, real.shape[1] + overlap, side - overlap):
                place = slice(row, row + side), slice(column, column + side)
                within = real[
                    max(row - overlap, 0) : row - overlap + side,
                    max(column - overlap, 0) : column - overlap + side,
                ]
                if within.all():
                    continue
                present = total[place] / _spread(mass[place], energy[place])
                patch = self._fitting(present, mass[place][..., 0] > 0, rng)
                total[place] += window * patch
                mass[place] += window
                energy[place] += window**2
        quilt = total / _spread(mass, energy)
        return quilt[overlap:, overlap:][: real.shape[0], : real.shape[1]]

    def _fitting(self, present, there, rng):
        """Return the one of some patches that continues best what is there."""
        side = self.patch
        chosen = self.places[rng.integers(len(self.places), size=N_TRIES)]
        patches = np.stack(
            [self.texture[r : r + side, c : c + side] for r, c in chosen]
        )
        errors = np.square((patches - present) * there[..., None]).sum(axis=(1, 2, 3))
        return patches[int(np.argmin(errors))]

    def _grain(self, shape, rng):
        """Return independent draws from the few free pixels there are."""
        pixels = self.texture[self.free]
        if not len(pixels):
            return np.zeros((*shape, self.texture.shape[2]), np.float32)
        return pixels[rng.integers(len(pixels), size=shape)]


def slow_changes(image, free, sigma=SMOOTH):
    """Return the mean of free pixels around each pixel, weighted by distance.

    Parameters
    ----------
    image : (H, W, C) ndarray of float32
    free : (H, W) ndarray of bool
    sigma : float
        px; where no free pixel is near, a larger one is taken.

    Returns
    -------
    (H, W, C) ndarray of float32
        If nothing is free, all alike: the darkest of a grey image, as in
        fluorescence, the lightest of one in colour, as in stained tissue.
    """
    if not free.any():
        share = 0.02 if image.shape[2] == 1 else 0.98
        ground = np.quantile(image.reshape(-1, image.shape[2]), share, axis=0)
        return np.broadcast_to(ground.astype(np.float32), image.shape)
    small = tuple(-(-n // COARSE) for n in free.shape)[::-1]
    weight = cv2.resize(free.astype(np.float32), small, interpolation=cv2.INTER_AREA)
    values = cv2.resize(
        image * free[..., None], small, interpolation=cv2.INTER_AREA
    ).reshape(*weight.shape, -1)
    total, mass = 1e-8 * image[free].mean(axis=0), 1e-8
    for k, factor in enumerate((1, 2, 4, 16)):
        width = (0, 0), factor * sigma / COARSE
        total = total + 1e-2**k * cv2.GaussianBlur(values, *width).reshape(values.shape)
        mass = mass + 1e-2**k * cv2.GaussianBlur(weight, *width)[..., None]
    slow = cv2.resize((total / mass).astype(np.float32), free.shape[::-1])
    return slow.reshape(image.shape)


def _places(free):
    """Return the side of patches and the (n, 2) corners where they are all free."""
    for side in PATCHES:
        if side > min(free.shape):
            continue
        sums = cv2.boxFilter(
            free.astype(np.float32),
            -1,
            (side, side),
            anchor=(0, 0),
            normalize=False,
            borderType=cv2.BORDER_CONSTANT,
        )
        corners = np.argwhere(sums > side**2 - 0.5)
        inside = (corners + side <= free.shape).all(axis=1)
        if inside.sum() >= MIN_PLACES:
            return side, corners[inside]
    return 0, np.zeros((0, 2), int)


def _window(side, overlap):
    """Return (side, side, 1) weights that rise at all edges over the overlap."""
    ramp = np.minimum(np.arange(1, side + 1), np.arange(side, 0, -1)) / (overlap + 1)
    ramp = np.clip(ramp, 0, 1).astype(np.float32)
    return (ramp[:, None] * ramp)[..., None]


def _spread(mass, energy):
    """Return what sums of alike patches are divided by, so that contrast is kept.

    `mass` and `energy` are the sums of the weights and of their squares.
    """
    return np.sqrt(np.maximum(ALIKE * mass**2 + (1 - ALIKE) * energy, 1e-8))
