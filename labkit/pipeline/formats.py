"""What each export format writes for one annotated image or movie."""

import dataclasses
import shutil
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..files import coco, masks, yolo
from ..files.annotated import Item, in_frame, is_movie
from ..files.atomic import atomic
from ..files.ctc import write_ctc
from ..files.images import read_image, read_movie, write_image
from ..files.labels import write_labels
from ..files.rois import write_objects
from ..labels import TRACK_DTYPE, object_table
from ..objects import to_labels

COCO = "coco.json"
FORMATS = {
    "rois": "ImageJ and AnnotatorJ: <name>_ROIs.zip, or _bboxes.zip of boxes",
    "labels": "16-bit label images: labelled_masks/",
    "labels_by_class": "the same for each class: labelled_masks/Class_01/",
    "layers": "one slice an object, overlaps kept: layered_masks/",
    "binary": "16-bit masks of 0 and 1, also for each class: binary_masks/",
    "semantic": "8-bit masks of 0 and 255: <name>_semantic.tiff",
    "boxes": "whole-pixel boxes (.csv): bounding_box_coordinates/",
    "boxes_yolo": "AnnotatorJ's YOLO boxes (.txt), 0 = no class: the same folder",
    "yolo": "YOLO detection: yolo/labels/, data.yaml",
    "yolo_seg": "YOLO segmentation: yolo_seg/labels/, data.yaml",
    "coco": f"COCO JSON of all images: {COCO}",
    "outlines": "the images with outlines: outlined_images/",
    "stardist": "pairs for training: stardist/images/, stardist/masks/",
    "ctc": "movies as in the Cell Tracking Challenge: ctc/<name>/01_RES/",
}


class Job(NamedTuple):
    """Files that are written together, and how."""

    paths: list
    write: object


