"""Export: every format, cancel, what is there already; and the command."""

import dataclasses
import os
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
import tifffile
from commands import error_of, labkit_command
from drawn import CLASSES, SHAPE, facts, movie_scene, scene

from labkit.annotation import Annotation
from labkit.cli.files import EXAMPLES
from labkit.files import coco, masks, opsef, yolo
from labkit.files.annotated import Item
from labkit.files.ctc import read_ctc
from labkit.files.images import write_image
from labkit.files.labels import read_label_movie, read_labels, write_labels
from labkit.files.pieces import one_piece
from labkit.files.rois import (
    read_objects,
    read_polygons,
    read_rois,
    write_objects,
    write_rois,
)
from labkit.metrics import match
from labkit.objects import (
    Object,
    ObjectClass,
    box_polygon,
    from_labels,
    to_labels,
    to_layers,
)
from labkit.pipeline import FORMATS, export, load_items, load_pairs, pair_files
from labkit.synth import simulate_movie

GREY = (np.arange(np.prod(SHAPE)) % 251).astype(np.uint8).reshape(SHAPE)
STILL = [name for name in FORMATS if name != "ctc"]
LABELS = to_labels(scene(), SHAPE)


def _items():
    empty = Item("empty", SHAPE, [], GREY)
    return [
        Item("a", SHAPE, scene(), GREY),
        empty,
        Item("a1", SHAPE, scene()[:1], GREY),
    ]


def _files(folder):
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in found)


def _movie_labels():
    """Two objects over four frames, one of which is missing in frame 2."""
    movie = np.zeros((4, *SHAPE), np.int32)
    for t, frame in enumerate(movie):
        frame[5 + t : 12 + t, 5:12] = 3
        frame[20:30, 20 + 2 * t : 30 + 2 * t] = 8 * (t != 2)
    return movie


# what is written


def test_names_and_folders_of_every_format(tmp_path):
    done = export(_items(), tmp_path, STILL, classes=CLASSES)
    files = _files(tmp_path)
    assert sorted(p.relative_to(tmp_path).as_posix() for p in done.files) == files
    both = ["", "Class_01/", "Class_02/"]
    folders = ("labelled_masks", "layered_masks", "binary_masks")
    expected = [f"{f}/{k}a.tiff" for f in folders for k in both]
    expected += [
        f"bounding_box_coordinates/{k}a.{s}" for k in both for s in ("csv", "txt")
    ]
    expected += ["a_ROIs.zip", "a_semantic.tiff", "outlined_images/a.tiff"]
    expected += ["stardist/images/a.tif", "stardist/masks/a.tif"]
    expected += ["yolo/labels/a.txt", "yolo_seg/labels/a.txt"]
    pattern = re.compile(r"(^|/)(a1|empty)(\.|_)")
    assert [f for f in files if not pattern.search(f)] == sorted(
        [
            *expected,
            "coco.json",
            *(
                f"{y}/{n}"
                for y in ("yolo", "yolo_seg")
                for n in ("classes.txt", "data.yaml")
            ),
        ]
    )
    assert len(files) == 3 * len(expected) + 5
    assert (done.done, done.left, done.cancelled) == (["a", "empty", "a1"], [], False)


@pytest.mark.parametrize("name", STILL)
def test_every_format_works_alone(tmp_path, name):  # D1, D2, D3
    done = export(_items(), tmp_path, name, classes=CLASSES)
    assert sorted(done.files) == sorted(p for p in tmp_path.rglob("*") if p.is_file())
    assert done.files
    assert len(done.files) == len(set(done.files))


def test_one_number_an_object_in_all_formats(tmp_path):  # D4, D14
    named = [dataclasses.replace(one, name=f"cell {one.id}") for one in scene()]
    kinds = ["rois", "labels", "labels_by_class", "layers", "stardist", "coco"]
    export([Item("a", SHAPE, named, GREY)], tmp_path, kinds, classes=CLASSES)
    ids = [one.id for one in scene()]
    assert [one.id for one in read_objects(tmp_path / "a_ROIs.zip")[0]] == ids
    for folder in ("labelled_masks/a.tiff", "stardist/masks/a.tif"):
        pixels = tifffile.imread(tmp_path / folder)
        assert pixels.dtype == np.uint16
        assert np.array_equal(pixels, LABELS)
    found = masks.read_labelled(tmp_path / "labelled_masks" / "a.tiff")
    assert {one.id: one.class_id for one in found} == {
        one.id: one.class_id for one in scene()
    }
    layers = masks.read_layered(tmp_path / "layered_masks" / "a.tiff")
    assert [one.id for one in layers] == ids
    (item,), _ = coco.read_coco(tmp_path / "coco.json")
    assert facts(item.objects) == facts(named)


