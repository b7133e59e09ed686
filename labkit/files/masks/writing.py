"""Objects as AnnotatorJ's mask files."""

import numpy as np

from ...checks import check_image
from ...labels import from_polygons
from ...objects import crop_mask, to_labels
from ..annotated import all_classes, check_objects, check_shape, in_frame, rgb
from ..arrays import write_array
from ..atomic import atomic

_ROWS = 64  # a strip of a TIFF
_YELLOW = (255, 255, 0)  # AnnotatorJ's colour of what has no class


def write_labelled(path, objects, shape):
    """Write a 16-bit label image: the value is the `id`, later objects on top.

    Parameters
    ----------
    path : str or Path
        ``.tiff`` or ``.tif``.
    objects : iterable of Object
    shape : tuple of int
        (H, W), or (T, H, W) of a movie, which becomes a stack.

    Raises
    ------
    ValueError, TypeError
        If an object is impossible or its number above 65535.
    PermissionError
        If the folder cannot be written to.
    """
    objects = check_objects(objects)
    highest = max((one.id for one in objects), default=0)
    if highest > 65535:
        raise ValueError(
            f"cannot write {path}: object {highest} is above 65535, what 16 bit hold; "
            f"number the objects of each image on its own"
        )
    _write(path, _frames(objects, shape, to_labels), shape)


def write_binary(path, objects, shape):
    """Write a 16-bit mask of all objects: 1 inside, 0 outside.

    Parameters and errors as `write_labelled`, but numbers may be of any size.
    """
    _write(path, _frames(check_objects(objects), shape, _union), shape)


def write_semantic(path, objects, shape):
    """Write an 8-bit mask of all objects: 255 inside, 0 outside.

    Parameters and errors as `write_binary`.
    """
    mask = _frames(check_objects(objects), shape, _union)
    _write(path, mask.astype(np.uint8) * np.uint8(255), shape)


def write_layered(path, objects, shape, class_id=None):
    """Write one 16-bit slice an object, 1 inside: overlaps are kept.

    The numbers of the objects are stored as the labels of the slices. Without objects,
    there is one empty slice.

    Parameters
    ----------
    path : str or Path
        ``.tiff`` or ``.tif``.
    objects : iterable of Object
        Of one frame.
    shape : (int, int)
        Height and width of the image.
    class_id : int, optional
        Leave the slices of all other classes empty.

    Raises
    ------
    ValueError, TypeError, PermissionError
        As `write_labelled`.
    """
    import tifffile

    objects, (n_frames, *plane) = check_objects(objects), check_shape(shape)
    if n_frames > 1:
        raise ValueError(f"layers are of one image, got the shape {shape} of a movie")
    labels = [f"{one.id:04d}" for one in objects] or [""]
    with atomic(path) as temporary:
        tifffile.imwrite(
            temporary,
            _strips(objects, plane, class_id),
            shape=(len(labels), *plane),
            dtype="<u2",
            byteorder="<",
            imagej=True,
            metadata={"axes": "ZYX", "Labels": labels},
            compression="zlib",
            rowsperstrip=_ROWS,
        )


def write_outlined(path, image, objects, classes=(), *, movie=False):
    """Write an image in colour with the outlines of its objects, one pixel wide.

    Parameters
    ----------
    path : str or Path
        ``.tiff`` or ``.tif``.
    image : (H, W) or (H, W, 3) array
        8 bits are kept; everything else is stretched from its lowest to its highest
        value.
    objects : iterable of Object
    classes : iterable of ObjectClass
        Their colours; what has no class is yellow.
    movie : bool
        The first axis of `image` is that of frames; a stack is written.

    Raises
    ------
    ValueError, TypeError
        If this is no image or an object is impossible.
    PermissionError
        If the folder cannot be written to.
    """
    frames, objects = image if movie else [image], check_objects(objects)
    frames = np.stack([check_image(one, colour=True) for one in frames])
    pictures = _eight_bits(frames)
    colours = {one.id: rgb(one) for one in all_classes(objects, classes)}
    for frame, picture in enumerate(pictures):
        for one in in_frame(objects, frame):
            part, mask = _crop(picture, one)
            part[_rim(mask)] = colours.get(one.class_id, _YELLOW)
    write_array(path, pictures if movie else pictures[0], "TYXS" if movie else "YXS")


def _write(path, pixels, shape):
    """Write an image (H, W) or a stack (T, H, W)."""
    if len(shape) == 2:
        write_array(path, pixels[0], "YX")
    else:
        write_array(path, pixels, "TYX")


def _frames(objects, shape, paint):
    """Paint every frame: (T, H, W) uint16."""
    n_frames, *plane = check_shape(shape)
    late = [one for one in objects if one.frame >= n_frames]
    if late:
        raise ValueError(
            f"object {late[0].id} is in frame {late[0].frame}, but the shape {shape} "
            f"has {n_frames}"
        )
    movie = np.zeros((n_frames, *plane), np.uint16)
    for frame, pixels in enumerate(movie):
        pixels[...] = paint(in_frame(objects, frame), plane)
    return movie


def _strips(objects, plane, class_id):
    """Yield the encoded strips of all slices; nearly all of them are empty."""
    from imagecodecs import zlib_encode

    height, width = plane
    starts = range(0, height, _ROWS)
    empty = np.zeros((_ROWS, width), "<u2")
    empties = [zlib_encode(empty[: height - start]) for start in starts]
    for one in objects or [None]:
        strips = list(empties)
        if one and class_id in (None, one.class_id):
            mask, (row, col) = crop_mask(one.polygon, plane)
            row, col = (row, col) if mask.size else (0, 0)
            first, last = row // _ROWS, -(-(row + len(mask)) // _ROWS)
            top = first * _ROWS
            band = np.zeros((min(last * _ROWS, height) - top, width), "<u2")
            band[row - top :][: len(mask), col : col + mask.shape[1]] = mask
            for k in range(first, last):
                strips[k] = zlib_encode(band[k * _ROWS - top :][:_ROWS])
        yield from strips


def _union(objects, shape):
    """Return the mask of all objects."""
    return from_polygons([one.polygon for one in objects], shape) > 0


def _crop(picture, one):
    """Return the part of a picture around an object, to write in, and its mask."""
    mask, (row, col) = crop_mask(one.polygon, picture.shape[:2])
    return picture[row : row + mask.shape[0], col : col + mask.shape[1]], mask


def _rim(mask):
    """Return the pixels of a mask that have a side on its outside."""
    padded = np.pad(mask, 1)
    sides = (padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:])
    return mask & ~np.logical_and.reduce(sides)


def _eight_bits(frames):
    """Return new pictures (T, H, W, 3) of uint8."""
    if frames.dtype != np.uint8:
        low, high = float(frames.min()), float(frames.max())
        span = (high - low) or 1.0
        frames = np.round((frames.astype(np.float64) - low) * (255 / span))
    pictures = np.empty((*frames.shape[:3], 3), np.uint8)
    pictures[...] = frames if frames.ndim == 4 else frames[..., None]
    return pictures
