"""ImageJ ROIs: conventions, every kind of ROI, no pixel lost."""

import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from drawn import CLASSES, facts, movie_scene, scene
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from roifile import ROI_OPTIONS, ROI_TYPE, ImagejRoi
from skimage.draw import disk, ellipse

from labkit.files.labels import read_labels
from labkit.files.rois import (
    read_objects,
    read_polygons,
    read_rois,
    write_objects,
    write_rois,
)
from labkit.metrics import match
from labkit.objects import Object, ObjectClass, box_polygon, to_labels


def _zip(path, **rois):
    with zipfile.ZipFile(path, "w") as archive:
        for name, roi in rois.items():
            archive.writestr(f"{name}.roi", roi.tobytes())
    return path


def _roi(xy, kind=ROI_TYPE.FREEHAND, **position):
    roi = ImagejRoi.frompoints(np.asarray(xy), **position)
    roi.roitype = kind
    return roi


def _box(kind, left, top, right, bottom):
    roi = ImagejRoi()
    roi.roitype, roi.version = kind, 227
    roi.left, roi.top, roi.right, roi.bottom = left, top, right, bottom
    return roi


@settings(max_examples=60, deadline=None)
@given(
    arrays(np.int32, st.tuples(*[st.integers(1, 12)] * 2), elements=st.integers(0, 3))
)
def test_any_labels_round_trip(tmp_path_factory, labels):
    file = tmp_path_factory.mktemp("rois") / "rois.zip"
    write_rois(file, labels)
    assert np.array_equal(read_rois(file, labels.shape), labels)


def test_holes_pieces_gaps_in_numbers_and_touching_objects(tmp_path):
    labels = np.zeros((60, 70), np.int32)
    labels[5:30, 5:30] = 7
    labels[12:20, 12:20] = 0  # a hole
    labels[14:16, 14:16] = 7  # an island in it
    labels[5:30, 30:40] = 90001  # touches
    labels[59, 69] = 3  # one pixel in the corner
    write_rois(tmp_path / "r.zip", labels)
    assert np.array_equal(read_rois(tmp_path / "r.zip", labels.shape), labels)
    names = list(read_polygons(tmp_path / "r.zip"))
    assert names == ["label-00003", "label-00007", "label-90001"]


def test_movie_keeps_its_frames(tmp_path):
    movie = np.zeros((3, 20, 20), np.int32)
    movie[0, 2:8, 2:8], movie[2, 3:9, 3:9], movie[2, 12:14, 2:4] = 1, 1, 5
    write_rois(tmp_path / "r.zip", movie)
    assert np.array_equal(read_rois(tmp_path / "r.zip", movie.shape), movie)
    with pytest.raises(ValueError, match="outside the shape"):
        read_rois(tmp_path / "r.zip", (2, 20, 20))


def test_rois_of_several_frames_are_not_painted_into_one_image(tmp_path):
    movie = np.zeros((3, 20, 20), np.int32)
    movie[0, 3:9, 3:9] = movie[2, 8:15, 8:15] = 1
    write_rois(tmp_path / "a.zip", movie)
    with pytest.raises(ValueError, match=r"ROIs of frames 1 to 3.*pass \(T, H, W\)"):
        read_rois(tmp_path / "a.zip", (20, 20))
    write_rois(tmp_path / "one.zip", movie[2])
    assert np.array_equal(read_rois(tmp_path / "one.zip", (20, 20)), movie[2])


def test_imagej_counts_from_the_pixel_corner_in_x_y(tmp_path):
    corners = [(2, 1), (5, 1), (5, 3), (2, 3)]  # columns 2..4, rows 1..2
    expected = np.zeros((6, 8), np.int32)
    expected[1:3, 2:5] = 1
    rois = {
        "rectangle": _box(ROI_TYPE.RECT, 2, 1, 5, 3),
        "polygon": _roi(corners, ROI_TYPE.POLYGON),
        "traced": _roi(corners, ROI_TYPE.TRACED),
        "freehand": _roi(np.float32(corners)),
        "shifted": _roi(np.float32(corners) + 0.4),
    }
    for name, roi in rois.items():
        file = _zip(tmp_path / f"{name}.zip", **{name: roi})
        assert np.array_equal(read_rois(file, (6, 8)), expected), name
        polygon = read_polygons(file)[name]
        offset = 0.4 if name == "shifted" else 0
        assert polygon.min(axis=0) == pytest.approx(np.array([0.5, 1.5]) + offset)
        assert polygon.max(axis=0) == pytest.approx(np.array([2.5, 4.5]) + offset)