def test_boxes_have_the_name_that_annotatorj_gives_them(tmp_path):
    items = [Item("a", SHAPE, scene()[4:5]), Item("b", SHAPE, scene())]
    export(items, tmp_path, "rois")
    assert _files(tmp_path) == ["a_bboxes.zip", "b_ROIs.zip"]
    assert read_objects(tmp_path / "a_bboxes.zip")[0][0].is_box


def test_yolo_classes_count_from_0_in_all_images(tmp_path):  # D19
    items = [Item("a", SHAPE, scene()), Item("b", SHAPE, scene()[1:2])]
    export(items, tmp_path, ["yolo", "yolo_seg"], classes=CLASSES)
    words = (tmp_path / "yolo" / "labels" / "b.txt").read_text().split()
    assert words[0] == "1"
    ids, classes = yolo.read_names(tmp_path / "yolo_seg")
    assert (ids, tuple(classes)) == ([1, 2, 0], CLASSES)
    found = yolo.read_yolo(tmp_path / "yolo_seg" / "labels" / "a.txt", SHAPE, ids)
    assert [one.class_id for one in found] == [1, 2, 1, 0, 2, 0]


def test_pairs_for_training_are_what_the_training_reads(tmp_path):
    write_image(tmp_path / "in" / "b.png", GREY)
    items = [*_items(), Item("b", SHAPE, scene()[:2], tmp_path / "in" / "b.png")]
    export(items, tmp_path / "out", "stardist")
    copied = tmp_path / "out" / "stardist" / "images" / "b.png"
    assert copied.read_bytes() == (tmp_path / "in" / "b.png").read_bytes()
    folder = tmp_path / "out" / "stardist"
    images, labels, _ = load_pairs(pair_files(folder / "images", folder / "masks"))
    assert all(np.array_equal(image, GREY) for image in images)
    assert np.array_equal(labels[1], LABELS)  # a1, a, b, empty
    assert not labels[3].any()


def test_movies(tmp_path):
    movie = np.stack([GREY] * 3)
    item = Item("m", (3, *SHAPE), movie_scene(), movie)
    export([item], tmp_path, list(FORMATS), classes=CLASSES)
    stacks = ("labelled_masks/m.tiff", "binary_masks/m.tiff", "m_semantic.tiff")
    for name in stacks:
        assert tifffile.imread(tmp_path / name).shape == (3, *SHAPE), name
    assert tifffile.imread(tmp_path / "outlined_images/m.tiff").shape[0] == 3
    for folder, suffix in [
        ("layered_masks", "tiff"),
        ("bounding_box_coordinates", "csv"),
        ("yolo/labels", "txt"),
        ("stardist/masks", "tif"),
        ("stardist/images", "tif"),
    ]:
        names = sorted(p.name for p in (tmp_path / folder).glob(f"*.{suffix}"))
        assert names == [f"m_frame000{k}.{suffix}" for k in (1, 2, 3)], folder
    third = masks.read_layered(tmp_path / "layered_masks" / "m_frame0003.tiff")
    assert np.array_equal(to_layers(third, SHAPE), to_layers(scene(), SHAPE))
    assert facts(read_objects(tmp_path / "m_ROIs.zip")[0]) == facts(movie_scene())
    (found,), _ = coco.read_coco(tmp_path / "coco.json")
    assert facts(found.objects) == facts(movie_scene())
    labels, tracks = read_ctc(tmp_path / "ctc" / "m" / "01_RES")
    assert len(np.unique(tracks["track_id"])) == 12
    shown = read_label_movie(tmp_path / stacks[0])
    assert np.array_equal(labels > 0, one_piece(shown) > 0)
    assert (shown > 0).sum() > (labels > 0).sum()  # the scene has an object in pieces


