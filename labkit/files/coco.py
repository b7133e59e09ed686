"""COCO JSON: outlines, boxes and classes of many images in one file.

Lin et al. 2014, doi 10.1007/978-3-319-10602-1_48. Outlines follow the pixel edges, so
that every reader paints the same pixels; what a list of corners cannot hold (holes,
several pieces) is run-length encoded. Keys of our own keep the rest: ``object_id``,
``outline`` (the polygon, where it is not the one along the pixel edges), ``is_box``,
``name``, ``source``, ``edited``, ``score``; ``frame_index`` of an image.
"""

import json
from pathlib import Path

import numpy as np

from ..objects import Object, crop_mask, mask_polygon
from .annotated import (
    UNCLASSIFIED,
    Item,
    all_classes,
    check_objects,
    check_shape,
    default_class,
    edges,
    in_frame,
    is_movie,
    numbered,
    rgb,
)
from .atomic import atomic
from .planes import first_bytes
from .rle import from_rle, to_rle


def write_coco(path, items, classes=()):
    """Write the objects of images and movies.

    Parameters
    ----------
    path : str or Path
        The ``.json`` to write.
    items : iterable of Item
        Images without objects are listed, too; a movie as one image a frame.
    classes : iterable of ObjectClass
        Names and colours. Objects without a class get the category
        ``unclassified``, the last one.

    Raises
    ------
    ValueError, TypeError
        If an object is impossible.
    PermissionError
        If the folder cannot be written to.
    """
    items = [one._replace(objects=check_objects(one.objects)) for one in items]
    objects = [one for item in items for one in item.objects]
    known = all_classes(objects, classes)
    last = max((one.id for one in known), default=0) + 1
    categories = [_category(one.id, one.name, rgb(one)) for one in known]
    if not known or any(one.class_id == 0 for one in objects):
        categories.append(_category(last, UNCLASSIFIED))
    images, annotations = [], []
    for item in items:
        n_frames, height, width = check_shape(item.shape)
        for frame in range(n_frames):
            image = {"id": len(images) + 1, "file_name": _file_name(item)}
            image |= {"height": height, "width": width}
            images.append(image | ({"frame_index": frame} if is_movie(item) else {}))
            for one in in_frame(item.objects, frame):
                place = {"id": len(annotations) + 1, "image_id": image["id"]}
                place["category_id"] = one.class_id or last
                annotations.append(place | _annotation(one, (height, width)))
    content = {"info": {"description": "annotated with labkit"}, "licenses": []}
    content |= {"images": images, "annotations": annotations, "categories": categories}
    with atomic(path) as temporary:
        temporary.write_text(json.dumps(content, allow_nan=False), "utf-8")


def read_coco(path):
    """Read the objects of images and movies.

    Polygons in several parts become one, painted along the pixel edges; annotations
    without a segmentation become boxes. Regions of a crowd are read as one object
    with the name ``crowd``.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    items : list of Item
        In the order of the file, with those that have no objects.
    classes : list of ObjectClass

    Raises
    ------
    FileNotFoundError, PermissionError
        If the file is not there or may not be read.
    ValueError
        If it is no COCO file of objects, or damaged.
    """
    path = Path(path)
    first_bytes(path)
    try:
        content = json.loads(path.read_text("utf-8-sig"))
        return _items(content)
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise ValueError(
            f"{path} is no COCO file with images, annotations and categories "
            f"({type(error).__name__}: {error})"
        ) from error
    except ValueError as error:  # what json and UTF-8 raise is of this kind, too
        raise ValueError(f"cannot read {path}: {error}") from error


def _category(number, name, colour=None):
    """Return the entry of a class."""
    entry = {"id": number, "name": name, "supercategory": ""}
    return entry | ({"color": list(colour)} if colour else {})


def _file_name(item):
    """Return the name of the image file, as far as it is known."""
    known = isinstance(item.image, str | Path)
    return Path(item.image).name if known else item.name


def _annotation(one, shape):
    """Return segmentation, area and box of one object."""
    mask, origin = crop_mask(one.polygon, shape)
    left, top, right, bottom = edges(one.polygon)
    entry = {
        "segmentation": [],
        "area": int(np.count_nonzero(mask)),
        "bbox": _plain([left, top, right - left, bottom - top]),
        "iscrowd": 0,
        "object_id": one.id,
    }
    outline = mask_polygon(mask, origin) if mask.any() else None
    if outline is not None:
        simple = _loops(mask) == 1
        segmentation = [_xy(outline)] if simple else to_rle(mask, origin, shape)
        entry["segmentation"] = segmentation
    if outline is None or not np.array_equal(outline, one.polygon):
        entry["outline"] = _xy(one.polygon)
    return entry | _notes(one)


