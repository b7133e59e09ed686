"""Annotated objects as ROIs: classes are groups, frames are positions."""

from ...objects import Object
from ..annotated import all_classes, check_objects, default_class, numbered, rgb
from .labels import OUR_NAME, frame_of
from .shapes import (
    basic,
    from_box,
    from_polygon,
    is_rectangle,
    read_archive,
    to_polygon,
    write_archive,
)

NUMBER, CLASS = "labkit.id", "class"  # keys of the properties that a ROI may carry


def read_objects(path):
    """Read the objects in a ROI file of ImageJ or AnnotatorJ.

    Any names are taken: numbers such as ``0007`` become the `id`, other names are kept
    in `name` and their objects get the numbers that are free, in the order of the
    file. The group is the class, its stroke colour that of the class, the position the
    frame. Rectangles are boxes; an oval becomes a polygon of 256 corners, a composite
    one whose parts are joined by bridges of no width.

    Parameters
    ----------
    path : str or Path
        A ``.zip`` of the ROI Manager, or a single ``.roi``.

    Returns
    -------
    objects : list of Object
        In the order of the file.
    classes : list of ObjectClass
        The classes that occur.

    Raises
    ------
    FileNotFoundError, PermissionError
        If the file is not there or may not be read.
    ValueError
        If it is damaged, holds no ROIs, or a ROI without area (line, point).
    """
    rois = read_archive(path)
    names = [roi.name or name for name, roi in rois.items()]
    notes = [_notes(roi) for roi in rois.values()]
    wanted = [_number(*pair) for pair in zip(names, notes, strict=True)]
    rows = zip(numbered(wanted), names, rois.values(), notes, strict=True)
    objects = [_object(path, *row) for row in rows]
    classes = {}
    for roi, note in zip(rois.values(), notes, strict=True):
        if roi.group and roi.group not in classes:
            colour = _colour(roi)
            classes[roi.group] = default_class(roi.group, note.get(CLASS, ""), colour)
    return objects, [classes[k] for k in sorted(classes)]


def write_objects(path, objects, classes=()):
    """Write objects for ImageJ's ROI Manager and AnnotatorJ.

    Outlines on pixel edges are stored as integers, others as float32 (ImageJ's
    sub-pixel option). Holes and further pieces stay joined by bridges of no width,
    which ImageJ paints as the same pixels. What ROIs have no place for (source,
    score, ...) goes into their properties, which ImageJ shows and keeps.

    Parameters
    ----------
    path : str or Path
        The ``.zip`` to write; an older one is replaced, never added to.
    objects : iterable of Object
        Those without a `name` are called ``0007`` after their `id`.
    classes : iterable of ObjectClass
        Names and colours; a class that no object has is not stored.

    Raises
    ------
    ValueError, TypeError
        If an object is impossible, or the name does not end in ``.zip``.
    PermissionError
        If the folder cannot be written to.
    """
    objects = check_objects(objects)
    known = {one.id: one for one in all_classes(objects, classes)}
    write_archive(path, [_roi(one, known.get(one.class_id)) for one in objects])


def _roi(one, kind):
    """Make the ROI of one object of a class, if it has one."""
    name = one.name or f"{one.id:04d}"
    make = from_box if one.is_box else from_polygon
    roi = make(one.polygon, name, frame=one.frame, group=one.class_id)
    notes = {} if _number(name, {}) == one.id else {NUMBER: one.id}
    if one.source != "imported":
        notes["source"] = one.source
    if one.edited:
        notes["edited"] = "true"
    if one.score == one.score:
        notes["score"] = repr(float(one.score))
    if kind:
        roi.stroke_color = bytes((255, *rgb(kind)))
        if kind.name != default_class(kind.id).name:
            notes[CLASS] = kind.name
    lines = (f"{key}: {' '.join(str(text).split())}\n" for key, text in notes.items())
    roi.props = basic("".join(lines))
    return roi


def _object(path, number, name, roi, notes):
    """Return the object of one ROI."""
    return Object(
        number,
        to_polygon(roi, path, name),
        class_id=int(roi.group),
        frame=frame_of(roi),
        is_box=is_rectangle(roi),
        name="" if name == f"{number:04d}" else name,
        source=notes.get("source", "imported"),
        edited=notes.get("edited") == "true",
        score=_float(notes.get("score")),
    )


def _notes(roi):
    """Return the properties of a ROI: text by key."""
    lines = (line.partition(":") for line in roi.props.splitlines())
    return {key.strip(): text.strip() for key, found, text in lines if found}


def _number(name, notes):
    """Return the number that a ROI asks for, or None."""
    if notes.get(NUMBER, "").isdecimal():
        return int(notes[NUMBER])
    ours = OUR_NAME.match(name)
    digits = ours[1] if ours else name
    return int(digits) if digits.isdecimal() else None


def _colour(roi):
    """Return the stroke colour as "#rrggbb", or "" if there is none."""
    alpha, *colour = roi.stroke_color
    return "#" + bytes(colour).hex() if alpha else ""


def _float(text):
    """Return a number from a text, NaN if it is none."""
    try:
        return float(text)
    except (TypeError, ValueError):
        return float("nan")
