"""Objects of several views: turned back, merged, painted."""

import numpy as np
import pytest
from maskrcnn_scenes import discs

from labkit.metrics import match
from labkit.models.merging import Found, from_labels, merge, over_views, paint, pasted


def test_labels_become_objects_and_labels_again():
    labels = discs(9, 80)
    assert match(labels, paint(from_labels(labels), labels.shape), 0.99).f1 == 1
    assert not paint(from_labels(0 * labels), labels.shape).any()
    twice = paint(from_labels(labels), (160, 160), 2.0)
    assert match(np.kron(labels, np.ones((2, 2), int)), twice, 0.85).f1 == 1
    half = paint(from_labels(labels), (40, 40), 0.5)
    assert match(labels[::2, ::2], half, 0.7).f1 == 1


def test_the_more_probable_object_wins_overlaps():
    one, other = np.zeros((2, 20, 30), np.float32)
    one[2:12, 2:14], other[2:12, 10:24] = 1, 1
    boxes = np.array([[0, 0, 20, 30]] * 2, np.float32)
    for prob, areas in (([0.9, 0.8], (120, 100)), ([0.8, 0.9], (140, 80))):
        labels = paint(Found(boxes, np.array(prob), [one, other]), (20, 30))
        assert tuple(np.bincount(labels.ravel())[1:]) == areas
    hidden = np.zeros_like(one)
    hidden[3:11, 3:13] = 1
    labels = paint(Found(boxes, np.array([0.9, 0.8]), [one, hidden]), (20, 30))
    assert labels.max() == 1


@pytest.mark.parametrize("shape", [(40, 60), (61, 33)])
def test_turned_objects_come_back_to_their_place(shape):
    labels = np.zeros(shape, np.int32)
    labels[3:9, 5:20], labels[20:38, 22:30] = 1, 2

    def look(view):
        return from_labels(view[0].astype(np.int32))

    found = over_views(look, labels[None].astype(np.float32))
    assert found.prob.tolist() == [1, 1]
    assert match(labels, paint(found, shape), 0.99).f1 == 1


def test_what_few_views_see_is_dropped_and_the_rest_averaged():
    labels = np.zeros((40, 40), np.int32)
    labels[5:15, 5:15] = 1
    seldom = labels.copy()
    seldom[25:35, 25:35] = 2
    wide = labels.copy()
    wide[5:15, 15:18] = 1
    views = [from_labels(x) for x in (labels, wide, wide, seldom)]
    merged = merge(views, labels.shape)
    assert merged.prob.tolist() == [1.0]
    assert np.array_equal(paint(merged, labels.shape), labels)
    most = merge([views[1]] * 3 + views[:1], labels.shape)
    assert np.array_equal(paint(most, labels.shape), wide)
    half = merge([views[3], views[3], views[0], views[0]], labels.shape)
    assert half.prob.tolist() == [1.0, 0.5]


def test_two_objects_of_one_view_stay_two():
    one = np.zeros((20, 40), np.int32)
    one[5:15, 5:15] = 1
    box = from_labels(one)
    both = Found(np.repeat(box.boxes, 2, 0), np.ones(2, np.float32), box.masks * 2)
    assert len(merge([both, both], one.shape).prob) == 2
    assert len(merge([box, box], one.shape).prob) == 1
    assert len(merge([box.chosen([]), box.chosen([])], one.shape).prob) == 0


def test_masks_are_sampled_at_the_pixels():
    mask = np.zeros((28, 28), np.float32)
    mask[:, :14] = 1  # the left half
    corner, values = pasted((10, 10, 20, 20), mask, (40, 40))
    assert corner.tolist() == [10, 10]
    assert ((values > 0.5).sum(axis=1) == 5).all()
    corner, values = pasted((-5, -5, 5, 5), mask, (40, 40))
    assert (corner.tolist(), values.shape) == ([0, 0], (5, 5))
    assert pasted((50, 50, 60, 60), mask, (40, 40))[1].size == 0
