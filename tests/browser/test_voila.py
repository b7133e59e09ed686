"""The pages without code, as `labkit app` serves them: no notebook round them."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import numpy as np
import pytest

from labkit.annotation import Annotation
from labkit.apps import write_page
from labkit.auto import AutoParams, annotate
from labkit.files.images import write_image
from labkit.files.labels import read_labels

pytestmark = pytest.mark.browser
PAINTED = """() => { const seen = document.querySelector('.labkit-screen canvas');
    return seen?.getContext('2d').getImageData(
        seen.width / 2, seen.height / 2, 1, 1).data[3] > 0; }"""


@pytest.fixture
def image(tmp_path):
    """A bright rectangle, in a folder of images."""
    image = np.zeros((200, 240), np.uint16)
    image[60:110, 80:140] = 3000
    write_image(tmp_path / "images" / "image.tif", image)
    return image


@pytest.fixture
def opened(lab, tmp_path, image):
    """Open one of the pages; they are closed afterwards."""
    pytest.importorskip("voila", reason="voila is not installed")
    with contextlib.ExitStack() as stack:

        def open_page(name):
            where = tmp_path / "page.ipynb"
            write_page(name, where, "images", "out", folder=tmp_path)
            address = stack.enter_context(served(tmp_path))
            wait_for(address)
            size = {"width": 1000, "height": 1000}
            page = lab.new_page(viewport=size)
            stack.callback(page.context.close)
            page.goto(address)
            return page

        yield open_page


@contextlib.contextmanager
def served(folder):
    """Run Voila on a folder; yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "voila", "page.ipynb", "--no-browser"]
    command += [f"--port={port}", "--Voila.ip=127.0.0.1"]
    env = os.environ | {"JUPYTER_RUNTIME_DIR": str(folder / "runtime")}
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


def wait_for(address, seconds=120):
    """Wait until a server answers."""
    end = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(f"{address}/static/", timeout=1)
        except urllib.error.HTTPError:
            return
        except OSError:
            assert time.monotonic() < end, "Voila does not start"
            time.sleep(0.3)
        else:
            return


def test_draw_and_accept(opened, tmp_path):
    page = opened("draw")
    ink = page.locator("canvas.labkit-ink")
    ink.wait_for()
    page.wait_for_function(PAINTED)
    box = ink.bounding_box()
    scale = min(box["width"] / 240, box["height"] / 200)
    angle = np.linspace(0, 2 * np.pi, 25)
    ring = np.c_[110 + 40 * np.cos(angle), 85 + 35 * np.sin(angle)] * scale
    margin = (
        np.array([box["width"], box["height"]]) - scale * np.array([240, 200])
    ) / 2
    places = ring + margin + np.array([box["x"], box["y"]])
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place)
    page.mouse.up()
    page.get_by_text("suggestion: ").wait_for()
    page.keyboard.press("Enter")
    page.get_by_text("added object 1").wait_for()
    assert page.locator(".highlight").count() == 0  # no code is seen
    (one,) = Annotation.open(tmp_path / "out" / "image.labkit").objects()
    assert one.area == pytest.approx(50 * 60, rel=0.08)


def test_tune_by_keyboard_and_annotate_all(opened, image, tmp_path):
    from playwright.sync_api import expect

    page = opened("annotate")
    handle = page.locator(".noUi-handle").first
    handle.wait_for()
    handle.focus()
    before = handle.get_attribute("aria-valuenow")
    page.keyboard.press("ArrowRight")
    expect(handle).not_to_have_attribute("aria-valuenow", before, timeout=120_000)
    page.get_by_role("button", name="Annotate this file").press("Enter")
    page.get_by_text("1 of 1 files").wait_for()
    settings = AutoParams.load(tmp_path / "out" / "auto.yaml")
    assert settings != AutoParams()
    labels = read_labels(tmp_path / "out" / "image.tif")
    assert np.array_equal(labels, annotate(image, settings))
