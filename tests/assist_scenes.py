"""Discs of known contours, and lines drawn carelessly around them."""

import threading
from types import SimpleNamespace

import cv2
import numpy as np

from labkit.crops import rims
from labkit.objects import crop_mask

STAINS = np.array([[235, 225, 235], [110, 60, 140]])  # around, object


def discs(places, shape=(120, 150)):
    """Label image of discs given as (row, col, radius)."""
    rows, cols = np.mgrid[: shape[0], : shape[1]]
    labels = np.zeros(shape, np.int32)
    for k, (row, col, radius) in enumerate(places, 1):
        labels[(rows - row) ** 2 + (cols - col) ** 2 < radius**2] = k
    return labels


def grey(labels, low=40, high=200, noise=6, seed=0):
    """Blurred grey image with noise."""
    image = cv2.GaussianBlur(np.where(labels > 0, high, low).astype(float), (0, 0), 1)
    image += np.random.default_rng(seed).normal(0, noise, labels.shape)
    return np.clip(image, 0, 255).astype(np.uint8)


def stained(labels):
    """Histology-like picture: purple on nearly white."""
    noise = np.random.default_rng(1).normal(0, 6, (*labels.shape, 3))
    return np.clip(STAINS[(labels > 0).astype(int)] + noise, 0, 255).astype(np.uint8)


def around(row, col, radius, shift=(2, -2), stretch=1.12):
    """A careless polygon around a disc."""
    angles = np.linspace(0, 2 * np.pi, 14, endpoint=False)
    ring = np.c_[np.sin(angles), np.cos(angles)] * radius * stretch
    return ring + np.array([row, col]) + shift


def iou(found, labels, label):
    """IoU of a suggestion with a true object; checks that mask and polygon agree."""
    painted, origin = crop_mask(found.polygon, labels.shape)
    assert origin == found.origin
    assert np.array_equal(painted, found.mask)
    full = np.zeros(labels.shape, bool)
    rows, cols = (slice(o, o + n) for o, n in zip(origin, painted.shape, strict=True))
    full[rows, cols] = painted
    true = labels == label
    return np.count_nonzero(full & true) / np.count_nonzero(full | true)


def perfect(labels):
    """What a perfect network would answer."""
    return np.stack([labels > 0, rims(labels, 2)]).astype(np.float32)


ONE = discs([(60, 70, 18)])
LINE = around(60, 70, 18)
ROW = discs([(60, 40, 15), (60, 71, 15), (60, 102, 15), (28, 71, 16)])


class FakeModel:
    """Answers the image itself; remembers what it was asked, may be held up."""

    net = SimpleNamespace(reach=8, multiple=4)
    params = SimpleNamespace(diameter=28.0)

    def __init__(self):
        self.seen, self.go = [], threading.Event()
        self.go.set()

    def prob(self, image, *, tile, normalize):
        assert not normalize
        self.go.wait(120)
        self.seen.append(image.shape)
        return np.stack([image, 1 - image]).astype(np.float32)
