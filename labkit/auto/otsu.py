"""The published procedure: one threshold for the whole image."""

import cv2
import numpy as np

from .flood import split_touching


def otsu_steps(image):
    """Blur, Otsu, closing, distance watershed, clear border."""
    low, high = float(image.min()), float(image.max())
    scale = 255 / (high - low) if high > low else 0.0
    grey = np.rint((image.astype(np.float32) - low) * scale).astype(np.uint8)
    smooth = cv2.GaussianBlur(grey, (9, 9), 0)
    _, mask = cv2.threshold(smooth, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    if not scale:
        mask[:] = 0
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)) > 0
    pieces = split_touching(mask, 20.0)
    edge = np.concatenate([pieces[0], pieces[-1], pieces[:, 0], pieces[:, -1]])
    objects = np.where(np.isin(pieces, np.unique(edge)), 0, pieces).astype(np.int32)
    areas = np.bincount(objects.ravel())[1:]
    area = np.median(areas[areas > 0]) if areas.any() else 0.0
    diameter = float(np.sqrt(4 * area / np.pi))
    return diameter, smooth.astype(np.float32) / 255, mask, pieces, objects
