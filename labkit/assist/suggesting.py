"""From a drawn line to the suggested contour: choose, fall back, say why."""

from typing import NamedTuple

import numpy as np

from ..objects import check_polygon, mask_polygon, placed_mask
from .inputs import check_axes, check_method, check_taken, reader
from .methods import FINDERS, alternatives
from .probmap import ProbMap
from .scene import look
from .shapes import distance_to, iou, trimmed

METHODS = ("auto", "unet", "watershed", "region", "snake")
MIN_IOU = 0.3  # with the drawing; below, a suggestion has too little to do with it
SAME = 0.95  # IoU of suggestions that nobody needs to see both of
NAMES = {
    "unet": "the network",
    "watershed": "the watershed",
    "region": "region growing",
    "snake": "the snake",
}


class Suggestion(NamedTuple):
    """A contour to accept, to correct or to reject.

    Attributes
    ----------
    polygon : (n, 2) ndarray of float
        Outline (row, col) in the whole image, along pixel edges.
    mask : (h, w) ndarray of bool
        The same as pixels: the smallest box that holds them.
    origin : (int, int)
        Row and column of the mask's first pixel in the image.
    score : float
        How well it stands out and fits what was drawn, 0..1.
    method : str
        "unet", "watershed", "region", "snake" or "drawn".
    why : str
        One sentence for the user.
    """

    polygon: np.ndarray
    mask: np.ndarray
    origin: tuple
    score: float
    method: str
    why: str


def suggest(image, polygon, *, method="auto", prob=None, taken=None, grow=None):
    """Suggest the contour of the object that someone drew around.

    Parameters
    ----------
    image : (H, W) or (H, W, 3) array of any real dtype
        Grey or in colour; the object may be brighter or darker than its
        surroundings.
    polygon : (n, 2) array_like of float
        The drawn line (row, col); it need not be closed and may leave the image.
        From a click, a box or a scribble: `from_click`, `from_box`,
        `from_scribble`.
    method : str
        One of `METHODS`. "auto": "unet" if `prob` is given and made for objects of
        this size, else "watershed"; where the answer has too little to do with what
        was drawn, the next of "watershed", "region", the drawn line.
    prob : ProbMap or (H, W) or (2, H, W) array_like of float, optional
        Probability of nucleus (and rim) from a network. Without it, "unet" asks the
        shipped network at each call: make one `ProbMap` an image instead.
    taken : (H, W) array_like of int or bool, optional
        Labels or mask of what is annotated already and must not be painted on.
    grow : float, optional
        How far to look beyond the line, on all four sides, px. By default two fifths
        of the drawn diameter.

    Returns
    -------
    Suggestion

    Raises
    ------
    ValueError
        If the method is unknown, arrays have other shapes, values are not finite, or
        the line encloses no free pixel of the image.
    TypeError
        If something is no array of real numbers.

    Notes
    -----
    What belongs to the object is decided by evidence (the network's log odds, or
    brightness relative to the inside and the surroundings) plus the signed distance
    to the drawn line; a watershed from markers cuts it off from its neighbours;
    what overlaps most with the drawing is taken. Nothing in the image makes it fail:
    at worst the drawn line comes back.

    References
    ----------
    .. [1] Hollandi et al. (2020), AnnotatorJ, Mol. Biol. Cell 31: 2179-2186,
           "Contour assist".

    Examples
    --------
    >>> rows, cols = np.mgrid[:60, :80]
    >>> image = 100.0 * ((rows - 30) ** 2 + (cols - 40) ** 2 < 15**2)
    >>> rough = [(12, 30), (20, 58), (47, 52), (45, 28)]
    >>> found = lk.assist.suggest(image, rough)
    >>> bool(0.98 < found.mask.sum() / np.count_nonzero(image) < 1.02)
    True
    >>> found.method, found.why
    ('watershed', 'It is brighter than its surroundings.')
    """
    check_method(method, METHODS)
    asked = prob if method in ("auto", "unet") else None
    scene = _look(image, polygon, method, asked, taken, grow)
    return _best(scene, _order(scene, method, asked))


