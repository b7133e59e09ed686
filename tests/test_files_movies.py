"""Movies of labels, raw and labels in one, ROIs with frames, napari; ImageJ's view."""

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import tifffile
from skimage.measure import label
from tracked import SCALE, assert_same, scene

import labkit as lk
from labkit.files import arrays
from labkit.files.hyperstack import (
    read_raw_and_labels,
    write_label_stack,
    write_raw_and_labels,
)
from labkit.files.images import read_scale
from labkit.files.labels import read_label_movie
from labkit.files.napari import from_napari, to_napari
from labkit.files.pieces import one_piece
from labkit.files.rois import read_rois, write_rois

JAR = Path("/usr/share/java/ij.jar")
needs_imagej = pytest.mark.skipif(
    not (JAR.exists() and shutil.which("javac")),
    reason="ImageJ or a Java compiler is not installed",
)
JAVA = """
import ij.*; import ij.gui.*; import ij.io.*; import ij.process.*;
import java.io.*; import java.util.zip.*;
class Movies {
  public static void main(String[] a) throws Exception {
    if (a[0].endsWith(".tif")) {
      ImagePlus p = IJ.openImage(a[0]);
      ij.measure.Calibration c = p.getCalibration();
      System.out.println(p.getNChannels() + " " + p.getNSlices() + " " + p.getNFrames()
        + " " + p.getBitDepth() + " " + c.pixelWidth + " " + c.getUnit()
        + " " + c.frameInterval + " " + c.getTimeUnit() + " " + p.isComposite());
      for (int t = 1; t <= p.getNFrames(); t++) {
        int last = p.getStackIndex(p.getNChannels(), 1, t);
        ImageProcessor ip = p.getStack().getProcessor(last);
        java.util.TreeSet<Float> values = new java.util.TreeSet<Float>();
        for (int i = 0; i < ip.getPixelCount(); i++) values.add(ip.getf(i));
        System.out.println(values.size() - 1 + " " + values.last().intValue());
      }
      return;
    }
    ZipInputStream zip = new ZipInputStream(new FileInputStream(a[0]));
    for (ZipEntry e = zip.getNextEntry(); e != null; e = zip.getNextEntry()) {
      Roi roi = RoiDecoder.openFromByteArray(zip.readAllBytes());
      System.out.println(roi.getName() + " " + roi.getPosition() + " "
        + roi.getCPosition() + " " + roi.getZPosition() + " " + roi.getTPosition()
        + " " + roi.hasHyperStackPosition());
    }
  }
}
"""


@pytest.fixture(scope="module")
def imagej(tmp_path_factory):
    """Return a function that shows what ImageJ makes of a file, line by line."""
    source = tmp_path_factory.mktemp("java") / "Movies.java"
    source.write_text(JAVA)
    subprocess.run(["javac", "-cp", str(JAR), str(source)], check=True)
    classes = f"{JAR}:{source.parent}"
    command = ["java", "-Djava.awt.headless=true", "-cp", classes, "Movies"]

    def run(path):
        done = subprocess.run(
            [*command, str(path)], check=True, capture_output=True, text=True
        )
        return [line.split() for line in done.stdout.splitlines()]

    return run


def raw(labels):
    """Return images of 16 bit in which objects are brighter than the rest."""
    noise = np.random.default_rng(0).integers(100, 200, labels.shape)
    return (noise + 3000 * (labels > 0)).astype(np.uint16)


def counts(labels):
    """Return the number of objects of each frame."""
    return [len(np.unique(plane)) - 1 for plane in labels]


# --- one piece an object ------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_one_piece_is_the_largest_of_each_label(seed):
    rng = np.random.default_rng(seed)
    shape = rng.integers(1, 30, 2)
    plane = (rng.integers(0, 4, shape) * (rng.random(shape) < 0.8)).astype(np.int32)
    pieces, expected = label(plane, connectivity=1), np.zeros_like(plane)
    for value in np.unique(plane[plane > 0]):
        found, sizes = np.unique(pieces[plane == value], return_counts=True)
        expected[pieces == found[sizes.argmax()]] = value
    assert np.array_equal(one_piece(plane), expected)
    for value in np.unique(expected[expected > 0]):
        largest = lk.objects.largest_piece(plane == value)
        assert largest.sum() == (expected == value).sum()


