"""What is to be seen around a drawn line: a crop of everything that counts."""

import dataclasses

import cv2
import numpy as np

from ..checks import check_image
from ..objects import crop_mask, placed_mask
from .shapes import depth_in, diameter_of, distance_to, overlapping_piece

GROW = 0.4  # of the drawn diameter: how far the crop reaches beyond the line
MIN_GROW = 5  # px
LARGEST = 110  # px: larger objects are looked at in a smaller copy
BLUR = 0.02  # of the diameter; as MIN_BLUR, chosen with the constants of methods.py
MIN_BLUR = 0.5  # px
EDGE_GREY = 0.4  # an object ends where its light falls to this share
EDGE_STAIN = 0.5
CORE = 0.4  # pixels this deep, of the deepest one, surely belong to the object
RING = 0.35  # of the diameter: width of the surroundings that are compared with it


@dataclasses.dataclass(frozen=True, eq=False)
class Scene:
    """A crop around a drawn line, at a working scale.

    Attributes
    ----------
    drawn : (h, w) ndarray of bool
        What was drawn around, without what is taken.
    depth : (h, w) ndarray of float32
        Distance to the drawn line / drawn radius, positive inside, -1..1.
    taken : (h, w) ndarray of bool
        Neighbours that must not be painted on.
    line, occupied : ndarray of bool
        `drawn` and `taken` at the image's scale, as large as the box.
    light : (h, w) ndarray of float32
        Brightness or stain so that the surroundings are 0 and the object is 1,
        whether it is darker, brighter or of another colour; -0.5..1.5.
    is_flat : bool
        Inside and outside are the same, nothing can be found.
    is_dark : bool
        Of a grey image: the object is darker than its surroundings.
    is_colour : bool
    prob : (2, h, w) ndarray of float32 or None
        Probability of nucleus and rim; the rims are NaN if nobody knows them.
    box : (slice, slice)
        Of the image.
    factor : float
        Size of the crop / size of the box.
    """

    drawn: np.ndarray
    depth: np.ndarray
    taken: np.ndarray
    line: np.ndarray
    occupied: np.ndarray
    light: np.ndarray
    is_flat: bool
    is_dark: bool
    is_colour: bool
    prob: np.ndarray | None
    box: tuple
    factor: float

    @property
    def diameter(self):
        """Diameter of what was drawn, px of the crop."""
        return diameter_of(self.drawn)

    @property
    def has_rims(self):
        """Whether the network says where objects end that touch."""
        return not np.isnan(self.prob[1]).any()

    @property
    def core(self):
        """The innermost part of what was drawn."""
        depth = depth_in(self.drawn)
        return depth >= CORE * depth.max()

    @property
    def edge(self):
        """The light at which an object ends."""
        return EDGE_STAIN if self.is_colour else EDGE_GREY

    def inverted(self):
        """The same with dark and bright exchanged."""
        light = np.clip(1 - self.light, -0.5, 1.5)
        return dataclasses.replace(self, light=light, is_dark=not self.is_dark)

    def full_size(self, mask):
        """A mask of the crop at the image's scale; as large as the box."""
        if self.factor == 1:
            return mask
        soft = cv2.resize(mask.astype(np.float32), self.line.shape[::-1])
        return overlapping_piece((soft > 0.5) & ~self.occupied, self.line)


def look(image, polygon, *, prob=None, taken=None, grow=None):
    """Cut out what surrounds a drawn line.

    Parameters
    ----------
    image : (H, W) or (H, W, 3) ndarray
    polygon : (n, 2) ndarray of float
    prob : callable, optional
        From two slices to the probabilities (2, h, w) there.
    taken : (H, W) ndarray, optional
        Not 0 where other objects are.
    grow : float, optional
        How far the crop reaches beyond the line, on all four sides, px.

    Returns
    -------
    Scene

    Raises
    ------
    ValueError
        If the line encloses no pixel of the image, or none that is free, or if the
        image is not finite there.
    """
    mask, origin = crop_mask(polygon, image.shape[:2])
    if not mask.any():
        raise ValueError(_nothing_drawn(polygon, image.shape[:2]))
    diameter = diameter_of(mask)
    grow = max(MIN_GROW, round(GROW * diameter)) if grow is None else round(grow)
    box = _grown_box(mask.shape, origin, grow, image.shape[:2])
    start = np.array([part.start for part in box])
    shape = tuple(part.stop - part.start for part in box)
    drawn = placed_mask(mask, origin - start, shape)
    others = np.zeros(shape, bool) if taken is None else taken[box] != 0
    if not (drawn & ~others).any():
        raise ValueError(
            "all that was drawn around belongs to other objects already; edit or "
            "delete them, or leave `taken` out"
        )
    line, factor = drawn & ~others, min(1.0, LARGEST / diameter)
    crop = unit(check_image(image[box], colour=True))
    small = [_resized(one, factor) for one in (crop, line, others)]
    if prob is not None:
        prob = np.stack([_resized(one, factor) for one in prob(*box)])
    return _scene(*small, line, others, prob, box, factor)


