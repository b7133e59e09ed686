"""The annotator without a browser: strokes, keys and buttons, images and files."""

import base64
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest
import tifffile

import labkit as lk
from labkit.annotation import Annotation
from labkit.canvas import Annotator, Session
from labkit.canvas.display import Contrast, to_display
from labkit.canvas.keys import ACTIONS, TOOLS, key_map
from labkit.canvas.look import EXTRA, MISSED, RIGHT, compared
from labkit.canvas.screen.events import Modifiers
from labkit.canvas.sources import frames_of, sources
from labkit.canvas.tools import is_scribble
from labkit.objects import ObjectClass

NOTHING = Modifiers(False, False, False)
CENTRES = [(30, 30), (30, 80), (70, 50)]
RADIUS = 12


def discs(centres=CENTRES, shape=(100, 120), radius=RADIUS):
    """Labels of discs."""
    rows, cols = np.ogrid[: shape[0], : shape[1]]
    labels = np.zeros(shape, np.int32)
    for label, (row, col) in enumerate(centres, start=1):
        labels[(rows - row) ** 2 + (cols - col) ** 2 <= radius**2] = label
    return labels


def picture(labels, seed=0):
    """Bright discs on a dark, noisy ground, 16 bit."""
    noise = np.random.default_rng(seed).normal(0, 60, labels.shape)
    return np.clip(500 + 2500 * (labels > 0) + noise, 0, 65535).astype(np.uint16)


def circle(centre, radius, n=40):
    """A closed stroke round a point."""
    angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
    return np.array(centre) + radius * np.stack([np.sin(angle), np.cos(angle)], axis=1)


def iou(first, second):
    return (first & second).sum() / (first | second).sum()


@pytest.fixture
def annotator():
    return Annotator(picture(discs()), model=None, ink=False)


def ids(annotator):
    return [one.id for one in annotator.annotation.objects()]


# Suggest, accept, reject


def test_a_rough_line_becomes_the_contour(annotator):
    annotator.draw(circle((31, 32), 15))
    assert annotator.session.pending is not None
    assert annotator.status.startswith("suggestion: ")
    assert len(annotator.annotation) == 0
    annotator.press("Enter")
    assert iou(annotator.labels == 1, discs() == 1) > 0.9
    one = annotator.annotation[1]
    assert one.source in ("watershed", "region", "snake")
    assert 0 <= one.score <= 1
    note = annotator.annotation.history.done[-1].note
    assert note["strokes"] == 1
    assert len(note["drawn"]) == 40
    assert note["corrected"] is False


@pytest.mark.parametrize("way", ["click", "box", "scribble"])
def test_a_click_a_box_and_a_scribble_will_do(annotator, way):
    if way == "click":
        annotator.draw([(30, 80)])
    elif way == "box":
        annotator.press("b")
        annotator.draw([(16, 66), (44, 95)])
    else:
        annotator.draw(np.stack([np.linspace(24, 36, 20), np.full(20, 80.0)], axis=1))
    annotator.press("q")
    assert iou(annotator.labels == 1, discs() == 2) > 0.85


def test_the_next_stroke_accepts(annotator):
    for centre in CENTRES:
        annotator.draw(circle(centre, 14))
    assert ids(annotator) == [1, 2]
    annotator.press("Enter")
    assert lk.metrics.match(discs(), annotator.labels, 0.8).f1 == 1


@pytest.mark.parametrize("key", ["x", "Delete", "Escape", "z"])
def test_a_suggestion_can_be_dropped(annotator, key):
    annotator.draw(circle((30, 30), 14))
    annotator.press(key)
    assert annotator.session.pending is None
    assert ids(annotator) == []


