"""The images to annotate, from arrays or files, and where their annotations lie."""

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from ..annotation import SUFFIX, Annotation, Change
from ..checks import check_image
from ..files.images import image_paths, read_image, read_movie
from ..files.labels import read_label_movie, read_labels
from ..files.rois import read_objects


@dataclasses.dataclass(frozen=True)
class Source:
    """One image or movie to annotate.

    Attributes
    ----------
    name : str
        Unique in the list; of a file, its name without the ending.
    load : callable
        Returns the pixels: (H, W), (H, W, 3) or a movie (T, H, W).
    path : Path or None
        The file they come from.
    """

    name: str
    load: Callable
    path: Path | None = None


def sources(images):
    """Return what is to be annotated as a list.

    Parameters
    ----------
    images : array, path, or list or dict of these
        (H, W) and (H, W, 3) are images, (T, H, W) is a movie or stack. Of a folder,
        all images. Names of a dict are kept.

    Returns
    -------
    list of Source

    Raises
    ------
    ValueError, TypeError, FileNotFoundError
        If there is nothing to annotate, or it cannot be an image.
    """
    if isinstance(images, Mapping):
        found = [_of_array(name, array) for name, array in images.items()]
    elif isinstance(images, str | Path):
        found = [_of_path(path) for path in image_paths(images)]
    elif isinstance(images, list | tuple):
        found = []
        for one in images:
            if isinstance(one, str | Path):
                found += [_of_path(path) for path in image_paths(one)]
            else:
                found.append(_of_array(f"image_{len(found) + 1:04d}", one))
    else:
        found = [_of_array("image", images)]
    if not found:
        raise ValueError("there is no image to annotate; the list is empty")
    names = [one.name for one in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(
            f"two images share the name {twice[0]!r}; rename one, or hand in a dict"
        )
    return found


def frames_of(pixels):
    """Take an image or movie apart.

    Parameters
    ----------
    pixels : (H, W), (H, W, 3), (T, H, W) or (T, H, W, 3) array_like
        Three axes are a picture in colour if the last has 3 or 4 values.

    Returns
    -------
    frames : list of (H, W) or (H, W, 3) ndarray
    shape : (int, int) or (int, int, int)
        (H, W) of an image, (T, H, W) of a movie.

    Raises
    ------
    ValueError
        If there are other axes.
    """
    pixels = np.asarray(pixels)
    in_colour = pixels.ndim > 2 and pixels.shape[-1] in (3, 4)
    n_axes = pixels.ndim - in_colour
    if n_axes == 3 and pixels.shape[-1] < 3:
        raise ValueError(
            f"an image with {pixels.shape[-1]} channels, shape {pixels.shape}, cannot "
            f"be shown; choose one channel, such as image[..., 0]"
        )
    if n_axes == 2:
        return [pixels], pixels.shape[:2]
    if n_axes == 3 and len(pixels):
        return list(pixels), pixels.shape[:3]
    raise ValueError(
        f"an image must have axes (H, W) or (H, W, 3), a movie (T, H, W), got shape "
        f"{pixels.shape}; choose one channel or position first"
    )


def default_folder(found):
    """Where annotations of files lie: beside the first image; None for arrays."""
    return next((one.path.parent / "annotations" for one in found if one.path), None)


def annotation_path(source, folder):
    """Where the annotation of an image lies, or None if there is no folder."""
    return None if folder is None else Path(folder) / f"{source.name}{SUFFIX}"


def open_annotation(source, shape, folder, given=None, classes=()):
    """Open the annotation of one image, or start it.

    Parameters
    ----------
    source : Source
    shape : (int, int) or (int, int, int)
        Of the image or movie, without colour.
    folder : Path or None
        Where annotations lie; None keeps them in memory only.
    given : Annotation, array of labels or path, optional
        What to begin with, where there is no file yet: of a path, ImageJ's ROIs
        (``.zip``, ``.roi``) or a label image.
    classes : tuple of ObjectClass

    Returns
    -------
    annotation : Annotation
    resumed : bool
        Whether it was there already.

    Raises
    ------
    ValueError
        If what is there belongs to an image of another shape.
    """
    path = annotation_path(source, folder)
    resumed = path is not None and path.exists()
    annotation = Annotation.open(path) if resumed else _begun(given, shape, classes)
    if annotation.shape != tuple(shape):
        raise ValueError(
            f"the annotation of {source.name!r} is for {annotation.shape} px, but the "
            f"image has {tuple(shape)}; choose another folder="
        )
    if classes and not annotation.classes:
        annotation.do(Change("add class", classes=((), tuple(classes))))
    if path is not None and annotation.path is None:
        annotation.save_as(path)
    return annotation, resumed


def _begun(given, shape, classes):
    """An annotation in memory, from what is to begin with."""
    if isinstance(given, Annotation):
        return given
    if isinstance(given, str | Path):
        return _read_annotation(Path(given), shape, classes)
    if given is not None:
        return Annotation.from_labels(given, classes=classes)
    return Annotation(shape, classes=classes)


def _read_annotation(file, shape, classes):
    """Start from the ROIs or labels in a file."""
    if file.suffix.lower() in (".zip", ".roi"):
        objects, found = read_objects(file)
        return Annotation(shape, objects, found or classes)
    read = read_label_movie if len(shape) == 3 else read_labels
    return Annotation.from_labels(read(file), classes=classes)


def _of_array(name, array):
    """A source that is in memory already."""
    if isinstance(array, str | Path):
        return dataclasses.replace(_of_path(Path(array)), name=str(name))
    array = np.asarray(array)
    for frame in frames_of(array)[0]:
        check_image(frame, name, colour=True)
    return Source(str(name), lambda: array)


def _of_path(path):
    """A source that is read when it is needed."""
    path = Path(path)
    return Source(path.stem, lambda: _read(path), path)


def _read(path):
    """Read an image in colour or grey, or else a movie."""
    try:
        return read_image(path, colour=True)
    except ValueError as error:
        try:
            return read_movie(path)
        except ValueError:
            raise error from None
