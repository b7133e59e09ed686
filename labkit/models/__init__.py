"""Trainable models with one interface: fit, predict, save, load."""

from .features import embed
from .loading import load
from .maskrcnn import MaskRCNN, MaskRCNNParams
from .pix2pix import GanHistory, Pix2Pix, Pix2PixParams
from .stardist import StarDist, StarDistParams
from .training import History, TrainParams
from .unet import UNetProb, UNetProbParams

__all__ = [
    "GanHistory",
    "History",
    "MaskRCNN",
    "MaskRCNNParams",
    "Pix2Pix",
    "Pix2PixParams",
    "StarDist",
    "StarDistParams",
    "TrainParams",
    "UNetProb",
    "UNetProbParams",
    "embed",
    "load",
]
