"""Search for the post-processing that fits a kind of images best."""

import dataclasses
from typing import NamedTuple

import numpy as np
from tqdm.auto import tqdm

from ..checks import check_pair
from ..crops import resized
from ..metrics import dsb_score
from ..models.thresholds import THRESHOLDS
from .options import PostParams, finish
from .post import add_missing
from .scale import probs_at_scale, scale_factor
from .whole import find_diameter

SPACE = {
    "prob_thresh": THRESHOLDS,
    "scales": ((1.0,), (0.8,), (1.25,), (1.0, 2.0), (1.0, 0.5), (0.8, 1.6)),
    "dilate": (0.0, 1.0, 2.0),
    "min_size": (0.0, 0.05, 0.1, 0.15, 0.2, 0.3),
    "holes": (False, True),
}
SPACE_OF_BORDERS = {
    "redraw": (False, True),
    "ring": (0.05, 0.1, 0.15, 0.2),
    "ring_prob": (0.3, 0.4, 0.5, 0.6, 0.7),
    "min_prob": (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6),
}
FREE = 15  # first trials, which change what was given; later ones change the best
MIN_GAIN = 0.001  # of the score; less is chance


class Search(NamedTuple):
    """What a search found.

    Attributes
    ----------
    post : PostParams
        The best; what was given if nothing is better. Save it with ``post.save``.
    score : float
        Its mean DSB score on the validation images.
    start_score : float
        That of what was given.
    trials : list of (PostParams, float)
        Everything that was tried, with its score.
    stopped : str
        "finished", "interrupted", or "exhausted": nothing new was left to try.
    """

    post: PostParams
    score: float
    start_score: float
    trials: list
    stopped: str


def search(
    model,
    images,
    labels,
    *,
    diameter=None,
    borders=None,
    tta=False,
    tile=1024,
    start=None,
    n_trials=60,
    seed=0,
    progress=True,
    callback=None,
):
    """Find the post-processing that segments annotated images best.

    The networks look at each image once for each scale; what follows is tried with
    their stored answers. Half the trials at first are random changes of `start`, later
    ones of the best so far. Use images that the model was not trained on, and judge
    the result on others: what is best here is a little too good.

    Parameters
    ----------
    model : labkit.models.Model
        Trained or loaded.
    images : sequence of (H, W) or (H, W, 3) array
        For validation.
    labels : sequence of (H, W) array of int
    diameter : float, "auto", None, or a sequence of them
        As in `segment`; one for all images or one for each.
    borders : labkit.models.UNetProb, optional
        As in `segment`; without it nothing about borders is searched.
    tta : bool
    tile : int
    start : PostParams, optional
        Where to start; by default the defaults.
    n_trials : int
        Settings to try, at most.
    seed : int
        Same seed, same trials.
    progress : bool
        Show a progress bar. Pressing stop (KeyboardInterrupt) ends the search and
        keeps the best so far.
    callback : callable, optional
        Called with the `Search` after each trial.

    Returns
    -------
    Search
        ``segment(model, image, post=search(...).post)`` uses what was found.

    Raises
    ------
    ValueError
        If there are no images, images and labels do not fit together, or `n_trials`
        is below 1.

    References
    ----------
    .. [1] Hollandi et al. (2020), Cell Systems 10: 453-458 (nucleAIzer), searches by a
           genetic algorithm.
    """
    if n_trials < 1:
        raise ValueError(f"`n_trials` must be at least 1, got {n_trials}")
    seen = _look(model, images, labels, diameter, borders, tile=tile, tta=tta)
    start, space = start or PostParams(), SPACE | (SPACE_OF_BORDERS if borders else {})
    rng, trials, stopped = np.random.default_rng(seed), [], "finished"
    bar = tqdm(range(n_trials + 1), disable=not progress, unit="setting")
    try:
        for k in bar:
            origin = start if k < FREE else _best(trials)[0]
            post = _changed(origin, space, rng, trials) if k else start
            if post is None:
                stopped = "exhausted"
                break
            trials.append((post, float(np.mean([one.score(post) for one in seen]))))
            bar.set_postfix_str(f"DSB score {_best(trials)[1]:.3f}")
            if callback is not None:
                callback(_result(trials, stopped))
    except KeyboardInterrupt:
        stopped = "interrupted"
    finally:
        bar.close()
    return _result(trials or [(start, np.nan)], stopped)