def test_colour_images_and_empty_movies(tmp_path):
    colour = np.dstack([GREY, GREY // 2, GREY // 3])
    export([Item("a", SHAPE, scene(), colour)], tmp_path, ["stardist", "outlines"])
    found = tifffile.imread(tmp_path / "stardist" / "images" / "a.tif")
    assert np.array_equal(found, colour)
    empty = Item("m", (2, *SHAPE), [], np.stack([GREY] * 2))
    export([empty], tmp_path, ["rois", "labels", "ctc", "coco", "stardist"])
    assert not read_ctc(tmp_path / "ctc" / "m" / "01_RES")[0].any()
    assert coco.read_coco(tmp_path / "coco.json")[0][0].shape == (2, *SHAPE)


def test_tracked_labels_become_tracks_cut_at_gaps(tmp_path):
    movie = _movie_labels()
    objects = [o for t in range(4) for o in from_labels(movie[t], frame=t)]
    export([Item("m", movie.shape, objects)], tmp_path, ["ctc", "labels"])
    assert np.array_equal(
        read_label_movie(tmp_path / "labelled_masks" / "m.tiff"), movie
    )
    table = np.loadtxt(tmp_path / "ctc" / "m" / "01_RES" / "res_track.txt", dtype=int)
    assert table.tolist() == [[3, 0, 3, 0], [8, 0, 1, 0], [9, 3, 3, 8]]


# cancel, progress, what is there already


@pytest.mark.parametrize("n_done", [0, 1, 2])
def test_cancel_leaves_complete_files_and_says_which(tmp_path, n_done):  # D8
    seen = []
    done = export(
        _items(),
        tmp_path,
        ["labels", "coco", "yolo"],
        progress=lambda *facts: seen.append(facts),
        stop=lambda: len(seen) == n_done,
    )
    names = ["a", "empty", "a1"]
    assert seen == [(k + 1, 3, names[k]) for k in range(n_done)]
    assert (done.done, done.left) == (names[:n_done], names[n_done:])
    assert done.cancelled
    assert sorted(done.files) == sorted(p for p in tmp_path.rglob("*") if p.is_file())
    if n_done:
        items, _ = coco.read_coco(tmp_path / "coco.json")
        assert [item.name for item in items] == names[:n_done]
        assert (tmp_path / "yolo" / "data.yaml").exists()


def test_an_error_in_the_middle_leaves_complete_files(tmp_path, monkeypatch):
    def interrupt(path, *_args):
        if path.stem == "empty":
            raise KeyboardInterrupt
        path.parent.mkdir(exist_ok=True)
        path.write_text("done")

    monkeypatch.setattr(masks, "write_labelled", interrupt)
    with pytest.raises(KeyboardInterrupt):
        export(_items(), tmp_path, ["labels", "coco"])
    assert _files(tmp_path) == ["labelled_masks/a.tiff"]


def test_what_is_there_is_replaced_only_on_request(tmp_path):
    export(_items()[:1], tmp_path, ["labels", "coco"])
    with pytest.raises(ValueError, match=r"2 of the files|1 of the files"):
        export(_items(), tmp_path, ["labels"])
    assert not (tmp_path / "labelled_masks" / "empty.tiff").exists()
    with pytest.raises(ValueError, match=r"coco.json"):
        export([Item("new", SHAPE, [])], tmp_path, "coco")
    export([Item("a", SHAPE, [])], tmp_path, ["labels"], existing="overwrite")
    assert not read_labels(tmp_path / "labelled_masks" / "a.tiff").any()
    with pytest.raises(ValueError, match="existing must be"):
        export(_items(), tmp_path, "labels", existing="append")


def test_exporting_twice_gives_the_same_bytes_of_rois(tmp_path):
    for _ in range(2):  # nothing is added to an older zip
        export(_items(), tmp_path, "rois", existing="overwrite")
        with zipfile.ZipFile(tmp_path / "a_ROIs.zip") as archive:
            assert len(archive.namelist()) == 6


# what is refused


def test_what_does_not_fit_is_refused_before_anything_is_written(tmp_path):
    square = Object(70000, box_polygon((0, 0), (4, 4)))
    wide = np.zeros((*SHAPE, 3), np.uint16)
    for items, formats, message in [
        (_items(), "coca", "no format 'coca'; known are rois"),
        (_items(), [], "no format is given"),
        (_items(), "ctc", "ctc is for movies"),
        ([*_items(), *_items()], "labels", "a name of its own"),
        ([Item("a/b", SHAPE, [])], "labels", "without folders"),
        ([Item("a", SHAPE, [])], "outlines", "outlines needs the images"),
        ([Item("a", SHAPE, [])], "stardist", "stardist needs the images"),
        ([Item("a", SHAPE, [])], "labels_by_class", "no object has a class"),
        ([Item("a", SHAPE, [square])], "labels", "above 65535"),
        ([Item("a", SHAPE, movie_scene())], "boxes", "in frame 2, but"),
        ([Item("a", (4,), [])], "labels", r"\(H, W\)"),
        ([Item("a", SHAPE, [], wide)], "stardist", "must be uint8, got uint16"),
        ([Item("a", SHAPE, [], GREY[:9])], "outlines", "must show the same pixels"),
    ]:
        with pytest.raises(ValueError, match=message):
            export(items, tmp_path / "out", formats)
        assert not (tmp_path / "out").exists(), message
    with pytest.raises(TypeError, match="from_labels"):
        export([Item("a", SHAPE, [GREY])], tmp_path / "out", "labels")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_that_must_not_be_written_to(tmp_path):
    tmp_path.chmod(0o555)
    with pytest.raises(PermissionError, match="no permission"):
        export(_items(), tmp_path / "out", "labels")
    tmp_path.chmod(0o755)


def test_a_file_in_the_way_of_the_folder(tmp_path):
    (tmp_path / "out").write_text("x")
    with pytest.raises(ValueError, match="not a folder"):
        export(_items(), tmp_path / "out", "labels")


# loading


@pytest.fixture
def folder(tmp_path):
    """Images img1 and img10 with annotations beside them, as AnnotatorJ has them."""
    write_image(tmp_path / "images" / "img1.png", GREY)
    write_image(tmp_path / "images" / "img10.png", GREY)
    there = tmp_path / "images" / "masks"
    there.mkdir()
    write_objects(there / "img10_ROIs.zip", scene(), CLASSES)
    write_objects(there / "img1_bboxes.zip", scene()[4:5])
    return tmp_path / "images"


def test_images_and_annotations_pair_by_their_whole_name(folder):  # D13
    items, classes = load_items(folder / "masks", folder)
    assert [item.name for item in items] == ["img1", "img10"]
    assert facts(items[1].objects) == facts(scene())
    assert items[0].image == folder / "img1.png"
    assert tuple(classes) == CLASSES
    (folder / "img10.png").unlink()
    with pytest.raises(ValueError, match=r"no image 'img10' for .*img10_ROIs.zip"):
        load_items(folder / "masks", folder)


def test_rois_with_any_names_are_loaded(folder):  # D9
    write_rois(folder / "masks" / "img1_bboxes.zip", LABELS)
    items, _ = load_items(folder / "masks" / "img1_bboxes.zip", folder)
    assert [one.id for one in items[0].objects] == [1, 2, 3, 5, 7, 12]
    assert len(read_polygons(folder / "masks" / "img1_bboxes.zip")) == 6


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("labels", "labelled_masks/img10.tiff"),
        ("layers", "layered_masks/img10.tiff"),
        ("binary", "binary_masks/img10.tiff"),
        ("semantic", "img10_semantic.tiff"),
        ("boxes", "bounding_box_coordinates/img10.csv"),
        ("boxes_yolo", "bounding_box_coordinates/img10.txt"),
        ("yolo", "yolo/labels/img10.txt"),
        ("yolo_seg", "yolo_seg/labels/img10.txt"),
        ("coco", "coco.json"),
        ("stardist", "stardist/masks/img10.tif"),
        ("yolo", "yolo"),
        ("stardist", "stardist"),
    ],
)
def test_every_exported_format_is_loaded_again(folder, tmp_path, name, file):
    items, classes = load_items(folder / "masks", folder)
    kinds = [name, "labels_by_class"] if name == "labels" else name
    export(items, tmp_path, kinds, classes=classes)
    again, names = load_items(tmp_path / file, folder)
    (found,) = [item for item in again if item.name == "img10"]
    assert (found.shape, found.image) == (SHAPE, folder / "img10.png")
    whole = {one.id: one.class_id for one in found.objects}
    if name in ("labels", "layers", "coco"):
        assert whole == {one.id: one.class_id for one in scene()}
    if name in ("boxes", "boxes_yolo", "yolo", "yolo_seg"):
        assert list(whole.values()) == [one.class_id for one in scene()]
    if name in ("coco", "yolo", "yolo_seg"):
        assert tuple(names) == CLASSES
    union = to_layers(found.objects, SHAPE).any(axis=0)
    if "box" in name or name == "yolo":
        assert all(one.is_box for one in found.objects)
        assert union[LABELS > 0].all()
    else:
        assert np.array_equal(union, LABELS > 0)