def test_next_invert_and_refine(annotator):
    annotator.draw(circle((30, 30), 15))
    annotator.press("n")
    assert annotator.session.pending.index == 1
    assert annotator.status.startswith("suggestion 2 of")
    n_options = len(annotator.session.pending.options)
    for _ in range(n_options - 1):
        annotator.press("n")
    assert annotator.session.pending.index == 0
    annotator.press("u")
    annotator.press("Enter")
    ring = annotator.labels == 1
    assert not (ring & (discs(radius=10) == 1)).any()
    assert ring.sum() > 50
    annotator.press("z")
    annotator.draw(circle((30, 30), 15))
    annotator.press("g")
    annotator.press("Enter")
    assert iou(annotator.labels == 1, discs() == 1) > 0.85
    assert annotator.annotation[1].edited


def test_what_is_there_is_not_painted_over(annotator):
    annotator.press("a")
    annotator.draw(circle((30, 36), 8))
    before = annotator.labels == 1
    annotator.press("a")
    annotator.draw(circle((30, 30), 15))
    annotator.press("Enter")
    assert np.array_equal(annotator.labels == 1, before)
    assert (annotator.labels == 2).sum() > 100


def test_without_assist_the_line_is_taken_as_drawn(annotator):
    annotator.press("a")
    annotator.draw(circle((50, 60), 20))
    expected = lk.labels.from_polygons([circle((50, 60), 20)], (100, 120)) > 0
    assert iou(annotator.labels == 1, expected) > 0.98
    assert annotator.annotation[1].source == "drawn"


def test_a_line_without_area_is_told_not_raised(annotator):
    annotator.press("a")
    annotator.draw([(5, 5), (5, 20)])
    assert "polygon" in annotator.status or "outside" in annotator.status
    assert ids(annotator) == []


def test_actions_without_an_object_say_what_to_do(annotator):
    for key, words in {
        "n": "no suggestion",
        "u": "no suggestion",
        "m": "at least two",
        "o": "choose an object",
        "g": "choose an object",
        "t": "last frame",
        "c": "nothing to compare",
        "r": "score",
        "3": "no class 3",
        "PageDown": "last image",
        "ArrowLeft": "first frame",
    }.items():
        annotator.press(key)
        assert words in annotator.status, key


# Tools


def test_polygon_by_clicks(annotator):
    annotator.press("a")
    annotator.press("p")
    for corner in [(10, 10), (10, 50), (50, 50), (50, 10)]:
        annotator.draw([corner])
    assert len(annotator.session.corners) == 4
    annotator.draw([(11, 11)])
    assert annotator.annotation[1].area == pytest.approx(1600)
    for corner in [(60, 60), (60, 90), (90, 90)]:
        annotator.draw([corner])
    annotator.press("Enter")
    assert annotator.annotation[2].area == pytest.approx(450)
    annotator.draw([(60, 60)])
    annotator.press("Enter")
    assert "3 corners" in annotator.status


def test_boxes(annotator):
    annotator.press("a")
    annotator.press("b")
    annotator.draw([(40, 50), (20, 25)])
    box = annotator.annotation[1]
    assert box.is_box
    assert box.polygon.tolist() == [[20, 25], [20, 50], [40, 50], [40, 25]]


@pytest.fixture
def repaired():
    """An annotator on a label image that is to be repaired."""
    return Annotator(picture(discs()), discs(), model=None, ink=False)


def test_double_click_edits_with_the_brush(repaired):
    before = repaired.labels
    repaired.screen.send_double((30, 30))
    assert repaired.session.tool == "brush"
    repaired.session.brush_radius = 4
    repaired.draw([(30, 43)])
    assert ((repaired.labels == 1) & (before == 0)).sum() > 10
    repaired.draw([(30, 20), (30, 40)], alt=True)
    assert repaired.labels[30, 30] == 0
    repaired.press("z")
    repaired.press("z")
    assert np.array_equal(repaired.labels, before)


