"""Mask R-CNN: learns, finds objects of any size and number, goes to disk."""

import numpy as np
import pytest
import torch
from commands import error_of, labkit_command
from maskrcnn_scenes import COLOUR, QUICK, SMALL, TINY, discs, shown, stained

from labkit.files.images import write_image
from labkit.files.labels import read_labels, write_labels
from labkit.labels import median_diameter
from labkit.metrics import match
from labkit.models import MaskRCNN, StarDist, load
from labkit.segment import PostParams, fitting_diameter, segment, segment_steps


@pytest.fixture(scope="module")
def trained():
    """A small model that has seen discs of 16 and, in colour, of 32 px."""
    labels = [discs(seed=1), discs(10, 160, 16.0, seed=2)]
    images = [shown(labels[0]), stained(labels[1])]
    model = MaskRCNN(COLOUR, device="cpu")
    return model, model.fit(images, labels, params=QUICK, progress=False)


# learning


def test_learns_discs_from_scratch(trained):
    model, history = trained
    labels = discs(seed=3)
    found = match(labels, segment(model, shown(labels), diameter=16.0))
    assert found.f1 > 0.9
    assert found.mean_iou > 0.75
    assert history.train_loss[-1] < history.train_loss[0]
    assert history.best_step in history.val_steps


def test_every_training_image_is_brought_to_one_size(trained):
    model = trained[0]
    assert model.params.diameter == pytest.approx(16, rel=0.1)
    labels = discs(8, 160, 16.0, seed=5)
    found = segment(model, stained(labels), diameter=32.0)
    assert match(labels, found).f1 > 0.85
    plain = MaskRCNN(SMALL, device="cpu")
    plain.params = plain.params.replace(enlarge=1.0)
    larger = discs(6, 128, 12.0)
    assert plain._factor(larger) == pytest.approx(16 / median_diameter(larger))
    assert plain._factor(discs(1, 128, 12.0)) == 1.0  # one object may be an exception
    assert plain._factor(discs(4, 100, 1.0)) == 4.0  # and none so extreme as this


def test_same_seed_same_model_and_the_global_random_state_is_left_alone():
    labels = discs(6, 96)
    torch.manual_seed(3)
    before = torch.get_rng_state()

    def once(seed):
        model = MaskRCNN(SMALL, seed=seed, device="cpu")
        history = model.fit(
            [shown(labels)], [labels], params=TINY, seed=seed, progress=False
        )
        return history.val_loss, model.net.state_dict()

    (first, weights), (second, again), (other, _) = once(1), once(1), once(2)
    assert first == second
    assert all(torch.equal(weights[name], again[name]) for name in weights)
    assert first != other
    assert torch.equal(before, torch.get_rng_state())


# what is found


@pytest.mark.parametrize("tta", [False, True])
@pytest.mark.parametrize("shape", [(1, 1), (3, 70), (33, 17)])
def test_any_size_can_be_segmented(trained, shape, tta):
    labels = trained[0].predict(np.zeros(shape, np.uint8), tta=tta)
    assert labels.shape == shape
    assert not labels.any()


def test_nothing_is_found_in_a_blank_image(trained):
    blank = np.full((90, 80), 7, np.uint8)
    steps = segment_steps(trained[0], blank, diameter="auto")
    assert not steps.labels.any()
    assert steps.diameter == pytest.approx(trained[0].diameter, rel=0.01)


def test_there_is_no_limit_of_100_objects(trained):
    labels = discs(150, 310, 8.0, seed=7, gap=1)
    assert labels.max() > 120
    found = match(labels, segment(trained[0], shown(labels), diameter=16.0))
    assert found.tp > 110
    assert found.precision > 0.9


def test_tiles_find_what_the_whole_image_shows(trained):
    labels = discs(20, 160, seed=8)
    image = shown(labels)
    small = match(labels, segment(trained[0], image, diameter=16.0, tile=64))
    assert small.f1 > 0.9
    assert small.fp <= 2  # no object is found twice where tiles meet
    with pytest.raises(ValueError, match="`tile` must be at least 1"):
        segment(trained[0], image, tile=0)


