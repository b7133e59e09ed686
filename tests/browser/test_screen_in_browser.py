"""The screen on a real page: pointer, wheel, keys, touch, pen, reload, errors."""

import numpy as np
import pytest
from lab import Picture

pytestmark = pytest.mark.browser

SETUP = """
import ipywidgets
import numpy as np
from labkit.canvas import Drawn, Screen

rows, cols = np.indices((800, 1000))
image = ((rows // 50 + cols // 50) % 2 * 60 + 40).astype(np.uint8)
image[400, 500] = 255
screen = Screen((400, 500))
screen.set_image(image)
square = np.array([(100, 100), (100, 300), (300, 300), (300, 100)])
screen.set_shapes([Drawn(square, "#00ff00", fill=0.5)])
screen.hotkeys = ["a", "Shift+a", "Ctrl+z", "Escape", "Delete", "Enter", "ArrowRight"]
log = []
for kind in ("stroke", "double", "hover", "wheel", "key"):
    add = getattr(screen, f"on_{kind}")
    add(lambda *args, kind=kind: log.append([kind, *args]))
button, field = ipywidgets.Button(description="press"), ipywidgets.Text()
slider = ipywidgets.IntSlider(5)
button.on_click(lambda _: log.append(["pressed"]))
status = ipywidgets.HTML()
screen.on_error(lambda text: setattr(status, "value", text.splitlines()[-1]))
box = ipywidgets.VBox([screen.widget, button, field, slider, status])
box.add_class("labkit-annotator")
box
"""


@pytest.fixture(scope="module")
def notebook(lab):
    opened = lab.open(SETUP, "1 + 1", name="screen.ipynb", has_touch=True)
    yield opened
    opened.close()


@pytest.fixture
def picture(notebook):
    """The picture, as at the beginning."""
    notebook.run("log.clear(); screen.set_pen('line'); screen.viewport.fit()")
    notebook.run("screen.redraw()")
    return Picture(notebook)


def events(notebook, n):
    """Wait for `n` events and return all there are then."""
    notebook.until(f"len(log) >= {n}")
    notebook.page.wait_for_timeout(100)
    return notebook.value("log")


def comms(notebook, since):
    """Return how many messages to widgets were sent."""
    frames = [f if isinstance(f, bytes) else f.encode() for f in notebook.sent[since:]]
    return sum(b"comm_msg" in frame for frame in frames)


def test_a_stroke_is_one_message_with_exact_points(notebook, picture):
    angle = np.linspace(0, 2 * np.pi, 41)
    circle = np.c_[400 + 150 * np.sin(angle), 600 + 150 * np.cos(angle)]
    places = picture.places(circle)
    start = len(notebook.sent)
    page = notebook.page
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place)

    def inked():
        return picture.pixels(circle[10:11], picture.ink)[0]

    notebook.eventually(lambda: inked()[:2] == [255, 212])
    page.mouse.up()
    notebook.until("len(log)")
    assert 1 <= comms(notebook, start) <= 2
    ((kind, points, modifiers, button),) = notebook.value("log")
    assert (kind, modifiers, button) == ("stroke", [False] * 3, 0)
    error = np.array(points) - circle
    zoom = notebook.value("screen.viewport.zoom")
    assert len(points) == 41
    assert np.abs(error).max() * zoom <= 1  # CSS px
    notebook.eventually(lambda: inked()[3] == 0)  # Python answered


def test_code_runs_after_what_hands_did(notebook, picture):
    notebook.run("import time; nap = 0.5; screen.on_key(lambda *_: time.sleep(nap))")
    notebook.run("screen.on_key(lambda *_: nap and log.append('late'))")
    picture.click((20, 20))
    for number in (1, 2, 3):
        notebook.page.keyboard.press("a")
        assert notebook.value("log.count('late')") == number
    notebook.run("nap = 0")


