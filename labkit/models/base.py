"""What all of labkit's trainable models share: fit, save, load."""

import dataclasses
from pathlib import Path

import torch

from .. import crops as cr
from ..checks import check_image
from ..labels import median_diameter
from ..params import Params
from . import team
from .store import load_model, save_model
from .training import TrainParams, mixed_precision, pick_device, to_device, train

WIDE = 1.5  # networks trained on objects this much larger and smaller know many sizes
SAME_SIZE = 1.15


@dataclasses.dataclass(frozen=True)
class ModelParams(Params):
    """What every model is; fixed once it is trained.

    Attributes
    ----------
    grid : int
        One place of the network for every `grid`-th pixel.
    width, depth : int
        Of the `labkit.nets.UNet`.
    channels : int
        1: grey images only. 3: colour as well; grey is repeated.
    diameter : float
        Median diameter of the objects that the network saw, px; set by `fit`.
    zoom : float
        Objects up to this much larger and smaller were seen in training; set by
        `fit` from `labkit.crops.Augment`.
    enlarge : float
        Size of what the network sees / size of the training images. Not 1 where
        `fit` went on from a network that knew many sizes already.
    prob_thresh : float
        Least probability.
    """

    grid: int = 2
    width: int = 32
    depth: int = 3
    channels: int = 1
    diameter: float = 0.0
    zoom: float = 1.0
    enlarge: float = 1.0
    prob_thresh: float = 0.5


