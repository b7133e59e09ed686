"""Mask R-CNN: both networks, what is unknown, odd training data."""

import numpy as np
import pytest
import torch
from maskrcnn_scenes import CPU, SMALL, TINY, discs, shown, stained

from labkit import crops as cr
from labkit.models import MaskRCNN, MaskRCNNParams, load
from labkit.models.maskrcnn import model as maskrcnn_model
from labkit.models.maskrcnn.building import small_detector
from labkit.models.maskrcnn.targets import ObjectTargets, objects_of, unknown_share


def test_the_default_network_has_as_many_weights_as_its_description_says():
    n = sum(weight.numel() for weight in small_detector(MaskRCNNParams()).parameters())
    assert round(n / 1e6, 2) == 1.86


@pytest.mark.filterwarnings("error")
def test_the_large_network_learns_finds_and_goes_to_disk(tmp_path):
    labels = discs(2, 64, 16.0)
    params = MaskRCNNParams(backbone="resnet50", size=40.0)
    model = MaskRCNN(params, device="cpu")
    assert round(sum(one.numel() for one in model.net.parameters()) / 1e6) == 46
    before = model.net.state_dict()["backbone.body.conv1.weight"].clone()
    history = model.fit([shown(labels)], [labels], params=TINY, progress=False)
    assert np.isfinite(history.train_loss + history.val_loss).all()
    state = model.net.state_dict()
    assert all(torch.isfinite(value).all() for value in state.values())
    assert not torch.equal(state["backbone.body.conv1.weight"], before)
    assert model.predict(shown(labels)).shape == labels.shape
    (found,) = model.propose(shown(labels), prob_thresh=0.0)
    assert len(found.prob) > 0
    model.save(tmp_path / "large")
    again = load(tmp_path / "large", device="cpu")
    assert again.params == model.params
    (same,) = again.propose(shown(labels), prob_thresh=0.0)
    assert np.array_equal(same.prob, found.prob)
    assert np.array_equal(same.boxes, found.boxes)
    short = TINY.replace(crop_size=32)
    with pytest.raises(ValueError, match="at least 64 px to train backbone='resnet50'"):
        model.fit([shown(labels)], [labels], params=short, progress=False)


@pytest.mark.parametrize("where", ["background", "object"])
def test_the_unknown_is_not_learnt(where):
    """Neither loss nor gradient depends on what is on unknown ground."""
    labels = discs(5, 64, seed=4)
    ignore = np.zeros(labels.shape, bool)
    target = objects_of(labels, ignore, CPU)
    net = small_detector(SMALL)
    anchors = [torch.tensor([[2.0, 2, 18, 18], [40, 40, 56, 56]])]
    labels_without = net.rpn.assign_targets_to_anchors(
        anchors, [target | {"boxes": torch.zeros(0, 4)}]
    )[0][0]
    assert labels_without.tolist() == [0, 0]
    ignore[:30, :30] = True
    unknown = objects_of(labels, ignore, CPU)["unknown"]
    assert unknown_share(anchors[0], unknown).tolist() == [1, 0]
    boxes = torch.zeros(0, 4) if where == "background" else anchors[0][:1]
    some = {"boxes": boxes, "unknown": unknown}
    found = net.rpn.assign_targets_to_anchors(anchors, [target | some])[0][0]
    assert found.tolist() == [-1 if where == "background" else 1, 0]
    net.heads._unknown = [unknown]
    kinds = [torch.ones(len(boxes), dtype=torch.int64)]
    _, found = net.heads.assign_targets_to_proposals(anchors, [boxes], kinds)
    assert found[0].tolist() == [-1 if where == "background" else 1, 0]


def test_slivers_of_cut_objects_are_unknown():
    labels = np.zeros((32, 32), np.int32)
    labels[:2, 4:20], labels[10:20, 10:20] = 1, 3
    target = objects_of(labels, np.zeros(labels.shape, bool), CPU)
    assert target["boxes"].tolist() == [[9.5, 9.5, 19.5, 19.5]]
    assert target["masks"].sum() == 100
    assert target["unknown"][-1, -1] == 32


