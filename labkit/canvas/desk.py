"""The images on the desk: which one is open, its frames, annotation and maps."""

from collections.abc import Mapping

import numpy as np

from ..annotation import Annotation, check_class, painted_objects
from ..files.annotated import Item
from ..objects import PALETTE, ObjectClass
from .maps import Maps
from .sources import (
    annotation_path,
    default_folder,
    frames_of,
    open_annotation,
    sources,
)


class Desk:
    """A list of images, one of which is open.

    Parameters
    ----------
    images, annotation, folder, classes, model, compare
        See `labkit.canvas.Annotator`.

    Attributes
    ----------
    index : int
        Of the image that is open.
    frames : list of ndarray
        Of the image that is open.
    annotation : Annotation
    annotations : dict of str to Annotation
        All that have been open, by the name of the image.
    resumed : bool
        Whether the annotation was there before.
    """

    def __init__(self, images, annotation, *, folder, classes, model, compare):
        self.sources = sources(images)
        self.folder = default_folder(self.sources) if folder is None else folder
        self._given = by_image(annotation, self.sources, "annotation")
        self._compare = by_image(compare, self.sources, "compare")
        self._classes = as_classes(classes)
        self._maps = Maps(model)
        self.annotations = {}
        self.open(0)

    def __len__(self):
        return len(self.sources)

    @property
    def name(self):
        """Name of the image that is open."""
        return self.sources[self.index].name

    def open(self, index):
        """Read an image and open its annotation.

        Raises
        ------
        ValueError, OSError
            If there is no such image, or it or its annotation cannot be read; what
            was open stays so.
        """
        if not 0 <= index < len(self):
            raise ValueError(f"there are {len(self)} images, got {index}")
        source = self.sources[index]
        frames, shape = frames_of(np.asarray(source.load()))
        self._check_compare(source.name, shape)
        annotation, resumed = self.annotations.get(source.name), True
        if annotation is None:
            given = self._given.get(source.name)
            annotation, resumed = open_annotation(
                source, shape, self.folder, given, self._classes
            )
        self.annotations[source.name] = annotation
        self.annotation, self.frames, self.index = annotation, frames, index
        self.resumed = resumed and len(annotation) > 0

    def prob(self, frame=0):
        """The probability map of a frame, and soon that of the next frame or image."""
        found = self._maps.get((self.index, frame), self.frames[frame])
        if frame + 1 < len(self.frames):
            coming = self.frames[frame + 1]
            self._maps.ahead(found, (self.index, frame + 1), lambda: coming)
        elif self.index + 1 < len(self):
            source = self.sources[self.index + 1]
            self._maps.ahead(
                found, (self.index + 1, 0), lambda: frames_of(source.load())[0][0]
            )
        return found

    def other(self, frame=0):
        """Labels of a frame to compare with, (H, W), or None."""
        other = self._compare.get(self.name)
        if isinstance(other, Annotation):
            return other.labels(frame)
        return other if other is None or np.ndim(other) == 2 else other[frame]

    def _check_compare(self, name, shape):
        """Raise ValueError if what to compare with has other pixels."""
        other = self._compare.get(name)
        found = getattr(other, "shape", np.shape(other))
        if other is not None and tuple(found) not in (tuple(shape), tuple(shape[-2:])):
            raise ValueError(
                f"`compare` of {name!r} must be labels of shape {tuple(shape)}, as "
                f"the image, got shape {tuple(found)}"
            )

    def listed(self):
        """The images as the list shows them: done or not, and how many objects."""
        names = []
        for source in self.sources:
            annotation = self.annotations.get(source.name)
            if annotation is None:
                names.append(source.name)
            else:
                done = "✓ " if annotation.done else ""
                names.append(f"{done}{source.name} ({len(annotation)})")
        return names

    def items(self):
        """Everything annotated so far, to export: items and classes.

        Images of earlier sessions are read from their files. Where classes are
        painted and nothing is drawn, their connected parts become the objects.
        """
        items, classes = [], {}
        for source in self.sources:
            annotation = self.annotations.get(source.name) or self._earlier(source)
            if annotation is not None:
                image = source.path or source.load()
                objects = annotation.objects() or painted_objects(annotation)
                items.append(Item(source.name, annotation.shape, objects, image))
                classes |= {one.id: one for one in annotation.classes}
        return items, [classes[number] for number in sorted(classes)]

    def _earlier(self, source):
        """The annotation of an image that has not been open, if there is one."""
        path = annotation_path(source, self.folder)
        return Annotation.open(path) if path is not None and path.exists() else None

    def close(self):
        """Stop what is being computed."""
        self._maps.close()


def by_image(given, found, what):
    """Assign what was given to images by name.

    Raises
    ------
    ValueError
        If it names other images, or is not one for each.
    """
    names = [source.name for source in found]
    if given is None:
        return {}
    if isinstance(given, Mapping):
        unknown = sorted(set(given) - set(names))
        if unknown:
            raise ValueError(f"`{what}` names {unknown[0]!r}, but images are {names}")
        return dict(given)
    if not isinstance(given, list | tuple):
        given = [given]
    if len(given) != len(names):
        raise ValueError(
            f"`{what}` must have one entry for each of {len(names)} images, got "
            f"{len(given)}"
        )
    return dict(zip(names, given, strict=True))


def as_classes(classes):
    """Return classes, numbered from 1 where only names are given.

    Raises
    ------
    ValueError
        If two share a number or name, or there are more than 255.
    """
    found = []
    for number, one in enumerate([classes] if isinstance(classes, str) else classes, 1):
        if not isinstance(one, ObjectClass):
            one = ObjectClass(number, str(one), PALETTE[(number - 1) % len(PALETTE)])
        check_class(one, found)
        found.append(one)
    return tuple(found)