def test_tiny_and_huge_objects_are_found_at_their_scale(trained):
    for radius, side in ((3.0, 60), (40.0, 300)):
        labels = discs(6, side, radius, seed=9)
        found = segment(trained[0], shown(labels), diameter=2 * radius)
        assert match(labels, found).f1 > 0.7, radius


def test_the_scale_is_found_in_two_passes(trained):
    labels = discs(9, 260, 24.0, seed=6)
    size = fitting_diameter(trained[0], shown(labels))
    assert size == pytest.approx(48, rel=0.15)
    found = segment(trained[0], shown(labels), diameter="auto")
    assert match(labels, found).f1 > 0.85


def test_views_are_merged(trained):
    labels = discs(12, seed=10)
    plain = segment(trained[0], shown(labels), diameter=16.0)
    merged = segment(trained[0], shown(labels), diameter=16.0, tta=True)
    assert match(labels, merged).f1 > 0.9
    assert not np.array_equal(plain, merged)
    turned = segment(
        trained[0], np.rot90(shown(labels)).copy(), diameter=16.0, tta=True
    )
    assert np.mean((np.rot90(merged) > 0) == (turned > 0)) > 0.995


def test_models_that_cannot_average_views_merge_them():
    params = StarDist.Params(n_rays=10, width=8, depth=1, diameter=16.0)
    model = StarDist(params, device="cpu")
    image = shown(discs(5, 64))
    with pytest.raises(ValueError, match="multiple of 4 rays"):
        model.predict(image, tta=True)
    assert segment(model, image, tta=True).shape == image.shape


# on disk, from the command line


def test_save_and_load_give_the_same_labels(trained, tmp_path):
    model, image = trained[0], shown(discs(seed=3))
    model.save(tmp_path / "m")
    for again in (MaskRCNN.load(tmp_path / "m"), load(tmp_path / "m")):
        assert isinstance(again, MaskRCNN)
        assert again.params == model.params
        assert np.array_equal(again.predict(image), model.predict(image))
    with pytest.raises(ValueError, match="holds a MaskRCNN model, not a StarDist"):
        StarDist.load(tmp_path / "m")
    with pytest.raises(ValueError, match="holds a MaskRCNN model, not a StarDist"):
        load(tmp_path / "m", kinds=(StarDist,))
    assert isinstance(load("nuclei"), StarDist)


def test_train_and_segment_from_the_command_line(tmp_path):
    labels = discs(10, 96)
    write_image(tmp_path / "in" / "a.png", shown(labels))
    write_labels(tmp_path / "labels" / "a.tif", labels)
    TINY.save(tmp_path / "quick.yaml")
    PostParams(min_size=0.2).save(tmp_path / "post.yaml")
    folder, quick = tmp_path / "model", ("--params", tmp_path / "quick.yaml")
    words = ("train", tmp_path / "in", tmp_path / "labels", "-o", folder, *quick)
    done = labkit_command(*words, "--model", "maskrcnn")
    assert done.exit_code == 0, done.output
    assert isinstance(load(folder), MaskRCNN)
    words = ("segment", tmp_path / "in", "-o", tmp_path / "out", "--model", folder)
    done = labkit_command(*words, "--post", tmp_path / "post.yaml")
    assert done.exit_code == 0, done.output
    assert read_labels(tmp_path / "out" / "a.tif").shape == labels.shape
    words = ("train", tmp_path / "in", tmp_path / "labels", "-o", tmp_path / "m2")
    line = error_of(labkit_command(*words, "--model", "unet"))
    assert "must be one of ['stardist', 'maskrcnn'], got 'unet'" in line
    line = error_of(labkit_command(*words, "--model", "stardist", "--start", folder))
    assert "holds a MaskRCNN model, not a StarDist" in line
