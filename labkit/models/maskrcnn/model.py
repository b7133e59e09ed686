"""Mask R-CNN as one of labkit's models."""

import dataclasses

import numpy as np
import torch

from ... import crops as cr
from ...labels import median_diameter
from ..base import Model, ModelParams
from ..merging import Found, join, over_views, paint
from ..thresholds import tune
from ..tiles import tile_boxes
from ..training import TrainParams, mixed_precision, to_device
from .targets import ObjectTargets, objects_of

BACKBONES = ("small", "resnet50")
LEAST_CROP = {"small": 16, "resnet50": 64}  # px; one value has no variance to divide by
FEW = 3  # objects; of fewer, the size that the other images say counts
TILE = 448  # px that count, at most, of what is looked at at once
REACH = 3.0  # diameters that are looked at around a tile
LARGEST_FACTOR = 4.0  # of one image against the others
BALANCED = 0.5  # probability above which the classifier itself says: an object


@dataclasses.dataclass(frozen=True)
class MaskRCNNParams(ModelParams):
    """What a MaskRCNN is; fixed once it is trained.

    Attributes
    ----------
    grid, depth
        Of the small backbone: its finest level has one place for 4 px, it has 3
        levels.
    width : int
        Channels of the small backbone's levels.
    channels, diameter, zoom, enlarge
        See `labkit.models.base.ModelParams`.
    prob_thresh : float
        Least probability of an object; `MaskRCNN.fit` goes halfway from 0.5 to the
        best on held-out images.
    nms_thresh : float
        Boxes that overlap a more probable one by more than this are dropped.
    size : float
        Diameter, px, that the objects of every image are brought to; 24 for the
        small backbone, 40 or more for resnet50.
    backbone : str
        "small": 1.86 million weights, trained from scratch on a CPU in minutes.
        "resnet50": torchvision's maskrcnn_resnet50_fpn_v2, 46 million, for GPUs.
    weights : str or None
        "coco": start from torchvision's own weights, fetched once when a new model
        with the backbone resnet50 is made. None: from random ones.
    """

    grid: int = 4
    width: int = 64
    depth: int = 3
    nms_thresh: float = 0.4
    size: float = 24.0
    backbone: str = "small"
    weights: str | None = None

    def __post_init__(self):
        if self.backbone not in BACKBONES:
            raise ValueError(
                f"`backbone` must be one of {list(BACKBONES)}, got {self.backbone!r}"
            )
        if self.weights not in (None, "coco"):
            raise ValueError(f"`weights` must be 'coco' or None, got {self.weights!r}")
        if self.weights and (self.backbone, self.channels) != ("resnet50", 3):
            raise ValueError(
                f"weights='coco' are those of backbone='resnet50' with channels=3, not "
                f"of {self.backbone!r} with channels={self.channels}"
            )