def test_clicks_buttons_and_modifiers(notebook, picture):
    picture.click((200, 300))
    picture.click((500, 500), button="right")
    picture.click((600, 100), modifiers=["Shift", "Alt"])
    picture.drag([(100, 100), (150, 200)], modifiers=["Control"])
    got = events(notebook, 4)
    assert [len(points) for _, points, *_ in got] == [1, 1, 1, 2]
    assert [button for *_, button in got] == [0, 2, 0, 0]
    assert [m for _, _, m, _ in got[2:]] == [[True, False, True], [False, True, False]]
    np.testing.assert_allclose(got[0][1], [(200, 300)], atol=2)


def test_a_double_click_is_a_click_and_a_double(notebook, picture):
    picture.click((200, 300), count=2)
    got = events(notebook, 2)
    assert [one[0] for one in got] == ["stroke", "double"]
    np.testing.assert_allclose(got[1][1], (200, 300), atol=2)


def test_box_and_brush_modes(notebook, picture):
    notebook.run("screen.set_pen('box', colour='#ff00ff')")
    corners = [(420, 400), (450, 500), (600, 700)]
    picture.drag(corners)
    ((_, points, *_),) = events(notebook, 1)
    np.testing.assert_allclose(points, [corners[0], corners[-1]], atol=2)
    notebook.run("screen.set_pen('brush', size=100)")
    picture.hover((500, 500))
    places = [(550, 500), (525, 500)]
    notebook.eventually(lambda: picture.pixels(places, picture.ink)[0][3] > 0)
    ring, inside = picture.pixels(places, picture.ink)
    assert ring[3] > 0
    assert inside[3] == 0


def test_the_wheel_zooms_at_the_pointer(notebook, picture):
    picture.wheel((400, 500), -300)
    notebook.until("abs(screen.viewport.zoom - 1) < 1e-6")
    place = notebook.value("screen.viewport.to_view((400, 500))")
    np.testing.assert_allclose(place, (200.25, 250.25), atol=1)
    for _ in range(3):
        picture.wheel((400, 500), -300)
        notebook.page.wait_for_timeout(150)
    notebook.until("screen.viewport.zoom > 7.9")
    picture.until_seen([(400, 500)], [[255] * 4])
    assert picture.pixels([(402, 502)])[0][0] in (40, 100)
    assert events(notebook, 0) == []
    picture.wheel((400, 500), 100, modifiers=["Shift"])
    assert events(notebook, 1)[0][0] == "wheel"


def test_pan_with_the_middle_button_and_with_space(notebook, picture):
    notebook.run("screen.viewport.zoom_at((200, 250), 4); screen.redraw()")
    start, before = len(notebook.sent), notebook.value("screen.viewport.offset")
    a, b = (400, 500), (420, 540)
    steps = [np.add(a, np.subtract(b, a) * i / 40) for i in range(41)]
    places = picture.places(steps)
    mouse = picture.page.mouse
    mouse.move(*places[0])
    mouse.down(button="middle")
    picture.moved_at_once(places[0], np.subtract(places[1], places[0]), 39)
    mouse.move(*places[-1])
    mouse.up(button="middle")
    moved = f"abs(screen.viewport.offset - {before!r} - [{{}}, {{}}]).max() < 1.5"
    notebook.until(moved.format(40, 80))
    assert comms(notebook, start) <= 12  # not one for each move
    notebook.page.keyboard.down("Space")
    picture.drag([b, a])
    notebook.page.keyboard.up("Space")
    notebook.until(moved.format(0, 0))
    assert events(notebook, 0) == []


def test_keys_only_from_the_list_and_none_for_jupyterlab(notebook, picture):
    n_cells = notebook.n_cells()
    picture.click((700, 900))
    press = notebook.page.keyboard.press
    for key in ("a", "Shift+A", "b", "Control+z", "x", "d", "d", "0", "Delete", "m"):
        press(key)
    got = [one[1:] for one in events(notebook, 5) if one[0] == "key"]
    no, shift, ctrl = [False] * 3, [True, False, False], [False, True, False]
    assert got == [["a", no], ["a", shift], ["z", ctrl], ["Delete", no]]
    assert notebook.n_cells() == n_cells


