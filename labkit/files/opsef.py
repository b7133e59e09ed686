"""OpSeF projects: images and masks by list, corrected masks by class.

A project is the folder that holds ``10_ImportExport``. Its lists name an image and its
masks on each line, ``image;mask``, relative to the project. What was corrected goes
into folders and lists of its own. Rasse et al. 2020, doi 10.3389/fbioe.2020.558880.
OpSeF takes the k-th mask of a line for class k, so all lines that we write have the
same columns: every class, ascending, with empty masks for those an image lacks.
"""

import re
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from ..objects import from_labels
from .annotated import all_classes, check_objects, numbered
from .atomic import atomic
from .labels import read_labels
from .masks import write_labelled
from .rois import read_objects, write_objects

LISTS = "10_ImportExport"
MASKS = "11_SegMasksFromFiji"
ROIS = "12_TmpRoisFromFiji"
CLASSES = "13_ClassifiedSegMasksFromFiji"
WRITTEN = "FilePairList_fromFiji_Masks.txt", "FilePairList_fromFiji_Classes.txt"
_CLASS = re.compile(r"_MaskClass(\d+)")


class Pair(NamedTuple):
    """One image of a project and what is annotated on it.

    Attributes
    ----------
    image : str
        Its file, relative to the project, as in the list.
    mask : str
        Name of its mask file, such as ``a_CP_Mask_30_a.tif``.
    shape : (int, int)
        Height and width.
    objects : list of Object
    """

    image: str
    mask: str
    shape: tuple
    objects: list


def read_opsef(path):
    """Read the images and objects of one list of a project.

    The ROIs of an earlier correction (``12_TmpRoisFromFiji``) count before the masks,
    as in AnnotatorJ. Of a list of classes, the number in the name of a mask
    (``_MaskClass02_``) is the class.

    Parameters
    ----------
    path : str or Path
        A list, or the project if it has only one besides those written back.

    Returns
    -------
    pairs : list of Pair
        In the order of the list.
    classes : list of ObjectClass

    Raises
    ------
    FileNotFoundError
        If the list or a mask is missing.
    ValueError
        If there are several lists, one is empty, or a mask is damaged.
    """
    path = _find_list(Path(path))
    root, rows = path.parent.parent, _read_list(path)
    pairs, names = [], {}
    for image, *masks in rows:
        files = [root / mask.lstrip("/") for mask in masks]
        name = _CLASS.sub("_Mask", files[0].name)
        labels = [read_labels(file) for file in files]
        if any(one.shape != labels[0].shape for one in labels):
            raise ValueError(f"the masks of {image} in {path} differ in shape")
        corrected = root / ROIS / f"{Path(name).stem}_ROIs.zip"
        if corrected.is_file():
            objects, classes = read_objects(corrected)
            names |= {one.id: one for one in classes}
        else:
            objects = _objects(files, labels)
        pairs.append(Pair(image, name, labels[0].shape, objects))
    return pairs, all_classes([o for p in pairs for o in p.objects], names.values())


def write_opsef(root, pairs, classes=()):
    """Write corrected objects back into a project.

    Label masks (16 bit, the value is the `id`), ROI zips, label masks of every class,
    and the two lists that OpSeF reads, ``FilePairList_fromFiji_Masks.txt`` and
    ``FilePairList_fromFiji_Classes.txt``. All of them are replaced; the lists come
    last. Objects without a class are in no mask of a class.

    Parameters
    ----------
    root : str or Path
        The project.
    pairs : iterable of Pair
        All images of the project, also those without objects: OpSeF knows only what
        the lists name.
    classes : iterable of ObjectClass
        Classes that must have a column even where no image has such an object.

    Raises
    ------
    ValueError, TypeError
        If an object is impossible, or a mask file is named twice.
    PermissionError
        If the project cannot be written to.
    """
    root = Path(root)
    pairs = [pair._replace(objects=check_objects(pair.objects)) for pair in pairs]
    known = all_classes([o for pair in pairs for o in pair.objects], classes)
    if known and known[-1].id > 99:
        raise ValueError(f"OpSeF takes classes 1 to 99, got {known[-1].id}")
    names = [Path(pair.mask).stem for pair in pairs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"two images have the mask file {twice[0]}; rename one")
    masks, columns = [], []
    for pair in pairs:
        masks.append([pair.image, f"/{MASKS}/{pair.mask}"])
        columns.append([pair.image])
        write_labelled(root / MASKS / pair.mask, pair.objects, pair.shape)
        zipped = root / ROIS / f"{Path(pair.mask).stem}_ROIs.zip"
        write_objects(zipped, pair.objects, known)
        for one in known:
            name = class_mask(pair.mask, one.id)
            those = [o for o in pair.objects if o.class_id == one.id]
            write_labelled(root / CLASSES / name, those, pair.shape)
            columns[-1].append(f"/{CLASSES}/{name}")
    for name, rows in zip(WRITTEN, (masks, columns), strict=True):
        end = ";\r\n" if rows is columns else "\r\n"
        text = "".join(";".join(row) + end for row in rows)
        with atomic(root / LISTS / name) as temporary:
            temporary.write_text(text, "utf-8", newline="")


def class_mask(mask, class_id):
    """Return the name of the mask of one class.

    Examples
    --------
    >>> class_mask("a_SD_Mask_0.5_b.tif", 2), class_mask("c.tif", 1)
    ('a_SD_MaskClass02_0.5_b.tif', 'c_MaskClass01.tif')
    """
    before, found, after = mask.rpartition("_Mask_")
    if found:
        return f"{before}_MaskClass{class_id:02d}_{after}"
    return f"{Path(mask).stem}_MaskClass{class_id:02d}{Path(mask).suffix}"


def _find_list(path):
    """Return the list that is meant, or raise an error that names those there are."""
    if path.is_file():
        return path
    folder = path / LISTS if (path / LISTS).is_dir() else path
    lists = sorted(folder.glob("FilePairList_*.txt"))
    given = [one for one in lists if one.name not in WRITTEN]
    if not lists:
        raise FileNotFoundError(f"there is no FilePairList_*.txt in {folder}")
    if len(given or lists) > 1:
        names = ", ".join(one.name for one in lists)
        raise ValueError(f"{folder} has several lists, pass one of them: {names}")
    return (given or lists)[0]


def _read_list(path):
    """Return the rows of a list: image, mask, ... (line ends of any system)."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no text file ({error})") from error
    rows = [[part.strip() for part in line.split(";")] for line in lines]
    rows = [[part.replace("\\", "/") for part in row if part] for row in rows]
    rows = [row for row in rows if row and row[0] != "root"]
    short = [row for row in rows if len(row) < 2]
    if short or not rows:
        what = f"{short[0][0]!r} has no mask" if short else "it names no image"
        raise ValueError(f"{path} is no list of image;mask lines: {what}")
    return rows


def _objects(files, labels):
    """Return the objects of the masks of one image, classes by the file names."""
    found = []
    for file, plane in zip(files, labels, strict=True):
        number = _CLASS.search(file.name)
        found += from_labels(plane, class_id=int(number[1]) if number else 0)
    numbers = numbered([one.id for one in found])
    return [replace(o, id=k) for o, k in zip(found, numbers, strict=True)]
