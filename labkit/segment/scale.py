"""The object scale: how large nuclei are here, and images brought to that size."""

import numpy as np

from ..auto import estimate_diameter
from ..auto.grey import without_colour
from ..checks import check_image
from ..crops import resized
from ..labels import median_diameter
from ..models.base import SAME_SIZE, WIDE
from ..models.merging import merge_labels
from ..models.tiles import enlarge_all

LARGEST_FACTOR = 8.0
SURVEY = 2.0 ** np.arange(-2, 2.51, 0.5)  # sizes looked at, in trained diameters
WINDOW = 400  # px that the network sees at each of them
ALIKE = 0.6  # octaves
MAX_PASSES = 4
FAR_OFF = 2.0  # times the first size; a model that strays further is not to be believed


def fitting_diameter(model, image, *, tile=1024):
    """Estimate the object diameter of an image with the help of a model.

    A model that was trained on objects of many sizes (`zoom`) looks at the image
    in steps from 4 times too small to 5 times too large. Shown too small, objects
    come out larger than the size it was trained on, and the other way round; the
    answer is the size where what it sees agrees with what it was shown. If that
    happens twice, the size wins that is also seen at most other steps: real nuclei
    are recognised too small and too large, clumps and texture are not.

    Other models get two passes, as in [1]_: the estimate from the image alone sets
    the scale of a first segmentation, whose median diameter is the answer. If that
    differs by more than 15 %, they look again, four times at most.

    Parameters
    ----------
    model : labkit.models.Model
    image : (H, W) or (H, W, 3) array
        Of a large one, the part with the most contrast is looked at.
    tile : int

    Returns
    -------
    float
        Diameter of a disc of the median area, px. Where the model finds nothing:
        the estimate from the image alone, or the trained size.

    References
    ----------
    .. [1] Hollandi et al. (2020), Cell Systems 10: 453-458 (nucleAIzer).
    """
    image = check_image(image, colour=True)
    low, high = limits(model)
    if model.params.zoom >= WIDE:
        found = agreeing_size(*_survey(model, image)) or model.params.diameter
    else:
        found = _settled_size(model, image, tile)
    return float(np.clip(found, low, high))


def sizes_looked_at(model):
    """Return the smallest and largest diameter that `fitting_diameter` looks at, px.

    Where it answers with a size beyond them, what the model sees at no size agrees
    with what it is shown: pixel noise looks so, or nuclei that are all too small.

    Examples
    --------
    >>> sizes_looked_at(lk.models.StarDist.load("nuclei"))
    (7.0, 158.39...)
    """
    if model.params.zoom < WIDE:
        return limits(model)
    low, *_, high = (model.params.diameter * SURVEY).tolist()
    return low, high


def doubts_about(model, diameter):
    """Return a sentence if an estimated diameter is none that the model looks at.

    Returns
    -------
    list of str
        Empty if there is nothing to doubt.
    """
    low, high = sizes_looked_at(model)
    if low <= diameter <= high:
        return []
    text = (
        f"estimated diameter unsure: {diameter:.1f} px is beyond the {low:.0f} to "
        f"{high:.0f} px that the model looks at; noise or texture instead of nuclei? "
        f"If they are nuclei, measure some and say --diameter"
    )
    return [text]


def _settled_size(model, image, tile):
    """Median size that a model sees, shown the one that it saw before, until it stays.

    It starts from what the image alone says, and where the model sees nothing then,
    from the trained size; it goes no further than twice or half of that.
    """
    low, high = limits(model)
    seen = estimate_diameter(without_colour(image))
    for start in (seen, model.diameter):
        size, found = np.clip(start or model.diameter, low, high), 0.0
        least, most = max(low, size / FAR_OFF), min(high, size * FAR_OFF)
        for _ in range(MAX_PASSES):
            labels = at_scale(model, image, scale_factor(model, size), tile=tile)
            found = median_diameter(labels)
            if not found:
                break
            before, size = size, np.clip(found, least, most)
            if 1 / SAME_SIZE < size / before < SAME_SIZE:
                break
        if found:
            return size
    return seen or model.diameter


def _survey(model, image):
    """Sizes assumed, median sizes seen and the share of the image they cover."""
    assumed = model.params.diameter * SURVEY
    seen, covered = np.full(len(assumed), np.nan), np.zeros(len(assumed))
    for k, size in enumerate(assumed):
        factor = model.params.diameter / size
        part = resized(_busiest(image, int(WINDOW / factor)), factor)
        labels = model.decode(*model.propose(part), part.shape[:2])
        areas = np.bincount(labels.ravel())[1:]
        areas = areas[areas > 0]
        if len(areas):
            sizes = np.sqrt(4 / np.pi * areas) / factor
            seen[k] = np.median(sizes)
            alike = np.abs(np.log2(sizes / size)) < ALIKE
            covered[k] = areas[alike].sum() / labels.size
    return assumed, seen, covered