def test_select_merge_split_delete(repaired):
    repaired.press("s")
    repaired.draw([(30, 30)])
    repaired.draw([(30, 80)], shift=True)
    assert repaired.session.selected == (1, 2)
    repaired.press("m")
    assert ids(repaired) == [1, 3]
    repaired.press("k")
    repaired.draw([(55, 50), (90, 50)])
    assert ids(repaired) == [1, 3, 4]
    assert "cut into 2" in repaired.status
    repaired.draw([(0, 0), (0, 10)])
    assert "no object is cut" in repaired.status
    repaired.press("s")
    repaired.draw([(50, 30), (95, 70)])
    assert set(repaired.session.selected) == {3, 4}
    repaired.press("Delete")
    assert ids(repaired) == [1]
    repaired.press("z")
    assert ids(repaired) == [1, 3, 4]


def test_smooth_grow_shrink_act_on_choice_and_suggestion(repaired):
    repaired.press("s")
    repaired.draw([(70, 50)])
    area = repaired.annotation[3].area
    repaired.press("+")
    assert repaired.annotation[3].area > area
    repaired.press("-")
    repaired.press("o")
    assert abs(repaired.annotation[3].area - area) < 40
    other = Annotator(picture(discs()), model=None, ink=False)
    other.draw(circle((30, 30), 14))
    other.press("+")
    other.press("Enter")
    assert other.annotation[1].edited
    assert (other.labels == 1).sum() > (discs() == 1).sum()


def test_brush_on_a_suggestion(annotator):
    annotator.draw(circle((30, 30), 14))
    annotator.press("e")
    annotator.draw([(30, 48)])
    annotator.press("Enter")
    assert annotator.labels[30, 50] == 1
    assert annotator.annotation[1].edited


def test_brush_size(annotator):
    annotator.press("]")
    assert annotator.session.brush_radius == pytest.approx(6.25)
    annotator.press("[")
    annotator.press("[")
    assert annotator.session.brush_radius == pytest.approx(4.0)
    annotator.press("e")
    assert annotator.screen.pen.size == pytest.approx(8.0)


# Classes


def test_classes_by_keys(repaired):
    repaired.do("add class:normal")
    repaired.do("add class:cancerous")
    repaired.press("s")
    repaired.draw([(30, 30)])
    repaired.press("1")
    assert repaired.annotation[1].class_id == 1
    repaired.press("1")
    assert repaired.annotation[1].class_id == 1
    repaired.press("0")
    assert repaired.annotation[1].class_id == 0
    repaired.press("2")
    assert repaired.annotation[1].class_id == 2
    repaired.press("Escape")
    repaired.press("1")
    repaired.press("a")
    repaired.press("d")
    repaired.draw(circle((85, 100), 8))
    assert repaired.annotation[4].class_id == 1


def test_painting_classes():
    annotator = Annotator(
        picture(discs()), model=None, ink=False, classes=["nucleus", "dirt"]
    )
    annotator.press("w")
    annotator.draw([(30, 20), (30, 40)])
    assert "class" in annotator.status
    annotator.press("2")
    annotator.draw([(30, 20), (30, 40)])
    assert annotator.annotation.class_map()[30, 30] == 2
    annotator.draw([(30, 30)], alt=True)
    assert annotator.annotation.class_map()[30, 30] == 0
    annotator.press("z")
    assert annotator.annotation.class_map()[30, 30] == 2


# Images, frames, files


def test_every_step_is_on_disk(tmp_path):
    path = tmp_path / "cells.tif"
    tifffile.imwrite(path, picture(discs()))
    annotator = Annotator(path, model=None, ink=False)
    annotator.draw(circle((30, 30), 14))
    annotator.press("Enter")
    file = tmp_path / "annotations" / "cells.labkit"
    assert len(Annotation.open(file)) == 1
    annotator.draw(circle((30, 80), 14))
    annotator.press("Enter")
    again = Annotator(path, model=None, ink=False)
    assert ids(again) == [1, 2]
    assert "going on" in again.status
    assert np.array_equal(again.labels, annotator.labels)


