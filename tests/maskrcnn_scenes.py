"""Discs, grey and stained, and networks small enough for a test."""

import numpy as np
import torch

from labkit.models import MaskRCNNParams, TrainParams

SMALL = MaskRCNNParams(width=16, size=16.0)
COLOUR = SMALL.replace(channels=3)
QUICK = TrainParams(steps=120, batch_size=4, crop_size=64, lr=8e-3, every=40)
TINY = TrainParams(steps=2, batch_size=1, crop_size=64, every=1, lr=1e-5)
CPU = torch.device("cpu")


def discs(n=12, side=128, radius=8.0, seed=0, gap=2):
    """Labels of discs at least `gap` px apart."""
    rng = np.random.default_rng(seed)
    rows, cols = np.mgrid[:side, :side]
    labels = np.zeros((side, side), np.int32)
    for _ in range(20 * n):
        row, col = rng.uniform(0, side, 2)
        r = radius * rng.uniform(0.85, 1.15)
        far = np.hypot(rows - row, cols - col)
        if labels.max() < n and not labels[far < r + gap].any():
            labels[far < r] = labels.max() + 1
    return labels


def shown(labels, seed=0):
    """Grey image, light on dark, with noise."""
    noise = np.random.default_rng(seed).normal(0, 6, labels.shape)
    return (40 + 90 * (labels > 0) + noise).clip(0).astype(np.uint8)


def stained(labels, seed=0):
    """Picture in colour, red on green, with noise."""
    colours = np.array([[80, 120, 80], [210, 60, 90]])[(labels > 0).astype(int)]
    noise = np.random.default_rng(seed).normal(0, 6, colours.shape)
    return np.clip(colours + noise, 0, 255).astype(np.uint8)
