"""Training crops: normalisation, geometry, weights, seeds."""

import numpy as np
import pytest

from labkit import crops as cr
from labkit.stars import decode


@pytest.fixture
def discs():
    """Two images of bright discs with labels."""
    rows, cols = np.mgrid[:160, :200]
    labels = np.zeros((160, 200), np.int32)
    for k, (row, col) in enumerate([(40, 40), (45, 120), (110, 70), (120, 160)], 1):
        labels[(rows - row) ** 2 + (cols - col) ** 2 < 15**2] = k
    image = np.where(labels > 0, 180, 20).astype(np.uint8)
    return [image, image.T.copy()], [labels, labels.T.copy()]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
def test_normalize_equals_percentiles_for_every_type(dtype):
    image = np.random.default_rng(0).integers(0, 200, (50, 60)).astype(dtype)
    low, high = np.percentile(image, (1, 99.8))
    expected = (image.astype(float) - low) / (high - low)
    assert np.allclose(cr.normalize(image), expected, atol=1e-5)


def test_normalize_gives_zeros_for_one_value():
    assert not cr.normalize(np.full((5, 5), 7, np.uint8)).any()


def test_normalize_refuses_wrong_percentiles():
    with pytest.raises(ValueError, match="percentiles"):
        cr.normalize(np.zeros((5, 5), np.uint8), 99, 1)


def test_sources_name_the_pair_that_does_not_fit(discs):
    images, labels = discs
    with pytest.raises(ValueError, match=r"images\[1\].*labels\[1\].*differ"):
        cr.sources(images, [labels[0], labels[0]])
    with pytest.raises(ValueError, match="2 images, 1 label images"):
        cr.sources(images, labels[:1])


def test_sources_refuse_labels_without_any_object(discs):
    images, labels = discs
    with pytest.raises(ValueError, match="nothing to learn"):
        cr.sources(images, [np.zeros_like(one) for one in labels])


@pytest.mark.parametrize("n", [1, 3, 20])
def test_hold_out_never_overlaps_and_loses_nothing(n, discs):
    found = cr.sources([discs[0][0]] * n, [discs[1][0]] * n)
    training, validation = cr.hold_out(found, 0.2)
    pixels = [sum(s.labels.size for s in part) for part in (training, validation)]
    assert sum(pixels) == n * discs[1][0].size
    assert pixels[1] == pytest.approx(0.2 * sum(pixels), rel=0.05)


def test_same_seed_gives_same_crops(discs):
    found = cr.sources(*discs)
    first, second, other = (
        cr.Crops(found, size=64, seed=seed).batch(3) for seed in (5, 5, 6)
    )
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert not np.array_equal(first.image, other.image)


def test_targets_follow_the_image_through_flips_turns_and_scaling(discs):
    found = cr.sources(*discs)
    vary = cr.Augment(gain=1, offset=0, noise=0, blur=0, scale=1.3, rotate=45)
    targets = cr.StarTargets(grid=1)
    crops = cr.Crops(found, targets, size=64, augment=vary, on_object=1, seed=1)
    batch = crops.batch(20)
    bright = batch.image > 0.5
    known = batch.weight > 0
    differ = (bright != (batch.inside > 0)) & known
    assert differ.sum() < 0.02 * known.sum()
    assert (batch.inside > 0).sum() > 0.1 * batch.inside.size


def test_rays_of_nuclei_cut_by_the_crop_stay_true():
    labels = np.zeros((128, 128), np.int32)
    labels[54:74, 40:88] = 1
    found = cr.sources([labels * 9], [labels])
    one = cr.cut(found[0], (63.5, 63.5), 64)
    crop = cr.StarTargets(4, grid=1)(one, margin=16)
    ray_right = crop.dist[0, 16, 0]  # crop column 0 is image column 48
    assert ray_right == pytest.approx(88 - 48, abs=1)


def test_outside_the_image_nothing_is_learnt(discs):
    found = cr.sources(*discs)
    one = cr.cut(found[0], (0, 0), 64)
    assert one.ignore[:31, :31].all()
    assert not one.ignore[33:, 33:].any()


def test_ignored_pixels_have_no_weight(discs):
    images, labels = discs
    ignore = [one == 2 for one in labels]
    batch = cr.Crops(cr.sources(images, labels, ignore), size=64, seed=0).batch(8)
    assert (batch.weight[batch.inside > 0] == 0).any()


def test_upright_crops_decode_to_the_labels_they_were_cut_from(discs):
    images, labels = discs
    tiles = cr.tile_crops(cr.sources(images, labels), cr.StarTargets(), size=80)
    prob = tiles.prob[0, 0]
    dist = np.ascontiguousarray(np.moveaxis(tiles.dist[0], 0, -1))
    found = decode(prob, dist, shape=(80, 80), grid=2)
    assert (found > 0).sum() == pytest.approx((labels[0][:80, :80] > 0).sum(), rel=0.08)


def test_crop_size_must_fit_the_grid(discs):
    with pytest.raises(ValueError, match="multiple of `grid`"):
        cr.Crops(cr.sources(*discs), size=65)