def test_arrays_stay_in_memory_and_say_so(annotator, tmp_path):
    assert "only in memory" in annotator._status.value
    saved = Annotator(picture(discs()), model=None, ink=False, folder=tmp_path)
    assert "only in memory" not in saved._status.value
    saved.draw(circle((30, 30), 14))
    saved.press("Enter")
    assert len(Annotation.open(tmp_path / "image.labkit")) == 1


def test_images_in_turn(tmp_path):
    for name in ("a", "b"):
        tifffile.imwrite(tmp_path / f"{name}.tif", picture(discs(), seed=ord(name)))
    annotator = Annotator(tmp_path, model=None, ink=False)
    annotator.draw(circle((30, 30), 14))
    annotator.press("PageDown")
    assert annotator.status.startswith("b")
    assert ids(annotator) == []
    annotator.draw(circle((30, 80), 14))
    annotator.press("i")
    assert annotator.status == "done"
    annotator.press("PageUp")
    assert ids(annotator) == [1]
    assert sorted(annotator.annotations) == ["a", "b"]
    assert annotator._view.images.options[1] == ("✓ b (1)", 1)
    annotator.press("i")
    assert annotator.status.startswith("b")


def test_a_movie_frame_by_frame():
    movie = np.stack([picture(discs(), seed=i) for i in range(3)])
    annotator = Annotator(movie, model=None, ink=False)
    annotator.draw(circle((30, 30), 14))
    annotator.press("Enter")
    annotator.press("t")
    annotator.press("ArrowRight")
    assert annotator.session.frame == 1
    assert np.array_equal(annotator.labels > 0, annotator.annotation.labels(0) > 0)
    annotator.do("frame:2")
    assert annotator.labels.max() == 0
    assert "frame 3 of 3" in annotator.status


def test_undo_of_another_frame_is_shown_there():
    movie = np.stack([picture(discs(), seed=i) for i in range(3)])
    annotator = Annotator(movie, model=None, ink=False)
    annotator.draw(circle((30, 30), 14))
    annotator.press("Enter")
    annotator.press("ArrowRight")
    annotator.press("z")
    assert annotator.session.frame == 0
    assert ids(annotator) == []


def test_colour_images_and_other_types():
    grey = picture(discs())
    colour = np.stack([255 - (grey >> 5)] * 3, axis=-1).astype(np.uint8)
    for image in (colour, grey.astype(np.float32) / 4000, grey > 1500):
        annotator = Annotator(image, model=None, ink=False)
        annotator.draw(circle((30, 30), 14))
        annotator.press("Enter")
        assert iou(annotator.labels == 1, discs() == 1) > 0.85


def test_labels_to_begin_with_and_to_compare(repaired):
    shifted = discs([(31, 30), (30, 81), (10, 110)])
    annotator = Annotator(
        picture(discs()), discs(), compare=shifted, model=None, ink=False
    )
    assert ids(annotator) == [1, 2, 3]
    annotator.press("c")
    assert annotator.status == "comparison off"
    annotator.press("c")
    assert "F1 0.67" in annotator.status
    assert "1 only there" in annotator.status


def test_least_sure_first():
    annotation = Annotation.from_labels(discs(), scores={1: 0.9, 2: 0.2, 3: 0.5})
    annotator = Annotator(picture(discs()), annotation, model=None, ink=False)
    seen = []
    for _ in range(3):
        annotator.press("r")
        seen.append(annotator.session.selected[-1])
    assert seen == [2, 3, 1]
    low, high = annotator.screen.viewport.visible()
    assert (low < (30, 30)).all()
    assert (high > (30, 30)).all()


