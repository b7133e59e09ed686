"""Labels for more than one test of metrics."""

import numpy as np
from scipy.ndimage import shift
from skimage.measure import label

EMPTY = np.zeros((3, 4), int)
ONE = np.array([[1, 1, 1, 0]] * 3)


def noisy_pair(seed):
    """Return blocky labels and a version of them shifted, eroded, split and merged."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 40, (7, 9))
    true = np.kron(np.where(coarse > 12, coarse, 0), np.ones((12, 10), int))
    pred = shift(true, rng.integers(-2, 3, 2), order=0)
    pred[rng.random(pred.shape) < 0.05] = 0
    pred[pred == rng.integers(13, 40)] = rng.integers(13, 40)
    half = (pred == rng.integers(13, 40)) & (np.arange(90) % 2 == 0)
    pred[half] = 77
    if seed % 2:
        true, pred = label(true, connectivity=1), label(pred, connectivity=1)
    return true, pred
