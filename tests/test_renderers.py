"""Renderers: what they learn shows in their images, and nothing else does."""

import numpy as np
import pytest
from skimage.filters import gaussian

from labkit.labels import median_diameter
from labkit.models import Pix2Pix, Pix2PixParams
from labkit.models.pix2pix.encoding import encode, palette_of
from labkit.models.pix2pix.learning import Duel, Opponents, Scenes
from labkit.show import opponents, quiz, real_and_synthetic
from labkit.show import synthetic as synthetic_figures
from labkit.synth import CopyPaste, Renderer
from labkit.synth.renderers.copypaste import warp
from labkit.synth.renderers.nuclei import LAGS, _correlation, _kernel, depth_map
from labkit.synth.renderers.sources import gather

GROUND, NUCLEUS, NOISE = 40, 140, 3
TINY = Pix2PixParams(width=4, depth=2, steps=3, crop_size=32)
FAST = pytest.mark.parametrize("renderer", [Renderer, CopyPaste])
EVERY = pytest.mark.parametrize("renderer", ["Renderer", "CopyPaste", "Pix2Pix"])


def discs(n=14, side=128, radius=(7, 11), seed=0):
    """Label image of discs at least 6 px apart."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:side, :side]
    labels = np.zeros((side, side), np.int32)
    for _ in range(400):
        place, r = rng.uniform(0, side, 2), rng.uniform(*radius)
        far = np.hypot(rows - place[0], columns - place[1])
        if labels.max() < n and not labels[far < r + 6].any():
            labels[far < r] = labels.max() + 1
    return labels


def photo(labels, *, ground=GROUND, nucleus=NUCLEUS, noise=NOISE, seed=0):
    """Grey image of labels: blurred edges, camera noise."""
    rng = np.random.default_rng(seed)
    light = ground + (nucleus - ground) * gaussian((labels > 0).astype(float), 1.0)
    return np.clip(light + rng.normal(0, noise, labels.shape), 0, 255).astype(np.uint8)


def fitted(renderer, images, labels, **more):
    """Fit one of the three, pix2pix with hardly any training."""
    if renderer == "Pix2Pix":
        return Pix2Pix(TINY, device="cpu").fit(images, labels, progress=False, **more)
    cls = {"Renderer": Renderer, "CopyPaste": CopyPaste}.get(renderer, renderer)
    return cls().fit(images, labels, **more)


@pytest.fixture(scope="module")
def pairs():
    """Three images and their labels."""
    labels = [discs(seed=seed) for seed in range(3)]
    return [photo(one, seed=k) for k, one in enumerate(labels)], labels


@FAST
def test_levels_noise_and_edges_are_those_of_the_images(renderer, pairs):
    new = discs(seed=9)
    image = renderer().fit(*pairs).render(new, seed=3).astype(float)
    depth = depth_map(new > 0)
    assert image[depth > 3].mean() == pytest.approx(NUCLEUS, abs=5)
    ground = image[depth < -4]
    assert ground.mean() == pytest.approx(GROUND, abs=1)
    assert ground.std() == pytest.approx(NOISE, rel=0.25)
    rim = image[np.abs(depth) < 0.6]
    assert rim.mean() == pytest.approx((GROUND + NUCLEUS) / 2, abs=12)
    assert image[(depth > 3)].std() < 4 * NOISE


@FAST
def test_colour_is_kept(renderer):
    labels = discs(seed=1)
    inside = gaussian((labels > 0).astype(float), 1.0)[..., None]
    colours = np.array([230, 220, 235.0]), np.array([110, 60, 160.0])
    noise = np.random.default_rng(0).normal(0, 2, (*labels.shape, 3))
    image = ((1 - inside) * colours[0] + inside * colours[1] + noise).astype(np.uint8)
    new = discs(seed=2, side=100)
    made = renderer().fit([image], [labels]).render(new, seed=0)
    assert made.shape == (100, 100, 3)
    assert made.dtype == np.uint8
    depth = depth_map(new > 0)
    assert np.abs(made[depth > 3].mean(axis=0) - colours[1]).max() < 6
    assert np.abs(made[depth < -4].mean(axis=0) - colours[0]).max() < 2


@FAST
def test_nuclei_that_labels_miss_are_not_background(renderer):
    labels = discs(seed=4)
    image = photo(labels)
    known = np.where(labels % 2 == 0, labels, 0)
    made = renderer().fit([image], [known])
    for seed in range(4):
        empty = made.render(np.zeros((128, 128), int), seed=seed)
        assert empty.max() < GROUND + 8 * NOISE
        assert empty.std() > NOISE / 2


@FAST
def test_ignored_pixels_are_not_background(renderer):
    labels = discs(seed=4)
    image = photo(labels)
    unsure = np.zeros(labels.shape, bool)
    unsure[50:80, 20:110] = True
    unsure &= labels == 0
    image[unsure] = 5  # darker than background: nothing like a nucleus
    made = renderer().fit([image], [labels], ignore=[unsure])
    for seed in range(4):
        assert made.render(np.zeros((128, 128), int), seed=seed).min() > 15


@FAST
def test_one_image_has_one_style(renderer):
    labels = [discs(seed=seed) for seed in (1, 2)]
    images = [photo(labels[0]), photo(labels[1], ground=90, nucleus=220)]
    made, new = renderer().fit(images, labels), discs(seed=3)
    depth, seen = depth_map(new > 0), set()
    for seed in range(8):
        image = made.render(new, seed=seed)
        ground, nucleus = image[depth < -4].mean(), image[depth > 3].mean()
        bright = ground > 65
        assert nucleus == pytest.approx(220 if bright else NUCLEUS, abs=8)
        seen.add(bool(bright))
    assert seen == {False, True}
    assert made.n_sources == 2
    assert made.render(new, source=1)[depth < -4].mean() == pytest.approx(90, abs=2)
    with pytest.raises(ValueError, match=r"`source` must be one of 0..1, got 2"):
        made.render(new, source=2)


def test_style_of_like_size_is_drawn():
    labels = [discs(n=9, seed=1, radius=(4, 5)), discs(n=5, seed=2, radius=(17, 19))]
    images = [photo(labels[0]), photo(labels[1], ground=90, nucleus=220)]
    made = Renderer().fit(images, labels)
    assert median_diameter(labels[1]) > 3 * median_diameter(labels[0])
    grounds = [np.median(made.render(labels[0], seed=seed)) for seed in range(6)]
    assert max(grounds) < 60


@FAST
def test_texture_of_nuclei_is_kept(renderer):
    labels = discs(n=8, radius=(13, 16), seed=5)
    rng = np.random.default_rng(0)
    coarse = gaussian(rng.normal(0, 1, labels.shape), 2)
    image = photo(labels, noise=1) + 15 * (labels > 0) * coarse / coarse.std()
    image = image.clip(0, 255).astype(np.uint8)
    made = renderer().fit([image], [labels]).render(discs(n=8, radius=(13, 16), seed=6))

    def spread(picture, where):
        deep = depth_map(where > 0) > 4
        step = np.abs(np.diff(picture.astype(float), axis=1))[deep[:, 1:]]
        return picture[deep].std(), step.mean()

    real, new = spread(image, labels), spread(made, discs(n=8, radius=(13, 16), seed=6))
    assert new[0] == pytest.approx(real[0], rel=0.35)
    assert new[1] == pytest.approx(real[1], rel=0.4)  # as smooth as in the image


def test_kernel_gives_noise_its_correlation():
    rng = np.random.default_rng(0)
    smooth = gaussian(rng.normal(0, 1, (200, 200)), 1.5)
    correlation = _correlation(smooth) / _correlation(np.ones_like(smooth))
    kernel = _kernel(correlation)
    again = _correlation(np.pad(kernel, LAGS))
    again, correlation = again / again.max(), correlation / correlation.max()
    centre = slice(LAGS - 3, LAGS + 4)
    assert np.abs(again - correlation)[centre, centre].max() < 0.06


def test_warp_lays_outline_on_outline():
    rows, columns = np.mgrid[-20:21, -20:21]
    wide = (rows / 8) ** 2 + (columns / 16) ** 2 < 1
    disc = rows**2 + columns**2 < 100
    depth = depth_map(wide)
    x, y = warp(wide, depth, disc)
    radius = np.hypot(x - 20, y - 20)
    assert np.abs(radius[np.abs(depth) < 0.6] - 10).max() < 1.2
    assert radius[20, 20] < 0.5
    assert (radius[wide] < 10.6).all()
    x, _ = warp(wide.T, depth.T, wide)  # turned to lie along the rows
    assert np.ptp(x[:, 20][wide.T[:, 20]]) > 25
    bent = wide & ~((rows + 8) ** 2 + (columns / 1.2) ** 2 < 64)  # not star-convex
    x, y = warp(bent, depth_map(bent), disc)
    steps = np.hypot(np.diff(x, axis=1), np.diff(y, axis=1))[:, 1:][bent[:, 2:]]
    assert np.percentile(steps, 95) < 3  # no folds


@EVERY
def test_same_seed_same_image(renderer, pairs):
    made, new = fitted(renderer, *pairs), discs(seed=7)
    first = made.render(new, seed=5)
    assert np.array_equal(first, made.render(new, seed=5))
    assert not np.array_equal(first, made.render(new, seed=6))
    again = fitted(renderer, *pairs).render(new, seed=5)
    assert np.array_equal(first, again)


@EVERY
def test_any_size_and_no_objects(renderer, pairs):
    made = fitted(renderer, *pairs)
    for shape in ((1, 1), (9, 200), (33, 70), (150, 131)):
        image = made.render(np.zeros(shape, np.int32))
        assert image.shape == shape
        assert image.dtype == np.uint8
    assert made.render(np.ones((40, 40), int)).shape == (40, 40)


@EVERY
def test_extreme_annotations(renderer):
    one = np.zeros((48, 48), np.int32)
    one[20, 20] = 1
    full = np.ones((48, 48), np.int32)
    rng = np.random.default_rng(0)
    image = rng.integers(20, 60, (48, 48)).astype(np.uint8)
    for labels in (one, full, np.where(np.eye(48) > 0, 0, full)):
        made = fitted(renderer, [image], [labels])
        for new in (discs(seed=1, side=64), full, one, np.zeros((48, 48), int)):
            assert made.render(new, seed=1).shape == new.shape


def test_nucleus_that_fills_the_image_stands_out():
    rng = np.random.default_rng(0)
    image = rng.integers(80, 100, (60, 60)).astype(np.uint8)
    new = discs(seed=1, side=64)
    made = Renderer().fit([image], [np.ones((60, 60), int)]).render(new)
    assert made[new > 0].mean() > made[new == 0].mean() + 5
    colour = np.repeat(image[..., None], 3, axis=2)
    made = Renderer().fit([colour], [np.ones((60, 60), int)]).render(new)
    assert made[new > 0].mean() < made[new == 0].mean() - 5


@EVERY
def test_constant_image_stays_constant(renderer):
    labels = discs(seed=1)
    made = fitted(renderer, [np.full((128, 128), 77, np.uint8)], [labels])
    if renderer != "Pix2Pix":
        assert (made.render(labels) == 77).all()
    assert made.render(labels).shape == (128, 128)


@EVERY
@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_other_types_are_stretched(renderer, dtype, pairs):
    images = [(image * 100.0).astype(dtype) for image in pairs[0]]
    image = fitted(renderer, images, pairs[1]).render(pairs[1][0], seed=1)
    assert image.dtype == np.uint8
    if renderer != "Pix2Pix":
        inside = depth_map(pairs[1][0] > 0) > 3
        assert image[inside].mean() > 190
        assert image[~inside].mean() < 90


@EVERY
def test_bad_input_is_named(renderer, pairs):
    images, labels = pairs
    colour = np.repeat(images[1][..., None], 3, axis=2)
    with pytest.raises(ValueError, match="1 of 2 images are grey"):
        fitted(renderer, [images[0], colour], labels[:2])
    with pytest.raises(ValueError, match="none of the 1 label images has an object"):
        fitted(renderer, images[:1], [np.zeros((128, 128), int)])
    with pytest.raises(ValueError, match="one of each per image"):
        fitted(renderer, images, labels[:2])
    with pytest.raises(ValueError, match="one of each per image"):
        fitted(renderer, [], [])
    with pytest.raises(ValueError, match="differ in shape"):
        fitted(renderer, images[:1], [labels[0][:100]])
    with pytest.raises(ValueError, match=r"ignore\[0\]"):
        fitted(renderer, images[:1], labels[:1], ignore=[np.zeros((9, 9), bool)])
    made = fitted(renderer, images[:1], labels[:1])
    with pytest.raises(TypeError, match="must hold integers"):
        made.render(images[0].astype(float))
    with pytest.raises(ValueError, match=r"`source` must be one of 0.*got -1"):
        made.render(labels[0], source=-1)


def test_images_without_objects_are_left_out(pairs):
    images, labels = pairs
    empty = np.zeros_like(labels[0])
    made = Renderer().fit(images, [labels[0], empty, labels[2]])
    assert made.n_sources == 2


@pytest.mark.parametrize("renderer", [Renderer(), CopyPaste(), Pix2Pix(TINY)])
def test_fit_comes_first(renderer):
    with pytest.raises(ValueError, match=r"call fit"):
        renderer.render(np.zeros((8, 8), int))


def test_pix2pix_learns_where_nuclei_are(pairs):
    params = TINY.replace(width=8, steps=60, lr=2e-3)
    model = Pix2Pix(params, device="cpu").fit(*pairs, progress=False)
    new = discs(seed=8)
    image, depth = model.render(new, seed=1), depth_map(new > 0)
    contrast = float(image[depth > 2].mean()) - float(image[depth < -3].mean())
    assert contrast > 0.7 * (NUCLEUS - GROUND)
    history = model.history
    assert history.best_step == 60  # the last weights are the ones kept
    assert history.train_loss[-1] < history.train_loss[0] / 2
    assert len(history.generator) == len(history.discriminator) == len(history.steps)
    assert [a.get_title() for a in opponents(history).axes] == ["opponents", "image"]


def test_pix2pix_saved_and_loaded_paints_the_same(pairs, tmp_path):
    model = fitted("Pix2Pix", *pairs)
    new = discs(seed=8)
    model.save(tmp_path / "painter")
    again = Pix2Pix.load(tmp_path / "painter", device="cpu")
    assert again.params == model.params
    assert np.array_equal(again.render(new, seed=2), model.render(new, seed=2))
    with pytest.raises(FileNotFoundError, match="holds no labkit model"):
        Pix2Pix.load(tmp_path / "none")
    with pytest.raises(ValueError, match="not trained yet"):
        Pix2Pix(TINY).save(tmp_path / "nothing")


def test_pix2pix_keeps_what_it_has_when_stopped(pairs):
    def stop(history):
        if history.steps[-1] == 2:
            raise KeyboardInterrupt

    model = Pix2Pix(TINY.replace(steps=50, loss="bce"), device="cpu")
    model.fit(*pairs, progress=False, callback=stop)
    assert model.history.stopped == "interrupted"
    assert model.history.best_step == 2
    assert 0 < model.history.discriminator[-1] < 2
    assert model.render(pairs[1][0]).shape == (128, 128)


def test_pix2pix_leaves_unsure_pixels_out(pairs):
    image, labels = pairs[0][0], discs(seed=0)
    unsure = np.zeros(labels.shape, bool)
    unsure[:64] = True
    found = gather([image], [labels], [unsure])
    palette, colours = palette_of(found)
    params = TINY.replace(channels=1, n_styles=1, n_tones=len(palette.tones))
    scenes = Scenes(found, colours, params, 0)
    known = scenes.scenes[0][2][0]
    assert not known[:64].any()
    assert known[64:].mean() > 0.8
    duel = Duel(Opponents(params), scenes, params)
    real, made = (np.zeros((1, 1, 128, 128), np.float32) for _ in range(2))
    made[..., :60, :] = 1.0
    import torch

    tensors = [torch.from_numpy(a) for a in (made, real, known[None, None])]
    assert duel._error(*tensors).item() == 0
    shown = duel._shown(tensors[0], *tensors[1:])
    assert not shown[..., :64, :].any()


def test_encodings(pairs):
    labels = np.zeros((20, 20), np.int32)
    labels[5:15, 3:10], labels[5:15, 10:17] = 1, 2
    colours = np.full((20, 20, 1), 100, np.float32)
    binary = encode(labels, colours, TINY.replace(encoding="binary", tones=False))
    assert binary.shape == (1, 20, 20)
    assert (binary[0][labels > 0] == 1).all()
    border = encode(labels, colours, TINY)
    assert border.shape == (4, 20, 20)
    assert border[1, 10, 9] == border[1, 10, 10] == 1  # touching nuclei have a rim
    assert border[1, 10, 6] == 0
    assert border[2].max() == 1
    made = Pix2Pix(TINY.replace(encoding="binary", tones=False), device="cpu")
    assert made.fit(*pairs, progress=False).render(labels).shape == (20, 20)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"encoding": "colour"}, "`encoding` must be one of"),
        ({"loss": "l2"}, "`loss` must be one of"),
        ({"crop_size": 30}, "`crop_size` must be a multiple of 4 px"),
        ({"crop_size": 4}, "at least 8 px"),
    ],
)
def test_pix2pix_refuses_what_it_cannot_compute(change, message):
    with pytest.raises(ValueError, match=message):
        Pix2Pix(TINY.replace(**change))


def test_side_by_side_and_quiz(pairs):
    images, labels = pairs
    made = Renderer().fit(images, labels)
    figure = real_and_synthetic(images, labels, made, n_columns=2)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["real", "", "Renderer", ""]
    rows = [("a", images), ("b", images[:1])]
    assert len(real_and_synthetic(images, labels, rows).axes) == 9
    figure, answers = quiz(images, images, n_tiles=8, tile=60, seed=1)
    assert answers.sum() == 4
    assert [axes.get_title() for axes in figure.axes[:8]] == list("12345678")
    assert not np.array_equal(answers, quiz(images, images, n_tiles=8, seed=2)[1])
    with pytest.raises(ValueError, match="images of both kinds, got 3 real and 0"):
        quiz(images, [])
    with pytest.raises(ValueError, match="no real image"):
        real_and_synthetic([], [], made)


def shown_tiles(monkeypatch, real, synthetic, **how):
    """The tiles of a quiz: of real images, of synthetic ones."""
    seen = []
    monkeypatch.setattr(
        synthetic_figures, "_tile", lambda _, crop, *__: seen.append(crop)
    )
    _, answers = quiz(real, synthetic, **how)
    return [[t for t, a in zip(seen, answers, strict=True) if a == k] for k in (1, 0)]


@pytest.mark.parametrize("seed", range(5))
def test_no_place_is_shown_twice_while_there_are_enough(monkeypatch, seed):
    real = [np.arange(120 * 190).reshape(120, 190)]  # 2 x 3 tiles, not one more
    made = [np.arange(400 * 400).reshape(400, 400), np.arange(30).reshape(6, 5) + 1e6]
    how = {"n_tiles": 12, "tile": 60, "seed": seed}
    for tiles in shown_tiles(monkeypatch, real, made, **how):
        assert len(tiles) == 6
        values = np.concatenate([tile.ravel() for tile in tiles])
        assert len(np.unique(values)) == len(values)
    few = shown_tiles(monkeypatch, real, made, **how | {"n_tiles": 30})[0]
    assert [tile.shape for tile in few] == [(60, 60)] * 15
    corners = {int(tile[0, 0]) for tile in few}
    assert len(corners) > 6  # further tiles are laid otherwise


def test_both_sides_of_a_quiz_are_looked_at_alike(monkeypatch):
    """If only one were chosen by its contrast, it would give itself away."""
    flat, busy = np.zeros((60, 60)), np.tile([0, 9], (60, 30))
    many, one = [flat, busy] * 20, [flat, busy] * 2
    n_busy = 0
    for seed in range(10):
        how = {"n_tiles": 8, "tile": 60, "seed": seed}
        some, all_four = shown_tiles(monkeypatch, many, one, **how)
        n_busy += sum(tile.any() for tile in some)
        assert sum(tile.any() for tile in all_four) == 2
    assert 10 <= n_busy <= 30  # of 40; half are expected, 15 of 16 of the best of four
