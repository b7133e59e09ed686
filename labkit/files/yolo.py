"""Boxes and outlines as YOLO's text files: one line an object, one file an image.

A line is ``class x y width height`` (detection) or ``class x1 y1 x2 y2 ...``
(segmentation), in fractions of the image, without header. Classes count from 0 and
must mean the same in all files, so they are numbered once for the whole set: by rising
`class_id`, and what has no class comes last as a class of its own.
"""

from pathlib import Path

import numpy as np

from ..objects import Object, box_polygon, crop_mask, mask_polygon
from .annotated import UNCLASSIFIED, check_objects, check_shape, default_class, edges
from .atomic import atomic

NAMES = "data.yaml"
_STEP = 4  # decimals of a pixel that are kept on reading


def write_yolo(path, objects, shape, classes=(), *, segments=False):
    """Write the objects of one image.

    Parameters
    ----------
    path : str or Path
        ``labels/<image>.txt`` by custom. An image without objects gets an empty file.
    objects : iterable of Object
        What lies outside the image is cut off; nothing inside, no line.
    shape : (int, int)
        Height and width of the image.
    classes : iterable of ObjectClass
        All classes of the whole set.
    segments : bool
        Outlines instead of boxes. Holes and pieces are joined by bridges of no width.

    Raises
    ------
    ValueError, TypeError
        If an object is impossible or of a class that is not given.
    PermissionError
        If the folder cannot be written to.
    """
    _, height, width = check_shape(shape)
    order, lines = class_order(classes), []
    for one in check_objects(objects):
        if one.class_id not in order:
            raise ValueError(
                f"object {one.id} has class {one.class_id}, known are {order}; give "
                f"all classes of the set, so that numbers agree between images"
            )
        numbers = (
            _outline(one, height, width) if segments else box_values(one, height, width)
        )
        lines += [line(order.index(one.class_id), numbers)] if len(numbers) else []
    write_text(path, lines)


def read_yolo(path, shape, class_ids=None):
    """Read the objects of one image: boxes, outlines or both.

    Parameters
    ----------
    path : str or Path
    shape : (int, int)
        Height and width of the image.
    class_ids : list of int, optional
        `class_id` of class 0, 1, ... in the file, from `read_names`. By default one
        more than in the file, because 0 means none in labkit.

    Returns
    -------
    list of Object
        Numbered in the order of the file. Coordinates are rounded to 0.0001 px. One
        more number at the end of a line is the score.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If a line is not of this format; the message says which.
    """
    _, height, width = check_shape(shape)
    objects = []
    for number, row in read_lines(path):
        name = f"line {number} of {path}"
        index, *values = _numbers(name, row)
        if not index.is_integer() or index < 0:
            raise ValueError(f"{name} has class {index}; classes are 0, 1, 2, ...")
        known = class_ids is None or index < len(class_ids)
        if not known:
            raise ValueError(
                f"{name} has class {index:g}, but {NAMES} names {len(class_ids)}"
            )
        class_id = int(index) + 1 if class_ids is None else class_ids[int(index)]
        objects.append(_object(len(objects) + 1, class_id, values, height, width))
    return objects


def class_order(classes):
    """Return the `class_id` of YOLO's classes 0, 1, ...; the last is 0: none."""
    return [*sorted({one.id for one in classes} - {0}), 0]


def write_names(folder, classes=(), *, unclassified=True):
    """Write what the class numbers mean: ``data.yaml`` (Ultralytics) and a plain list.

    Parameters
    ----------
    folder : str or Path
        The one that holds ``labels``. Put the images into ``images`` beside it.
    classes : iterable of ObjectClass
        All classes of the whole set.
    unclassified : bool
        Whether some objects have none.
    """
    import yaml

    named = {one.id: one for one in classes}
    order = class_order(classes)
    order = order if unclassified or not named else order[:-1]
    names = [named[k].name if k else UNCLASSIFIED for k in order]
    content = {
        "path": ".",
        "train": "images",
        "val": "images",
        "names": dict(enumerate(names)),
        "class_ids": order,
        "colours": [named[k].colour if k else "" for k in order],
    }
    with atomic(Path(folder) / NAMES) as temporary:
        temporary.write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")
    write_text(Path(folder) / "classes.txt", names)


