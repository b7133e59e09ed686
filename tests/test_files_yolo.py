"""YOLO: boxes and outlines in fractions, classes from 0."""

import os

import numpy as np
import pytest
import yaml
from drawn import CLASSES, SHAPE, scene

from labkit.files.yolo import read_names, read_yolo, write_names, write_yolo
from labkit.objects import Object, ObjectClass, box_polygon, to_layers


def _lines(path):
    return [line.split() for line in path.read_text().splitlines()]


def test_boxes_round_trip(tmp_path):
    file = tmp_path / "a.txt"
    write_yolo(file, scene(), SHAPE, CLASSES)
    rows = _lines(file)
    assert [len(row) for row in rows] == [5] * 6
    assert rows[0] == ["0", "0.12", "0.125", "0.24", "0.25"]
    found = read_yolo(file, SHAPE, [1, 2, 0])
    for one, expected in zip(found, scene(), strict=True):
        assert one.is_box
        assert one.class_id == expected.class_id
        assert np.abs(np.subtract(one.bounds, expected.bounds)).max() < 1e-4


def test_outlines_keep_their_pixels_over_five_round_trips(tmp_path):
    found = scene()
    for _ in range(5):
        write_yolo(tmp_path / "a.txt", found, SHAPE, CLASSES, segments=True)
        found = read_yolo(tmp_path / "a.txt", SHAPE, [1, 2, 0])
        assert np.array_equal(to_layers(found, SHAPE), to_layers(scene(), SHAPE))
        assert [one.class_id for one in found] == [1, 2, 1, 0, 2, 0]
    for k in (0, 1, 3, 5):  # along pixel edges: corners are exact
        assert np.array_equal(found[k].polygon, scene()[k].polygon)
    assert np.abs(found[2].polygon - scene()[2].polygon).max() <= 1e-4


@pytest.mark.parametrize("size", [7, 1023, 2048, 40000])
def test_whole_pixels_stay_whole_in_images_of_any_size(tmp_path, size):
    corners = np.random.default_rng(0).integers(0, size, (50, 2)) - 0.5
    write_yolo(tmp_path / "a.txt", [Object(1, corners)], (size, size), segments=True)
    (one,) = read_yolo(tmp_path / "a.txt", (size, size))
    assert np.array_equal(one.polygon, corners)


def test_classes_count_from_0_and_mean_the_same_in_all_images(tmp_path):
    classes = [ObjectClass(5, "late", "#000000"), ObjectClass(2, "early", "#ffffff")]
    square = box_polygon((0, 0), (4, 4))
    for name, class_id, expected in [("a", 2, "0"), ("b", 5, "1"), ("c", 0, "2")]:
        write_yolo(tmp_path / "x.txt", [Object(1, square, class_id)], SHAPE, classes)
        assert _lines(tmp_path / "x.txt")[0][0] == expected, name
    with pytest.raises(ValueError, match="class 3"):
        write_yolo(tmp_path / "x.txt", [Object(1, square, 3)], SHAPE, classes)
    write_names(tmp_path, classes)
    names = yaml.safe_load((tmp_path / "data.yaml").read_text())["names"]
    assert names == {0: "early", 1: "late", 2: "unclassified"}
    assert (tmp_path / "classes.txt").read_text() == "early\nlate\nunclassified\n"
    ids, found = read_names(tmp_path)
    assert ids == [2, 5, 0]
    assert found == sorted(classes, key=lambda one: one.id)
    write_names(tmp_path, classes, unclassified=False)
    assert read_names(tmp_path) == ([2, 5], found)


def test_names_of_other_programs(tmp_path):
    (tmp_path / "classes.txt").write_text("cell wall\nnucleus\n")
    ids, classes = read_names(tmp_path)
    assert ids == [1, 2]
    assert [one.name for one in classes] == ["cell wall", "nucleus"]
    (tmp_path / "data.yaml").write_text("train: images\nnames: [a, b, c]\nnc: 3\n")
    assert [one.name for one in read_names(tmp_path)[1]] == ["a", "b", "c"]
    for text in ("nothing: 1\n", "[1, 2\n", "- a\n"):
        (tmp_path / "data.yaml").write_text(text)
        with pytest.raises(ValueError, match=r"data.yaml"):
            read_names(tmp_path)
    with pytest.raises(FileNotFoundError):
        read_names(tmp_path / "absent")


def test_images_without_objects_get_an_empty_file(tmp_path):
    write_yolo(tmp_path / "a.txt", [], SHAPE)
    assert (tmp_path / "a.txt").read_bytes() == b""
    assert read_yolo(tmp_path / "a.txt", SHAPE) == []


def test_nothing_reaches_beyond_the_image(tmp_path):
    square = box_polygon((-5.5, -5.5), (4.5, 4.5))
    diamond = np.array([(-6.0, 5.0), (5.0, 16.0), (16.0, 5.0), (5.0, -6.0)])
    objects = [Object(1, square), Object(2, diamond), Object(3, square - 100)]
    for segments in (False, True):
        write_yolo(tmp_path / "a.txt", objects, SHAPE, segments=segments)
        values = [float(word) for row in _lines(tmp_path / "a.txt") for word in row[1:]]
        assert 0 <= min(values) <= max(values) <= 1
        found = read_yolo(tmp_path / "a.txt", SHAPE)
        assert len(found) == 2
    layers = to_layers(objects[:2], SHAPE)
    assert np.array_equal(to_layers(found, SHAPE), layers)


def test_scores_headers_and_line_ends_of_other_programs(tmp_path):
    text = "class xc yc w h\r\n0 .5 .5 .2 .1 .87\r\n\r\n1\t.5 .5 .2 .1\r\n"
    (tmp_path / "a.txt").write_text(text + "0 .1 .1 .3 .1 .3 .4 .25\r\n", newline="")
    scored, plain, outline = read_yolo(tmp_path / "a.txt", (100, 100))
    assert scored.score == 0.87
    assert (scored.class_id, plain.class_id) == (1, 2)
    assert scored.polygon.tolist() == box_polygon((44.5, 39.5), (54.5, 59.5)).tolist()
    assert np.isnan(plain.score)
    assert (outline.is_box, len(outline.polygon), outline.score) == (False, 3, 0.25)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"0 .5 .5 .2\n", "line 1 .* has 4 numbers"),
        (b"0 .5 .5 .2 .1\n0 a b c d\n", "line 2"),
        (b"0 120 80 30 30\n", "fractions"),
        (b"0 nan .5 .2 .1\n", "fractions"),
        (b"0.5 .5 .5 .2 .1\n", "classes are 0, 1, 2"),
        (b"inf .5 .5 .2 .1\n", "classes are 0, 1, 2"),
        (b"-1 .5 .5 .2 .1\n", "classes are 0, 1, 2"),
        (b"9 .5 .5 .2 .1\n", "names 2"),
        (b"\xff\xd8\xff\xe0", "no text"),
    ],
)
def test_wrong_files_are_named(tmp_path, content, message):
    (tmp_path / "wrong.txt").write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        read_yolo(tmp_path / "wrong.txt", SHAPE, [1, 2])
    assert "wrong.txt" in str(caught.value)
    with pytest.raises(FileNotFoundError):
        read_yolo(tmp_path / "absent.txt", SHAPE)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_that_must_not_be_written_to(tmp_path):
    tmp_path.chmod(0o555)
    with pytest.raises(PermissionError, match="no permission"):
        write_yolo(tmp_path / "a.txt", scene(), SHAPE, CLASSES)
    tmp_path.chmod(0o755)
