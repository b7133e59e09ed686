"""Models: learn, repeat, stop, hold out, tune on; what is left out is not learnt."""

import numpy as np
import pytest
import torch
from model_scenes import PIXELS, QUICK, SMALL, TINY, discs

from labkit import crops as cr
from labkit.labels import median_diameter
from labkit.metrics import match
from labkit.models import StarDist, TrainParams, UNetProb
from labkit.models.thresholds import without_ignored
from labkit.models.training import pick_device


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
    with pytest.raises(ValueError, match="no device 'gpu'; say cpu"):
        pick_device("gpu")


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
