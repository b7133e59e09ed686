"""The annotator: suggestions made, improved, accepted and dropped."""

import subprocess
import sys
import time

import numpy as np
import pytest
from annotator_scenes import CENTRES, circle, discs, ids, iou

import labkit as lk
from labkit.canvas import Annotator


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


def test_another_method_suggests_anew(annotator):
    annotator.draw(circle((30, 30), 15))
    annotator._toolbar.method.value = "region"
    assert annotator.session.pending.option.method == "region"
    with pytest.raises(ValueError, match="method"):
        Annotator(np.zeros((20, 20)), model=None, ink=False, method="magic")


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