def test_label_images_need_no_images(tmp_path):
    write_labels(tmp_path / "l" / "a.png", LABELS)
    write_labels(tmp_path / "l" / "m.tif", _movie_labels())
    items, classes = load_items([tmp_path / "l"])
    assert [item.shape for item in items] == [SHAPE, (4, *SHAPE)]
    assert classes == []
    export(items[1:], tmp_path / "out", ["ctc", "labels"])
    found = read_label_movie(tmp_path / "out" / "labelled_masks" / "m.tiff")
    assert np.array_equal(found, _movie_labels())


def test_the_folder_that_segment_writes_is_exported(tmp_path):
    movie = simulate_movie(2, (96, 128), 8, diameter=20, seed=0)
    for name, image in zip("ab", movie.images, strict=True):
        write_image(tmp_path / "in" / f"{name}.png", image)
    done = labkit_command("segment", tmp_path / "in", "-o", tmp_path / "seg")
    assert done.exit_code == 0, done.output
    words = ("export", tmp_path / "seg", "--images", tmp_path / "in")
    done = labkit_command(*words, "-o", tmp_path / "out", "--format", "rois")
    assert done.exit_code == 0, done.output
    for name in "ab":
        labels = read_labels(tmp_path / "seg" / f"{name}.tif")
        found = read_rois(tmp_path / "out" / f"{name}_ROIs.zip", labels.shape)
        assert match(labels, found).mean_iou_all == 1


