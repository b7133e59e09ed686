"""Annotation files of any known kind, with the images that they belong to."""

from dataclasses import replace
from pathlib import Path

from ..annotation import SUFFIX, Annotation, painted_objects
from ..files import coco, masks, opsef, yolo
from ..files.annotated import Item, check_shape, default_class, edges
from ..files.images import natural_key
from ..files.labels import read_label_movie
from ..files.pieces import one_piece
from ..files.planes import read_planes
from .pairs import by_stem, check_whole

_OUTLINES = (".zip", ".roi", ".csv", ".txt")
_DIFFER = "{} has shape {}, its annotation {} {}; they must show the same pixels"


def load_items(annotations, images=None):
    """Read annotations and pair them with images by name.

    Parameters
    ----------
    annotations : str, Path or list of these
        What the annotator keeps (``.labkit``), ROI zips, label images, COCO
        (``.json``), boxes (``.csv``, ``.txt``), lists of OpSeF
        (``FilePairList_*.txt``), or folders of these. Names must agree as a whole:
        ``a_ROIs.zip``, ``a_semantic.tiff`` and ``a.tiff`` belong to ``a.png``.
    images : str, Path or list of these, optional
        Images, movies or folders. Outlines and boxes need them, because they do not
        say how large their image is. Images without annotation are left out.

    Returns
    -------
    items : list of labkit.files.annotated.Item
    classes : list of ObjectClass

    Raises
    ------
    FileNotFoundError, PermissionError
        If a file is not there or may not be read.
    ValueError, TypeError
        If a file is damaged or unknown, has no image or one of another shape, or two
        belong to the same image.
    """
    pictures = {} if images is None else by_stem(images)
    items, classes = {}, {}
    for file in _files(annotations):
        found, named = _read(file, pictures)
        for item in found:
            if item.name in items:
                raise ValueError(
                    f"there are two annotations of {item.name!r}, the second in "
                    f"{file}; pass the one that you want"
                )
            items[item.name] = item
        for one in named:
            unnamed = classes.get(one.id, default_class(one.id)).name
            if unnamed == default_class(one.id).name:
                classes[one.id] = one
    return list(items.values()), [classes[k] for k in sorted(classes)]


def _files(annotations):
    """Return the annotation files that paths and folders stand for."""
    if isinstance(annotations, str | Path):
        annotations = [annotations]
    files = []
    for path in map(Path, annotations):
        if any(c in path.name for c in "*?[") and not path.exists():
            files += sorted(path.parent.glob(path.name))
        else:
            ours = sorted(path.glob(f"*{SUFFIX}"), key=natural_key)
            found = ours or (masks.find_annotations(path) if path.is_dir() else [path])
            files += found
    if not files:
        raise ValueError(f"no annotations: nothing matches {list(annotations)}")
    return files


def _read(file, pictures):
    """Return the items and classes of one file."""
    if file.suffix.lower() == ".json":
        items, classes = coco.read_coco(file)
        return [_with_picture(item, pictures) for item in items], classes
    if file.name.startswith("FilePairList_"):
        pairs, classes = opsef.read_opsef(file)
        return [_from_opsef(file, pair) for pair in pairs], classes
    if not file.exists():
        raise FileNotFoundError(f"there is no file {file}")
    if file.suffix == SUFFIX:
        return _read_ours(file, pictures)
    stem = masks.stem_of(file, pictures)
    picture = pictures.get(stem)
    if picture is None and (pictures or file.suffix.lower() in _OUTLINES):
        raise ValueError(
            f"there is no image {stem!r} for {file}; pass its folder with --images "
            f"(images=), names must agree as a whole"
        )
    own = None if file.suffix.lower() in _OUTLINES else _shape(file)
    shape = _shape(picture) if picture else own
    if own not in (None, shape):
        raise ValueError(_DIFFER.format(picture, shape, file, own))
    theirs = file.parent.name == masks.paths.FOLDERS["boxes"]
    if file.suffix.lower() == ".txt" and not theirs:
        objects, classes = _read_yolo(file, shape)
    else:
        _refuse_raw(file)
        objects, classes = masks.read_annotation(file, shape)
    return [Item(stem, shape, _placed(objects, shape, file), picture)], classes


def _refuse_raw(file):
    """Raise ValueError where a label image is expected and a raw image found."""
    if masks.is_label_image(file):
        labels = read_label_movie(file)
        check_whole(labels, one_piece(labels), file, "or labkit annotate")


def _read_ours(file, pictures):
    """Return what the annotator has kept; of painted classes, their parts."""
    annotation = Annotation.open(file)
    objects = annotation.objects() or painted_objects(annotation)
    item = Item(file.stem, annotation.shape, objects)
    return [_with_picture(item, pictures)], list(annotation.classes)


def _read_yolo(file, shape):
    """Return the objects and classes of a YOLO file, with the names beside it."""
    for folder in (file.parent, file.parent.parent):
        if (folder / yolo.NAMES).is_file() or (folder / "classes.txt").is_file():
            ids, classes = yolo.read_names(folder)
            return yolo.read_yolo(file, shape, ids), classes
    objects = yolo.read_yolo(file, shape)
    used = sorted({one.class_id for one in objects})
    return objects, [default_class(k) for k in used]


def _with_picture(item, pictures):
    """Return an item of COCO with its image, if it is there."""
    picture = pictures.get(item.name)
    if picture and _shape(picture) != item.shape:
        raise ValueError(
            _DIFFER.format(picture, _shape(picture), item.name, item.shape)
        )
    return item._replace(image=picture)


def _from_opsef(file, pair):
    """Return one image of an OpSeF project."""
    picture = file.parent.parent / pair.image.lstrip("/")
    picture = picture if picture.is_file() else None
    return Item(Path(pair.image).stem, pair.shape, pair.objects, picture)


def _shape(path):
    """Return (H, W) of an image or of layers, (T, H, W) of a movie."""
    if Path(path).parent.name == masks.paths.FOLDERS["layers"]:
        return masks.read_plane_shape(path)
    n_frames, _, *plane = read_planes(path).pixels.shape
    return (n_frames, *plane) if n_frames > 1 else tuple(plane)


def _placed(objects, shape, file):
    """Return the objects, or raise ValueError if one lies outside the image.

    Of a single image, the position of a ROI says nothing.
    """
    n_frames, height, width = check_shape(shape)
    if len(shape) == 2:
        objects = [replace(one, frame=0) for one in objects]
    for one in objects:
        left, top, right, bottom = edges(one.polygon)
        across = right > 0 and bottom > 0 and left < width and top < height
        if not across or one.frame >= n_frames:
            raise ValueError(
                f"object {one.name or one.id} in {file} lies outside the shape "
                f"{shape}; does it belong to another image?"
            )
    return objects
