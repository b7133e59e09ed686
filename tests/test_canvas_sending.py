"""The screen: what is sent to the browser, and how little of it."""

import base64

import cv2
import numpy as np
import pytest
from screen_scenes import circle, names, ready

from labkit.canvas import Drawn, Screen
from labkit.canvas.screen.shapes import Shapes


def carried(screen):
    """Return the image that was sent last."""
    kind, data = bytes(screen._picture._carrier.value).split(b",")
    assert kind == b"data:image/png;base64"
    data = np.frombuffer(base64.b64decode(data), np.uint8)
    return cv2.imdecode(data, cv2.IMREAD_UNCHANGED)


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


def test_a_patch_in_colour_turns_a_grey_image_into_colour(sent):
    screen = ready(Screen((300, 400)))
    screen.set_image(np.full((60, 80), 7, np.uint8))
    screen.set_patch(np.full((5, 6, 3), (200, 0, 90), np.uint8), (10, 20))
    now = screen._picture._levels[0]
    assert (now[10:15, 20:26] == (200, 0, 90)).all()
    assert (now[:10] == 7).all()
    assert now.shape == (60, 80, 3)


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
