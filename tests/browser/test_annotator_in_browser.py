"""The annotator in JupyterLab, driven by mouse and keys as a person does."""

import os
import signal

import numpy as np
import pytest
from lab import Picture

pytestmark = pytest.mark.browser

SETUP = """
import os
import numpy as np
from labkit.canvas import Annotator

rows, cols = np.indices((300, 360))
centres = [(60, 60), (60, 140), (60, 220), (160, 80), (160, 200), (240, 290)]
truth = np.zeros((300, 360), np.int32)
for label, (row, col) in enumerate(centres, start=1):
    truth[(rows - row) ** 2 + (cols - col) ** 2 <= 22**2] = label
noise = np.random.default_rng(0).normal(0, 60, truth.shape)
image = np.clip(500 + 2500 * (truth > 0) + noise, 0, 65535).astype(np.uint16)
annotator = Annotator(
    {"first": image, "second": image[::-1]},
    folder="saved",
    classes=["normal", "mitotic"],
    model=None,
    view_shape=(600, 720),
)
iou = lambda label, number: float(
    ((annotator.labels == label) & (truth == number)).sum()
    / ((annotator.labels == label) | (truth == number)).sum()
)
annotator
"""
CENTRES = [(60, 60), (60, 140), (60, 220), (160, 80), (160, 200), (240, 290)]


def circle(centre, radius=26):
    angle = np.linspace(0, 2 * np.pi, 30)
    return np.c_[centre[0] + radius * np.sin(angle), centre[1] + radius * np.cos(angle)]


@pytest.fixture(scope="module")
def notebook(lab):
    opened = lab.open(SETUP, "1 + 1", name="annotator.ipynb", has_touch=True)
    yield opened
    opened.close()


@pytest.fixture
def picture(notebook):
    """The picture with nothing annotated and the drawing tool in hand."""
    notebook.run(
        "annotator.session.cancel(); annotator.open(0)\n"
        "annotator.annotation.delete(*[o.id for o in annotator.annotation.objects()])\n"
        "annotator.session.assisted = True; annotator.session.use('draw')\n"
        "annotator.session.class_id = 0; annotator.fit(); annotator.open(0)"
    )
    return Picture(notebook, "annotator.screen")


def n_objects(notebook, n):
    """Wait until there are `n` objects."""
    notebook.until(f"len(annotator.annotation) == {n}")


def press(picture, *keys):
    for key in keys:
        picture.page.keyboard.press(key)


def button(picture, name):
    picture.page.get_by_role("button", name=name, exact=True).click()


def suggest(notebook, picture, number=0):
    """Draw round a disc and wait for the suggestion."""
    picture.drag(circle(CENTRES[number]))
    notebook.until("annotator.session.pending is not None")


def test_draw_suggest_accept_by_key_and_by_button(notebook, picture):
    suggest(notebook, picture, 0)
    assert "suggestion: " in picture.page.locator(".labkit-annotator").inner_text()
    press(picture, "Enter")
    n_objects(notebook, 1)
    suggest(notebook, picture, 1)
    button(picture, "✓ accept")
    n_objects(notebook, 2)
    assert notebook.value("iou(1, 1) > .9 and iou(2, 2) > .9")


def test_suggestion_and_object_are_seen(notebook, picture):
    inside = [CENTRES[0], (CENTRES[0][0], CENTRES[0][1] + 22)]
    before = picture.pixels(inside)
    suggest(notebook, picture, 0)
    picture.until_changed(inside, before)
    front = picture.page.evaluate(
        "() => document.querySelectorAll('.labkit-screen canvas').length"
    )
    assert front >= 2
    press(picture, "Enter")
    n_objects(notebook, 1)
    press(picture, "Escape", "f")
    notebook.until("annotator._easel.look.fill > 0")
    middle = inside[:1]
    notebook.eventually(lambda: picture.pixels(middle)[0][:3] != before[0][:3])
    press(picture, "f")


def test_reject_next_and_undo(notebook, picture):
    suggest(notebook, picture, 0)
    press(picture, "x")
    notebook.until("annotator.session.pending is None")
    suggest(notebook, picture, 0)
    press(picture, "n")
    notebook.until("annotator.session.pending.index == 1")
    press(picture, "n")
    press(picture, "Enter")
    n_objects(notebook, 1)
    press(picture, "z")
    n_objects(notebook, 0)
    press(picture, "y")
    n_objects(notebook, 1)
    button(picture, "↶")
    n_objects(notebook, 0)


def test_edit_with_the_brush_after_a_double_click(notebook, picture):
    suggest(notebook, picture, 3)
    press(picture, "Enter")
    n_objects(notebook, 1)
    area = notebook.value("annotator.annotation.objects()[0].area")
    picture.click(CENTRES[3], count=2)
    notebook.until("annotator.session.tool == 'brush'")
    row, col = CENTRES[3]
    picture.drag([(row, col + 20), (row, col + 30)])
    notebook.until(f"annotator.annotation.objects()[0].area > {area}")
    picture.drag([(row, col + 12), (row, col + 34)], modifiers=["Alt"])
    notebook.until(f"annotator.annotation.objects()[0].area < {area}")
    assert notebook.value("annotator.annotation.objects()[0].edited")


