"""Suggested contours on images whose truth is known."""

import importlib
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

import labkit as lk
from labkit.assist import (
    METHODS,
    ProbMap,
    from_box,
    from_click,
    from_scribble,
    suggest,
    suggestions,
)
from labkit.crops import rims
from labkit.models import UNetProb, UNetProbParams
from labkit.objects import crop_mask
from labkit.segment.scale import probs_at_scale

NO_MODEL = [method for method in METHODS if method != "unet"]
STAINS = np.array([[235, 225, 235], [110, 60, 140]])  # around, object


def discs(places, shape=(120, 150)):
    """Label image of discs given as (row, col, radius)."""
    rows, cols = np.mgrid[: shape[0], : shape[1]]
    labels = np.zeros(shape, np.int32)
    for k, (row, col, radius) in enumerate(places, 1):
        labels[(rows - row) ** 2 + (cols - col) ** 2 < radius**2] = k
    return labels


def grey(labels, low=40, high=200, noise=6, seed=0):
    """Blurred grey image with noise."""
    image = cv2.GaussianBlur(np.where(labels > 0, high, low).astype(float), (0, 0), 1)
    image += np.random.default_rng(seed).normal(0, noise, labels.shape)
    return np.clip(image, 0, 255).astype(np.uint8)


def stained(labels):
    """Histology-like picture: purple on nearly white."""
    noise = np.random.default_rng(1).normal(0, 6, (*labels.shape, 3))
    return np.clip(STAINS[(labels > 0).astype(int)] + noise, 0, 255).astype(np.uint8)


def around(row, col, radius, shift=(2, -2), stretch=1.12):
    """A careless polygon around a disc."""
    angles = np.linspace(0, 2 * np.pi, 14, endpoint=False)
    ring = np.c_[np.sin(angles), np.cos(angles)] * radius * stretch
    return ring + np.array([row, col]) + shift


def iou(found, labels, label):
    """IoU of a suggestion with a true object; checks that mask and polygon agree."""
    painted, origin = crop_mask(found.polygon, labels.shape)
    assert origin == found.origin
    assert np.array_equal(painted, found.mask)
    full = np.zeros(labels.shape, bool)
    rows, cols = (slice(o, o + n) for o, n in zip(origin, painted.shape, strict=True))
    full[rows, cols] = painted
    true = labels == label
    return np.count_nonzero(full & true) / np.count_nonzero(full | true)


def drawn_iou(polygon, labels, label):
    """IoU of a drawn line with a true object."""
    full = lk.labels.from_polygons([polygon], labels.shape) > 0
    true = labels == label
    return np.count_nonzero(full & true) / np.count_nonzero(full | true)


def perfect(labels):
    """What a perfect network would answer."""
    return np.stack([labels > 0, rims(labels, 2)]).astype(np.float32)


ONE = discs([(60, 70, 18)])
LINE = around(60, 70, 18)
ROW = discs([(60, 40, 15), (60, 71, 15), (60, 102, 15), (28, 71, 16)])


@pytest.mark.parametrize("method", NO_MODEL)
def test_every_method_finds_a_bright_disc(method):
    found = suggest(grey(ONE), LINE, method=method)
    assert drawn_iou(LINE, ONE, 1) < 0.8
    assert iou(found, ONE, 1) > (0.88 if method in ("region", "snake") else 0.93)
    assert found.method == ("watershed" if method == "auto" else method)
    assert found.why.endswith(".")
    assert 0.5 < found.score <= 1


@pytest.mark.parametrize("method", ["auto", "region", "snake"])
def test_the_object_may_be_darker(method):
    found = suggest(255 - grey(ONE), LINE, method=method)
    assert iou(found, ONE, 1) > 0.88
    assert method != "auto" or "darker" in found.why


@pytest.mark.parametrize("method", ["auto", "region", "snake"])
def test_the_object_may_be_stained(method):
    found = suggest(stained(ONE), LINE, method=method)
    assert iou(found, ONE, 1) > 0.88
    assert method != "auto" or "stain" in found.why


def test_colours_of_one_brightness_are_told_apart():
    colours = np.array([[120, 60, 120], [60, 120, 120]], np.uint8)
    assert colours[0].sum() == colours[1].sum()
    found = suggest(colours[(ONE > 0).astype(int)], LINE)
    assert iou(found, ONE, 1) > 0.93


