"""Small networks, short trainings, and discs to learn from."""

import numpy as np

from labkit.models import StarDistParams, TrainParams, UNetProbParams

SMALL = StarDistParams(n_rays=16, width=8, depth=2)
PIXELS = UNetProbParams(width=8, depth=2)
QUICK = TrainParams(steps=100, batch_size=4, crop_size=64, lr=4e-3, every=20)
TINY = TrainParams(steps=6, batch_size=2, crop_size=32, every=3)


def discs(n=25, side=160, radius=(7, 11), seed=0, gap=2):
    """An image of noisy discs at least `gap` px apart, and its labels."""
    rng = np.random.default_rng(seed)
    rows, cols = np.mgrid[:side, :side]
    labels = np.zeros((side, side), np.int32)
    for _ in range(20 * n):
        row, col = rng.uniform(0, side, 2)
        r = rng.uniform(*radius)
        far = np.hypot(rows - row, cols - col)
        if labels.max() < n and not labels[far < r + gap].any():
            labels[far < r] = labels.max() + 1
    image = 100 + 80 * (labels > 0) + rng.normal(0, 12, labels.shape)
    return image.astype(np.uint16), labels
