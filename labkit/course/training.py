"""Exercises of notebook 4: F1, what is taught wrongly, views, a threshold, a star."""

import numpy as np

from ..labels import relabel
from ..metrics import match
from ..stars import Stars, star_polygons
from .checking import Exercise, Wrong, array, ask, number, same_number

STEP = 0.05  # of the slider of the threshold
MIRRORS = (np.s_[:, ::-1], np.s_[::-1])  # left to right, up to down


def f1(answer):
    """Judge a function of the three counts."""
    for tp, fp, fn in ((60, 0, 0), (30, 10, 0), (30, 0, 10), (58, 6, 9), (0, 4, 5)):
        where = f"for tp = {tp}, fp = {fp}, fn = {fn}"
        same_number(ask(answer, tp, fp, fn), 2 * tp / (2 * tp + fp + fn), where)
    return (
        "A wrong nucleus and a missed one cost the same. It is the harmonic mean of "
        "precision and recall: one bad value cannot hide behind a good one."
    )


def taught_wrong(answer, *, true, labels, left_out):
    """Judge the share of nuclear pixels that is taught as background."""
    scene = np.array([[1, 1, 0, 2, 2, 2, 0, 3, 3, 3]])
    kept, unsure = (
        np.where(scene == 1, 1, 0),
        np.isin(np.arange(10), (4, 5, 6, 9))[None],
    )
    nobody = np.zeros_like(unsure)
    where = "for 8 nuclear pixels, 2 of them labelled"
    shares = "nuclear pixels without label that are not ignored, by all nuclear pixels"
    same_number(
        ask(answer, scene, kept, nobody), 0.75, f"{where}, none ignored", shares
    )
    same_number(ask(answer, scene, kept, unsure), 0.375, f"{where}, 3 ignored", shares)
    as_it_is = ask(answer, true, labels, np.zeros(true.shape, bool))
    ignoring = ask(answer, true, labels, left_out)
    return (
        f"{as_it_is:.0%} of the nuclear pixels of the training half would be taught as "
        f"background, {ignoring:.0%} if what was left out is ignored: mostly rims."
    )


def mirror(answer, *, model, image):
    """Judge a prediction on the mirrored image, mirrored back."""
    answer = array(answer, image.shape, "labels")
    answer, predicted = relabel(answer), relabel(model.predict(image))
    agreement = match(predicted, answer).f1
    found = f"labels that agree with the prediction itself with F1 {agreement:.2f}"
    if any(_is_a_view(answer[view], model, image, view) for view in MIRRORS):
        hint = "the result still looks the wrong way round"
        raise Wrong(found, "labels for the image, not for its mirror image", hint)
    if not any(_is_a_view(answer, model, image, view) for view in MIRRORS):
        raise Wrong(found, "what the network finds in the mirror, turned back")
    return (
        f"The two agree with F1 {agreement:.2f}. Where they differ the network is not "
        "sure: test-time augmentation joins such views, and the annotator asks there."
    )


def _is_a_view(answer, model, image, view):
    """Tell whether labels are what the model finds in a view, turned back."""
    return match(relabel(model.predict(image[view])[view]), answer).f1 > 0.99


def threshold(answer, *, choose, true):
    """Judge the first threshold at which fewer than half of the nuclei are found."""
    answer = round(number(answer) / STEP) * STEP
    if not 0 < answer < 1:
        raise Wrong(f"{answer:.2f}", f"a step of the slider, {STEP} to {1 - STEP}")
    here, before = (match(true, choose(t)) for t in (answer, answer - STEP))
    found = (
        f"At {answer:.2f} {here.recall:.0%} are found, precision {here.precision:.2f}"
    )
    if here.recall >= 0.5:
        raise Wrong(found, "fewer than half of the nuclei", "stricter: higher")
    if answer > 1.5 * STEP and before.recall < 0.5:
        raise Wrong(found, f"half of them or more at {answer - STEP:.2f}", "go back")
    return f"{found}. A threshold trades one for the other; to count you need both."


def star(answer):
    """Judge a function that returns the corners of a star."""
    rng = np.random.default_rng(5)
    point, dist = np.array([20, 50]), rng.uniform(4, 9, 32).astype(np.float32)
    one = Stars(point[None], dist[None], np.ones(1, np.float32))
    corners = array(ask(answer, point, dist), (32, 2), "corners (row, column)")
    expected = star_polygons(one)[0]
    gap = np.abs(corners - expected).max()
    if gap > 1e-3:
        hint = "are rows and columns swapped?"
        swapped = np.abs(corners[:, ::-1] - point[::-1] - expected + point).max() < 1e-3
        swapped |= np.abs((corners - point)[:, ::-1] - expected + point).max() < 1e-3
        found = f"corners up to {gap:.2f} px off, for a star around {point.tolist()}"
        raise Wrong(found, "less than 0.001 px", hint if swapped else None)
    return "From one good pixel the whole outline follows: that is StarDist's idea."


EXERCISES = (
    Exercise(
        "f1",
        "a function of three counts that returns a number from 0 to 1",
        "precision is tp / (tp + fp), recall tp / (tp + fn); mind tp = 0",
        f1,
    ),
    Exercise(
        "taught wrong",
        "a function of true labels, labels and a mask that returns a share",
        "first the mask of pixels that are wrong and count; then divide",
        taught_wrong,
    ),
    Exercise(
        "mirror",
        "labels of the shape of the test image",
        "`image[:, ::-1]` is the mirror image, and of labels, too",
        mirror,
        is_function=False,
    ),
    Exercise(
        "threshold",
        "the first step of the slider at which fewer than half are found",
        "raise it by 0.05 at a time and look at the recall",
        threshold,
        is_function=False,
    ),
    Exercise(
        "star",
        "a function of a point and distances that returns corners, (n, 2)",
        "at the angle 0 only the column changes: is that the sine or the cosine?",
        star,
    ),
)
