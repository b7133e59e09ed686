"""Simulated shapes, and the bank of real ones."""

import numpy as np
import pytest
from synth_scenes import ellipse, kolmogorov

import labkit as lk
from labkit.objects import polygon_area
from labkit.style import morphology
from labkit.synth import MaskBank, make_labels, matching, place, shapes, simulate_shape


def test_simulated_shapes_have_the_area_and_eccentricity_asked_for():
    for eccentricity in (0.3, 0.6, 0.9):
        made = [
            simulate_shape(500, eccentricity=eccentricity, roughness=1, seed=s)
            for s in range(20)
        ]
        assert np.allclose([polygon_area(one) for one in made], 500)
        found = shapes.measured(made)
        assert found["area"].mean() == pytest.approx(500, rel=0.01)
        assert found["eccentricity"].mean() == pytest.approx(eccentricity, abs=0.03)
        assert found["whole"].all()


def test_roughness_makes_shapes_less_convex():
    solidity = [
        shapes.measured([simulate_shape(2000, roughness=r, seed=s) for s in range(30)])[
            "solidity"
        ].mean()
        for r in (0, 1, 4)
    ]
    assert solidity[0] > 0.975
    assert solidity[0] > solidity[1] + 0.003
    assert solidity[1] > solidity[2] + 0.02


def test_shapes_are_centred_and_depend_on_the_seed_only():
    one, same, other = (simulate_shape(300, seed=s) for s in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    assert np.allclose(shapes.moments(one[None])[1], 0, atol=1e-9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"area": 0}, "area"),
        ({"area": float("nan")}, "area"),
        ({"area": 9, "eccentricity": 1.0}, "eccentricity"),
        ({"area": 9, "roughness": -1}, "roughness"),
    ],
)
def test_shapes_out_of_range_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        simulate_shape(**arguments)


def test_simulated_shapes_are_within_ten_percent_of_their_targets(source):
    targets = source[1].inner
    made, accepted = matching.simulate_like(targets, np.random.default_rng(0))
    found = shapes.measured(made)
    assert accepted.mean() > 0.85
    for name in matching.FORM:
        off = np.abs(found[name] / targets[name] - 1)
        assert (off[accepted] <= 0.1 + 1e-9).all()
        assert kolmogorov(found[name], targets[name]) < 0.12
    assert np.abs(found["area"] / targets["area"] - 1).max() < 0.05


def test_impossible_targets_end_with_the_nearest_shape():
    targets = np.zeros(3, lk.style.MORPHOLOGY_DTYPE)
    targets["area"], targets["eccentricity"] = 400, 0.5
    targets["solidity"], targets["circularity"] = 0.3, 1.0
    made, accepted = matching.simulate_like(targets, np.random.default_rng(0))
    assert len(made) == 3
    assert not accepted.any()


# The bank


def test_bank_takes_whole_objects_only():
    labels = np.zeros((80, 120), np.int32)
    labels[ellipse(labels.shape, (20, 20), 12, 8)] = 1
    labels[ellipse(labels.shape, (0, 60), 12, 8)] = 2  # at the edge
    labels[ellipse(labels.shape, (50, 20), 9, 9)] = 3
    labels[ellipse(labels.shape, (50, 20), 3, 3)] = 0  # with a hole
    labels[60:70, 60:70] = labels[60:70, 75:85] = 4  # in two pieces
    labels[20:24, 90:94] = 5  # too small
    bank = MaskBank.from_labels([labels, np.zeros((9, 9), int)])
    assert len(bank) == 2
    assert bank.forms[:, 0] == pytest.approx([np.sqrt(1 - (8 / 12) ** 2), 0], abs=0.15)
    area, centre, _ = shapes.moments(bank.contours.astype(float))
    assert area == pytest.approx(1, abs=1e-4)
    assert np.allclose(centre, 0, atol=1e-4)


def test_bank_is_saved_small_and_read_back(tmp_path):
    bank = MaskBank.load("nuclei")
    bank.save(tmp_path / "bank.npz")
    assert (tmp_path / "bank.npz").stat().st_size < 60 * len(bank)
    again = MaskBank.load(tmp_path / "bank.npz")
    assert len(again) == len(bank) >= 3000
    assert np.abs(again.contours - bank.contours).max() < 0.02
    with np.load(tmp_path / "bank.npz", allow_pickle=False) as stored:
        assert stored["steps"].dtype == np.int8
    assert len(bank.join(again)) == 2 * len(bank)


def test_bank_that_is_none_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="no bank"):
        MaskBank.load(tmp_path / "none.npz")
    (tmp_path / "text.npz").write_text("no bank")
    with pytest.raises(ValueError, match="not a bank"):
        MaskBank.load(tmp_path / "text.npz")
    np.savez(tmp_path / "other.npz", a=np.arange(3))
    with pytest.raises(ValueError, match="not a bank"):
        MaskBank.load(tmp_path / "other.npz")
    with pytest.raises(ValueError, match="finite"):
        MaskBank(np.full((1, 32, 2), np.nan))


def test_query_scales_by_the_root_of_the_area_ratio(discs):
    big = np.zeros((90, 90), np.int32)
    big[ellipse(big.shape, (45, 45), 36, 36)] = 1  # area 20 times the discs'
    found = shapes.measured(MaskBank.from_labels(big).query(discs, 10, seed=1))
    assert found["area"] == pytest.approx(discs.inner["area"][0], rel=0.02)


def test_query_finds_the_shapes_that_look_alike():
    rng = np.random.default_rng(0)
    angle = iter(rng.uniform(0, np.pi, 40))
    round_, long = (
        [ellipse((70, 70), (35, 35), a, b, next(angle)).astype(int) for _ in range(20)]
        for a, b in ((15, 14), (24, 9))
    )
    bank = MaskBank.from_labels(round_ + long)
    for labels, low, high in ((round_, 0, 0.55), (long, 0.85, 1)):
        found = shapes.measured(bank.query(morphology(labels), 30, seed=2))
        assert (found["eccentricity"] > low).all()
        assert (found["eccentricity"] < high).all()


def test_query_turns_and_mirrors_and_follows_the_seed(source):
    bank = MaskBank.load()
    one, same, other = (bank.query(source[1], 20, seed=s) for s in (3, 3, 4))
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not np.array_equal(one[0], other[0])
    _, _, covariance = shapes.moments(np.array(bank.query(source[1], 200, seed=0)))
    lean = covariance[:, 0, 1]
    assert 60 < (lean > 0).sum() < 140


def test_empty_morphology_and_empty_bank_say_what_to_do(discs):
    empty = morphology(np.zeros((9, 9), int))
    with pytest.raises(ValueError, match=r"labkit\.auto"):
        MaskBank.load().query(empty, 3)
    with pytest.raises(ValueError, match=r"labkit\.auto"):
        make_labels(empty, (32, 32))
    with pytest.raises(ValueError, match=r"labkit\.auto"):
        place([simulate_shape(30)], (32, 32), empty)
    with pytest.raises(ValueError, match="from_labels"):
        MaskBank.from_labels(np.zeros((9, 9), int)).query(discs, 3)
    with pytest.raises(TypeError, match="morphology"):
        make_labels(np.zeros((9, 9), int), (32, 32))
