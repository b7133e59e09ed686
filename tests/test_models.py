"""StarDist: learns, repeats, stops, saves; tiles leave no seams."""

import numpy as np
import pytest
import torch

from labkit.metrics import match
from labkit.models import StarDist, StarDistParams, TrainParams
from labkit.models.thresholds import without_ignored
from labkit.models.tiles import tile_boxes
from labkit.models.training import pick_device
from labkit.segment import fitting_diameter, segment

SMALL = StarDistParams(n_rays=16, width=12, depth=2)
QUICK = TrainParams(steps=160, batch_size=4, crop_size=64, lr=3e-3, every=40)


def discs(n=30, side=256, radius=(7, 11), seed=0):
    """An image of noisy discs that do not touch, and its labels."""
    rng = np.random.default_rng(seed)
    rows, cols = np.mgrid[:side, :side]
    labels = np.zeros((side, side), np.int32)
    for _ in range(20 * n):
        row, col = rng.uniform(0, side, 2)
        r = rng.uniform(*radius)
        far = np.hypot(rows - row, cols - col)
        if labels.max() < n and not labels[far < r + 2].any():
            labels[far < r] = labels.max() + 1
    image = 100 + 80 * (labels > 0) + rng.normal(0, 12, labels.shape)
    return image.astype(np.uint16), labels


@pytest.fixture(scope="module")
def trained():
    """A small model trained on two images of discs, and its history."""
    image, labels = zip(*(discs(seed=seed) for seed in (1, 2)), strict=True)
    model = StarDist(SMALL, device="cpu")
    return model, model.fit(image, labels, params=QUICK, progress=False)


def test_learns_discs_from_scratch(trained):
    model, history = trained
    image, labels = discs(seed=3)
    result = match(labels, model.predict(image))
    assert result.f1 > 0.95
    assert result.mean_iou > 0.85
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


def test_same_seed_same_model():
    image, labels = discs(n=6, side=96)
    params = TrainParams(steps=6, batch_size=2, crop_size=32, every=3)

    def once(seed):
        model = StarDist(SMALL, seed=seed, device="cpu")
        history = model.fit([image], [labels], params=params, seed=seed, progress=False)
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


@pytest.mark.parametrize("tile", [48, 100])
def test_tiles_leave_no_seams(trained, tile):
    model, _ = trained
    image, _ = discs(seed=4)
    whole, tiled = model.predict(image), model.predict(image, tile=tile)
    result = match(whole, tiled, 0.9)
    assert result.fp == result.fn == 0
    assert result.mean_iou > 0.99


def test_tiles_cover_each_pixel_once():
    count = np.zeros((75, 101), int)
    for box in tile_boxes(count.shape, 32, 20, 8):
        outer = count[box.outer]
        outer += box.inner_mask(outer.shape, 1)
    assert (count == 1).all()


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (17, 33)])
def test_any_size_can_be_segmented(trained, shape):
    assert trained[0].predict(np.zeros(shape, np.uint8)).shape == shape


def test_constant_image_has_no_nuclei(trained):
    assert trained[0].predict(np.full((64, 64), 500, np.uint16)).max() == 0


def test_save_and_load_give_the_same_labels(trained, tmp_path):
    model, _ = trained
    image, _ = discs(seed=5)
    model.save(tmp_path / "model")
    again = StarDist.load(tmp_path / "model", device="cpu")
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


def test_interrupted_training_keeps_the_best_weights():
    image, labels = discs(n=6, side=96)

    def stop_at_second(history):
        if len(history.val_steps) == 2:
            raise KeyboardInterrupt

    model = StarDist(SMALL, device="cpu")
    params = TrainParams(steps=50, batch_size=2, crop_size=32, every=5)
    history = model.fit(
        [image], [labels], params=params, progress=False, callback=stop_at_second
    )
    assert history.stopped == "interrupted"
    assert history.steps[-1] == 10
    assert model.predict(image).shape == image.shape


def test_early_stopping_ends_training_that_no_longer_helps():
    image, labels = discs(n=6, side=96)
    params = TrainParams(
        steps=400, batch_size=1, crop_size=32, lr=1e-12, every=2, patience=3
    )
    history = StarDist(SMALL, device="cpu").fit(
        [image], [labels], params=params, progress=False
    )
    assert history.stopped in {"early", "finished"}
    assert history.steps[-1] <= 400


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

    assert recall(left_out) > 0.9
    assert recall(left_out) > recall(None)


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


def test_other_magnification_needs_the_scale(trained):
    """Englbrecht et al. 2021, adaptability: a model knows one object size."""
    model, _ = trained
    image, labels = discs(n=10, side=400, radius=(27, 33), seed=6)
    as_trained = match(labels, segment(model, image)).f1
    given = match(labels, segment(model, image, diameter=60.0)).f1
    assert given > 0.9
    assert as_trained < given - 0.3


def test_diameter_can_be_found_automatically(trained):
    model, _ = trained
    image, labels = discs(n=10, side=400, radius=(27, 33), seed=6)
    assert fitting_diameter(model, image) == pytest.approx(60, rel=0.15)
    assert match(labels, segment(model, image, diameter="auto")).f1 > 0.9


def test_segment_refuses_impossible_diameters(trained):
    image, _ = discs()
    with pytest.raises(ValueError, match="trained on objects of"):
        segment(trained[0], image, diameter=1e4)
    with pytest.raises(ValueError, match="'auto' or None"):
        segment(trained[0], image, diameter="big")
    with pytest.raises(ValueError, match="not trained yet"):
        segment(StarDist(SMALL), image, diameter=20.0)
