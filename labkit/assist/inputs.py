"""What users hand in: checked once, with a message that says what to do."""

import numpy as np

from ..checks import check_image
from .probmap import ProbMap


def check_method(method, known):
    """Raise ValueError unless there is such a method."""
    if method not in known:
        raise ValueError(f"`method` must be one of {known}, got {method!r}")


def check_axes(image):
    """Return an image as an array; its values are checked where they are used."""
    image = np.asarray(image)
    colour = image.ndim == 3 and image.shape[-1] in (3, 4)
    if image.dtype.kind in "buif" and image.size and (image.ndim == 2 or colour):
        return image
    return check_image(image, colour=True)


def check_taken(taken, shape):
    """Return labels or a mask of what is taken, of the image's shape."""
    taken = np.asarray(taken)
    if taken.dtype.kind not in "bui":
        raise TypeError(f"`taken` must hold labels or be a mask, got {taken.dtype}")
    if taken.shape != shape:
        raise ValueError(
            f"`taken` has shape {taken.shape}, the image {shape}; both must show the "
            f"same pixels"
        )
    return taken


def reader(prob, shape):
    """Return what gives the probabilities (2, h, w) of two slices."""
    if isinstance(prob, ProbMap):
        if prob.shape != shape:
            raise ValueError(
                f"`prob` is the map of an image of {prob.shape}, this one has {shape}"
            )
        return prob.crop
    prob = np.asarray(prob)
    if prob.dtype.kind not in "bf":
        raise TypeError(f"`prob` must hold probabilities 0..1, got {prob.dtype}")
    if prob.shape not in (shape, (2, *shape)):
        raise ValueError(
            f"`prob` must have axes (H, W) or (2, H, W) with the image's {shape}, got "
            f"{prob.shape}"
        )

    def read(rows, cols):
        part = prob[..., rows, cols].astype(np.float32)
        if not ((part >= 0) & (part <= 1)).all():
            raise ValueError(
                f"`prob` must lie between 0 and 1, got {part.min()} to {part.max()}"
            )
        return part if part.ndim == 3 else np.stack([part, np.full_like(part, np.nan)])

    return read
