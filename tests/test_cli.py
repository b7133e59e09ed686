"""The command line as a user meets it: files in, files out, one line for errors."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import tifffile
import yaml
from commands import error_of, labkit_command

import labkit
from labkit import data, synth
from labkit.auto import AutoParams, annotate
from labkit.cli import course
from labkit.cli.console import clean
from labkit.files.images import read_scale, write_image
from labkit.files.labels import read_label_movie, read_labels, write_labels
from labkit.files.tables import read_csv
from labkit.metrics import match
from labkit.models import StarDist, StarDistParams, TrainParams

HUGE = ("--diameter", "9000")
COMMANDS = ("demo", "lab", "data", "annotate", "train", "segment", "track", "export")


@pytest.fixture(scope="module")
def movie():
    return synth.simulate_movie(3, (96, 128), 8, diameter=20, seed=3)


@pytest.fixture
def frames(movie, tmp_path):
    """A folder of three frames."""
    for k, image in enumerate(movie.images, 1):
        write_image(tmp_path / "movie" / f"frame{k}.png", image)
    return tmp_path / "movie"


@pytest.fixture(scope="module")
def model(movie, tmp_path_factory):
    """A saved model, untrained."""
    folder = tmp_path_factory.mktemp("model")
    StarDist(StarDistParams(n_rays=8, width=8, depth=2, diameter=20.0)).save(folder)
    return folder


@pytest.fixture
def quick(tmp_path):
    """Training parameters that learn nothing, fast."""
    TrainParams(batch_size=2, crop_size=64, every=1).save(tmp_path / "quick.yaml")
    return tmp_path / "quick.yaml"


# help


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command):
    result = labkit_command(command, "--help")
    assert result.exit_code == 0
    assert f"  labkit {command}" in result.stdout
    assert "Examples:" in result.stdout


def test_help_imports_nothing_heavy():
    code = (
        "import sys, labkit.cli\n"
        "heavy = {'torch', 'matplotlib', 'numba', 'skimage', 'numpy', 'rich'}\n"
        "print(heavy & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr


def test_version():
    assert labkit_command("--version").stdout.strip() == f"labkit {labkit.__version__}"


@pytest.mark.skipif(os.name != "posix", reason="pipes of the system differ")
def test_a_reader_that_has_seen_enough_is_no_error():
    reading, writing = os.pipe()
    os.close(reading)  # as head does after its lines
    command = [sys.executable, "-m", "labkit", "data"]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True)
    os.close(writing)
    assert done.stderr == ""
    assert done.returncode == 1


# annotate


def test_annotate_writes_labels_named_after_the_image(frames, movie, tmp_path):
    out = tmp_path / "labels"
    result = labkit_command("annotate", frames, "-o", out)
    assert result.exit_code == 0, result.output
    assert sorted(p.name for p in out.iterdir()) == [
        "auto.yaml",
        "frame1.tif",
        "frame2.tif",
        "frame3.tif",
        "left_out",
    ]
    labels = read_labels(out / "frame2.tif")
    assert tifffile.imread(out / "frame2.tif").dtype == np.uint16
    assert np.array_equal(labels, annotate(movie.images[1]))
    assert match(movie.labels[1], labels).precision > 0.8
    assert f"frame2.tif: {labels.max()} nuclei" in result.stdout
    assert "3 of 3 files done" in result.stdout


def test_annotate_options_and_their_file(frames, movie, tmp_path):
    first = tmp_path / "first"
    frame = frames / "frame1.png"
    options = ("--method", "otsu", "--diameter", "18", "--area-tolerance", "0.4")
    assert labkit_command("annotate", frame, "-o", first, *options).exit_code == 0
    params = AutoParams.load(first / "auto.yaml")
    assert params == AutoParams(method="otsu", diameter=18, area_tolerance=0.4)
    again = ("--params", first / "auto.yaml", "--keep-all")
    second = tmp_path / "second"
    assert labkit_command("annotate", frame, "-o", second, *again).exit_code == 0
    loaded = AutoParams.load(second / "auto.yaml")
    assert loaded == params.replace(area_tolerance=None)
    expected = annotate(movie.images[0], loaded)
    assert np.array_equal(read_labels(second / "frame1.tif"), expected)


def test_annotate_a_movie_file_keeps_its_scale(movie, tmp_path):
    file = tmp_path / "m.tif"
    write_image(file, movie.images, um_per_px=0.5, minutes_per_frame=4)
    result = labkit_command("annotate", file, "-o", tmp_path / "out")
    assert "3 frames" in result.stdout
    assert read_label_movie(tmp_path / "out" / "m.tif").shape == movie.images.shape
    scale = read_scale(tmp_path / "out" / "m.tif")
    assert scale.um_per_px == pytest.approx(0.5)
    assert scale.minutes_per_frame == pytest.approx(4)


BAD_IMAGES = {
    "empty": lambda path: path.write_bytes(b""),
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:300]),
    "text": lambda path: path.write_text("not an image"),
    "nan": lambda path: tifffile.imwrite(path, np.full((30, 30), np.nan, "f4")),
    "rgb": lambda path: tifffile.imwrite(
        path, np.random.default_rng(0).integers(0, 255, (30, 30, 3), np.uint8)
    ),
    "stack": lambda path: tifffile.imwrite(
        path, np.zeros((2, 3, 4, 30, 30), "u1"), imagej=True
    ),
}


@pytest.mark.parametrize("kind", BAD_IMAGES)
def test_a_bad_file_is_named_and_the_others_are_done(kind, frames, tmp_path):
    bad = frames / "frame2.tif"
    (frames / "frame2.png").rename(bad)
    BAD_IMAGES[kind](bad)
    out = tmp_path / "labels"
    result = labkit_command("annotate", frames, "-o", out)
    message = error_of(result)
    assert message.startswith("error: ")
    assert message.count(str(bad)) == 1
    assert ("--channel" in message) == (kind == "rgb")
    assert (out / "frame1.tif").exists()
    assert (out / "frame3.tif").exists()
    assert not (out / "frame2.tif").exists()
    assert "2 of 3 files done" in result.stdout


def test_warnings_stand_below_their_image(tmp_path):
    write_image(tmp_path / "blank.png", np.full((64, 64), 9, np.uint8))
    result = labkit_command("annotate", tmp_path / "blank.png", "-o", tmp_path / "out")
    assert result.exit_code == 0
    assert "warning: no nuclei found" in result.stderr
    assert "0 nuclei" in result.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("nowhere.png", "-o", "out"), "no file or folder"),
        (("{frames}", "-o", "{frames}/frame1.png/x"), "file stands in its way"),
        (("{frames}", "-o", "out", "--method", "magic"), "magic"),
        (("{frames}", "-o", "out", "--params", "none.yaml"), "none.yaml"),
        (("{frames}", "-o", "out", "--params", "{frames}/bad.yaml"), "bad.yaml"),
        (("{frames}", "-o", "out", "--existing", "maybe"), "maybe"),
        (("{frames}/empty", "-o", "out"), "no images"),
    ],
)
def test_wrong_words_give_one_clear_line(
    words, expected, frames, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (frames / "empty").mkdir()
    (frames / "bad.yaml").write_text("a: [")
    words = [word.format(frames=frames) for word in words]
    if "--method" in words:
        words[0] = str(frames / "frame1.png")
    assert expected in error_of(labkit_command("annotate", *words))


FAILING = {
    "no image": ("annotate", "{tmp}/empty", "-o", "{out}"),
    "bad image": ("annotate", "{tmp}/bad.tif", "-o", "{out}"),
    "bad image, model": ("segment", "{tmp}/bad.tif", "-o", "{out}", "--model", "{m}"),
    "bad diameter": ("segment", "{f}", "-o", "{out}", "--model", "{m}", *HUGE),
    "no labels": ("train", "{f}", "{tmp}/empty", "-o", "{out}"),
    "one frame": ("track", "{f}/frame1.png", "-o", "{out}"),
}


@pytest.mark.parametrize("words", FAILING.values(), ids=FAILING)
def test_a_failure_leaves_no_new_folder(words, frames, model, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.tif").write_text("not an image")
    before = sorted(tmp_path.rglob("*"))
    names = {"f": frames, "m": model, "tmp": tmp_path}
    for out in (tmp_path / "new" / "out", tmp_path / "empty"):
        error_of(labkit_command(*(word.format(out=out, **names) for word in words)))
        assert sorted(tmp_path.rglob("*")) == before


def test_a_failure_leaves_what_was_there_and_what_is_done(tmp_path):
    def broken(out, name=None):
        with clean(out):
            out.mkdir(exist_ok=True)
            if name:
                (out / name).touch()
            raise ValueError("late")

    (tmp_path / "there").mkdir()
    for words in (("there",), ("new",), ("full", "a.tif")):
        with pytest.raises(ValueError, match="late"):
            broken(tmp_path / words[0], *words[1:])
    left = sorted(path.name for path in tmp_path.rglob("*"))
    assert left == ["a.tif", "full", "there"]


def test_debug_shows_where(tmp_path):
    result = labkit_command("--debug", "annotate", "nowhere.png", "-o", tmp_path)
    assert isinstance(result.exception, FileNotFoundError)


def test_faults_of_labkit_are_called_so(frames, tmp_path, monkeypatch):
    def broken(*args):
        raise RuntimeError("off by one")

    monkeypatch.setattr("labkit.pipeline.batch.annotate_steps", broken)
    line = error_of(labkit_command("annotate", frames, "-o", tmp_path / "out"))
    assert "RuntimeError: off by one" in line
    assert "--debug" in line


def test_ctrl_c_keeps_what_is_done(frames, tmp_path, monkeypatch):
    from labkit.pipeline import batch

    real, calls = batch.annotate_steps, []

    def interrupted(image, params):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(image, params)

    monkeypatch.setattr(batch, "annotate_steps", interrupted)
    out = tmp_path / "out"
    line = error_of(labkit_command("annotate", frames, "-o", out), code=130)
    assert f"interrupted; 1 of 3 results are complete in {out}" in line
    files = [p for p in out.rglob("*") if p.is_file()]
    assert sorted(p.name for p in files) == ["auto.yaml", "frame1.tif", "frame1.tif"]
    result = labkit_command("annotate", frames, "-o", out, "--existing", "skip")
    assert "2 of 2 files done" in result.stdout


# train and segment


@pytest.fixture
def labelled(frames, movie, tmp_path):
    for k, labels in enumerate(movie.labels, 1):
        write_labels(tmp_path / "labels" / f"frame{k}.tif", labels)
    return frames, tmp_path / "labels"


def test_train_then_segment(labelled, quick, tmp_path):
    images, labels = labelled
    folder, out = tmp_path / "model", tmp_path / "segmented"
    words = ("train", images, labels, "-o", folder, "--steps", 3, "--params", quick)
    result = labkit_command(*words)
    assert result.exit_code == 0, result.output
    assert "3 images, 3 steps" in result.stdout
    saved = TrainParams.load(folder / "train.yaml")
    assert saved == TrainParams.load(quick).replace(steps=3)
    assert 10 < StarDist.load(folder).params.diameter < 30
    assert list(read_csv(folder / "history.csv")["step"]) == [1, 2, 3]
    assert (folder / "training.png").exists()

    assert "holds a model already" in error_of(labkit_command(*words))
    more = labkit_command(*words, "--overwrite", "--start", folder)
    assert more.exit_code == 0, more.output

    result = labkit_command("segment", "--model", folder, images, "-o", out)
    assert result.exit_code == 0, result.output
    names = sorted(p.name for p in out.iterdir())
    assert names == [
        *(f"frame{k}.tif" for k in (1, 2, 3)),
        "segment.csv",
        "segment.yaml",
    ]
    assert read_labels(out / "frame1.tif").shape == (96, 128)


def test_train_names_files_without_partner(labelled, tmp_path):
    images, labels = labelled
    (labels / "frame2.tif").rename(labels / "frame9.tif")
    line = error_of(labkit_command("train", images, labels, "-o", tmp_path / "m"))
    assert "frame2 without labels" in line
    assert "frame9 without an image" in line


def test_train_refuses_masks_for_labels(labelled, movie, tmp_path):
    images, labels = labelled
    mask = (movie.labels[0] > 0).astype(np.uint8) * 255
    tifffile.imwrite(labels / "frame1.tif", mask)
    line = error_of(labkit_command("train", images, labels, "-o", tmp_path / "m"))
    assert "mask" in line
    assert not (tmp_path / "m" / "model.yaml").exists()


def test_train_does_not_write_among_the_images(labelled, tmp_path):
    for folder in labelled:
        before = sorted(folder.iterdir())
        line = error_of(labkit_command("train", *labelled, "-o", folder))
        assert "is a folder of images" in line
        assert sorted(folder.iterdir()) == before


def test_folders_within_are_told_of(frames, tmp_path):
    write_image(frames / "more" / "a.tif", np.zeros((40, 40), np.uint8))
    (frames / "notes").mkdir()
    result = labkit_command("annotate", frames, "-o", frames / "out")
    assert result.exit_code == 0, result.output
    told = " ".join(result.stderr.split())
    assert f"folders within {frames} were left out (more); pass them as well" in told


def test_nothing_is_left_to_do(frames, tmp_path):
    words = ("annotate", frames, "-o", tmp_path / "out")
    assert labkit_command(*words).exit_code == 0
    again = labkit_command(*words, "--existing", "skip")
    assert again.exit_code == 0
    assert f"nothing to do: all results are in {tmp_path / 'out'}" in again.output


def test_train_refuses_labels_without_objects(labelled, tmp_path):
    images, labels = labelled
    for path in labels.glob("*.tif"):
        write_labels(path, np.zeros((96, 128), int))
    line = error_of(labkit_command("train", images, labels, "-o", tmp_path / "m"))
    assert "object" in line


def test_ctrl_c_during_training_keeps_the_best_weights(
    labelled, quick, model, tmp_path
):
    images, labels = labelled
    folder = tmp_path / "model"
    words = ["train", images, labels, "-o", folder, "--steps", 100000]
    words += ["--params", quick, "--start", model]
    command = [sys.executable, "-m", "labkit", *map(str, words)]
    log = tmp_path / "log"
    with log.open("w") as file:
        process = subprocess.Popen(
            command,
            stdout=file,
            stderr=file,
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
        )  # whoever runs the tests in the background has Ctrl-C switched off
        try:
            deadline = time.monotonic() + 240
            while "validation" not in log.read_text() and process.poll() is None:
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.2)
            process.send_signal(signal.SIGINT)
            assert process.wait(240) == 130, log.read_text()
        finally:
            process.kill()
    text = log.read_text()
    assert f"interrupted; the best weights so far are kept in {folder}" in text
    assert "Traceback" not in text
    assert StarDist.load(folder).params.diameter > 10
    facts = yaml.safe_load((folder / "history.yaml").read_text())
    assert facts["stopped"] == "interrupted"


def test_segment_without_a_model(frames, tmp_path):
    words = ("segment", "--model", tmp_path / "none", frames, "-o", tmp_path / "out")
    assert "holds no labkit model" in error_of(labkit_command(*words))


def test_segment_with_a_damaged_model(frames, model, tmp_path):
    folder = tmp_path / "copy"
    folder.mkdir()
    for file in model.iterdir():
        (folder / file.name).write_bytes(file.read_bytes()[:-10])
    words = ("segment", "--model", folder, frames, "-o", tmp_path / "out")
    assert str(folder) in error_of(labkit_command(*words))


def test_segment_a_blank_image_warns(model, tmp_path):
    write_image(tmp_path / "blank.png", np.zeros((64, 64), np.uint8))
    words = ("segment", "--model", model, tmp_path / "blank.png", "-o", tmp_path / "o")
    result = labkit_command(*words)
    assert result.exit_code == 0, result.output
    assert read_labels(tmp_path / "o" / "blank.tif").shape == (64, 64)


def test_segment_says_when_nuclei_have_another_size(model, tmp_path):
    image = synth.simulate_movie(1, (160, 160), 6, diameter=50).images[0]
    write_image(tmp_path / "large.png", image)
    words = ("segment", "--model", model, tmp_path / "large.png", "-o")
    result = labkit_command(*words, tmp_path / "a")
    assert re.search(r"nuclei look \d\d px wide, .* 20 px; try", result.stderr)
    result = labkit_command(*words, tmp_path / "b", "--diameter", "auto")
    assert result.exit_code == 0, result.output
    assert "px wide" not in result.stderr
    line = error_of(labkit_command(*words, tmp_path / "c", "--diameter", "big"))
    assert "px, auto or trained, got 'big'" in line


# track


def test_track(movie, tmp_path):
    for k, labels in enumerate(movie.labels, 1):
        write_labels(tmp_path / "seg" / f"frame{k}.tif", labels)
    out = tmp_path / "tracks"
    words = ("track", tmp_path / "seg", "-o", out)
    options = ("--um-per-px", 0.5, "--minutes-per-frame", 10, "--max-distance", 15)
    result = labkit_command(*words, *options)
    assert result.exit_code == 0, result.output
    tracks = read_csv(out / "tracks.csv")
    n_tracks = np.unique(tracks["track_id"]).size
    assert f"{n_tracks} tracks" in result.stdout
    assert len(read_csv(out / "track_stats.csv")) == n_tracks
    assert read_scale(out / "tracks.tif").um_per_px == pytest.approx(0.5)
    params = yaml.safe_load((out / "track.yaml").read_text())
    assert params["max_distance"] == 15
    assert "lengths in um, times in min (0.5 um a px, 10 min a frame)" in result.stdout
    units = yaml.safe_load((out / "units.yaml").read_text())
    assert units["um_per_px"] == 0.5
    assert (units["length"], units["time"]) == ("um", "min")
    assert "holds tracks already" in error_of(labkit_command(*words))
    assert labkit_command(*words, "--um-per-px", 0).exit_code == 2


def test_tracks_without_a_scale_say_so(movie, tmp_path):
    for k, labels in enumerate(movie.labels, 1):
        write_labels(tmp_path / "seg" / f"frame{k}.tif", labels)
    result = labkit_command("track", tmp_path / "seg", "-o", tmp_path / "out")
    assert "lengths in px, times in frames (pixel size unknown" in result.stdout
    params = yaml.safe_load((tmp_path / "out" / "track.yaml").read_text())
    assert params["max_distance"] > 1  # what was estimated


def test_track_warns_of_links_that_are_guesses(tmp_path):
    rng = np.random.default_rng(0)
    for k in range(4):  # every frame shows other nuclei
        labels = np.zeros((120, 120), np.int32)
        for number, (row, col) in enumerate(rng.integers(5, 115, (40, 2)), 1):
            labels[row - 3 : row + 4, col - 3 : col + 4] = number
        write_labels(tmp_path / "seg" / f"{k}.tif", labels)
    result = labkit_command("track", tmp_path / "seg", "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "many links are guesses" in " ".join(result.stderr.split())


def test_track_refuses_a_single_frame(movie, tmp_path):
    write_labels(tmp_path / "a.tif", movie.labels[0])
    line = error_of(labkit_command("track", tmp_path / "a.tif", "-o", tmp_path / "o"))
    assert "at least 2 frames" in line


def test_track_refuses_frames_of_several_shapes(movie, tmp_path):
    write_labels(tmp_path / "seg" / "a.tif", movie.labels[0])
    write_labels(tmp_path / "seg" / "b.tif", movie.labels[1][:50])
    line = error_of(labkit_command("track", tmp_path / "seg", "-o", tmp_path / "o"))
    assert "b.tif" in line
    assert "shape" in line


# data, lab, demo


def test_data_lists_all_sets(tmp_path, monkeypatch):
    monkeypatch.delenv("LABKIT_DATA", raising=False)
    monkeypatch.setattr("labkit.data.fetch.cache_folder", lambda: tmp_path)
    result = labkit_command("data")
    assert result.exit_code == 0
    head, *lines, _, last = result.stdout.splitlines()
    assert [line.split()[0] for line in lines] == data.names()
    where = head.index("on disk")
    states = {line.split()[0]: line[where:].split()[0] for line in lines}
    assert (states["nuclei"], states["dsb2018_test"]) == ("yes", "no")
    assert "labkit data NAME" in last


def test_data_prints_the_folder_of_a_set():
    assert Path(labkit_command("data", "nuclei").stdout.strip()).is_dir()


def test_data_unknown_set():
    assert "no image set 'mars'" in error_of(labkit_command("data", "mars"))


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """An installed labkit: no checkout around the package, notebooks inside."""
    package = tmp_path / "site-packages" / "labkit"
    (package / "notebooks").mkdir(parents=True)
    for name in ("01_first.ipynb", "04_later.ipynb"):
        (package / "notebooks" / name).write_text(json.dumps({"cells": []}))
    monkeypatch.setattr(labkit, "__file__", str(package / "__init__.py"))
    return package


def test_lab_copies_installed_notebooks_and_keeps_edited_ones(installed, tmp_path):
    folder = tmp_path / "mine"
    assert course.find_notebooks(folder) == folder
    (folder / "01_first.ipynb").write_text("edited")
    (folder / "04_later.ipynb").unlink()
    course.find_notebooks(folder)
    assert (folder / "01_first.ipynb").read_text() == "edited"
    assert (folder / "04_later.ipynb").exists()


def test_lab_opens_the_first_notebook(installed, tmp_path, monkeypatch):
    seen = []

    def run(command, **_):
        seen.extend(command)
        return subprocess.CompletedProcess(command, 3)

    monkeypatch.setattr(course.subprocess, "run", run)
    folder = tmp_path / "mine"
    words = ("lab", "--port", 9001, "--folder", folder, "--", "--no-browser")
    result = labkit_command(*words)
    assert result.exit_code == 3
    assert seen[1:4] == ["-m", "jupyterlab", str(folder / "01_first.ipynb")]
    assert seen[4:] == ["--ServerApp.port=9001", "--no-browser"]


def test_lab_without_notebooks(installed, tmp_path):
    for path in (installed / "notebooks").iterdir():
        path.unlink()
    line = error_of(labkit_command("lab", "--folder", tmp_path / "mine"))
    assert "no notebooks" in line


def test_demo_on_own_images(frames, tmp_path, monkeypatch):
    from labkit.pipeline import RunParams, examples

    params = RunParams(
        model=StarDistParams(n_rays=8, width=8, depth=2),
        training=TrainParams(steps=2, batch_size=2, crop_size=64, every=1),
    )
    monkeypatch.setattr(examples, "_params", lambda *a, **k: params)
    out = tmp_path / "out"
    result = labkit_command("demo", "-o", out, "--images", frames)
    assert result.exit_code == 0, result.output
    assert f"report: {out / 'report.html'}" in result.stdout
    assert result.stdout.count(" s)") == 4
    assert (out / "report.html").read_text("utf-8").count("data:image/png") >= 5


def test_demo_names_missing_images(tmp_path):
    words = ("demo", "-o", tmp_path / "out", "--images", tmp_path / "none")
    assert "no file or folder" in error_of(labkit_command(*words))


@pytest.mark.skipif(os.name != "posix", reason="folders of the system differ")
def test_no_write_permission_is_one_line(frames):
    line = error_of(labkit_command("annotate", frames, "-o", "/proc/labkit"))
    assert "cannot make the folder /proc/labkit" in line