def _scene(crop, drawn, taken, line, occupied, prob, box, factor):
    """Measure what a crop shows."""
    if not drawn.any():  # too thin for the smaller copy
        drawn = _resized(line.astype(np.float32), factor) > 0
    outside, inside = distance_to(drawn), depth_in(drawn)
    diameter = diameter_of(drawn)
    depth = np.where(drawn, inside - 0.5, 0.5 - outside) / (diameter / 2)
    core = inside >= CORE * inside.max()
    ring = (outside > 1) & (outside < RING * diameter + 2) & ~taken
    ring = ring if ring.any() else ~drawn if not drawn.all() else drawn
    light, is_flat, is_dark = relative_light(crop, core, ring, diameter)
    return Scene(
        drawn=drawn,
        depth=np.clip(depth, -1, 1).astype(np.float32),
        taken=taken,
        line=line,
        occupied=occupied,
        light=light,
        is_flat=is_flat,
        is_dark=is_dark,
        is_colour=crop.ndim == 3,
        prob=prob,
        box=box,
        factor=factor,
    )


def relative_light(crop, core, ring, diameter):
    """What tells an object from its surroundings, as one grey image.

    Parameters
    ----------
    crop : (h, w) or (h, w, 3) ndarray of float32
        0..1.
    core, ring : (h, w) ndarray of bool
        Pixels of the object and of its surroundings.
    diameter : float

    Returns
    -------
    light : (h, w) ndarray of float32
        0 in the surroundings, 1 in the object; -0.5..1.5.
    is_flat, is_dark : bool
        See `Scene`.
    """
    crop = cv2.GaussianBlur(crop, (0, 0), max(MIN_BLUR, BLUR * diameter))
    light, is_dark = (_stain if crop.ndim == 3 else _brightness)(crop, core, ring)
    return *_relative(light, core, ring), is_dark


def _nothing_drawn(polygon, shape):
    """What is wrong with a line that holds no pixel."""
    low, high = polygon.min(axis=0), polygon.max(axis=0)
    if (high < -0.5).any() or (low > np.array(shape) - 0.5).any():
        return (
            f"the line from (row, col) {low.round(1).tolist()} to "
            f"{high.round(1).tolist()} lies outside of the image of {shape[0]} x "
            f"{shape[1]} px"
        )
    return (
        f"the line around (row, col) {low.round(1).tolist()} encloses no pixel; draw "
        f"around the object, or start from assist.from_click"
    )


def _grown_box(size, origin, grow, shape):
    """The box of a mask, grown alike on all sides, cut at the edge of the image."""
    return tuple(
        slice(max(first - grow, 0), min(first + n + grow, side))
        for first, n, side in zip(origin, size, shape, strict=True)
    )


def unit(crop):
    """Stretch values of any kind to 0..1, so that nothing overflows."""
    low, high = float(crop.min()), float(crop.max())
    span = high - low if high > low else 1.0
    return ((crop.astype(np.float64) - low) / span).astype(np.float32)


def _resized(array, factor):
    """A smaller copy; of a mask, what is at least half in it."""
    if factor == 1:
        return array
    size = [max(1, round(n * factor)) for n in array.shape[1::-1]]
    small = cv2.resize(array.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return small >= 0.5 if array.dtype == bool else small


def _brightness(crop, core, ring):
    """Turn a grey crop so that the object is the brighter part."""
    is_dark = bool(np.median(crop[core]) < np.median(crop[ring]))
    return (-crop if is_dark else crop), is_dark


def _stain(crop, core, ring):
    """The mixture of colours that tells object and surroundings apart best.

    Fisher's linear discriminant between the inside and the ring.
    """
    inside, outside = crop[core], crop[ring]
    step = np.median(inside, axis=0) - np.median(outside, axis=0)
    spread = np.diag(np.full(3, 1e-4))
    for values in (inside, outside):
        off = values - values.mean(axis=0)
        spread += off.T @ off / len(off)
    weights = np.linalg.solve(spread, step)
    length = float(np.linalg.norm(weights))
    weights = weights / length if length else np.full(3, 1 / 3)
    return crop @ weights.astype(np.float32), bool(step.sum() < 0)


def _relative(light, core, ring):
    """Scale so that surroundings are 0 and the object 1; say if they are the same."""
    values = light[core]
    top = values[values >= np.median(values)].mean()
    base = np.percentile(light[ring], 20)
    span = float(top - base)
    if span <= 1e-4:
        return np.zeros_like(light), True
    return np.clip((light - np.float32(base)) / np.float32(span), -0.5, 1.5), False
