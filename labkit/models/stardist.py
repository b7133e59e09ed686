"""StarDist: every pixel proposes a star-convex polygon (Schmidt et al. 2018).

A U-Net predicts for each pixel the probability of lying well inside an object
and the distance to its boundary along equally spaced rays; non-maximum
suppression keeps the best polygons. Trained from scratch on automatic
annotation this is the segmentation of Englbrecht et al. 2021.
"""

import dataclasses

import numpy as np
import torch
from torch.nn import functional as F

from .. import crops as cr
from ..nets import UNet
from ..params import Params
from ..stars import fill, nms, paint, rescale
from .losses import star_loss
from .proposals import propose_in_tiles
from .store import load_model, save_model
from .thresholds import tune
from .tiles import coarse_shape, enlarge
from .training import TrainParams, mixed_precision, pick_device, to_device, train


@dataclasses.dataclass(frozen=True)
class StarDistParams(Params):
    """What a StarDist model is; fixed once it is trained.

    Attributes
    ----------
    n_rays : int
        Rays of a star; 32 hold nuclei well (`labkit.stars.representable`).
    grid : int
        One prediction for every `grid`-th pixel.
    width, depth : int
        Of the `labkit.nets.UNet`.
    refine : bool
        True: stars share out the predicted foreground, which gives exact outlines
        after minutes of training (`labkit.stars.fill`). False: outlines are the
        polygons themselves, as in the paper.
    diameter : float
        Median object diameter in training, px; set by `StarDist.fit`.
    prob_thresh, nms_thresh : float
        Of `labkit.stars.decode`; `prob_thresh` is tuned by `StarDist.fit`.
    """

    n_rays: int = 32
    grid: int = 2
    width: int = 32
    depth: int = 3
    refine: bool = True
    diameter: float = 0.0
    prob_thresh: float = 0.5
    nms_thresh: float = 0.4


