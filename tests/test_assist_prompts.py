"""Contour assist: alternatives, scores, clicks, boxes, scribbles; bad input."""

import numpy as np
import pytest
from assist_scenes import (
    LINE,
    ONE,
    ROW,
    FakeModel,
    around,
    discs,
    grey,
    iou,
    perfect,
    stained,
)

import labkit as lk
from labkit.assist import (
    ProbMap,
    from_box,
    from_click,
    from_scribble,
    suggest,
    suggestions,
)
from labkit.objects import crop_mask


def test_alternatives_differ_and_end_with_the_line():
    image, prob = grey(ROW), np.clip(perfect(ROW) * 0.9 + 0.05, 0, 1)
    line = around(60, 71, 15, (3, 3), 1.2)
    found = suggestions(image, line, prob=prob)
    first = suggest(image, line, prob=prob)
    assert np.array_equal(found[0].polygon, first.polygon)
    assert found[-1].method == "drawn"
    assert np.array_equal(found[-1].mask, crop_mask(line)[0])
    full = [lk.labels.from_polygons([one.polygon], ROW.shape) > 0 for one in found]
    for k, one in enumerate(full):
        for other in full[:k]:
            both, either = np.count_nonzero(one & other), np.count_nonzero(one | other)
            assert both / either <= 0.95


def test_the_score_tells_clear_from_unclear():
    clear = suggest(grey(ONE), LINE)
    noisy = suggest(grey(ONE, low=100, high=130, noise=40), LINE)
    assert clear.score > noisy.score + 0.2


@pytest.mark.parametrize("click", [(60, 70), (52, 64), (68, 78)])
@pytest.mark.parametrize("look", [grey, stained, lambda labels: 255 - grey(labels)])
def test_a_click_is_enough(click, look):
    image = look(ONE)
    rough = from_click(click, image, diameter=30)
    assert iou(suggest(image, rough), ONE, 1) > 0.9


def test_a_click_estimates_the_size_and_uses_the_map():
    labels = discs([(r, c, 9) for r in range(15, 110, 30) for c in range(15, 140, 30)])
    image = grey(labels)
    rough = from_click((45, 47), image)
    assert iou(suggest(image, rough), labels, labels[45, 45]) > 0.85
    rough = from_click((60, 66), grey(ROW), prob=perfect(ROW), diameter=30)
    assert iou(suggest(grey(ROW), rough, prob=perfect(ROW)), ROW, 2) > 0.99


def test_a_click_on_nothing_gives_a_disc():
    rough = from_click((20, 30), np.zeros((50, 60)), diameter=10)
    assert np.allclose(np.hypot(*(rough - (20, 30)).T), 5)


def test_a_box_in_any_order_is_an_ellipse_in_it():
    image = grey(ONE)
    one, other = from_box((40, 52), (79, 90)), from_box((79, 52), (40, 90))
    assert np.allclose(one.min(axis=0), (40, 52))
    assert np.allclose(other.max(axis=0), (79, 90))
    assert iou(suggest(image, one), ONE, 1) > 0.93


def test_a_scribble_has_the_width_of_the_brush():
    rough = from_scribble([(50, 60), (70, 80)], 24)
    assert iou(suggest(grey(ONE), rough), ONE, 1) > 0.88
    dot = from_scribble([(5, 6)], 6)
    low, high = dot.min(axis=0), dot.max(axis=0)
    assert np.allclose(low + high, (10, 12))
    assert np.allclose(high - low, 7)


@pytest.mark.parametrize("name", ["Classical", "UNet", "u-net", "", None, 3])
def test_unknown_methods_are_refused(name):
    """D17: a misspelt method is an error, not silently another method."""
    with pytest.raises(ValueError, match="watershed"):
        suggest(grey(ONE), LINE, method=name)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ([(5, 5)], "at least 3"),
        ([(5, 5), (9, 9)], "at least 3"),
        (np.zeros((0, 2)), "at least 3"),
        ([(1, 2, 3)] * 4, "(n, 2)"),
        ([(5, 5), (np.nan, 9), (9, 5)], "NaN"),
        ([(500, 500), (500, 540), (540, 520)], "outside"),
        ([(-50, 10), (-40, 20), (-50, 30)], "outside"),
        ([(5, 5), (9, 9), (7, 7)], "encloses no pixel"),
        ([(5.1, 5.1), (5.1, 5.3), (5.3, 5.2)], "encloses no pixel"),
    ],
)
def test_lines_that_enclose_nothing_are_refused(line, message):
    for function in (suggest, suggestions):
        with pytest.raises(
            ValueError, match=message.replace("(", r"\(").replace(")", r"\)")
        ):
            function(grey(ONE), line)


@pytest.mark.parametrize(
    ("image", "kind"),
    [
        (np.full((120, 150), np.nan), ValueError),
        (np.full((120, 150), np.inf, np.float32), ValueError),
        (np.zeros((5, 120, 150)), ValueError),
        (np.zeros((120, 150, 1)), ValueError),
        (np.zeros((0, 150)), ValueError),
        (np.zeros(150), ValueError),
        (np.zeros((120, 150), complex), TypeError),
        ("image", TypeError),
    ],
)
def test_images_that_are_none_are_refused(image, kind):
    for call in (
        lambda: suggest(image, LINE),
        lambda: from_click((60, 70), image, diameter=20),
        lambda: ProbMap(image),
    ):
        with pytest.raises(kind):
            call()


@pytest.mark.parametrize(
    ("how", "kind", "message"),
    [
        ({"prob": np.zeros((5, 5))}, ValueError, "axes"),
        ({"prob": np.full(ONE.shape, 255.0)}, ValueError, "between 0 and 1"),
        ({"prob": np.full(ONE.shape, np.nan)}, ValueError, "between 0 and 1"),
        ({"prob": ONE}, TypeError, "probabilities"),
        (
            {"prob": ProbMap(np.zeros((9, 9)), FakeModel())},
            ValueError,
            "map of an image",
        ),
        ({"taken": np.zeros((5, 5), int)}, ValueError, "taken"),
        ({"taken": np.zeros(ONE.shape)}, TypeError, "taken"),
        ({"taken": np.ones(ONE.shape, bool)}, ValueError, "belongs to other"),
        ({"grow": -3}, ValueError, "grow"),
        ({"grow": np.nan}, ValueError, "grow"),
    ],
)
def test_bad_options_are_refused(how, kind, message):
    with pytest.raises(kind, match=message):
        suggest(grey(ONE), LINE, **how)


@pytest.mark.parametrize(
    "call",
    [
        lambda: from_click((200, 5), grey(ONE)),
        lambda: from_click((-1, 5), grey(ONE)),
        lambda: from_click((np.nan, 5), grey(ONE)),
        lambda: from_click((5, 5), grey(ONE), diameter=0),
        lambda: from_box((5, 5), (5, 20)),
        lambda: from_box((5, 5), (np.inf, 20)),
        lambda: from_scribble([], 5),
        lambda: from_scribble([(1, 2, 3)], 5),
        lambda: from_scribble([(1, 2)], 0),
        lambda: ProbMap(grey(ONE), diameter=-2),
        lambda: ProbMap(grey(ONE), diameter="big"),
        lambda: ProbMap(grey(ONE), tile=0),
        lambda: ProbMap(grey(ONE), FakeModel()).crop(slice(0, 9, 2), slice(0, 9)),
    ],
)
def test_bad_prompts_and_maps_are_refused(call):
    with pytest.raises(ValueError):
        call()
