"""Cut squares out of annotated images."""

import cv2
import numpy as np

from .sources import Source
from .targets import check_channels


def cut(source, centre, size, geometry=((1, 0), (0, 1))):
    """Cut a square out of a source, turned and scaled by `geometry`.

    Parameters
    ----------
    source : Source
    centre : (2,) array_like of float
        Row and column of the square's centre.
    size : int
        Side, px.
    geometry : (2, 2) array_like of float
        From (row, col) offsets in the crop to offsets in the image.

    Returns
    -------
    Source
        Outside the image: mirrored pixels, no labels, ignored.
    """
    geometry = np.asarray(geometry, float)
    shift = np.asarray(centre) - geometry @ np.full(2, (size - 1) / 2)
    source, corner = _around(source, centre, size * np.linalg.norm(geometry))
    matrix = np.c_[geometry[::-1, ::-1], (shift - corner)[::-1]]  # cv2 wants (x, y)

    def warp(array, how, border, value=0):
        return cv2.warpAffine(
            array,
            matrix,
            (size, size),
            flags=how | cv2.WARP_INVERSE_MAP,
            borderMode=border,
            borderValue=value,
        )

    image = warp(source.image, cv2.INTER_LINEAR, cv2.BORDER_REFLECT_101)
    labels = warp(
        source.labels.astype(np.float32, copy=False),
        cv2.INTER_NEAREST,
        cv2.BORDER_CONSTANT,
    )
    ignore = warp(
        source.ignore.view(np.uint8), cv2.INTER_NEAREST, cv2.BORDER_CONSTANT, 1
    )
    return Source(image, labels.astype(np.int32), ignore > 0)


def _around(source, centre, reach):
    """The part of a source within `reach` of `centre`, and its first corner."""
    shape = np.array(source.labels.shape)
    first = np.clip(np.floor(np.asarray(centre) - reach).astype(int), 0, shape - 1)
    stop = np.clip(np.ceil(np.asarray(centre) + reach).astype(int), first + 1, shape)
    box = (slice(first[0], stop[0]), slice(first[1], stop[1]))
    return Source(*(array[box] for array in source)), first


def stack(crops):
    """Put crops of one size and kind together as a batch."""
    return type(crops[0])(*(np.stack(arrays) for arrays in zip(*crops, strict=True)))


def tile_crops(found, targets, *, size=128, at_most=48):
    """Upright crops that cover the sources evenly, for validation.

    Parameters
    ----------
    found : list of Source
    targets : StarTargets or PixelTargets
    size : int
        Side of a crop, px; a multiple of the targets' grid.
    at_most : int

    Returns
    -------
    StarCrop or PixelCrop
        At most `at_most` crops, the same at every call.

    Raises
    ------
    ValueError
        If the sources have no pixel, or are in colour where the targets' network
        sees grey only.
    """
    check_channels(found, targets.channels)
    places = []
    for k, source in enumerate(found):
        for row in range(0, source.labels.shape[0], size):
            for col in range(0, source.labels.shape[1], size):
                places.append((k, row, col))
    if not places:
        raise ValueError(
            "the images are too small to hold out a part of each; pass `validation`, "
            "other images with their labels"
        )
    chosen = np.linspace(0, len(places) - 1, min(at_most, len(places))).astype(int)
    half, margin = (size - 1) / 2, size // (4 * targets.grid) * targets.grid
    cuts = (
        cut(found[k], (row + half, col + half), size + 2 * margin)
        for k, row, col in (places[index] for index in chosen)
    )
    return stack([targets(one, margin) for one in cuts])
