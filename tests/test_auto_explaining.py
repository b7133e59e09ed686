"""Why did this nucleus disappear? Every step that can take one away, and says so."""

import numpy as np
import pytest

import labkit as lk
from labkit.auto import AutoParams, annotate_steps, explain

NUCLEI = lk.data.load("nuclei")
IMAGE, TRUE = NUCLEI.images[0], NUCLEI.labels[0]


def discs(*discs, shape=(80, 260), noise=0.0):
    """Image of discs (row, col, radius, height) on a dark ground."""
    rows, cols = np.mgrid[: shape[0], : shape[1]]
    image = np.random.default_rng(0).normal(10, noise, shape)
    for row, col, radius, height in discs:
        image += height / (1 + np.exp(np.hypot(rows - row, cols - col) - radius))
    return image


ROW = [(40, col, 10, 100) for col in (30, 70, 110, 150)]


def told(image, row, col, params=None):
    """Annotate, and explain a place."""
    params = params or AutoParams()
    return explain(image, annotate_steps(image, params), row, col, params)


def test_a_kept_nucleus():
    image = discs(*ROW)
    found = told(image, 40, 30)
    assert (found.step, found.parameter) == ("kept", None)
    assert "1.00 times the median" in found.why
    assert found.region[40, 30]
    assert 250 < found.region.sum() < 400


def test_too_large_and_too_small():
    image = discs(*ROW, (40, 200, 18, 100), (40, 235, 5, 100))
    large, small = told(image, 40, 200), told(image, 40, 235)
    assert large.step == small.step == "area"
    assert large.why.startswith("Too large")
    assert small.why.startswith("Too small")
    for found, point in ((large, (40, 200)), (small, (40, 235))):
        needed = float(found.why.split("area_tolerance=")[1].split(" ")[0])
        wider = AutoParams(area_tolerance=needed)
        assert annotate_steps(image, wider).labels[point], "the advice did not help"
        narrower = AutoParams(area_tolerance=max(needed - 0.02, 0.01))
        assert not annotate_steps(image, narrower).labels[point]


def test_two_nuclei_in_one():
    image = discs(*ROW, (40, 190, 10, 100), (40, 206, 10, 100))
    params = AutoParams(dent=0.8)
    found = told(image, 40, 190, params)
    assert found.step == "area"
    assert "Perhaps 2 nuclei in one: dent=" in found.why
    dent = float(found.why.split("dent=")[1].split(" ")[0])
    objects = annotate_steps(image, params.replace(dent=dent)).objects
    assert objects[40, 190] != objects[40, 206] != 0


def test_a_piece_cut_off():
    params = AutoParams(dent=0.02, area_tolerance=0.2)
    told_of = [
        explain(IMAGE, steps, row, col, params)
        for steps in [annotate_steps(IMAGE, params)]
        for row, col in np.argwhere((steps.objects > 0) & (steps.labels == 0))[::997]
    ]
    cut = [one for one in told_of if "Cut off from another" in one.why]
    assert cut
    assert all(one.step == "area" and "Too small" in one.why for one in cut)
    assert not any("Perhaps" in one.why for one in told_of if "Too small" in one.why)


def test_too_faint():
    image = discs(*ROW, (40, 200, 10, 15))
    found = told(image, 40, 200)
    assert (found.step, found.parameter) == ("contrast", "min_contrast")
    share = float(found.why.split("rises ")[1].split(" ")[0])
    assert share == pytest.approx(0.15, abs=0.03)
    assert annotate_steps(image, AutoParams(min_contrast=share - 0.02)).labels[40, 200]


def test_lost_in_the_noise():
    image = discs(*ROW, (40, 210, 10, 26), noise=8)
    found = told(image, 40, 210, AutoParams(min_contrast=0))
    assert found.parameter == "offset"
    assert found.step in ("contrast", "foreground")
    assert "noise" in found.why or "neighbourhood" in found.why


def test_too_small_for_a_nucleus():
    found = told(discs(*ROW, (40, 220, 5, 100)), 40, 220, AutoParams(min_area=0.5))
    assert (found.step, found.parameter) == ("size", "min_area")


@pytest.mark.parametrize("method", ["local", "otsu"])
def test_at_the_border(method):
    image = discs(*ROW, (40, 255, 10, 100))
    found = told(image, 40, 255, AutoParams(method, clear_border=True))
    assert (found.step, found.parameter) == ("border", "clear_border")
    assert found.region[40, 255]


def test_on_the_rim():
    params = AutoParams(edge=0.9)
    steps = annotate_steps(IMAGE, params)
    rim = (steps.pieces > 0) & (steps.objects == 0) & (steps.left_out == 0)
    near = rim & (annotate_steps(IMAGE).labels > 0)
    row, col = np.argwhere(near)[len(np.argwhere(near)) // 2]
    found = explain(IMAGE, steps, row, col, params)
    assert (found.step, found.parameter) == ("contour", "edge")


def test_between_the_nuclei():
    found = told(discs(*ROW), 40, 50)
    assert found.step == "foreground"
    assert found.parameter in ("level", "window", "offset")
    assert not found.region.any()
    by_otsu = told(discs(*ROW), 40, 50, AutoParams("otsu"))
    assert (by_otsu.step, by_otsu.parameter) == ("foreground", "method")


def test_the_level_that_is_asked():
    """A dim place near bright nuclei: its share of the way, by the real maps."""
    params = AutoParams(level=0.9)
    steps, least = annotate_steps(IMAGE, params), []
    for row, col in np.argwhere((TRUE > 0) & ~steps.foreground)[::601]:
        found = explain(IMAGE, steps, row, col, params)
        if found.parameter == "level":
            least.append(float(found.why.split("dark: ")[1].split(" ")[0]))
    assert len(least) > 3
    assert max(least) <= 0.9


def test_nothing_at_all():
    found = told(np.zeros((30, 40)), 3, 4)
    assert (found.step, found.parameter) == ("foreground", "diameter")


@pytest.mark.parametrize(
    "params",
    [AutoParams(), AutoParams("otsu"), AutoParams(clear_border=True, diameter=31.0)],
)
def test_every_place_is_told_what_the_steps_hold(params):
    steps = annotate_steps(IMAGE, params)
    places = np.random.default_rng(1).integers(0, 512, (15, 2))
    for row, col in places:
        found = explain(IMAGE, steps, int(row), int(col), params)
        assert (found.step == "kept") == bool(steps.labels[row, col])
        inside = steps.objects[row, col] and not steps.labels[row, col]
        assert (found.step == "area") == bool(inside)
        if found.step == "foreground":
            assert not steps.foreground[row, col]
        else:
            assert found.region[row, col]


def test_large_nuclei_are_followed_on_the_working_copy():
    large = np.kron(IMAGE[:200, :200], np.ones((3, 3), np.uint16))
    steps = annotate_steps(large)
    for row, col in np.random.default_rng(2).integers(0, 600, (9, 2)):
        found = explain(large, steps, row, col)
        assert found.step == "foreground" or found.region[row, col]
        assert (found.step == "kept") == bool(steps.labels[row, col])


def test_bad_places_are_refused():
    image = discs(*ROW)
    steps = annotate_steps(image)
    with pytest.raises(ValueError, match="`row` must lie between 0 and 79, got 80"):
        explain(image, steps, 80, 3)
    with pytest.raises(ValueError, match="`col` must lie between"):
        explain(image, steps, 3, -1)
    with pytest.raises(TypeError, match=r"whole number, got 1\.5"):
        explain(image, steps, 1.5, 3)
    with pytest.raises(ValueError, match="differ in shape"):
        explain(image[:-1], steps, 3, 3)
