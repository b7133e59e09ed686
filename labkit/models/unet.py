"""A probability U-Net: how likely each pixel lies on a nucleus, and on its rim.

The network behind contour assist (AnnotatorJ uses one) and behind the borders of
nucleAIzer's post-processing. It answers at the image's own resolution; a rough
outline, a click or a box then only has to choose among the nuclei that it sees.
"""

import dataclasses

import torch

from .. import crops as cr
from ..nets import UNet
from .base import Model, ModelParams
from .losses import pixel_loss
from .pixels import MIN_CORE, pixels_in_tiles, split_by_rims
from .tiles import enlarge_all, run_network
from .training import to_device
from .views import averaged


@dataclasses.dataclass(frozen=True)
class UNetProbParams(ModelParams):
    """What a UNetProb model is; fixed once it is trained.

    Attributes
    ----------
    grid, width, depth, channels, diameter, zoom, enlarge
        See `labkit.models.base.ModelParams`; the answer is for every pixel.
    prob_thresh : float
        Least probability of a nucleus pixel.
    rim : int
        Width of the rim that keeps touching objects apart, px.
    """

    rim: int = 2


class UNetProb(Model):
    """A model of nucleus and rim probabilities.

    Parameters
    ----------
    params : UNetProbParams
    seed : int
        Of the initial weights.
    device : str, optional
        "cpu" or "cuda"; by default the GPU if there is one.

    References
    ----------
    .. [1] Ronneberger et al. (2015), U-Net. https://arxiv.org/abs/1505.04597
    .. [2] Hollandi et al. (2020), AnnotatorJ, Mol. Biol. Cell 31: 2179-2186:
           contour assist by a U-Net. https://doi.org/10.1091/mbc.E20-02-0156
    .. [3] Caicedo et al. (2019), Cytometry A 95: 952-965: a class of its own for
           the boundary. https://doi.org/10.1002/cyto.a.23863

    Examples
    --------
    >>> labels = np.zeros((64, 64), int)
    >>> labels[20:40, 20:40] = 1
    >>> model = lk.models.UNetProb(lk.models.UNetProbParams(width=8, depth=1))
    >>> quick = lk.models.TrainParams(steps=2, crop_size=32)
    >>> history = model.fit([labels * 9.0], [labels], params=quick, progress=False)
    >>> model.prob(labels * 9.0).shape
    (2, 64, 64)
    """

    Params = UNetProbParams

    def prob(self, image, *, tile=1024, tta=False, normalize=True):
        """Return the probabilities of one image at its own scale.

        Parameters
        ----------
        image : (H, W) or (H, W, 3) array of uint8, uint16 or float
            Any size; colour needs a model with ``channels=3``.
        tile : int
            Side of the part computed at once, px. It bounds the memory and does
            not change the result: tiles overlap as far as the network looks.
        tta : bool
            Average the answers for the 8 ways to turn and mirror the image.
        normalize : bool
            False for images that are normalised already.

        Returns
        -------
        (2, H, W) ndarray of float32
            Probability, 0..1, of lying on a nucleus, and on the rim of one.
        """
        image = cr.normalize(image) if normalize else image
        return pixels_in_tiles(
            averaged(self._answer) if tta else self._answer,
            cr.channels_first(image, self.params.channels),
            tile=tile,
            overlap=self.net.reach,
            multiple=self.net.multiple,
        )

    def propose(self, image, *, prob_thresh=None, **how):
        """Return what `decode` takes; parameters as `prob`, no threshold needed."""
        return (self.prob(image, **how),)

    def decode(self, prob, shape, *, factor=1.0, prob_thresh=None):
        """Turn probabilities into a label image.

        Parameters
        ----------
        prob : (2, h, w) ndarray of float32
            From `prob`.
        shape : (int, int)
            Of the label image, px.
        factor : float
            Size of the label image / size of the image that was looked at.
        prob_thresh : float, optional
            Overrides that of the model.

        Returns
        -------
        (H, W) ndarray of int32
        """
        prob_thresh = self.params.prob_thresh if prob_thresh is None else prob_thresh
        if factor != 1:
            prob = enlarge_all(prob, factor, shape)
        min_core = MIN_CORE * factor**2
        return split_by_rims(*prob, prob_thresh, min_core)

    @torch.inference_mode()
    def _answer(self, image):
        """The probabilities of a (channels, H, W) image."""
        output = run_network(self.net, image, 1, self.device)
        return torch.sigmoid(output).cpu().numpy()

    def _network(self):
        """Two probabilities for every pixel."""
        return UNet(
            in_channels=self.params.channels,
            out_channels=2,
            width=self.params.width,
            depth=self.params.depth,
            grid=self.params.grid,
            every_pixel=True,
        )

    def _targets(self):
        """Nuclei and rims."""
        return cr.PixelTargets(self.params.rim, self.params.channels)

    def _loss(self, output, crop, device):
        """Loss of one batch."""
        return pixel_loss(output, *(to_device(array, device) for array in crop[1:]))