def test_an_annotation_of_another_image_is_refused(tmp_path):
    first = Annotator(np.zeros((50, 60)), model=None, ink=False, folder=tmp_path)
    first.press("a")
    first.draw(circle((20, 20), 8))
    with pytest.raises(ValueError, match="folder="):
        Annotator(np.zeros((60, 60)), model=None, ink=False, folder=tmp_path)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ([], "no image"),
        (np.zeros((2, 3, 4, 5)), "axes"),
        (np.full((5, 5), np.nan), "NaN"),
        (np.zeros((0, 5)), r"axes|pixel"),
        ({}, "no image"),
    ],
)
def test_what_is_no_image_is_refused(images, message):
    with pytest.raises(ValueError, match=message):
        Annotator(images, model=None, ink=False)


def test_given_annotations_must_fit():
    with pytest.raises(ValueError, match="one entry for each"):
        Annotator([np.zeros((9, 9))] * 2, [discs()], model=None, ink=False)
    with pytest.raises(ValueError, match="names 'b'"):
        Annotator({"a": np.zeros((9, 9))}, {"b": discs()}, model=None, ink=False)


def test_files_of_one_name_are_told_apart(tmp_path):
    for name in ("a.tif", "a.png"):
        lk.files.images.write_image(tmp_path / name, np.zeros((9, 9), np.uint8))
    with pytest.raises(ValueError, match="share the name"):
        sources(tmp_path)


def test_a_full_disk_is_told_and_nothing_lost(tmp_path, monkeypatch):
    annotator = Annotator(picture(discs()), model=None, ink=False, folder=tmp_path)
    real_open = type(tmp_path).open

    def full(self, mode="r", *rest, **more):
        if "a" in mode:
            raise OSError(28, "No space left on device")
        return real_open(self, mode, *rest, **more)

    annotator.draw(circle((30, 30), 14))
    with monkeypatch.context() as patched:
        patched.setattr(type(tmp_path), "open", full)
        annotator.press("Enter")
        assert "No space left" in annotator.status
    assert ids(annotator) == [1]
    annotator.draw(circle((30, 80), 14))
    annotator.press("Enter")
    assert len(Annotation.open(tmp_path / "image.labkit")) == 2


def test_an_error_of_the_program_is_shown(annotator, monkeypatch):
    def broken(*_):
        raise RuntimeError("a bug")

    monkeypatch.setattr(annotator.session, "undo", broken)
    with pytest.raises(RuntimeError):
        annotator.press("z")
    assert "a bug" in annotator.status
    annotator.draw(circle((30, 30), 14))
    assert annotator.session.pending is not None


# Parts


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


@pytest.mark.data
def test_a_real_frame_with_the_model():
    data = lk.data.load("mdck_crop_frame01")
    image, labels = data.images[0], data.labels[0]
    annotator = Annotator(image, ink=False)
    found = lk.labels.to_polygons(labels)
    inner = [k for k, p in found.items() if p.min() > 20 and p.max() < len(image) - 20]
    for label in inner[:5]:
        centre = found[label].mean(axis=0)
        annotator.draw(centre + 1.15 * (found[label][::3] - centre))
        assert annotator.session.pending.option.method == "unet"
    annotator.press("Enter")
    kept = np.where(np.isin(labels, inner[:5]), labels, 0)
    assert lk.metrics.match(kept, annotator.labels, 0.7).f1 == 1
    annotator.close()


def test_hovering_says_what_is_there(repaired):
    repaired.do("add class:normal")
    repaired.annotation.set_class(1, 1)
    repaired.screen.send_hover((30, 30))
    assert repaired.status == "object 1: normal, 441 px"
    repaired.screen.send_hover(None)
    repaired.screen.send_hover((0, 0))
    assert repaired.status == "object 1: normal, 441 px"


def test_another_method_suggests_anew(annotator):
    annotator.draw(circle((30, 30), 15))
    annotator._toolbar.method.value = "region"
    assert annotator.session.pending.option.method == "region"
    with pytest.raises(ValueError, match="method"):
        Annotator(np.zeros((20, 20)), model=None, ink=False, method="magic")


def test_the_wheel_with_shift_changes_the_brush(annotator):
    annotator.screen.send_wheel((10, 10), -100, (True, False, False))
    assert annotator.session.brush_radius == pytest.approx(6.25)


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


