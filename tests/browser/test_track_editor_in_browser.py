"""The track editor in JupyterLab, driven by mouse and keys as a person does."""

import pytest
from lab import Picture

pytestmark = pytest.mark.browser

SETUP = """
import numpy as np
import labkit as lk
from labkit.track import cut

rows, cols = np.indices((200, 240))
labels, points = np.zeros((4, 200, 240), np.int32), []
for t in range(4):
    points.append([(60, 50 + 20 * t), (140, 60 + 20 * t)])
    for label, (row, col) in enumerate(points[t], start=1):
        labels[t][(rows - row) ** 2 + (cols - col) ** 2 <= 14**2] = label
images = (100 + 800 * (labels > 0)).astype(np.uint16)
truth = lk.track.link_points(points, areas=[[616, 616]] * 4)
editor = lk.canvas.TrackEditor(
    images, labels, cut(truth, 1, 2), "tracks.labkit", view_shape=(500, 600)
)
editor
"""


@pytest.fixture(scope="module")
def notebook(lab):
    opened = lab.open(SETUP, "1 + 1", name="tracks.ipynb")
    yield opened
    opened.close()


def test_join_by_mouse_cut_by_keys_and_undo_by_a_button(notebook):
    picture = Picture(notebook, "editor.screen")
    page, n_cells = notebook.page, notebook.n_cells()
    picture.click((60, 50))
    notebook.until("editor.session.selected == 1")
    page.keyboard.press(".")
    page.get_by_role("button", name="join", exact=True).click()
    notebook.until("editor.session.waiting == 'join' and editor.session.frame == 2")
    picture.click((60, 90))
    notebook.until("np.array_equal(editor.tracks, truth)")
    assert "goes on as" in page.locator(".labkit-annotator").inner_text()
    on_disk = "lk.track.Corrections.open('tracks.labkit').tracks"
    assert notebook.value(f"np.array_equal({on_disk}, truth)")

    edge = [(60 - 14.5, 90)]
    drawn = picture.at_rest(edge)
    page.keyboard.press("v")  # no outlines: something else is seen there
    page.keyboard.press("Escape")
    notebook.until("editor.session.selected == 0")
    picture.until_changed(edge, drawn)

    for key in ("ArrowDown", "Enter", "c"):  # after a button had the focus
        page.keyboard.press(key)
    notebook.until("editor.tracks['track_id'].max() == 4")
    page.get_by_role("button", name="↶", exact=True).click()
    notebook.until("np.array_equal(editor.tracks, truth)")
    assert notebook.n_cells() == n_cells, "keys reached JupyterLab"
    assert not notebook.console
