"""Training crops: normalisation, geometry, weights, seeds."""

import numpy as np
import pytest
from matplotlib.colors import rgb_to_hsv

from labkit import crops as cr
from labkit.crops.looks import restyle
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


# drawing


def test_an_image_without_objects_is_drawn_as_well(discs):
    images, labels = discs
    images, labels = [*images, images[0] * 0 + 250], [*labels, labels[0] * 0]
    crops = cr.Crops(cr.sources(images, labels), size=32, on_object=0.5, seed=0)
    without = (crops.batch(60).inside == 0).all(axis=(1, 2, 3))
    assert 0 < without.sum() < 30


def test_chance_says_how_often_each_image_is_drawn():
    labels = np.ones((40, 40), np.int32)
    images = [labels * 0, np.pad(labels[1:-1, 1:-1], 1), labels]  # after normalize
    found = cr.sources([i * 9.0 for i in images], [labels] * 3)
    found = [s._replace(image=np.full((40, 40), k, "f4")) for k, s in enumerate(found)]
    crops = cr.Crops(found, size=8, augment=None, chance=(1, 0, 3), seed=0)
    drawn = crops.batch(200).image[:, 0, 4, 4]
    assert set(drawn.tolist()) == {0, 2}
    assert (drawn == 2).mean() == pytest.approx(0.75, abs=0.1)


@pytest.mark.parametrize("chance", [(1,), (1, -1), (0, 0), (1, np.nan), 1.0])
def test_chance_must_fit_the_images(discs, chance):
    with pytest.raises(ValueError, match="one number >= 0 for each of the 2 images"):
        cr.Crops(cr.sources(*discs), size=32, chance=chance)


# colour


@pytest.fixture
def stained(discs):
    """The two images of `discs`, purple on white."""
    purple, white = np.array([120, 40, 160]), np.array([240, 235, 245])
    labels = discs[1]
    paint = [np.where(one[..., None] > 0, purple, white) for one in labels]
    return [one.astype(np.uint8) for one in paint], labels


def test_normalize_keeps_the_ratios_of_colours():
    image = np.random.default_rng(0).integers(30, 200, (40, 50, 3)).astype(np.uint8)
    image[..., 0] //= 4
    low, high = np.percentile(image, (1, 99.8))
    expected = (image - low) / (high - low)
    assert np.allclose(cr.normalize(image), expected, atol=1e-5)
    ratios = cr.normalize(image, 0, 100)[..., 0] / cr.normalize(image, 0, 100)[..., 1]
    shown = image - float(image.min())
    assert np.allclose(ratios, shown[..., 0] / shown[..., 1], rtol=1e-4)


def test_crops_of_colour_show_the_colours_of_the_image(stained):
    found = cr.sources(*stained)
    assert found[0].image.shape == (160, 200, 3)
    targets = cr.StarTargets(8, grid=2, channels=3)
    batch = cr.Crops(found, targets, size=32, augment=None, seed=0).batch(12)
    assert batch.image.shape == (12, 3, 32, 32)
    known = batch.weight > 0
    inside, outside = (batch.inside > 0) & known, (batch.inside == 0) & known
    seen = np.moveaxis(batch.image, 1, -1)[:, None, ::2, ::2]
    row, col = np.argwhere(stained[1][0] > 0)[0]
    assert np.allclose(np.median(seen[inside], 0), found[0].image[row, col])
    assert np.allclose(np.median(seen[outside], 0), found[0].image[0, 0])


def test_grey_stays_equal_in_three_channels_unless_tinted(discs):
    found, targets = cr.sources(*discs), cr.StarTargets(8, channels=3)

    def batch(augment):
        return cr.Crops(found, targets, size=32, augment=augment, seed=0).batch(8).image

    noisy = batch(cr.Augment(noise=0.2, blur=2, shade=0.3, invert=0.5, hue=0.2))
    assert noisy.shape == (8, 3, 32, 32)
    assert (noisy == noisy[:, :1]).all()
    tinted = batch(cr.Augment(noise=0.2, tint=1.0))
    shows_some = tinted.max(axis=(1, 2, 3)) > 0.5
    assert shows_some.sum() > 4
    assert (np.ptp(tinted, axis=1).max(axis=(1, 2)) > 0.1)[shows_some].all()