def test_keys_work_while_a_button_has_the_focus_but_not_in_a_field(notebook, picture):
    n_cells = notebook.n_cells()
    notebook.page.get_by_role("button", name="press").focus()
    notebook.page.keyboard.press("a")
    notebook.page.keyboard.press("b")
    assert events(notebook, 1) == [["key", "a", [False] * 3]]
    field = notebook.page.locator(".labkit-annotator input")
    field.click()
    notebook.page.keyboard.type("banana")
    notebook.until("field.value == 'banana'")
    assert len(notebook.value("log")) == 1
    assert notebook.n_cells() == n_cells
    notebook.page.get_by_role("button", name="press").focus()
    notebook.page.keyboard.press("Enter")  # presses the button
    assert events(notebook, 2)[1] == ["pressed"]
    notebook.page.locator(".noUi-handle").focus()
    notebook.page.keyboard.press("ArrowRight")  # moves the slider
    notebook.until("slider.value == 6")
    notebook.page.keyboard.press("a")
    assert [one[0] for one in events(notebook, 3)] == ["key", "pressed", "key"]
    notebook.page.get_by_role("button", name="press").click()
    focused = notebook.page.evaluate("document.activeElement.className")
    assert "labkit-ink" in focused


def test_the_browser_keeps_its_keys(notebook, picture):
    picture.click((700, 900))
    free = picture.ink.evaluate(
        "(ink, keys) => keys.map((init) => ink.dispatchEvent(new KeyboardEvent("
        "'keydown', { bubbles: true, cancelable: true, ...init })))",
        [{"key": "Tab"}, {"key": "F5"}, {"key": "F12"}],
    )
    assert free == [True] * 3
    notebook.page.keyboard.press("Tab")
    label = notebook.page.evaluate("document.activeElement.textContent")
    assert label == "press"
    picture.click((700, 900))
    notebook.page.keyboard.press("Control+s")
    notebook.page.wait_for_function(
        "[...window.jupyterapp.shell.widgets('main')].every("
        "(one) => !one.context?.model.dirty)"
    )


def test_hover_only_when_it_is_switched_on(notebook, picture):
    picture.hover((300, 300))
    picture.hover((310, 310))
    assert events(notebook, 0) == []
    notebook.run("screen.hover = True")
    place = picture.places([(300, 300)])[0]
    picture.moved_at_once(place, (1, 0), 60)
    picture.page.mouse.move(5, 5)
    notebook.until("log and log[-1][1] is None")
    got = notebook.value("log")
    notebook.run("screen.hover = False")
    assert 2 <= len(got) <= 12  # not one for each move
    np.testing.assert_allclose(got[0][1][0], 300, atol=2)


def test_a_finger_draws_two_zoom_and_a_pen_draws(notebook, picture):
    page = notebook.page
    browser = page.context.new_cdp_session(page)

    def touch(kind, *places):
        points = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(places)]
        content = {"type": kind, "touchPoints": points}
        browser.send("Input.dispatchTouchEvent", content)

    line = [(400 + 5 * i, 500 + 5 * i) for i in range(21)]
    places = picture.places(line)
    touch("touchStart", places[0])
    for place in places[1:]:
        touch("touchMove", place)
    touch("touchEnd")
    ((_, points, *_),) = events(notebook, 1)
    np.testing.assert_allclose(points[0], line[0], atol=2)
    np.testing.assert_allclose(points[-1], line[-1], atol=2)

    for kind, place in zip(
        ["mousePressed", *["mouseMoved"] * 19, "mouseReleased"], places, strict=True
    ):
        pen = {"button": "left", "buttons": 1, "pointerType": "pen", "clickCount": 1}
        pen |= {"type": kind, "x": place[0], "y": place[1]}
        browser.send("Input.dispatchMouseEvent", pen)
    _, (_, points, *_) = events(notebook, 2)
    np.testing.assert_allclose(points[-1], line[-1], atol=2)

    x, y = picture.places([(400, 500)])[0]
    touch("touchStart", (x - 40, y))
    touch("touchStart", (x - 40, y), (x + 40, y))
    for i in range(1, 9):
        touch("touchMove", (x - 40 - 5 * i, y), (x + 40 + 5 * i, y))
    touch("touchEnd")
    notebook.until("0.95 < screen.viewport.zoom < 1.05")
    place = notebook.value("screen.viewport.to_view((400, 500))")
    np.testing.assert_allclose(place, (200, 250), atol=4)
    assert len(notebook.value("log")) == 2  # the first finger drew nothing