def test_single_roi_file(tmp_path):
    (tmp_path / "one.roi").write_bytes(_box(ROI_TYPE.RECT, 2, 1, 5, 3).tobytes())
    labels = read_rois(tmp_path / "one.roi", (6, 8))
    assert (labels.sum(), labels[1, 2], labels[2, 4]) == (6, 1, 1)


def test_oval_is_an_ellipse(tmp_path):
    file = _zip(tmp_path / "r.zip", oval=_box(ROI_TYPE.OVAL, 10, 20, 50, 80))
    expected = np.zeros((100, 100), bool)
    expected[ellipse(49.5, 29.5, 30, 20)] = True
    found = read_rois(file, (100, 100)) > 0
    assert (found & expected).sum() / (found | expected).sum() > 0.995
    circle = _box(ROI_TYPE.OVAL, 0, 0, 10, 10)
    circle.version = 228
    circle.options = ROI_OPTIONS.SUB_PIXEL_RESOLUTION
    circle.xd, circle.yd, circle.widthd, circle.heightd = 20.5, 30.5, 40, 40
    expected = np.zeros((100, 100), bool)
    expected[disk((50, 40), 20)] = True
    found = read_rois(_zip(tmp_path / "s.zip", c=circle), (100, 100)) > 0
    assert (found & expected).sum() / (found | expected).sum() > 0.98


def test_composite_with_hole(tmp_path):
    roi = _box(ROI_TYPE.RECT, 0, 0, 20, 20)
    path = []
    for low, high in ((2, 18), (6, 12)):
        square = [(low, low), (high, low), (high, high), (low, high)]
        for k, (x, y) in enumerate(square):
            path += [0 if k == 0 else 1, x, y]
        path.append(4)
    roi.multi_coordinates = np.array(path, np.float32)
    roi.shape_roi_size = len(path)
    labels = read_rois(_zip(tmp_path / "r.zip", c=roi), (20, 20))
    expected = np.zeros((20, 20), np.int32)
    expected[2:18, 2:18] = 1
    expected[6:12, 6:12] = 0
    assert np.array_equal(labels, expected)


def test_order_overlap_and_duplicates(tmp_path):
    small = _roi([(2, 2), (6, 2), (6, 6), (2, 6)])
    large = _roi([(0, 0), (15, 0), (15, 15), (0, 15)])
    file = _zip(tmp_path / "r.zip", a=small, b=large, c=small, d=large)
    labels = read_rois(file, (20, 20))
    assert np.unique(labels).tolist() == [0, 1, 2]
    assert (labels == 1).sum() == 16
    assert (labels == 2).sum() == 225 - 16
    assert list(read_polygons(file)) == ["a", "b", "c", "d"]


def test_files_that_are_wrong(tmp_path):
    line = ImagejRoi()
    line.roitype = ROI_TYPE.LINE
    square = _roi([(2, 2), (6, 2), (6, 6), (2, 6)])
    _zip(tmp_path / "line.zip", ok=square, ruler=line)
    with pytest.raises(ValueError, match=r"'ruler'.*is a line without area"):
        read_rois(tmp_path / "line.zip", (20, 20))
    _zip(tmp_path / "far.zip", ok=square)
    with pytest.raises(ValueError, match=r"'ok'.*outside the shape"):
        read_rois(tmp_path / "far.zip", (2, 2))
    with pytest.raises(ValueError, match="must be"):
        read_rois(tmp_path / "far.zip", (20,))
    data = (tmp_path / "far.zip").read_bytes()
    for name, content in {
        "cut.zip": data[: len(data) // 2],
        "text.zip": b"no zip at all",
        "cut.roi": square.tobytes()[:70],
        "empty.zip": b"",
    }.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ValueError, match=name):
            read_rois(tmp_path / name, (20, 20))
    with zipfile.ZipFile(tmp_path / "strangers.zip", "w") as archive:
        archive.writestr("notes.txt", "hello")
    with pytest.raises(ValueError, match=r"found notes.txt"):
        read_polygons(tmp_path / "strangers.zip")
    with pytest.raises(FileNotFoundError):
        read_rois(tmp_path / "absent.zip", (20, 20))


