"""Why a place of the image is annotated, or which step took its nucleus away."""

from typing import NamedTuple

import cv2
import numpy as np

from ..checks import check_image, check_same_shape
from .diameter import diameter_of
from .filters import touching_border
from .flood import split_touching
from .grey import stretch
from .outline import heights, least_height, outline_objects
from .params import AutoParams
from .regions import areas_of
from .threshold import (
    above,
    compare,
    least_rise,
    relative_brightness,
    surroundings,
    working_copy,
)

DENTS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
WORTH = 0.2  # of a piece: smaller parts are no nucleus that was merged


class Explanation(NamedTuple):
    """What became of a place, see `explain`.

    Attributes
    ----------
    step : str
        "kept", or the step that took it away: "foreground", "contrast", "contour",
        "size", "border" or "area".
    why : str
        One or two sentences, with the numbers that decided.
    parameter : str or None
        The parameter of `AutoParams` that decides there.
    region : (H, W) ndarray of bool
        Pixels of the object or piece that the place belongs to; none in the background.
    """

    step: str
    why: str
    parameter: str | None
    region: np.ndarray


def explain(image, steps, row, col, params=None):
    """Say why a place is annotated, or which step took its nucleus away.

    The place is followed through what the steps have made: foreground, pieces,
    objects, labels. Where a number decided, it is computed again as `annotate_steps`
    does, and the sentence tells which value would have decided otherwise.

    Parameters
    ----------
    image : (H, W) ndarray
    steps : AutoSteps
        What `annotate_steps` returned for it.
    row, col : int
        The place, px.
    params : AutoParams or None
        Those that `annotate_steps` was called with.

    Returns
    -------
    Explanation

    Raises
    ------
    ValueError, TypeError
        If the place is outside the image, or `image` and `steps` do not belong
        together.

    Examples
    --------
    >>> rows, cols = np.mgrid[:60, :150]
    >>> image = np.zeros((60, 150))
    >>> for x, radius in ((20, 9), (50, 9), (80, 9), (120, 16)):
    ...     image += np.hypot(rows - 30, cols - x) < radius
    >>> steps = lk.auto.annotate_steps(image)
    >>> found = lk.auto.explain(image, steps, 30, 120)
    >>> found.step, found.parameter, found.why.split(":")[0]
    ('area', 'area_tolerance', 'Too large')
    """
    image, params = check_image(image), params or AutoParams()
    check_same_shape(image, steps.labels, ("image", "steps.labels"))
    row, col = _inside(row, image.shape[0], "row"), _inside(col, image.shape[1], "col")
    if steps.objects[row, col]:
        return _of_object(image, steps, steps.objects[row, col], params)
    if steps.pieces[row, col]:
        return _of_piece(image, steps, steps.pieces[row, col], params)
    nothing = np.zeros(image.shape, bool)
    if steps.foreground[row, col]:
        body = cv2.connectedComponents(steps.foreground.view(np.uint8))[1]
        why = "Touches the border of the image; clear_border=False would keep it."
        return Explanation("border", why, "clear_border", body == body[row, col])
    if not steps.diameter:
        why = "No blob was found in the whole image, so nothing is annotated."
        return Explanation("foreground", why, "diameter", nothing)
    if params.method == "otsu":
        why = (
            "Below the one threshold of the image (Otsu's); method='local' compares "
            "each place with its surroundings instead."
        )
        return Explanation("foreground", why, "method", nothing)
    return Explanation("foreground", *_below(image, row, col, params), nothing)


def _inside(value, n, name):
    """Return a place as an int, or raise ValueError."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"`{name}` must be a whole number, got {value!r}")
    if not 0 <= value < n:
        raise ValueError(f"`{name}` must lie between 0 and {n - 1}, got {value}")
    return int(value)


def _of_object(image, steps, number, params):
    """Explain a place inside an outlined object: kept, or of unusual area."""
    areas = areas_of(steps.objects, int(steps.objects.max()))[1:]
    area, median = areas[number - 1], np.median(areas)
    region = steps.objects == number
    share = area / median
    size = f"{area} px, {share:.2f} times the median area"
    if steps.labels[region][0]:
        hint = _cut_hint(image, steps, region, params, params.dent / 2)
        return Explanation("kept", f"Kept: {size}.{hint}", None, region)
    tolerance = params.area_tolerance
    kind = "large" if share > 1 else "small"
    band = f"{max(0, 1 - tolerance):.2f} to {1 + tolerance:.2f}"
    needed = np.ceil(100 * abs(share - 1)) / 100
    why = (
        f"Too {kind}: {size}, kept are {band}. area_tolerance={needed:g} would keep it."
    )
    look = _cut_hint if share > 1 else _join_hint
    hint = look(image, steps, region, params)
    return Explanation("area", why + hint, "area_tolerance", region)


def _cut_hint(image, steps, region, params, least=0.0):
    """Say which dent would cut the object of a region."""
    part, split = _body(image, steps, region, params)
    for dent in reversed([d for d in DENTS if least <= d < params.dent]):
        sizes = np.bincount(split(dent)[part])[1:]
        n = np.count_nonzero(sizes > WORTH * part.sum())
        if n > 1:
            return f" Perhaps {n} nuclei in one: dent={dent:g} would cut it."
    return ""


def _join_hint(image, steps, region, params):
    """Say which dent would not have cut the object of a region off."""
    part, split = _body(image, steps, region, params)
    for dent in (d for d in DENTS if d > params.dent):
        pieces = split(dent)
        own = np.bincount(pieces[part]).argmax() if part.any() else 0
        if own and np.sum(pieces == own) > (1 + WORTH) * part.sum():
            return f" Cut off from another: dent={dent:g} would not."
    return ""


def _body(image, steps, region, params):
    """Return an object's place in its body of foreground, and how to split the body."""
    if params.method == "otsu":
        mask, diameter, light = steps.objects > 0, _diameter(image, params), None
    else:
        around, mask, light = _relief(image, params)
        diameter = around.diameter
    part = cv2.resize(region.view(np.uint8), mask.shape[::-1], interpolation=0) > 0
    part &= mask
    bodies = cv2.connectedComponents(mask.view(np.uint8))[1]
    body = bodies == np.bincount(bodies[part], minlength=1).argmax()
    box = [np.flatnonzero(body.any(axis=axis)) for axis in (1, 0)]
    crop = tuple(slice(max(0, k[0] - 1), k[-1] + 2) for k in box)
    body, part = body[crop] & mask[crop], (part & body)[crop]

    def split(dent):
        """Pieces of the body."""
        brightness = None if light is None else light[crop]
        return split_touching(body, diameter, dent=dent, brightness=brightness)

    return part, split