@pytest.mark.parametrize(
    "kind", [np.uint8, np.uint16, np.int16, np.int64, np.float32, np.float64, bool]
)
def test_any_type_of_values_gives_the_same(kind):
    image = grey(ONE)
    image = image > 120 if kind is bool else image.astype(kind)
    assert iou(suggest(image, LINE), ONE, 1) > 0.93


def test_scale_and_offset_of_the_values_do_not_matter():
    image = grey(ONE).astype(np.float64)
    first = suggest(image, LINE)
    for other in (image * 1e-6 - 3, image * 200 + 5000, image * 1e30):
        assert np.array_equal(suggest(other, LINE).polygon, first.polygon)


def test_alpha_is_ignored():
    image = stained(ONE)
    alpha = np.dstack([image, np.full(ONE.shape, 255, np.uint8)])
    assert np.array_equal(suggest(alpha, LINE).polygon, suggest(image, LINE).polygon)


@pytest.mark.parametrize("place", [(4, 70), (115, 70), (60, 3), (60, 147), (2, 2)])
def test_objects_at_the_border_stay_in_place(place):
    """D6, D15: the box grows alike on all sides, is cut, and its origin kept."""
    labels = discs([(*place, 16)])
    line = around(*place, 16, stretch=1.1)
    found = suggest(grey(labels), line)
    assert iou(found, labels, 1) > 0.9
    seen = suggest(grey(labels), line, method="unet", prob=perfect(labels))
    assert iou(seen, labels, 1) > 0.99


@pytest.mark.parametrize("shift", [(0, 5), (5, 0), (0, -5), (-5, 0)])
def test_the_crop_reaches_as_far_on_all_sides(shift):
    """D6: a line off to one side still finds the other side of the object."""
    found = suggest(grey(ONE), around(60, 70, 18, shift=shift, stretch=1.0))
    assert iou(found, ONE, 1) > 0.88


@pytest.mark.parametrize("background", [0.0, 0.3])
def test_the_object_is_no_hole_in_its_surroundings(background):
    """D7: polarity by inside against outside, also of maps that are nowhere 0."""
    prob = cv2.GaussianBlur((ONE > 0).astype(np.float32), (0, 0), 1)
    prob = background + (1 - background) * prob
    found = suggest(grey(ONE), LINE, method="unet", prob=prob)
    assert found.method == "unet"
    assert iou(found, ONE, 1) > 0.93


def test_the_object_is_chosen_by_overlap_not_by_size_or_vertices():
    """D10: a larger neighbour with a ragged outline lies in the same crop."""
    labels = discs([(60, 60, 12)])
    rows, cols = np.mgrid[:120, :150]
    angle = np.arctan2(rows - 60, cols - 100)
    star = np.hypot(rows - 60, cols - 100) < 22 + 4 * np.sin(11 * angle)
    labels[star] = 2
    line = around(60, 60, 12, shift=(0, 4), stretch=1.2)
    for image, prob in ((grey(labels), None), (grey(labels), perfect(labels))):
        assert iou(suggest(image, line, prob=prob), labels, 1) > 0.85


@pytest.mark.parametrize("label", [1, 2, 3, 4])
def test_a_perfect_map_gives_the_right_object_among_touching_ones(label):
    row, col, radius = [(60, 40, 15), (60, 71, 15), (60, 102, 15), (28, 71, 16)][
        label - 1
    ]
    rng = np.random.default_rng(label)
    for _ in range(8):
        line = around(row, col, radius, rng.normal(0, 1.8, 2), rng.uniform(0.9, 1.2))
        found = suggest(grey(ROW), line, prob=perfect(ROW))
        assert found.method == "unet"
        assert iou(found, ROW, label) > 0.99


def test_a_map_without_rims_is_cut_along_the_line():
    prob = (ROW > 0).astype(np.float32)
    found = suggest(grey(ROW), around(60, 71, 15, (1, 1), 1.1), prob=prob)
    assert found.method == "unet"
    assert iou(found, ROW, 2) > 0.85


