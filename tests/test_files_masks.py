"""AnnotatorJ's folders: names, dtypes, values, and the way back to objects."""

import dataclasses
import os

import numpy as np
import pytest
import tifffile
from drawn import CLASSES, SHAPE, facts, movie_scene, scene

from labkit.files import masks
from labkit.files.images import write_image
from labkit.files.labels import write_labels
from labkit.files.rois import write_objects
from labkit.objects import Object, box_polygon, to_labels, to_layers

UNION = to_layers(scene(), SHAPE).any(axis=0)


def _of(class_id):
    return [one for one in scene() if one.class_id == class_id]


def _per_class(write, kind, folder, *arguments):
    """Write the file for all classes and those for each."""
    write(masks.mask_path(folder, "a", kind), scene(), *arguments)
    for k in (1, 2):
        write(masks.mask_path(folder, "a", kind, k), _of(k), *arguments)
    return masks.mask_path(folder, "a", kind)


# names


def test_names_are_those_of_annotatorj(tmp_path):
    def name(*arguments):
        return masks.mask_path(tmp_path, "a.b", *arguments).relative_to(tmp_path)

    assert name("rois").as_posix() == "a.b_ROIs.zip"
    assert name("bboxes").as_posix() == "a.b_bboxes.zip"
    assert name("semantic").as_posix() == "a.b_semantic.tiff"
    assert name("labels").as_posix() == "labelled_masks/a.b.tiff"
    assert name("labels", 1).as_posix() == "labelled_masks/Class_01/a.b.tiff"
    assert name("layers", 12).as_posix() == "layered_masks/Class_12/a.b.tiff"
    assert name("binary").as_posix() == "binary_masks/a.b.tiff"
    assert name("boxes").as_posix() == "bounding_box_coordinates/a.b.csv"
    assert name("boxes", 2, ".txt").as_posix().endswith("Class_02/a.b.txt")
    assert name("outlines").as_posix() == "outlined_images/a.b.tiff"


def test_annotations_belong_to_images_by_their_whole_name():
    stems = {"img1", "img10", "odd_ROIs"}
    for name, expected in [
        ("img1_ROIs.zip", "img1"),
        ("img10_ROIs.zip", "img10"),  # D13: not img1
        ("img10_ROIs_2.zip", "img10"),
        ("img1_bboxes.zip", "img1"),
        ("img1_semantic.tiff", "img1"),
        ("img1.tiff", "img1"),
        ("odd_ROIs.tif", "odd_ROIs"),
        ("odd_ROIs_ROIs.zip", "odd_ROIs"),
    ]:
        assert masks.stem_of(name, stems) == expected


def test_annotations_are_found_among_images(tmp_path):
    with pytest.raises(FileNotFoundError):
        masks.find_annotations(tmp_path / "absent")
    with pytest.raises(ValueError, match="found nothing"):
        masks.find_annotations(tmp_path)
    (tmp_path / "notes.md").write_text("x")
    with pytest.raises(ValueError, match=r"found notes.md"):
        masks.find_annotations(tmp_path)
    for name in ("a10.png", "a2.png", ".hidden.png"):
        (tmp_path / name).write_text("x")
    found = masks.find_annotations(tmp_path)
    assert [path.name for path in found] == ["a2.png", "a10.png"]
    for name in ("a10_ROIs.zip", "a2_bboxes.zip"):
        (tmp_path / name).write_text("x")
    found = masks.find_annotations(tmp_path)
    assert [path.name for path in found] == ["a2_bboxes.zip", "a10_ROIs.zip"]


# masks


def test_labelled_masks_hold_the_numbers_in_16_bit(tmp_path):
    file = _per_class(masks.write_labelled, "labels", tmp_path, SHAPE)
    pixels = tifffile.imread(file)
    assert pixels.dtype == np.uint16  # D4
    assert np.array_equal(pixels, to_labels(scene(), SHAPE))
    first = tifffile.imread(masks.mask_path(tmp_path, "a", "labels", 1))
    assert np.unique(first).tolist() == [0, 1, 3]  # D14: the same values
    found = masks.read_labelled(file)
    assert [(one.id, one.class_id) for one in found] == [
        (1, 1),
        (2, 2),
        (3, 1),
        (5, 0),
        (7, 2),
        (12, 0),
    ]
    assert np.array_equal(to_labels(found, SHAPE), pixels)


def test_label_images_of_other_tools_keep_their_values(tmp_path):
    labels = np.zeros(SHAPE, np.uint8)
    labels[2:9, 3:9], labels[20:30, 3:9], labels[4:6, 4:6] = 9, 9, 0
    tifffile.imwrite(tmp_path / "a.tif", labels)
    tifffile.imwrite(tmp_path / "b.tif", labels.astype(np.uint32) * 70000)
    tifffile.imwrite(tmp_path / "c.tif", labels.astype(np.float32))
    for name, value in [("a", 9), ("b", 630000), ("c", 9)]:
        (one,) = masks.read_labelled(tmp_path / f"{name}.tif")
        assert one.id == value
        assert np.array_equal(to_labels([one], SHAPE) > 0, labels > 0)