def test_raw_images_are_no_annotations(tmp_path):
    raw = simulate_movie(1, (96, 128), 8, diameter=20, seed=0).images[0]
    write_image(tmp_path / "a.tif", raw)
    with pytest.raises(ValueError, match="does not look like label images"):
        load_items(tmp_path / "a.tif")


def test_rois_of_movies_lie_in_their_frames(tmp_path):
    write_image(tmp_path / "m.tif", np.stack([GREY] * 3))
    write_objects(tmp_path / "m_ROIs.zip", movie_scene())
    (item,), _ = load_items(tmp_path / "m_ROIs.zip", tmp_path / "m.tif")
    assert item.shape == (3, *SHAPE)
    assert facts(item.objects) == facts(movie_scene())
    write_image(tmp_path / "m.tif", np.stack([GREY] * 2))
    with pytest.raises(ValueError, match=r"object 21 .*lies outside"):
        load_items(tmp_path / "m_ROIs.zip", tmp_path / "m.tif")
    write_image(tmp_path / "m.tif", GREY)  # of one image, positions say nothing
    (item,), _ = load_items(tmp_path / "m_ROIs.zip", tmp_path / "m.tif")
    assert {one.frame for one in item.objects} == {0}


def test_lists_of_opsef_are_loaded(tmp_path):
    write_image(tmp_path / "00_InputRaw" / "x.tif", GREY)
    pair = opsef.Pair("/00_InputRaw/x.tif", "a_CP_Mask_1_x.tif", SHAPE, scene())
    opsef.write_opsef(tmp_path, [pair], CLASSES)
    (item,), classes = load_items(tmp_path / "10_ImportExport" / opsef.WRITTEN[0])
    assert (item.name, item.image) == ("x", tmp_path / "00_InputRaw" / "x.tif")
    assert facts(item.objects) == facts(scene())
    assert tuple(classes) == CLASSES