def test_frames_are_on_their_own_and_whole_labels_stay():
    labels, _ = scene()
    assert np.array_equal(one_piece(labels), labels)
    twice = np.stack([labels[0], np.roll(labels[0], 20, axis=1)])
    assert counts(one_piece(twice)) == counts(twice)
    with pytest.raises(TypeError, match="must hold integers"):
        one_piece(labels / 2)


# --- hyperstacks --------------------------------------------------------------


def test_label_stacks_are_numbered_frame_by_frame(tmp_path):
    labels = scene()[0] * 20_000  # more than 16 bit hold
    labels[0, 45:, 60:] = 40_000  # a second piece
    found = write_label_stack(tmp_path / "l.tif", labels, **SCALE)
    with tifffile.TiffFile(tmp_path / "l.tif") as tiff:
        assert tiff.series[0].dtype == np.uint16
    assert np.array_equal(read_label_movie(tmp_path / "l.tif"), found)
    assert [plane.max() for plane in found] == counts(labels)
    assert np.array_equal(found > 0, one_piece(labels) > 0)
    assert read_scale(tmp_path / "l.tif") == pytest.approx(tuple(SCALE.values()))


def test_frames_of_very_many_objects_become_float(tmp_path):
    labels = np.arange(1, 2 * 260 * 260 + 1, dtype=np.int32).reshape(2, 260, 260)
    found = write_label_stack(tmp_path / "l.tif", labels)
    with tifffile.TiffFile(tmp_path / "l.tif") as tiff:
        assert tiff.series[0].dtype == np.float32
    assert found.max() == 260 * 260
    assert np.array_equal(read_label_movie(tmp_path / "l.tif"), found)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("factor", [1, 1000])
def test_raw_and_labels_come_back(tmp_path, kind, factor):
    labels = scene()[0] * factor
    images = (raw(labels) / 13).astype(kind)
    write_raw_and_labels(tmp_path / "c.tif", images, labels, **SCALE)
    again, found = read_raw_and_labels(tmp_path / "c.tif")
    assert np.array_equal(found, labels)
    assert np.array_equal(again, images)
    small = kind != np.float32 and labels.max() < 65536
    assert again.dtype == (np.uint16 if small else np.float32)
    assert read_scale(tmp_path / "c.tif") == pytest.approx(tuple(SCALE.values()))


@needs_imagej
@pytest.mark.reference
def test_imagej_sees_axes_scale_and_every_object(tmp_path, imagej):
    labels, _ = scene()
    write_label_stack(tmp_path / "l.tif", labels, **SCALE)
    head, *frames = imagej(tmp_path / "l.tif")
    assert head[:4] == ["1", "1", "6", "16"]
    assert float(head[4]) == pytest.approx(0.325)
    assert head[5:] == ["micron", "600.0", "sec", "false"]
    assert frames == [[str(n), str(n)] for n in counts(labels)]
    write_raw_and_labels(tmp_path / "c.tif", raw(labels), labels, **SCALE)
    head, *frames = imagej(tmp_path / "c.tif")
    assert head[:4] == ["2", "1", "6", "16"]
    assert head[5:] == ["micron", "600.0", "sec", "true"]
    highest = [plane.max() for plane in labels]
    expected = zip(counts(labels), highest, strict=True)
    assert frames == [[str(n), str(top)] for n, top in expected]


@pytest.mark.parametrize(
    ("images", "labels", "error", "message"),
    [
        (raw(scene()[0])[:3], scene()[0], ValueError, "differ in shape"),
        (raw(scene()[0])[0], scene()[0], ValueError, r"\(T, H, W\)"),
        (raw(scene()[0]), scene()[0][0], ValueError, r"\(T, H, W\)"),
        (raw(scene()[0]), scene()[0] * 2.0, TypeError, "must hold integers"),
        (raw(scene()[0]), scene()[0] * 10**6, ValueError, "relabel"),
        (raw(scene()[0])[:0], scene()[0][:0], ValueError, r"\(T, H, W\)"),
    ],
)
def test_raw_and_labels_that_do_not_fit(tmp_path, images, labels, error, message):
    with pytest.raises(error, match=message):
        write_raw_and_labels(tmp_path / "c.tif", images, labels)
    assert list(tmp_path.iterdir()) == []


