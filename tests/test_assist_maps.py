"""Contour assist: the map that is computed in the background."""

import threading
import time

import numpy as np
import pytest
from assist_scenes import ONE, ROW, FakeModel, around, discs, grey, iou, stained

import labkit as lk
from labkit.assist import ProbMap, suggest
from labkit.models import UNetProb, UNetProbParams
from labkit.segment.scale import probs_at_scale


def test_the_map_equals_the_model_on_the_whole():
    """D11, D5: nothing is squeezed to 256 x 256; percentiles of the whole image."""
    model = UNetProb(UNetProbParams(width=8, depth=2, channels=3), seed=3)
    rng = np.random.default_rng(0)
    for image in (
        rng.integers(0, 900, (173, 210)).astype(np.uint16),
        rng.random((90, 131, 3)),
    ):
        whole = model.prob(image)
        prob = ProbMap(image, model, tile=48).wait()
        full = prob.crop(slice(None), slice(None))
        assert full.shape == whole.shape
        assert np.abs(full - whole).max() < 2e-2  # some processors use 16 bits
        assert np.abs(full - whole).mean() < 1e-3
        part = prob.crop(slice(30, 81), slice(90, 131))
        assert np.array_equal(part, full[:, 30:81, 90:131])


@pytest.mark.parametrize("diameter", [14.0, 60.0])
def test_the_map_at_another_scale_equals_that_of_segment(diameter):
    params = UNetProbParams(width=8, depth=1, diameter=28.0)
    model = UNetProb(params, seed=3)
    image = grey(discs([(60, 70, 30), (20, 30, 12)]))
    whole = probs_at_scale(model, image, 28 / diameter)
    prob = ProbMap(image, model, diameter=diameter, tile=32)
    for box in (np.s_[0:120, 0:150], np.s_[33:71, 50:101], np.s_[100:120, 120:150]):
        assert np.abs(prob.crop(*box) - whole[:, *box]).max() < 0.03
    assert prob.knows(diameter)
    assert not prob.knows(diameter / 2)


def test_the_shipped_network_needs_no_map_at_hand():
    image = grey(ROW, noise=3)
    found = suggest(image, around(60, 71, 15), method="unet")
    assert found.method == "unet"
    assert iou(found, ROW, 2) > 0.85


def test_only_the_tiles_of_a_crop_are_computed():
    model, image = FakeModel(), np.random.default_rng(0).random((64, 96))
    prob = ProbMap(image, model, tile=16)
    assert prob.done == 0
    prob.crop(slice(20, 30), slice(36, 40))
    assert len(model.seen) == 1
    prob.crop(slice(20, 40), slice(36, 40))
    assert len(model.seen) == 2
    assert prob.done == pytest.approx(2 / 24)
    assert prob.wait().done == 1
    assert len(model.seen) == 24
    normal = lk.crops.normalize(image)
    assert np.array_equal(prob.crop(slice(None), slice(None))[0], normal)


def test_what_is_waited_for_comes_first():
    model, image = FakeModel(), np.random.default_rng(0).random((64, 96))
    model.go.clear()
    prob = ProbMap(image, model, tile=16).start()
    done = []
    waiting = threading.Thread(
        target=lambda: done.append(prob.crop(slice(60, 64), slice(90, 96)))
    )
    waiting.start()
    while not prob._urgent:
        time.sleep(0.01)
    model.go.set()
    waiting.join(120)
    assert done[0].shape == (2, 4, 6)
    prob.wait()
    assert (24, 24) in model.seen[:3]  # the corner, with its surroundings


def test_cancel_stops_and_start_goes_on():
    model, image = FakeModel(), np.random.default_rng(0).random((64, 96))
    model.go.clear()
    prob, raised = ProbMap(image, model, tile=16).start(), []

    def wait():
        try:
            prob.wait()
        except ValueError as error:
            raised.append(str(error))

    waiting = threading.Thread(target=wait)
    waiting.start()
    while prob._tiles is None or not prob._change._waiters:
        time.sleep(0.01)
    prob.cancel()
    waiting.join(120)
    assert "cancelled" in raised[0]
    model.go.set()
    time.sleep(0.2)
    assert len(model.seen) <= 1
    assert prob.wait().done == 1
    assert len(model.seen) == 24


def test_many_threads_read_one_map():
    image = np.random.default_rng(0).random((128, 128))
    model, normal = FakeModel(), lk.crops.normalize(image)
    prob, wrong = ProbMap(image, model, tile=16), []

    def read(seed):
        rng = np.random.default_rng(seed)
        for _ in range(20):
            row, col = rng.integers(0, 100, 2)
            box = np.s_[row : row + 20, col : col + 20]
            if not np.array_equal(prob.crop(*box)[0], normal[box]):
                wrong.append(box)

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not wrong
    assert len(model.seen) <= 64  # no tile twice


def test_what_goes_wrong_in_the_background_is_raised():
    model = UNetProb(UNetProbParams(width=8, depth=1, channels=1))
    prob = ProbMap(stained(ONE), model)
    for _ in range(2):
        with pytest.raises(ValueError, match="colour"):
            prob.crop(slice(0, 5), slice(0, 5))
    with pytest.raises(ValueError, match="colour"):
        prob.wait()