def test_crops_without_objects_are_learnt_from():
    net = MaskRCNN(SMALL, device="cpu")
    empty = np.zeros((64, 64), np.int32)
    source = cr.Source(shown(empty).astype("f4") / 255, empty, empty > 0)
    crop = cr.stack([ObjectTargets()(source)])
    loss = net._loss_of(net.net, crop)
    loss.backward()
    assert torch.isfinite(loss)
    net.net.zero_grad()
    everything = crop._replace(ignore=np.ones_like(crop.ignore))
    assert torch.isfinite(net._loss_of(net.net, everything))


# odd training data


@pytest.mark.parametrize(
    "kinds",
    [
        (discs(8, 96), np.zeros((96, 96), np.int32)),
        (discs(1, 96, seed=2),),
        (np.pad(np.ones((150, 150), np.int32), 20),),
        (discs(9, 96, 1.2),),
    ],
    ids=["an image without objects", "one object", "larger than the crop", "tiny"],
)
def test_odd_training_data_have_a_defined_outcome(kinds):
    model = MaskRCNN(SMALL, device="cpu")
    images = [shown(labels) for labels in kinds]
    history = model.fit(images, kinds, params=TINY, progress=False)
    assert np.isfinite(history.train_loss + history.val_loss).all()
    assert model.predict(images[-1]).shape == kinds[-1].shape
    assert 0.2 <= model.params.prob_thresh <= 0.85


def test_no_objects_at_all_are_refused():
    empty = np.zeros((64, 64), int)
    with pytest.raises(ValueError, match="nothing to learn"):
        MaskRCNN(SMALL, device="cpu").fit([empty], [empty], progress=False)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"backbone": "vgg"}, r"one of \['small', 'resnet50'\], got 'vgg'"),
        ({"weights": "imagenet"}, "must be 'coco' or None"),
        ({"weights": "coco"}, "those of backbone='resnet50' with channels=3"),
    ],
)
def test_impossible_networks_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        SMALL.replace(**changes)


def test_colour_needs_a_network_that_sees_it():
    labels = discs(4, 64)
    with pytest.raises(ValueError, match="grey images"):
        MaskRCNN(SMALL, device="cpu").fit([stained(labels)], [labels], progress=False)


def test_weights_need_the_network(monkeypatch):
    def offline(*_, **__):
        raise OSError("no route to host")

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", offline)
    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", offline)
    params = MaskRCNNParams(backbone="resnet50", channels=3, weights="coco")
    with pytest.raises(ConnectionError, match=r"go online.*or use weights=None"):
        MaskRCNN(params, device="cpu")


def test_interrupted_training_keeps_the_best_weights():
    labels = discs(5, 96)
    model = MaskRCNN(SMALL, device="cpu")

    def stop(history):
        raise KeyboardInterrupt

    long = TINY.replace(steps=1000)
    given = {"params": long, "progress": False, "callback": stop}
    history = model.fit([shown(labels)], [labels], **given)
    assert history.stopped == "interrupted"
    assert history.best_step == 1
    assert not model.net.training


@pytest.mark.parametrize(("best", "kept"), [(0.3, 0.4), (0.5, 0.5), (0.65, 0.575)])
def test_the_probability_threshold_goes_halfway_to_the_best(monkeypatch, best, kept):
    monkeypatch.setattr(maskrcnn_model, "tune", lambda model, held, default: best)
    model = MaskRCNN(SMALL, device="cpu")
    labels = discs(4, 64)
    model._tune(cr.sources([shown(labels)], [labels]))
    assert model.params.prob_thresh == kept


def test_without_an_object_held_out_the_probability_threshold_stays():
    model = MaskRCNN(SMALL.replace(prob_thresh=0.3), device="cpu")
    empty = np.zeros((64, 64), np.int32)
    model._tune([cr.Source(empty.astype(np.float32), empty, empty > 0)])
    assert model.params.prob_thresh == 0.3
