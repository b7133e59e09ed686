"""Arrange shapes so that each has the distance to its closest neighbour it should have.

Shapes are placed by rising gap. Each is slid towards one that is there already until
its contour is as far from the closest one as asked for. Who comes later keeps a larger
distance, so nobody's gap changes again. Some begin a new group in free space; the next
one, whose gap is nearly the same, becomes their neighbour: pairs of closest neighbours
arise as in real images.
"""

from typing import NamedTuple

import numpy as np

from ..labels import outlines
from . import space
from .shapes import pixels

NEW_GROUP = 0.45  # so that 31 % of the objects begin one, as of points at random
SLACK = 0.3  # px that a gap may be smaller than it should be
N_SLIDES = 40
N_PLACES = 4000
N_EDGE_PLACES = 400
FREE, SHARED = -1, -2  # pixels of nobody, of two
DEEPEST = 0.9  # of a shape's extent may lie outside the image


class Piece(NamedTuple):
    """A shape, and where it is to go.

    Attributes
    ----------
    points : (m, 2) ndarray of int64
        Its pixels relative to its origin.
    rim : (k, 2) ndarray of int64
        Those at its contour.
    radius : float
        Of a disc around the origin that it covers.
    gap : float
        Distance to the closest neighbour, px; infinite for who is alone.
    cut : bool
        It crosses the edge of the image.
    """

    points: np.ndarray
    rim: np.ndarray
    radius: float
    gap: float
    cut: bool


def as_piece(polygon, gap, cut):
    """Paint a shape."""
    points = pixels(polygon)
    low = points.min(axis=0) - 1
    mask = np.zeros(points.max(axis=0) - low + 2, np.int32)
    mask[tuple((points - low).T)] = 1
    rim = np.argwhere(outlines(mask)) + low
    centred = (points == 0).all(axis=1).any()
    radius = np.hypot(*rim.T).min() if centred else 0.0
    return Piece(points, rim, float(radius), float(gap), bool(cut))


def arrange(pieces, shape, rng, overlap=0.0):
    """Place pieces in an image.

    Parameters
    ----------
    pieces : list of Piece
    shape : (int, int)
    rng : numpy.random.Generator
    overlap : float
        Largest share of an object that another may cover.

    Returns
    -------
    list of (m, 2) ndarray of int
        The pixels of each object in the image; those that found no room are missing.
    """
    scene = _Scene(pieces, shape, rng, overlap)
    order = np.lexsort([rng.random(len(pieces)), [one.gap for one in pieces]])
    lonely = None
    for number in order:
        one = pieces[number]
        begins = lonely is None and rng.random() < NEW_GROUP
        if begins or not scene.placed:
            place = scene.free(one)
        else:
            place = scene.beside(one, lonely)
        if place is None:
            continue
        scene.add(one, place)
        if begins:
            lonely = len(scene.placed) - 1
        elif not one.cut:
            lonely = None
    return scene.placed