def test_touching_objects_are_cut_without_a_model():
    for (row, col, radius), label in zip(
        [(60, 40, 15), (60, 71, 15), (60, 102, 15)], (1, 2, 3), strict=True
    ):
        found = suggest(grey(ROW), around(row, col, radius, (1, 1), 1.1))
        assert iou(found, ROW, label) > 0.88


@pytest.mark.parametrize("method", NO_MODEL)
def test_neighbours_are_protected(method):
    taken = np.where(ROW == 2, 0, ROW)
    line = around(60, 71, 15, (0, 3), 1.3)
    for given in (taken, taken > 0, taken.astype(np.uint16)):
        for found in suggestions(grey(ROW), line, method=method, taken=given):
            row, col = found.origin
            part = taken[row : row + found.mask.shape[0], col:]
            assert not part[:, : found.mask.shape[1]][found.mask].any()


def test_a_map_does_not_paint_on_neighbours_either():
    taken = np.where(ROW == 2, 0, ROW)
    blob = np.ones(ROW.shape, np.float32)
    found = suggest(grey(ROW), around(60, 71, 15), prob=blob, taken=taken)
    row, col = found.origin
    height, width = found.mask.shape
    assert not taken[row : row + height, col : col + width][found.mask].any()


def test_holes_are_filled():
    image = grey(ONE)
    image[57:63, 66:72] = 40
    assert iou(suggest(image, LINE), ONE, 1) > 0.93


def test_large_objects_are_found_in_a_smaller_copy_in_time():
    labels = discs([(400, 420, 300)], (800, 900))
    image, line = grey(labels), around(400, 420, 300, (20, -20))
    suggest(image, line)
    started = time.thread_time()
    found = suggest(image, line)
    assert time.thread_time() - started < 0.3
    assert iou(found, labels, 1) > 0.96


def test_a_huge_line_is_no_trouble():
    huge = np.array([(-1e6, -1e6), (-1e6, 1e6), (1e6, 1e6), (1e6, -1e6)])
    found = suggest(grey(ONE), huge)
    assert found.mask.any()
    assert (found.polygon.min(axis=0) >= -0.5).all()
    assert (found.polygon.max(axis=0) <= np.array(ONE.shape) - 0.5).all()


@pytest.mark.parametrize("method", NO_MODEL)
@pytest.mark.parametrize("value", [0, 7, 65535])
def test_an_empty_image_gives_the_line_back(method, value):
    image = np.full(ONE.shape, value, np.uint16)
    found = suggest(image, LINE, method=method)
    assert found.method == "drawn"
    assert "look the same" in found.why
    assert np.array_equal(found.mask, crop_mask(LINE)[0])
    assert suggestions(image, LINE)[0].method == "drawn"


def test_a_map_that_sees_nothing_falls_back_and_says_so():
    nothing = np.zeros(ONE.shape, np.float32)
    found = suggest(grey(ONE), LINE, prob=nothing)
    assert found.method == "watershed"
    assert found.why.startswith("The network found nothing")
    assert iou(found, ONE, 1) > 0.93
    alone = suggest(grey(ONE), LINE, method="unet", prob=nothing)
    assert alone.method == "drawn"


@pytest.mark.parametrize("seed", range(6))
def test_noise_never_makes_it_fail(seed):
    rng = np.random.default_rng(seed)
    image = rng.normal(0, 1, (40, 50, 3)) if seed % 2 else rng.normal(0, 1, (40, 50))
    prob = rng.random((2, 40, 50)).astype(np.float32)
    taken = rng.random((40, 50)) < 0.2
    for line in (rng.uniform(0, 40, (5, 2)), [(3, 3), (3, 5.2), (5.1, 4)]):
        for method in METHODS:
            how = {"method": method, "prob": prob, "taken": taken}
            for found in suggestions(image, line, **how):
                assert 0 <= found.score <= 1
                assert found.mask.any()


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


class FakeModel:
    """Answers the image itself; remembers what it was asked, may be held up."""

    net = SimpleNamespace(reach=8, multiple=4)
    params = SimpleNamespace(diameter=28.0)

    def __init__(self):
        self.seen, self.go = [], threading.Event()
        self.go.set()

    def prob(self, image, *, tile, normalize):
        assert not normalize
        self.go.wait(10)
        self.seen.append(image.shape)
        return np.stack([image, 1 - image]).astype(np.float32)


