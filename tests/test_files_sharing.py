"""Results out of a notebook, and images into it on Colab."""

import sys
import types
import zipfile

import numpy as np
import pytest

from labkit.files.images import write_image
from labkit.files.sharing import download, upload


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def results(here):
    folder = here / "results"
    (folder / "labels").mkdir(parents=True)
    (folder / "table.csv").write_text("a,b\n")
    (folder / "labels" / "one.txt").write_text("1")
    (folder / ".hidden").write_text("no")
    return folder


@pytest.fixture
def colab(monkeypatch):
    """What of Colab's module is used, and what was asked of it."""
    files = types.SimpleNamespace(saved=[], given={})
    files.download = lambda name: files.saved.append(name)
    files.upload = lambda: files.given
    module = types.ModuleType("google.colab")
    module.files = files
    monkeypatch.setitem(sys.modules, "google", types.ModuleType("google"))
    monkeypatch.setitem(sys.modules, "google.colab", module)
    return files


def test_a_folder_becomes_a_zip_that_the_link_reaches(results, here):
    link = download("results")
    assert link.path == "results.zip"
    with zipfile.ZipFile(here / link.path) as archive:
        assert sorted(archive.namelist()) == ["labels/one.txt", "table.csv"]


def test_the_working_folder_itself_and_again(results, here):
    for _ in range(2):
        with zipfile.ZipFile(download(".").path) as archive:
            names = archive.namelist()
    assert names == ["results/labels/one.txt", "results/table.csv"]


def test_a_file_is_offered_as_it_is_if_the_link_reaches_it(results, here, monkeypatch):
    assert download("results/table.csv").path == "results/table.csv"
    (here / "elsewhere").mkdir()
    monkeypatch.chdir(here / "elsewhere")
    assert download(results / "table.csv").path == "table.csv.zip"


def test_colab_saves_at_once(results, here, colab):
    assert download("results") is None
    assert colab.saved == [str(here / "results.zip")]


@pytest.mark.parametrize("what", ["nothing", "empty"])
def test_nothing_to_download(here, what):
    (here / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match=what):
        download(what)


def test_images_are_uploaded_into_a_folder(here, colab):
    write_image(here / "mine.tif", np.zeros((4, 5), np.uint8))
    colab.given = {"mine.tif": (here / "mine.tif").read_bytes()}
    assert [path.name for path in upload("own")] == ["mine.tif"]
    assert not (here / "mine.tif").exists()
    colab.given = {}  # nothing chosen this time: those of before are still there
    assert len(upload("own")) == 1


def test_only_colab_uploads(here):
    with pytest.raises(ValueError, match="drag the files into the file browser"):
        upload()