def test_layers_keep_overlaps_numbers_and_classes(tmp_path):
    file = masks.mask_path(tmp_path, "a", "layers")
    masks.write_layered(file, scene(), SHAPE)
    for k in (1, 2):
        masks.write_layered(
            masks.mask_path(tmp_path, "a", "layers", k), scene(), SHAPE, k
        )
    pixels = tifffile.imread(file)
    assert pixels.dtype == np.uint16
    assert np.array_equal(pixels, to_layers(scene(), SHAPE))
    second = tifffile.imread(masks.mask_path(tmp_path, "a", "layers", 2))
    assert second.shape == pixels.shape
    assert second.any(axis=(1, 2)).tolist() == [0, 1, 0, 0, 1, 0]
    found = masks.read_layered(file)
    assert [one.id for one in found] == [1, 2, 3, 5, 7, 12]
    assert [one.class_id for one in found] == [1, 2, 1, 0, 2, 0]
    assert np.array_equal(to_layers(found, SHAPE), pixels)
    assert masks.read_plane_shape(file) == SHAPE


@pytest.mark.parametrize("shape", [(64, 9), (65, 70), (200, 130), (3, 2)])
def test_layers_of_images_of_any_size(tmp_path, shape):
    corners = np.random.default_rng(0).integers(-20, 210, (40, 2, 2)) - 0.5
    objects = [Object(k, box_polygon(*pair)) for k, pair in enumerate(corners, 1)]
    masks.write_layered(tmp_path / "a.tiff", objects, shape)
    pixels = tifffile.imread(tmp_path / "a.tiff")
    assert np.array_equal(pixels, to_layers(objects, shape).reshape(pixels.shape))


def test_layers_of_annotatorj_are_numbered_by_slice(tmp_path):
    layers = to_layers(scene(), SHAPE).astype(np.uint8)
    layers[2] = 0
    for name, options in [("plain", {}), ("imagej", {"imagej": True})]:
        tifffile.imwrite(tmp_path / f"{name}.tiff", layers, **options)
        found = masks.read_layered(tmp_path / f"{name}.tiff")
        assert [one.id for one in found] == [1, 2, 4, 5, 6]
        assert np.array_equal(to_layers(found, SHAPE), layers[[0, 1, 3, 4, 5]])


def test_binary_and_semantic_masks_are_exact(tmp_path):
    file = _per_class(masks.write_binary, "binary", tmp_path, SHAPE)
    pixels = tifffile.imread(file)
    assert pixels.dtype == np.uint16
    assert np.array_equal(pixels, UNION)
    one = tifffile.imread(masks.mask_path(tmp_path, "a", "binary", 1))
    assert np.array_equal(one, to_layers(_of(1), SHAPE).any(axis=0))
    file = masks.mask_path(tmp_path, "a", "semantic")
    masks.write_semantic(file, scene(), SHAPE)
    pixels = tifffile.imread(file)
    assert pixels.dtype == np.uint8
    assert np.array_equal(pixels, UNION * 255)
    assert np.array_equal(masks.read_mask(file)[0], UNION)
    found = masks.read_semantic(file)
    assert np.array_equal(to_labels(found, SHAPE) > 0, UNION)
    assert [one.id for one in found] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("value", [1, 3, 128])
def test_dark_and_two_tone_semantic_masks_are_read_whole(tmp_path, value):
    mask = np.zeros(SHAPE, np.uint8)  # D16: no threshold that could fail
    mask[3:9, 3:9], mask[20:30, 10:30] = value, 255
    tifffile.imwrite(tmp_path / "a_semantic.tiff", mask)
    tifffile.imwrite(tmp_path / "b_semantic.tiff", mask > 0)  # bool, as in napari
    for name in ("a", "b"):
        found = masks.read_semantic(tmp_path / f"{name}_semantic.tiff")
        assert np.array_equal(to_labels(found, SHAPE) > 0, mask > 0)
        assert len(found) == 2


