"""Annotated objects: outlines to masks and labels, and back."""

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

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


def test_area_box_and_place_of_a_mask():
    mask, origin = ring()[2:10, 2:10], (2, 2)
    assert np.array_equal(ob.placed_mask(mask, origin, (12, 12)), ring())
    assert ob.mask_box(ring()) == (slice(2, 10), slice(2, 10))
    assert ob.polygon_area(ob.mask_polygon(mask, origin)) == mask.sum()
    with pytest.raises(ValueError, match="mask is empty"):
        ob.mask_box(np.zeros((4, 5), bool))
    far = ob.box_polygon((1e6, 1e6), (1e6 + 3, 1e6 + 2))
    assert ob.polygon_area(far) == 6  # no digits are lost far from the corner


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


def test_the_largest_piece_of_a_mask_stays():
    mask = np.zeros((8, 9), bool)
    mask[0, :3], mask[3:6, 3:6], mask[6, 6] = True, True, True  # the last at a corner
    kept = ob.largest_piece(mask)
    assert kept.dtype == bool
    assert np.argwhere(kept).min(axis=0).tolist() == [3, 3]
    assert kept.sum() == 9
    assert mask.sum() == 13  # what was given stays as it was
    assert np.array_equal(ob.largest_piece(kept), kept)


@pytest.mark.parametrize("turns", range(4))
def test_of_equal_pieces_the_first_in_reading_order_stays(turns):
    mask = np.zeros((40, 40), bool)
    mask[::4, ::4] = mask[1::4, ::4] = True  # a hundred pieces of 2 px
    mask = np.rot90(mask, turns)
    first = tuple(np.argwhere(mask)[0])
    kept = ob.largest_piece(mask)
    assert kept.sum() == 2
    assert kept[first]


@pytest.mark.parametrize("shape", [(4, 5), (0, 3), (0, 0)])
def test_the_largest_piece_of_nothing_is_nothing(shape):
    kept = ob.largest_piece(np.zeros(shape, bool))
    assert kept.shape == shape
    assert not kept.any()


def test_a_mask_grows_by_a_disc():
    mask = np.zeros((15, 15), bool)
    mask[7, 7] = True
    grown = ob.dilated(mask, 3)
    assert np.array_equal(grown[4:11, 4:11], ob.disc(3) > 0)
    assert grown.sum() == ob.disc(3).sum()
    assert grown[7].sum() == grown[:, 7].sum() == 7
    assert not grown[4, 4]
    assert np.array_equal(ob.dilated(mask, 0), mask)


def test_distances_are_exact_and_the_same_wherever_the_image_lies():
    mask = (np.random.default_rng(0).random((129, 127)) > 0.01).astype(np.uint8)
    true = np.sqrt(np.rint(distance_transform_edt(mask) ** 2).astype(np.float32))
    kept = []
    for n_bytes in range(1, 2000, 40):
        kept.append(bytearray(n_bytes))  # moves what is allocated next
        assert np.array_equal(ob.exact_distance(mask.copy()), true)
    with pytest.raises(ValueError, match="no pixel of the mask is 0"):
        ob.exact_distance(np.ones((3, 4), np.uint8))
