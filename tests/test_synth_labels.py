"""New label images have the statistics of those that they imitate."""

import os
from pathlib import Path

import numpy as np
import pytest
from synth_scenes import ellipse, grid_of, kolmogorov, whole

import labkit as lk
from labkit.style import morphology
from labkit.synth import MaskBank, make_labels, place, shapes, simulate_shape


def many(n):
    """Outlines of `n` simulated nuclei of 210 px."""
    half = np.full(n, 0.5)
    return list(shapes.simulated(420 * half, half, half, np.random.default_rng(0)))


# Placing


def test_place_keeps_the_distances_it_learnt(discs):
    assert (discs.inner["spacing"] == 4).all()
    sparse = lk.style.Morphology(discs.objects, np.array([0.25]), discs.shapes)
    made = many(90)
    found = morphology([place(made, (200, 200), sparse, seed=s) for s in range(3)])
    assert np.mean(np.abs(found.inner["spacing"] - 4) < 0.3) > 0.97
    assert found.coverage == pytest.approx(0.25, rel=0.1)


def test_place_learns_how_many_touch(source):
    bank = MaskBank.load()
    made = bank.query(source[1], 150, seed=0)
    found = morphology([place(made, (256, 256), source[1], seed=s) for s in range(8)])
    assert found.objects["touches"].mean() == pytest.approx(
        source[1].objects["touches"].mean(), abs=0.12
    )
    assert found.coverage.mean() == pytest.approx(source[1].coverage.mean(), rel=0.3)


def test_placed_objects_are_whole_and_keep_their_pixels(source):
    made = MaskBank.load().query(source[1], 80, seed=0)
    layers = place(made, (160, 200), source[1], layers=True, seed=2)
    labels = place(made, (160, 200), source[1], seed=2)
    assert labels.dtype == np.int32
    assert layers.dtype == bool
    assert layers.sum(axis=0).max() == 1  # nobody covers anybody
    assert np.array_equal(np.unique(labels), np.arange(len(layers) + 1))
    assert whole(labels)
    areas = {round(float(a)) for a in shapes.measured(made)["area"]}
    inner = morphology(labels).inner
    assert len(inner) > 5
    assert {int(a) for a in inner["area"]} <= areas


def test_overlap_is_kept_in_layers(discs):
    touching = grid_of(ellipse((17, 17), (8, 8), 8.2, 8.2), 5, 17)
    touching = morphology(touching)
    assert touching.objects["touches"].all()
    made = many(90)
    layers = place(made, (200, 200), touching, overlap=0.3, layers=True, seed=0)
    flat = layers.reshape(len(layers), -1).astype(int)
    shared = flat @ flat.T
    np.fill_diagonal(shared, 0)
    share = shared / np.minimum.outer(flat.sum(axis=1), flat.sum(axis=1))
    assert 0.1 < share.max() <= 0.3
    assert (share > 0.02).any(axis=1).mean() > 0.3
    labels = place(made, (200, 200), touching, overlap=0.3, seed=0)
    assert labels.max() == len(layers)
    assert np.array_equal(labels > 0, layers.any(axis=0)) or whole(labels)
    assert whole(labels)


def test_too_dense_ends_soon_and_leaves_out_who_finds_no_room(discs):
    crowded = lk.style.Morphology(discs.objects, np.array([1.0]), discs.shapes)
    made = many(300)
    labels = place(made, (128, 128), crowded, seed=0)
    assert 20 < labels.max() < 75
    assert whole(labels)


def test_small_and_large_fields_are_filled(discs):
    made = many(700)
    for shape, n in (((256, 256), 40), ((1024, 1024), 600)):
        labels = place(made, shape, discs, seed=0)
        assert labels.max() >= n
        assert whole(labels)


def test_place_refuses_what_it_cannot_use(discs):
    one = [simulate_shape(50)]
    for arguments, message in (
        (([], (32, 32)), "shapes"),
        ((one, (32, 32, 3)), "shape"),
        ((one, (0, 32)), "shape"),
        (([np.zeros((2, 2))], (32, 32)), "polygon"),
        (([np.full((3, 2), np.nan)], (32, 32)), "NaN"),
    ):
        with pytest.raises(ValueError, match=message):
            place(*arguments, discs)
    with pytest.raises(ValueError, match="overlap"):
        place(one, (32, 32), discs, overlap=0.7)


