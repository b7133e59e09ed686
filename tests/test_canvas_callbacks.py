"""The screen: what comes from the browser, by ink and by plain events."""

import sys
import threading

import ipycanvas
import numpy as np
import pytest
from screen_scenes import circle, names, ready

from labkit.canvas import Drawn, Modifiers, Screen, key_name
from labkit.canvas.screen.events import check_hotkeys
from labkit.canvas.screen.picture import held


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
