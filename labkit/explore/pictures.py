"""What is shown of a result: a small picture, and a few words."""

import cv2
import numpy as np

from ..labels import relabel
from ..show.picture import draw_outlines, grey_picture, label_colors, resize
from ..words import counted


def jpeg(picture):
    """Return a grey or RGB picture as JPEG bytes."""
    if picture.ndim == 3:
        picture = picture[..., ::-1]
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 75])[1].tobytes()


def plain_picture(image, max_side):
    """Return the picture of an image: colours of 8 bits as they are, else stretched."""
    if image.ndim == 3 and image.dtype == np.uint8:
        return resize(image, max_side)
    return grey_picture(image, max_side)


def picture_of(result, image, plain, max_side):
    """Return the picture of a result by its type: labels, mask, RGB or image."""
    result = np.asarray(result)
    if result.dtype.kind == "b":
        return resize(result, max_side) * np.uint8(255)
    if result.dtype in (np.int32, np.int64):
        small = resize(result, max_side)
        same = result.shape == image.shape[:2]
        thickness = 1 if max(image.shape[:2]) > max_side else 2
        return draw_outlines(plain, small, thickness) if same else label_colors(small)
    return plain_picture(result, max_side)


def describe(result):
    """Return what a result holds, in words."""
    if not isinstance(result, np.ndarray):
        return type(result).__name__
    if result.dtype.kind == "b":
        return f"{result.mean():.1%} of the pixels"
    if result.dtype in (np.int32, np.int64):
        return counted(relabel(result).max(), "object")
    return f"values {result.min():.4g} to {result.max():.4g}"