def test_the_map_equals_the_model_on_the_whole():
    """D11, D5: nothing is squeezed to 256 x 256; percentiles of the whole image."""
    model = UNetProb(UNetProbParams(width=8, depth=2, channels=3), seed=3)
    rng = np.random.default_rng(0)
    for image in (
        rng.integers(0, 900, (173, 210)).astype(np.uint16),
        rng.random((90, 131, 3)),
    ):
        whole = model.prob(image)
        prob = ProbMap(image, model, tile=48).wait()
        full = prob.crop(slice(None), slice(None))
        assert full.shape == whole.shape
        assert np.abs(full - whole).max() < 2e-2  # some processors use 16 bits
        assert np.abs(full - whole).mean() < 1e-3
        part = prob.crop(slice(30, 81), slice(90, 131))
        assert np.array_equal(part, full[:, 30:81, 90:131])


@pytest.mark.parametrize("diameter", [14.0, 60.0])
def test_the_map_at_another_scale_equals_that_of_segment(diameter):
    params = UNetProbParams(width=8, depth=1, diameter=28.0)
    model = UNetProb(params, seed=3)
    image = grey(discs([(60, 70, 30), (20, 30, 12)]))
    whole = probs_at_scale(model, image, 28 / diameter)
    prob = ProbMap(image, model, diameter=diameter, tile=32)
    for box in (np.s_[0:120, 0:150], np.s_[33:71, 50:101], np.s_[100:120, 120:150]):
        assert np.abs(prob.crop(*box) - whole[:, *box]).max() < 0.03
    assert prob.knows(diameter)
    assert not prob.knows(diameter / 2)


def test_the_shipped_network_needs_no_map_at_hand():
    image = grey(ROW, noise=3)
    found = suggest(image, around(60, 71, 15), method="unet")
    assert found.method == "unet"
    assert iou(found, ROW, 2) > 0.85


def test_only_the_tiles_of_a_crop_are_computed():
    model, image = FakeModel(), np.random.default_rng(0).random((64, 96))
    prob = ProbMap(image, model, tile=16)
    assert prob.done == 0
    prob.crop(slice(20, 30), slice(36, 40))
    assert len(model.seen) == 1
    prob.crop(slice(20, 40), slice(36, 40))
    assert len(model.seen) == 2
    assert prob.done == pytest.approx(2 / 24)
    assert prob.wait().done == 1
    assert len(model.seen) == 24
    normal = lk.crops.normalize(image)
    assert np.array_equal(prob.crop(slice(None), slice(None))[0], normal)


def test_what_is_waited_for_comes_first():
    model, image = FakeModel(), np.random.default_rng(0).random((64, 96))
    model.go.clear()
    prob = ProbMap(image, model, tile=16).start()
    done = []
    waiting = threading.Thread(
        target=lambda: done.append(prob.crop(slice(60, 64), slice(90, 96)))
    )
    waiting.start()
    while not prob._urgent:
        time.sleep(0.01)
    model.go.set()
    waiting.join(10)
    assert done[0].shape == (2, 4, 6)
    prob.wait()
    assert (24, 24) in model.seen[:3]  # the corner, with its surroundings


def test_cancel_stops_and_start_goes_on():
    model, image = FakeModel(), np.random.default_rng(0).random((64, 96))
    model.go.clear()
    prob, raised = ProbMap(image, model, tile=16).start(), []

    def wait():
        try:
            prob.wait()
        except ValueError as error:
            raised.append(str(error))

    waiting = threading.Thread(target=wait)
    waiting.start()
    while prob._tiles is None or not waiting.is_alive():
        time.sleep(0.01)
    time.sleep(0.05)
    prob.cancel()
    waiting.join(10)
    assert "cancelled" in raised[0]
    model.go.set()
    time.sleep(0.2)
    assert len(model.seen) <= 1
    assert prob.wait().done == 1
    assert len(model.seen) == 24


def test_many_threads_read_one_map():
    image = np.random.default_rng(0).random((128, 128))
    model, normal = FakeModel(), lk.crops.normalize(image)
    prob, wrong = ProbMap(image, model, tile=16), []

    def read(seed):
        rng = np.random.default_rng(seed)
        for _ in range(20):
            row, col = rng.integers(0, 100, 2)
            box = np.s_[row : row + 20, col : col + 20]
            if not np.array_equal(prob.crop(*box)[0], normal[box]):
                wrong.append(box)

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not wrong
    assert len(model.seen) <= 64  # no tile twice


