"""The screen without a browser: arithmetic, what is sent, callbacks, bad input."""

import base64
import json
import sys
import threading

import cv2
import ipycanvas
import numpy as np
import pytest

from labkit.canvas import Drawn, Modifiers, Screen, Viewport, key_name
from labkit.canvas.screen.events import check_hotkeys
from labkit.canvas.screen.picture import held
from labkit.canvas.screen.shapes import Shapes

COMMANDS = ipycanvas.canvas._CMD_LIST


# ---- viewport
def test_points_go_there_and_back():
    view = Viewport((300, 500), (200, 400))
    view.zoom_at((50, 70), 3.7)
    points = np.random.default_rng(0).uniform(0, 300, (50, 2))
    np.testing.assert_allclose(view.to_image(view.to_view(points)), points)


def test_pixel_centres_lie_on_integers():
    view = Viewport((100, 100), (200, 200))
    np.testing.assert_allclose(view.to_view([(0, 0), (99, 99)]), [(1, 1), (199, 199)])


def test_zoom_keeps_the_point_under_the_pointer():
    view = Viewport((2000, 2000), (600, 800))
    view.zoom_at((300, 400), 8)
    before = view.to_image((123, 456))
    view.zoom_at((123, 456), 1.5)
    np.testing.assert_allclose(view.to_image((123, 456)), before)


def test_image_never_leaves_the_view():
    rng = np.random.default_rng(1)
    view = Viewport((300, 900), (400, 500))
    for _ in range(300):
        view.zoom_at(rng.uniform(0, 500, 2), np.exp(rng.normal()))
        view.pan(*rng.normal(0, 300, 2))
        first, last = view.to_view([(-0.5, -0.5), (299.5, 899.5)])
        size = last - first
        fits = size <= np.array(view.view_shape) + 1e-6
        inside = (first >= -1e-6) & (last <= np.array(view.view_shape) + 1e-6)
        covers = (first <= 1e-6) & (last >= np.array(view.view_shape) - 1e-6)
        assert np.where(fits, inside, covers).all()
        assert view.min_zoom - 1e-9 <= view.zoom <= view.max_zoom


def test_show_brings_an_object_to_the_middle():
    view = Viewport((2000, 2000), (600, 800))
    view.show(((1000, 700), (1100, 780)))
    np.testing.assert_allclose(view.to_view((1050, 740)), (300, 400))
    low, high = view.visible()
    assert (low < (1000, 700)).all()
    assert (high > (1100, 780)).all()
    view.show(((5, 5), (6, 6)))
    assert view.zoom == 8


def test_one_to_one_and_fit():
    view = Viewport((2000, 1000), (500, 500))
    assert view.zoom == 0.25
    view.one_to_one()
    assert view.zoom == 1
    view.fit()
    np.testing.assert_allclose(view.visible(), [(-0.5, -0.5), (1999.5, 999.5)])
    tiny = Viewport((10, 10), (500, 600))
    assert tiny.zoom == tiny.max_zoom == 50
    tiny.one_to_one()
    np.testing.assert_allclose(tiny.to_view((4.5, 4.5)), (250, 300))


def test_resize_keeps_the_middle():
    view = Viewport((2000, 2000), (600, 800))
    view.zoom_at((300, 400), 6)
    before = view.to_image((300, 400))
    view.resize((400, 400))
    np.testing.assert_allclose(view.to_image((200, 200)), before)


def test_empty_shapes_are_refused():
    with pytest.raises(ValueError, match="at least one pixel"):
        Viewport((0, 5), (10, 10))


# ---- what is sent
@pytest.fixture
def sent(monkeypatch):
    """Record the messages to the browser as lists of (command, args)."""
    messages = []

    def send(_, buffers):
        content = json.loads(bytes(buffers[0]))
        content = content if isinstance(content[0], list) else [content]
        messages.append([(COMMANDS[c[0]], c[1] if len(c) > 1 else []) for c in content])

    monkeypatch.setattr(ipycanvas.canvas._CANVAS_MANAGER, "send", send)
    return messages


