"""Foreground shared out among stars: exact outlines, one piece each."""

import cv2
import numpy as np
import pytest

from labkit.metrics import match
from labkit.stars import Stars, fill, nms, paint


def circles(points, radius, n_rays=16):
    """Stars that are circles, as an undertrained network predicts them."""
    points = np.array(points, np.float32)
    dist = np.full((len(points), n_rays), radius, np.float32)
    return Stars(points, dist, np.linspace(0.9, 0.8, len(points), dtype=np.float32))


def ellipses():
    """Two touching ellipses: labels."""
    labels = np.zeros((80, 100), np.uint8)
    cv2.ellipse(labels, (30, 40), (14, 22), 0, 0, 360, 1, -1)
    cv2.ellipse(labels, (60, 40), (15, 10), 0, 0, 360, 2, -1)
    return labels.astype(np.int32)


def test_circles_take_the_shape_of_the_foreground():
    labels = ellipses()
    stars = circles([(40, 30), (40, 60)], 15)
    before = match(labels, paint(stars, labels.shape)).mean_iou_all
    after = match(labels, fill(stars, labels > 0)).mean_iou_all
    assert before < 0.8
    assert after > 0.93


def test_labels_number_the_stars_and_hang_together():
    labels = ellipses()
    filled = fill(circles([(40, 60), (40, 30)], 15), labels > 0)
    assert filled[40, 60] == 1
    assert filled[40, 30] == 2
    for k in (1, 2):
        assert cv2.connectedComponents((filled == k).astype(np.uint8))[0] == 2


def test_foreground_that_no_star_reaches_stays_background():
    inside = np.zeros((60, 60), bool)
    inside[5:15, 5:15] = inside[40:50, 40:50] = True
    filled = fill(circles([(10, 10)], 6), inside)
    assert filled[10, 10] == 1
    assert not filled[40:, 40:].any()


def test_the_core_of_a_star_stays_without_foreground():
    filled = fill(circles([(20, 20)], 10), np.zeros((40, 40), bool))
    assert np.sqrt((filled > 0).sum() / np.pi) == pytest.approx(5, abs=0.5)


def test_no_stars_and_stars_at_the_border():
    inside = np.ones((20, 30), bool)
    assert not fill(circles(np.zeros((0, 2)), 5), inside).any()
    assert fill(circles([(0, 0)], 5), inside)[0, 0] == 1
    assert fill(nms(circles([(19, 29)], 5)), inside)[19, 29] == 1


def test_wrong_foreground_is_refused():
    with pytest.raises(ValueError, match="threshold it first"):
        fill(circles([(5, 5)], 3), np.zeros((9, 9)))
