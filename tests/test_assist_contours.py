"""Contour assist: every method on images of known truth."""

import time

import cv2
import numpy as np
import pytest
from assist_scenes import LINE, ONE, ROW, around, discs, grey, iou, perfect, stained

import labkit as lk
from labkit.assist import METHODS, suggest, suggestions
from labkit.objects import crop_mask

NO_MODEL = [method for method in METHODS if method != "unet"]


def drawn_iou(polygon, labels, label):
    """IoU of a drawn line with a true object."""
    full = lk.labels.from_polygons([polygon], labels.shape) > 0
    true = labels == label
    return np.count_nonzero(full & true) / np.count_nonzero(full | true)


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


def test_the_snake_is_fitted_to_the_image_wherever_it_lies():
    """D12: not to zeros unless the object is at the origin."""
    places = [(20, 20), (20, 120), (90, 20), (90, 120)]
    for place in places:
        labels = discs([(*place, 14)])
        found = suggest(grey(labels), around(*place, 14), method="snake")
        assert iou(found, labels, 1) > 0.88