def agreeing_size(assumed, seen, covered):
    """Return the size at which a model sees objects as large as assumed.

    Parameters
    ----------
    assumed : (n,) ndarray of float
        Object diameters that the image was scaled by, ascending, px.
    seen : (n,) ndarray of float
        Median diameters that were found then, px; NaN where nothing was.
    covered : (n,) ndarray of float
        Share of the image covered by objects of about the assumed size.

    Returns
    -------
    float
        0 if nothing was found at all.

    Examples
    --------
    >>> sizes = np.array([10.0, 20.0, 40.0])
    >>> round(agreeing_size(sizes, np.array([14.0, 20.0, 28.0]), np.ones(3)), 1)
    20.0
    """
    if np.isnan(seen).all():
        return 0.0
    off = np.log2(seen / assumed)
    best, answer = (0, 0.0), 0.0
    for k in range(len(assumed) - 1):
        if off[k] >= 0 > off[k + 1]:
            part = off[k] / (off[k] - off[k + 1])
            size = assumed[k] * (assumed[k + 1] / assumed[k]) ** part
            n_agree = np.count_nonzero(np.abs(np.log2(seen / size)) < ALIKE)
            share = (1 - part) * covered[k] + part * covered[k + 1]
            if (n_agree, share) > best:
                best, answer = (n_agree, share), size
    return float(answer or seen[np.nanargmin(np.abs(off))])


def _busiest(image, side):
    """The square of an image, of nine that are `side` px wide, with most contrast."""
    starts = [
        sorted({round(share * max(n - side, 0)) for share in (0, 0.5, 1)})
        for n in image.shape[:2]
    ]
    parts = [
        image[row : row + side, col : col + side]
        for row in starts[0]
        for col in starts[1]
    ]
    return max(parts, key=lambda part: part.std()) if len(parts) > 1 else parts[0]


def at_scale(model, image, factor, *, tta=False, **how):
    """Segment an image scaled by `factor`, and scale the result back.

    Parameters
    ----------
    model : labkit.models.Model
    image : (H, W) or (H, W, 3) array
    factor : float
        From `scale_factor`.
    tta : bool
        Where the answers for turned images cannot be averaged, label images are
        merged.
    **how
        `tile`, see `labkit.models.StarDist.predict`, and `prob_thresh`.

    Returns
    -------
    (H, W) ndarray of int32
    """
    if tta and not getattr(model, "averages", True):
        return merge_labels(lambda view: at_scale(model, view, factor, **how), image)
    found = model.propose(resized(image, factor), tta=tta, **how)
    least = {"prob_thresh": how["prob_thresh"]} if "prob_thresh" in how else {}
    return model.decode(*found, image.shape[:2], factor=1 / factor, **least)


def probs_at_scale(model, image, factor, **how):
    """Pixel probabilities from an image scaled by `factor`, at the image's size.

    Parameters as `at_scale`, for a `labkit.models.UNetProb`.

    Returns
    -------
    (2, H, W) ndarray of float32
    """
    prob = model.prob(resized(image, factor), **how)
    return enlarge_all(prob, 1 / factor, image.shape[:2])


def scale_factor(model, diameter):
    """By how much to scale an image with objects of this diameter.

    Parameters
    ----------
    model : labkit.models.Model
    diameter : float
        Px.

    Returns
    -------
    float
        1 if the size is nearly that of training.

    Raises
    ------
    ValueError
        If the model is not trained, or `diameter` is not positive or more than 8
        times larger or smaller than in training.
    """
    low, high = limits(model)
    if not low <= diameter <= high:
        raise ValueError(
            f"`diameter` must lie between {low:.1f} and {high:.1f} px for a model "
            f"trained on objects of {model.params.diameter:.1f} px, got {diameter}"
        )
    factor = model.params.diameter / diameter
    return factor if not 1 / SAME_SIZE < factor < SAME_SIZE else 1.0


def limits(model):
    """Smallest and largest object diameter that may be rescaled, px."""
    trained = model.params.diameter
    if not trained:
        raise ValueError("the model is not trained yet; call model.fit first")
    return trained / LARGEST_FACTOR, trained * LARGEST_FACTOR
