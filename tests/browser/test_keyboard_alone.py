"""Every widget by keyboard alone: Tab to it, see where one is, use it.

Sliders, presets and the point of an explorer are in test_sliders_in_browser.py, the
page of Voila in test_voila.py.
"""

import pytest
from lab import Picture

pytestmark = pytest.mark.browser

SETUP = """
import numpy as np
import labkit as lk

rows, cols = np.indices((200, 240))
centres = [(60, 60), (60, 160), (140, 110)]
truth = np.zeros((200, 240), np.int32)
for label, (row, col) in enumerate(centres, start=1):
    truth[(rows - row) ** 2 + (cols - col) ** 2 <= 20**2] = label
image = (500 + 2500 * (truth > 0)).astype(np.uint16)
annotator = lk.canvas.Annotator(
    image, folder="keys", classes=["normal"], model=None, view_shape=(400, 480)
)
iou = lambda label, number: float(
    ((annotator.labels == label) & (truth == number)).sum()
    / ((annotator.labels == label) | (truth == number)).sum()
)
annotator
"""
MOVIE = """
movie = lk.synth.simulate_movie(12, (96, 96), 6, division_rate=0.1, seed=3)
shown = movie.images, movie.labels, movie.tracks
gallery = lk.canvas.DivisionGallery(*shown, per_page=2)
gallery
"""
EDITOR = """
editor = lk.canvas.TrackEditor(*shown, view_shape=(300, 300))
editor
"""
PAGE = """
lk.files.images.write_image("one.tif", image)
from labkit.apps import AnnotationApp
app = AnnotationApp("one.tif", "annotated")
app
"""
CONTROLS = (
    "button, input, select, textarea, [role=slider], canvas.labkit-ink, .labkit-point"
)
WIDGETS = ("annotator", "gallery", "editor", "page")
REMEMBER = """([number, controls]) => {
    document.activeElement.blur();
    const area = document.querySelectorAll('.jp-Cell-outputArea')[number];
    const there = [...area.querySelectorAll(controls)].filter(
        (one) => one.checkVisibility() && !one.disabled);
    window.labkitLook = (one) => { const s = getComputedStyle(one);
        return [s.outlineStyle, s.outlineWidth, s.boxShadow, s.borderColor,
            s.backgroundColor].join(); };
    window.labkitThere = new Map(there.map((one) => [one, labkitLook(one)]));
    window.labkitSeen = new Set();
    there[1].focus();
    return there.length; }"""
STEP = """() => { const now = document.activeElement, all = window.labkitThere;
    if (window.labkitSeen.size === all.size) return false;
    if (!all.has(now)) return now.closest('.jp-Cell-outputArea') ? true : 'outside';
    const name = now.tagName + ' ' + now.className + ' ' + now.textContent;
    if (window.labkitSeen.has(now)) return 'again at ' + name;
    window.labkitSeen.add(now);
    if (now.tagName === 'BUTTON' && now.offsetHeight < 20) return 'squashed: ' + name;
    return labkitLook(now) !== all.get(now) || 'pale: ' + name; }"""
MISSED = """() => [...window.labkitThere.keys()].filter(
    (one) => !window.labkitSeen.has(one)).map((one) => one.outerHTML.slice(0, 200))"""


@pytest.fixture(scope="module")
def notebook(lab):
    opened = lab.open(SETUP, MOVIE, EDITOR, PAGE, "1 + 1", name="keyboard.ipynb")
    Picture(opened, "annotator.screen")
    yield opened
    opened.close()


@pytest.fixture
def press(notebook):
    """Press keys, one after the other."""

    def press(*keys):
        for key in keys:
            notebook.page.keyboard.press(key)

    return press


def tab_to(notebook, name):
    """Press Tab until a control has the focus that is called so."""
    for _ in range(60):
        notebook.page.keyboard.press("Tab")
        now = "(document.activeElement.ariaLabel ?? document.activeElement.textContent)"
        if notebook.page.evaluate(now).startswith(name):
            return
    raise AssertionError(f"Tab does not reach {name!r}")


