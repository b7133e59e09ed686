"""Automatic annotation: known truth, invariances, bad input, the published figures."""

import re

import numpy as np
import pytest

from labkit import auto, data
from labkit.auto import AutoParams, annotate, annotate_steps, diagnose
from labkit.metrics import match


def scene(side=300, n=40, radius=(9, 12), gradient=0.0, touching=False, seed=0):
    """Soft discs on noise, with labels; optional shading and touching pairs."""
    rng = np.random.default_rng(seed)
    rows, cols = np.mgrid[:side, :side]
    labels = np.zeros((side, side), np.int32)
    image = np.full((side, side), 30.0)
    for _ in range(60 * n):
        if labels.max() >= n:
            break
        row, col = rng.uniform(15, side - 15, 2)
        r, angle = rng.uniform(*radius), rng.uniform(0, 2 * np.pi)
        step = 2 * r + 1
        centres = [(row, col)]
        if touching:
            centres.append((row + step * np.sin(angle), col + step * np.cos(angle)))
        far = [np.hypot(rows - y, cols - x) for y, x in centres]
        if any(labels[distance < r + 5].any() for distance in far):
            continue
        for distance in far:
            labels[distance < r] = labels.max() + 1
            image += (
                90
                * rng.uniform(0.6, 1)
                / (1 + np.exp(np.minimum((distance - r) / 0.8, 50)))
            )
    image *= 1 + gradient * cols / side
    return np.round(image + rng.normal(0, 4, image.shape)).clip(0), labels


UNFILTERED = AutoParams(area_tolerance=None)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
def test_finds_separate_nuclei_whatever_the_type(dtype):
    image, labels = scene()
    result = match(labels, annotate(image.astype(dtype), UNFILTERED))
    assert result.f1 > 0.97
    assert result.mean_iou > 0.88


def test_uneven_illumination_breaks_otsu_but_not_the_default():
    image, labels = scene(gradient=4.0)
    local = match(labels, annotate(image.astype(np.uint16), UNFILTERED)).f1
    assert local > 0.95
    otsu = UNFILTERED.replace(method="otsu", clear_border=False)
    assert local > match(labels, annotate(image.astype(np.uint16), otsu)).f1 + 0.1


def test_touching_pairs_are_split():
    image, labels = scene(touching=True, side=400)
    assert match(labels, annotate(image, UNFILTERED)).f1 > 0.9


@pytest.mark.parametrize("radius", [(4, 5), (9, 11), (22, 26)])
def test_the_diameter_follows_from_the_image(radius):
    image, labels = scene(side=500, n=25, radius=radius)
    true = 2 * np.sqrt(np.median(np.bincount(labels.ravel())[1:]) / np.pi)
    assert auto.estimate_diameter(image) == pytest.approx(true, rel=0.25)
    assert match(labels, annotate(image, UNFILTERED)).f1 > 0.9


def test_brightness_and_contrast_do_not_matter():
    image, _ = scene()
    first = annotate(image.astype(np.uint16))
    second = annotate((image * 40 + 1000).astype(np.uint16))
    assert match(first, second, 0.9).f1 > 0.97


@pytest.mark.parametrize("turn", [np.transpose, np.flipud, np.fliplr])
def test_turned_images_give_turned_labels(turn):
    image, _ = scene()
    assert match(turn(annotate(image)), annotate(turn(image)), 0.9).f1 > 0.97


def test_same_image_same_labels():
    image, _ = scene()
    assert np.array_equal(annotate(image), annotate(image))


def test_steps_end_in_what_annotate_returns():
    image, _ = scene()
    steps = annotate_steps(image)
    assert np.array_equal(steps.labels, annotate(image))
    assert not (steps.left_out & (steps.labels > 0)).any()
    rejected = (steps.objects > 0) & (steps.labels == 0)
    assert steps.left_out[rejected].all()
    numbers = np.unique(steps.labels)
    assert np.array_equal(numbers, np.arange(len(numbers)))


def test_area_filter_keeps_the_band_around_the_median():
    labels = np.zeros((30, 90), np.int32)
    for k, side in enumerate([10, 10, 10, 3, 20], 1):
        labels[2 : 2 + side, 16 * k : 16 * k + side][:, :14] = k
    labels[2:22, 70:90] = 5
    kept = set(np.unique(auto.keep_typical_area(labels, 0.5))) - {0}
    assert kept == {1, 2, 3}


@pytest.mark.parametrize("method", ["local", "otsu"])
@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (7, 3), (64, 64)])
def test_images_of_one_value_have_no_nuclei(method, shape):
    image = np.full(shape, 7, np.uint8)
    steps = annotate_steps(image, AutoParams(method=method))
    assert steps.labels.shape == shape
    assert not steps.labels.any()
    assert any("no nuclei" in doubt for doubt in diagnose(image, steps))


def test_noise_alone_gives_no_nuclei_or_a_doubt():
    image = np.random.default_rng(0).poisson(20, (150, 230)).astype(np.uint16)
    assert diagnose(image, annotate_steps(image))


def test_one_nucleus_is_enough():
    rows, cols = np.mgrid[:100, :100]
    far = np.hypot(rows - 50, cols - 40)
    image = 20 + 100 / (1 + np.exp(far - 12))
    assert match((far < 12).astype(np.int32), annotate(image)).f1 == 1


