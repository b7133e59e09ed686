"""Sizes, forms and distances of objects against known truth."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from skimage.draw import disk, ellipse
from skimage.measure import label, perimeter_crofton, regionprops
from style_scenes import labels_of

from labkit import style


def only(labels):
    """Return the only object's row."""
    objects = style.morphology(labels).objects
    assert len(objects) == 1
    return objects[0]


def test_disc_has_the_numbers_of_a_disc():
    found = only(labels_of(disk((100, 100), 30.5)))
    assert found["area"] == pytest.approx(np.pi * 30.5**2, rel=0.01)
    assert found["circularity"] == pytest.approx(1, abs=0.02)
    assert found["solidity"] > 0.98
    assert found["eccentricity"] < 0.05
    assert found["shape_ratio"] == pytest.approx(1, abs=0.01)
    assert np.isnan(found["spacing"])
    assert not found["touches"]
    assert not found["on_border"]


@pytest.mark.parametrize("ratio", [1.5, 2.5])
def test_ellipse_has_its_axes_at_any_angle(ratio):
    for angle in np.radians([0, 20, 45, 90]):
        found = only(labels_of(ellipse(100, 110, 20 * ratio, 20, rotation=angle)))
        assert found["eccentricity"] == pytest.approx(np.sqrt(1 - ratio**-2), abs=0.01)
        assert found["shape_ratio"] == pytest.approx(ratio, rel=0.02)
        assert found["major_axis"] == pytest.approx(40 * ratio, rel=0.02)
        a, b = 20 * ratio, 20
        h = ((a - b) / (a + b)) ** 2  # Ramanujan's perimeter
        perimeter = np.pi * (a + b) * (1 + 3 * h / (10 + np.sqrt(4 - 3 * h)))
        true = 4 * np.pi * np.pi * a * b / perimeter**2
        assert found["circularity"] == pytest.approx(true, rel=0.04)


def test_perimeter_and_solidity_are_those_of_scikit_image():
    rng = np.random.default_rng(1)
    mask = gaussian_filter(rng.normal(size=(120, 130)), 6) > 0.02
    labels = label(mask)
    found = style.morphology(labels).objects
    for row, region in zip(found, regionprops(labels), strict=True):
        perimeter = perimeter_crofton(np.pad(region.image, 1), 4)
        true = min(4 * np.pi * region.area / perimeter**2, 1)
        assert row["circularity"] == pytest.approx(true)
        assert row["solidity"] == pytest.approx(region.solidity, abs=0.06)


def test_solidity_of_a_cross_and_of_a_bar():
    cross = np.zeros((61, 61), int)
    cross[25:36, 5:56] = cross[5:56, 25:36] = 1
    hull = 51**2 - 4 * 20**2 / 2
    assert only(cross)["solidity"] == pytest.approx(cross.sum() / hull, rel=0.03)
    bar = labels_of(np.s_[20:30, 20:100])
    assert only(bar)["solidity"] == 1
    assert only(bar)["shape_ratio"] == pytest.approx(8)


def test_spacing_is_the_gap_between_contours():
    gaps = {"side": ((50, 50), (50, 107)), "diagonal": ((50, 50), (90, 90))}
    for first, second in gaps.values():
        labels = labels_of(disk(first, 20.5), disk(second, 20.5))
        true = np.hypot(*np.subtract(first, second)) - 2 * 20.5
        assert style.morphology(labels).objects["spacing"] == pytest.approx(
            [true, true], abs=0.8
        )


def test_spacing_to_the_closest_of_many_and_its_direction():
    bars = [np.s_[10:20, 10:20], np.s_[10:20, 23:30], np.s_[10:20, 80:90]]
    found = style.morphology(labels_of(*bars)).objects
    assert found["spacing"].tolist() == [3, 3, 50]
    corner = labels_of(np.s_[10:20, 10:20], np.s_[23:30, 24:30])
    assert style.morphology(corner).objects["spacing"].tolist() == [5, 5]


