"""What all of labkit's trainable models share: fit, save, load."""

from pathlib import Path

import torch

from .. import crops as cr
from ..labels import median_diameter
from .store import load_model, save_model
from .training import TrainParams, pick_device, train


class Model:
    """A network with its parameters; base of `StarDist` and `UNetProb`.

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

    def __init__(self, params=None, *, seed=0, device=None):
        self.params = params or self.Params()
        self.device = pick_device(device)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            net = self._network()
        self.net = net.to(self.device, memory_format=torch.channels_last).eval()

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
        """
        params = params or TrainParams()
        self._check_crop_size(params.crop_size)
        training = found = cr.sources(images, labels, ignore)
        if validation is not None:
            held = cr.sources(*validation)
        elif chance is None:
            training, held = cr.hold_out(found, hold_out)
        else:
            raise ValueError("`chance` needs `validation`: images that are held out")
        self._prepare(found)
        targets, size = self._targets(), params.crop_size
        crops = cr.Crops(
            training,
            targets,
            size=size,
            augment=augment or cr.Augment(),
            chance=chance,
            seed=seed,
        )
        tiles = cr.tile_crops(held, targets, size=size)
        watch = {"progress": progress, "callback": callback}
        history = train(self.net, self._loss, crops, tiles, params, **watch)
        self._tune(held)
        return history

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
            ``"nuclei"``, the model that comes along, or a folder.
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
        model.net.load_state_dict(weights)
        return model

    def _network(self):
        """Return the network, with fresh weights."""
        raise NotImplementedError

    def _targets(self):
        """Return what turns a square of an annotated image into a crop."""
        raise NotImplementedError

    def _loss(self, output, crop, device):
        """Return the loss of one batch."""
        raise NotImplementedError

    def _prepare(self, found):
        """Read off the training images what the model must know."""
        diameter = median_diameter(*(source.labels for source in found))
        self.params = self.params.replace(diameter=diameter)

    def _tune(self, held):
        """Choose thresholds on the held-out images."""

    def _check_crop_size(self, size):
        """Raise ValueError if the network cannot take crops of this size."""
        if size < self.net.multiple or size % self.net.multiple:
            raise ValueError(
                f"crop_size must be a multiple of {self.net.multiple} px for this "
                f"network, got {size}"
            )
