"""The annotator on a Voila page, where there is no notebook round it."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import nbformat
import numpy as np
import pytest

from labkit.annotation import Annotation

pytestmark = pytest.mark.browser

CELL = """
import numpy as np
from labkit.canvas import Annotator

image = np.zeros((200, 240), np.uint16)
image[60:110, 80:140] = 3000
annotator = Annotator(image, model=None, folder="voila", view_shape=(400, 480))
annotator
"""


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
        server.terminate()
        server.wait(20)


def wait_for(address, seconds=60):
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


def test_draw_and_accept_on_a_voila_page(lab, tmp_path):
    pytest.importorskip("voila", reason="voila is not installed")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python"}
    nbformat.write(notebook, tmp_path / "page.ipynb")
    with served(tmp_path) as address:
        wait_for(address)
        page = lab.browser.new_context(
            viewport={"width": 1000, "height": 800}
        ).new_page()
        page.goto(address, timeout=120_000)
        ink = page.locator("canvas.labkit-ink")
        ink.wait_for(timeout=90_000)
        page.wait_for_timeout(1500)
        box = ink.bounding_box()
        angle = np.linspace(0, 2 * np.pi, 25)
        ring = np.c_[110 + 40 * np.cos(angle), 85 + 35 * np.sin(angle)] * 2
        places = ring + np.array([box["x"], box["y"]])
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place)
        page.mouse.up()
        page.get_by_text("suggestion: ").wait_for(timeout=20_000)
        page.keyboard.press("Enter")
        page.get_by_text("added object 1").wait_for(timeout=20_000)
        page.context.close()
    (one,) = Annotation.open(tmp_path / "voila" / "image.labkit").objects()
    assert one.area == pytest.approx(50 * 60, rel=0.08)
