"""Trainable models with one interface: fit, predict, save, load."""

from .stardist import StarDist, StarDistParams
from .training import History, TrainParams

__all__ = ["History", "StarDist", "StarDistParams", "TrainParams"]