class StarDist:
    """A star-convex segmentation model.

    Parameters
    ----------
    params : StarDistParams
    seed : int
        Of the initial weights.
    device : str, optional
        "cpu" or "cuda"; by default the GPU if there is one.

    References
    ----------
    .. [1] Schmidt et al. (2018), Cell detection with star-convex polygons,
           MICCAI. https://doi.org/10.1007/978-3-030-00934-2_30

    Examples
    --------
    >>> labels = np.zeros((64, 64), int)
    >>> labels[20:40, 20:40] = 1
    >>> model = lk.models.StarDist(lk.models.StarDistParams(width=8, depth=1))
    >>> quick = lk.models.TrainParams(steps=2, crop_size=32)
    >>> history = model.fit([labels * 9.0], [labels], params=quick, progress=False)
    >>> model.predict(labels * 9.0).shape
    (64, 64)
    """

    def __init__(self, params=None, *, seed=0, device=None):
        self.params = params or StarDistParams()
        self.device = pick_device(device)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.net = UNet(
                out_channels=2 + self.params.n_rays,
                width=self.params.width,
                depth=self.params.depth,
                grid=self.params.grid,
            )
        self.net = self.net.to(self.device, memory_format=torch.channels_last).eval()

    def fit(
        self,
        images,
        labels,
        *,
        ignore=None,
        params=None,
        augment=None,
        hold_out=0.12,
        seed=0,
        progress=True,
        callback=None,
    ):
        """Train on annotated images, from the present weights.

        Parameters
        ----------
        images : sequence of (H, W) array
            Of any sizes; each is normalised by its own percentiles.
        labels : sequence of (H, W) array of int
        ignore : sequence of (H, W) array of bool, optional
            Pixels to leave out of the loss: foreground that an automatic
            annotation did not keep (``labkit.auto.annotate_steps().left_out``).
            Without it, what is unlabelled is taught as background.
        params : TrainParams, optional
        augment : labkit.crops.Augment, optional
        hold_out : float
            Share held out for validation, early stopping and `prob_thresh`.
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
        found = cr.sources(images, labels, ignore)
        self.params = self.params.replace(diameter=cr.median_diameter(found))
        training, validation = cr.hold_out(found, hold_out)
        shape = {"n_rays": self.params.n_rays, "grid": self.params.grid}
        crops = cr.Crops(
            training,
            size=params.crop_size,
            augment=augment or cr.Augment(),
            seed=seed,
            **shape,
        )
        held = cr.tile_crops(validation, size=params.crop_size, **shape)
        watch = {"progress": progress, "callback": callback}
        history = train(self.net, self._loss, crops, held, params, **watch)
        prob_thresh = tune(self, validation, self.params.prob_thresh)
        self.params = self.params.replace(prob_thresh=prob_thresh)
        return history

    def predict(self, image, *, tile=1024):
        """Segment one image at the scale the model was trained at.

        Parameters
        ----------
        image : (H, W) array of uint8, uint16 or float
        tile : int
            Side of the part computed at once, px. It bounds the memory and does
            not change the result: tiles overlap as far as the network looks.

        Returns
        -------
        (H, W) ndarray of int32
            Label image.

        See Also
        --------
        labkit.segment.segment : objects of another size than in training.
        """
        return self.decode(*self.propose(image, tile=tile), np.shape(image))

    def propose(self, image, *, tile=1024, prob_thresh=None, normalize=True):
        """Return what the pixels propose, before suppression.

        Parameters as `predict`; `prob_thresh` overrides the tuned one, and
        ``normalize=False`` is for images that are normalised already.

        Returns
        -------
        stars : labkit.stars.Stars
            One for each pixel of the grid that is probable enough.
        inside : (ceil(H / grid), ceil(W / grid)) ndarray of float32
            Foreground probability.
        """
        image = cr.normalize(image) if normalize else image
        prob_thresh = self.params.prob_thresh if prob_thresh is None else prob_thresh
        return propose_in_tiles(
            self.maps,
            image,
            grid=self.params.grid,
            prob_thresh=prob_thresh,
            tile=tile,
            overlap=self.net.reach,
            multiple=self.net.multiple,
        )

    def decode(self, stars, inside, shape, *, factor=1.0):
        """Turn proposals into a label image.

        Parameters
        ----------
        stars, inside
            From `propose`.
        shape : (int, int)
            Of the label image, px.
        factor : float
            Size of the label image / size of the image that was looked at.

        Returns
        -------
        (H, W) ndarray of int32
        """
        kept = rescale(nms(stars, self.params.nms_thresh), factor)
        if not self.params.refine:
            return paint(kept, shape)
        return fill(kept, enlarge(inside, self.params.grid, factor, shape) > 0.5)

    @torch.inference_mode()
    def maps(self, image):
        """Return the maps that the network predicts for a normalised image.

        Parameters
        ----------
        image : (H, W) ndarray of float32
            From `labkit.crops.normalize`.

        Returns
        -------
        prob : (ceil(H / grid), ceil(W / grid)) ndarray of float32
            Object probability, highest in the middle of an object.
        inside : (ceil(H / grid), ceil(W / grid)) ndarray of float32
            Foreground probability.
        dist : (ceil(H / grid), ceil(W / grid), n_rays) ndarray of float32
            In px.
        """
        grid = self.params.grid
        height, width = coarse_shape(image.shape, grid)
        padding = [-side % self.net.multiple for side in image.shape]
        image = np.pad(image, [(0, pad) for pad in padding], mode="symmetric")
        with mixed_precision(self.device):
            output = self.net(to_device(image[None, None], self.device))
        output = output[0, :, :height, :width].float()
        prob, inside = torch.sigmoid(output[:2]).cpu().numpy()
        dist = self._px(output[2:]).movedim(0, -1).contiguous()
        return prob, inside, dist.cpu().numpy()

    def save(self, folder):
        """Write ``model.yaml`` and ``weights.safetensors`` into `folder`."""
        save_model(folder, "StarDist", self.params, self.net)

    @classmethod
    def load(cls, folder, *, device=None):
        """Read a model that `save` wrote.

        Raises
        ------
        FileNotFoundError
            If the folder holds no model.
        ValueError
            If it holds another kind of model, or its files do not fit together.
        """
        params, weights = load_model(folder, "StarDist", StarDistParams)
        model = cls(params, device=device)
        model.net.load_state_dict(weights)
        return model

    def _px(self, output):
        """Ray lengths in px from the network's raw output, never negative."""
        return F.softplus(output) * self._radius()

    def _loss(self, output, crop, device):
        """Loss of one batch; lengths in units of the objects' radius."""
        arrays = [to_device(array, device) for array in crop[1:]]
        px = self._px(output[:, 2:])
        return star_loss(output[:, :2], px, *arrays, radius=self._radius())

    def _radius(self):
        """Median object radius in training, px; 1 before."""
        return self.params.diameter / 2 or 1.0

    def _check_crop_size(self, size):
        """Raise ValueError if the network cannot take crops of this size."""
        if size < self.net.multiple or size % self.net.multiple:
            raise ValueError(
                f"crop_size must be a multiple of {self.net.multiple} px for this "
                f"network, got {size}"
            )