class Formats:
    """What each format writes for one image; `out`, classes and channel are fixed."""

    def __init__(self, out, classes, channel):
        self.out, self.classes, self.channel = out, classes, channel

    def jobs(self, name, item):
        """Return the files of one image in one format."""
        return list(getattr(self, f"_{name}")(item))

    def _rois(self, item):
        boxes = item.objects and all(one.is_box for one in item.objects)
        path = masks.mask_path(self.out, item.name, "bboxes" if boxes else "rois")
        yield _job(path, write_objects, item.objects, self.classes)

    def _labels(self, item):
        path = masks.mask_path(self.out, item.name, "labels")
        yield _job(path, masks.write_labelled, item.objects, item.shape)

    def _labels_by_class(self, item):
        for one, path in self._by_class("labels", item.name):
            yield _job(path, masks.write_labelled, _of(one, item), item.shape)

    def _layers(self, item):
        write = masks.write_layered
        for frame in _frames(item):
            path = masks.mask_path(self.out, frame.name, "layers")
            yield _job(path, write, frame.objects, frame.shape)
            for one, path in self._by_class("layers", frame.name):
                yield _job(path, write, frame.objects, frame.shape, one.id)

    def _binary(self, item):
        path = masks.mask_path(self.out, item.name, "binary")
        yield _job(path, masks.write_binary, item.objects, item.shape)
        for one, path in self._by_class("binary", item.name):
            yield _job(path, masks.write_binary, _of(one, item), item.shape)

    def _semantic(self, item):
        path = masks.mask_path(self.out, item.name, "semantic")
        yield _job(path, masks.write_semantic, item.objects, item.shape)

    def _boxes(self, item, suffix=None):
        for frame in _frames(item):
            path = masks.mask_path(self.out, frame.name, "boxes", 0, suffix)
            yield _job(path, masks.write_boxes, frame.objects, frame.shape)
            for one, path in self._by_class("boxes", frame.name, suffix):
                yield _job(path, masks.write_boxes, _of(one, frame), frame.shape)

    def _boxes_yolo(self, item):
        yield from self._boxes(item, ".txt")

    def _yolo(self, item, folder="yolo"):
        write = partial(yolo.write_yolo, segments=folder == "yolo_seg")
        for frame in _frames(item):
            path = self.out / folder / "labels" / f"{frame.name}.txt"
            yield _job(path, write, frame.objects, frame.shape, self.classes)

    def _yolo_seg(self, item):
        yield from self._yolo(item, "yolo_seg")

    def _coco(self, _item):
        return ()

    def _outlines(self, item):
        path = masks.mask_path(self.out, item.name, "outlines")

        def write():
            pixels, options = self._pixels(item), {"movie": is_movie(item)}
            masks.write_outlined(path, pixels, item.objects, self.classes, **options)

        yield Job([path], write)

    def _stardist(self, item):
        frames, folder = _frames(item), self.out / "stardist"
        copied = not is_movie(item) and isinstance(item.image, str | Path)
        suffix = Path(item.image).suffix if copied else ".tif"
        images = [folder / "images" / (one.name + suffix) for one in frames]
        truth = [folder / "masks" / f"{one.name}.tif" for one in frames]

        def write():
            pixels = None if copied else self._pixels(item)
            for k, one in enumerate(frames):
                if copied:
                    _copy(item.image, images[k])
                else:
                    _write_picture(images[k], pixels[k] if is_movie(item) else pixels)
                write_labels(truth[k], to_labels(one.objects, one.shape))

        yield Job(images + truth, write)

    def _ctc(self, item):
        folder, n_frames = self.out / "ctc" / item.name / "01_RES", item.shape[0]
        digits = max(3, len(str(n_frames - 1)))
        paths = [folder / f"mask{t:0{digits}d}.tif" for t in range(n_frames)]

        def write():
            labels = np.stack([to_labels(f.objects, f.shape) for f in _frames(item)])
            write_ctc(folder, labels, _tracks(labels))

        yield Job([*paths, folder / "res_track.txt"], write)

    def summaries(self, formats):
        """Return the files that list all images."""
        yolos = [name for name in formats if name in ("yolo", "yolo_seg")]
        paths = [self.out / n / f for n in yolos for f in (yolo.NAMES, "classes.txt")]
        return paths + [self.out / COCO] * ("coco" in formats)

    def summarize(self, formats, items):
        """Write and return the files that list all images."""
        bare = any(one.class_id == 0 for item in items for one in item.objects)
        for name in formats:
            if name in ("yolo", "yolo_seg"):
                yolo.write_names(self.out / name, self.classes, unclassified=bare)
            elif name == "coco":
                coco.write_coco(self.out / COCO, items, self.classes)
        return self.summaries(formats)

    def _by_class(self, kind, name, suffix=None):
        """Yield each class and where AnnotatorJ keeps its file."""
        for one in self.classes:
            yield one, masks.mask_path(self.out, name, kind, one.id, suffix)

    def _pixels(self, item):
        """Return the image or movie, read if it is a file."""
        image = item.image
        if isinstance(image, str | Path):
            read = read_movie if is_movie(item) else read_image
            image = read(image, channel=self.channel, colour=True)
        image = np.asarray(image)
        if image.shape[: len(item.shape)] != tuple(item.shape):
            raise ValueError(
                f"the image of {item.name!r} has shape {image.shape}, its annotation "
                f"{tuple(item.shape)}; they must show the same pixels"
            )
        return image


def _job(path, write, *arguments):
    """Return the job of one file."""
    return Job([path], partial(write, path, *arguments))


def _of(kind, item):
    """Return the objects of one class."""
    return [one for one in item.objects if one.class_id == kind.id]


def _frames(item):
    """Return an image as it is, a movie as one image a frame."""
    if not is_movie(item):
        return [item]
    return [
        Item(
            f"{item.name}_frame{frame + 1:04d}",
            item.shape[1:],
            [dataclasses.replace(o, frame=0) for o in in_frame(item.objects, frame)],
        )
        for frame in range(item.shape[0])
    ]


def _write_picture(path, image):
    """Write a grey image, or one in colour of 8 bits."""
    if image.ndim == 3 and image.dtype != np.uint8:
        raise ValueError(
            f"cannot write {path}: images in colour must be uint8, got {image.dtype}; "
            f"pass the path of the image file, which is copied"
        )
    write_image(path, image)


def _copy(source, target):
    """Copy a file, complete or not at all."""
    with atomic(target) as temporary:
        shutil.copyfile(source, temporary)


def _tracks(labels):
    """Return tracks of labels whose values agree over time; no parents."""
    rows = [
        (frame, o["label"], o["label"], 0, o["y"], o["x"], o["area"])
        for frame, plane in enumerate(labels)
        for o in object_table(plane)
    ]
    return np.array(rows, TRACK_DTYPE)