def test_split_and_merge_by_hand(notebook, picture):
    suggest(notebook, picture, 4)
    press(picture, "Enter", "k")
    n_objects(notebook, 1)
    row, col = CENTRES[4]
    picture.drag([(row - 30, col), (row, col + 1), (row + 30, col)])
    n_objects(notebook, 2)
    press(picture, "m")
    n_objects(notebook, 1)
    assert notebook.value("iou(annotator.annotation.objects()[0].id, 5) > .9")


def test_classes_by_key_and_by_button(notebook, picture):
    suggest(notebook, picture, 0)
    press(picture, "Enter", "2")
    notebook.until("[o.class_id for o in annotator.annotation.objects()] == [2]")
    button(picture, "1 normal (0)")
    notebook.until("[o.class_id for o in annotator.annotation.objects()] == [1]")
    field = picture.page.get_by_placeholder("new class, Enter adds")
    field.fill("dead nuclei")
    field.press("Enter")
    notebook.until("len(annotator.annotation.classes) == 3")
    notebook.run("annotator.annotation.remove_class(3); annotator.open(0)")


def test_keys_do_not_reach_jupyterlab_nor_fields(notebook, picture):
    n_cells = notebook.n_cells()
    button(picture, "1:1")
    for key in ("d", "d", "a", "a", "b", "x", "m", "y", "z", "0", "0"):
        press(picture, key)
    assert notebook.n_cells() == n_cells
    notebook.until("annotator.session.tool == 'box'")
    field = picture.page.get_by_placeholder("new class, Enter adds")
    field.fill("")
    field.type("dapkx")
    assert field.input_value() == "dapkx"
    assert notebook.value("annotator.session.tool") == "box"
    field.fill("")
    picture.click((5, 5))


def test_zoom_then_draw(notebook, picture):
    picture.wheel(CENTRES[4], -600)
    notebook.until("annotator.screen.viewport.zoom > 4")
    suggest(notebook, picture, 4)
    press(picture, "Enter", "h")
    n_objects(notebook, 1)
    assert notebook.value("iou(annotator.annotation.objects()[0].id, 5) > .9")
    notebook.until("annotator.screen.viewport.zoom < 3")


def test_next_image_and_back(notebook, picture):
    suggest(notebook, picture, 0)
    button(picture, "▶")
    notebook.until("annotator._desk.index == 1")
    press(picture, "PageUp")
    notebook.until("annotator._desk.index == 0")
    n_objects(notebook, 1)


def test_the_object_list_finds_objects(notebook, picture):
    for number in (0, 5):
        suggest(notebook, picture, number)
    press(picture, "Enter")
    n_objects(notebook, 2)
    options = picture.page.locator(".labkit-objects option")
    first = notebook.value("annotator.annotation.objects()[0].id")
    options.nth(0).click()
    notebook.until(f"annotator.session.selected == ({first},)")
    notebook.until("annotator.screen.viewport.zoom > 3")


def test_touch_draws(notebook, picture):
    places = picture.places(circle(CENTRES[1]))
    client = picture.page.context.new_cdp_session(picture.page)

    def touch(kind, points):
        client.send(
            "Input.dispatchTouchEvent",
            {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]},
        )

    touch("touchStart", places[:1])
    for place in places[1:]:
        touch("touchMove", [place])
    touch("touchEnd", [])
    notebook.until("annotator.session.pending is not None")


def test_a_reloaded_page_goes_on(notebook, picture):
    suggest(notebook, picture, 2)
    press(picture, "Enter")
    n_objects(notebook, 1)
    notebook.save()
    notebook.reload()
    again = Picture(notebook, "annotator.screen")
    suggest(notebook, again, 3)
    press(again, "Enter")
    n_objects(notebook, 2)


def test_a_killed_kernel_loses_nothing(lab):
    notebook = lab.open(
        SETUP.replace('"saved"', '"killed"'), "1 + 1", name="killed.ipynb"
    )
    picture = Picture(notebook, "annotator.screen")
    for number in (0, 1, 2):
        suggest(notebook, picture, number)
    press(picture, "Enter")
    n_objects(notebook, 3)
    labels = notebook.value("np.unique(annotator.labels, return_counts=True)[1]")
    picture.drag(circle(CENTRES[3]))
    process = notebook.value("os.getpid()")
    os.kill(process, signal.SIGKILL)
    notebook.page.context.close()
    again = lab.open(SETUP.replace('"saved"', '"killed"'), "1 + 1", name="again.ipynb")
    assert again.value("len(annotator.annotation)") == 3
    assert again.value("np.unique(annotator.labels, return_counts=True)[1]") == labels
    assert "going on" in again.value("annotator.status")
    again.close()


def test_without_ink_the_same_works(lab):
    notebook = lab.open(
        SETUP.replace("model=None,", "model=None, ink=False,").replace(
            "saved", "plain"
        ),
        "1 + 1",
        name="plain.ipynb",
    )
    picture = Picture(notebook, "annotator.screen")
    picture.drag(circle(CENTRES[0]))
    notebook.until("annotator.session.pending is not None")
    press(picture, "Enter")
    n_objects(notebook, 1)
    assert notebook.value("iou(1, 1) > .85")
    notebook.close()