def test_movies_become_stacks(tmp_path):
    shape = (3, *SHAPE)
    masks.write_labelled(tmp_path / "l.tiff", movie_scene(), shape)
    masks.write_semantic(tmp_path / "s.tiff", movie_scene(), shape)
    masks.write_binary(tmp_path / "b.tiff", movie_scene(), shape)
    pixels = tifffile.imread(tmp_path / "l.tiff")
    assert pixels.shape == shape
    assert np.unique(pixels[2]).tolist() == [0, 21, 22, 23, 25, 27, 32]
    found = masks.read_labelled(tmp_path / "l.tiff")
    assert [one.frame for one in found] == [0] * 6 + [2] * 6
    for name in "sb":
        assert np.array_equal(masks.read_mask(tmp_path / f"{name}.tiff"), pixels > 0), (
            name
        )
    with pytest.raises(ValueError, match="frame 2"):
        masks.write_labelled(tmp_path / "x.tiff", movie_scene(), SHAPE)
    with pytest.raises(ValueError, match="one image"):
        masks.write_layered(tmp_path / "x.tiff", movie_scene(), shape)


def test_images_without_objects(tmp_path):
    masks.write_labelled(tmp_path / "a.tiff", [], SHAPE)
    masks.write_layered(tmp_path / "b.tiff", [], SHAPE)
    masks.write_semantic(tmp_path / "c.tiff", [], SHAPE)
    masks.write_boxes(tmp_path / "d.csv", [], SHAPE)
    assert tifffile.imread(tmp_path / "b.tiff").shape == SHAPE
    assert masks.read_labelled(tmp_path / "a.tiff") == []
    assert masks.read_layered(tmp_path / "b.tiff") == []
    assert masks.read_semantic(tmp_path / "c.tiff") == []
    assert masks.read_boxes(tmp_path / "d.csv") == []


# boxes


def test_boxes_are_whole_pixels_between_commas(tmp_path):
    file = _per_class(masks.write_boxes, "boxes", tmp_path)
    text = file.read_bytes().decode()
    assert text.splitlines()[:3] == ["x,y,width,height", "0,0,12,10", "4,2,16,14"]
    assert text.splitlines()[5] == "31,3,18,13"  # D18: commas, no row numbers
    found = masks.read_boxes(file)
    assert all(one.is_box for one in found)
    assert [one.id for one in found] == [1, 2, 3, 4, 5, 6]
    assert [one.class_id for one in found] == [1, 2, 1, 0, 2, 0]
    again = tmp_path / "again.csv"
    masks.write_boxes(again, found)
    assert again.read_bytes() == file.read_bytes()


def test_fractions_have_no_header_and_0_is_no_class(tmp_path):
    file = tmp_path / "a.txt"
    masks.write_boxes(file, scene(), SHAPE)
    rows = [line.split(" ") for line in file.read_text().splitlines()]
    assert [row[0] for row in rows] == ["1", "2", "1", "0", "2", "0"]  # D18, D19
    found = masks.read_boxes(file, SHAPE)
    assert [one.class_id for one in found] == [1, 2, 1, 0, 2, 0]
    with pytest.raises(ValueError, match="shape"):
        masks.read_boxes(file)
    with pytest.raises(ValueError, match="shape"):
        masks.write_boxes(file, scene())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must begin with x,y,width,height"),
        ("a,b\n1,2\n", "must begin with"),
        ("x,y,width,height\n1,2,3\n", "line 2"),
        ("x,y,width,height\n1,2,3,4\n1,2,x,4\n", "line 3"),
        ("x,y,width,height\n1,2,0,4\n", "line 2 .* 0.0 x 4.0"),
    ],
)
def test_wrong_tables_are_named(tmp_path, text, message):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(ValueError, match=message):
        masks.read_boxes(tmp_path / "a.csv")
    with pytest.raises(FileNotFoundError):
        masks.read_boxes(tmp_path / "absent.csv")


# outlined images


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_outlines_on_grey_images(tmp_path, dtype):
    image = np.arange(np.prod(SHAPE)).reshape(SHAPE) % 200
    image = image.astype(dtype) * (1 if dtype == np.uint8 else 7)
    masks.write_outlined(tmp_path / "a.tiff", image, scene(), CLASSES)  # D3
    picture = tifffile.imread(tmp_path / "a.tiff")
    assert (picture.shape, picture.dtype) == ((*SHAPE, 3), np.uint8)
    assert picture[0, 5].tolist() == [0xE6, 0x9F, 0x00]
    assert picture[2, 10].tolist() == [0x00, 0x72, 0xB2]  # the later one on top
    assert picture[20, 5].tolist() == [255, 255, 0]
    free = ~UNION
    assert (picture[free] == picture[free][:, :1]).all()  # D5: all channels
    expected = image if dtype == np.uint8 else np.round(image / image.max() * 255)
    assert np.array_equal(picture[free][:, 0], expected[free])


def test_outlines_are_one_pixel_wide_and_inside(tmp_path):
    square = Object(1, box_polygon((4.5, 4.5), (14.5, 14.5)))
    image = np.zeros(SHAPE, np.uint8)
    masks.write_outlined(tmp_path / "a.tiff", image, [square])
    drawn = tifffile.imread(tmp_path / "a.tiff").any(axis=-1)
    expected = to_layers([square], SHAPE)[0]
    expected[6:14, 6:14] = False
    assert np.array_equal(drawn, expected)
    assert not image.any()