# Export, import


def test_export_of_all_images(tmp_path):
    for name in ("a", "b"):
        tifffile.imwrite(tmp_path / f"{name}.tif", picture(discs(), seed=ord(name)))
    annotator = Annotator(tmp_path, model=None, ink=False, classes=["normal"])
    annotator.draw(circle((30, 30), 14))
    for key in ("Enter", "1", "PageDown"):
        annotator.press(key)
    annotator = Annotator(tmp_path, model=None, ink=False)
    panel = annotator.exporting
    assert panel.layout.display == "none"
    annotator.press("l")
    assert panel.layout.display == ""
    panel.formats.value = ("rois", "labels", "coco")
    panel.folder.value = str(tmp_path / "out")
    panel.run(wait=True)
    assert panel.text.value.startswith("5 files")
    objects, classes = lk.files.rois.read_objects(tmp_path / "out" / "a_ROIs.zip")
    assert [one.class_id for one in objects] == [1]
    assert (classes[0].id, classes[0].colour) == (
        1,
        annotator.annotation.classes[0].colour,
    )
    panel.run(wait=True)
    assert "there already" in panel.text.value
    panel.overwrite.value = True
    panel.run(wait=True)
    assert "files written" in panel.text.value


def test_export_can_be_cancelled(tmp_path):
    images = {f"image{i}": picture(discs(), seed=i) for i in range(4)}
    annotator = Annotator(
        images, [discs()] * 4, model=None, ink=False, folder=tmp_path / "work"
    )
    for _ in range(3):
        annotator.press("PageDown")
    panel = annotator.exporting
    panel.folder.value = str(tmp_path / "out")
    step = panel._step

    def stop_after_two(n_done, n_images, name):
        step(n_done, n_images, name)
        if n_done == 2:
            panel.cancel.click()

    panel._step = stop_after_two
    panel.run(wait=True)
    assert panel.result.cancelled
    assert panel.result.left == ["image2", "image3"]
    assert "stopped" in panel.text.value
    for file in panel.result.files:
        assert len(lk.files.rois.read_objects(file)[0]) == 3


def test_painted_classes_are_exported_as_their_parts(tmp_path):
    annotator = Annotator(
        picture(discs()), model=None, ink=False, folder=tmp_path, classes=["nucleus"]
    )
    annotator.press("w")
    annotator.press("1")
    annotator.draw([(20, 20)])
    annotator.draw([(60, 60)])
    items, classes = annotator._desk.items()
    assert [one.class_id for one in items[0].objects] == [1, 1]
    assert [one.name for one in classes] == ["nucleus"]


def test_rois_of_imagej_and_label_files_can_be_opened(tmp_path):
    lk.files.rois.write_objects(
        tmp_path / "a.zip", lk.objects.from_labels(discs(), class_id={2: 1})
    )
    lk.files.labels.write_labels(tmp_path / "a.tif", discs())
    for name in ("a.zip", "a.tif"):
        annotator = Annotator(picture(discs()), tmp_path / name, model=None, ink=False)
        assert np.array_equal(annotator.labels > 0, discs() > 0)
        assert len(annotator.annotation) == 3
    annotator = Annotator(picture(discs()), tmp_path / "a.zip", model=None, ink=False)
    assert sorted(o.class_id for o in annotator.annotation.objects()) == [0, 0, 1]


def test_erasing_without_a_keyboard(repaired):
    repaired._toolbar.erase.value = True
    repaired.screen.send_double((30, 30))
    repaired.draw([(30, 20), (30, 40)])
    assert repaired.labels[30, 30] == 0
    repaired.draw([(30, 30)], alt=True)
    assert repaired.labels[30, 30] == 1
    repaired.press("Shift+e")
    assert not repaired._toolbar.erase.value
    repaired._toolbar.tool.value = "move"
    assert repaired.screen.pen.mode == "pan"