def test_colour_for_a_grey_network_is_refused_with_the_way_out(stained):
    found = cr.sources(*stained)
    message = (
        r"`images\[0\]` is in colour, of shape \(160, 200, 3\); use one channel, "
        r"images\[0\]\[..., 0\], or a model with channels=3"
    )
    with pytest.raises(ValueError, match=message):
        cr.Crops(found)
    with pytest.raises(ValueError, match=message):
        cr.tile_crops(found, cr.PixelTargets())
    with pytest.raises(ValueError, match=r"`image` is in colour, of shape \(5, 6, 3\)"):
        cr.channels_first(np.zeros((5, 6, 3), "f4"), 1)


# looks

NOTHING = cr.Augment(flip=False, scale=1, gain=1, offset=0, noise=0, blur=0)


def look(image, n=6, seed=0, **looks):
    """Draw `n` times how one float crop looks under these settings."""
    image, rng = np.asarray(image, np.float32), np.random.default_rng(seed)
    augment = NOTHING.replace(**looks)
    drawn = [restyle(image, augment, rng) for _ in range(n)]
    assert all(one.dtype == np.float32 and one.shape == image.shape for one in drawn)
    assert np.isfinite(drawn).all()
    return np.array(drawn)


@pytest.fixture
def grey():
    """A crop in grey, (1, s, s), 0..1."""
    return np.random.default_rng(1).random((1, 16, 20)).astype(np.float32)


@pytest.fixture
def colour():
    """A crop in bluish purple, (3, s, s), 0.1..0.9."""
    image = np.random.default_rng(1).random((3, 16, 20)).astype(np.float32)
    return 0.1 + 0.8 * image * np.array([0.6, 0.3, 1.0], "f4")[:, None, None]


def test_by_default_looks_do_not_change(discs, grey):
    assert not cr.Augment().restyles
    assert np.array_equal(look(grey)[0], grey)
    plain = cr.Crops(cr.sources(*discs), size=32, augment=NOTHING, seed=0).batch(8)
    assert (plain.image.min(), plain.image.max()) == (0, 1)


@pytest.mark.parametrize(
    "one", ["invert", "gamma", "shade", "stain", "hue", "grey", "tint"]
)
def test_each_look_counts_as_a_change(one):
    assert cr.Augment(**{one: 1.5 if one == "gamma" else 0.1}).restyles


def test_invert_gives_negatives_in_its_share(grey, colour):
    assert np.allclose(look(grey, invert=1.0), 1 - grey)
    assert np.allclose(look(colour, invert=1.0), 1 - colour)
    drawn = look(grey, n=100, invert=0.3)
    negative = [np.allclose(one, 1 - grey) for one in drawn]
    assert np.mean(negative) == pytest.approx(0.3, abs=0.12)
    assert all(
        np.allclose(d, grey) for d, n in zip(drawn, negative, strict=True) if not n
    )


def test_gamma_is_one_power_of_a_crop_within_its_range(grey):
    drawn = look(grey, n=50, gamma=2.0)
    powers = np.log(drawn[:, 0, 3, 4]) / np.log(grey[0, 3, 4])
    assert 0.5 <= powers.min() < 0.7
    assert 1.5 < powers.max() <= 2.0
    assert np.allclose(drawn, grey ** powers[:, None, None, None], atol=1e-5)


def test_shade_is_a_plane_that_leaves_the_middle(grey):
    factor = look(np.full_like(grey, 0.5), n=30, shade=0.4) / 0.5
    slopes = np.diff(factor, axis=-1), np.diff(factor, axis=-2)
    assert all(np.allclose(s, s[..., :1, :1], atol=1e-5) for s in slopes)
    assert np.allclose(factor.mean((1, 2, 3)), 1, atol=1e-5)
    assert 0.4 < np.abs(factor - 1).max() <= 0.8