def ready(screen):
    """Do what a page does when it opens the screen."""
    layer = screen.canvas._canvases[-1]
    layer._handle_frontend_event(screen.canvas, {"event": "client_ready"}, [])
    return screen


def names(message):
    return [name for name, _ in message]


def carried(screen):
    """Return the image that was sent last."""
    kind, data = bytes(screen._picture._carrier.value).split(b",")
    assert kind == b"data:image/png;base64"
    data = np.frombuffer(base64.b64decode(data), np.uint8)
    return cv2.imdecode(data, cv2.IMREAD_UNCHANGED)


def circle(row, col, radius=10, n=64):
    angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
    return np.c_[row + radius * np.sin(angle), col + radius * np.cos(angle)]


def test_nothing_is_sent_before_a_page_is_there(sent):
    screen = Screen()
    screen.set_image(np.zeros((100, 100), np.uint8))
    screen.set_shapes([Drawn(circle(50, 50))])
    screen.send_wheel((50, 50), -100)
    assert sent == []
    ready(screen)
    assert len(sent) == 1
    assert "strokeStyledPolygons" in names(sent[0])


def test_one_message_for_a_redraw_and_for_a_callback(sent):
    screen = ready(Screen())
    screen.set_image(np.zeros((100, 100), np.uint8))
    sent.clear()
    screen.redraw()
    assert len(sent) == 1

    @screen.on_stroke
    def change(points, modifiers, button):
        screen.set_shapes([Drawn(points)])
        screen.set_front([Drawn(points + 1)])
        screen.viewport.zoom_at((0, 0), 2)
        screen.redraw()

    sent.clear()
    screen.send_stroke(circle(50, 50))
    assert len(sent) <= 2
    sent.clear()
    with screen.hold():
        screen.set_shapes([])
        screen.set_front([])
        assert sent == []
    assert len(sent) == 1


def test_every_message_names_its_canvas_first(sent):
    screen = ready(Screen())
    for _ in range(3):
        screen.set_front([Drawn(circle(9, 9))])
    assert all(names(message)[0] == "switchCanvas" for message in sent)


def test_the_image_is_uploaded_once_and_again_for_a_new_page(sent):
    screen = ready(Screen())
    image = np.random.default_rng(0).integers(0, 255, (500, 700), dtype=np.uint8)
    screen.set_image(image)
    np.testing.assert_array_equal(carried(screen), image)

    def uploads(message):
        carrier = f"IPY_MODEL_{screen._picture._carrier.model_id}"
        return sum(name == "drawImage" and args[0] == carrier for name, args in message)

    assert uploads(sent[-1]) == 1
    screen.send_wheel((100, 100), -300)
    assert uploads(sent[-1]) == 0
    ready(screen)
    assert uploads(sent[-1]) == 1


