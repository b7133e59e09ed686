"""AnnotatorJ's mask files as objects, and one entry for all its annotations."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from ...objects import Object, from_labels, mask_polygon
from ..annotated import all_classes, numbered
from ..labels import read_label_movie
from ..planes import first_bytes, read_planes
from ..rois import read_objects
from ..tiffs import watch_tiff
from .boxes import read_boxes
from .paths import FOLDERS, class_paths


def read_labelled(path):
    """Read a label image or movie of any tool as objects.

    Values are kept as `id`, holes and separate pieces too. Label images of single
    classes, in ``Class_01``, ... beside it, give the classes.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    list of Object
        In a movie, one number in several frames stands for one track.

    Raises
    ------
    FileNotFoundError, PermissionError, ValueError, TypeError
        As `labkit.files.labels.read_labels`.
    """
    movie = read_label_movie(path)
    classes = {k: read_label_movie(p) for k, p in class_paths(path).items()}
    objects = []
    for frame, labels in enumerate(movie):
        known = {
            label: k
            for k, those in classes.items()
            for label in _values(path, those, movie)[frame]
        }
        objects += from_labels(labels, frame=frame, class_id=known)
    return objects


def read_layered(path):
    """Read a stack of one slice an object; overlaps are kept.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    list of Object
        Numbers are those of `write_layered` if the file has them, else 1, 2, ... by
        slice; empty slices are left out. Stacks of single classes, in ``Class_01``,
        ... beside it, give the classes.

    Raises
    ------
    FileNotFoundError, PermissionError, ValueError
        If the file is not there, may not be read, or is damaged.
    """
    classes = {}
    for class_id, file in class_paths(path).items():
        full = (k for k, (_, layer) in enumerate(_slices(file)) if layer.any())
        classes |= dict.fromkeys(full, class_id)
    found = [
        (int(label) if label.isdecimal() else k, _outline(layer), classes.get(k - 1, 0))
        for k, (label, layer) in enumerate(_slices(path), 1)
        if layer.any()
    ]
    return [
        Object(number, polygon, class_id, source="imported")
        for number, (_, polygon, class_id) in zip(
            numbered([wanted for wanted, *_ in found]), found, strict=True
        )
    ]


def read_plane_shape(path):
    """Return height and width of a stack, without reading all of it.

    Raises
    ------
    FileNotFoundError, PermissionError, ValueError
        As `read_layered`.
    """
    return next(_slices(path))[1].shape


def read_mask(path):
    """Read a mask: everything that is not 0.

    Returns
    -------
    (T, H, W) ndarray of bool

    Raises
    ------
    FileNotFoundError, PermissionError, ValueError
        As `labkit.files.planes.read_planes`.
    """
    return (read_planes(path).pixels != 0).any(axis=1)


def read_semantic(path):
    """Read a mask as objects: one for each connected piece (over corners, too).

    Returns
    -------
    list of Object

    Raises
    ------
    FileNotFoundError, PermissionError, ValueError
        As `read_mask`.
    """
    from skimage.measure import label

    objects = []
    for frame, mask in enumerate(read_mask(path)):
        for one in from_labels(label(mask).astype(np.int32), frame=frame):
            objects.append(replace(one, id=len(objects) + 1))
    return objects


def is_label_image(path):
    """Whether `read_annotation` takes a file for a label image."""
    path = Path(path)
    if path.suffix.lower() in (".zip", ".roi", ".csv", ".txt"):
        return False
    layered = path.parent.name in (FOLDERS["layers"], FOLDERS["binary"])
    return not layered and "_semantic" not in path.stem


def read_annotation(path, shape=None):
    """Read any annotation file of one image that AnnotatorJ writes or imports.

    Name, folder and content decide: ROI zips, tables of boxes (.csv, .txt),
    ``_semantic`` masks, ``layered_masks``, ``binary_masks``; all other images are
    label images.

    Parameters
    ----------
    path : str or Path
    shape : (int, int), optional
        Height and width of the image, needed for .txt.

    Returns
    -------
    objects : list of Object
    classes : list of ObjectClass

    Raises
    ------
    FileNotFoundError, PermissionError, ValueError, TypeError
        If the file is not there, may not be read, or is not of its format.
    """
    path = Path(path)
    if path.suffix.lower() in (".zip", ".roi"):
        return read_objects(path)
    if path.suffix.lower() in (".csv", ".txt"):
        objects = read_boxes(path, shape)
    elif path.parent.name == FOLDERS["layers"]:
        objects = read_layered(path)
    elif path.parent.name == FOLDERS["binary"] or "_semantic" in path.stem:
        objects = read_semantic(path)
    else:
        objects = read_labelled(path)
    return objects, all_classes(objects)


def _values(path, labels, movie):
    """Return the set of values of each frame, or raise ValueError."""
    if labels.shape != movie.shape:
        raise ValueError(
            f"{path} {movie.shape} and its files for single classes {labels.shape} "
            f"differ in shape; export them again"
        )
    return [set(np.unique(frame).tolist()) - {0} for frame in labels]


def _outline(mask):
    """Outline a mask, looking only where it is not empty."""
    rows, cols = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    crop = mask[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]
    return mask_polygon(crop, (rows[0], cols[0]))


def _slices(path):
    """Yield the label and the mask of each slice, without holding all of them."""
    import tifffile

    path = Path(path)
    first_bytes(path)
    try:
        with watch_tiff() as trouble, tifffile.TiffFile(path) as tiff:
            notes = tiff.imagej_metadata or {}
            n_slices = notes.get("images", len(tiff.pages))
            if trouble or len(tiff.pages) not in (1, n_slices):
                raise ValueError(f"{len(tiff.pages)} of {n_slices} slices are there")
            labels = notes.get("Labels", [])
            for k, layer in enumerate(_pages(tiff, n_slices)):
                yield str(labels[k]) if k < len(labels) else "", layer != 0
    except Exception as error:  # tifffile and its decoders have own kinds
        raise ValueError(
            f"cannot read {path}: no stack of masks, or damaged "
            f"({type(error).__name__}: {error}); export it again"
        ) from error


def _pages(tiff, n_slices):
    """Yield the slices of a stack, which ImageJ may store behind a single page."""
    if len(tiff.pages) == n_slices:
        yield from (page.asarray() for page in tiff.pages)
    else:
        yield from tiff.asarray()
