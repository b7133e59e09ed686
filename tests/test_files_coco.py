"""COCO JSON: the same pixels for every reader, and nothing of ours lost."""

import contextlib
import dataclasses
import io
import json
import os

import numpy as np
import pytest
from drawn import CLASSES, SHAPE, facts, movie_scene, scene
from scipy.ndimage import gaussian_filter

from labkit.files.annotated import Item
from labkit.files.coco import read_coco, write_coco
from labkit.files.rle import from_rle, to_rle
from labkit.objects import Object, ObjectClass, box_polygon, mask_polygon, to_layers

ITEMS = [
    Item("first", SHAPE, scene()),
    Item("empty", (20, 30), []),
    Item("movie", (3, *SHAPE), movie_scene()),
]


def _square(low, high):
    return box_polygon((low, low), (high, high))


def _content(**changes):
    """A small file as another program would write it."""
    annotation = {"id": 7, "image_id": 3, "category_id": 18, "bbox": [2, 3, 4, 5]}
    content = {
        "images": [{"id": 3, "file_name": "b/cell.png", "height": 10, "width": 12}],
        "annotations": [annotation | changes],
        "categories": [{"id": 18, "name": "nucleus"}],
    }
    return {"info": {}} | content


def _read(tmp_path, content):
    (tmp_path / "c.json").write_text(json.dumps(content))
    return read_coco(tmp_path / "c.json")


def test_nothing_is_lost_over_five_round_trips(tmp_path):
    file, items, classes = tmp_path / "coco.json", ITEMS, CLASSES
    for _ in range(5):
        write_coco(file, items, classes)
        items, classes = read_coco(file)
        assert tuple(classes) == CLASSES
        for found, expected in zip(items, ITEMS, strict=True):
            assert (found.name, found.shape) == (expected.name, expected.shape)
            assert facts(found.objects) == facts(expected.objects)


def test_any_outline_is_kept_to_the_last_digit(tmp_path):
    polygon = np.random.default_rng(0).random((9, 2)) * 30
    write_coco(tmp_path / "c.json", [Item("a", (40, 40), [Object(1, polygon)])])
    (item,), _ = read_coco(tmp_path / "c.json")
    assert np.array_equal(item.objects[0].polygon, polygon)


def test_what_each_annotation_says(tmp_path):
    write_coco(tmp_path / "c.json", ITEMS[:1], CLASSES)
    content = json.loads((tmp_path / "c.json").read_text())
    square, ring, star, pieces, box, pixel = content["annotations"]
    assert square["segmentation"] == [[0, 0, 12, 0, 12, 10, 0, 10]]
    assert square["bbox"] == [0, 0, 12, 10]
    assert square["area"] == 120
    assert ring["segmentation"]["size"] == [40, 50]
    assert isinstance(ring["segmentation"]["counts"], list)
    assert isinstance(pieces["segmentation"], dict)
    assert ring["area"] == 14 * 16 - 24 + 1
    assert len(star["outline"]) == 48
    assert star["score"] == 0.8125
    assert box["is_box"] is True
    assert box["bbox"] == [31, 3.75, 17.625, 11.5]
    assert pixel["segmentation"] == [[49, 39, 50, 39, 50, 40, 49, 40]]
    assert [one["iscrowd"] for one in content["annotations"]] == [0] * 6
    assert [one["category_id"] for one in content["annotations"]] == [1, 2, 1, 3, 2, 3]
    names = {one["id"]: one["name"] for one in content["categories"]}
    assert names == {1: "dividing", 2: "at rest", 3: "unclassified"}
    assert content["categories"][0]["color"] == [0xE6, 0x9F, 0x00]


def test_pycocotools_sees_exactly_our_pixels(tmp_path):
    tools = pytest.importorskip("pycocotools.coco")
    rng, masks = np.random.default_rng(0), []
    for k in range(60):
        noise = rng.random(SHAPE) > 0.5
        smooth = gaussian_filter(rng.normal(size=SHAPE), 3) > 0.08
        masks.append(noise if k % 2 else smooth)
    objects = [Object(k, mask_polygon(mask)) for k, mask in enumerate(masks, 100)]
    item = Item("a", SHAPE, scene() + objects)
    write_coco(tmp_path / "c.json", [item], CLASSES)
    with contextlib.redirect_stdout(io.StringIO()):
        found = tools.COCO(str(tmp_path / "c.json"))
    entries = found.loadAnns(found.getAnnIds())
    kinds = {type(entry["segmentation"]) for entry in entries}
    assert kinds == {list, dict}
    layers = to_layers(item.objects, SHAPE)
    for entry, layer in zip(entries, layers, strict=True):
        assert np.array_equal(found.annToMask(entry) > 0, layer)
        assert entry["area"] == layer.sum()


