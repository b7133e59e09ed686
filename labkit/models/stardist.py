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
from ..stars import Stars, fill, nms, paint, rescale
from .base import Model, ModelParams
from .losses import star_loss
from .proposals import propose_in_tiles
from .thresholds import tune
from .tiles import enlarge, run_network
from .training import to_device
from .views import averaged


@dataclasses.dataclass(frozen=True)
class StarDistParams(ModelParams):
    """What a StarDist model is; fixed once it is trained.

    Attributes
    ----------
    grid, width, depth, channels, diameter, zoom, enlarge
        See `labkit.models.base.ModelParams`.
    prob_thresh, nms_thresh : float
        Of `labkit.stars.decode`; `prob_thresh` is tuned by `StarDist.fit`.
    n_rays : int
        Rays of a star; 32 hold nuclei well (`labkit.stars.representable`).
    refine : bool
        True: stars share out the predicted foreground, which gives exact outlines
        after minutes of training (`labkit.stars.fill`). False: outlines are the
        polygons themselves, as in the paper.
    ray_unit : float
        Length of a ray for which the network answers 1, px; set by the first
        `StarDist.fit` and kept by later ones, so that fine-tuning on objects of
        another size begins with the right outlines.
    """

    n_rays: int = 32
    refine: bool = True
    ray_unit: float = 0.0
    nms_thresh: float = 0.4


class StarDist(Model):
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

    Params = StarDistParams

    @property
    def averages(self):
        """Whether rays can be turned by a quarter, and so averaged over views."""
        return self.params.n_rays % 4 == 0

    def propose(self, image, *, tile=1024, tta=False, prob_thresh=None, normalize=True):
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
        image = cr.channels_first(image, self.params.channels)
        prob_thresh = self.params.prob_thresh if prob_thresh is None else prob_thresh
        grid, n_rays = self.params.grid, self.params.n_rays
        answer = averaged(self._answer, grid, n_rays) if tta else self._answer
        return propose_in_tiles(
            lambda part: _split(answer(part)),
            image,
            grid=grid,
            prob_thresh=prob_thresh,
            tile=tile,
            overlap=self.net.reach,
            multiple=self.net.multiple,
        )

    def decode(self, stars, inside, shape, *, factor=1.0, prob_thresh=None):
        """Turn proposals into a label image.

        Parameters
        ----------
        stars, inside
            From `propose`.
        shape : (int, int)
            Of the label image, px.
        factor : float
            Size of the label image / size of the image that was looked at.
        prob_thresh : float, optional
            Leave less probable stars out.

        Returns
        -------
        (H, W) ndarray of int32
        """
        if prob_thresh is not None:
            stars = Stars(*(part[stars.prob > prob_thresh] for part in stars))
        kept = rescale(nms(stars, self.params.nms_thresh), factor)
        if not self.params.refine:
            return paint(kept, shape)
        return fill(kept, enlarge(inside, self.params.grid, factor, shape) > 0.5)

    def maps(self, image):
        """Return the maps that the network predicts for a normalised image.

        Parameters
        ----------
        image : (H, W) or (H, W, 3) ndarray of float32
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
        return _split(self._answer(cr.channels_first(image, self.params.channels)))

    @torch.inference_mode()
    def _answer(self, image):
        """The maps of a (channels, H, W) image as one array, rays last."""
        output = run_network(self.net, image, self.params.grid, self.device)
        maps = torch.cat([torch.sigmoid(output[:2]), self._px(output[2:])])
        return maps.cpu().numpy()

    def _network(self):
        """Two probabilities and the rays."""
        return UNet(
            in_channels=self.params.channels,
            out_channels=2 + self.params.n_rays,
            width=self.params.width,
            depth=self.params.depth,
            grid=self.params.grid,
        )

    def _targets(self):
        """Star-convex targets of this model's shape."""
        params = self.params
        return cr.StarTargets(params.n_rays, params.grid, params.channels)

    def _prepare(self, found, augment):
        """Set the diameter, and with it the unit of the rays the first time."""
        super()._prepare(found, augment)
        unit = self.params.ray_unit or self.params.diameter / 2
        self.params = self.params.replace(ray_unit=unit)

    def _tune(self, held):
        """Choose the probability threshold."""
        prob_thresh = tune(self, held, self.params.prob_thresh)
        self.params = self.params.replace(prob_thresh=prob_thresh)

    def _px(self, output):
        """Ray lengths in px from the network's raw output, never negative."""
        return F.softplus(output) * self._radius()

    def _loss(self, output, crop, device):
        """Loss of one batch; lengths in units of the objects' radius."""
        arrays = [to_device(array, device) for array in crop[1:]]
        px = self._px(output[:, 2:])
        return star_loss(output[:, :2], px, *arrays, radius=self._radius())

    def _radius(self):
        """Unit of the rays, px; 1 before training."""
        return self.params.ray_unit or self.params.diameter / 2 or 1.0


def _split(maps):
    """Object probability, foreground and, rays last, distances."""
    return maps[0], maps[1], np.ascontiguousarray(np.moveaxis(maps[2:], 0, -1))
