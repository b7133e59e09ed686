"""Movies for ImageJ and TrackMate: labels to detect objects in, raw and labels in one.

TrackMate's label image detector makes an object of each piece of a label and holds a
list as long as the largest value of a frame, so labels are whole and numbered 1, 2, ...
in each frame.
"""

from pathlib import Path

import numpy as np

from ..checks import check_movie, check_same_shape
from ..labels import relabel
from .arrays import write_array
from .labels import check_label_movie, write_labels
from .pieces import one_piece
from .planes import read_planes

_EXACT = 2**24  # the largest range of integers that float32 holds exactly
_GREY = np.tile(np.arange(256, dtype=np.uint8), (3, 1))


def write_label_stack(path, labels, *, um_per_px=None, minutes_per_frame=None):
    """Write the labels of a movie for TrackMate's label image detector.

    Of objects in several pieces the largest is kept, and the objects of each frame
    are numbered 1, 2, ... in their order. So 16 bit hold 65535 objects a frame;
    frames of more are written as float32.

    Parameters
    ----------
    path : str or Path
        ``.tif`` or ``.tiff``.
    labels : (T, H, W) array of int
    um_per_px, minutes_per_frame : float, optional
        Stored as ImageJ does.

    Returns
    -------
    (T, H, W) ndarray of int32
        The labels as written.

    Raises
    ------
    ValueError, TypeError
        If these are no labels of a movie, or more than the file holds.
    PermissionError
        If the folder cannot be written to.
    """
    _check_name(path)
    whole = one_piece(check_label_movie(labels))
    numbered = np.stack([relabel(plane) for plane in whole])
    scale = {"um_per_px": um_per_px, "minutes_per_frame": minutes_per_frame}
    write_labels(path, numbered, **scale)
    return numbered


def write_raw_and_labels(
    path, images, labels, *, um_per_px=None, minutes_per_frame=None
):
    """Write raw images and labels as two channels of one movie.

    ImageJ shows the labels in colours over the images. In TrackMate's label image
    detector choose channel 2; intensities are then measured in channel 1. 16 bit if
    images and labels fit, else float32. The numbers of the labels are kept.

    Parameters
    ----------
    path : str or Path
        ``.tif`` or ``.tiff``.
    images : (T, H, W) array
    labels : (T, H, W) array of int
        Of objects in several pieces the largest is kept.
    um_per_px, minutes_per_frame : float, optional
        Stored as ImageJ does.

    Raises
    ------
    ValueError, TypeError
        If images and labels differ in shape, or are more than the file holds.
    PermissionError
        If the folder cannot be written to.
    """
    _check_name(path)
    images = check_movie(images, "images")
    labels = one_piece(check_label_movie(labels))
    check_same_shape(images, labels, ("images", "labels"))
    highest = int(labels.max())
    if highest > _EXACT:
        raise ValueError(
            f"cannot write {path}: the largest label {highest} is more than it can "
            f"hold; number the objects of each frame with labkit.labels.relabel"
        )
    small = images.dtype.kind == "u" and highest < 65536
    both = np.stack(
        [images, labels],
        axis=1,
        dtype=np.uint16 if small else np.float32,
        casting="unsafe",
    )
    low, high = np.percentile(images[:: max(len(images) // 10, 1)], (0.1, 99.9))
    ranges = (float(low), float(max(high, low + 1)), 0.0, float(max(highest, 1)))
    display = {"mode": "composite", "Ranges": ranges, "LUTs": [_GREY, _colours()]}
    write_array(path, both, "TCYX", um_per_px, minutes_per_frame, **display)


def read_raw_and_labels(path):
    """Read what `write_raw_and_labels` wrote.

    Returns
    -------
    images : (T, H, W) ndarray of uint16 or float32
    labels : (T, H, W) ndarray of int32

    Raises
    ------
    FileNotFoundError, PermissionError, ValueError
        If the file cannot be read, or has not two channels.
    TypeError
        If the second channel holds no labels.
    """
    planes = read_planes(path)
    if planes.pixels.shape[1] != 2:
        raise ValueError(
            f"{path} has {planes.pixels.shape[1]} channels, expected raw and labels"
        )
    images, values = np.moveaxis(planes.pixels, 1, 0)
    labels = values.astype(np.int64)
    if not np.array_equal(labels, values):
        raise TypeError(f"channel 2 of {path} holds values with fractions, not labels")
    return images, check_label_movie(labels, f"channel 2 of {path}")


def _check_name(path):
    """Raise ValueError unless this is a name of a TIFF file."""
    if Path(path).suffix.lower() not in (".tif", ".tiff"):
        raise ValueError(f"cannot write {path}: the name must end in .tif")


def _colours():
    """Return a lookup table in which neighbouring values differ, 0 black."""
    import colorsys

    turn = np.arange(256) * 0.618034  # golden section: far from all before
    table = [colorsys.hsv_to_rgb(h % 1, 0.8, 0.9) for h in turn]
    table = np.array(table).T * 255
    table[:, 0] = 0
    return table.astype(np.uint8)
