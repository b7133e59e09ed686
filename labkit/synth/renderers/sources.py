"""Annotated images of one style, checked, and what is free background in them."""

from typing import NamedTuple

import cv2
import numpy as np

from ...checks import check_pair, check_same_shape
from ...labels import relabel
from ...objects import dilated

NEAR = 4  # px around nuclei that are not pure background (blur, halo)
MIN_FREE = 0.02  # share of an image that must remain as background
LOW, HIGH = 0.02, 99.98  # percentiles of images of other types that become 0 and 255


class Source(NamedTuple):
    """One annotated image as renderers see it."""

    image: np.ndarray  # (H, W, C) float32, 0..255
    labels: np.ndarray  # (H, W) int32, 1..n
    unsure: np.ndarray  # (H, W) bool, neither nucleus nor background for sure
    free: np.ndarray  # (H, W) bool, background for sure
    levels: tuple  # per channel: the grey values that occur, ascending


def gather(images, labels, ignore=None):
    """Check annotated images of one style and find their free background.

    Parameters
    ----------
    images : sequence of (H, W) or (H, W, 3) array
        Either all grey or all in colour. Other types than uint8 are stretched to
        0..255, all images alike.
    labels : sequence of (H, W) array of int
    ignore : sequence of (H, W) array of bool, optional

    Returns
    -------
    list of Source

    Raises
    ------
    ValueError
        If numbers, shapes or kinds differ, or no label image has an object.
    """
    pairs, ignore = _checked(images, labels, ignore)
    images = _to_bytes([image for image, _ in pairs])
    found = []
    for image, (_, label), unsure in zip(images, pairs, ignore, strict=True):
        levels = tuple(np.unique(image[..., c].round()) for c in range(image.shape[2]))
        free = _free(image, label > 0, unsure)
        found.append(Source(image, relabel(label), unsure, free, levels))
    return found


def _checked(images, labels, ignore):
    """Return pairs (image, labels) and masks after all checks."""
    images, labels = list(images), list(labels)
    if ignore is None:
        ignore = [np.zeros(np.shape(one), bool) for one in labels]
    if not len(images) == len(labels) == len(ignore) or not images:
        raise ValueError(
            f"got {len(images)} images, {len(labels)} label images and "
            f"{len(ignore)} ignore masks; there must be one of each per image, and "
            f"at least one image"
        )
    pairs = []
    for k, pair in enumerate(zip(images, labels, strict=True)):
        names = (f"images[{k}]", f"labels[{k}]")
        pairs.append(check_pair(*pair, names, colour=True))
        check_same_shape(pairs[k][1], np.asarray(ignore[k]), (names[1], f"ignore[{k}]"))
    if len({image.ndim for image, _ in pairs}) > 1:
        n_grey = sum(image.ndim == 2 for image, _ in pairs)
        raise ValueError(
            f"{n_grey} of {len(pairs)} images are grey and the others in colour: a "
            f"style has one kind; fit a renderer for each"
        )
    if not any(label.any() for _, label in pairs):
        raise ValueError(
            f"none of the {len(pairs)} label images has an object, so how nuclei look "
            f"cannot be learnt; look at the annotation first"
        )
    return pairs, [np.asarray(mask, bool) for mask in ignore]


def _to_bytes(images):
    """Return images as (H, W, C) float32 of 0..255, stretched unless uint8."""
    as_floats = [np.asarray(image, np.float32) for image in images]
    if any(image.dtype != np.uint8 for image in images):
        values = np.concatenate([image.ravel()[::7] for image in as_floats])
        low, high = np.percentile(values, (LOW, HIGH))
        scale = 255 / (high - low) if high > low else 0.0
        as_floats = [((image - low) * scale).clip(0, 255) for image in as_floats]
    return [i if i.ndim == 3 else i[..., None] for i in as_floats]


def _free(image, inside, unsure):
    """Return the pixels that are background for sure.

    Far enough from nuclei, not left out by the annotation, and not of a nucleus'
    colour: automatic labels miss nuclei, and a missed nucleus must not be learnt as
    background.
    """
    far = ~dilated(inside, NEAR) & ~unsure
    if not far.any():
        far = ~inside & ~unsure
    if not far.any() or not inside.any():
        return far
    likeness = nucleus_likeness(image, inside, far)
    usual = likeness[far]
    middle = np.median(usual)
    spread = 1.48 * np.median(np.abs(usual - middle))
    for factor in (4, 6, 10, 20):
        like = likeness > np.clip(middle + factor * spread, 0.12, 0.5 + factor / 20)
        free = far & ~dilated(like, NEAR + 1)
        if free.mean() > MIN_FREE:
            return free
    return far


def nucleus_likeness(image, inside, far):
    """Return where each pixel's colour lies between background (0) and nuclei (1).

    Along the direction that tells both apart best (Fisher 1936).

    Parameters
    ----------
    image : (H, W, C) ndarray of float32
    inside, far : (H, W) ndarray of bool
        Nuclei, and background to compare with.

    Returns
    -------
    (H, W) ndarray of float32
    """
    smooth = cv2.GaussianBlur(image, (0, 0), 1.0).reshape(image.shape)
    nuclei, others = smooth[inside], smooth[far]
    low, high = np.median(others, axis=0), np.median(nuclei, axis=0)
    within = sum(
        np.cov((p - m).T).reshape(2 * [image.shape[2]])
        for p, m in ((nuclei, high), (others, low))
        if len(p) > 1
    )
    within = within + np.eye(image.shape[2])
    direction = np.linalg.solve(within, high - low)
    span = float(direction @ (high - low))
    if span <= 0:
        return np.zeros(inside.shape, np.float32)
    return ((smooth - low) @ direction / span).astype(np.float32)