def test_nuclei_at_the_border_are_found_and_can_be_cleared():
    rows, cols = np.mgrid[:120, :120]
    image = np.full(rows.shape, 20.0)
    for row, col in [(0, 60), (60, 0), (60, 60), (119, 30), (30, 119)]:
        image += 100 / (1 + np.exp(np.hypot(rows - row, cols - col) - 12))
    assert annotate(image, UNFILTERED).max() == 5
    inner = annotate(image, UNFILTERED.replace(clear_border=True))
    assert np.unique(inner[inner > 0]).size == 1
    assert inner[60, 60] > 0


def test_single_bright_pixels_are_not_nuclei():
    image, labels = scene()
    rng = np.random.default_rng(1)
    hot = rng.integers(0, 300, (20, 2))
    image[tuple(hot.T)] = 400
    assert match(labels, annotate(image, UNFILTERED)).precision > 0.9


def test_noise_background_keeps_nuclei_and_hides_the_rest():
    image, _ = scene()
    image = image.astype(np.uint16)
    steps = annotate_steps(image)
    painted = auto.noise_background(image, steps.labels, seed=1)
    kept = steps.labels > 0
    assert painted.dtype == image.dtype
    assert np.array_equal(painted[kept], image[kept])
    assert abs(painted[~kept].mean() - 30) < 6
    assert np.array_equal(painted, auto.noise_background(image, steps.labels, seed=1))
    assert not np.array_equal(
        painted, auto.noise_background(image, steps.labels, seed=2)
    )


def test_a_sound_annotation_is_not_doubted():
    image, _ = scene()
    assert diagnose(image, annotate_steps(image)) == []


def test_a_diameter_that_the_objects_do_not_have_is_doubted():
    image, _ = scene()
    wrong = annotate_steps(image)._replace(diameter=80.0)
    assert any("diameter unsure" in doubt for doubt in diagnose(image, wrong))


def test_low_contrast_comes_with_advice_that_helps():
    image, labels = scene()
    noisy = image + np.random.default_rng(1).normal(0, 22, image.shape)
    steps = annotate_steps(noisy)
    (doubt,) = [one for one in diagnose(noisy, steps) if "low contrast" in one]
    assert "expose longer" in doubt
    smoothing = float(re.search(r"smoothing=([\d.]+)", doubt)[1])
    smoother = annotate(noisy, AutoParams(smoothing=smoothing))
    assert match(labels, steps.labels).f1 < 0.8
    assert match(labels, smoother).f1 > 0.95


def test_dark_nuclei_are_doubted():
    image, _ = scene(n=12)
    dark = image.max() - image
    assert any("invert" in doubt for doubt in diagnose(dark, annotate_steps(dark)))


def test_an_annotation_that_keeps_few_objects_is_doubted():
    image, _ = scene()
    steps = annotate_steps(image)
    few = steps._replace(labels=np.where(steps.labels < 10, steps.labels, 0))
    assert any("distribution broad" in doubt for doubt in diagnose(image, few))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"method": "magic"}, "'magic'"),
        ({"diameter": -3.0}, "diameter"),
        ({"area_tolerance": 0}, "area_tolerance"),
        ({"edge": 2.0}, "edge"),
    ],
)
def test_impossible_parameters_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        AutoParams(**wrong)


@pytest.mark.parametrize("params", [{"diameter": 20}, 20, "otsu", {}])
def test_parameters_are_auto_params(params):
    with pytest.raises(TypeError, match="must be AutoParams"):
        annotate(np.eye(20), params)


def test_bad_images_are_refused():
    with pytest.raises(ValueError, match="RGB"):
        annotate(np.zeros((5, 5, 3), np.uint8))
    with pytest.raises(ValueError, match="NaN"):
        annotate(np.full((5, 5), np.nan))


def test_parameters_survive_saving(tmp_path):
    params = AutoParams(method="otsu", diameter=31.5, area_tolerance=None)
    params.save(tmp_path / "auto.yaml")
    assert AutoParams.load(tmp_path / "auto.yaml") == params


@pytest.fixture(scope="module")
def mdck():
    """The frame with hand-drawn nuclei."""
    return data.load("mdck_frame01")


@pytest.mark.data
@pytest.mark.skipif(not data.is_local("mdck_frame01"), reason="needs LABKIT_DATA: mdck")
class TestPublishedFigures:
    """Frame 1 of the MDCK movie, 791 nuclei outlined by hand."""

    def test_paper_keeps_two_thirds_with_an_overlap_of_079(self, mdck):
        labels = annotate(mdck.images[0], AutoParams(method="otsu"))
        result = match(mdck.labels[0], labels)
        assert result.recall == pytest.approx(0.68, abs=0.04)
        assert result.mean_iou == pytest.approx(0.79, abs=0.02)

    def test_default_filtered(self, mdck):
        result = match(mdck.labels[0], annotate(mdck.images[0]))
        assert result.precision >= 0.99
        assert result.recall >= 0.87
        assert result.mean_iou >= 0.875

    def test_default_unfiltered(self, mdck):
        result = match(mdck.labels[0], annotate(mdck.images[0], UNFILTERED))
        assert result.f1 >= 0.97
