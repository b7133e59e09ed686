"""Annotated images and movies in the files that other programs want."""

from pathlib import Path
from typing import NamedTuple

from ..files.annotated import (
    Item,
    all_classes,
    check_objects,
    check_shape,
    is_movie,
)
from .formats import FORMATS, Formats

__all__ = ["EXISTING", "FORMATS", "Exported", "Item", "export"]

EXISTING = ("refuse", "overwrite")


class Exported(NamedTuple):
    """What an export has written.

    Attributes
    ----------
    files : list of Path
        All of them complete.
    done, left : list of str
        Names of the images that were and were not exported.
    cancelled : bool
    """

    files: list
    done: list
    left: list
    cancelled: bool


def export(
    items,
    out,
    formats,
    *,
    classes=(),
    existing="refuse",
    channel=None,
    progress=None,
    stop=None,
):
    """Write annotated images and movies in one or more formats.

    The value of an object is its `id` in all of them. Each file is written completely
    or not at all. Files that list all images (COCO, names of YOLO's classes) come
    last, with the images that are done.

    Parameters
    ----------
    items : iterable of Item
        Name, shape, objects and, where a format needs it, the image.
    out : str or Path
        Folder, made if needed.
    formats : str or list of str
        Keys of `FORMATS`.
    classes : iterable of ObjectClass
        Names, colours, and classes that no object has; others get default names.
    existing : {"refuse", "overwrite"}
        What to do if one of the files is there already.
    channel : int or str, optional
        Of images that are read from files, as in `labkit.files.images.read_image`.
    progress : callable, optional
        ``progress(n_done, n_images, name)`` after each image.
    stop : callable, optional
        Asked before each image; if it returns true, the export ends there.

    Returns
    -------
    Exported

    Raises
    ------
    ValueError, TypeError
        If a format is unknown or does not fit, an object is impossible, a name
        occurs twice, or files are there already; then nothing has been written. If
        an image cannot be read or has another shape; then the files of the images
        before it are complete.
    PermissionError
        If `out` cannot be written to.
    """
    items = [one._replace(objects=check_objects(one.objects)) for one in items]
    formats = _check(items, formats, existing)
    known = all_classes([o for item in items for o in item.objects], classes)
    if "labels_by_class" in formats and not known:
        raise ValueError("labels_by_class: no object has a class; classify some first")
    make = Formats(Path(out), known, channel)
    plans = [[job for name in formats for job in make.jobs(name, i)] for i in items]
    if existing == "refuse":
        _refuse(path for jobs in plans for job in jobs for path in job.paths)
        _refuse(make.summaries(formats))
    done, files, asked = [], [], stop or (lambda: False)
    for item, jobs in zip(items, plans, strict=True):
        if asked():
            break
        for job in jobs:
            job.write()
            files += job.paths
        done.append(item)
        if progress:
            progress(len(done), len(items), item.name)
    if done:
        files += make.summarize(formats, done)
    left = [one.name for one in items[len(done) :]]
    return Exported(files, [one.name for one in done], left, bool(left))


def _check(items, formats, existing):
    """Return the formats as a list, or raise ValueError if something does not fit."""
    formats = [formats] if isinstance(formats, str) else list(dict.fromkeys(formats))
    unknown = [name for name in formats if name not in FORMATS]
    if unknown or not formats:
        what = f"no format {unknown[0]!r}" if unknown else "no format is given"
        raise ValueError(f"{what}; known are {', '.join(FORMATS)}")
    if existing not in EXISTING:
        raise ValueError(f"existing must be one of {EXISTING}, got {existing!r}")
    names = set()
    for item in items:
        if item.name in names or Path(item.name).name != item.name:
            raise ValueError(
                f"each image needs a name of its own, without folders, got "
                f"{item.name!r}"
            )
        names.add(item.name)
        _check_objects(item, formats)
    bare = [item.name for item in items if item.image is None]
    needing = [name for name in formats if name in ("outlines", "stardist")]
    if bare and needing:
        raise ValueError(f"{needing[0]} needs the images; {bare[0]!r} has none")
    still = [item.name for item in items if not is_movie(item)]
    if still and "ctc" in formats:
        raise ValueError(f"ctc is for movies (T, H, W); {still[0]!r} is an image")
    return formats


def _check_objects(item, formats):
    """Raise ValueError if an object fits neither its image nor the formats."""
    n_frames, *_ = check_shape(item.shape)
    for one in item.objects:
        if one.frame >= n_frames:
            raise ValueError(
                f"object {one.id} of {item.name!r} is in frame {one.frame}, but the "
                f"shape {tuple(item.shape)} has {n_frames}"
            )
        if one.id > 65535 and {"labels", "labels_by_class"} & set(formats):
            raise ValueError(
                f"object {one.id} of {item.name!r} is above 65535, what the 16 bit of "
                f"labels hold; number the objects of each image on its own"
            )


def _refuse(paths):
    """Raise ValueError if one of the files is there."""
    there = [path for path in paths if path.exists()]
    if there:
        raise ValueError(
            f"{len(there)} of the files are there already, such as {there[0]}; choose "
            f"another folder or say existing='overwrite' (--existing overwrite)"
        )
