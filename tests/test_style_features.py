"""Features of images: what they tell and what does not change them."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from style_scenes import NAMES, blobs, stain

from labkit import style


def test_features_are_finite_for_every_kind_of_image():
    image = blobs(20, 6, 0)
    for given in (
        image,
        image.astype(np.uint16) * 250,
        image / 255,
        image * 40.0 - 900,
        image > 60,
        stain(image),
        np.dstack([stain(image), image]),
        image[:1, :1],
        image[:3, :50],
        np.full((40, 40), 7, np.uint8),
        np.zeros((40, 40, 3)),
    ):
        found = style.style_features(given)
        assert found.shape == (len(NAMES),)
        assert found.dtype == np.float32
        assert np.isfinite(found).all()


def test_turning_and_mirroring_change_nothing():
    image = stain(blobs(20, 6, 0, shape=(128, 100)))
    found = style.style_features(image)
    for turned in (np.rot90(image), np.rot90(image, 2), image[::-1], image[:, ::-1]):
        assert style.style_features(turned) == pytest.approx(found, abs=0.02)


def test_grey_and_the_same_in_three_channels_are_one():
    image = blobs(20, 6, 0)
    three = np.repeat(image[..., None], 3, axis=2)
    found = style.style_features(three)
    assert found == pytest.approx(style.style_features(image), abs=0.003)
    assert not found[[n.startswith("colour") for n in NAMES]].any()


def test_eight_and_sixteen_bits_are_one():
    image = blobs(20, 6, 0)
    wide = style.style_features(image.astype(np.uint16) * 257)
    assert wide == pytest.approx(style.style_features(image), abs=0.003)


def test_width_and_height_do_not_enter():
    rng = np.random.default_rng(0)
    field = gaussian_filter(rng.normal(size=(600, 700)), 3)
    field = (100 + 2000 * field).clip(0, 255).astype(np.uint8)
    whole, part = style.style_features(field), style.style_features(field[:256, :300])
    assert whole == pytest.approx(part, abs=0.05)


def test_features_tell_what_they_are_named_for():
    small, large = (style.style_features(blobs(25, r, 1)) for r in (3.5, 9))
    sizes = [n.startswith("bright") for n in NAMES]
    radii = np.array([int(n[7:-2]) for n in NAMES[sizes]])
    assert radii[small[sizes].argmax()] in (3, 4, 6)
    assert radii[large[sizes].argmax()] in (8, 12)
    dark, light = (style.style_features(np.full((50, 50), v)) for v in (0.1, 0.8))
    assert (light - dark)[NAMES == "level_50"] == pytest.approx(np.log(8), abs=0.05)
    purple = style.style_features(stain(blobs(20, 6, 0)))
    assert purple[NAMES == "colour_b_mean"] < 0
    wave = np.sin(np.arange(256) * 2 * np.pi / 20)[:, None] * np.ones(256)
    periods = [n.startswith("period") for n in NAMES]
    strongest = NAMES[periods][style.style_features(wave)[periods].argmax()]
    assert strongest == "period_23px"  # from 23 down to 16


def test_large_images_are_described_by_four_tiles():
    rng = np.random.default_rng(0)
    large = rng.integers(0, 255, (2000, 2000), np.uint8)
    before = style.style_features(large)
    seen = np.ones(large.shape, bool)
    seen[256:-256] = seen[:, 256:-256] = False
    assert np.array_equal(style.style_features(np.where(seen, large, 7)), before)
    assert not np.array_equal(style.style_features(np.where(seen, 7, large)), before)