def test_stain_multiplies_optical_density():
    image = np.exp(-np.full((3, 4, 4), 0.5))
    image[1] = 1  # nothing absorbs green
    drawn = look(image, n=40, stain=0.3)
    density = -np.log(drawn)
    assert np.allclose(density, density[..., :1, :1], atol=1e-4)
    assert np.ptp(density[:, 0, 0, 0]) > 0.2
    assert density[:, [0, 2]].max() <= 0.5 * 1.3 * 1.2 + 1e-3
    assert density[:, [0, 2]].min() >= 0.5 * 0.7 * 0.8 - 1e-3
    white = look(np.stack([np.ones((4, 4)), np.ones((4, 4)), np.full((4, 4), 0.9)]))
    assert np.allclose(white[:, :2], 1)


def test_hue_turns_colours_and_keeps_their_brightness(colour):
    def hues(images):
        return np.array([rgb_to_hsv(np.moveaxis(one, 0, -1))[..., 0] for one in images])

    drawn = look(colour, n=30, hue=0.1)
    turned = (hues(drawn) - hues([colour]) + 0.5) % 1 - 0.5
    shift = np.median(turned, axis=(1, 2))
    assert np.abs(turned - shift[:, None, None]).max() < 0.02
    assert 0.05 < np.abs(shift).max() <= 0.1 + 1e-3
    assert shift.min() < 0 < shift.max()


def test_grey_takes_the_colours_away(colour):
    drawn = look(colour, grey=1.0)
    assert np.allclose(drawn, drawn[:, :1])
    assert np.corrcoef(drawn[0, 0].ravel(), colour.mean(0).ravel())[0, 1] > 0.7


def test_tint_shows_a_grey_crop_in_one_colour(grey, colour):
    drawn = look(np.repeat(grey, 3, 0), tint=1.0)
    tint = drawn[:, :, :1, :1] / grey[:, :1, :1]
    assert np.allclose(drawn, grey * tint, atol=1e-5)
    assert np.allclose(tint.max(axis=1), 1)
    assert len(np.unique(tint.round(3))) > 6
    assert np.array_equal(look(grey, tint=1.0), [grey] * 6)  # one channel: no colour
    assert np.array_equal(look(colour, tint=1.0), [colour] * 6)


def test_same_seed_gives_the_same_looks(stained):
    looks = {"invert": 0.5, "gamma": 2, "shade": 0.3, "stain": 0.2, "hue": 0.1}
    augment = cr.Augment(**looks, grey=0.3, tint=0.3)
    found, targets = cr.sources(*stained), cr.StarTargets(8, channels=3)
    first, second, other = (
        cr.Crops(found, targets, size=32, augment=augment, seed=seed).batch(4).image
        for seed in (5, 5, 6)
    )
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)
    assert np.isfinite(first).all()


# targets for every pixel


def test_touching_objects_have_rims_on_both_sides():
    labels = np.zeros((12, 16), np.int32)
    labels[2:10, 2:8], labels[2:10, 8:14] = 1, 2
    inner = np.zeros(labels.shape, bool)
    inner[4:8, 4:6] = inner[4:8, 10:12] = True
    assert np.array_equal(cr.rims(labels, 2), (labels > 0) & ~inner)


