"""New label images with the size, shape, spacing and density of given ones."""

from typing import NamedTuple

import numpy as np

from ..style import MORPHOLOGY_DTYPE
from .arranging import arrange, as_piece
from .bank import MaskBank
from .matching import check_morphology, simulate_like, spread
from .placing import check_shape, check_share, inside, paint, systematic

FEW = 8  # inner objects of an image: with fewer, those of others join them
JITTER = 0.05  # of areas, so that none is an exact copy


class Plan(NamedTuple):
    """What goes into a label image: rows like a morphology's, and who is cut."""

    targets: np.ndarray
    cut: np.ndarray


def make_labels(
    morphology, shape, *, bank=None, simulated=0.5, image=None, overlap=0.0, seed=0
):
    """Make a label image that looks like given ones: size, shape, spacing, density.

    One of the measured images is chosen. Its whole objects tell how many objects the
    new image holds, how many of them its edge cuts, and each new object takes one of
    them as its example: for area (give or take 5 %), form and distance to the closest
    neighbour. Half of the shapes come from a bank of real ones, half are simulated
    [1]_; they are then placed so that the distances come true.

    Parameters
    ----------
    morphology : Morphology
        From `labkit.style.morphology`, of the images to be imitated.
    shape : (int, int)
        Height and width of the new image; need not be that of the old ones.
    bank : MaskBank, optional
        By default the one that comes along.
    simulated : float
        Share of the shapes that are simulated, 0 to 1.
    image : int, optional
        Which of the measured images to imitate; by default one is drawn among those
        that hold objects.
    overlap : float
        Largest share by which touching objects may cover each other, 0 to 0.5. Use
        `place` to get the hidden parts, too.
    seed : int
        The same arguments give the same labels.

    Returns
    -------
    (H, W) ndarray of int32
        At least one object, each of one piece; numbered 1, 2, ... Objects larger than
        the image can hold are cut by its edge; of objects below one pixel, one pixel
        is left. Who finds no room is left out.

    Raises
    ------
    ValueError
        If the morphology has no objects or a number is out of its range.

    References
    ----------
    .. [1] Hollandi et al. (2020), Cell Systems 10: 453-458, "synthetic masks".

    Examples
    --------
    >>> real = lk.data.load("nuclei").labels
    >>> labels = lk.synth.make_labels(lk.style.morphology(real), (256, 256), seed=1)
    >>> labels.shape, labels.dtype
    ((256, 256), dtype('int32'))
    """
    shape = check_shape(shape)
    check_morphology(morphology)
    check_share("simulated", simulated, 1)
    check_share("overlap", overlap, 0.5)
    rng = np.random.default_rng(seed)
    plan = draw_plan(morphology, shape, rng, image)
    polygons = make_shapes(plan.targets, morphology, bank, simulated, rng)
    gaps = np.nan_to_num(plan.targets["spacing"], nan=np.inf)
    pieces = [as_piece(*one) for one in zip(polygons, gaps, plan.cut, strict=True)]
    return paint(arrange(pieces, shape, rng, overlap), shape)


def make_shapes(targets, morphology, bank, share, rng):
    """Return one polygon for each target, a share of them simulated."""
    bank = MaskBank.load() if bank is None else bank
    scale = spread(morphology.objects)
    is_simulated = rng.permutation(len(targets)) < round(share * len(targets))
    polygons = [None] * len(targets)
    made = simulate_like(targets[is_simulated], rng, scale)[0]
    taken = bank.match(targets[~is_simulated], rng, scale)
    for which, found in ((is_simulated, made), (~is_simulated, taken)):
        for i, polygon in zip(np.flatnonzero(which), found, strict=True):
            polygons[i] = polygon
    return polygons


def draw_plan(morphology, shape, rng, image=None):
    """Choose one source image and draw how many objects, which, and who is cut.

    An object of extent d lies wholly inside an image (H, W) with a probability that
    goes with (H - d) (W - d), and is cut with the rest of (H + d) (W + d). That tells
    how many of each kind a window of another size holds, and undoes that large ones
    are missing among those that are whole.
    """
    n_objects = morphology.n_objects
    if image is None:
        image = rng.choice(np.flatnonzero(n_objects))
    if not 0 <= image < len(n_objects) or not n_objects[image]:
        raise ValueError(
            f"`image` must be one of the images with objects, "
            f"{np.flatnonzero(n_objects).tolist()}, got {image}"
        )
    rows, weight = _examples(morphology, int(image))
    extent = (rows["major_axis"] + rows["minor_axis"]) / 2
    source = inside(morphology.shapes[rows["image"]], extent)
    whole = inside(np.array(shape)[None], extent, least=0.0)
    met = np.prod(np.array(shape) + extent[:, None], axis=1)
    inner = systematic(rows, weight * whole / source, rng)
    cut = weight * (met - whole) / source
    cut[whole > 0] *= _edge_share(morphology, rows, weight, image)
    cut = systematic(rows, cut, rng)
    if not len(inner) + len(cut):
        fits = rows if (whole == 0).all() else rows[whole > 0]
        one = rng.choice(fits, 1)
        inner, cut = (one, cut) if (whole > 0).any() else (inner, one)
    edge = morphology.objects[morphology.objects["on_border"]]
    edge = edge[edge["image"] == image] if (edge["image"] == image).any() else edge
    if len(edge):  # who is cut has another spacing: part of the neighbours is unseen
        cut["spacing"] = rng.choice(edge["spacing"], len(cut))
    targets = np.concatenate([inner, cut])
    targets["area"] *= rng.lognormal(0, JITTER, len(targets))
    return Plan(targets, np.arange(len(targets)) >= len(inner))


def _edge_share(morphology, rows, weight, image):
    """Return how many objects the edge of an image cuts, relative to chance."""
    extent = (rows["major_axis"] + rows["minor_axis"]) / 2
    shape = morphology.shapes[image][None]
    whole = inside(shape, extent)
    met = np.prod(shape + extent[:, None], axis=1)
    expected = (weight * (met / whole - 1)).sum()
    there = morphology.objects[morphology.objects["image"] == image]
    return there["on_border"].sum() / max(expected, 1e-9)


def _examples(morphology, image):
    """Return rows to draw from, and weights that add up to their number in `image`.

    The whole objects of the image, and if they are few, those of the images whose
    objects are most alike in size.
    """
    objects = morphology.objects
    whole = ~objects["on_border"]
    if not whole.any():
        whole = np.ones(len(objects), bool)  # better cut ones than none
    median = [
        np.median(np.log(objects["area"][objects["image"] == i])) if n else np.inf
        for i, n in enumerate(morphology.n_objects)
    ]
    order = np.argsort(np.abs(np.array(median) - median[image]), kind="stable")
    rows, n = np.zeros(0, MORPHOLOGY_DTYPE), 0
    for i in [image, *order[order != image]]:
        part = objects[whole & (objects["image"] == i)]
        n = len(part) if i == image else n
        rows = np.concatenate([rows, part])
        if len(rows) >= FEW:
            break
    if n == 0:
        n = morphology.n_objects[image] / 2  # all cut: as many inside as a guess
    return rows, np.full(len(rows), n / len(rows))
