"""What ImageJ itself makes of our files, where it is installed (Debian: imagej)."""

import dataclasses
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import tifffile
from drawn import CLASSES, SHAPE, movie_scene, scene

from labkit.files import masks
from labkit.files.labels import write_labels
from labkit.files.rois import read_rois, write_objects, write_rois
from labkit.objects import Object, to_labels, to_layers

JAR = Path("/usr/share/java/ij.jar")
pytestmark = [
    pytest.mark.reference,
    pytest.mark.skipif(
        not (JAR.exists() and shutil.which("javac")),
        reason="ImageJ or a Java compiler is not installed",
    ),
]

JAVA = """
import ij.*; import ij.gui.*; import ij.io.*; import ij.process.*;
import java.io.*; import java.util.zip.*;
class Check {
  public static void main(String[] a) throws Exception {
    if (a.length == 1) {
      ImagePlus p = IJ.openImage(a[0]);
      ij.measure.Calibration c = p.getCalibration();
      System.out.println(p.getNChannels() + " " + p.getNSlices() + " " + p.getNFrames()
        + " " + p.getBitDepth() + " " + c.pixelWidth + " " + c.getUnit()
        + " " + c.frameInterval + " " + c.getTimeUnit());
      return;
    }
    ShortProcessor ip = new ShortProcessor(
      Integer.parseInt(a[1]), Integer.parseInt(a[2]));
    ZipInputStream zip = new ZipInputStream(new FileInputStream(a[0]));
    int label = 0;
    for (ZipEntry e = zip.getNextEntry(); e != null; e = zip.getNextEntry()) {
      Roi roi = RoiDecoder.openFromByteArray(zip.readAllBytes());
      System.out.println("ROI|" + e.getName() + "|" + roi.getName() + "|"
        + roi.getTypeAsString() + "|" + roi.getGroup() + "|" + roi.getPosition() + "|"
        + roi.getProperty("class") + "|" + roi.getProperty("score"));
      ip.setRoi(roi);
      ip.setValue(++label);
      ip.fill(ip.getMask());
    }
    new FileSaver(new ImagePlus("labels", ip)).saveAsTiff(a[3]);
  }
}
"""


@pytest.fixture(scope="module")
def imagej(tmp_path_factory):
    source = tmp_path_factory.mktemp("java") / "Check.java"
    source.write_text(JAVA)
    subprocess.run(["javac", "-cp", str(JAR), str(source)], check=True)
    classes = f"{JAR}:{source.parent}"

    def run(*arguments):
        command = ["java", "-Djava.awt.headless=true", "-cp", classes, "Check"]
        command += map(str, arguments)
        return subprocess.run(
            command, check=True, capture_output=True, text=True
        ).stdout

    return run


def _labels():
    """Touching, ragged, pierced and divided objects in drawing order."""
    rng = np.random.default_rng(0)
    labels = np.zeros((60, 80), np.int32)
    labels[3:20, 4:30] = 1
    labels[8:12, 10:20] = 0
    labels[9:11, 12:15] = 1
    labels[20:40, 4:30] = 2
    labels[30:35, 50:60] = 2
    labels[5:50, 60:79] = 3 * (rng.random((45, 19)) > 0.4)
    labels[59, 79] = 4
    return labels


def test_imagej_paints_our_rois_as_the_same_pixels(tmp_path, imagej):
    labels = _labels()
    write_rois(tmp_path / "r.zip", labels)
    imagej(tmp_path / "r.zip", 80, 60, tmp_path / "painted.tif")
    assert np.array_equal(tifffile.imread(tmp_path / "painted.tif"), labels)
    assert np.array_equal(read_rois(tmp_path / "r.zip", labels.shape), labels)


def test_imagej_sees_names_classes_frames_and_the_same_pixels(tmp_path, imagej):
    write_objects(tmp_path / "a.zip", movie_scene(), CLASSES)
    text = imagej(tmp_path / "a.zip", SHAPE[1], SHAPE[0], tmp_path / "all.tif")
    lines = [line.split("|") for line in text.splitlines()]
    rows = [words[1:] for words in lines if words[0] == "ROI"]
    assert len(rows) == 12
    assert rows[1] == ["0002.roi", "0002", "Traced", "2", "1", "at rest", "null"]
    assert rows[2][2:] == ["Freehand", "1", "1", "dividing", "0.8125"]
    assert rows[5][:5] == ["cell A_ä.roi", "cell A/ä", "Traced", "0", "1"]
    assert [row[2] for row in rows[4::6]] == ["Rectangle", "Rectangle"]
    assert [row[4] for row in rows] == ["1"] * 6 + ["3"] * 6
    ring, star, pieces, box, pixel = scene()[1:]  # without the one that overlaps
    box = dataclasses.replace(box, polygon=np.round(box.polygon) + 0.5)
    for objects in (scene()[:1], [ring, star, pieces, box, pixel]):
        write_objects(tmp_path / "b.zip", objects)
        imagej(tmp_path / "b.zip", SHAPE[1], SHAPE[0], tmp_path / "b.tif")
        expected = np.zeros(SHAPE, int)
        for value, layer in enumerate(to_layers(objects, SHAPE), 1):
            expected[layer] = value
        assert np.array_equal(tifffile.imread(tmp_path / "b.tif"), expected)


def test_imagej_paints_sub_pixel_outlines_with_holes_as_we_do(tmp_path, imagej):
    rng = np.random.default_rng(0)
    objects = []
    for k in range(30):  # stars with a hole, joined by a bridge of no width
        angle = np.sort(rng.random(25) * 2 * np.pi)
        around = np.stack([np.sin(angle), np.cos(angle)], axis=1)
        centre = rng.random(2) + 20 + 40 * np.array(divmod(k, 6))
        outer = centre + around * (9 + rng.random((25, 1)) * 5)
        inner = centre + around[::-1] * 4.3
        objects.append(
            Object(k + 1, np.concatenate([outer, outer[:1], inner, inner[:1]]))
        )
    write_objects(tmp_path / "a.zip", objects)
    imagej(tmp_path / "a.zip", 250, 210, tmp_path / "a.tif")
    painted = tifffile.imread(tmp_path / "a.tif")
    assert np.array_equal(painted, to_labels(objects, (210, 250)))
    assert len(np.unique(painted)) == 31


@pytest.mark.parametrize(("factor", "bits"), [(1, 16), (30000, 32)])
def test_imagej_sees_frames_and_scale(tmp_path, imagej, factor, bits):
    movie = np.stack([_labels() * factor] * 5)
    file = tmp_path / "m.tif"
    write_labels(file, movie, um_per_px=0.325, minutes_per_frame=10)
    found = imagej(file).split()
    assert found[:4] == ["1", "1", "5", str(bits)]
    assert float(found[4]) == pytest.approx(0.325)
    assert found[5:] == ["micron", "600.0", "sec"]


def test_imagej_opens_layers_as_a_stack_and_outlined_images_in_colour(tmp_path, imagej):
    masks.write_layered(tmp_path / "l.tiff", scene(), SHAPE)
    assert imagej(tmp_path / "l.tiff").split()[:4] == ["1", "6", "1", "16"]
    image = np.zeros((2, *SHAPE), np.uint16)
    masks.write_outlined(tmp_path / "a.tiff", image[0], scene())
    assert imagej(tmp_path / "a.tiff").split()[:4] == ["1", "1", "1", "24"]
    masks.write_outlined(tmp_path / "m.tiff", image, scene(), movie=True)
    assert imagej(tmp_path / "m.tiff").split()[:4] == ["1", "1", "2", "24"]
