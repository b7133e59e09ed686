"""The network: torchvision's region proposals and heads on any backbone.

Resizing, normalising and the limit of 100 objects, which torchvision adds to it, are
left out: images come at the scale of their objects.
"""

import torch
from torch import nn
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.roi_heads import (
    RoIHeads,
    fastrcnn_loss,
    maskrcnn_inference,
    maskrcnn_loss,
)
from torchvision.models.detection.rpn import RegionProposalNetwork

from .targets import unknown_share

MAX_UNKNOWN = 0.3  # share of a box; above it, the box is no example of background
WIDER = 1.25  # masks than boxes
CROWD = 3  # proposals for each object that would fit side by side
MIN_SCORE = 0.02  # of a proposal; less is not looked at


class Detector(nn.Module):
    """Backbone, proposals and heads, without torchvision's resizing.

    Parameters
    ----------
    backbone : torch.nn.Module
        From a batch to a dict of features.
    rpn : Proposals
    heads : Heads
    size : float
        Diameter of the objects, px; sets how many proposals there are.
    multiple : int
        Image sides must be multiples of this many px.
    norm : (sequence, sequence), optional
        Mean and standard deviation that colours are brought to.
    """

    def __init__(self, backbone, rpn, heads, *, size, multiple, norm=((0.5,), (0.5,))):
        super().__init__()
        self.backbone, self.rpn, self.heads = backbone, rpn, heads
        self.size, self.multiple = size, multiple
        shape = (1, -1, 1, 1)
        self.register_buffer("mean", torch.tensor(norm[0]).view(shape), False)
        self.register_buffer("std", torch.tensor(norm[1]).view(shape), False)
        for module in (rpn.head, heads.box_predictor, heads.mask_predictor):
            module.register_forward_hook(_as_float)

    def forward(self, image, targets=None):
        """Return the losses if there are targets, else what was found.

        Parameters
        ----------
        image : (n, channels, h, w) tensor
        targets : list of dict, optional
            From `objects_of`.

        Returns
        -------
        dict of str to scalar tensor, or list of dict
            Of each image: boxes, scores, masks, see torchvision.
        """
        sizes = [tuple(image.shape[-2:])] * len(image)
        features = self.backbone((image - self.mean) / self.std)
        # the flags only choose between losses and results, also during validation
        self.rpn.training = self.heads.training = targets is not None
        self.rpn.score_thresh = 0.0 if targets else MIN_SCORE
        self.rpn.allow(sizes[0][0] * sizes[0][1] / self.size**2)
        images = ImageList(image, sizes)
        proposals, losses = self.rpn(images, features, targets)
        found, more = self.heads(features, proposals, sizes, targets)
        return found if targets is None else losses | more


class Proposals(RegionProposalNetwork):
    """torchvision's, which does not learn from boxes that hold the unknown."""

    def allow(self, n_fitting):
        """Let an image have as many proposals as its size needs."""
        n = int(CROWD * n_fitting) + 100
        self._post_nms_top_n["testing"] = self._pre_nms_top_n["testing"] = n

    def assign_targets_to_anchors(self, anchors, targets):
        """Leave anchors on unknown ground out, as torchvision marks it: -1."""
        labels, boxes = super().assign_targets_to_anchors(anchors, targets)
        for label, some, target in zip(labels, anchors, targets, strict=True):
            unknown = unknown_share(some, target["unknown"]) > MAX_UNKNOWN
            label[(label == 0) & unknown] = -1
        return labels, boxes

    def compute_loss(self, objectness, deltas, labels, wanted):
        """Return both losses; 0 where all is unknown."""
        if not any((one >= 0).any() for one in labels):
            return objectness.sum() * 0, deltas.sum() * 0
        return super().compute_loss(objectness, deltas, labels, wanted)


class Heads(RoIHeads):
    """torchvision's, with masks that look beyond their box.

    A box that is a little too small would cut its object; a mask somewhat wider than
    the box mends that. Boxes that hold the unknown are not learnt from.
    """

    def forward(self, features, proposals, shapes, targets=None):
        """Return what was found in each image, and the losses if there are targets."""
        if targets is not None:
            proposals, matched, kinds, wanted = self.select_training_samples(
                proposals, targets
            )
        pooled = self.box_roi_pool(features, proposals, shapes)
        logits, deltas = self.box_predictor(self.box_head(pooled))
        if targets is None:
            found = self.postprocess_detections(logits, deltas, proposals, shapes)
            boxes = [widened(one) for one in found[0]]
            masks = maskrcnn_inference(self._masks(features, boxes, shapes), found[2])
            names = ("boxes", "scores", "masks")
            rows = zip(boxes, found[1], masks, strict=True)
            return [dict(zip(names, row, strict=True)) for row in rows], {}
        classes, edges = logits.sum() * 0, deltas.sum() * 0  # if all is unknown
        if len(logits):
            classes, edges = fastrcnn_loss(logits, deltas, kinds, wanted)
        chosen = [kind > 0 for kind in kinds]
        boxes = [widened(b[k]) for b, k in zip(proposals, chosen, strict=True)]
        matched = [m[k] for m, k in zip(matched, chosen, strict=True)]
        truth, ones = ([t[name] for t in targets] for name in ("masks", "labels"))
        masks = self._masks(features, boxes, shapes)
        masks = maskrcnn_loss(masks, boxes, truth, ones, matched)
        return [], {"class": classes, "box": edges, "mask": masks}

    def _masks(self, features, boxes, shapes):
        """Mask logits of boxes."""
        pooled = self.mask_roi_pool(features, boxes, shapes)
        return self.mask_predictor(self.mask_head(pooled))

    def select_training_samples(self, proposals, targets):
        """Note what is unknown for `assign_targets_to_proposals`."""
        self._unknown = [target["unknown"] for target in targets]
        return super().select_training_samples(proposals, targets)

    def assign_targets_to_proposals(self, proposals, boxes, kinds):
        """Leave proposals on unknown ground out, as torchvision marks it: -1."""
        matched, labels = super().assign_targets_to_proposals(proposals, boxes, kinds)
        for label, some, counts in zip(labels, proposals, self._unknown, strict=True):
            unknown = unknown_share(some, counts) > MAX_UNKNOWN
            label[(label == 0) & unknown] = -1
        return matched, labels


def widened(boxes):
    """Return (n, 4) boxes enlarged by a quarter around their middle."""
    margin = (boxes[:, 2:] - boxes[:, :2]) * (WIDER - 1) / 2
    return torch.cat([boxes[:, :2] - margin, boxes[:, 2:] + margin], dim=1)


def _as_float(_module, _inputs, output):
    """Return a head's answer in full precision: coordinates need it."""
    if isinstance(output, torch.Tensor):
        return output.float()
    return tuple(_as_float(None, None, one) for one in output)
