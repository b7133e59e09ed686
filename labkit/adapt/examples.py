"""What the model learns from: images at one object size, real and synthetic."""

from typing import NamedTuple

import numpy as np

from ..checks import check_pair
from ..crops import Augment, resized
from ..labels import median_diameter, relabel
from ..models import Pix2Pix, Pix2PixParams
from ..style import morphology
from ..synth import CopyPaste, Renderer, make_labels

LARGEST = 6.0  # times that an image is enlarged or reduced at most
HELD_OUT = 0.12  # share of the images that say when training was best
AUGMENT = Augment(
    scale=1.5,
    rotate=45.0,
    gain=1.25,
    offset=0.05,
    noise=0.05,
    blur=0.8,
    gamma=1.2,
    shade=0.15,
    stain=0.2,
    hue=0.03,
)


class Example(NamedTuple):
    """One image to learn from."""

    image: np.ndarray  # (H, W) or (H, W, 3)
    labels: np.ndarray  # (H, W) int32
    unsure: np.ndarray  # (H, W) bool


def to_uniform(image, labels, wanted, *, unsure=None, diameter=None):
    """Bring an annotated image to the size at which its typical object has `wanted`.

    Parameters
    ----------
    image : (H, W) or (H, W, 3) array
    labels : (H, W) array of int
    wanted : float
        Diameter, px.
    unsure : (H, W) array of bool, optional
    diameter : float, optional
        Of the typical object now; by default the median of `labels`. An image
        without objects stays as it is.

    Returns
    -------
    Example
        An image is enlarged or reduced 6 times at most.
    """
    image, labels = check_pair(image, labels, colour=True)
    unsure = np.zeros(labels.shape, bool) if unsure is None else np.asarray(unsure)
    diameter = diameter or median_diameter(labels) or wanted
    factor = float(np.clip(wanted / diameter, 1 / LARGEST, LARGEST))
    coded = np.where(unsure & (labels == 0), -1, labels)
    scaled, coded = resized(image, factor, coded)
    if image.dtype == np.uint8:
        scaled = np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
    return Example(scaled, relabel(coded.clip(0)), coded < 0)


def new_renderer(params):
    """Return the renderer that the parameters name, not fitted yet."""
    if params.renderer == "pix2pix":
        return Pix2Pix(Pix2PixParams(steps=params.render_steps), seed=params.seed)
    return {"statistics": Renderer, "copy-paste": CopyPaste}[params.renderer]()


def fit_renderer(examples, params, *, progress=False):
    """Fit the renderer of one style.

    Parameters
    ----------
    examples : list of Example
        Of one style, all grey or all in colour, at the uniform object size.
    params : AdaptParams

    Returns
    -------
    Renderer, CopyPaste or Pix2Pix
    """
    images, labels, unsure = map(list, zip(*examples, strict=True))
    how = {"ignore": unsure, "seed": params.seed}
    if params.renderer == "pix2pix":
        how |= {"progress": progress}
    return new_renderer(params).fit(images, labels, **how)


def synthesise(examples, renderer, params, *, numbers, seed=0):
    """Make label images like those of a style, and images for them.

    They take turns in which image with objects they are made after.

    Parameters
    ----------
    examples : list of Example
        Of one style.
    renderer : as `fit_renderer` returns
    params : AdaptParams
    numbers : iterable of int
        Which of the synthetic images; each has its own seed, so that the same
        number is always the same image.
    seed : int

    Yields
    ------
    Example
    """
    measured = morphology([one.labels for one in examples])
    shape, models = (params.side, params.side), np.flatnonzero(measured.n_objects)
    for number in numbers:
        own = int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
        how = {"image": models[number % len(models)], "simulated": params.simulated}
        labels = make_labels(measured, shape, seed=own, **how)
        image = renderer.render(labels, seed=own)
        yield Example(image, labels, np.zeros(shape, bool))


def train(model, parts, params, *, progress=True, callback=None):
    """Train a model on real, synthetic and older images at one object size.

    Parameters
    ----------
    model : labkit.models.Model
        Changed in place.
    parts : list of (list of Example, float)
        Kinds of examples, each with how often it is drawn in relation to the others.
    params : AdaptParams
    progress : bool
    callback : callable, optional
        Called with the `History` now and then.

    Returns
    -------
    labkit.models.History
    """
    training, chance, held = [], [], []
    for examples, share in parts:
        stays, out = _hold_out(examples) if share > 0 and examples else ([], [])
        area = sum(one.labels.size for one in stays)
        training += stays
        chance += [share * one.labels.size / area for one in stays]
        held += out
    images, labels, unsure = map(list, zip(*training, strict=True))
    return model.fit(
        images,
        labels,
        ignore=unsure,
        chance=chance,
        validation=tuple(map(list, zip(*held, strict=True))),
        params=params.training(model.training),
        augment=AUGMENT,
        seed=params.seed,
        progress=progress,
        callback=callback,
    )


def _hold_out(examples):
    """Hold whole images out, evenly; a single one is on both sides."""
    n = len(examples)
    n_held = max(1, round(HELD_OUT * n))
    places = np.linspace(0, n - 1, n_held + 2)[1:-1].round().astype(int)
    held = set(places.tolist())
    stays = [one for k, one in enumerate(examples) if k not in held]
    return stays or list(examples), [examples[k] for k in sorted(held)]
