"""Trainable models with one interface: fit, predict, save, load."""

from .stardist import StarDist, StarDistParams
from .training import History, TrainParams
from .unet import UNetProb, UNetProbParams

__all__ = [
    "History",
    "StarDist",
    "StarDistParams",
    "TrainParams",
    "UNetProb",
    "UNetProbParams",
]