def test_what_cannot_be_loaded_is_named(folder, tmp_path):
    rois = folder / "masks" / "img10_ROIs.zip"
    write_image(tmp_path / "small" / "img10.png", GREY[:5, :5])
    write_labels(tmp_path / "l" / "img10.tif", LABELS)
    write_objects(tmp_path / "more" / "img10_ROIs_1.zip", scene())
    coco.write_coco(tmp_path / "c.json", [Item("img10", SHAPE, scene())])
    for annotations, images, message in [
        (rois, None, "there is no image"),
        (rois, tmp_path / "small", "lies outside the shape"),
        (tmp_path / "l", tmp_path / "small", "must show the same pixels"),
        (tmp_path / "c.json", tmp_path / "small", "must show the same pixels"),
        ([rois, tmp_path / "more"], folder, "two annotations of 'img10'"),
        (str(tmp_path / "*.nothing"), folder, "no annotations"),
        ([], folder, "no annotations"),
    ]:
        with pytest.raises(ValueError, match=message):
            load_items(annotations, images)
    with pytest.raises(FileNotFoundError, match=r"absent.zip"):
        load_items(tmp_path / "absent.zip", folder)
    with pytest.raises(FileNotFoundError, match="absent"):
        load_items(rois, tmp_path / "absent")


# the command


def test_the_command_converts(folder, tmp_path):
    out = tmp_path / "out"
    words = ("export", folder / "masks", "--images", folder, "-o", out)
    result = labkit_command(*words, "--format", "labels,coco", "--format", "yolo_seg")
    assert result.exit_code == 0, result.output
    assert result.stdout == f"2 images with 7 objects: 7 files in {out}\n"
    assert np.array_equal(read_labels(out / "labelled_masks" / "img10.tiff"), LABELS)
    error = error_of(labkit_command(*words, "--format", "coco"))
    assert "--existing overwrite" in error
    again = labkit_command(*words, "--format", "coco", "--existing", "overwrite")
    assert again.exit_code == 0
    result = labkit_command(
        *("export", out / "coco.json", "--images", folder),
        *("-o", tmp_path / "more", "--format", "rois,outlines,stardist"),
    )
    assert result.exit_code == 0, result.output
    found, _ = read_objects(tmp_path / "more" / "img10_ROIs.zip")
    assert facts(found) == facts(scene())


def test_the_command_says_what_is_wrong_in_one_line(folder, tmp_path):
    words = ("export", folder / "masks", "-o", tmp_path / "out")
    assert "--images" in error_of(labkit_command(*words, "--format", "labels"))
    words = (*words, "--images", folder)
    assert "known are rois" in error_of(labkit_command(*words, "--format", "png"))
    assert not (tmp_path / "out").exists()


def test_interrupting_the_command_says_what_is_complete(folder, tmp_path, monkeypatch):
    write, calls = masks.write_labelled, []

    def interrupt(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        write(*arguments)

    monkeypatch.setattr(masks, "write_labelled", interrupt)
    words = ("export", folder / "masks", "--images", folder, "-o", tmp_path / "out")
    error = error_of(labkit_command(*words, "--format", "labels"), code=130)
    assert error == (f"interrupted; 1 of 2 images are complete in {tmp_path / 'out'}")
    assert _files(tmp_path / "out") == ["labelled_masks/img1.tiff"]


def test_help_and_documentation_list_all_formats():  # D18
    text = EXAMPLES["export"].split("they keep):")[1].split()
    assert text == list(FORMATS)
    docs = Path(__file__).parents[1] / "docs" / "files.md"
    table = docs.read_text("utf-8").split("## Annotated objects")[1].split("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(FORMATS)


def test_the_annotator_s_files_are_read(tmp_path):
    annotation = Annotation(
        SHAPE,
        classes=[ObjectClass(1, "nucleus", "#e69f00")],
        path=tmp_path / "a.labkit",
    )
    annotation.add([(2, 2), (2, 9), (9, 9), (9, 2)], class_id=1)
    items, classes = load_items(tmp_path)
    assert [(item.name, item.shape) for item in items] == [("a", SHAPE)]
    assert [one.class_id for one in items[0].objects] == [1]
    assert classes == list(annotation.classes)
    done = export(items, tmp_path / "out", "rois", classes=classes)
    assert [path.name for path in done.files] == ["a_ROIs.zip"]
