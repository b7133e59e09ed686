"""The whole adaptation, stage by stage."""

import copy
import dataclasses

import numpy as np
from tqdm.auto import tqdm

from ..models import StarDist
from ..models import load as load_model
from ..models.training import History
from ..segment import segment
from ..style import Styles, cluster_styles
from .examples import fit_renderer, synthesise, to_uniform, train
from .inputs import check_images, check_own, fingerprint, uniform_source, weights
from .params import AdaptParams
from .presegment import doubt, given, presegment
from .shelf import Shelf


@dataclasses.dataclass(eq=False)
class Adaptation:
    """What an adaptation made, stage by stage; of rounds, the last one.

    Attributes
    ----------
    model : labkit.models.Model
        The adapted one.
    labels : list of (H, W) ndarray of int32
        The images, segmented by it.
    styles : labkit.style.Styles
    first : list of Presegmentation
        The images' annotation that was learnt from.
    real : list of Example
        The images with it at the uniform size; None where nothing was annotated.
    synthetic : list of list of Example
        Of each style.
    history : labkit.models.History
        If it was interrupted, later rounds were not begun; the same call with the same
        folder does the training again.
    notes : list of str
        What a reader must know: images set aside, styles without objects.
    """

    model: object
    labels: list
    styles: Styles
    first: list
    real: list
    synthetic: list
    history: History
    notes: list


def adapt(
    images,
    *,
    model=None,
    labels=None,
    source=None,
    params=None,
    folder=None,
    progress=True,
):
    """Adapt a segmentation model to images that nobody has annotated.

    The images are annotated by the model or automatically, grouped by style; per
    style, label images of like size, shape and spacing are made and painted in the
    style; the model is trained on all that at one object size, and segments the
    images [1]_.

    Parameters
    ----------
    images : sequence of (H, W) or (H, W, 3) array
        Of any sizes and styles.
    model : labkit.models.Model, optional
        Where to begin; it is left as it is. By default the StarDist that comes along.
    labels : sequence of (H, W) array of int or None, optional
        Your own labels, instead of the automatic annotation of those images.
    source : (images, labels), optional
        Annotated images of other experiments, so that they are not forgotten.
    params : AdaptParams, optional
    folder : str or Path, optional
        Where every stage is kept. The same call goes on there after a stop.
    progress : bool
        Show progress bars.

    Returns
    -------
    Adaptation

    Raises
    ------
    ValueError, TypeError
        If images or labels are unusable, or no object was found in any image.

    References
    ----------
    .. [1] Hollandi et al. (2020), Cell Systems 10: 453-458 (nucleAIzer); thesis of
           R. Hollandi, the chapter on nucleAIzer.
    """
    params = params or AdaptParams()
    model = StarDist.load("nuclei") if model is None else model
    images = check_images(images, model.params.channels)
    own = check_own(labels, len(images))
    source = uniform_source(source, params)
    about = dataclasses.asdict(params) | {
        "images": fingerprint([*images, *own]),
        "source": fingerprint(array for one in source for array in one[:2]),
        "model": fingerprint(weights(model)),
    }
    shelf = Shelf(folder, about)
    run = _Run(images, own, source, params, shelf, progress)
    for number in range(params.rounds):
        model = run.round(number, model)
        if run.history.stopped == "interrupted":  # what would follow must not be kept
            break
    return run.result(model)


