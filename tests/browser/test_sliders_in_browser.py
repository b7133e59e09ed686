"""A real JupyterLab page: the keyboard moves a slider and the picture follows."""

import time

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


@pytest.fixture
def page(lab):
    notebook = lab.open(SETUP, name="explore.ipynb")
    yield notebook.page
    notebook.close()


def test_arrow_key_changes_the_picture(page):
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


def n_objects(level):
    """Return how many objects the function in the page finds at `level`."""
    names = {}
    exec(SETUP.rsplit("lk.explore", 1)[0], names)
    return names["objects"](names["image"], level).max()
