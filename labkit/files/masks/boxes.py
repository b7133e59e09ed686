"""Bounding boxes as AnnotatorJ's tables: whole pixels (.csv) or fractions (.txt)."""

import csv
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...objects import Object, box_polygon
from ..annotated import check_objects, check_shape, edges
from ..yolo import box_values, line, read_yolo, write_text
from .paths import class_paths

_COLUMNS = ["x", "y", "width", "height"]


def write_boxes(path, objects, shape=None):
    """Write the bounding boxes of the objects of one image.

    Parameters
    ----------
    path : str or Path
        ``.csv``: a line ``x,y,width,height`` an object, in whole pixels, of the
        smallest box that holds it. ``.txt``: ``class x y width height`` in fractions
        of the image without header; as in AnnotatorJ, 0 is no class. (For numbers
        as other YOLO tools count see `labkit.files.yolo`.)
    objects : iterable of Object
    shape : (int, int), optional
        Height and width of the image, needed for ``.txt``.

    Raises
    ------
    ValueError, TypeError
        If an object is impossible, or the name ends in something else.
    PermissionError
        If the folder cannot be written to.
    """
    objects, suffix = check_objects(objects), Path(path).suffix.lower()
    if suffix == ".csv":
        rows = [_whole(one) for one in objects]
        lines = [",".join(map(str, row)) for row in [_COLUMNS, *rows]]
    elif suffix == ".txt" and shape is not None:
        _, height, width = check_shape(shape)
        values = [(one.class_id, box_values(one, height, width)) for one in objects]
        lines = [line(*pair) for pair in values if pair[1]]
    else:
        raise ValueError(
            f"cannot write {path}: the name must end in .csv, or in .txt and `shape` "
            f"be given"
        )
    write_text(path, lines)


def read_boxes(path, shape=None):
    """Read the bounding boxes of one image.

    Files for single classes, in ``Class_01``, ... beside it, give the classes.

    Parameters
    ----------
    path : str or Path
        ``.csv`` or ``.txt``, see `write_boxes`.
    shape : (int, int), optional
        Height and width of the image, needed for ``.txt``.

    Returns
    -------
    list of Object
        Boxes, numbered in the order of the file.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no such file, or it is not of this format.
    """
    path = Path(path)
    if path.suffix.lower() == ".txt":
        if shape is None:
            raise ValueError(f"reading {path} needs the `shape` of its image")
        objects = read_yolo(path, shape)
        return [replace(one, class_id=one.class_id - 1) for one in objects]
    rows = _read_rows(path)
    left = {k: Counter(map(tuple, _read_rows(p))) for k, p in class_paths(path).items()}
    objects = []
    for number, row in enumerate(rows, 1):
        class_id = next((k for k, those in left.items() if those[tuple(row)]), 0)
        if class_id:
            left[class_id][tuple(row)] -= 1
        x, y, width, height = row
        polygon = box_polygon((y - 0.5, x - 0.5), (y + height - 0.5, x + width - 0.5))
        box = Object(number, polygon, class_id, is_box=True, source="imported")
        objects.append(box)
    return objects


def _whole(one):
    """Return x, y, width, height in whole pixels."""
    left, top, right, bottom = np.round(edges(one.polygon), 3)
    x, y = int(np.floor(left)), int(np.floor(top))
    return x, y, int(np.ceil(right)) - x, int(np.ceil(bottom)) - y


def _read_rows(path):
    """Return the rows of a table as lists of four numbers."""
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            names, *rows = list(csv.reader(file)) or [[]]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} is no table of boxes ({error})") from error
    if [name.strip() for name in names] != _COLUMNS:
        raise ValueError(
            f"{path} must begin with {','.join(_COLUMNS)}, got {','.join(names)!r}"
        )
    numbers = []
    for k, row in enumerate(rows, 2):
        try:
            x, y, width, height = map(float, row)
        except ValueError as error:
            raise ValueError(f"line {k} of {path} is not four numbers") from error
        if not (width > 0 and height > 0):
            raise ValueError(f"line {k} of {path} has a box of {width} x {height} px")
        numbers.append([x, y, width, height])
    return numbers