def _result(trials, stopped):
    """What is known after some trials."""
    return Search(*_best(trials), trials[0][1], list(trials), stopped)


def _best(trials):
    """The best trial; the first one unless another is clearly better."""
    best = max(trials, key=lambda trial: trial[1])
    return best if best[1] > trials[0][1] + MIN_GAIN else trials[0]


def _changed(post, space, rng, trials):
    """Change one to three values at random; None if all seems to have been tried."""
    tried = {one for one, _ in trials}
    for _ in range(1000):
        names = rng.choice(list(space), rng.integers(1, 4), replace=False)
        values = {name: space[name][rng.integers(len(space[name]))] for name in names}
        changed = post.replace(**values)
        if changed not in tried:
            return changed
    return None


def _look(model, images, labels, diameter, borders, **how):
    """Check the annotated images; return an `_Image` for each."""
    images, labels = list(images), list(labels)
    if not images or len(images) != len(labels):
        raise ValueError(
            f"got {len(images)} images and {len(labels)} label images for validation; "
            f"there must be at least one, and one label image for each"
        )
    one_for_all = diameter is None or isinstance(diameter, str) or np.isscalar(diameter)
    diameters = [diameter] * len(images) if one_for_all else list(diameter)
    if len(diameters) != len(images):
        raise ValueError(f"got {len(images)} images but {len(diameters)} diameters")
    seen = []
    for k, (image, truth, size) in enumerate(
        zip(images, labels, diameters, strict=True)
    ):
        names = (f"images[{k}]", f"labels[{k}]")
        image, truth = check_pair(image, truth, names, colour=True)
        size = find_diameter(model, image, size, how["tile"])
        seen.append(_Image(model, image, truth, size, borders, how))
    return seen


@dataclasses.dataclass
class _Image:
    """One validation image, and what the networks said about it."""

    model: object
    image: np.ndarray
    truth: np.ndarray
    diameter: float
    borders: object
    how: dict

    def __post_init__(self):
        self._found, self._labels, self._prob = {}, {}, None
        if self.borders is not None:
            factor = scale_factor(self.borders, self.diameter)
            prob = probs_at_scale(self.borders, self.image, factor, **self.how)
            self._prob = prob[0]

    def score(self, post):
        """DSB score of this image with some post-processing."""
        labels = self.labels(post.scales, post.prob_thresh)
        labels = finish(labels, post, diameter=self.diameter, prob=self._prob)
        return dsb_score(self.truth, labels)

    def labels(self, scales, prob_thresh):
        """The model's objects at some scales, before post-processing."""
        key = scales, prob_thresh
        if key not in self._labels:
            labels = self._decoded(scales[0], prob_thresh)
            for scale in scales[1:]:
                labels = add_missing(labels, self._decoded(scale, prob_thresh))
            self._labels[key] = labels
        return self._labels[key]

    def _decoded(self, scale, prob_thresh):
        """Objects at one scale; the network is asked once."""
        factor = scale_factor(self.model, self.diameter) * scale
        if scale not in self._found:
            least = min(THRESHOLDS[0], self.model.params.prob_thresh)
            scaled = resized(self.image, factor)
            self._found[scale] = self.model.propose(
                scaled, prob_thresh=least, **self.how
            )
        thresh = self.model.params.prob_thresh if prob_thresh is None else prob_thresh
        shape = self.image.shape[:2]
        found = self._found[scale]
        return self.model.decode(*found, shape, factor=1 / factor, prob_thresh=thresh)