@pytest.mark.data
def test_the_map_of_the_next_image_is_computed_ahead():
    image = lk.data.load("mdck_crop_frame01").images[0][:128, :128]
    annotator = Annotator([image, image[::-1]], ink=False)
    annotator.session.prob.wait()
    maps = annotator._desk._maps._maps
    end = time.monotonic() + 60
    while (1, 0) not in maps and time.monotonic() < end:
        time.sleep(0.05)
    ahead = maps[1, 0]
    annotator.press("PageDown")
    assert annotator.session.prob is ahead
    annotator.close()
    assert not maps


# What must not go wrong


def choose_two(annotator):
    annotator.press("s")
    annotator.draw([(30, 30)])
    annotator.draw([(30, 80)], shift=True)


@pytest.mark.parametrize("key", ["Delete", "m"])
def test_work_goes_on_when_the_file_is_gone(tmp_path, key):
    annotator = Annotator(picture(discs()), discs(), model=None, folder=tmp_path)
    choose_two(annotator)
    (tmp_path / "image.labkit").rename(tmp_path / "moved.labkit")
    annotator.press(key)
    assert "save_as" in annotator.status
    assert set(annotator.session.selected) <= set(ids(annotator)) != {1, 2, 3}
    annotator.press("z")
    assert set(ids(annotator)) == {1, 2, 3}
    annotator.annotation.save_as(tmp_path / "other.labkit")
    assert len(Annotation.open(tmp_path / "other.labkit")) == 3


def test_a_cut_that_cannot_be_saved_says_so(tmp_path):
    annotator = Annotator(picture(discs()), discs(), model=None, folder=tmp_path)
    (tmp_path / "image.labkit").unlink()
    annotator.press("k")
    annotator.draw([(30, 0), (30, 60)])
    assert "save_as" in annotator.status


def test_what_a_script_deletes_is_no_longer_chosen(repaired):
    choose_two(repaired)
    repaired.annotation.delete(1)
    repaired.press("v")
    assert repaired.session.selected == (2,)
    repaired.press("Delete")
    assert ids(repaired) == [3]


def test_classes_to_begin_with_are_not_undone(tmp_path):
    annotator = Annotator(
        picture(discs()), model=None, folder=tmp_path, classes=["a", "b"]
    )
    annotator.press("z")
    assert [one.name for one in annotator.annotation.classes] == ["a", "b"]
    again = Annotator(picture(discs()), model=None, folder=tmp_path, classes=["c"])
    assert again.annotation.classes == annotator.annotation.classes
    kept = ObjectClass(5, "five", "#123456")
    assert Annotator(picture(discs()), model=None, classes=[kept])


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        (["a", "a"], "already"),
        ([f"c{i}" for i in range(256)], "255"),
        ([ObjectClass(1, "a", "red")], "colour"),
        ([ObjectClass(2, "a", "#ff0000"), "b"], "number 2"),
    ],
)
def test_classes_that_cannot_be_are_refused(classes, message):
    with pytest.raises(ValueError, match=message):
        Annotator(picture(discs()), model=None, classes=classes)


@pytest.mark.parametrize("given", [np.zeros((40, 40), int), Annotation((40, 40))])
def test_a_refused_annotation_leaves_no_file(tmp_path, given):
    with pytest.raises(ValueError, match="40"):
        Annotator(picture(discs()), given, model=None, folder=tmp_path)
    assert not list(tmp_path.iterdir())


def test_what_to_compare_with_must_fit():
    images = {"a": picture(discs()), "b": picture(discs())}
    annotator = Annotator(images, compare={"b": np.zeros((5, 5), int)}, model=None)
    annotator.press("PageDown")
    assert "compare" in annotator.status
    assert annotator._desk.name == "a"
    annotator.draw([(30, 30)])
    assert annotator.session.pending is not None


