"""Label images as files that ImageJ, TrackMate and napari open as they are."""

from pathlib import Path

import numpy as np

from ..checks import check_labels
from .arrays import write_array
from .images import image_paths, same_shape
from .planes import JPEG_START, first_bytes, read_planes

_EXACT = 2**24  # the largest range of integers that float32 holds exactly


def read_labels(path):
    """Read one label image.

    Parameters
    ----------
    path : str or Path
        PNG or TIFF of uint8, uint16, int32 or of floats without fractions.

    Returns
    -------
    (H, W) ndarray of int32
        0 is background.

    Raises
    ------
    FileNotFoundError, PermissionError
        If the file is not there or may not be read.
    ValueError, TypeError
        If the file is damaged, holds several frames or colours, values with
        fractions, or a 0/255 mask.
    """
    frames = _read_frames(path)
    if len(frames) > 1:
        raise ValueError(
            f"{path} holds {len(frames)} frames, expected one; use read_label_movie"
        )
    return check_labels(frames[0], str(path))


def read_label_movie(paths):
    """Read the label images of a movie.

    Parameters
    ----------
    paths : str, Path or list of these
        A file with all frames, a folder with one file a frame, or the files.

    Returns
    -------
    (T, H, W) ndarray of int32

    Raises
    ------
    FileNotFoundError, PermissionError, ValueError, TypeError
        As `read_labels`, and if frames differ in shape.
    """
    files = image_paths(paths)
    if len(files) == 1:
        return check_label_movie(_read_frames(files[0]), str(files[0]))
    frames = [read_labels(file) for file in files]
    return np.stack(same_shape(frames, files))


def write_labels(path, labels, *, um_per_px=None, minutes_per_frame=None):
    """Write labels as 16-bit PNG or as TIFF with the axes that ImageJ expects.

    Every value is kept. ImageJ has no 32-bit integers, so a TIFF with labels
    above 65535 is written as float32, which is exact up to 16777216; number
    each frame on its own (`labkit.labels.relabel`) to stay with 16 bit.

    Parameters
    ----------
    path : str or Path
        ``.tif``, ``.tiff`` or, for one frame, ``.png``.
    labels : (H, W) or (T, H, W) array of int
        Labels, 0 is background.
    um_per_px, minutes_per_frame : float, optional
        Pixel size and frame interval, stored in TIFF.

    Raises
    ------
    ValueError, TypeError
        If these are no labels, or values too large for the format.
    PermissionError
        If the folder cannot be written to.
    """
    labels = np.asarray(labels)
    if labels.ndim == 3:
        labels, axes = check_label_movie(labels), "TYX"
    else:
        labels, axes = check_labels(labels), "YX"
    highest = int(labels.max())
    is_tiff = Path(path).suffix.lower() in (".tif", ".tiff")
    if highest > (_EXACT if is_tiff else 65535):
        raise ValueError(
            f"cannot write {path}: the largest label {highest} is more than it can "
            f"hold; number the objects of each frame with labkit.labels.relabel"
            + (" or use a name ending in .tif" if not is_tiff else "")
        )
    dtype = np.uint16 if highest < 65536 else np.float32
    write_array(path, labels.astype(dtype), axes, um_per_px, minutes_per_frame)


def check_label_movie(labels, name="labels"):
    """Check labels with axes (T, H, W) and return them as int32.

    Raises
    ------
    ValueError, TypeError
        As `labkit.checks.check_labels`, and if there is no time axis.
    """
    labels = np.asarray(labels)
    if labels.ndim != 3 or labels.size == 0:
        raise ValueError(
            f"`{name}` must have axes (T, H, W), got shape {labels.shape}; "
            f"one frame is labels[None]"
        )
    flat = labels.reshape(len(labels) * labels.shape[1], -1)
    return check_labels(flat, name).reshape(labels.shape)


def _read_frames(path):
    """Read (T, H, W) integers from a file of one channel."""
    if first_bytes(Path(path))[:3] == JPEG_START:
        raise ValueError(
            f"{path} is a JPEG, which changes pixel values, so it holds no labels; "
            f"save them as PNG or TIFF where they were made"
        )
    planes = read_planes(path)
    frames = planes.pixels[:, 0]
    if len(planes.channels) > 1 and (planes.pixels != frames[:, None]).any():
        raise ValueError(
            f"{path} has {len(planes.channels)} channels, labels have one; this may "
            f"be a coloured picture of labels: export the numbers as 16-bit TIFF"
        )
    if frames.dtype.kind == "f":
        with np.errstate(invalid="ignore"):
            whole = frames.astype(np.int64)
        if not np.array_equal(whole, frames):
            raise TypeError(
                f"{path} holds {frames.dtype} values with fractions or NaN, not labels"
            )
        return whole
    return frames.view(np.uint8) if frames.dtype == bool else frames
