"""ImageJ ROIs: conventions, every kind of ROI, no pixel lost."""

import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from roifile import ROI_OPTIONS, ROI_TYPE, ImagejRoi
from skimage.draw import disk, ellipse

from labkit.files.labels import read_labels
from labkit.files.rois import read_polygons, read_rois, write_rois
from labkit.metrics import match


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