class _Run:
    """The state of one adaptation."""

    def __init__(self, images, own, source, params, shelf, progress):
        self.images, self.own, self.source = images, own, source
        self.params, self.shelf = params, shelf
        self.progress = progress
        self.styles = cluster_styles(images, n_styles=params.n_styles, seed=params.seed)

    def round(self, number, model):
        """Do all stages up to the training once and return the trained model."""
        self.place = f"round{number + 1}"
        self.notes = []
        begins = number == 0 and self.params.presegment == "auto"
        self.first = self._presegment(None if begins else model)
        self.real = [self._uniform(*pair) for pair in enumerate(self.first)]
        self._tell_empty()
        self.synthetic = [self._synthesise(k) for k in range(self.styles.n_styles)]
        return self._train(model)

    def result(self, model):
        """Segment the images and return what has been made."""
        stages = self.styles, self.first, self.real, self.synthetic
        labels = self._segment(model)
        return Adaptation(model, labels, *stages, self.history, self.notes)

    def _presegment(self, model):
        """Annotate the images that have no labels, and doubt what is odd."""
        found = []
        for k, image in enumerate(self._watch(self.images, "presegment")):
            if self.own[k] is not None:
                found.append(given(image, self.own[k]))
                continue
            names = self.place, "1_presegmented", f"{k:04d}"
            make = _later(presegment, image, model)
            found.append(self.shelf.keep("presegmentation", names, make))
        return self._doubted(found) if self.params.doubt else found

    def _doubted(self, found):
        """Doubt within each style what is not the user's own."""
        for style in range(self.styles.n_styles):
            members = [k for k in self._members(style) if self.own[k] is None]
            images = [self.images[k] for k in members]
            kept = doubt(images, [found[k] for k in members])
            for k, one in zip(members, kept, strict=True):
                found[k] = one
        return found

    def _uniform(self, k, found):
        """An image at the uniform object size; None where nothing was annotated."""
        if not found.labels.any():
            return None
        how = {"unsure": found.unsure, "diameter": found.diameter}
        return to_uniform(self.images[k], found.labels, self.params.diameter, **how)

    def _tell_empty(self):
        """Note which images nothing can be learnt from; stop if it is all of them."""
        empty = [k for k, one in enumerate(self.real) if one is None]
        if len(empty) == len(self.images):
            raise ValueError(
                f"no object was found in any of the {len(empty)} images, so there is "
                f"nothing to adapt to; try AdaptParams(presegment='auto') or 'model', "
                f"or annotate one image and pass `labels`"
            )
        if empty:
            self.notes.append(
                f"nothing was found at first in {len(empty)} of {len(self.images)} "
                f"images (numbers {empty[:10]}); they were not learnt from"
            )

    def _synthesise(self, style):
        """Make the synthetic images of one style, grey and coloured ones apart."""
        members = [self.real[k] for k in self._members(style)]
        members = [one for one in members if one is not None]
        if not members:
            self.notes.append(f"style {style} has no objects; nothing was made of it")
            return []
        made, n = [], self.params.n_synthetic
        kinds = [[one for one in members if one.image.ndim == d] for d in (2, 3)]
        for kind in filter(None, kinds):
            n_kind = round(n * len(kind) / len(members))
            made += self._paint(style, kind, range(len(made), len(made) + n_kind))
        return made

    def _paint(self, style, examples, numbers):
        """Make synthetic images; the renderer is only fitted if one is missing."""
        renderer, made = None, []
        what = f"synthesise style {style + 1} of {self.styles.n_styles}"
        for number in self._watch(numbers, what):

            def make(number=number):
                nonlocal renderer
                renderer = renderer or fit_renderer(
                    examples, self.params, progress=self.progress
                )
                how = {"numbers": [number], "seed": self.params.seed + style}
                return next(synthesise(examples, renderer, self.params, **how))

            names = self.place, "2_synthetic", f"style{style}", f"{number:04d}"
            made.append(self.shelf.keep("example", names, make))
        return made

    def _train(self, model):
        """Train a copy of the model, or read the one that was trained before."""
        folder = self.shelf.path(self.place, "3_model")
        names = self.place, "history"
        if folder is not None and (folder / "model.yaml").is_file():
            self.history = History(**self.shelf.keep("json", names, dict))
            return load_model(folder, device=model.device.type)
        model = copy.deepcopy(model)
        params = self.params
        synthetic = [one for style in self.synthetic for one in style]
        real = [one for one in self.real if one is not None]
        parts = [(real, params.real), (synthetic, params.synthetic)]
        parts = [*parts, (self.source, params.source)]
        parts = [(examples, share) for examples, share in parts if examples]
        self.history = train(model, parts, params, progress=self.progress)
        if self.history.stopped == "interrupted":
            self.notes.append("the training was stopped; the best weights are used")
        elif folder is not None:
            self.shelf.keep("json", names, lambda: dataclasses.asdict(self.history))
            model.save(folder)
        return model

    def _segment(self, model):
        """Segment all images, each at the object size that is found in it."""
        labels = []
        for k, image in enumerate(self._watch(self.images, "segment")):
            names = self.place, "4_segmented", f"{k:04d}"
            make = _later(_segmented, model, image)
            keep = self.history.stopped != "interrupted"
            labels.append(self.shelf.keep("labels", names, make) if keep else make())
        return labels

    def _members(self, style):
        """The numbers of a style's images."""
        return np.flatnonzero(self.styles.style == style).tolist()

    def _watch(self, items, what):
        """Return items with a bar that tells how far the work is."""
        return tqdm(items, desc=what, disable=not self.progress, unit="image")


def _later(function, *args):
    """A function without arguments that calls `function`."""
    return lambda: function(*args)


def _segmented(model, image):
    """One image, segmented at the object size that is found in it."""
    return segment(model, image, diameter="auto")
