"""Models: learn, repeat, stop, tune on, save; tiles and views leave no seams."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from skimage.measure import label

from labkit import crops as cr
from labkit.labels import median_diameter
from labkit.metrics import match
from labkit.models import (
    StarDist,
    StarDistParams,
    TrainParams,
    UNetProb,
    UNetProbParams,
    store,
)
from labkit.models.thresholds import without_ignored
from labkit.models.tiles import tile_boxes
from labkit.models.training import pick_device
from labkit.models.views import averaged
from labkit.nets import UNet
from labkit.stars import ray_angles, star_targets

SMALL = StarDistParams(n_rays=16, width=8, depth=2)
PIXELS = UNetProbParams(width=8, depth=2)
QUICK = TrainParams(steps=100, batch_size=4, crop_size=64, lr=4e-3, every=20)
TINY = TrainParams(steps=6, batch_size=2, crop_size=32, every=3)


def discs(n=25, side=160, radius=(7, 11), seed=0, gap=2):
    """An image of noisy discs at least `gap` px apart, and its labels."""
    rng = np.random.default_rng(seed)
    rows, cols = np.mgrid[:side, :side]
    labels = np.zeros((side, side), np.int32)
    for _ in range(20 * n):
        row, col = rng.uniform(0, side, 2)
        r = rng.uniform(*radius)
        far = np.hypot(rows - row, cols - col)
        if labels.max() < n and not labels[far < r + gap].any():
            labels[far < r] = labels.max() + 1
    image = 100 + 80 * (labels > 0) + rng.normal(0, 12, labels.shape)
    return image.astype(np.uint16), labels


@pytest.fixture(scope="module")
def trained():
    """A small model trained on two images of discs, and its history."""
    images, labels = zip(*(discs(seed=seed) for seed in (1, 2)), strict=True)
    model = StarDist(SMALL, device="cpu")
    return model, model.fit(images, labels, params=QUICK, progress=False)


@pytest.fixture(scope="module")
def pixels():
    """A small probability U-Net trained on two images of touching discs."""
    images, labels = zip(*(discs(35, seed=s, gap=0) for s in (1, 2)), strict=True)
    model = UNetProb(PIXELS, device="cpu")
    return model, model.fit(images, labels, params=QUICK, progress=False)


def test_learns_discs_from_scratch(trained):
    model, history = trained
    image, labels = discs(seed=3)
    result = match(labels, model.predict(image))
    assert result.f1 > 0.95
    assert result.mean_iou > 0.75
    assert history.val_loss[-1] < history.val_loss[0]
    assert history.best_step in history.val_steps


def test_polygons_alone_find_the_same_objects(trained):
    model, _ = trained
    image, labels = discs(seed=3)
    stars, inside = model.propose(image)
    model.params, refined = model.params.replace(refine=False), model.params
    try:
        polygons = model.decode(stars, inside, image.shape)
    finally:
        model.params = refined
    assert match(labels, polygons).f1 > 0.9


@pytest.mark.parametrize(("kind", "params"), [(StarDist, SMALL), (UNetProb, PIXELS)])
def test_same_seed_same_model(kind, params):
    image, labels = discs(n=6, side=96)

    def once(seed):
        model = kind(params, seed=seed, device="cpu")
        history = model.fit([image], [labels], params=TINY, seed=seed, progress=False)
        return history.val_loss, model.net.state_dict()

    (first, weights), (second, again), (other, _) = once(1), once(1), once(2)
    assert first == second
    assert all(torch.equal(weights[name], again[name]) for name in weights)
    assert first != other


def test_training_leaves_the_global_random_state_alone():
    torch.manual_seed(3)
    before = torch.get_rng_state()
    StarDist(SMALL, device="cpu")
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize(("tile", "tta"), [(48, False), (90, False), (64, True)])
def test_tiles_leave_no_seams(trained, pixels, tile, tta):
    image = discs(side=129, seed=4)[0][:, :115]
    stars, inside = trained[0].propose(image, tta=tta, prob_thresh=0.3)
    tiled, again = trained[0].propose(image, tta=tta, prob_thresh=0.3, tile=tile)
    order, other = (np.lexsort(one.points.T) for one in (stars, tiled))
    assert np.array_equal(stars.points[order], tiled.points[other])
    assert np.allclose(stars.dist[order], tiled.dist[other], atol=0.02)
    assert np.allclose(inside, again, atol=1e-3)
    whole = pixels[0].prob(image, tta=tta)
    assert np.allclose(whole, pixels[0].prob(image, tta=tta, tile=tile), atol=1e-3)


def test_tiles_cover_each_pixel_once():
    count = np.zeros((75, 101), int)
    for box in tile_boxes(count.shape, 32, 20, 8):
        outer = count[box.outer]
        outer += box.inner_mask(outer.shape, 1)
    assert (count == 1).all()


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (17, 33)])
@pytest.mark.parametrize("tta", [False, True])
def test_any_size_can_be_segmented(trained, pixels, shape, tta):
    image = np.zeros(shape, np.uint8)
    assert trained[0].predict(image, tta=tta).shape == shape
    prob = pixels[0].prob(image, tta=tta)
    assert prob.shape == (2, *shape)
    assert np.isfinite(prob).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.float64])
def test_any_type_of_image_gives_the_same_answer(trained, pixels, dtype):
    image = discs(seed=3)[0]
    image = np.minimum(image, 255)
    assert np.array_equal(
        trained[0].predict(image), trained[0].predict(image.astype(dtype))
    )
    prob = pixels[0].prob(image)
    assert np.allclose(prob, pixels[0].prob(image.astype(dtype)), atol=1e-4)


def test_constant_image_has_no_nuclei(trained):
    assert trained[0].predict(np.full((64, 64), 500, np.uint16)).max() == 0


def test_save_and_load_give_the_same_labels(trained, pixels, tmp_path):
    image, _ = discs(seed=5)
    for model in (trained[0], pixels[0]):
        model.save(tmp_path / "model")
        again = type(model).load(tmp_path / "model", device="cpu")
        assert again.params == model.params
        assert np.array_equal(again.predict(image), model.predict(image))


def test_load_says_what_is_wrong(trained, tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no labkit model"):
        StarDist.load(tmp_path)
    trained[0].save(tmp_path)
    weights = tmp_path / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(ValueError, match="damaged or exchanged"):
        StarDist.load(tmp_path)
    card = tmp_path / "model.yaml"
    card.write_text(card.read_text().replace("StarDist", "MaskRCNN"))
    with pytest.raises(ValueError, match="MaskRCNN model, not a StarDist"):
        StarDist.load(tmp_path)


@pytest.mark.parametrize(("kind", "params"), [(StarDist, SMALL), (UNetProb, PIXELS)])
def test_interrupted_training_keeps_the_best_weights(kind, params):
    image, labels = discs(n=6, side=96)

    def stop_at_third(history):
        if len(history.val_steps) == 3:
            raise KeyboardInterrupt

    model = kind(params, device="cpu")
    quick = TrainParams(steps=50, batch_size=2, crop_size=32, every=5)
    history = model.fit(
        [image], [labels], params=quick, progress=False, callback=stop_at_third
    )
    assert history.stopped == "interrupted"
    assert history.steps == [5, 10, 15]
    assert history.best_step == history.val_steps[np.argmin(history.val_loss)]
    held = cr.hold_out(cr.sources([image], [labels]))[1]
    kept = validation_loss(model, held, quick.crop_size)
    assert kept == pytest.approx(min(history.val_loss), rel=0.03)
    assert model.predict(image).shape == image.shape


@torch.no_grad()
def validation_loss(model, held, size):
    """Loss of a model as it is, all crops in one batch."""
    crop = cr.tile_crops(held, model._targets(), size=size)
    return model._loss(model.net(torch.from_numpy(crop.image)), crop, "cpu").item()


def test_early_stopping_ends_training_that_no_longer_helps(monkeypatch):
    """The crops get worse and worse, so that the second validation is the best."""
    image, labels = discs(n=6, side=96)
    params = TrainParams(steps=400, batch_size=1, crop_size=32, every=2, patience=3)
    model, loss, calls = StarDist(SMALL, device="cpu"), StarDist._loss, []

    def rising(self, output, crop, device):
        calls.append(len(crop.image))
        return loss(self, output, crop, device) + 0.1 * len(calls)

    monkeypatch.setattr(StarDist, "_loss", rising)
    history = model.fit([image], [labels], params=params, progress=False)
    assert history.stopped == "early"
    assert history.best_step == 2
    assert history.steps[-1] == 2 + 2 * params.patience


def test_left_out_nuclei_are_not_learnt_as_background():
    """With half of the discs unlabelled, only `ignore` saves the recall."""
    images, labels = zip(*(discs(seed=seed) for seed in (1, 2)), strict=True)
    kept = [np.where(one % 2 == 0, one, 0) for one in labels]
    left_out = [(one > 0) & (some == 0) for one, some in zip(labels, kept, strict=True)]
    image, true = discs(seed=3)

    def recall(ignore):
        model = StarDist(SMALL, device="cpu")
        model.fit(images, kept, ignore=ignore, params=QUICK, progress=False)
        return match(true, model.predict(image)).recall

    helped = recall(left_out)
    assert helped > 0.9
    assert helped > recall(None) + 0.1


def test_ignored_objects_count_neither_way():
    labels = np.array([[1, 1, 1, 0, 2, 2]], np.int32)
    ignore = np.array([[1, 1, 0, 0, 0, 0]], bool)
    assert without_ignored(labels, ignore).tolist() == [[0, 0, 0, 0, 2, 2]]


def test_bad_training_data_is_refused():
    model = StarDist(SMALL, device="cpu")
    image, labels = discs(n=6, side=96)
    with pytest.raises(ValueError, match="multiple of 8 px"):
        model.fit([image], [labels], params=TrainParams(crop_size=36))
    with pytest.raises(TypeError, match="must hold integers"):
        model.fit([image], [labels.astype(float)])
    with pytest.raises(ValueError, match="NaN"):
        model.fit([np.where(labels > 0, np.nan, 1.0)], [labels])


def test_missing_gpu_is_said(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert pick_device().type == "cpu"
    with pytest.raises(ValueError, match="sees no GPU"):
        pick_device("cuda")


# what is held out, and how often images are drawn


def test_validation_images_are_used_instead_of_a_share():
    image, labels = discs(n=6, side=96)
    other, others = discs(n=6, side=96, seed=7)
    still = TrainParams(steps=1, batch_size=2, crop_size=32, lr=1e-12, every=1)
    model = StarDist(SMALL, device="cpu")
    history = model.fit(
        [image],
        [labels],
        validation=([other], [others]),
        chance=[1.0],
        params=still,
        progress=False,
    )
    expected = validation_loss(model, cr.sources([other], [others]), 32)
    assert history.val_loss[0] == pytest.approx(expected, rel=0.02)
    held = cr.hold_out(cr.sources([image], [labels]))[1]
    assert validation_loss(model, held, 32) != pytest.approx(expected, rel=1e-4)


def test_chance_without_validation_is_refused_and_changes_nothing():
    image, labels = discs(n=6, side=96)
    model = StarDist(SMALL, device="cpu")
    with pytest.raises(ValueError, match="`chance` needs `validation`"):
        model.fit([image], [labels], chance=[1])
    assert model.params == SMALL


def test_images_too_small_to_hold_out_a_part_are_refused():
    model = StarDist(SMALL, device="cpu")
    with pytest.raises(ValueError, match=r"too small to hold out.*pass `validation`"):
        model.fit([np.eye(1, 9)], [np.eye(1, 9, dtype=int)], params=TINY)
    model.fit([np.eye(3, 9)], [np.eye(3, 9, dtype=int)], params=TINY, progress=False)


# training on


def first_loss(model, images, labels):
    """Validation loss of a model before it learns anything from new images."""
    still = TrainParams(steps=1, batch_size=2, crop_size=64, lr=1e-12, every=1)
    history = model.fit(images, labels, params=still, progress=False)
    return history.val_loss[0]


def test_fine_tuning_on_larger_objects_keeps_the_unit_of_the_rays(trained, tmp_path):
    trained[0].save(tmp_path)
    model, fresh = StarDist.load(tmp_path, device="cpu"), StarDist(SMALL, device="cpu")
    assert model.params.ray_unit == pytest.approx(model.params.diameter / 2)
    unit = model.params.ray_unit
    image, labels = discs(n=8, radius=(14, 22), seed=8)
    start, scratch = (first_loss(m, [image], [labels]) for m in (model, fresh))
    assert start < scratch
    assert model.params.ray_unit == unit
    assert model.params.diameter == median_diameter(labels)
    assert model.params.diameter > 1.5 * trained[0].params.diameter


def test_a_network_that_knows_many_sizes_is_tuned_at_its_own_scale(trained, tmp_path):
    trained[0].save(tmp_path)
    model = StarDist.load(tmp_path, device="cpu")
    before = model.params = model.params.replace(zoom=2.0)
    image, labels = discs(n=8, side=320, radius=(21, 33), seed=8)
    first_loss(model, [image], [labels])
    factor = before.diameter / median_diameter(labels)
    assert model.params.enlarge == pytest.approx(factor)
    assert model.params.diameter == pytest.approx(before.diameter, rel=0.05)
    assert match(labels, model.predict(image)).f1 > 0.9
    assert model.diameter == pytest.approx(median_diameter(labels), rel=0.05)


@pytest.mark.parametrize("kind", [StarDist, UNetProb])
def test_models_of_before_colour_and_ray_unit_still_load(
    kind, trained, pixels, tmp_path
):
    model = trained[0] if kind is StarDist else pixels[0]
    model.save(tmp_path)
    path = tmp_path / "model.yaml"
    card = yaml.safe_load(path.read_text())
    for name in ("channels", "ray_unit", "zoom", "enlarge"):
        card["params"].pop(name, None)
    path.write_text(yaml.safe_dump(card))
    again, (image, _) = kind.load(tmp_path, device="cpu"), discs(seed=5)
    assert np.array_equal(again.predict(image), model.predict(image))


# models that come along


@pytest.fixture
def shelf(trained, tmp_path, monkeypatch):
    """A folder of shipped models with one, "tiny"."""
    monkeypatch.setattr(store, "SHIPPED", tmp_path / "shelf")
    files = [tmp_path / "shelf" / f"stardist_tiny.{e}" for e in ("yaml", "safetensors")]
    about = {"licence": "CC0"}
    model = trained[0]
    store.save_model(files, "StarDist", model.params, model.net, half=True, about=about)
    return files


def test_half_precision_changes_predictions_by_very_little(trained, shelf):
    half, (image, labels) = StarDist.load("tiny", device="cpu"), discs(seed=5)
    assert half.params == trained[0].params
    assert all(p.dtype == torch.float32 for p in half.net.parameters())
    norm = cr.normalize(image)
    for one, other in zip(half.maps(norm), trained[0].maps(norm), strict=True):
        assert not np.array_equal(one, other)
        assert np.abs(one - other).max() < 0.02 * max(1, other.max())
    found = half.predict(image)
    assert match(trained[0].predict(image), found, 0.9).f1 == 1
    assert match(labels, found).f1 > 0.95


def test_half_precision_takes_half_the_space(trained, shelf, tmp_path):
    trained[0].save(tmp_path / "full")
    full = (tmp_path / "full" / "weights.safetensors").stat().st_size
    assert shelf[1].stat().st_size < 0.6 * full
    assert yaml.safe_load(shelf[0].read_text())["licence"] == "CC0"


def test_unknown_names_are_answered_with_the_known_ones(shelf):
    assert store.shipped("StarDist") == ["tiny"]
    assert store.shipped("UNetProb") == []
    with pytest.raises(FileNotFoundError, match=r"come with labkit: \['tiny'\]"):
        StarDist.load("nucleus")
    with pytest.raises(FileNotFoundError, match=r"come with labkit: \[\]"):
        UNetProb.load("tiny")


def test_damaged_shipped_weights_are_refused(shelf):
    data = bytearray(shelf[1].read_bytes())
    data[-7] ^= 1
    shelf[1].write_bytes(data)
    with pytest.raises(ValueError, match="damaged or exchanged"):
        StarDist.load("tiny")
    shelf[1].unlink()
    with pytest.raises(FileNotFoundError, match=r"tiny\.safetensors is missing"):
        StarDist.load("tiny")


def test_a_folder_called_like_a_shipped_model_can_be_reached(
    trained, shelf, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    trained[0].save("tiny")
    card = tmp_path / "tiny" / "model.yaml"
    card.write_text(card.read_text().replace("nms_thresh: 0.4", "nms_thresh: 0.3"))
    assert StarDist.load("tiny").params.nms_thresh == 0.4
    assert StarDist.load("./tiny").params.nms_thresh == 0.3
    assert StarDist.load(Path("tiny")).params.nms_thresh == 0.3


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("width: 8", "width: 12", "not of the network that its card describes"),
        ("params:", "parameters:", "does not say the model's params"),
        ("width: 8", "breadth: 8", "no parameter.*breadth"),
        ("model: StarDist", "model: [", "not a YAML file"),
    ],
)
def test_cards_that_do_not_fit_are_refused(trained, tmp_path, old, new, message):
    trained[0].save(tmp_path)
    card = tmp_path / "model.yaml"
    card.write_text(card.read_text().replace(old, new))
    with pytest.raises(ValueError, match=message):
        StarDist.load(tmp_path)


def test_a_card_without_weights_is_no_model(trained, tmp_path):
    trained[0].save(tmp_path / "a")
    (tmp_path / "b").mkdir()
    shutil.copy(tmp_path / "a" / "model.yaml", tmp_path / "b")
    with pytest.raises(FileNotFoundError, match=r"weights\.safetensors is missing"):
        StarDist.load(tmp_path / "b")


# probabilities of pixels


def test_nucleus_pixels_are_learnt_from_scratch(pixels):
    model, history = pixels
    image, labels = discs(35, seed=3, gap=0)
    nucleus, rim = model.prob(image)
    assert nucleus[labels > 0].mean() > 0.85
    assert nucleus[labels == 0].mean() < 0.1
    truth = cr.rims(labels, model.params.rim)
    assert rim[truth].mean() > rim[~truth].mean() + 0.4
    assert history.val_loss[-1] < 0.6 * history.val_loss[0]
    assert model.params.diameter == pytest.approx(18, abs=3)


def test_rims_keep_touching_discs_apart(pixels):
    image, labels = discs(35, seed=3, gap=0)
    together = label(pixels[0].prob(image)[0] > 0.5, connectivity=1)
    assert match(labels, together).f1 < 0.85
    found = match(labels, pixels[0].predict(image))
    assert found.f1 > 0.93
    assert found.mean_iou > 0.85


def test_colour_needs_a_network_that_sees_it():
    colour = np.random.default_rng(0).integers(0, 255, (40, 56, 3), np.uint8)
    labels = np.zeros((40, 56), int)
    labels[10:25, 10:25] = 1
    for kind, params in ((StarDist, SMALL), (UNetProb, PIXELS)):
        model = kind(params, device="cpu")
        with pytest.raises(ValueError, match=r"\(40, 56, 3\).*model with channels=3"):
            model.predict(colour)
        with pytest.raises(ValueError, match=r"images\[0\].*\(40, 56, 3\).*channels=3"):
            model.fit([colour], [labels], params=TINY)
        model = kind(params.replace(channels=3), device="cpu")
        model.fit([colour], [labels], params=TINY, progress=False)
        assert model.predict(colour).shape == (40, 56)
        grey, alpha = colour[..., 0], np.dstack([colour, colour[..., :1]])
        assert model.predict(grey).shape == (40, 56)
        assert np.array_equal(model.predict(alpha), model.predict(colour))


# all eight views


def shape_of_no_symmetry(height, width):
    """An object that looks different in each of the 8 views."""
    image = np.zeros((1, height, width), np.float32)
    image[0, 6:30, 8:16] = image[0, 22:30, 8:36] = image[0, 6:10, 16:20] = 1
    return image


@pytest.mark.parametrize("shape", [(41, 47), (40, 48), (40, 47), (43, 46)])
@pytest.mark.parametrize("grid", [1, 2])
@pytest.mark.parametrize("n_rays", [8, 32])
def test_true_answers_stay_true_when_averaged(shape, grid, n_rays):
    def truth(image):
        labels = np.round(image[0]).astype(np.int32)
        prob, dist = star_targets(labels, n_rays, grid=grid)
        return np.concatenate([prob[None], np.moveaxis(dist, -1, 0)])

    image = shape_of_no_symmetry(*shape)
    expected, found = truth(image), averaged(truth, grid, n_rays)(image)
    assert found.shape == expected.shape
    assert np.allclose(found[0], expected[0], atol=1e-4)
    assert np.abs(found - expected).max() < 1.01  # ray lengths are whole steps
    assert np.abs(averaged(truth, grid, 0)(image) - expected).max() > 5


@pytest.mark.parametrize("shape", [(9, 12), (10, 8), (7, 13)])
@pytest.mark.parametrize("grid", [1, 2])
def test_averaged_answers_turn_with_the_image(shape, grid):
    """Whatever the network answers: turned image, turned answer and rays."""
    if grid == 2:  # only then the same pixels are looked at
        shape = tuple(side // 2 * 2 + 1 for side in shape)
    rng, n_rays = np.random.default_rng(0), 8
    image, mix = rng.random((1, *shape)), rng.random((2 + n_rays, 1, 1))

    def answer(image):
        return (np.cumsum(image, axis=2) * mix + np.cumsum(image, axis=1) ** mix)[
            :, ::grid, ::grid
        ]

    mean = averaged(answer, grid, n_rays)
    before, after = mean(image), mean(np.rot90(image, axes=(1, 2)))
    assert np.allclose(after[:2], np.rot90(before[:2], axes=(1, 2)))
    mirrored = mean(image[:, ::-1])
    assert np.allclose(mirrored[:2], before[:2, ::-1])
    directions = np.exp(1j * ray_angles(n_rays))  # real: columns, imaginary: rows
    for k, way in enumerate(directions):
        turned = np.argmin(np.abs(directions - way * -1j))  # right becomes up
        assert np.allclose(after[2 + turned], np.rot90(before[2 + k]))
        upside_down = np.argmin(np.abs(directions - way.conj()))
        assert np.allclose(mirrored[2 + upside_down], before[2 + k][::-1])


def test_rays_that_cannot_turn_by_a_quarter_are_refused():
    model = StarDist(StarDistParams(n_rays=10, width=8, depth=1), device="cpu")
    image = np.zeros((20, 20), np.uint8)
    assert model.predict(image).shape == (20, 20)
    with pytest.raises(ValueError, match="multiple of 4 rays, this model has 10"):
        model.predict(image, tta=True)


def test_averaging_over_views_finds_the_discs(trained, pixels):
    image, labels = discs(seed=3)
    found = match(labels, trained[0].predict(image, tta=True))
    assert found.f1 > 0.95
    assert found.mean_iou > 0.75
    image, labels = discs(35, seed=3, gap=0)
    nucleus = pixels[0].prob(image, tta=True)[0]
    turned = pixels[0].prob(np.rot90(image), tta=True)[0]
    assert np.allclose(np.rot90(nucleus), turned, atol=2e-3)
    plain = pixels[0].prob(image)[0], pixels[0].prob(np.rot90(image))[0]
    assert np.abs(np.rot90(plain[0]) - plain[1]).max() > 0.05
    assert ((nucleus > 0.5) == (labels > 0)).mean() > 0.95


# the network


@pytest.mark.parametrize("grid", [1, 2, 4])
@pytest.mark.parametrize("every_pixel", [False, True])
def test_networks_answer_on_the_grid_or_for_every_pixel(grid, every_pixel):
    net = UNet(3, 5, width=8, depth=1, grid=grid, every_pixel=every_pixel).eval()
    stride = 1 if every_pixel else grid
    shape = (1, 5, 32 // stride, 48 // stride)
    assert net(torch.zeros(1, 3, 32, 48)).shape == shape
    with torch.no_grad():  # each pixel gets an answer of its own
        answer = net(torch.rand(1, 3, 32, 48))[0].numpy()
    assert (np.diff(answer, axis=1) != 0).all()
    assert (np.diff(answer, axis=2) != 0).all()


@pytest.mark.parametrize(("depth", "grid"), [(1, 1), (2, 2), (1, 4)])
@pytest.mark.parametrize("every_pixel", [False, True])
def test_no_output_looks_further_than_the_reach(depth, grid, every_pixel):
    net = UNet(1, 1, width=8, depth=depth, grid=grid, every_pixel=every_pixel).eval()
    stride, side, seen = 1 if every_pixel else grid, 16 * net.multiple, 0
    for place in range(side // 2, side // 2 + net.multiple, stride):
        image = torch.rand(1, 1, side, 2 * net.multiple, requires_grad=True)
        net(image)[0, 0, place // stride].sum().backward()
        rows = np.flatnonzero(image.grad[0, 0].abs().sum(1).numpy())
        seen = max(seen, np.abs(rows - place).max())
    assert seen <= net.reach
    assert net.reach <= 2 * seen + net.multiple
