"""Objects and their classes, and the way from and to label images."""

import dataclasses
import functools

import numpy as np

from ..checks import check_labels
from ..labels import from_polygons, to_polygons
from .outlines import polygon_area


@dataclasses.dataclass(frozen=True, eq=False)
class Object:
    """One annotated object; never changed, only replaced (`dataclasses.replace`).

    Attributes
    ----------
    id : int
        Its number: positive, unique in an annotation, the value in label images.
    polygon : (n, 2) ndarray of float
        Outline (row, col), not closed. Of a box: its four corners.
    class_id : int
        Number of its class, 0 if it has none (ImageJ's group).
    frame : int
        Frame of a movie or slice of a stack, from 0.
    is_box : bool
        A bounding box, not an outline.
    name : str
        What the file it came from called it.
    source : str
        How it came about: "drawn", a method of `labkit.assist`, "imported", a model.
    edited : bool
        Changed by hand since.
    score : float
        How sure its source was, 0..1; NaN if nobody said.
    """

    id: int
    polygon: np.ndarray
    class_id: int = 0
    frame: int = 0
    is_box: bool = False
    name: str = ""
    source: str = "drawn"
    edited: bool = False
    score: float = float("nan")

    @functools.cached_property
    def bounds(self):
        """Lowest and highest (row, col) of the outline: ((r, c), (r, c))."""
        return self.polygon.min(axis=0), self.polygon.max(axis=0)

    @functools.cached_property
    def area(self):
        """Area inside the outline, px."""
        return polygon_area(self.polygon)


@dataclasses.dataclass(frozen=True)
class ObjectClass:
    """A kind of object: its number (1 to 255), name and colour ("#rrggbb")."""

    id: int
    name: str
    colour: str


PALETTE = (  # Okabe & Ito (2008), for colour-blind eyes; light grey for black
    *("#e69f00", "#56b4e9", "#009e73", "#cc79a7"),
    *("#d55e00", "#f0e442", "#0072b2", "#dddddd"),
)


def from_labels(labels, *, frame=0, source="imported", scores=None, class_id=0):
    """Turn a label image into objects, one a label, which becomes the `id`.

    Parameters
    ----------
    labels : (H, W) array_like of int
    frame : int
    source : str
    scores : dict of int to float, optional
        Label to score; labels that are not named get NaN.
    class_id : int or dict of int to int
        Class of all objects, or label to class.

    Returns
    -------
    list of Object
        By rising label.

    Examples
    --------
    >>> [one.id for one in from_labels([[0, 3, 3, 5]])]
    [3, 5]
    """
    scores, classes = scores or {}, class_id if isinstance(class_id, dict) else {}
    default = 0 if isinstance(class_id, dict) else class_id
    return [
        Object(
            label,
            polygon,
            class_id=int(classes.get(label, default)),
            frame=frame,
            source=source,
            score=float(scores.get(label, np.nan)),
        )
        for label, polygon in to_polygons(check_labels(labels)).items()
    ]


def to_labels(objects, shape):
    """Paint objects into a label image: value = `id`, later ones on top.

    Parameters
    ----------
    objects : iterable of Object
        Of one frame.
    shape : (int, int)
        Height and width of the image.

    Returns
    -------
    (H, W) ndarray of int32
    """
    return from_polygons({one.id: one.polygon for one in objects}, shape)


def to_layers(objects, shape):
    """Paint each object into a mask of its own, so that overlaps are kept.

    Returns
    -------
    (N, H, W) ndarray of bool
    """
    objects = list(objects)
    layers = np.zeros((len(objects), *shape), bool)
    for layer, one in zip(layers, objects, strict=True):
        layer[:] = from_polygons([one.polygon], shape) > 0
    return layers