def test_runs_are_those_of_pycocotools():
    tools = pytest.importorskip("pycocotools.mask")
    rng = np.random.default_rng(1)
    masks = [rng.random((13, 9)) > limit for limit in (0.1, 0.5, 0.9)]
    masks += [np.ones((3, 4), bool), np.zeros((3, 4), bool), gaussian_disk()]
    for mask in masks:
        theirs = tools.encode(np.asfortranarray(mask.astype(np.uint8)))
        ours = to_rle(mask, (0, 0), mask.shape)
        assert tools.frPyObjects(ours, *mask.shape)["counts"] == theirs["counts"]
        packed = {"size": theirs["size"], "counts": theirs["counts"].decode()}
        assert np.array_equal(from_rle(packed, mask.shape), mask)
        assert np.array_equal(from_rle(ours, mask.shape), mask)


def gaussian_disk():
    """A large disk: long runs, which take several characters each."""
    rows, cols = np.mgrid[:900, :700]
    return (rows - 400) ** 2 + (cols - 300) ** 2 < 250**2


def test_runs_of_a_part_lie_where_the_part_does():
    mask = np.zeros((6, 7), bool)
    mask[2:5, 3:6] = [[1, 0, 1], [1, 1, 1], [0, 1, 0]]
    assert to_rle(mask[2:5, 3:6], (2, 3), mask.shape) == to_rle(mask, (0, 0), (6, 7))


def test_files_of_other_programs(tmp_path):
    (item,), classes = _read(tmp_path, _content())
    assert (item.name, item.shape) == ("cell", (10, 12))
    assert classes == [ObjectClass(18, "nucleus", classes[0].colour)]
    box = item.objects[0]
    assert box.is_box
    assert box.polygon.tolist() == box_polygon((2.5, 1.5), (7.5, 5.5)).tolist()
    assert (box.id, box.class_id, box.source) == (1, 18, "imported")
    square = [1, 1, 4, 1, 4, 4, 1, 4]
    (item,), _ = _read(tmp_path, _content(segmentation=[square]))
    assert item.objects[0].polygon.tolist() == _square(0.5, 3.5)[[0, 1, 2, 3]].tolist()
    overlapping = [square, [3, 3, 6, 3, 6, 6, 3, 6]]
    (item,), _ = _read(tmp_path, _content(segmentation=overlapping))
    assert to_layers(item.objects, item.shape).sum() == 9 + 9 - 1
    runs = {"size": [10, 12], "counts": [21, 3, 96]}
    (item,), _ = _read(tmp_path, _content(segmentation=runs, iscrowd=1))
    assert item.objects[0].name == "crowd"
    assert np.argwhere(to_layers(item.objects, item.shape)[0]).tolist() == [
        [1, 2],
        [2, 2],
        [3, 2],
    ]


def test_categories_that_start_at_0_keep_their_names(tmp_path):
    content = _content(category_id=0)
    content["categories"] = [{"id": 0, "name": "cell"}, {"id": 1, "name": "debris"}]
    (item,), classes = _read(tmp_path, content)
    assert [(one.id, one.name) for one in classes] == [(1, "cell"), (2, "debris")]
    assert item.objects[0].class_id == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no json",
        b"\xff\xfe\x00",
        b"[]",
        b'{"images": []}',
        json.dumps(_content(image_id=99)).encode(),
        json.dumps(_content(category_id=99)).encode(),
        json.dumps(_content(segmentation=[[1, 2, 3, 4]])).encode(),
        json.dumps(_content(segmentation=[[1, 2, 3, 4, 5]])).encode(),
        json.dumps(_content(segmentation=[["a"] * 6])).encode(),
        json.dumps(_content(bbox=None)).encode(),
        json.dumps(_content(segmentation={"size": [10, 12], "counts": [119]})).encode(),
        json.dumps(_content(segmentation={"size": [9, 9], "counts": [81]})).encode(),
        json.dumps(_content())[:-20].encode(),
    ],
)
def test_wrong_files_are_named(tmp_path, content):
    (tmp_path / "wrong.json").write_bytes(content)
    with pytest.raises(ValueError, match=r"wrong.json"):
        read_coco(tmp_path / "wrong.json")
    with pytest.raises(FileNotFoundError):
        read_coco(tmp_path / "absent.json")


def test_a_failed_write_keeps_the_older_file(tmp_path):
    file = tmp_path / "c.json"
    write_coco(file, ITEMS[:1])
    before = file.read_text()
    broken = dataclasses.replace(scene()[0], polygon=np.full((3, 2), np.nan))
    with pytest.raises(ValueError, match="NaN"):
        write_coco(file, [Item("a", SHAPE, [broken])])
    assert file.read_text() == before
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_that_must_not_be_written_to(tmp_path):
    tmp_path.chmod(0o555)
    with pytest.raises(PermissionError, match="no permission"):
        write_coco(tmp_path / "c.json", ITEMS)
    tmp_path.chmod(0o755)


def test_objects_outside_the_image_have_no_pixels_but_an_outline(tmp_path):
    away = [Object(1, _square(100, 120)), Object(2, _square(-5.5, 3.5))]
    write_coco(tmp_path / "c.json", [Item("a", (10, 12), away)])
    entries = json.loads((tmp_path / "c.json").read_text())["annotations"]
    assert [entry["area"] for entry in entries] == [0, 16]
    assert entries[0]["segmentation"] == []
    (item,), _ = read_coco(tmp_path / "c.json")
    assert facts(item.objects) == facts(
        [dataclasses.replace(one, source="drawn") for one in away]
    )