def test_outlines_on_colour_images_and_movies(tmp_path):
    colour = np.full((*SHAPE, 3), (9, 80, 200), np.uint8)
    masks.write_outlined(tmp_path / "a.tiff", colour, scene())
    assert tifffile.imread(tmp_path / "a.tiff")[39, 0].tolist() == [9, 80, 200]
    movie = np.zeros((3, *SHAPE), np.uint16)
    masks.write_outlined(tmp_path / "m.tiff", movie, movie_scene(), movie=True)
    drawn = tifffile.imread(tmp_path / "m.tiff")
    assert drawn.shape == (3, *SHAPE, 3)
    assert drawn.any(axis=(1, 2, 3)).tolist() == [True, False, True]
    assert np.array_equal(drawn[0], drawn[2])


# one entry for all


def test_any_annotation_is_read_by_its_name_and_place(tmp_path):
    write_objects(tmp_path / "a_ROIs.zip", scene(), CLASSES)
    objects, classes = masks.read_annotation(tmp_path / "a_ROIs.zip")
    assert facts(objects) == facts(scene())
    assert tuple(classes) == CLASSES
    files = [
        masks.mask_path(tmp_path, "a", kind)
        for kind in ("labels", "layers", "binary", "semantic")
    ]
    masks.write_labelled(files[0], scene(), SHAPE)
    masks.write_layered(files[1], scene(), SHAPE)
    masks.write_binary(files[2], scene(), SHAPE)
    masks.write_semantic(files[3], scene(), SHAPE)
    for file in files:
        objects, classes = masks.read_annotation(file)
        assert len(objects) == 6
        assert np.array_equal(to_layers(objects, SHAPE).any(axis=0), UNION)
        assert classes == []
    boxes = _per_class(masks.write_boxes, "boxes", tmp_path)
    objects, classes = masks.read_annotation(boxes)
    assert [one.name for one in classes] == ["Class_01", "Class_02"]


def test_what_cannot_be_read(tmp_path):
    masks.write_layered(tmp_path / "layers.tiff", scene(), SHAPE)
    masks.write_labelled(tmp_path / "labels.tiff", scene(), SHAPE)
    readers = {"layers.tiff": masks.read_layered, "labels.tiff": masks.read_labelled}
    for name, read in readers.items():
        data = (tmp_path / name).read_bytes()
        for content in (data[: len(data) // 2], b"", b"no image", data[:9]):
            (tmp_path / name).write_bytes(content)
            with pytest.raises(ValueError, match=name):
                read(tmp_path / name)
        with pytest.raises(FileNotFoundError):
            read(tmp_path / f"absent_{name}")
    write_image(tmp_path / "f.tif", np.random.default_rng(0).random((9, 9)))
    with pytest.raises(TypeError, match="fractions"):
        masks.read_labelled(tmp_path / "f.tif")
    write_labels(tmp_path / "l" / "a.tiff", np.eye(9, dtype=int))
    write_labels(tmp_path / "l" / "Class_01" / "a.tiff", np.eye(8, dtype=int))
    with pytest.raises(ValueError, match="differ in"):
        masks.read_labelled(tmp_path / "l" / "a.tiff")


def test_what_cannot_be_written(tmp_path):
    large = [dataclasses.replace(scene()[0], id=65536)]
    with pytest.raises(ValueError, match="65536 is above 65535"):
        masks.write_labelled(tmp_path / "a.tiff", large, SHAPE)
    with pytest.raises(ValueError, match=r"\(H, W\)"):
        masks.write_labelled(tmp_path / "a.tiff", scene(), (4,))
    with pytest.raises(TypeError, match="from_labels"):
        masks.write_binary(tmp_path / "a.tiff", [np.eye(3)], SHAPE)
    with pytest.raises(ValueError, match=r".csv"):
        masks.write_boxes(tmp_path / "a.tiff", scene(), SHAPE)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_write_keeps_the_older_file(tmp_path, monkeypatch):
    file = tmp_path / "a.tiff"
    masks.write_layered(file, scene(), SHAPE)

    def interrupt(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr("labkit.files.masks.writing.crop_mask", interrupt)
    with pytest.raises(KeyboardInterrupt):
        masks.write_layered(file, scene()[:2], SHAPE)
    assert len(masks.read_layered(file)) == 6
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_that_must_not_be_written_to(tmp_path):
    tmp_path.chmod(0o555)
    for write in (masks.write_labelled, masks.write_layered, masks.write_semantic):
        with pytest.raises(PermissionError, match="no permission"):
            write(tmp_path / "a.tiff", scene(), SHAPE)
    tmp_path.chmod(0o755)