class Model:
    """A network with its parameters; base of `StarDist`, `UNetProb` and `MaskRCNN`.

    A subclass names its `Params` class and says which network it has, what the
    network shall answer, how wrong an answer is, and what to tune afterwards.

    Parameters
    ----------
    params : labkit.params.Params
        Of the subclass's own kind.
    seed : int
        Of the initial weights.
    device : str, optional
        "cpu" or "cuda"; by default the GPU if there is one.
    """

    Params = None
    training = TrainParams()  # what `fit` does unless told otherwise
    augment = cr.Augment()
    n_validation = 48  # crops at most
    averages = True  # whether it has an answer for turned images of its own

    def __init__(self, params=None, *, seed=0, device=None):
        self.params = params or self.Params()
        self.device = pick_device(device)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            net = self._network()
        self.net = net.to(self.device, memory_format=torch.channels_last).eval()

    @property
    def diameter(self):
        """Median object diameter in the images it was trained on, px; 0 before."""
        return self.params.diameter / self.params.enlarge

    def fit(
        self,
        images,
        labels,
        *,
        ignore=None,
        params=None,
        augment=None,
        hold_out=0.12,
        validation=None,
        chance=None,
        seed=0,
        progress=True,
        callback=None,
    ):
        """Train on annotated images, from the present weights.

        Parameters
        ----------
        images : sequence of (H, W) or (H, W, 3) array
            Of any sizes; each is normalised by its own percentiles. Colour needs
            a model with ``channels=3``, which takes grey images, too.
        labels : sequence of (H, W) array of int
        ignore : sequence of (H, W) array of bool, optional
            Pixels to leave out of the loss: foreground that an automatic
            annotation did not keep (``labkit.auto.annotate_steps().left_out``).
            Without it, what is unlabelled is taught as background.
        params : TrainParams, optional
        augment : labkit.crops.Augment, optional
        hold_out : float
            Share held out for validation, early stopping and tuning.
        validation : (images, labels), optional
            Held out instead of a share of the training images. Take them from
            fields of view that are not in training.
        chance : sequence of float, optional
            How often each image is drawn, see `labkit.crops.Crops`; only together
            with `validation`.
        seed : int
            Of the crops. Same seed, same model on one CPU.
        progress : bool
            Show a progress bar.
        callback : callable, optional
            Called with the `History` after each validation.

        Returns
        -------
        History

        Raises
        ------
        ValueError
            If images and labels do not fit together or hold no object.

        Notes
        -----
        Several GPUs train together where ``torchrun`` starts one process for each.
        """
        params, augment = params or self.training, augment or self.augment
        self._check_crop_size(params.crop_size)
        if chance is not None and validation is None:
            raise ValueError("`chance` needs `validation`: images that are held out")
        found = cr.sources(images, labels, ignore)
        cr.check_channels(found, self.params.channels)
        training = found = self._to_scale(found)
        if validation is None:
            training, held = cr.hold_out(found, hold_out)
        else:
            held = self._rescaled(cr.sources(*validation))
        self._prepare(found, augment)
        targets, size = self._targets(), params.crop_size
        own = seed + team.rank()  # processes that train together draw different crops
        how = {"size": size, "augment": augment, "chance": chance, "seed": own}
        crops = cr.Crops(training, targets, **how)
        tiles = cr.tile_crops(held, targets, size=size, at_most=self.n_validation)
        watch = {"progress": progress, "callback": callback}
        history = train(self.net, self._loss_of, crops, tiles, params, **watch)
        self._tune(held)
        return history

    def predict(self, image, *, tile=1024, tta=False):
        """Segment one image with objects of the size they had in training.

        Parameters
        ----------
        image : (H, W) or (H, W, 3) array of uint8, uint16 or float
            Colour needs a model with ``channels=3``.
        tile : int
            Side of the part computed at once, px. It bounds the memory and does
            not change the result: tiles overlap as far as the network looks.
        tta : bool
            Average the answers for the 8 ways to turn and mirror the image.

        Returns
        -------
        (H, W) ndarray of int32
            Label image.

        See Also
        --------
        labkit.segment.segment : objects of another size than in training.
        """
        image = check_image(image, colour=True)
        factor = self.params.enlarge
        found = self.propose(cr.resized(image, factor), tile=tile, tta=tta)
        return self.decode(*found, image.shape[:2], factor=1 / factor)

    def save(self, folder):
        """Write ``model.yaml`` and ``weights.safetensors`` into `folder`."""
        kind = type(self).__name__
        files = Path(folder) / "model.yaml", Path(folder) / "weights.safetensors"
        save_model(files, kind, self.params, self.net)

    @classmethod
    def load(cls, name, *, device=None):
        """Read a model that comes with labkit, or one that `save` wrote.

        Parameters
        ----------
        name : str or Path
            ``"nuclei"``, the model that comes along, or a folder; one of that very
            name is ``"./nuclei"``.
        device : str, optional

        Raises
        ------
        FileNotFoundError
            If there is no such model.
        ValueError
            If it is another kind of model, or its files do not fit together.
        """
        params, weights = load_model(name, cls.__name__, cls.Params)
        model = cls(params, device=device)
        try:
            model.net.load_state_dict(weights)
        except RuntimeError as error:
            raise ValueError(
                f"the weights of {name} are not of the network that its card "
                f"describes, {params}; take both from the same model"
            ) from error
        return model

    def _to_scale(self, found):
        """Training images at the scale of a network that knows many sizes.

        Its objects keep the size that the network was trained on, and
        `predict` will enlarge images likewise. Any other network learns the images
        at their own scale.
        """
        diameter = median_diameter(*(source.labels for source in found))
        factor = self.params.diameter / diameter
        if self.params.zoom < WIDE or 1 / SAME_SIZE < factor < SAME_SIZE:
            factor = 1.0
        self.params = self.params.replace(enlarge=factor)
        return self._rescaled(found)

    def _rescaled(self, found):
        """Annotated images at the scale that the network sees."""
        return cr.rescale(found, self.params.enlarge)

    def _network(self):
        """Return the network, with fresh weights."""
        raise NotImplementedError

    def _targets(self):
        """Return what turns a square of an annotated image into a crop."""
        raise NotImplementedError

    def _loss_of(self, net, crop):
        """Return the loss of a network, this one or an average of it, on one batch."""
        image = to_device(crop.image, self.device)
        with mixed_precision(self.device):
            output = net(image)
        return self._loss(output.float(), crop, self.device)

    def _loss(self, output, crop, device):
        """Return how wrong the network's answer for one batch is."""
        raise NotImplementedError

    def _prepare(self, found, augment):
        """Read off the training images what the model must know."""
        diameter = median_diameter(*(source.labels for source in found))
        zoom = max(self.params.zoom, augment.scale)
        self.params = self.params.replace(diameter=diameter, zoom=zoom)

    def _tune(self, held):
        """Choose thresholds on the held-out images."""

    def _check_crop_size(self, size):
        """Raise ValueError if the network cannot take crops of this size."""
        if size < self.net.multiple or size % self.net.multiple:
            raise ValueError(
                f"crop_size must be a multiple of {self.net.multiple} px for this "
                f"network, got {size}"
            )
