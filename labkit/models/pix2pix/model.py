"""`Pix2Pix`: fit, render, save, load."""

import contextlib
from pathlib import Path

import numpy as np
import torch

from ...checks import check_labels
from ...synth.renderers.sources import gather
from ..store import load_model, save_model
from ..training import pick_device
from .encoding import encode, from_unit, palette_of
from .learning import Duel, Opponents, Scenes
from .params import Pix2PixParams, check_params

MARGIN = 8  # px around an image, so that its border looks like its inside


class Pix2Pix:
    """Paint images for labels with a network trained on one style.

    Parameters
    ----------
    params : Pix2PixParams, optional
    seed : int
        Of the initial weights.
    device : str, optional
        "cpu" or "cuda"; by default the GPU if there is one.

    Attributes
    ----------
    history : GanHistory or None
        Of the latest `fit`.

    Raises
    ------
    ValueError
        If a parameter is unknown or cannot be computed.

    See Also
    --------
    labkit.synth.Renderer : the same without training, in seconds.

    References
    ----------
    .. [1] Isola et al. (2017), https://arxiv.org/abs/1611.07004
    .. [2] Hollandi et al. (2020), https://doi.org/10.1016/j.cels.2020.04.003
    """

    def __init__(self, params=None, *, seed=0, device=None):
        self.params = params or Pix2PixParams()
        check_params(self.params)
        self.device, self.seed = pick_device(device), seed
        self.history = self._nets = None

    def fit(self, images, labels, *, ignore=None, seed=0, progress=True, callback=None):
        """Train on annotated images of one style, from fresh weights.

        Pressing stop (KeyboardInterrupt) ends training early and keeps the weights.

        Parameters
        ----------
        images : sequence of (H, W) or (H, W, 3) array
            All grey or all in colour. Other types than uint8 are stretched to
            0..255 by common percentiles.
        labels : sequence of (H, W) array of int
        ignore : sequence of (H, W) array of bool, optional
            Pixels to leave out of all losses. What has a nucleus' colour outside the
            labels is left out, too.
        seed : int
            Of crops, dropout and noise. Same seed, same network on one CPU.
        progress : bool
            Show a progress bar.
        callback : callable, optional
            Called with the `GanHistory` some 40 times.

        Returns
        -------
        Pix2Pix
            Itself; the curves are in `history`.

        Raises
        ------
        ValueError, TypeError
            If numbers, shapes or kinds of images differ, or nothing is labelled.
        """
        found = gather(images, labels, ignore)
        palette, colours = palette_of(found)
        self.params = _fitted(self.params, found, palette)
        self._build(self.params)
        self._nets.remember(palette)
        scenes = Scenes(found, colours, self.params, seed)
        with self._seeded(seed):
            duel = Duel(self._nets, scenes, self.params)
            self.history = duel.train(progress, callback)
        return self

    @torch.no_grad()
    def render(self, labels, *, seed=0, source=None):
        """Paint an image for labels.

        Parameters
        ----------
        labels : (H, W) array of int
            Of any size; without objects it becomes background only.
        seed : int
            Same seed, same image on one device.
        source : int, optional
            Which training image gives its tones; by default drawn.

        Returns
        -------
        (H, W) or (H, W, 3) ndarray of uint8

        Raises
        ------
        ValueError, TypeError
            If the labels are not a label image, or nothing was trained.
        """
        labels = check_labels(labels)
        self._check_trained()
        rng = np.random.default_rng(seed)
        colours = self._nets.palette().draw(labels, source, rng)
        seen = encode(labels, colours, self.params)
        more = [(MARGIN, self._missing(n)) for n in labels.shape]
        seen = np.pad(seen, [(0, 0), *more], mode="symmetric")
        noise = rng.standard_normal((1, *seen.shape[1:]), np.float32)
        batch = torch.from_numpy(np.concatenate([seen, noise])[None])
        with self._seeded(seed):
            self._nets.train()  # dropout is part of the picture, as in the original
            image = self._nets.generator(batch.to(self.device))[0]
        image = image.float().cpu().numpy()
        height, width = labels.shape
        inner = image[:, MARGIN : MARGIN + height, MARGIN : MARGIN + width]
        return from_unit(inner, self.params)

    def save(self, folder):
        """Write ``model.yaml`` and ``weights.safetensors`` into `folder`.

        Raises
        ------
        ValueError
            If nothing was trained.
        PermissionError
            If the folder cannot be written to.
        """
        self._check_trained()
        files = Path(folder) / "model.yaml", Path(folder) / "weights.safetensors"
        save_model(files, "Pix2Pix", self.params, self._nets)

    @classmethod
    def load(cls, folder, *, device=None):
        """Read what `save` wrote.

        Parameters
        ----------
        folder : str or Path
        device : str, optional

        Raises
        ------
        FileNotFoundError
            If there is no such model.
        ValueError
            If it is another kind of model, or its files do not fit together.
        """
        params, weights = load_model(folder, "Pix2Pix", Pix2PixParams)
        model = cls(params, device=device)
        model._build(params)
        try:
            model._nets.load_state_dict(weights)
        except RuntimeError as error:
            raise ValueError(
                f"the weights of {folder} are not of the network that its card "
                f"describes, {params}; take both from the same model"
            ) from error
        return model

    def _build(self, params):
        """Make both networks with fresh weights."""
        with self._seeded(self.seed):
            nets = Opponents(params)
        self._nets = nets.to(self.device, memory_format=torch.channels_last)

    def _seeded(self, seed):
        """Context in which torch draws from `seed` and leaves no trace."""
        return _seeded(seed, self.device)

    def _missing(self, n):
        """Return how many px to add after `n`, so that the generator can take it."""
        multiple = self._nets.generator.multiple
        whole = max(-(-(n + 2 * MARGIN) // multiple), 2) * multiple
        return whole - n - MARGIN

    def _check_trained(self):
        """Raise ValueError if there is no network yet."""
        if self._nets is None:
            raise ValueError("this Pix2Pix is not trained yet; call fit or load first")


@contextlib.contextmanager
def _seeded(seed, device):
    """Seed torch for a block of code."""
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield


def _fitted(params, found, palette):
    """Return the parameters with what the training images say."""
    values = np.concatenate([s.image[~s.unsure].ravel()[::5] for s in found])
    low, high = np.percentile(values, (0.1, 99.9))
    return params.replace(
        channels=found[0].image.shape[2],
        n_styles=len(palette.ground),
        n_tones=len(palette.tones),
        low=float(low),
        high=float(max(high, low + 1)),
    )
