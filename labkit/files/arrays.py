"""Checked arrays as PNG, or as TIFF with the axes and the scale that ImageJ expects."""

from pathlib import Path

import numpy as np

from .atomic import atomic
from .scale import tiff_tags

TIFF_LIMIT = 2**32 - 2**25  # bytes that an ImageJ TIFF holds


def write_array(path, array, axes, um_per_px=None, minutes_per_frame=None, **metadata):
    """Write a checked array as PNG or as TIFF for ImageJ (complete or not at all).

    `metadata` is what else tifffile shall store for ImageJ, such as mode and LUTs.
    """
    suffix = Path(path).suffix.lower()
    if suffix == ".png":
        _write_png(path, array, axes)
    elif suffix in (".tif", ".tiff"):
        tags = tiff_tags(um_per_px, minutes_per_frame)
        tags["metadata"] |= metadata
        _write_tiff(path, array, axes, tags)
    else:
        raise ValueError(f"cannot write {path}: the name must end in .png or .tif")


def _write_png(path, array, axes):
    """Write an image as PNG."""
    import imagecodecs

    if axes == "TYX":
        raise ValueError(
            f"cannot write {path}: PNG holds one frame, got shape {array.shape}; "
            f"use a name ending in .tif"
        )
    if array.dtype not in (np.uint8, np.uint16):
        raise TypeError(
            f"cannot write {path}: PNG takes uint8 and uint16, got {array.dtype}; "
            f"use a name ending in .tif"
        )
    data = imagecodecs.png_encode(np.ascontiguousarray(array), level=3)
    with atomic(path) as temporary:
        temporary.write_bytes(data)


def _write_tiff(path, array, axes, tags):
    """Write an image or movie as an ImageJ TIFF."""
    import tifffile

    if array.nbytes > TIFF_LIMIT:
        raise ValueError(
            f"cannot write {path}: {array.nbytes / 2**30:.1f} GiB is more than an "
            f"ImageJ TIFF holds (4 GiB); write one file per frame"
        )
    sizes = dict(zip(axes, array.shape, strict=True))
    array = array.reshape([sizes.get(axis, 1) for axis in "TZCYXS"])
    with atomic(path) as temporary:
        tifffile.imwrite(temporary, array, imagej=True, compression="zlib", **tags)
