"""What annotate, segment and track say beforehand about time and memory."""

import re
from pathlib import Path

import numpy as np
import pytest
import tifffile
from commands import labkit_command

from labkit import synth
from labkit.files.images import write_image
from labkit.pipeline import batch, expecting
from labkit.pipeline.batch import Job, work_on
from labkit.scale import estimating

SHAPE = (40, 60)
READING, WORKING, SAVING = 0.1, 1.0, 0.3  # s of a frame
COMPILING = 7.0  # s, once


class Clock:
    """Time that passes only where a test says so."""

    def __init__(self):
        self.seconds = 100.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(estimating, "now", clock)
    return clock


@pytest.fixture
def fake(clock, monkeypatch):
    """Work that takes a known time; returns (run, told)."""
    told, read = [], batch.read_movie

    def slow_read(path, **how):
        movie = read(path, **how)
        clock.seconds += READING * len(movie)
        return movie

    def work(frame):
        n_pixels = frame.size / np.prod(SHAPE)
        clock.seconds += WORKING * n_pixels + COMPILING * (clock.seconds < 102)
        return np.zeros(frame.shape, np.int32), None, []

    def save(output, labels, masks, scale):
        clock.seconds += SAVING * labels.size / np.prod(SHAPE)

    def run(paths):
        jobs = [Job(path, path.with_suffix(".out")) for path in paths]
        start = clock.seconds
        results = list(work_on(jobs, lambda _: (work, None), save, expect=told.append))
        return results, clock.seconds - start

    monkeypatch.setattr(batch, "read_movie", slow_read)
    return run, told


def write(folder, n_files, n_frames=1, shape=SHAPE, suffix=".tif"):
    """Write files of frames; return their paths."""
    paths = [folder / f"{shape[1]}_{k}{suffix}" for k in range(n_files)]
    for path in paths:
        image = np.full((n_frames, *shape), 9, np.uint8)
        write_image(path, image if n_frames > 1 else image[0])
    return paths


@pytest.mark.parametrize(
    ("n_files", "n_frames", "suffix"),
    [(20, 1, ".png"), (20, 1, ".tif"), (1, 60, ".tif"), (6, 10, ".tif")],
)
def test_time_is_told_once_and_nearly_right(fake, tmp_path, n_files, n_frames, suffix):
    run, told = fake
    paths = write(tmp_path, n_files, n_frames, suffix=suffix)
    _, seconds = run(paths)
    (expected,) = told
    assert expected.n_images == n_files * n_frames
    assert expected.shape == SHAPE
    assert expected.seconds == pytest.approx(seconds, rel=0.15)
    assert 0.05 < expected.memory < 20


def test_larger_images_are_expected_to_take_longer(fake, tmp_path):
    run, told = fake
    small = write(tmp_path, 4)
    large = write(tmp_path, 4, shape=(80, 120))
    _, seconds = run([*small, *large])
    assert told[0].shape is None
    assert told[0].seconds == pytest.approx(seconds, rel=0.15)


def test_a_bad_file_among_the_first_does_not_count(fake, tmp_path):
    run, told = fake
    paths = write(tmp_path, 20)
    paths[0].write_bytes(b"")
    paths[2].write_text("no image")
    results, seconds = run(paths)
    assert sum(bool(one.error) for one in results) == 2
    assert told[0].seconds == pytest.approx(seconds, rel=0.2)


def test_nothing_is_said_about_little_work(fake, tmp_path):
    run, told = fake
    run(write(tmp_path, 8))
    assert told == []
    run(write(tmp_path, 1))
    assert told == []


def test_a_long_movie_is_expected_to_fill_memory(fake, tmp_path):
    run, told = fake
    run(write(tmp_path, 1, 60))
    least = told[0].memory
    told.clear()
    run(write(tmp_path, 1, 60, shape=(800, 1200)))
    grown = 60 * (800 * 1200 - 40 * 60) * expecting.KEPT
    assert told[0].memory == pytest.approx(least + grown, abs=0.25)


def test_sizes_are_read_off_the_header(tmp_path):
    (movie,) = write(tmp_path, 1, 7)
    (picture,) = write(tmp_path, 1, suffix=".png")
    assert expecting.size_of(movie) == (7, *SHAPE)
    assert expecting.size_of(picture) == (1, *SHAPE)
    rgb = tmp_path / "rgb.tif"
    tifffile.imwrite(rgb, np.zeros((9, 8, 3), np.uint8), photometric="rgb")
    assert expecting.size_of(rgb) == (1, 9, 8)
    assert expecting.size_of(Path("none.tif")) is None
    strange = tmp_path / "a.czi"
    strange.write_bytes(b"ZISRAWFILE")
    assert expecting.size_of(strange) is None


def test_annotate_says_it_before_the_rest(tmp_path, monkeypatch):
    movie = synth.simulate_movie(6, (96, 128), 8, diameter=20, seed=3)
    for k, image in enumerate(movie.images):
        write_image(tmp_path / "in" / f"{k}.png", image)
    monkeypatch.setattr(expecting, "LEAST", 0.0)
    monkeypatch.setattr(expecting, "ENOUGH", 0.0)
    result = labkit_command("annotate", tmp_path / "in", "-o", tmp_path / "out")
    lines = result.stdout.splitlines()
    said = [k for k, line in enumerate(lines) if line.startswith("6 images of 96 x")]
    assert said == [1]  # after the first file, which warms up, and the second
    assert re.search(r"about \d+ seconds, \d+\.\d GB of memory$", lines[1])


@pytest.mark.parametrize("fixed", [0.0, 3.0])
def test_linking_is_measured_on_a_few_frames(clock, fixed):
    told, done = [], []

    def work(n, folder):
        assert folder.is_dir()
        done.append(n)
        clock.seconds += fixed + 0.8 * n + COMPILING * (len(done) == 1)

    expecting.foretell_tracking(told.append, (60, *SHAPE), work)
    assert told[0].n_images == 60
    assert told[0].seconds == pytest.approx(fixed + 0.8 * 60, rel=0.05)
    assert sum(done) < 10


def test_little_linking_is_not_announced(clock):
    told, done = [], []

    def work(n, folder):
        done.append(n)
        clock.seconds += 0.01 * n + COMPILING * (len(done) == 1)

    expecting.foretell_tracking(told.append, (90, *SHAPE), work)
    expecting.foretell_tracking(told.append, (9, *SHAPE), work)
    assert told == []
    assert done == [2, 2]
