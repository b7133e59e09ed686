"""Place shapes in an image with the density and spacing of given label images."""

import numpy as np
from scipy import ndimage

from ..objects import check_polygon, largest_piece, polygon_area
from .arranging import arrange, as_piece
from .matching import check_morphology


def place(shapes, shape, morphology, *, overlap=0.0, layers=False, seed=0):
    """Place shapes in an image with the density and spacing of given label images.

    One of the measured images that hold objects is drawn. Shapes are taken in the
    order given until they cover as much as is covered there; each has the distance
    from its closest neighbour that some object there has, so that as many touch.

    Parameters
    ----------
    shapes : sequence of (n, 2) array_like
        Polygons (row, col), of which the origin is moved; from `MaskBank.query` and
        `simulate_shape`.
    shape : (int, int)
        Height and width of the image.
    morphology : Morphology
        From `labkit.style.morphology`.
    overlap : float
        Largest share by which touching objects may cover each other, 0 to 0.5.
    layers : bool
        Return one mask for each object, so that hidden parts are kept.
    seed : int

    Returns
    -------
    (H, W) ndarray of int32, or (N, H, W) ndarray of bool if `layers`
        Numbered in the order of placing, the first on top. Shapes that find no room
        are left out, after a limited search.

    Raises
    ------
    ValueError
        If there are no shapes or no objects to learn from, or a number is out of its
        range.
    """
    shape = check_shape(shape)
    check_morphology(morphology)
    check_share("overlap", overlap, 0.5)
    polygons = [check_polygon(one) for one in shapes]
    if not polygons:
        raise ValueError("`shapes` is empty; make some with MaskBank.query")
    rng = np.random.default_rng(seed)
    image = rng.choice(np.flatnonzero(morphology.n_objects))
    extent = np.array([np.ptp(one, axis=0).mean() for one in polygons])
    met = np.prod(np.array(shape) + extent[:, None], axis=1)
    seen = np.array([polygon_area(one) for one in polygons]) / met  # share of the image
    n = 1 + np.searchsorted(np.cumsum(seen), morphology.coverage[image])
    polygons, whole = polygons[:n], inside(np.array(shape)[None], extent, least=0.0)
    cut = rng.random(len(polygons)) > (whole / met)[:n]
    there = morphology.objects[morphology.objects["image"] == image]
    n_each = np.full(len(there), len(polygons) / len(there) + 1e-9)
    gaps = np.nan_to_num(systematic(there, n_each, rng)["spacing"], nan=np.inf)
    gaps = np.resize(gaps, len(polygons))
    pieces = [as_piece(*one) for one in zip(polygons, gaps, cut, strict=True)]
    placed = arrange(pieces, shape, rng, overlap)
    return stack(placed, shape) if layers else paint(placed, shape)


def inside(shapes, extent, least=0.1):
    """Return the (n,) area where the middle of an object that is whole can lie."""
    room = np.maximum(shapes - 2 - extent[:, None], 0).prod(axis=1)
    return np.maximum(room, least * np.prod(shapes, axis=1))


def systematic(rows, expected, rng):
    """Draw each row as often as expected, or once more or less; in random order."""
    order = rng.permutation(len(rows))
    upper = np.cumsum(expected[order])
    total = upper[-1] if len(upper) else 0.0
    marks = np.arange(rng.uniform(), total, 1.0)
    return rows[order[np.searchsorted(upper, marks).clip(0, max(len(rows) - 1, 0))]]


def paint(placed, shape):
    """Number objects 1, 2, ...; where they overlap, the first one is on top."""
    labels = np.zeros(shape, np.int32)
    for number in range(len(placed), 0, -1):
        labels[tuple(placed[number - 1].T)] = number
    if sum(map(len, placed)) > np.count_nonzero(labels):
        labels = keep_largest_pieces(labels)
    return labels


def keep_largest_pieces(labels):
    """Erase what an object on top has cut off."""
    kept = np.zeros_like(labels)
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is None:
            continue
        kept[box][largest_piece(labels[box] == number)] = number
    return kept


def stack(placed, shape):
    """Return one mask for each object: (n, H, W) bool."""
    layers = np.zeros((len(placed), *shape), bool)
    for layer, points in zip(layers, placed, strict=True):
        layer[tuple(points.T)] = True
    return layers


def check_shape(shape):
    """Return (height, width) as a tuple of int, or raise ValueError."""
    shape = tuple(np.atleast_1d(shape).astype(int).tolist())
    if len(shape) != 2 or min(shape) < 1:
        raise ValueError(f"`shape` must be (height, width) of an image, got {shape}")
    return shape


def check_share(name, value, high):
    """Raise ValueError unless 0 <= value <= high."""
    if not 0 <= value <= high:
        raise ValueError(f"`{name}` must lie between 0 and {high}, got {value}")