def test_writing_refuses_what_is_no_label_image(tmp_path):
    with pytest.raises(ValueError, match=r"end in .zip"):
        write_rois(tmp_path / "a.roi", np.eye(4, dtype=int))
    with pytest.raises(TypeError, match="integers"):
        write_rois(tmp_path / "a.zip", np.eye(4))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.data
@pytest.mark.skipif("LABKIT_DATA" not in os.environ, reason="LABKIT_DATA is not set")
def test_hand_drawn_outlines_give_the_published_labels(tmp_path):
    folder = Path(os.environ["LABKIT_DATA"]) / "mdck"
    if not folder.is_dir():
        pytest.skip("no mdck in LABKIT_DATA")
    labels = read_labels(folder / "frame01_labels.png")
    found = read_rois(folder / "frame01_rois.zip", labels.shape)
    assert len(read_polygons(folder / "frame01_rois.zip")) == 792
    result = match(labels, found)
    assert (result.tp, result.fp, result.fn) == (791, 0, 0)
    assert result.mean_iou > 0.998
    assert (result.pairs[:, 0] == result.pairs[:, 1]).all()
    write_rois(tmp_path / "r.zip", labels)
    assert np.array_equal(read_rois(tmp_path / "r.zip", labels.shape), labels)


# annotated objects


@pytest.mark.parametrize("objects", [scene(), movie_scene(), []])
def test_objects_survive_five_round_trips_unchanged(tmp_path, objects):
    file, found, classes = tmp_path / "a_ROIs.zip", objects, CLASSES
    for _ in range(5):
        write_objects(file, found, classes)
        found, classes = read_objects(file)
        assert facts(found) == facts(objects)
        assert tuple(classes) == (CLASSES if objects else ())


def test_any_outline_settles_within_float32(tmp_path):
    rng = np.random.default_rng(0)
    angle = np.sort(rng.random((40, 30)) * 2 * np.pi)
    radius = 5 + rng.random((40, 30)) * 9
    centre = rng.random((40, 1, 2)) * 2000 + 20
    star = np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=-1) + centre
    objects = [Object(k, one) for k, one in enumerate(star, 1)]
    write_objects(tmp_path / "1.zip", objects)
    first, _ = read_objects(tmp_path / "1.zip")
    write_objects(tmp_path / "2.zip", first)
    assert facts(read_objects(tmp_path / "2.zip")[0]) == facts(first)
    moved = max(
        abs(a.polygon - b.polygon).max() for a, b in zip(first, objects, strict=True)
    )
    assert 0 < moved < 1e-4
    shape = (2050, 2050)
    assert np.array_equal(to_labels(first, shape), to_labels(objects, shape))


def test_groups_colours_and_versions_are_those_of_imagej(tmp_path):
    square = box_polygon((-0.5, -0.5), (3.5, 3.5))
    objects = [Object(1, square, 2), Object(2, square, 300), Object(3, square)]
    write_objects(tmp_path / "a.zip", objects, CLASSES)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.namelist() == ["0001.roi", "0002.roi", "0003.roi"]
        data = [archive.read(name) for name in archive.namelist()]
    header = [int.from_bytes(one[60:64], "big") for one in data]
    groups = [one[at + 30] for one, at in zip(data, header, strict=True)]
    assert groups == [2, 0, 0]
    assert data[1][header[1] + 52 : header[1] + 54] == (300).to_bytes(2, "big")
    assert [one[5] for one in data] == [228, 229, 228]
    assert [one[40:44].hex() for one in data[::2]] == ["ff0072b2", "00000000"]
    found, classes = read_objects(tmp_path / "a.zip")
    assert [one.class_id for one in found] == [2, 300, 0]
    assert [(one.id, one.name) for one in classes] == [
        (2, "at rest"),
        (300, "Class_300"),
    ]