def test_wrong_names_files_and_sizes(tmp_path, monkeypatch):
    labels, _ = scene()
    for write in (
        lambda path: write_label_stack(path, labels),
        lambda path: write_raw_and_labels(path, raw(labels), labels),
    ):
        with pytest.raises(ValueError, match=r"end in \.tif"):
            write(tmp_path / "a.png")
    write_label_stack(tmp_path / "l.tif", labels)
    with pytest.raises(ValueError, match="has 1 channels, expected raw and labels"):
        read_raw_and_labels(tmp_path / "l.tif")
    pair = np.stack([labels, labels / 2], axis=1).astype(np.float32)
    arrays.write_array(tmp_path / "f.tif", pair, "TCYX")
    with pytest.raises(TypeError, match="fractions, not labels"):
        read_raw_and_labels(tmp_path / "f.tif")
    write_raw_and_labels(tmp_path / "c.tif", raw(labels), labels)
    data = (tmp_path / "c.tif").read_bytes()
    (tmp_path / "c.tif").write_bytes(data[: len(data) // 2])
    with pytest.raises(ValueError, match=r"c\.tif"):
        read_raw_and_labels(tmp_path / "c.tif")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_folder(tmp_path):
    labels, _ = scene()
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError, match="no permission"):
        write_raw_and_labels(tmp_path / "c.tif", raw(labels), labels)


# --- ROIs ---------------------------------------------------------------------


@needs_imagej
@pytest.mark.reference
def test_imagej_finds_the_frame_of_each_roi(tmp_path, imagej):
    labels, _ = scene()
    for several, place in ((False, "{} 0 false"), (True, "0 {} true")):
        path = tmp_path / f"{several}.zip"
        write_rois(path, labels, several_channels=several)
        assert np.array_equal(read_rois(path, labels.shape), labels)
        lines = imagej(path)
        assert len(lines) == sum(counts(labels))
        for name, *found in lines:
            frame = int(name.split("-")[1])
            assert [found[0], *found[3:]] == place.format(frame).split()


# --- napari -------------------------------------------------------------------


def test_napari_tracks_come_back():
    tracks = scene()[1]
    data, graph = to_napari(tracks[::-1])
    assert data[0].tolist() == [3, 0, tracks["y"][0], tracks["x"][0]]
    order = np.lexsort([data[:, 1], data[:, 0]])
    assert np.array_equal(order, np.arange(len(data)))  # as napari wants them
    assert graph == {5: [3], 8: [3], 20: [11]}
    found, notes = from_napari(data, graph)
    assert notes == []
    assert_same(found, tracks, skip=("label", "area"))
    assert from_napari(data, {5: 3, 8: 3, 20: 11})[0]["parent_id"].max() == 11


def test_napari_parents_that_are_not_there_are_left_out():
    tracks = scene()[1]
    some = tracks[tracks["track_id"] != 3]
    assert to_napari(some)[1] == {20: [11]}
    data, graph = to_napari(tracks[:0])
    assert data.shape == (0, 4)
    assert graph == {}
    assert len(from_napari(data)[0]) == 0


def test_napari_merges_and_bad_input():
    data = [[1, 0, 5, 5], [2, 0, 9, 9], [3, 1, 6, 6]]
    tracks, notes = from_napari(data, {3: [1, 2]})
    assert "merging" in notes[0]
    assert tracks["parent_id"].tolist() == [0, 0, 1]  # the nearest
    with pytest.raises(ValueError, match="got shape"):
        from_napari(np.zeros((3, 5)))
    with pytest.raises(ValueError, match="4 comes from 1"):
        from_napari(data, {4: [1]})
    with pytest.raises(TypeError, match="makes one"):
        to_napari(np.zeros((3, 4)))
