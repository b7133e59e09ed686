"""What an adaptation is called with, checked."""

import hashlib

import numpy as np

from ..checks import check_image
from .examples import to_uniform


def check_images(images, channels):
    """Return the images, each checked, for a model of 1 or 3 channels."""
    images = list(images)
    if not images:
        raise ValueError("there is no image to adapt to; pass at least one")
    found = []
    for k, image in enumerate(images):
        image = check_image(image, f"images[{k}]", colour=True)
        if channels == 1 and image.ndim == 3:
            raise ValueError(
                f"images[{k}] is in colour, shape {image.shape}, but the model was "
                f"trained on grey images; pass one channel, images[{k}][..., 0], or a "
                f"model with channels=3"
            )
        found.append(image)
    return found


def check_own(labels, n_images):
    """Return one label image or None for each image."""
    labels = [None] * n_images if labels is None else list(labels)
    if len(labels) != n_images:
        raise ValueError(
            f"got {n_images} images and {len(labels)} labels; give one for each image, "
            f"None where there are none"
        )
    return labels


def uniform_source(source, params):
    """The older images at the uniform object size, those with objects."""
    images, labels = ([], []) if source is None else source
    pairs = zip(images, labels, strict=True)
    found = [to_uniform(*pair, params.diameter) for pair in pairs]
    return [one for one in found if one.labels.any()]


def fingerprint(arrays):
    """A short text that differs where arrays, or None instead of one, differ."""
    digest = hashlib.sha256()
    for one in arrays:
        one = np.zeros(0) if one is None else np.ascontiguousarray(one)
        digest.update(f"{one.shape}{one.dtype}".encode() + one.tobytes())
    return digest.hexdigest()[:16]


def weights(model):
    """The numbers of a model's network, as arrays."""
    return [value.cpu().numpy() for value in model.net.state_dict().values()]
