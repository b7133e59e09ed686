"""Pages without code: what their buttons do, and what is served."""

import signal

import nbformat
import numpy as np
import pytest
from typer.testing import CliRunner

from labkit.apps import AnnotationApp, write_page
from labkit.auto import AutoParams, annotate
from labkit.cli import app
from labkit.files.images import read_image, write_image
from labkit.files.labels import read_labels
from labkit.synth import simulate_movie


@pytest.fixture
def images(tmp_path):
    movie = simulate_movie(3, (96, 120), 12, diameter=16, seed=0)
    for number, image in enumerate(movie.images):
        write_image(tmp_path / "images" / f"{number}.tif", image)
    return tmp_path / "images"


def test_all_images_get_the_parameters_chosen_on_one(images, tmp_path):
    page = AnnotationApp(images, tmp_path / "labels")
    page.explorer.presets.value = "as published"
    page.chosen.value = images / "2.tif"
    assert page.explorer.presets.value == "as published"
    page.start.click()
    page.wait()
    settings = AutoParams.load(tmp_path / "labels" / "auto.yaml")
    assert settings == page.explorer.settings
    assert settings.method == "otsu"
    for name in "012":
        labels = read_labels(tmp_path / "labels" / f"{name}.tif")
        image = read_image(images / f"{name}.tif")
        assert np.array_equal(labels, annotate(image, settings))
    assert "3 of 3 files" in page.status
    assert page.stop.disabled
    assert not page.start.disabled


def test_a_bad_file_is_told_and_the_others_are_done(images, tmp_path):
    (images / "1.tif").write_bytes(b"nothing")
    page = AnnotationApp(images, tmp_path / "labels")
    before = page.explorer
    page.chosen.value = images / "1.tif"
    assert page.explorer is before
    assert "1.tif" in page.status
    page.begin()
    page.wait()
    assert "1.tif" in page.status
    assert {p.name for p in (tmp_path / "labels").iterdir()} >= {"0.tif", "2.tif"}


def test_stopped_work_keeps_what_is_done(images, tmp_path, monkeypatch):
    page = AnnotationApp(images, tmp_path / "labels")
    tell = page._tell

    def stop_after_the_first(done, warnings, ended=False):
        tell(done, warnings, ended)
        page.stop.click()

    monkeypatch.setattr(page, "_tell", stop_after_the_first)
    page.begin()
    page.wait()
    assert "1 of 3 files" in page.status
    assert (tmp_path / "labels" / "0.tif").exists()
    assert not (tmp_path / "labels" / "1.tif").exists()


def test_labels_of_others_are_replaced_only_when_asked(images, tmp_path):
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "1.tif").write_bytes(b"corrected by hand")
    page = AnnotationApp(images, tmp_path / "labels")
    page.begin()
    page.wait()
    assert "holds 1 labels already, such as 1.tif" in page.status
    assert (tmp_path / "labels" / "1.tif").read_bytes() == b"corrected by hand"
    page.replace.value = True
    page.begin()
    page.wait()
    assert "3 of 3 files" in page.status
    page.replace.value = False
    page.begin()  # its own it may replace
    page.wait()
    assert "3 of 3 files" in page.status


def test_labels_cannot_replace_their_images(images):
    page = AnnotationApp(images, images)
    page.begin()
    assert "not begun: the result would replace its input" in page.status


def test_a_page_is_a_notebook_of_one_cell(images, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = write_page("draw", "page.ipynb", "images", "drawn")
    book = nbformat.read(path, 4)
    nbformat.validate(book)
    (cell,) = (cell for cell in book.cells if cell.cell_type == "code")
    assert f"Annotator({str(images)!r}, folder={str(tmp_path / 'drawn')!r})" in (
        cell.source
    )
    usual = nbformat.read(write_page("draw", "page.ipynb", "images", None), 4)
    assert usual.cells[1].source.endswith("folder=None)")
    with pytest.raises(ValueError, match="must be one of annotate, draw"):
        write_page("paint", "page.ipynb", "images", "drawn")
    with pytest.raises(FileNotFoundError):
        write_page("draw", "page.ipynb", "nowhere", "drawn")


def test_the_command_serves_the_page(images, monkeypatch):
    served = []

    def run(command, check):
        book = nbformat.read(command[3], 4)
        served.append((command, book.cells[1].source))
        return type("Done", (), {"returncode": 0})

    monkeypatch.setattr("subprocess.run", run)
    words = ["app", "annotate", str(images), "-o", "out", "--", "--no-browser"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    ((command, source),) = served
    assert command[1:3] == ["-m", "voila"]
    assert command[-1] == "--no-browser"
    assert "AnnotationApp" in source
    result = CliRunner().invoke(app, ["app", "draw", "nowhere"])
    assert result.exit_code != 0
    assert "nowhere" in result.output


def test_a_request_to_end_stops_the_page_as_ctrl_c_does(images, monkeypatch):
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr("subprocess.run", lambda *_, **__: signal.raise_signal(15))
    result = CliRunner().invoke(app, ["app", "draw", str(images)])
    assert result.exit_code == 130
    assert "interrupted; what was done is in" in result.output
    assert signal.getsignal(signal.SIGTERM) == before