def test_pixel_edges_are_integers_and_everything_else_sub_pixel(tmp_path):
    write_objects(tmp_path / "a.zip", scene())
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        rois = [ImagejRoi.frombytes(archive.read(name)) for name in archive.namelist()]
    kinds = [roi.roitype.name for roi in rois]
    assert kinds == ["TRACED", "TRACED", "FREEHAND", "TRACED", "RECT", "TRACED"]
    assert [roi.subpixelresolution for roi in rois] == [0, 0, 1, 0, 1, 0]
    assert rois[0].coordinates().tolist() == [[0, 0], [12, 0], [12, 10], [0, 10]]
    assert all(roi.position == 1 for roi in rois)


def test_numbers_come_from_names_where_they_can(tmp_path):
    square = [(2, 2), (6, 2), (6, 6), (2, 6)]
    names = (
        "0007",
        "7",
        "0001-0035-0073",
        "nucleus",
        "1",
        "label-00009",
        "20231130123456",
    )
    file = _zip(tmp_path / "a.zip", **{name: _roi(square, name=name) for name in names})
    found, classes = read_objects(file)
    ids = [7, 2, 3, 4, 1, 9, 5]
    assert [one.id for one in found] == ids
    assert [one.name for one in found] == ["", *names[1:]]
    assert classes == []
    write_objects(tmp_path / "b.zip", found)
    assert facts(read_objects(tmp_path / "b.zip")[0]) == facts(found)


def test_one_name_many_times_and_names_that_no_file_may_have(tmp_path):
    square = box_polygon((0, 0), (4, 4))
    names = ["a", "a", "a-1", "../up:?", "wide \U0001f52c name", "line\nbreak"]
    objects = [Object(k, square, name=name) for k, name in enumerate(names, 1)]
    write_objects(tmp_path / "n.zip", objects)
    with zipfile.ZipFile(tmp_path / "n.zip") as archive:
        entries = archive.namelist()
    assert len(set(entries)) == 6
    assert entries[:4] == ["a.roi", "a-2.roi", "a-1.roi", "_._up__.roi"]
    found, _ = read_objects(tmp_path / "n.zip")
    assert [one.id for one in found] == [1, 2, 3, 4, 5, 6]
    assert [one.name for one in found[:4]] == names[:4]
    assert found[4].name == "wide \ufffd name"
    assert len(read_polygons(tmp_path / "n.zip")) == 6


def test_every_kind_of_area_is_read_as_an_object(tmp_path):
    corners = [(2, 1), (5, 1), (5, 3), (2, 3)]
    file = _zip(
        tmp_path / "a.zip",
        box=_box(ROI_TYPE.RECT, 2, 1, 5, 3),
        oval=_box(ROI_TYPE.OVAL, 10, 10, 20, 20),
        polygon=_roi(corners, ROI_TYPE.POLYGON, name="polygon", position=4),
        traced=_roi(corners, ROI_TYPE.TRACED, name="traced", t=6),
    )
    found, _ = read_objects(file)
    assert [one.name for one in found] == ["box", "oval", "polygon", "traced"]
    assert [one.is_box for one in found] == [True, False, False, False]
    assert [one.frame for one in found] == [0, 0, 4, 6]
    assert {one.source for one in found} == {"imported"}
    expected = box_polygon((0.5, 1.5), (2.5, 4.5)).tolist()
    assert [found[k].polygon.tolist() for k in (0, 2, 3)] == [expected] * 3


