"""The film of the README: real nuclei, careless lines, the network that comes along."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from lab import Picture
from PIL import Image

pytestmark = pytest.mark.browser

SCRIPT = Path(__file__).resolve().parents[2] / "docs" / "make_assist_film.py"


@pytest.fixture(scope="module")
def maker():
    spec = importlib.util.spec_from_file_location("make_assist_film", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_lines_become_contours_and_a_film(lab, maker, tmp_path):
    notebook = lab.open(maker.SETUP, name="film.ipynb")
    picture = Picture(notebook, "annotator.screen")
    notebook.until("annotator.session.prob.done == 1")
    shots = maker.film(notebook, picture, maker.lazy_lines(notebook, 2))
    match = "lk.metrics.match(truth * np.isin(truth, largest[:2]), annotator.labels)"
    assert notebook.value(f"{match}.mean_iou") > 0.8
    notebook.close()
    maker.write_gif(tmp_path / "film.gif", shots)
    film = Image.open(tmp_path / "film.gif")
    assert film.n_frames > 12
    film.seek(film.n_frames - 1)
    pixels = np.asarray(film.convert("RGB")).astype(int)
    coloured = pixels.max(axis=-1) - pixels.min(axis=-1) > 60
    assert coloured.sum() > 100  # the contour that was accepted first