@pytest.mark.parametrize("tool", [tool.name for tool in TOOLS])
@pytest.mark.parametrize("points", [[], [(np.nan, 3), (5, 5)]])
def test_strokes_without_points_are_told(repaired, tool, points):
    repaired.session.use(tool)
    repaired.draw(points)
    assert "stroke" in repaired.status
    assert repaired.session.corners == []


@pytest.mark.parametrize("shape", [(50, 60, 2), (50, 60, 1)])
def test_images_of_one_or_two_channels_are_no_movies(shape):
    with pytest.raises(ValueError, match="channel"):
        frames_of(np.zeros(shape))


@pytest.mark.parametrize("key", ["", 5, ("n2", None)])
def test_keys_must_be_names(key):
    with pytest.raises((ValueError, TypeError)):
        key_map({"accept": key})
    assert "accept" not in key_map({"accept": None}).values()


def test_a_small_polygon_can_be_clicked_when_it_is_seen_large(annotator):
    annotator.press("a")
    annotator.press("p")
    for corner in [(10, 10), (10, 14), (14, 14), (14, 10)]:
        annotator.draw([corner])
    assert len(annotator.session.corners) == 4
    annotator.press("Enter")
    assert annotator.annotation[1].area == 16


def test_corners_are_kept_until_there_are_three(annotator):
    annotator.press("p")
    annotator.draw([(10, 10)])
    annotator.draw([(10, 40)])
    annotator.press("Enter")
    assert "3 corners" in annotator.status
    assert len(annotator.session.corners) == 2


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


def test_a_click_into_a_suggestion_accepts_it(annotator):
    annotator.draw(circle((30, 30), 15))
    annotator.draw([(30, 30)])
    assert ids(annotator) == [1]
    assert annotator.session.pending is None
    annotator.draw(circle((30, 80), 15))
    annotator.draw([(70, 50)])
    assert ids(annotator) == [1, 2]
    assert annotator.session.pending is not None


def test_a_double_click_keeps_the_suggestion_that_waits(repaired):
    repaired.annotation.delete(2)
    repaired.draw(circle((30, 80), 15))
    repaired.screen.send_double((30, 30))
    assert len(ids(repaired)) == 3
    assert repaired.session.selected == (1,)


def test_undo_takes_corners_back_first(repaired):
    repaired.press("p")
    repaired.draw([(50, 10)])
    repaired.draw([(50, 90)])
    repaired.press("z")
    assert repaired.session.corners == [(50, 10)]
    repaired.press("z")
    repaired.press("z")
    assert repaired.session.corners == []
    assert ids(repaired) == [1, 2, 3]


def test_colours_of_a_comparison_mean_one_thing_each():
    shifted = discs([(31, 30), (30, 81), (10, 110)])
    annotator = Annotator(picture(discs()), discs(), compare=shifted, model=None)
    assert "F1 0.67" in annotator.status
    shapes, _ = compared(annotator.session, shifted)
    counts = {c: [one.colour for one in shapes].count(c) for c in (RIGHT, EXTRA)}
    assert counts == {RIGHT: 2, EXTRA: 1}
    assert [one.colour for one in shapes].count(MISSED) == 1
    assert len(shapes) == 6


def test_a_polygon_and_a_suggestion_are_kept_when_one_turns_away(annotator, tmp_path):
    annotator.press("p")
    for corner in [(10, 10), (10, 50), (50, 50), (50, 10)]:
        annotator.draw([corner])
    annotator.press("a")
    annotator.press("d")
    assert ids(annotator) == [1]
    annotator.press("a")
    annotator.draw(circle((70, 80), 14))
    assert annotator.session.pending
    annotator.press("l")
    assert ids(annotator) == [1, 2]


def test_a_click_needs_no_network():
    code = (
        "import sys, numpy as np, labkit as lk; "
        "a = lk.canvas.Annotator(np.eye(64) * 9.0, model=None, ink=False); "
        "a.draw([(30, 30)]); assert a.session.pending; "
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
