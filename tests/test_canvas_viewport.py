"""The screen: which part of the image is seen, how large."""

import numpy as np
import pytest

from labkit.canvas import Viewport


def test_points_go_there_and_back():
    view = Viewport((300, 500), (200, 400))
    view.zoom_at((50, 70), 3.7)
    points = np.random.default_rng(0).uniform(0, 300, (50, 2))
    np.testing.assert_allclose(view.to_image(view.to_view(points)), points)


def test_pixel_centres_lie_on_integers():
    view = Viewport((100, 100), (200, 200))
    np.testing.assert_allclose(view.to_view([(0, 0), (99, 99)]), [(1, 1), (199, 199)])


def test_zoom_keeps_the_point_under_the_pointer():
    view = Viewport((2000, 2000), (600, 800))
    view.zoom_at((300, 400), 8)
    before = view.to_image((123, 456))
    view.zoom_at((123, 456), 1.5)
    np.testing.assert_allclose(view.to_image((123, 456)), before)


def test_image_never_leaves_the_view():
    rng = np.random.default_rng(1)
    view = Viewport((300, 900), (400, 500))
    for _ in range(300):
        view.zoom_at(rng.uniform(0, 500, 2), np.exp(rng.normal()))
        view.pan(*rng.normal(0, 300, 2))
        first, last = view.to_view([(-0.5, -0.5), (299.5, 899.5)])
        size = last - first
        fits = size <= np.array(view.view_shape) + 1e-6
        inside = (first >= -1e-6) & (last <= np.array(view.view_shape) + 1e-6)
        covers = (first <= 1e-6) & (last >= np.array(view.view_shape) - 1e-6)
        assert np.where(fits, inside, covers).all()
        assert view.min_zoom - 1e-9 <= view.zoom <= view.max_zoom


def test_show_brings_an_object_to_the_middle():
    view = Viewport((2000, 2000), (600, 800))
    view.show(((1000, 700), (1100, 780)))
    np.testing.assert_allclose(view.to_view((1050, 740)), (300, 400))
    low, high = view.visible()
    assert (low < (1000, 700)).all()
    assert (high > (1100, 780)).all()
    view.show(((5, 5), (6, 6)))
    assert view.zoom == 8


def test_one_to_one_and_fit():
    view = Viewport((2000, 1000), (500, 500))
    assert view.zoom == 0.25
    view.one_to_one()
    assert view.zoom == 1
    view.fit()
    np.testing.assert_allclose(view.visible(), [(-0.5, -0.5), (1999.5, 999.5)])
    tiny = Viewport((10, 10), (500, 600))
    assert tiny.zoom == tiny.max_zoom == 50
    tiny.one_to_one()
    np.testing.assert_allclose(tiny.to_view((4.5, 4.5)), (250, 300))


def test_resize_keeps_the_middle():
    view = Viewport((2000, 2000), (600, 800))
    view.zoom_at((300, 400), 6)
    before = view.to_image((300, 400))
    view.resize((400, 400))
    np.testing.assert_allclose(view.to_image((200, 200)), before)


def test_empty_shapes_are_refused():
    with pytest.raises(ValueError, match="at least one pixel"):
        Viewport((0, 5), (10, 10))