# All in one


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_labels_have_the_distributions_of_their_source(source, share):
    labels, real = source
    made = morphology(
        [
            make_labels(real, one.shape, image=i, simulated=share, seed=i)
            for i, one in enumerate(labels)
        ]
    )
    assert len(made.inner) == pytest.approx(len(real.inner), rel=0.03)
    assert made.coverage == pytest.approx(real.coverage, rel=0.25)
    for name in ("area", "eccentricity", "solidity", "spacing"):
        assert kolmogorov(made.inner[name], real.inner[name]) <= 0.12, name


def test_a_smaller_window_does_not_shrink_the_objects(source):
    """Whole objects in a small window are small ones; undo and expect just that."""
    real = source[1]
    windows = [make_labels(real, (80, 80), image=s % 6, seed=s) for s in range(24)]
    made = morphology(windows)
    room = {
        "made": (78 - made.inner["major_axis"]) ** 2,
        "real": np.prod(real.shapes[0] - 2 - real.inner["major_axis"][:, None], axis=1),
    }
    mean_made = np.average(made.inner["area"], weights=1 / room["made"])
    mean_real = np.average(real.inner["area"], weights=1 / room["real"])
    assert mean_made == pytest.approx(mean_real, rel=0.12)
    assert made.coverage.mean() == pytest.approx(real.coverage.mean(), rel=0.25)
    assert made.objects["on_border"].mean() > 0.3


def test_a_larger_image_holds_more_objects(source):
    real = source[1]
    one = make_labels(real, (384, 448), image=2, seed=0)
    assert one.max() == pytest.approx(4 * real.n_objects[2], rel=0.25)
    assert whole(one)


def test_labels_follow_the_seed_and_come_as_int32(source):
    one, same, other = (make_labels(source[1], (96, 96), seed=s) for s in (5, 5, 6))
    assert one.dtype == np.int32
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    assert whole(one)


def test_tiny_objects_stay_tiny_and_are_not_lost():
    labels = np.zeros((60, 60), np.int32)
    for k in range(36):
        row, col = 10 * (k // 6) + 4, 10 * (k % 6) + 4
        labels[row : row + 1 + k % 3, col : col + 2] = k + 1  # 2, 4 and 6 px
    real = morphology(labels)
    made = morphology([make_labels(real, (60, 60), seed=s) for s in range(3)])
    assert len(made.objects) == pytest.approx(3 * 36, rel=0.1)
    assert made.inner["area"].mean() == pytest.approx(4, abs=0.8)
    assert made.inner["area"].min() >= 1


def test_huge_objects_fill_the_image_and_are_cut():
    labels = ellipse((200, 200), (100, 100), 80, 70).astype(np.int32)
    real = morphology(labels)
    made = make_labels(real, (200, 200), seed=0)
    assert (made > 0).sum() > 0.2 * made.size
    small = [make_labels(real, (60, 60), seed=s) for s in range(5)]
    assert all(one.max() >= 1 for one in small)
    assert morphology(small).objects["on_border"].all()
    assert morphology(small).coverage.mean() > 0.25
    edge_only = morphology(np.ones((50, 50), int))  # one object, all of the image
    assert make_labels(edge_only, (50, 50), seed=0).max() >= 1


def test_one_object_alone_and_images_without_any():
    labels = ellipse((64, 64), (30, 30), 10, 7).astype(np.int32)
    real = morphology([np.zeros((64, 64), int), labels])
    assert np.isnan(real.objects["spacing"]).all()
    for seed in range(5):
        made = make_labels(real, (64, 64), seed=seed)
        assert 1 <= made.max() <= 3
    with pytest.raises(ValueError, match="image"):
        make_labels(real, (64, 64), image=0)
    with pytest.raises(ValueError, match="image"):
        make_labels(real, (64, 64), image=2)
    with pytest.raises(ValueError, match="simulated"):
        make_labels(real, (64, 64), simulated=2)


def real_labels(group, n):
    """Some label images of a group of DSB2018, or skip."""
    root = Path(os.environ.get("LABKIT_DATA", "/nowhere")) / "dsb2018" / "dev"
    if not (root / "index.csv").exists():
        pytest.skip("needs dsb2018/dev under LABKIT_DATA")
    rows = lk.files.tables.read_csv(root / "index.csv")
    ids = rows["id"][rows["group"] == group][:n]
    return [lk.files.labels.read_labels(root / f"labels/{i}.png") for i in ids]


@pytest.mark.data
def test_real_nuclei_are_imitated():
    labels = real_labels("fluo256_round", 12)
    real = morphology(labels)
    made = morphology(
        [
            make_labels(real, one.shape, image=i, seed=i)
            for i, one in enumerate(labels)
            if one.any()
        ]
    )
    for name in ("area", "eccentricity", "solidity", "spacing"):
        assert kolmogorov(made.inner[name], real.inner[name]) <= 0.1, name