def _notes(one):
    """Return what COCO has no place for, as far as it says anything."""
    score = float(one.score)
    notes = {"is_box": one.is_box, "name": one.name, "edited": one.edited}
    notes |= {"source": one.source if one.source != "imported" else ""}
    notes = {key: value for key, value in notes.items() if value}
    return notes | ({"score": score} if np.isfinite(score) else {})


def _loops(mask):
    """Return the number of outlines that a mask has, holes and pieces counted."""
    import cv2

    pieces = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)[0] - 1
    outside = np.pad(~mask, 1, constant_values=True).astype(np.uint8)
    return pieces + cv2.connectedComponents(outside, connectivity=8)[0] - 2


def _xy(polygon):
    """Return x1, y1, x2, y2, ... counted from the image corner."""
    return _plain((np.asarray(polygon, np.float64)[:, ::-1] + 0.5).ravel().tolist())


def _plain(values):
    """Return numbers, as int where that is the same."""
    return [int(v) if float(v).is_integer() else float(v) for v in values]


def _items(content):
    """Return the items and classes of a parsed file."""
    ids, classes = _classes(content["categories"])
    by_image = {image["id"]: [] for image in content["images"]}
    for entry in content["annotations"]:
        by_image[entry["image_id"]].append(entry)
    movies = {}
    for image in content["images"]:
        key = image["file_name"] if "frame_index" in image else image["id"]
        movies.setdefault(key, []).append(image)
    return [_item(images, by_image, ids) for images in movies.values()], classes


def _item(images, by_image, ids):
    """Return one image, or one movie of several frames."""
    name, shape = images[0]["file_name"], (images[0]["height"], images[0]["width"])
    rows = [
        (entry, frame.get("frame_index", 0), shape)
        for frame in images
        for entry in by_image[frame["id"]]
    ]
    wanted = [entry.get("object_id") for entry, *_ in rows]
    objects = [
        _object(number, *row, ids)
        for number, row in zip(numbered(wanted), rows, strict=True)
    ]
    if "frame_index" in images[0]:
        shape = (1 + max(frame["frame_index"] for frame in images), *shape)
    return Item(Path(name).stem, shape, objects)


def _object(number, entry, frame, shape, ids):
    """Return the object of one annotation."""
    polygon, is_box = _polygon(entry, shape)
    return Object(
        number,
        polygon,
        class_id=ids[entry["category_id"]],
        frame=frame,
        is_box=is_box or bool(entry.get("is_box")),
        name="crowd" if entry.get("iscrowd") else str(entry.get("name", "")),
        source=str(entry.get("source", "imported")),
        edited=bool(entry.get("edited")),
        score=float(entry.get("score", "nan")),
    )


def _polygon(entry, shape):
    """Return the outline of an annotation, and whether it is only a box."""
    parts = entry.get("segmentation") or []
    if "outline" in entry:
        return _rows(entry["outline"]), False
    if isinstance(parts, dict):
        return mask_polygon(from_rle(parts, shape)), False
    if len(parts) == 1:
        return _rows(parts[0]), False
    if parts:
        mask = np.zeros(shape, bool)
        for part in parts:
            inside, (row, col) = crop_mask(_rows(part), shape)
            mask[row : row + inside.shape[0], col : col + inside.shape[1]] |= inside
        return mask_polygon(mask), False
    x, y, width, height = entry["bbox"]
    corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    return _rows(np.ravel(corners)), True


def _rows(xy):
    """Return corners (row, col) of x1, y1, x2, y2, ...; raise ValueError if none."""
    xy = np.asarray(xy, np.float64)
    if xy.ndim != 1 or xy.size < 6 or xy.size % 2 or not np.isfinite(xy).all():
        raise ValueError(f"a polygon of {xy.size} numbers in shape {xy.shape}")
    return xy.reshape(-1, 2)[:, ::-1] - 0.5


def _classes(categories):
    """Return {category id: class_id} and the classes."""
    shift = int(any(one["id"] < 1 for one in categories))
    ids, classes = {}, []
    for one in categories:
        none = one["name"] == UNCLASSIFIED
        ids[one["id"]] = number = 0 if none else int(one["id"]) + shift
        colour = one.get("color")
        colour = "#" + bytes(colour).hex() if colour else ""
        if not none:
            classes.append(default_class(number, one["name"], colour))
    return ids, sorted(classes, key=lambda one: one.id)
