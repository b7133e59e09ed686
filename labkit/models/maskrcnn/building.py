"""The two networks to choose from: a small one, and torchvision's for GPUs."""

import torch
from torch import nn
from torchvision.models.detection import (
    MaskRCNN_ResNet50_FPN_V2_Weights,
    maskrcnn_resnet50_fpn_v2,
)
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
from torchvision.models.detection.rpn import RPNHead
from torchvision.ops import FeaturePyramidNetwork, MultiScaleRoIAlign

from .detector import Detector, Heads, Proposals

N_CLASSES = 2  # background, object
RATIOS = (0.5, 1.0, 2.0)
UNLIMITED = 1_000_000
TRAINED_ON = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # ImageNet mean and std


class Block(nn.Module):
    """Residual block of two 3x3 convolutions with group normalisation.

    Group and not batch normalisation: a step has two or three crops only.
    """

    def __init__(self, n_in, n_out, stride=1):
        super().__init__()
        self.first = _conv(n_in, n_out, stride)
        self.second = _conv(n_out, n_out, relu=False)
        same = n_in == n_out and stride == 1
        self.skip = nn.Identity() if same else _conv(n_in, n_out, stride, 1, False)

    def forward(self, features):
        """Return features of the new width."""
        return torch.relu(self.second(self.first(features)) + self.skip(features))


class SmallBackbone(nn.Module):
    """Three levels of 4, 8 and 16 px, each with `width` channels."""

    def __init__(self, in_channels, width):
        super().__init__()
        widths = (width // 2, width, width * 2)
        self.stem = _conv(in_channels, widths[0], 2)
        self.levels = nn.ModuleList(
            nn.Sequential(Block(a, b, 2), Block(b, b))
            for a, b in zip((widths[0], *widths[:-1]), widths, strict=True)
        )
        self.pyramid = FeaturePyramidNetwork(list(widths), width, norm_layer=_norm)
        self.out_channels = width

    def forward(self, image):
        """Return features by level, "0" is the finest."""
        found, features = {}, self.stem(image)
        for k, level in enumerate(self.levels):
            found[str(k)] = features = level(features)
        return self.pyramid(found)


def small_detector(params):
    """Return a network of 1.86 million weights that a CPU trains in minutes."""
    width = params.width
    backbone = SmallBackbone(params.channels, width)
    sizes = tuple((params.size * factor,) for factor in (2 / 3, 4 / 3, 8 / 3))
    anchors = AnchorGenerator(sizes, ((1.0,),) * len(sizes))
    levels = [str(k) for k in range(len(sizes))]
    scale = {"canonical_scale": 4 * params.size}
    parts = {
        "box_roi_pool": MultiScaleRoIAlign(levels, 7, 1, **scale),
        "box_head": TwoMLPHead(width * 49, 4 * width),
        "box_predictor": FastRCNNPredictor(4 * width, N_CLASSES),
        "mask_roi_pool": MultiScaleRoIAlign(levels, 14, 1, **scale),
        "mask_head": MaskRCNNHeads(width, (width,) * 3, 1),
        "mask_predictor": MaskRCNNPredictor(width, width, N_CLASSES),
    }
    rpn = _proposals(anchors, RPNHead(width, 1), n=150)
    heads = _heads(parts, n_rois=64)
    return Detector(backbone, rpn, heads, size=params.size, multiple=16)


def resnet50_detector(params):
    """Return torchvision's maskrcnn_resnet50_fpn_v2 with anchors for one object size.

    Raises
    ------
    ConnectionError
        If its weights are asked for and cannot be fetched.
    """
    sizes = tuple((params.size * factor,) for factor in (0.5, 1, 2, 4, 8))
    whole = _fetched(params.weights)
    anchors = AnchorGenerator(sizes, (RATIOS,) * len(sizes))
    old = whole.roi_heads
    n_box, n_mask = old.box_predictor.cls_score.in_features, 256
    levels = ["0", "1", "2", "3"]
    scale = {"canonical_scale": 4 * params.size}
    parts = {
        "box_roi_pool": MultiScaleRoIAlign(levels, 7, 2, **scale),
        "box_head": old.box_head,
        "box_predictor": FastRCNNPredictor(n_box, N_CLASSES),
        "mask_roi_pool": MultiScaleRoIAlign(levels, 14, 2, **scale),
        "mask_head": old.mask_head,
        "mask_predictor": MaskRCNNPredictor(n_mask, n_mask, N_CLASSES),
    }
    rpn = _proposals(anchors, whole.rpn.head, n=1000)
    heads = _heads(parts, n_rois=256)
    how = {"size": params.size, "multiple": 32, "norm": TRAINED_ON}
    return Detector(whole.backbone, rpn, heads, **how)


def _fetched(weights):
    """Return torchvision's model, with its own weights if asked for."""
    found = weights and MaskRCNN_ResNet50_FPN_V2_Weights.COCO_V1
    how = {"weights": found, "weights_backbone": None, "progress": False}
    layers = 5 if found else None  # without weights all 5 are trained anyway
    try:
        return maskrcnn_resnet50_fpn_v2(trainable_backbone_layers=layers, **how)
    except OSError as error:
        raise ConnectionError(
            f"the weights {found.url} could not be fetched ({error}); go online, "
            f"put the file into {torch.hub.get_dir()}/checkpoints, or use weights=None"
        ) from error


def _proposals(anchors, head, n):
    """Region proposals, at most `n` of an image in training."""
    return Proposals(
        anchors,
        head,
        fg_iou_thresh=0.6,
        bg_iou_thresh=0.3,
        batch_size_per_image=256,
        positive_fraction=0.5,
        pre_nms_top_n={"training": 2 * n, "testing": 2 * n},
        post_nms_top_n={"training": n, "testing": n},
        nms_thresh=0.7,
    )


def _heads(parts, n_rois):
    """Heads that learn from `n_rois` proposals of each image."""
    return Heads(
        **parts,
        fg_iou_thresh=0.5,
        bg_iou_thresh=0.5,
        batch_size_per_image=n_rois,
        positive_fraction=0.5,
        bbox_reg_weights=None,
        score_thresh=0.05,
        nms_thresh=0.5,
        detections_per_img=UNLIMITED,
    )


def _conv(n_in, n_out, stride=1, side=3, relu=True):
    """Convolution and group normalisation, with ReLU if wanted."""
    conv = nn.Conv2d(n_in, n_out, side, stride, side // 2, bias=False)
    last = [nn.ReLU(inplace=True)] if relu else []
    return nn.Sequential(conv, _norm(n_out), *last)


def _norm(n):
    """Group normalisation with 8 channels a group."""
    return nn.GroupNorm(max(1, n // 8), n)