def test_classes_get_their_colour_from_the_stroke(tmp_path):
    roi = _roi([(2, 2), (6, 2), (6, 6), (2, 6)], name="1")
    roi.version, roi.group, roi.stroke_color = 228, 4, b"\xff\x00\xff\x10"
    _, classes = read_objects(_zip(tmp_path / "a.zip", a=roi))
    assert classes == [ObjectClass(4, "Class_04", "#00ff10")]


def test_an_older_zip_is_replaced_not_added_to_and_kept_if_writing_fails(
    tmp_path, monkeypatch
):
    file = tmp_path / "a.zip"
    write_objects(file, scene())
    write_objects(file, scene()[:2])
    assert len(read_objects(file)[0]) == 2

    def interrupt(*_args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(zipfile.ZipFile, "writestr", interrupt)
        with pytest.raises(KeyboardInterrupt):
            write_objects(file, scene())
    assert len(read_objects(file)[0]) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


def test_objects_that_are_impossible_are_refused(tmp_path):
    square = box_polygon((0, 0), (4, 4))
    for wrong, message in [
        (Object(0, square), "object 0"),
        (Object(3, square, class_id=70000), "class 70000"),
        (Object(3, square, frame=-1), "frame -1"),
        (Object(3, square[:2]), r"object 3: .*shape \(2, 2\)"),
        (Object(3, square * np.nan), "NaN"),
    ]:
        with pytest.raises(ValueError, match=message):
            write_objects(tmp_path / "a.zip", [wrong])
    with pytest.raises(ValueError, match="in frame 0 have the number 3"):
        write_objects(tmp_path / "a.zip", [Object(3, square), Object(3, square + 9)])
    with pytest.raises(TypeError, match="from_labels"):
        write_objects(tmp_path / "a.zip", [square])
    with pytest.raises(ValueError, match="#rrggbb"):
        write_objects(tmp_path / "a.zip", scene(), [ObjectClass(1, "a", "red")])
    with pytest.raises(ValueError, match=r"end in .zip"):
        write_objects(tmp_path / "a.roi", scene())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"text", b"PK\3\4 cut", b"Iout\0\xe4\7"])
def test_damaged_zips_are_named(tmp_path, content):
    (tmp_path / "a_ROIs.zip").write_bytes(content)
    with pytest.raises(ValueError, match=r"a_ROIs.zip"):
        read_objects(tmp_path / "a_ROIs.zip")
    with pytest.raises(FileNotFoundError):
        read_objects(tmp_path / "absent.zip")


def test_cut_zips_are_refused_at_any_length(tmp_path):
    write_objects(tmp_path / "a.zip", scene())
    data = (tmp_path / "a.zip").read_bytes()
    for length in range(1, len(data), 97):
        (tmp_path / "cut.zip").write_bytes(data[:length])
        with pytest.raises(ValueError, match=r"cut.zip"):
            read_objects(tmp_path / "cut.zip")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_that_must_not_be_written_to(tmp_path):
    tmp_path.chmod(0o555)
    with pytest.raises(PermissionError, match="no permission"):
        write_objects(tmp_path / "a.zip", scene())
    tmp_path.chmod(0o755)


@pytest.mark.data
@pytest.mark.skipif("LABKIT_DATA" not in os.environ, reason="LABKIT_DATA is not set")
def test_englbrechts_rois_open_whatever_their_names(tmp_path):
    folder = Path(os.environ["LABKIT_DATA"]) / "mdck"
    if not folder.is_dir():
        pytest.skip("no mdck in LABKIT_DATA")
    first, classes = read_objects(folder / "frame01_rois.zip")
    assert len({one.id for one in first}) == 792
    assert first[0].name == "0001-0035-0073"
    assert classes == []
    found = first
    for _ in range(5):
        write_objects(tmp_path / "a.zip", found)
        found, _ = read_objects(tmp_path / "a.zip")
    assert facts(found) == facts(first)
    labels = read_labels(folder / "frame01_labels.png")
    assert match(labels, to_labels(found, labels.shape)).mean_iou > 0.998