def read_names(folder):
    """Read what the class numbers mean, from ``data.yaml`` or ``classes.txt``.

    Returns
    -------
    class_ids : list of int
        `class_id` of class 0, 1, ...
    classes : list of ObjectClass

    Raises
    ------
    FileNotFoundError
        If the folder holds neither.
    ValueError
        If the names cannot be understood.
    """
    import yaml

    folder, content = Path(folder), {}
    if (folder / NAMES).is_file():
        try:
            content = yaml.safe_load((folder / NAMES).read_text("utf-8"))
            names = content["names"]
        except (yaml.YAMLError, KeyError, TypeError, UnicodeDecodeError) as error:
            raise ValueError(
                f"{folder / NAMES} does not list `names` of classes ({error})"
            ) from error
        names = list(names.values()) if isinstance(names, dict) else list(names)
    else:
        names = [" ".join(row) for _, row in read_lines(folder / "classes.txt")]
    spare = (k for k in range(1, len(names) + 2))
    ids = [0 if name == UNCLASSIFIED else next(spare) for name in names]
    ids = content.get("class_ids", ids)
    colours = content.get("colours", [""] * len(names))
    rows = zip(ids, names, colours, strict=True)
    return ids, [default_class(k, str(n), colour) for k, n, colour in rows if k]


def line(number, values):
    """Return one line: a class and fractions of the image."""
    return " ".join([str(number), *(f"{value:.10g}" for value in values)])


def write_text(path, lines):
    """Write lines of text, complete or not at all."""
    with atomic(path) as temporary:
        temporary.write_text("".join(f"{one}\n" for one in lines), "utf-8", newline="")


def read_lines(path):
    """Return (line number, words) of the lines that are not empty, without a header.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no such file, or it is no text.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no text file ({error})") from error
    if lines and lines[0].startswith("class"):
        lines[0] = ""
    return [(k, row.split()) for k, row in enumerate(lines, 1) if row.strip()]


def box_values(one, height, width):
    """Return centre and size of a box in fractions; empty if outside the image."""
    left, top, right, bottom = edges(one.polygon)
    left, right = np.clip([left, right], 0, width)
    top, bottom = np.clip([top, bottom], 0, height)
    if right <= left or bottom <= top:
        return ()
    x, y = (left + right) / 2 / width, (top + bottom) / 2 / height
    return x, y, (right - left) / width, (bottom - top) / height


def _outline(one, height, width):
    """Return x1 y1 x2 y2 ... in fractions; empty if outside the image."""
    polygon = one.polygon
    left, top, right, bottom = edges(polygon)
    if left < 0 or top < 0 or right > width or bottom > height:
        mask, origin = crop_mask(polygon, (height, width))
        if not mask.any():
            return ()
        polygon = mask_polygon(mask, origin)
    return ((polygon[:, ::-1] + 0.5) / (width, height)).ravel()


def _numbers(name, row):
    """Return the numbers of a line, or raise ValueError."""
    try:
        values = [float(word) for word in row]
    except ValueError as error:
        raise ValueError(f"{name} holds {row[0]!r} ..., not numbers") from error
    if len(values) < 5:
        raise ValueError(f"{name} has {len(values)} numbers, expected 5 or more")
    if not all(-0.001 <= value <= 1.001 for value in values[1:]):
        raise ValueError(
            f"{name} has values outside 0 to 1; YOLO takes fractions of the image"
        )
    return values


def _object(number, class_id, values, height, width):
    """Return the object of one line."""
    score = values.pop() if len(values) % 2 else float("nan")
    xy = np.reshape(values, (-1, 2)) * (width, height)
    is_box = len(xy) == 2
    if is_box:
        centre, size = xy
        xy = np.array([centre - size / 2, centre + size / 2])
    corners = np.round(xy[:, ::-1], _STEP) - 0.5
    polygon = box_polygon(*corners) if is_box else corners
    return Object(
        number, polygon, class_id, is_box=is_box, source="imported", score=score
    )
