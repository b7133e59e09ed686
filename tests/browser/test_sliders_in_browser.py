"""A real JupyterLab page: the keyboard moves a slider and the picture follows."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import nbformat
import pytest

pytestmark = pytest.mark.browser

SETUP = """
import cv2
import numpy as np
import labkit as lk

image = lk.synth.simulate_movie(1, (512, 512), 60, seed=0).images[0]
image = np.tile(image, (4, 4))  # 2048 x 2048


def objects(image, level):
    smooth = cv2.blur(image, (9, 9))
    mask = smooth > np.percentile(smooth[::8, ::8], level)
    return cv2.connectedComponents(mask.astype(np.uint8))[1]


lk.explore.explore(objects, image, level=(50, 99, 1, 80))
"""


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    path = os.environ.get("LABKIT_BROWSER") or shutil.which("chromium")
    with playwright.sync_playwright() as engine:
        try:
            page_maker = engine.chromium.launch(
                executable_path=path, args=["--no-sandbox"]
            )
        except playwright.Error as error:
            pytest.skip(f"no browser: {str(error).splitlines()[0]}")
        yield page_maker
        page_maker.close()


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Serve a folder with one notebook; yield the address of that notebook."""
    folder = tmp_path_factory.mktemp("lab")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SETUP)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, folder / "explore.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [f"--ServerApp.port={port}", f"--ServerApp.root_dir={folder}"]
    command += ["--IdentityProvider.token=", "--ServerApp.ip=127.0.0.1"]
    environment = {**os.environ, "JUPYTER_CONFIG_DIR": str(folder / "config")}
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    try:
        _wait_for(f"http://127.0.0.1:{port}/api", server, folder / "log")
        yield f"http://127.0.0.1:{port}/doc/tree/explore.ipynb?reset"
    finally:
        server.terminate()
        server.wait(20)


def _wait_for(address, server, log):
    """Wait until the server answers."""
    for _ in range(120):
        if server.poll() is not None:
            pytest.fail(f"JupyterLab stopped: {log.read_text()[-1000:]}")
        try:
            urllib.request.urlopen(address, timeout=1)
        except OSError:
            time.sleep(0.5)
        else:
            return
    pytest.fail("JupyterLab did not answer within a minute")


def test_arrow_key_changes_the_picture(browser, lab):
    page = browser.new_page(viewport={"width": 1300, "height": 1100})
    page.goto(lab, timeout=120_000)
    page.locator(".jp-CodeCell .cm-content").first.click(timeout=120_000)
    page.wait_for_selector("text=Python 3 (ipykernel) | Idle", timeout=120_000)
    page.keyboard.press("Shift+Enter")
    handle = page.locator(".noUi-handle")
    handle.wait_for(timeout=120_000)
    pictures = page.locator(".jp-OutputArea img")
    assert pictures.count() == 2
    status = page.locator(".widget-html", has_text="objects")
    before = pictures.nth(1).get_attribute("src"), status.inner_text()

    handle.focus()
    start = time.perf_counter()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "old => document.querySelectorAll('.jp-OutputArea img')[1].src != old",
        arg=before[0],
        timeout=10_000,
    )
    seconds = time.perf_counter() - start
    page.wait_for_timeout(500)
    assert handle.get_attribute("aria-valuenow") == "81.0"
    assert status.inner_text().startswith(f"{n_objects(81)} objects")
    assert status.inner_text() != before[1]
    assert seconds < 3, f"one slider move took {seconds:.2f} s"

    for _ in range(15):  # a held key: the last value counts, nothing piles up
        page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(1500)
    assert handle.get_attribute("aria-valuenow") == "66.0"
    assert page.locator(".widget-readout").inner_text() == "66"
    assert status.inner_text().startswith(f"{n_objects(66)} objects")
    page.close()


def n_objects(level):
    """Return how many objects the function in the page finds at `level`."""
    names = {}
    exec(SETUP.rsplit("lk.explore", 1)[0], names)
    return names["objects"](names["image"], level).max()