def test_of_a_large_image_only_a_window_is_sent():
    screen = ready(Screen((300, 400)))
    rows, cols = np.indices((4000, 5000), dtype=np.uint16)
    screen.set_image(((rows // 16 + cols // 20) % 251).astype(np.uint8))
    screen._picture._levels[0][2000, 2500] = 255
    assert len(screen._picture._carrier.value) < 1e6
    for _ in range(14):
        screen.send_wheel((2000, 2500), -100)
    assert screen.viewport.zoom > 1
    window = screen._picture._window
    assert window.lossless
    low, high = window.low.astype(int), window.high.astype(int)
    whole = screen._picture._levels[0]
    np.testing.assert_array_equal(
        carried(screen), whole[low[0] : high[0], low[1] : high[1]]
    )
    before = screen._picture._carrier.value
    screen.viewport.pan(10, -10)
    screen.redraw()
    assert screen._picture._carrier.value is before  # still inside the window
    screen.viewport.pan(-2000, 0)
    screen.redraw()
    assert screen._picture._carrier.value is not before
    low, high = screen.viewport.visible()
    assert (screen._picture._window.low <= low + 0.5).all()
    assert (screen._picture._window.high >= high + 0.5).all()


@pytest.mark.parametrize("shape", [(60, 80), (2100, 2100)])
def test_a_patch_changes_the_image(shape, sent):
    screen = ready(Screen((300, 400)))
    image = np.full((*shape, 3), 7, np.uint8)
    screen.set_image(image)
    screen.set_patch(np.full((5, 6, 3), 200, np.uint8), (10, 20))
    now = screen._picture._levels[0]
    assert (now[10:15, 20:26] == 200).all()
    assert now.sum() == (np.prod(shape) - 30) * 21 + 30 * 600
    assert (image == 7).all()  # what was handed in is left alone
    assert "drawImage" in names(sent[-1])


def test_outlines_out_of_sight_and_corners_too_fine_are_left_out(sent):
    screen = ready(Screen((400, 400)))
    screen.set_image(np.zeros((2000, 2000), np.uint8))
    places = [(100, 100), (1000, 1000), (1900, 1900)]
    screen.set_shapes([Drawn(circle(*place, n=500), width=1) for place in places])

    def drawn(message):
        stroke = [args for name, args in message if name == "strokeStyledPolygons"]
        return sum(args[0] for args in stroke), sum(
            args[1]["shape"][0] for args in stroke
        )

    n_outlines, n_numbers = drawn(sent[-1])
    assert n_outlines == 3
    assert n_numbers < 3 * 2 * 40  # of 500 corners each
    screen.viewport.show(((80, 80), (120, 120)))
    screen.redraw()
    n_outlines, n_numbers = drawn(sent[-1])
    assert n_outlines == 1
    assert n_numbers > 2 * 24


def test_thinning_stays_below_half_a_screen_pixel():
    outline = circle(0, 0, radius=20, n=400)
    shapes = Shapes()
    shapes.set([Drawn(outline)])
    for octave in (-2, 0, 2):
        thin = shapes._outlines[0].thinned(octave)
        radii = np.hypot(*((thin + np.roll(thin, 1, axis=0)) / 2).T)
        assert (20 - radii.min()) * 2.0**octave < 0.5


def test_colour_and_picture_of_a_wrong_kind_are_refused():
    screen = Screen()
    with pytest.raises(ValueError, match="#rrggbb"):
        screen.set_shapes([Drawn(circle(5, 5), "yellow")])
    with pytest.raises(ValueError, match="uint8"):
        screen.set_image(np.zeros((5, 5)))
    with pytest.raises(ValueError, match=r"\(H, W\)"):
        screen.set_image(np.zeros((5, 5, 4), np.uint8))
    screen.set_image(np.zeros((50, 50), np.uint8))
    with pytest.raises(ValueError, match="leaves the image"):
        screen.set_patch(np.zeros((5, 5), np.uint8), (48, 0))
    with pytest.raises(ValueError, match="pen mode"):
        screen.set_pen("crayon")


def test_zoom_stays_for_images_of_one_shape():
    screen = Screen()
    screen.set_image(np.zeros((500, 500), np.uint8))
    screen.send_wheel((100, 100), -300)
    zoom = screen.viewport.zoom
    screen.set_image(np.ones((500, 500), np.uint8))
    assert screen.viewport.zoom == zoom
    screen.set_image(np.ones((400, 500), np.uint8))
    assert screen.viewport.zoom == screen.viewport.fit_zoom


def test_a_fine_display_gets_a_fine_drawing():
    screen = ready(Screen((200, 300)))
    screen._ink._receive(None, {"type": "ready", "ratio": 2}, [])
    assert (screen.canvas.height, screen.canvas.width) == (400, 600)
    assert screen.canvas.layout.width == "300px"


# ---- callbacks
def test_strokes_arrive_as_the_ink_sends_them():
    screen, got = Screen(), []
    screen.on_stroke(lambda *args: got.append(args))
    points = np.array([(1.5, 2), (3, 4), (5, 6.25)], np.float32)
    message = {"type": "stroke", "modifiers": [True, False, True], "button": 2}
    screen._ink._receive(None, message, [memoryview(points.tobytes())])
    np.testing.assert_array_equal(got[0][0], points)
    assert got[0][1:] == (Modifiers(True, False, True), 2)


def test_wheel_zooms_unless_shift_is_held():
    screen, got = Screen(), []
    screen.set_image(np.zeros((1000, 1000), np.uint8))
    screen.on_wheel(lambda *args: got.append(args))
    screen.send_wheel((300, 300), -300)
    assert screen.viewport.zoom == pytest.approx(2 * screen.viewport.fit_zoom)
    assert got == []
    zoom = screen.viewport.zoom
    screen.send_wheel((300, 300), -200, Modifiers(shift=True))
    assert screen.viewport.zoom == zoom
    assert got[0][1] == 2


def test_keys_by_name():
    screen, got = Screen(), []
    screen.hotkeys = ["a", "Ctrl+z", "Ctrl+Shift+z", "+", "Space", "Shift+ArrowUp"]
    screen.on_key(lambda key, modifiers: got.append(key_name(key, modifiers)))
    for name in screen.hotkeys:
        screen.send_key(name)
    assert got == screen.hotkeys
    with pytest.raises(ValueError, match="not among the hotkeys"):
        screen.send_key("b")
    screen.take_key("A", Modifiers())  # with caps lock
    screen.take_key("a", Modifiers(ctrl=True))
    assert got[6:] == ["a"]
    assert key_name("?", (True, False, False)) == "?"
    assert key_name("A", (True, False, False)) == "Shift+a"


@pytest.mark.parametrize("name", ["Tab", "Shift+Tab", "F5", "Ctrl+s", "Ctrl+r", "A"])
def test_keys_of_the_browser_are_refused(name):
    with pytest.raises(ValueError):
        check_hotkeys(["a", name])


def test_errors_are_told_and_freeze_nothing(sent):
    screen, told = ready(Screen()), []
    screen.on_error(told.append)
    broken = screen.on_stroke(lambda *args: 1 / 0)
    screen.take_stroke(circle(5, 5), Modifiers(), 0)  # as from the browser
    assert "ZeroDivisionError" in told[0]
    with pytest.raises(ZeroDivisionError):
        screen.send_stroke(circle(5, 5))  # a program is told directly as well
    assert len(told) == 2
    screen._callbacks["stroke"].remove(broken)
    sent.clear()
    screen.set_front([Drawn(circle(5, 5))])
    assert len(sent) == 1
    assert not ipycanvas.canvas._CANVAS_MANAGER._caching


def test_an_error_that_nobody_listens_for_is_drawn(sent):
    screen = ready(Screen())
    screen.on_stroke(lambda *args: {}["contour"])
    screen.take_stroke(circle(5, 5), Modifiers(), 0)
    text = [args[0] for name, args in sent[-1] if name == "fillText"]
    assert text == ["KeyError: 'contour'"]


def test_held_drawing_survives_an_exception(sent):
    canvas = ipycanvas.Canvas(width=10, height=10)

    def fail():
        with held():
            canvas.fill_rect(0, 0, 5, 5)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert not ipycanvas.canvas._CANVAS_MANAGER._caching
    assert "fillRect" in names(sent[-1])


def test_callbacks_run_one_at_a_time():
    screen, inside, most = Screen(), [], []

    @screen.on_stroke
    def slow(points, modifiers, button):
        inside.append(1)
        most.append(len(inside))
        threading.Event().wait(0.02)
        inside.pop()

    threads = [
        threading.Thread(target=screen.send_click, args=((5, 5),)) for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 5


# ---- plain ipycanvas events
def play(screen, *events):
    """Fire events of ipycanvas as the browser does."""
    layer = screen.canvas._canvases[-1]
    for event in events:
        layer._handle_frontend_event(screen.canvas, event, [])


def mouse(kind, x, y):
    return {"event": f"mouse_{kind}", "x": x, "y": y}


@pytest.fixture
def plain():
    """A screen without ink, and what its callbacks were called with."""
    screen, got = Screen((200, 300), ink=False), []
    screen.set_image(np.zeros((200, 300), np.uint8))  # zoom 1
    for kind in ("stroke", "double", "key"):
        getattr(screen, f"on_{kind}")(lambda *args, kind=kind: got.append((kind, args)))
    return ready(screen), got


def test_plain_strokes_and_clicks(plain, sent):
    screen, got = plain
    moves = [mouse("move", 10 + 5 * i, 20 + i) for i in range(1, 10)]
    play(screen, mouse("down", 10, 20), *moves, mouse("up", 55, 29))
    kind, (points, modifiers, button) = got.pop()
    assert (kind, modifiers, button) == ("stroke", Modifiers(), 0)
    np.testing.assert_allclose(points[[0, -1]], [(19.5, 9.5), (28.5, 54.5)])
    assert len(points) == 10
    assert any("strokeLines" in names(message) for message in sent)
    play(screen, mouse("down", 50, 60), mouse("move", 51, 61), mouse("up", 51, 61))
    kind, (points, *_) = got.pop()
    np.testing.assert_allclose(points, [(59.5, 49.5)])
    play(screen, mouse("down", 50, 60), mouse("up", 50, 60))
    assert got.pop()[0] == "double"
    assert got == []


def test_plain_stroke_ends_where_the_mouse_leaves(plain):
    screen, got = plain
    play(screen, mouse("down", 10, 20), mouse("move", 99, 90), mouse("out", 99, 90))
    assert len(got) == 1
    play(screen, mouse("move", 50, 50), mouse("up", 50, 50))
    assert len(got) == 1


def test_plain_wheel_zooms_at_the_last_place_of_the_mouse(plain):
    screen, _ = plain
    play(screen, mouse("move", 210, 60), {"event": "mouse_wheel", "x": 0, "y": -300})
    assert screen.viewport.zoom == pytest.approx(2)
    np.testing.assert_allclose(screen.viewport.to_image((60, 210)), (59.5, 209.5))


def test_plain_touch_draws_with_one_finger_and_zooms_with_two(plain):
    screen, got = plain

    def touch(kind, *places):
        touches = [{"x": x, "y": y} for x, y in places]
        return {"event": f"touch_{kind}", "touches": touches}

    moves = [touch("move", (10 + i, 20)) for i in range(0, 40, 4)]
    play(screen, touch("start", (10, 20)), *moves, touch("end"))
    assert got.pop()[1][0].shape == (11, 2)
    play(screen, touch("start", (100, 100)), touch("start", (100, 100), (200, 100)))
    play(screen, touch("move", (50, 100), (250, 100)), touch("end"))
    assert screen.viewport.zoom == pytest.approx(2)
    assert got == []


def test_plain_keys_only_from_the_list(plain):
    screen, got = plain
    screen.hotkeys = ["a"]
    for key in ("a", "b"):
        flags = {"shift_key": False, "ctrl_key": False, "meta_key": False}
        play(screen, {"event": "key_down", "key": key, **flags})
    assert got == [("key", ("a", Modifiers()))]


def test_plain_pan_mode_moves_the_picture(plain):
    screen, got = plain
    screen.send_wheel((100, 150), -300)
    screen.set_pen("pan")
    before = screen.viewport.to_image((100, 100))
    play(screen, mouse("down", 50, 60), mouse("move", 70, 70), mouse("up", 70, 70))
    np.testing.assert_allclose(screen.viewport.to_image((110, 120)), before)
    assert got == []


def test_without_anywidget_the_plain_events_take_over(monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    monkeypatch.delitem(sys.modules, "labkit.canvas.screen.ink", raising=False)
    screen = Screen()
    assert not screen.ink
    assert len(screen.widget.children) == 1
    screen.set_pen("brush", size=5)
    screen.hotkeys, screen.hover, screen.busy = ["a"], True, True
    assert not screen.hover
