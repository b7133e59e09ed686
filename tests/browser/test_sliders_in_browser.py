"""A real JupyterLab page: the keyboard moves a slider and the picture follows."""

import re

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
    handle.wait_for()
    pictures = page.locator(".jp-OutputArea img")
    assert pictures.count() == 2
    status = page.locator(".widget-html", has_text="objects")
    before = pictures.nth(1).get_attribute("src"), status.inner_text()

    handle.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "old => document.querySelectorAll('.jp-OutputArea img')[1].src != old",
        arg=before[0],
    )
    shows(handle, status, 81)
    assert status.inner_text() != before[1]

    for _ in range(15):  # a held key: the last value counts, nothing piles up
        page.keyboard.press("ArrowLeft")
    shows(handle, status, 66)
    assert page.locator(".widget-readout").inner_text() == "66"


def shows(handle, status, level):
    """Wait until the slider stands at `level` and the result is that of `level`."""
    from playwright.sync_api import expect

    expect(handle).to_have_attribute("aria-valuenow", f"{level}.0", timeout=120_000)
    count = re.compile(f"^{n_objects(level)} objects")
    expect(status).to_have_text(count, timeout=120_000)


def n_objects(level):
    """Return how many objects the function in the page finds at `level`."""
    names = {}
    exec(SETUP.rsplit("lk.explore", 1)[0], names)
    return names["objects"](names["image"], level).max()


ANNOTATION = """
import labkit as lk

nuclei = lk.data.load("nuclei")
explorer = lk.explore.annotation(nuclei.images[0], nuclei.labels[0])
explorer
"""


@pytest.fixture
def asked(lab):
    notebook = lab.open(ANNOTATION, name="annotation.ipynb")
    box = notebook.page.locator(".labkit-point")
    box.wait_for()
    yield notebook, box
    notebook.close()


def test_click_and_arrow_keys_ask_why_a_nucleus_disappeared(asked):
    notebook, box = asked
    page, place = notebook.page, (81, 350)  # two nuclei in one
    box.scroll_into_view_if_needed()
    frame = box.bounding_box()
    at = [(k + 0.5) / 512 for k in place]
    page.mouse.click(
        frame["x"] + at[1] * frame["width"], frame["y"] + at[0] * frame["height"]
    )
    page.get_by_text("Too large:").wait_for()
    row, col = notebook.value("explorer._picture.point")
    assert abs(row - place[0]) + abs(col - place[1]) <= 2  # whole px of the page
    assert notebook.value("explorer.explanation.step") == "area"

    for _ in range(3):  # the picture has the focus now; JupyterLab must not take them
        page.keyboard.press("Shift+ArrowUp")
    notebook.until(f"explorer._picture.point == [0, {col}]")
    page.keyboard.press("ArrowDown")
    notebook.until(f"explorer._picture.point == [4, {col}]")
    assert notebook.n_cells() == 1
    assert not notebook.console


def test_presets_boxes_and_file_by_keyboard(asked):
    notebook, _ = asked
    page = notebook.page
    assert notebook.value("explorer.presets.value") == "default"
    page.get_by_role("button", name="as published").focus()
    page.keyboard.press("Enter")
    notebook.until("explorer.settings.method == 'otsu'")
    row = page.get_by_role("spinbutton", name="row", exact=True)
    row.fill("81")
    row.press("Enter")
    notebook.until("explorer._picture.point == [81, 0]")
    page.get_by_role("button", name="Save parameters").focus()
    page.keyboard.press("Enter")
    page.get_by_text("labkit annotate IMAGES").wait_for()
    saved = "__import__('labkit').auto.AutoParams.load('parameters.yaml').method"
    assert notebook.value(saved) == "otsu"