def suggestions(image, polygon, *, method="auto", prob=None, taken=None, grow=None):
    """Suggest a contour, and what else might be meant.

    Parameters
    ----------
    image, polygon, method, prob, taken, grow
        As `suggest`.

    Returns
    -------
    list of Suggestion
        First what `suggest` gives, then the other methods' answers, the network's
        object whole and cut along the line, the opposite of dark and bright; last
        the drawn line itself. What is the same as an earlier one is left out.
    """
    check_method(method, METHODS)
    scene = _look(image, polygon, method, prob, taken, grow)
    found = [_best(scene, _order(scene, method, prob))]
    drawn = _suggestion(scene, scene.drawn, "drawn", "This is the line as drawn.")
    for name, (mask, why) in alternatives(scene):
        if iou(mask, scene.drawn) >= MIN_IOU:
            one = _suggestion(scene, mask, name, why)
            if not any(_same(one, other) for other in [*found, drawn]):
                found.append(one)
    return found if found[0].method == "drawn" else [*found, drawn]


def _best(scene, order):
    """The first answer that has to do with what was drawn; at worst, that itself."""
    failed = []
    for name in order:
        if scene.is_flat and name != "unet":
            continue
        mask, why = FINDERS[name](scene)
        if iou(mask, scene.drawn) >= MIN_IOU:
            return _suggestion(scene, mask, name, "; ".join([*failed, why]))
        failed.append(f"{NAMES[name]} found nothing that fits the line")
    why = "; ".join(failed) or "inside and outside of the line look the same"
    return _suggestion(scene, scene.drawn, "drawn", f"{why}: this is what was drawn.")


def _order(scene, method, prob):
    """The methods to try, best first."""
    if method != "auto":
        return [method]
    size = scene.diameter / scene.factor
    knows = not isinstance(prob, ProbMap) or prob.knows(size)
    network = ["unet"] if scene.prob is not None and knows else []
    return [*network, "watershed", "region"]


def _suggestion(scene, mask, method, why):
    """Bring a mask of the scene to the whole image."""
    score = _score(scene, mask, method)
    full = scene.line if method == "drawn" else scene.full_size(mask)
    mask, (row, col) = trimmed(full if full.any() else scene.line)
    origin = scene.box[0].start + row, scene.box[1].start + col
    polygon = mask_polygon(mask, origin)
    return Suggestion(polygon, mask, origin, score, method, why[0].upper() + why[1:])


def _score(scene, mask, method):
    """How much of the evidence is inside rather than around, times the fit."""
    network = scene.prob is not None and method in ("unet", "drawn")
    evidence = scene.prob[0] if network else np.clip(scene.light, 0, 1)
    around = (distance_to(mask) <= max(2, 0.15 * scene.diameter)) & ~mask & ~scene.taken
    outside = evidence[around].mean() if around.any() else 0.0
    fit = min(1.0, iou(mask, scene.drawn) / 0.8)
    return float(np.clip(evidence[mask].mean() - outside, 0, 1) * fit)


def _same(one, other):
    """Whether nobody needs to see both of two suggestions."""
    low = np.minimum(one.origin, other.origin)
    size = np.max([s.origin + np.array(s.mask.shape) for s in (one, other)], axis=0)
    masks = [placed_mask(s.mask, s.origin - low, size - low) for s in (one, other)]
    return iou(*masks) > SAME


def _look(image, polygon, method, prob, taken, grow):
    """Check what was handed in and cut the scene out of it."""
    image, polygon = check_axes(image), check_polygon(polygon)
    if prob is None and method == "unet":
        prob = ProbMap(image)
    if grow is not None and not 0 <= grow < np.inf:
        raise ValueError(f"`grow` must be a number of px from 0 on, got {grow}")
    shape = image.shape[:2]
    taken = None if taken is None else check_taken(taken, shape)
    given = None if prob is None else reader(prob, shape)
    return look(image, polygon, prob=given, taken=taken, grow=grow)
