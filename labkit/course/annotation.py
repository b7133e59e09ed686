"""Exercises of notebook 1: what a threshold loses, overlap, blur, the area filter."""

import numpy as np
from skimage.filters import threshold_otsu
from skimage.measure import label

from ..auto import annotate_steps, keep_typical_area
from ..data import load
from ..labels import relabel
from ..metrics import match
from .checking import Exercise, Wrong, array, ask, number, same_number, whole


def _sample():
    """The image that comes along, and its nuclei outlined by hand."""
    nuclei = load("nuclei")
    return nuclei.images[0], relabel(nuclei.labels[0])


def tolerance(answer):
    """Judge an area tolerance: enough nuclei, nearly all of them right."""
    answer = number(answer)
    if answer <= 0:
        raise Wrong(f"{answer:g}", "a fraction of the median area, more than 0")
    image, true = _sample()
    objects = annotate_steps(image).objects
    kept, every = match(true, keep_typical_area(objects, answer)), match(true, objects)
    found = f"{kept.tp} true nuclei kept with a precision of {kept.precision:.3f}"
    if kept.tp < 75:
        raise Wrong(found, "75 true nuclei or more", "too strict: widen the band")
    if kept.precision < 0.95:
        hint = "too generous: merged nuclei and debris come in; narrow the band"
        raise Wrong(found, "a precision of 0.95 or more", hint)
    n_wrong = every.fp - kept.fp
    n_odd = n_wrong + every.tp - kept.tp
    return (
        f"{found}. Of the {n_odd} objects of odd size {n_wrong} were wrong, of those "
        f"kept {kept.fp}: you give away true nuclei, but mistakes at a higher rate."
    )


def lost(answer):
    """Judge how many nuclei Otsu's threshold loses."""
    answer, (image, true) = whole(answer), _sample()
    area = np.bincount(true.ravel())
    share = np.bincount(true[image > threshold_otsu(image)], minlength=len(area)) / area
    missed = share[1:] < 0.5
    if answer != missed.sum():
        raise Wrong(_compared(answer, missed.sum(), len(missed)))
    light = np.bincount(true.ravel(), image.ravel())[1:] / area[1:]
    dim, others = np.median(light[missed]), np.median(light[~missed])
    return (
        f"{answer} of {len(missed)}, and not just any: their median brightness is "
        f"{dim:.0f}, that of the others {others:.0f}. A threshold is unfair to the dim."
    )


def _compared(answer, expected, n_nuclei):
    """Say what a wrong count may have counted."""
    if answer == n_nuclei - expected:
        return f"{answer} nuclei; these are the ones that are not lost"
    if answer > n_nuclei:
        return f"{answer}, but there are {n_nuclei} nuclei: pieces or pixels counted?"
    return (
        f"{answer} of {n_nuclei} nuclei, too {'many' if answer > expected else 'few'}"
    )


def overlap(answer):
    """Judge a function that computes the IoU of two masks."""
    a, b = np.zeros((2, 20, 20), bool)
    a[2:12, 2:12] = b[2:12, 7:17] = True
    where = "for two squares of 100 px that share 50 px"
    only_half = "divide by the pixels of both together, each counted once"
    same_number(ask(answer, a, b), 1 / 3, where, only_half)
    same_number(ask(answer, a, a), 1, "for a mask with itself")
    small = np.zeros_like(a)
    small[4:9, 4:8] = True
    inside = "for a mask of 20 px inside one of 100 px"
    same_number(ask(answer, a, small), 0.2, inside, "the larger mask counts in full")
    same_number(ask(answer, small, np.roll(small, 9, 1)), 0, "for two masks far apart")
    return (
        "Half of each square is shared, yet the overlap is only 0.33: IoU is strict, "
        "and 0.5 means a good fit already."
    )


def blur(answer):
    """Judge a function that returns the mask of a blurred threshold."""
    image, true = _sample()
    mask = array(ask(answer, image), image.shape, "a mask")
    if len(np.unique(mask)) > 2:
        raise Wrong(f"{len(np.unique(mask))} different values", "a mask: True or False")
    plain = match(true, label(image > threshold_otsu(image)).astype(np.int32)).f1
    f1 = match(true, label(mask > 0).astype(np.int32)).f1
    if f1 < 2 * plain:
        expected = f"more than twice the {plain:.2f} of the plain threshold"
        raise Wrong(f"F1 {f1:.2f}", expected)
    local = match(true, annotate_steps(image).objects).f1
    return (
        f"F1 {f1:.2f} after {plain:.2f}: the crumbs are gone. The local method reaches "
        f"{local:.2f}, for a blur neither finds dim nuclei nor parts touching ones."
    )


def area_filter(answer):
    """Judge a function that keeps labels of typical area."""
    rng = np.random.default_rng(4)
    for allowed in (0.5, 0.2):
        labels, areas = _strips(rng)
        middle = np.median(areas)
        typical = 1 + np.flatnonzero(np.abs(areas - middle) <= allowed * middle)
        result = array(ask(answer, labels, allowed), labels.shape, "labels")
        kept = np.setdiff1d(result, 0).tolist()
        if set(kept) != set(typical.tolist()):
            known = [k for k in kept if 0 < k <= len(areas)]
            found, wanted = (np.sort(areas[np.int32(k) - 1]) for k in (known, typical))
            raise Wrong(
                f"areas {found.tolist()} kept of {areas.tolist()}",
                f"{wanted.tolist()} at a tolerance of {allowed}",
            )
        if not np.array_equal(result, np.where(np.isin(labels, typical), labels, 0)):
            raise Wrong("other pixels changed", "objects kept whole or removed whole")
    return (
        "The median hardly notices a few giants and crumbs; with the mean in its place "
        "a single merged clump would move the whole band."
    )


def _strips(rng):
    """Nine objects, one in a row of pixels, two of them of odd areas; their areas."""
    areas = rng.permutation([3, 18, 19, 20, 21, 22, 25, 29, 60])
    labels = (np.arange(64) < areas[:, None]) * np.arange(1, 10)[:, None]
    return labels.astype(np.int32), areas


EXERCISES = (
    Exercise(
        "tolerance",
        "a number: the fraction by which an area may differ from the median",
        "look at the histogram of areas above: which of them are odd?",
        tolerance,
        is_function=False,
    ),
    Exercise(
        "lost",
        "the number of hand-outlined nuclei with less than half of their pixels "
        "above the threshold",
        "one nucleus first: the mask `true == 1` chooses its pixels; count those above",
        lost,
        is_function=False,
    ),
    Exercise(
        "overlap",
        "a function of two masks that returns a number from 0 to 1",
        "`a & b` is where both are, `a | b` where at least one is",
        overlap,
    ),
    Exercise(
        "blur",
        "a function of an image that returns a mask of its shape",
        "blur by 1 to 2 px first, and choose the threshold on what you have blurred",
        blur,
    ),
    Exercise(
        "area filter",
        "a function of labels and a tolerance that returns labels",
        "`np.bincount` counts the pixels of each label; the background is no object",
        area_filter,
    ),
)
