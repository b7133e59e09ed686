"""What all formats of annotated objects share: checks, classes, boxes, frames."""

import re
from typing import NamedTuple

import numpy as np

from ..objects import PALETTE, Object, ObjectClass, check_polygon

UNCLASSIFIED = "unclassified"
MAX_CLASS = 65535  # what ImageJ's group holds


def check_objects(objects):
    """Return a list of objects, or raise an error that names the first wrong one.

    Raises
    ------
    TypeError
        If something else than `labkit.objects.Object` is among them.
    ValueError
        If an outline, number, frame or class is impossible.
    """
    objects, taken = list(objects), set()
    for one in objects:
        if not isinstance(one, Object):
            raise TypeError(
                f"expected labkit.objects.Object, got {type(one).__name__}; label "
                f"images become objects with labkit.objects.from_labels"
            )
        try:
            check_polygon(one.polygon)
        except ValueError as error:
            raise ValueError(f"object {one.id}: {error}") from error
        if one.id < 1 or one.frame < 0 or not 0 <= one.class_id <= MAX_CLASS:
            raise ValueError(
                f"object {one.id} of class {one.class_id} in frame {one.frame} is "
                f"impossible: numbers start at 1, frames at 0, classes are 0 (none) to "
                f"{MAX_CLASS}"
            )
        if (one.frame, one.id) in taken:
            raise ValueError(
                f"two objects in frame {one.frame} have the number {one.id}; give each "
                f"its own"
            )
        taken.add((one.frame, one.id))
    return objects


def in_frame(objects, frame):
    """Return the objects of one frame, in order."""
    return [one for one in objects if one.frame == frame]


def all_classes(objects, classes=()):
    """Return every class that is given or used, by number; unnamed ones get a name.

    Parameters
    ----------
    objects : iterable of Object
    classes : iterable of ObjectClass

    Returns
    -------
    list of ObjectClass

    Examples
    --------
    >>> square = [(0, 0), (0, 4), (4, 4), (4, 0)]
    >>> all_classes([Object(1, square, class_id=2)])
    [ObjectClass(id=2, name='Class_02', colour='#56b4e9')]
    """
    known = {one.id: one for one in classes}
    used = {one.class_id for one in objects} - {0}
    return [known.get(k) or default_class(k) for k in sorted(used | set(known))]


def default_class(class_id, name="", colour=""):
    """Return a class with AnnotatorJ's name and a colour of the palette."""
    return ObjectClass(
        int(class_id),
        name or f"Class_{class_id:02d}",
        colour or PALETTE[(class_id - 1) % len(PALETTE)],
    )


def rgb(kind):
    """Return the colour of a class as three bytes, or raise ValueError.

    Examples
    --------
    >>> rgb(ObjectClass(1, "dividing", "#e69f00"))
    (230, 159, 0)
    """
    if not re.fullmatch("#[0-9a-fA-F]{6}", kind.colour):
        raise ValueError(
            f"class {kind.name!r} has the colour {kind.colour!r}; write it as #rrggbb"
        )
    return tuple(bytes.fromhex(kind.colour[1:]))


def check_shape(shape):
    """Return (T, H, W) of an image or movie.

    Raises
    ------
    ValueError
        If it is neither (H, W) nor (T, H, W).
    """
    shape = tuple(int(n) for n in shape)
    if len(shape) not in (2, 3) or min(shape) < 1:
        raise ValueError(f"`shape` must be (H, W) or (T, H, W), got {shape}")
    return shape if len(shape) == 3 else (1, *shape)


def numbered(wanted):
    """Give each object a number of its own: the wanted one if it is still free.

    Parameters
    ----------
    wanted : list of int or None

    Returns
    -------
    list of int

    Examples
    --------
    >>> numbered([None, 3, 1, 3, None])
    [2, 3, 1, 4, 5]
    """
    taken, numbers = set(), []
    for number in wanted:
        free = number is not None and 0 < number < 2**31 and number not in taken
        numbers.append(number if free else None)
        taken.add(numbers[-1])
    spare = (k for k in range(1, len(wanted) + len(taken) + 1) if k not in taken)
    return [next(spare) if number is None else number for number in numbers]


def edges(polygon):
    """Return left, top, right, bottom of an outline, counted from the image corner."""
    low, high = np.min(polygon, axis=0) + 0.5, np.max(polygon, axis=0) + 0.5
    return float(low[1]), float(low[0]), float(high[1]), float(high[0])


class Item(NamedTuple):
    """One annotated image or movie.

    Attributes
    ----------
    name : str
        Of its files, without suffix.
    shape : tuple of int
        (H, W), or (T, H, W) of a movie.
    objects : list of Object
    image : ndarray, str, Path or None
        The pixels, or the file that they are in.
    """

    name: str
    shape: tuple
    objects: list
    image: object = None


def is_movie(item):
    """Tell whether an item has frames."""
    return len(item.shape) == 3
