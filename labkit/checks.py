"""Checks of what users hand in, once, at the public entry.

Each check returns the array in the form that labkit works with, or raises an
error that says what is wrong, what was found and what to do about it.
"""

import os

import numpy as np


def check_image(image, name="image", *, colour=False):
    """Check a single image.

    Parameters
    ----------
    image : (H, W) array_like of bool, int or float
        One frame, one channel.
    name : str
        What the error message calls it.
    colour : bool
        Take RGB and RGBA pictures, too, (H, W, 3 or 4).

    Returns
    -------
    (H, W) ndarray of uint8, uint16 or float32
        (H, W, 3) if a picture in colour is allowed and given; alpha is dropped.
        uint8 and uint16 as they are, everything else as float32. Never a copy
        where none is needed.

    Raises
    ------
    ValueError
        If the image has other axes, no pixels, or values that are not finite.
    TypeError
        If the values are not real numbers, or this is the path of an image.

    Examples
    --------
    >>> check_image(np.zeros((4, 5), np.uint8)).shape
    (4, 5)
    """
    _refuse_path(image, name, "images.read_image")
    image = np.asarray(image)
    if image.dtype.kind not in "buif":
        raise TypeError(
            f"`{name}` must hold real numbers, got {image.dtype} of shape "
            f"{image.shape}; convert it with image.astype('float32')"
        )
    if colour and image.ndim == 3 and image.shape[-1] in (3, 4) and image.size:
        image = image[..., :3]
    else:
        _check_plane(image, name)
    if image.dtype in (np.uint8, np.uint16):
        return image
    if image.dtype.kind == "f":
        n_bad = image.size - np.count_nonzero(np.isfinite(image))
        if n_bad:
            raise ValueError(
                f"`{name}` has {n_bad} NaN or infinite pixels of {image.size}; "
                f"replace them first, for example with "
                f"np.nan_to_num(image, posinf=0, neginf=0)"
            )
    return image.astype(np.float32, copy=False)


def check_movie(movie, name="movie"):
    """Check a grey movie: (T, H, W), at least one frame.

    Returns
    -------
    (T, H, W) ndarray of uint8, uint16 or float32

    Raises
    ------
    ValueError, TypeError
        As `check_image`, and if there is no time axis.
    """
    _refuse_path(movie, name, "images.read_movie")
    movie = np.asarray(movie)
    if movie.ndim != 3 or 0 in movie.shape:
        raise ValueError(
            f"`{name}` must have axes (T, H, W), got shape {movie.shape}; "
            f"one frame is image[None], channels must be chosen first"
        )
    flat = check_image(movie.reshape(movie.shape[0] * movie.shape[1], -1), name)
    return flat.reshape(movie.shape)


def check_labels(labels, name="labels"):
    """Check a label image and return it as int32.

    Parameters
    ----------
    labels : (H, W) array_like of int
        0 is background, each object has one positive number. (Some tools call
        such images "masks".)
    name : str
        What the error message calls it.

    Returns
    -------
    (H, W) ndarray of int32

    Raises
    ------
    ValueError
        If the axes are wrong, values are negative or too large, or the image
        is a 0/255 mask of several objects.
    TypeError
        If the values are not integers, or this is the path of a label image.

    Examples
    --------
    >>> check_labels([[0, 1], [2, 2]]).dtype
    dtype('int32')
    """
    _refuse_path(labels, name, "labels.read_labels")
    labels = np.asarray(labels)
    if labels.dtype.kind not in "ui":
        raise TypeError(
            f"`{name}` must hold integers, got {labels.dtype} of shape "
            f"{labels.shape}; turn a mask into labels with "
            f"skimage.measure.label(mask)"
        )
    _check_plane(labels, name)
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high > np.iinfo(np.int32).max:
        raise ValueError(
            f"`{name}` must lie between 0 and 2147483647, got {low} to {high}; "
            f"relabel it with skimage.segmentation.relabel_sequential"
        )
    labels = labels.astype(np.int32, copy=False)
    if high == 255:
        _refuse_mask(labels, name)
    return labels


def check_pair(image, labels, names=("image", "labels"), *, colour=False):
    """Check an image and its labels, and that they have one shape.

    Parameters
    ----------
    image, labels : array_like
    names : (str, str)
        What the error messages call them.
    colour : bool
        As in `check_image`.

    Returns
    -------
    image : (H, W) ndarray
        (H, W, 3) if a picture in colour is allowed and given.
    labels : (H, W) ndarray of int32

    Raises
    ------
    ValueError, TypeError
        As `check_image` and `check_labels`, and if the shapes differ.
    """
    image = check_image(image, names[0], colour=colour)
    labels = check_labels(labels, names[1])
    check_same_shape(image[..., 0] if image.ndim == 3 else image, labels, names)
    return image, labels


def check_same_shape(first, second, names):
    """Raise ValueError if two arrays differ in shape."""
    if first.shape != second.shape:
        raise ValueError(
            f"`{names[0]}` {first.shape} and `{names[1]}` {second.shape} differ in "
            f"shape; they must show the same pixels (resize labels with order=0)"
        )


def _refuse_path(value, name, reader):
    """Raise TypeError if a path is passed for the array that lies there."""
    if isinstance(value, str | os.PathLike):
        raise TypeError(
            f"`{name}` is the path {str(value)!r}, not an array; read it first: "
            f"labkit.files.{reader}({str(value)!r})"
        )


def _check_plane(array, name):
    """Raise ValueError unless `array` is (H, W) with at least one pixel."""
    if array.ndim == 2 and array.size:
        return
    if array.size == 0:
        hint = "the file or crop behind it is empty"
    elif array.ndim == 3 and array.shape[-1] in (3, 4):
        hint = f"this looks like RGB: use one channel, {name}[..., 0], or a grey mean"
    elif array.ndim == 3 and array.shape[-1] == 1:
        hint = f"this has one channel in an axis of its own: use {name}[..., 0]"
    elif array.ndim == 3:
        hint = f"this looks like a movie or stack: pass one frame, {name}[0]"
    elif array.ndim == 1:
        hint = "this is a single row; where a list of images is asked for, pass [image]"
    else:
        hint = "pass one frame of one channel"
    raise ValueError(f"`{name}` must have axes (H, W), got shape {array.shape}; {hint}")


def _refuse_mask(labels, name):
    """Raise ValueError if only 0 and 255 occur, in more than one piece."""
    import cv2

    mask = labels == 255
    if np.array_equal(mask, labels > 0) and mask.any():
        n_pieces = cv2.connectedComponents(mask.astype(np.uint8))[0] - 1
        if n_pieces > 1:
            raise ValueError(
                f"`{name}` holds only 0 and 255 in {n_pieces} pieces: this is a mask, "
                f"not labels; number its objects with skimage.measure.label(mask), "
                f"or in Fiji by Analyze Particles, Show: Count Masks"
            )