class _Scene:
    """An image that is being filled."""

    def __init__(self, pieces, shape, rng, overlap):
        self.shape = np.array(shape)
        self.rng, self.overlap = rng, overlap
        finite = [p.gap for p in pieces if p.gap < np.inf]
        self.reach = int(min(max(finite, default=0), max(shape)) + 2)
        self.near = np.full(shape, space.FAR, np.float32)
        self.owner = np.full(shape, FREE, np.int32)
        self.placed, self.origins, self.extents = [], [], []

    def free(self, one):
        """Find a place where the piece keeps at least its gap; None if none is free."""
        wanted = min(one.gap, self.reach)
        if one.cut:
            places = self.edge_places(one)
            found = space.search(self.near, one.points, 0.0, places, wanted)
        else:
            low, high = self.limits(one)
            places = self.rng.integers(low, high + 1, (N_PLACES, 2))
            found = space.search(self.near, one.rim, one.radius, places, wanted)
        return found[:2] if self.clear(one, found[:2], found[2]) else None

    def clear(self, one, place, gap):
        """Tell whether a place is free, inside the rim, too, once the rim's is."""
        return gap >= 0 and space.gap(self.near, one.points, *place, 0.0) >= 0

    def beside(self, one, lonely=None):
        """Find a place where the piece has its gap; beside `lonely` if given."""
        wanted = min(one.gap, self.reach)
        if one.cut:
            places = self.edge_places(one)
            found = space.closest(self.near, one.points, places, wanted, SLACK)
            return found[:2] if found[2] >= 0 else self.free(one)
        best, error = None, np.inf
        for _ in range(N_SLIDES):
            other = self.rng.integers(len(self.placed)) if lonely is None else lonely
            row, col, gap = self.slide(one, other, wanted)
            if abs(gap - wanted) < error and self.clear(one, (row, col), gap):
                best, error = (row, col), abs(gap - wanted)
                if error <= SLACK:
                    return best
        return best if best is not None and error < 2 else self.nearer(one, best, error)

    def nearer(self, one, best, error):
        """Look for free space anywhere and slide from there to the closest object."""
        wanted = min(one.gap, self.reach)
        place = self.free(one)
        if place is None:
            return best
        centres = np.array(self.origins, float)
        other = np.argmin(np.hypot(*(centres - place).T))
        row, col, gap = self.slide(one, other, wanted, np.array(place, float))
        if abs(gap - wanted) < error and self.clear(one, (row, col), gap):
            return row, col
        return best or place

    def slide(self, one, other, wanted, start=None):
        """Slide a piece towards an object, from `start` or a random direction."""
        goal = self.origins[other]
        if start is None:
            angle = self.rng.uniform(0, 2 * np.pi)
            step = -np.array([np.sin(angle), np.cos(angle)])
            extent = np.hypot(*one.rim.T).max() + self.extents[other]
            start = goal - step * (extent + wanted + 2)
        length = np.hypot(*(goal - start))
        step = (goal - start) / max(length, 1e-9)
        low, high = self.limits(one)
        return space.slide(
            self.near,
            one.rim,
            low,
            high,
            start,
            step,
            length,
            wanted,
            SLACK,
            self.reach,
        )

    def limits(self, one):
        """Return the lowest and highest origin at which a piece is not cut."""
        low = 1 - one.rim.min(axis=0)
        return low, np.maximum(self.shape - 2 - one.rim.max(axis=0), low)

    def edge_places(self, one):
        """Return random origins at which the edge of the image cuts a piece."""
        first, last = one.rim.min(axis=0), one.rim.max(axis=0)
        low = -np.floor(DEEPEST * last).astype(int)
        high = self.shape - 1 - np.ceil(DEEPEST * first).astype(int)
        places = self.rng.integers(low, high + 1, (20 * N_EDGE_PLACES, 2))
        inside = (places + first > 0) & (places + last < self.shape - 1)
        return places[~inside.all(axis=1)][:N_EDGE_PLACES]

    def add(self, one, place):
        """Enter a piece."""
        if self.overlap and one.gap == 0 and not one.cut:
            place = self.pushed(one, place)
        placed = space.visible(one.points, *place, tuple(self.shape))
        if not len(placed):
            return
        space.occupy(self.near, placed, self.reach)
        where = tuple(placed.T)
        taken = self.owner[where] != FREE
        self.owner[where] = np.where(taken, SHARED, len(self.placed))
        self.placed.append(placed)
        self.origins.append(np.array(place, float))
        self.extents.append(np.hypot(*one.rim.T).max())

    def pushed(self, one, place):
        """Push a piece over its closest neighbour, as far as a share drawn allows."""
        if not self.placed:
            return place
        limit = self.rng.uniform(0, self.overlap)
        centres = np.array(self.origins)
        goal = centres[np.argmin(np.hypot(*(centres - place).T) - self.extents)]
        low, high = self.limits(one)
        n_steps, best = int(np.hypot(*(goal - place))), place
        for k in range(1, n_steps + 1):
            there = np.rint(place + (goal - place) * k / n_steps).astype(int)
            there = there.clip(low, high)
            if self.covered(one.points + there) > limit:
                break
            best = int(there[0]), int(there[1])
        return best

    def covered(self, points):
        """Return the largest share of a shape or another that both have in common.

        Infinite where two lie on top of each other already.
        """
        owner = self.owner[tuple(points.T)]
        if (owner == SHARED).any():
            return np.inf
        n_shared = np.bincount(owner[owner >= 0], minlength=len(self.placed))
        sizes = np.array([min(len(placed), len(points)) for placed in self.placed])
        return (n_shared / sizes).max(initial=0.0)
