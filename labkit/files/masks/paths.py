"""Where AnnotatorJ keeps what, and which image it belongs to."""

import re
from pathlib import Path

from ..images import natural_key
from ..planes import SUFFIXES

FOLDERS = {
    "labels": "labelled_masks",
    "layers": "layered_masks",
    "binary": "binary_masks",
    "boxes": "bounding_box_coordinates",
    "outlines": "outlined_images",
}
ENDINGS = {
    "rois": "_ROIs.zip",
    "bboxes": "_bboxes.zip",
    "semantic": "_semantic.tiff",
}
TABLES = ("segment.csv", "tracks.csv", "edges.csv", "track_stats.csv")  # no boxes
_ENDING = re.compile(r"(.+)_(?:ROIs|bboxes|semantic)(?:_\d+)?$")
_CLASS = re.compile(r"Class_(\d{2,})$")


def mask_path(folder, stem, kind, class_id=0, suffix=None):
    """Return where AnnotatorJ keeps an annotation.

    Parameters
    ----------
    folder : str or Path
        The annotation folder.
    stem : str
        Name of the image without suffix.
    kind : str
        A key of `FOLDERS` or `ENDINGS`.
    class_id : int
        For one class only; 0 for all.
    suffix : str, optional
        Instead of ``.tiff``, or of ``.csv`` for boxes.

    Returns
    -------
    Path

    Examples
    --------
    >>> mask_path("out", "a", "labels", class_id=2).as_posix()
    'out/labelled_masks/Class_02/a.tiff'
    """
    if kind in ENDINGS:
        return Path(folder) / f"{stem}{ENDINGS[kind]}"
    suffix = suffix or (".csv" if kind == "boxes" else ".tiff")
    folder = Path(folder) / FOLDERS[kind]
    return (folder / f"Class_{class_id:02d}" if class_id else folder) / (stem + suffix)


def class_paths(path):
    """Return {class_id: path} of the files for one class beside a file for all."""
    path, found = Path(path), {}
    for folder in sorted(path.parent.glob("Class_*")):
        number = _CLASS.match(folder.name)
        if number and (folder / path.name).is_file():
            found[int(number[1])] = folder / path.name
    return found


def stem_of(path, stems=()):
    """Return the name of the image that an annotation file belongs to.

    Names are compared as a whole: ``img10_ROIs.zip`` belongs to ``img10``, never to
    ``img1``.

    Parameters
    ----------
    path : str or Path
        Such as ``a_ROIs.zip``, ``a_ROIs_1.zip``, ``a_semantic.tiff`` or ``a.tiff``.
    stems : collection of str
        Names of images; one that equals the name of the file comes first.

    Examples
    --------
    >>> stem_of("b/img10_ROIs_1.zip"), stem_of("b/img1.tiff")
    ('img10', 'img1')
    """
    stem = Path(path).stem
    ending = _ENDING.match(stem)
    return stem if stem in stems or not ending else ending[1]


def find_annotations(folder):
    """List the annotation files in a folder.

    Folders within are left out, unless there is nothing else: then those called
    ``labels`` (YOLO) or ``masks`` (pairs for training) are looked into.

    Tables of labkit beside label images are none. If there are files named as
    AnnotatorJ does (``_ROIs.zip``, ``_bboxes.zip``,
    ``_semantic.tiff``), only these count: images may lie beside them.

    Parameters
    ----------
    folder : str or Path

    Returns
    -------
    list of Path
        In natural order.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    ValueError
        If it holds no annotations; the message lists what is there instead.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {folder}")
    files = sorted(
        (
            f
            for f in folder.iterdir()
            if f.is_file() and f.name[0] != "." and f.name not in TABLES
        ),
        key=natural_key,
    )
    for fits in (_by_ending, _by_suffix):
        found = [file for file in files if fits(file)]
        if found:
            return found
    for inner in ("labels", "masks"):  # of YOLO, of pairs for training
        if (folder / inner).is_dir():
            return find_annotations(folder / inner)
    folders = sorted(f"{f.name}/" for f in folder.iterdir() if f.is_dir())
    names = ", ".join([f.name for f in files[:8]] + folders[:8]) or "nothing"
    raise ValueError(
        f"no annotations in {folder}: found {names}; expected ROI zips, label images, "
        f"COCO (.json), or boxes (.csv, .txt)"
    )


def _by_ending(file):
    """Tell whether a file is named as AnnotatorJ names its annotations."""
    kinds = (".zip", ".tif", ".tiff")
    return bool(_ENDING.match(file.stem)) and file.suffix.lower() in kinds


def _by_suffix(file):
    """Tell whether a file may hold annotations."""
    known = (".zip", ".roi", ".json", ".csv", ".txt", *SUFFIXES)
    return file.suffix.lower() in known and file.name != "classes.txt"
