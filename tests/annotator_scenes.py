"""Discs to annotate, and the strokes of a hand."""

import numpy as np

CENTRES = [(30, 30), (30, 80), (70, 50)]
RADIUS = 12


def discs(centres=CENTRES, shape=(100, 120), radius=RADIUS):
    """Labels of discs."""
    rows, cols = np.ogrid[: shape[0], : shape[1]]
    labels = np.zeros(shape, np.int32)
    for label, (row, col) in enumerate(centres, start=1):
        labels[(rows - row) ** 2 + (cols - col) ** 2 <= radius**2] = label
    return labels


def picture(labels, seed=0):
    """Bright discs on a dark, noisy ground, 16 bit."""
    noise = np.random.default_rng(seed).normal(0, 60, labels.shape)
    return np.clip(500 + 2500 * (labels > 0) + noise, 0, 65535).astype(np.uint16)


def circle(centre, radius, n=40):
    """A closed stroke round a point."""
    angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
    return np.array(centre) + radius * np.stack([np.sin(angle), np.cos(angle)], axis=1)


def iou(first, second):
    return (first & second).sum() / (first | second).sum()


def ids(annotator):
    return [one.id for one in annotator.annotation.objects()]