def test_an_error_becomes_visible_and_freezes_nothing(notebook, picture):
    notebook.run("broken = screen.on_stroke(lambda *args: 1 / 0)")
    picture.click((700, 100))
    text = picture.page.locator(".labkit-annotator .widget-html")
    text.get_by_text("ZeroDivisionError: division by zero").wait_for()
    notebook.run("screen._callbacks['stroke'].remove(broken)")
    notebook.run("screen.set_front([Drawn(square + 300, '#ff0000', fill=1.0)])")
    picture.until_seen([(500, 500)], [[255, 0, 0, 255]])
    notebook.run("screen.set_front([])")


def test_a_page_that_is_loaded_again_shows_the_same(notebook, picture):
    notebook.run("screen.set_front([Drawn(square + 400, '#0000ff', fill=1.0)])")
    picture.until_seen([(600, 600)], [[0, 0, 255, 255]])
    probes = [(200, 200), (20, 20), (75, 20), (600, 600)]
    before = picture.pixels(probes)
    notebook.save()
    notebook.reload()
    again = Picture(notebook)
    again.until_seen(probes, before)
    again.click((10, 10))
    assert len(events(notebook, 1)) == 1
    assert [text for text in notebook.console if "labkit" in text] == []


LARGE = """
import numpy as np
from labkit.canvas import Drawn, Screen

image = np.zeros((6000, 6000), np.uint8)
image[2000:2010, 3000:3010] = 255
large, plain = Screen((300, 400)), Screen((300, 400), ink=False)
for screen in (large, plain):
    screen.set_image(image)
    screen.set_shapes([Drawn([(1000, 1000), (1000, 5000), (5000, 5000)], "#00ff00")])
strokes = []
plain.on_stroke(lambda points, *more: strokes.append(points))
"""


def test_a_large_image_on_a_fine_display_and_without_ink(lab):
    cells = LARGE, "large.widget", "plain.widget"
    notebook = lab.open(*cells, name="large.ipynb", device_scale_factor=2)
    try:
        first, second = Picture(notebook, "large", 0), Picture(notebook, "plain", 1)
        notebook.until("large.ratio == 2")
        wide = "(canvas) => canvas.width"
        notebook.eventually(lambda: first.canvas.evaluate(wide) == 800)
        while notebook.value("large.viewport.zoom") < 1:
            first.wheel((2004.5, 3004.5), -600)
            first.page.wait_for_timeout(200)
        places = [(2005, 3005), (1990, 3005)]
        notebook.eventually(lambda: [p[0] for p in first.pixels(places)] == [255, 0])
        line = [(3000, 2000), (3500, 2500), (4000, 3500)]
        second.drag(line)
        (points,) = notebook.until("strokes")
        np.testing.assert_allclose(points, line, atol=6000 / 300)  # one CSS px
        urls = notebook.page.evaluate(
            "performance.getEntriesByType('resource').filter("
            "(one) => one.name.startsWith('blob:')).length"
        )
        assert urls == 0
    finally:
        notebook.close()