def steer(notebook, place):
    """Move the annotator's cross from the middle of the view to an image point."""
    row, col = notebook.value(f"annotator.screen.viewport.to_view([{place}])")[0]
    for key, way in (("Down", row - 200), ("Right", col - 240)):
        key = {"Down": "Up", "Right": "Left"}[key] if way < 0 else key
        far, near = divmod(round(abs(way)), 20)
        for _ in range(far):
            notebook.page.keyboard.press(f"Shift+Arrow{key}")
        for _ in range(near // 2):
            notebook.page.keyboard.press(f"Arrow{key}")


@pytest.mark.parametrize("number", range(4), ids=WIDGETS)
def test_tab_reaches_every_control_and_shows_where_it_is(notebook, press, number):
    n_controls = notebook.page.evaluate(REMEMBER, [number, CONTROLS])
    assert n_controls > 5
    press("Shift+Tab")
    for _ in range(2 * n_controls + 10):  # numbers beside sliders are stops, too
        said = notebook.page.evaluate(STEP)
        if said is False:
            break
        assert said is True
        press("Tab")
    assert notebook.page.evaluate(MISSED) == []


def test_point_draw_and_zoom_without_a_mouse(notebook, press):
    page, n_cells = notebook.page, notebook.n_cells()
    page.evaluate(REMEMBER, [0, CONTROLS])
    tab_to(notebook, "image: draw")
    steer(notebook, (60, 60))
    press("Space")  # a click: suggests what is there
    notebook.until("annotator.session.pending is not None")
    press("Enter")
    notebook.until("len(annotator.annotation) == 1 and iou(1, 1) > 0.9")

    press("p", "Shift+Tab", "Tab", *["ArrowUp"] * 24)  # from where it was
    for way, n in (("Right", 7), ("Down", 5), ("Right", 6), ("Up", 5)):
        press(*[f"Shift+Arrow{way}"] * n, "Space")  # a corner
    press("Enter", "Enter")
    notebook.until("len(annotator.annotation) == 2 and iou(2, 2) > 0.9")

    press("d", "Control+ArrowUp")
    notebook.until("annotator.screen.viewport.zoom > 2.4")
    press("h")
    notebook.until("annotator.screen.viewport.zoom == 2")
    press("b", *["Shift+ArrowLeft"] * 5, *["Shift+ArrowDown"] * 7)
    page.keyboard.down("Space")  # held: a box is drawn
    press(*["Shift+ArrowLeft"] * 6, *["Shift+ArrowDown"] * 6)
    page.keyboard.up("Space")
    notebook.until("annotator.session.pending is not None")
    press("Enter", "d")
    notebook.until("len(annotator.annotation) == 3 and iou(3, 3) > 0.9")
    assert notebook.n_cells() == n_cells


def test_export_without_a_mouse(notebook, press):
    notebook.page.evaluate(REMEMBER, [0, CONTROLS])
    tab_to(notebook, "image: draw")
    press("l")
    notebook.until("annotator.exporting.layout.display == ''")
    tab_to(notebook, "export")
    press("Enter")
    notebook.page.get_by_text("files written to").wait_for()


def test_judge_divisions_and_choose_tracks_without_a_mouse(notebook, press):
    notebook.page.evaluate(REMEMBER, [1, CONTROLS])
    tab_to(notebook, "no division")
    press("Enter")
    notebook.until("gallery.verdicts[0] == 'no'")
    notebook.page.evaluate(REMEMBER, [2, CONTROLS])
    tab_to(notebook, "image: draw")
    press("ArrowDown", "Enter")
    notebook.until("editor.session.selected > 0")
    press("End")
    notebook.until("editor.session.frame == 11")
    assert not notebook.console
