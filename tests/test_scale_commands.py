"""Whole experiments on the command line."""

import numpy as np
import pytest
import tifffile
from commands import error_of, labkit_command
from scale_scenes import disc_labels, on_seams, picture
from skimage.filters import gaussian

from labkit import scale
from labkit.cli.scaling import _expectation
from labkit.files.images import write_image
from labkit.files.tables import read_csv


@pytest.fixture
def scan(tmp_path):
    path = tmp_path / "scan.tif"
    tifffile.imwrite(path, picture(disc_labels(more=on_seams())), tile=(128, 128))
    return path


def test_annotate_says_what_to_expect_and_what_came_out(scan, tmp_path):
    words = "scale", "annotate", scan, "-o", tmp_path / "a.zarr", "--diameter", 14
    result = labkit_command(*words, "--block", 256, "--workers", 1)
    assert result.exit_code == 0, result.output
    first, second, third = result.stdout.splitlines()
    assert first == "1 frame of 600 x 700 px, nuclei of 14 px, 9 blocks a frame"
    assert second.startswith("9 blocks of ")
    assert "GB of memory" in second
    n_nuclei = int(third.split()[0])
    assert n_nuclei == len(read_csv(tmp_path / "a_nuclei.csv"))
    assert scale.read_labels(tmp_path / "a.zarr").max().compute() == n_nuclei
    again = labkit_command(*words, "--block", 256)
    assert again.stdout.splitlines()[-1].startswith(f"{n_nuclei} nuclei in 0 s")


def test_annotate_doubts_what_it_sees_in_the_middle(tmp_path):
    discs = gaussian(np.float64(disc_labels((300, 340)) > 0), 1.5)
    noise = np.random.default_rng(0).normal(0, 1, discs.shape)
    image, noisy = (100 + 150 * discs + sigma * noise for sigma in (1, 20))
    for name, frames in (("clear", [image] * 3), ("noisy", [image, noisy, image])):
        tifffile.imwrite(
            tmp_path / f"{name}.tif", np.float32(frames), photometric="minisblack"
        )
        words = "scale", "annotate", tmp_path / f"{name}.tif", "--diameter", 14
        result = labkit_command(*words, "-o", tmp_path / f"{name}.zarr")
        assert result.exit_code == 0, result.output
        n_said = result.stderr.count("in the middle of frame 1: low contrast: ")
        assert n_said == (name == "noisy"), result.stderr


def test_only_an_estimate(scan, tmp_path):
    words = "scale", "annotate", scan, "-o", tmp_path / "a.zarr", "--only-estimate"
    result = labkit_command(*words)
    assert result.exit_code == 0, result.output
    assert len(result.stdout.splitlines()) == 2
    assert not (tmp_path / "a_nuclei.csv").exists()


def test_segment_frames(tmp_path):
    for t in range(2):
        write_image(tmp_path / "in" / f"{t}.png", picture(disc_labels((90, 99)), t))
    words = "scale", "segment", tmp_path / "in", "-o", tmp_path / "s.zarr"
    result = labkit_command(*words, "--diameter", 14, "--name", "dna")
    assert result.exit_code == 0, result.output
    table = read_csv(tmp_path / "s_dna.csv")
    assert set(table["frame"]) == {0, 1}
    assert len(table) > 0.9 * 2 * disc_labels((90, 99)).max()


def test_an_odd_diameter_is_told_before_the_work(tmp_path, monkeypatch):
    image = picture(disc_labels((120, 140), radius=9, step=30))
    write_image(tmp_path / "in.tif", image)
    monkeypatch.setattr("labkit.segment.scale.sizes_looked_at", lambda model: (50, 99))
    words = "scale", "segment", tmp_path / "in.tif", "-o", tmp_path / "a.zarr"
    early = labkit_command(*words, "--only-estimate")
    assert early.exit_code == 0, early.output
    assert early.stderr.count("beyond the 50 to 99 px that the model looks at") == 1
    result = labkit_command(*words)
    assert result.exit_code == 0, result.output
    assert result.stderr.count("diameter unsure") == 1
    words = *words[:-1], tmp_path / "b.zarr", "--diameter", 18
    assert "diameter unsure" not in labkit_command(*words).stderr


def test_errors_are_one_line(scan, tmp_path):
    words = "scale", "annotate", scan, "-o", tmp_path / "a.zarr", "--diameter", 14
    assert labkit_command(*words).exit_code == 0
    text = error_of(labkit_command(*words[:-1], 20))
    assert "diameter was 14.0 and is 20.0" in text
    assert "in .zarr" in error_of(labkit_command(*words[:4], tmp_path / "a.tif"))
    none = tmp_path / "none.tif"
    text = error_of(labkit_command("scale", "segment", none, "-o", tmp_path / "b.zarr"))
    assert "no file" in text
    words = "scale", "segment", scan, "-o", tmp_path / "c.zarr", "--diameter", "big"
    assert "px, auto or trained" in error_of(labkit_command(*words))
    write_image(tmp_path / "e.tif", np.zeros((99, 99), np.uint8))
    words = "scale", "annotate", tmp_path / "e.tif", "-o", tmp_path / "e.zarr"
    assert "no nuclei seen" in error_of(labkit_command(*words))


@pytest.mark.parametrize(("seconds", "said"), [(0.014, "0.01 s"), (123.4, "123.40 s")])
def test_the_time_of_a_block_is_a_plain_number(seconds, said):
    expected = scale.Estimate(1, 0, seconds, seconds, 0.5, 0.0)
    assert _expectation(expected, None)[0].startswith(f"1 block of {said}, 0 done: ")