def test_what_goes_wrong_in_the_background_is_raised():
    model = UNetProb(UNetProbParams(width=8, depth=1, channels=1))
    prob = ProbMap(stained(ONE), model)
    for _ in range(2):
        with pytest.raises(ValueError, match="colour"):
            prob.crop(slice(0, 5), slice(0, 5))
    with pytest.raises(ValueError, match="colour"):
        prob.wait()


@pytest.mark.parametrize("name", ["Classical", "UNet", "u-net", "", None, 3])
def test_unknown_methods_are_refused(name):
    """D17: a misspelt method is an error, not silently another method."""
    with pytest.raises(ValueError, match="watershed"):
        suggest(grey(ONE), LINE, method=name)


def test_the_snake_is_fitted_to_the_image_wherever_it_lies():
    """D12: not to zeros unless the object is at the origin."""
    places = [(20, 20), (20, 120), (90, 20), (90, 120)]
    for place in places:
        labels = discs([(*place, 14)])
        found = suggest(grey(labels), around(*place, 14), method="snake")
        assert iou(found, labels, 1) > 0.88


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


MDCK = pytest.mark.skipif(
    not lk.data.is_local("mdck_frame01"), reason="needs LABKIT_DATA: mdck"
)
DSB = pytest.mark.skipif(
    not lk.data.is_local("dsb2018_test"), reason="needs LABKIT_DATA: dsb2018_test"
)


@pytest.fixture(scope="module")
def bench():
    """The script of docs/accuracy_assist.md, so that both measure the same."""
    folder = str(Path(__file__).parents[1] / "benchmarks")
    sys.path.insert(0, folder)
    try:
        return importlib.import_module("accuracy_assist")
    finally:
        sys.path.remove(folder)


@pytest.fixture(scope="module")
def mdck(bench):
    return bench.mdck_cases()


@pytest.fixture(scope="module")
def mdck_probs(bench):
    return bench.maps()


@pytest.mark.data
@MDCK
def test_lazy_contours_become_good_ones_without_a_model(bench, mdck):
    drawn = bench.ious(mdck, "drawn")
    assert drawn.mean() == pytest.approx(0.775, abs=0.002)
    assert np.mean(drawn > 0.8) == pytest.approx(0.395, abs=0.005)
    found = bench.ious(mdck, "auto")
    assert found.mean() >= 0.895
    assert np.mean(found > 0.8) >= 0.96


@pytest.mark.data
@MDCK
def test_lazy_contours_become_better_ones_with_the_network(bench, mdck, mdck_probs):
    found = bench.ious(mdck, "auto", mdck_probs)
    assert found.mean() >= 0.91
    assert np.mean(found > 0.8) >= 0.965


@pytest.mark.data
@MDCK
def test_a_perfect_map_of_real_nuclei_gives_the_right_one_always(bench, mdck):
    for rim in (True, False):
        values, n_wrong = bench.perfect_map(mdck[::2], rim)
        assert n_wrong == 0
        assert values.mean() >= 0.99


@pytest.mark.data
@MDCK
def test_a_suggestion_takes_milliseconds(mdck, mdck_probs):
    times = []
    for case in mdck[:100]:
        prob, started = mdck_probs(case), time.thread_time()
        suggest(case.image, case.line, prob=prob)
        times.append(time.thread_time() - started)
    assert np.median(times) <= 0.030
    assert np.percentile(times[1:], 95) <= 0.060


@pytest.mark.data
@DSB
@pytest.mark.parametrize(
    ("kind", "least"), [("fluorescence", 0.84), ("histology", 0.8)]
)
def test_unseen_images_of_many_kinds(bench, kind, least):
    """Every sixth image; all of them are in docs/accuracy_assist.md."""
    examples = [one for one in bench.dsb_test() if bench.kind(one[2]["group"]) == kind]
    cases = bench.dsb_cases(examples[::6])
    assert bench.ious(cases[::2], "auto", bench.maps()).mean() >= least