def _diameter(image, params):
    """Return the diameter that the steps worked with, px."""
    return params.diameter or diameter_of(stretch(image))


def _relief(image, params):
    """Return what was split: the working copy, its foreground and brightness."""
    around = surroundings(stretch(image), _diameter(image, params), params)
    return around, above(around), relative_brightness(around)


def _of_piece(image, steps, number, params):
    """Explain a place in a piece that is in no object: why there is none."""
    region = steps.pieces == number
    around, mask, light = _relief(image, params)
    pieces = split_touching(mask, around.diameter, dent=params.dent, brightness=light)
    _, _, height, whole = heights(pieces, around)
    least = least_height(height[whole], around.noise, params)
    if not height[number] > least:
        return Explanation(*_faint(height[number], least, around.noise, params), region)
    wide = params.replace(min_area=0.0)
    objects, areas = outline_objects(stretch(image), pieces, around, wide)
    scale = image.shape[0] / around.smooth.shape[0]
    full = np.pi / 4 * (around.diameter * scale) ** 2
    share = areas[number] / full
    if share < params.min_area:
        why = (
            f"Too small: {areas[number]} px, {share:.2f} of a typical nucleus; "
            f"min_area={params.min_area:g} is asked."
        )
        return Explanation("size", why, "min_area", region)
    if params.clear_border and touching_border(objects, len(areas))[number]:
        why = "Touches the border of the image; clear_border=False would keep it."
        return Explanation("border", why, "clear_border", region)
    why = (
        f"Outside the contour of its nucleus, which runs at edge={params.edge:g} of "
        f"its height; a smaller edge draws it wider."
    )
    return Explanation("contour", why, "edge", region)


def _faint(height, least, noise, params):
    """Say why a piece is not high enough: step, sentence, parameter."""
    if least <= 3 * params.offset * noise:
        deviations = height / max(noise, 1e-9)
        why = (
            f"Too faint for the noise: it rises {deviations:.1f} standard deviations, "
            f"needed are {3 * params.offset:g} (three times offset={params.offset:g})."
        )
        return "contrast", why, "offset"
    share = params.min_contrast * height / least
    why = (
        f"Too faint: it rises {share:.2f} of what a typical nucleus does; "
        f"min_contrast={params.min_contrast:g} is asked."
    )
    return "contrast", why, "min_contrast"


def _below(image, row, col, params):
    """Say why a place is no foreground: sentence and parameter."""
    copy = working_copy(stretch(image), _diameter(image, params), params)
    least = least_rise(copy.rise[::4, ::4], copy.noise, params)
    around = compare(copy, copy.noise, least, params)
    at = tuple(
        min(int(k * small / large), small - 1)
        for k, small, large in zip(
            (row, col), copy.smooth.shape, image.shape, strict=True
        )
    )
    if not around.bright[at]:
        why = (
            f"Not brighter than its neighbourhood: by {_percent(copy.rise[at])} of the "
            f"image's range; {_percent(least)} are needed. A larger window looks "
            f"farther."
        )
        noisy = least <= params.offset * copy.noise
        return why, "offset" if noisy else "window"
    height, rise = around.height[at], around.smooth[at] - around.background[at]
    if params.offset * copy.noise > params.level * height:
        why = (
            f"Lost in the noise: {rise / copy.noise:.1f} standard deviations above the "
            f"background, offset={params.offset:g} is asked."
        )
        return why, "offset"
    share = rise / max(height, 1e-9)
    why = (
        f"Too dark: {share:.2f} of the way from the background to the nuclei nearby; "
        f"foreground begins at level={params.level:g}."
    )
    return why, "level"


def _percent(value):
    """Write a part of the image's range."""
    return f"{100 * value:.1f} %"
