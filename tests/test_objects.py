"""Annotated objects: outlines to masks and labels, and back."""

import numpy as np
import pytest

from labkit import objects as ob


def ring(n=12, hole=slice(4, 7)):
    """A square with a hole."""
    mask = np.zeros((n, n), bool)
    mask[2:10, 2:10] = True
    mask[hole, hole] = False
    return mask


def test_a_mask_survives_the_way_to_an_outline_and_back():
    polygon = ob.mask_polygon(ring(), origin=(100, 50))
    mask, origin = ob.crop_mask(polygon)
    assert origin == (102, 52)
    assert np.array_equal(mask, ring()[2:10, 2:10])


def test_what_lies_outside_the_image_is_cut_off():
    box = ob.box_polygon((5.5, 5.5), (-4.5, -2.5))
    mask, origin = ob.crop_mask(box, shape=(4, 20))
    assert origin == (0, 0)
    assert mask.shape == (4, 6)
    assert mask.all()
    nothing, _ = ob.crop_mask(box - 100, shape=(4, 20))
    assert nothing.shape == (0, 0)


def test_box_corners_may_come_in_any_order():
    corners = [(1, 2), (1, 8), (5, 8), (5, 2)]
    assert ob.box_polygon((5, 2), (1, 8)).tolist() == [list(c) for c in corners]


def test_labels_become_objects_and_labels_again():
    labels = np.zeros((20, 20), np.int32)
    labels[2:6, 2:6], labels[4:9, 6:12], labels[15, 15] = 7, 3, 40
    found = ob.from_labels(labels, scores={3: 0.5}, class_id={7: 2}, frame=4)
    assert [(one.id, one.class_id, one.frame) for one in found] == [
        (3, 0, 4),
        (7, 2, 4),
        (40, 0, 4),
    ]
    assert found[0].score == 0.5
    assert np.isnan(found[1].score)
    assert np.array_equal(ob.to_labels(found, labels.shape), labels)


def test_overlapping_objects_keep_their_pixels_in_layers():
    first = ob.Object(1, ob.box_polygon((-0.5, -0.5), (5.5, 5.5)))
    second = ob.Object(2, ob.box_polygon((2.5, 2.5), (8.5, 8.5)))
    layers = ob.to_layers([first, second], (10, 10))
    assert layers.sum(axis=(1, 2)).tolist() == [36, 36]
    labels = ob.to_labels([first, second], (10, 10))
    assert (labels == 1).sum() == 27
    assert (labels == 2).sum() == 36


@pytest.mark.parametrize(
    "polygon", [[(0, 0), (1, 1)], [(0, 0, 0)] * 3, [(0, 0), (1, np.nan), (2, 2)], []]
)
def test_what_is_no_outline_is_refused(polygon):
    with pytest.raises(ValueError, match="polygon"):
        ob.crop_mask(polygon)


def test_an_empty_mask_has_no_outline():
    with pytest.raises(ValueError, match="empty"):
        ob.mask_polygon(np.zeros((3, 3), bool))
