"""The annotator: keys, buttons, lists, contrast, the model on a real frame."""

import base64

import cv2
import numpy as np
import pytest
from annotator_scenes import circle, discs, ids, picture

from labkit.annotation import Annotation
from labkit.canvas import Annotator, Session
from labkit.canvas.display import Contrast, to_display
from labkit.canvas.keys import ACTIONS, TOOLS, key_map
from labkit.canvas.screen.events import Modifiers
from labkit.canvas.sources import frames_of
from labkit.canvas.tools import is_scribble

NOTHING = Modifiers(False, False, False)


def test_keys_are_unique_and_can_be_changed():
    keys = key_map({"accept": "Space", "draw": ("D", "d")})
    assert keys["Space"] == "accept"
    assert "Enter" not in keys
    with pytest.raises(ValueError, match="two meanings"):
        key_map({"accept": "x"})
    with pytest.raises(ValueError, match="unknown actions"):
        key_map({"fly": "f"})


def test_every_action_and_tool_exists(annotator):
    for action in ACTIONS:
        found = hasattr(annotator.session, action.name) or hasattr(
            annotator, action.name
        )
        assert found, action.name
    from labkit.canvas.tools import TOOL_STROKES

    assert set(TOOL_STROKES) == {tool.name for tool in TOOLS}


def test_help_shows_all_keys(annotator):
    annotator.press("?")
    assert annotator._help.layout.display == ""
    for key in annotator.keys:
        if not key.isdigit():
            assert f"<kbd>{key}</kbd>" in annotator._help.value
    annotator.press("?")
    assert annotator._help.layout.display == "none"


def test_buttons_do_what_keys_do(annotator):
    annotator.draw(circle((30, 30), 14))
    annotator._toolbar.children[1].children[0].children[0].click()
    assert ids(annotator) == [1]
    annotator._toolbar.tool.value = "select"
    assert annotator.session.tool == "select"
    annotator._toolbar.assist.value = False
    assert not annotator.session.assisted
    annotator.press("a")
    assert annotator._toolbar.assist.value
    annotator._class_panel.name.value = "nucleus"
    assert annotator.annotation.classes[0].name == "nucleus"
    annotator._objects.list.value = (1,)
    assert annotator.session.selected == (1,)


def test_the_object_list_can_be_sorted(repaired):
    repaired.annotation.grow(2, 3)
    repaired._objects.order.value = "area"
    assert [number for _, number in repaired._objects.list.options][-1] == 2


def test_contrast_of_16_bit_images():
    image = np.linspace(1000, 3000, 256).reshape(16, 16).astype(np.uint16)
    shown = to_display(image, Contrast(0, 100))
    assert shown[0, 0] == 0
    assert shown[-1, -1] == 255
    assert (np.diff(shown.ravel().astype(int)) >= 0).all()
    bright = to_display(image, Contrast(0, 100, gamma=0.5))
    assert bright[8, 0] > shown[8, 0]
    assert np.array_equal(
        to_display(image, Contrast(0, 100, inverted=True)), 255 - shown
    )
    assert to_display(np.zeros((5, 5))).max() == 0
    colour = np.stack([image, image * 0, image * 0], axis=-1)
    assert to_display(colour, Contrast(channel=1)).shape == (16, 16)


def test_contrast_is_kept_from_image_to_image(tmp_path):
    images = [picture(discs()), picture(discs())]
    annotator = Annotator(images, model=None, ink=False)
    annotator._view.gamma.value = 0.5
    annotator.press("PageDown")
    assert annotator._easel.contrast.gamma == 0.5


def test_frames_of_images_and_movies():
    for shape, n_frames, expected in [
        ((5, 6), 1, (5, 6)),
        ((5, 6, 3), 1, (5, 6)),
        ((4, 5, 6), 4, (4, 5, 6)),
        ((4, 5, 6, 3), 4, (4, 5, 6)),
        ((1, 5, 6), 1, (1, 5, 6)),
    ]:
        frames, found = frames_of(np.zeros(shape))
        assert (len(frames), tuple(found)) == (n_frames, expected)


def test_open_lines_are_scribbles():
    assert is_scribble(np.array([(0, 0), (0, 10), (0, 20)]))
    assert not is_scribble(circle((0, 0), 10))
    assert not is_scribble(circle((0, 0), 10)[:34])


def test_a_session_needs_no_widget():
    session = Session([picture(discs())], Annotation((100, 120)))
    said = []
    session.listeners.append(lambda what, text: said.append(text))
    session.stroke(circle((30, 30), 14), NOTHING)
    session.accept()
    assert len(session.annotation) == 1
    assert said[-1] == "added object 1"
    with pytest.raises(ValueError, match="no tool"):
        session.use("hammer")


def test_time_is_noted_without_long_pauses():
    now = [0.0]
    session = Session([picture(discs())], Annotation((100, 120)), clock=lambda: now[0])
    now[0] = 4.5
    session.stroke(circle((30, 30), 14), NOTHING)
    session.accept()
    now[0] = 4000
    session.stroke(circle((30, 80), 14), NOTHING)
    session.accept()
    assert session.annotation.time_log()["seconds"].tolist() == [4.5, 60.0]


def test_a_thousand_objects_are_listed_and_drawn():
    rows, cols = np.indices((640, 640))
    labels = ((rows // 20) * 32 + cols // 20 + 1).astype(np.int32)
    labels[(rows % 20 < 4) | (cols % 20 < 4)] = 0
    annotator = Annotator(np.zeros((640, 640)), labels, model=None, ink=False)
    assert len(annotator._objects.list.options) == 1024
    annotator.press("s")
    annotator.draw([(10, 10)])
    annotator.press("x")
    assert len(annotator._objects.list.options) == 1023


@pytest.mark.parametrize("key", ["", 5, ("n2", None)])
def test_keys_must_be_names(key):
    with pytest.raises((ValueError, TypeError)):
        key_map({"accept": key})
    assert "accept" not in key_map({"accept": None}).values()


def test_a_stored_notebook_shows_a_picture(repaired):
    bundle = repaired._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    data = np.frombuffer(base64.b64decode(bundle["image/jpeg"]), np.uint8)
    assert cv2.imdecode(data, cv2.IMREAD_COLOR).shape == (100, 120, 3)
    picture = repaired._easel.snapshot()
    grey = (picture[..., 0] == picture[..., 1]) & (picture[..., 1] == picture[..., 2])
    coloured = ~grey
    assert coloured[18:20, 25:36].any()
    assert not coloured[30, 30]
    assert repaired._easel.snapshot(50).shape == (42, 50, 3)
