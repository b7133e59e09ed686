"""Annotated images, checked, normalised, split for validation."""

from typing import NamedTuple

import numpy as np

from ..checks import check_pair, check_same_shape
from ..labels import object_table, relabel
from ..labels.table import refuse_image
from .normalizing import normalize


class Source(NamedTuple):
    """One annotated image, normalised."""

    image: np.ndarray  # (H, W) or, in colour, (H, W, 3) float32
    labels: np.ndarray  # (H, W) int32, 1..n
    ignore: np.ndarray  # (H, W) bool


def sources(images, labels, ignore=None):
    """Check annotated images and normalise them, ready for `Crops`.

    Parameters
    ----------
    images : sequence of (H, W) or (H, W, 3) array
    labels : sequence of (H, W) array of int
        As many, each of its image's shape.
    ignore : sequence of (H, W) array of bool, optional
        Pixels about which the labels say nothing. They are not learnt from.

    Returns
    -------
    list of Source

    Raises
    ------
    ValueError
        If the numbers or shapes differ, no label image has an object, or one is no
        label image but a raw one.
    """
    images, labels = list(images), list(labels)
    if ignore is None:
        ignore = [np.zeros(np.shape(one), bool) for one in labels]
    if not len(images) == len(labels) == len(ignore):
        raise ValueError(
            f"got {len(images)} images, {len(labels)} label images and "
            f"{len(ignore)} ignore masks; there must be one of each per image"
        )
    found = []
    for k, (image, label, mask) in enumerate(zip(images, labels, ignore, strict=True)):
        names = (f"images[{k}]", f"labels[{k}]")
        image, label = check_pair(image, label, names, colour=True)
        check_same_shape(label, np.asarray(mask), (names[1], f"ignore[{k}]"))
        mask = np.asarray(mask, bool)
        refuse_image(object_table(label), names[1])
        found.append(Source(normalize(image), relabel(label), mask))
    if not any(source.labels.any() for source in found):
        raise ValueError(
            f"none of the {len(found)} label images has an object, so there is "
            f"nothing to learn; look at the annotation first"
        )
    return found


def hold_out(found, fraction=0.12):
    """Split sources into training and validation, never overlapping.

    With ten or more images whole images are held out, spread evenly; with
    fewer, the bottom strip of each.

    Parameters
    ----------
    found : list of Source
    fraction : float
        Share of the pixels or images that is held out, 0 < fraction < 1.

    Returns
    -------
    training, validation : list of Source
    """
    if not 0 < fraction < 1:
        raise ValueError(f"`fraction` must lie between 0 and 1, got {fraction}")
    if len(found) >= 10:
        n_held = max(1, round(fraction * len(found)))
        held = set(np.linspace(0, len(found) - 1, n_held + 2)[1:-1].astype(int))
        return (
            [source for k, source in enumerate(found) if k not in held],
            [source for k, source in enumerate(found) if k in held],
        )
    training, validation = [], []
    for source in found:
        height = source.labels.shape[0]
        cut = max(1, min(round(height * (1 - fraction)), height - 1))
        training.append(Source(*(array[:cut] for array in source)))
        validation.append(Source(*(array[cut:] for array in source)))
    return training, validation