class MaskRCNN(Model):
    """A model of boxes and masks.

    Every training image is brought to the scale at which its median object is
    ``params.size`` px wide, so that one anchor size fits all (as in [2]_, S7).

    Parameters
    ----------
    params : MaskRCNNParams
    seed : int
        Of the initial weights.
    device : str, optional
        "cpu" or "cuda"; by default the GPU if there is one.

    References
    ----------
    .. [1] He et al. (2017), Mask R-CNN. https://arxiv.org/abs/1703.06870
    .. [2] Hollandi et al. (2020), nucleAIzer, Cell Systems 10: 453-458.
           https://doi.org/10.1016/j.cels.2020.04.003

    Examples
    --------
    >>> labels = np.zeros((64, 64), int)
    >>> labels[20:40, 20:40] = 1
    >>> model = lk.models.MaskRCNN(lk.models.MaskRCNNParams(width=16))
    >>> quick = lk.models.TrainParams(steps=2, batch_size=1, crop_size=64)
    >>> history = model.fit([labels * 9.0], [labels], params=quick, progress=False)
    >>> model.predict(labels * 9.0).shape
    (64, 64)
    """

    Params = MaskRCNNParams
    training = TrainParams(
        steps=240, batch_size=4, crop_size=160, lr=2e-3, every=60, patience=5
    )
    augment = cr.Augment(scale=1.2)  # the scale of an image is never quite right
    n_validation = 24

    def propose(self, image, *, tile=1024, tta=False, prob_thresh=None, normalize=True):
        """Return the objects that are seen, before they are painted.

        Parameters
        ----------
        image : (H, W) or (H, W, 3) array of uint8, uint16 or float
            With objects of ``params.size`` px; colour needs a model with
            ``channels=3``.
        tile : int
            Largest side of the part computed at once, px; bounds the memory.
        tta : bool
            Look from 8 sides and merge the masks, see `labkit.models.merging.merge`.
        prob_thresh : float, optional
            Overrides the tuned one.
        normalize : bool
            False for images that are normalised already.

        Returns
        -------
        tuple of Found
            With one element, for `decode`.
        """
        image = cr.normalize(image) if normalize else image
        image = cr.channels_first(image, self.params.channels)
        prob_thresh = self.params.prob_thresh if prob_thresh is None else prob_thresh
        # of several views, the mean probability counts: each may be lower
        least = prob_thresh / 2 if tta else prob_thresh

        def look(view):
            return self._look(view, min(tile, TILE), least)

        found = over_views(look, image) if tta else look(image)
        return (found.chosen(found.prob > prob_thresh),)

    def decode(self, found, shape, *, factor=1.0, prob_thresh=None):
        """Turn objects into a label image; the more probable one wins overlaps.

        Parameters
        ----------
        found : Found
            From `propose`.
        shape : (int, int)
            Of the label image, px.
        factor : float
            Size of the label image / size of the image that was looked at.
        prob_thresh : float, optional
            Leave less probable ones out.

        Returns
        -------
        (H, W) ndarray of int32
        """
        if prob_thresh is not None:
            found = found.chosen(found.prob > prob_thresh)
        return paint(found, shape, factor)

    def _look(self, image, tile, prob_thresh):
        """Objects of a (channels, H, W) image, found in overlapping tiles.

        An object counts in the tile that holds the middle of its box.
        """
        reach, longest = round(REACH * self.params.size), max(image.shape[1:])
        if tile >= 1:  # parts of about one size
            tile = -(-longest // -(-longest // tile))
        parts = []
        for box in tile_boxes(image.shape[1:], tile, reach, self.net.multiple):
            part = self._answer(image[:, *box.outer], prob_thresh)
            boxes = part.boxes + np.tile(box.corner, 2).astype(np.float32)
            middle = (boxes[:, :2] + boxes[:, 2:]) / 2
            first, stop = np.array(box.inner).T
            # the last tiles hold what lies on the image's very edge, too
            stop = np.where(stop == image.shape[1:], stop + 1, stop)
            counts = ((middle >= first) & (middle < stop)).all(axis=1)
            parts.append(part._replace(boxes=boxes).chosen(counts))
        return join(parts)

    @torch.inference_mode()
    def _answer(self, image, prob_thresh):
        """What the network finds in a (channels, h, w) image."""
        padding = [(0, -side % self.net.multiple) for side in image.shape[1:]]
        image = np.pad(image, [(0, 0), *padding], mode="edge")
        self.net.heads.score_thresh = prob_thresh
        self.net.heads.nms_thresh = self.params.nms_thresh
        with mixed_precision(self.device):
            (found,) = self.net(to_device(image[None], self.device))
        boxes = found["boxes"].float().cpu().numpy()[:, [1, 0, 3, 2]] + 0.5
        masks = list(found["masks"][:, 0].float().cpu().numpy())
        return Found(boxes, found["scores"].float().cpu().numpy(), masks)

    def _check_crop_size(self, size):
        """Raise ValueError if the network cannot take crops of this size."""
        super()._check_crop_size(size)
        least = LEAST_CROP[self.params.backbone]
        if size < least:
            raise ValueError(
                f"crop_size must be at least {least} px to train backbone="
                f"{self.params.backbone!r}, got {size}"
            )

    def _network(self):
        """The detector of the chosen backbone."""
        from . import building  # here, so that StarDist does not wait for torchvision

        params = self.params
        self.params = params.replace(weights=None)  # a trained model has its own
        return getattr(building, f"{params.backbone}_detector")(params)

    def _targets(self):
        """Objects as they are."""
        return ObjectTargets(self.params.channels, self.net.multiple)

    def _loss_of(self, net, crop):
        """Sum of the five losses of a batch.

        Proposals are sampled at random: by a seed that the batch itself gives.
        """
        devices = [] if self.device.type == "cpu" else [self.device]
        pairs = zip(crop.labels, crop.ignore, strict=True)
        targets = [objects_of(*pair, self.device) for pair in pairs]
        with torch.random.fork_rng(devices=devices):
            torch.manual_seed(int(crop.labels.sum(dtype=np.int64)))
            with mixed_precision(self.device):
                losses = net(to_device(crop.image, self.device), targets)
        return sum(losses.values())

    def _to_scale(self, found):
        """Training images, each at the scale that its objects need."""
        overall = median_diameter(*(source.labels for source in found))
        self.params = self.params.replace(enlarge=self.params.size / overall)
        return self._rescaled(found)

    def _rescaled(self, found):
        """Images at the scale that their objects need."""
        return [cr.rescale([one], self._factor(one.labels))[0] for one in found]

    def _factor(self, labels):
        """By how much to enlarge an image."""
        usual, own = self.params.enlarge, median_diameter(labels)
        if len(np.unique(labels)) <= FEW or not own:
            return usual
        low, high = usual / LARGEST_FACTOR, usual * LARGEST_FACTOR
        return float(np.clip(self.params.size / own, low, high))

    def _tune(self, held):
        """Choose the probability threshold: halfway between the best and 0.5.

        F1 hardly depends on it between 0.4 and 0.6, so the best one on a few held-out
        images is mostly chance: 0.3 to 0.65 for three models that are all best at 0.5.
        """
        if any(source.labels.any() for source in held):
            best = tune(self, held, BALANCED)
            prob_thresh = round((best + BALANCED) / 2, 3)
            self.params = self.params.replace(prob_thresh=prob_thresh)