def test_the_edge_of_an_image_makes_no_rim():
    labels = np.ones((9, 9), np.int32)
    assert not cr.rims(labels, 2).any()
    labels[:, 6:] = 0
    assert np.array_equal(cr.rims(labels, 2).any(axis=0), np.arange(9) // 2 == 2)


def pixel_crop(labels, centre, ignore=None, size=32, margin=8):
    """Cut a crop for a probability U-Net."""
    found = cr.sources([labels * 9.0], [labels], None if ignore is None else [ignore])
    square = cr.cut(found[0], centre, size + 2 * margin)
    return cr.PixelTargets(rim=2)(square, margin)


def test_pixel_crops_know_nuclei_and_their_rims_beyond_the_crop():
    labels = np.zeros((96, 96), np.int32)
    labels[30:60, 30:60] = 7
    crop = pixel_crop(labels, (47.5, 47.5))  # 32..63
    assert crop.image.shape == (1, 32, 32)
    assert (crop.truth.shape, crop.weight.shape) == ((2, 32, 32), (1, 32, 32))
    assert {one.dtype for one in crop} == {np.dtype("f4")}
    assert np.array_equal(crop.truth[0], labels[32:64, 32:64] > 0)
    rim = np.zeros((32, 32), bool)
    rim[:28, 26:28] = rim[26:28, :28] = True  # not at the crop's own edge
    assert np.array_equal(crop.truth[1], rim)
    assert crop.weight.all()


def test_pixel_crops_learn_nothing_from_ignored_pixels():
    labels = np.zeros((96, 96), np.int32)
    labels[40:56, 40:56] = 1
    ignore = np.zeros(labels.shape, bool)
    ignore[40:56, 56:70] = True
    weight = pixel_crop(labels, (47.5, 47.5), ignore).weight[0]
    expected = ~ignore[32:64, 32:64]
    expected[10:22, 22:24] = False  # a rim if background follows, else not
    assert np.array_equal(weight > 0, expected)


def test_where_the_image_ends_no_rim_is_taught():
    labels = np.zeros((64, 64), np.int32)
    labels[20:44, :24] = 1
    crop = pixel_crop(labels, (31.5, 15.5))  # rows 16..47, columns 0..31
    cut_off = crop.truth[1][6:26, :2] > 0
    assert (crop.weight[0][6:26, :2][cut_off] == 0).all()
    assert crop.weight[0][:, 2:].all()
    assert crop.truth[1][4:6, 2:24].all()


def disc(radius, side):
    rows, cols = np.mgrid[:side, :side] - (side - 1) / 2
    return (rows**2 + cols**2 <= radius**2).astype(np.int32)


def test_labels_are_enlarged_to_what_they_were_drawn_after():
    small, large = 5 * disc(8.3, 24), 5 * disc(8.3 * 4, 96)
    found = cr.enlarge_labels(small, (96, 96))
    stairs = small.repeat(4, axis=0).repeat(4, axis=1)
    assert set(np.unique(found)) == {0, 5}
    assert np.mean(found != large) < 0.7 * np.mean(stairs != large)


def test_enlarged_objects_keep_area_neighbours_and_numbers():
    labels = np.zeros((40, 50), np.int32)
    labels[5:15, 5:15], labels[5:15, 15:30] = 3, 9  # touching
    labels[20, 20], labels[30, 10:40], labels[35:, 44:] = 4, 70000, -1
    found = cr.enlarge_labels(labels, (100, 125))
    for number in np.unique(labels)[np.unique(labels) != 0]:
        area = (found == number).sum() / (labels == number).sum()
        assert area == pytest.approx(2.5**2, rel=0.12), number
    between = found[20:32, 30:46]
    assert (between > 0).all()  # no gap opens between those that touch
    assert found.dtype == np.int32


def test_enlarging_fills_what_was_full_and_keeps_the_empty():
    assert (cr.enlarge_labels(np.full((4, 5), 2), (12, 15)) == 2).all()
    assert not cr.enlarge_labels(np.zeros((4, 5), int), (12, 15)).any()


def test_an_image_and_its_labels_are_resized_together():
    labels = 3 * disc(9.0, 30)
    image = 50.0 * labels
    for factor in (0.5, 1.7):
        scaled, found = cr.resized(image, factor, labels)
        assert scaled.shape == found.shape
        assert ((scaled > 75) == (found > 0)).mean() > 0.97