def test_spacing_equals_brute_force():
    rng = np.random.default_rng(3)
    labels = np.zeros((90, 110), int)
    for number, (row, col) in enumerate(rng.uniform(5, 85, (14, 2)), 1):
        labels[ellipse(row, col, *rng.uniform(2, 9, 2), labels.shape)] = number
    found = style.morphology(labels).objects
    points = [np.argwhere(labels == number) for number in found["label"]]
    for number, row in enumerate(found):
        gaps = [
            np.hypot(*np.maximum(abs(points[number][:, None] - other) - 1, 0).T).min()
            for k, other in enumerate(points)
            if k != number
        ]
        assert row["spacing"] == pytest.approx(min(gaps))


def test_touching_at_a_side_or_a_corner():
    side = labels_of(np.s_[10:20, 10:20], np.s_[10:20, 20:30])
    corner = labels_of(np.s_[10:20, 10:20], np.s_[20:30, 20:30])
    for labels in (side, corner):
        found = style.morphology(labels).objects
        assert found["touches"].all()
        assert found["spacing"].tolist() == [0, 0]
    apart = style.morphology(labels_of(np.s_[10:20, 10:20], np.s_[10:20, 21:30]))
    assert apart.objects["spacing"].tolist() == [1, 1]
    assert not apart.objects["touches"].any()


def test_single_pixel_and_whole_image():
    pixel = only(labels_of(np.s_[5:6, 5:6]))
    assert (pixel["area"], pixel["shape_ratio"], pixel["solidity"]) == (1, 1, 1)
    full = style.morphology(np.ones((7, 9), int))
    assert full.objects["on_border"].all()
    assert full.coverage.tolist() == [1]
    assert np.isnan(full.objects["spacing"]).all()


def test_images_are_pooled_and_taken_apart():
    one = labels_of(disk((50, 50), 10), disk((50, 100), 10))
    empty = np.zeros((30, 40), int)
    cut = labels_of(np.s_[0:8, 3:9], shape=(40, 50))
    found = style.morphology([one, empty, cut])
    assert found.n_objects.tolist() == [2, 0, 1]
    assert found.objects["image"].tolist() == [0, 0, 2]
    assert found.coverage[1] == 0
    assert found.coverage[2] == 48 / 2000
    assert found.density[2] == 1 / 2000
    assert found.shapes.tolist() == [[200, 220], [30, 40], [40, 50]]
    assert len(found.inner) == 2
    swapped = found.take([2, 0])
    assert swapped.objects["image"].tolist() == [0, 1, 1]
    assert swapped.n_objects.tolist() == [1, 2]
    again = found.take([0]).join(found.take([1, 2]))
    assert again.objects.tobytes() == found.objects.tobytes()
    assert found.take([True, False, True]).n_objects.tolist() == [2, 1]
    with pytest.raises(ValueError, match="from 0 to 2"):
        found.take([3])


def test_diameter_is_the_median_and_zero_without_objects():
    found = style.morphology(labels_of(*(disk((40, 40 * k), 12.5) for k in (1, 3))))
    assert found.diameter == pytest.approx(25, abs=0.3)
    empty = style.morphology(np.zeros((10, 10), int))
    assert (empty.diameter, len(empty.objects), empty.coverage[0]) == (0, 0, 0)
    assert "0 objects in 1 images" in repr(empty)


def test_labels_need_not_be_consecutive():
    labels = labels_of(np.s_[10:20, 10:20], np.s_[10:20, 25:30])
    far = np.where(labels == 1, 2_000_000_000, labels * 3)
    found = style.morphology(far).objects
    assert found["label"].tolist() == [6, 2_000_000_000]
    assert found["area"].tolist() == [50, 100]


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        ([], ValueError, "empty"),
        (np.zeros((5, 5)), TypeError, "integers"),
        ([np.zeros((5, 5), int), -np.ones((5, 5), int)], ValueError, r"labels\[1\]"),
        (np.zeros((2, 3, 4, 5), int), ValueError, "axes"),
    ],
)
def test_bad_labels(bad, error, message):
    with pytest.raises(error, match=message):
        style.morphology(bad)
