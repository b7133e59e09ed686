"""Label images: renumber, outline, measure, overlap, polygons without loss."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage.draw import polygon as draw_polygon
from skimage.measure import label, regionprops_table
from skimage.segmentation import relabel_sequential

import labkit as lk
from labkit.labels import (
    from_polygons,
    median_diameter,
    object_table,
    outlines,
    overlaps,
    relabel,
    to_polygons,
)
from labkit.labels.polygons import MAX_NEAREST
from labkit.labels.table import refuse_image

RING = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]])
DIAGONAL = np.array([[1, 0, 2], [0, 1, 0], [2, 0, 1]])
PIECES = np.array([[3, 0, 3, 3], [0, 0, 0, 0], [3, 0, 0, 3]])
NESTED = np.array([[1, 1, 1, 1, 1], [1, 0, 0, 0, 1], [1, 0, 1, 0, 1], [1, 0, 0, 0, 1]])
HOLES = np.array([[1, 1, 1, 1], [1, 1, 0, 1], [1, 0, 1, 1], [1, 1, 1, 1]])
FULL = np.ones((2, 3), int)
LONELY = np.array([[5]])
TRICKY = [RING, DIAGONAL, PIECES, NESTED, HOLES, HOLES[::-1], FULL, LONELY]


def label_images(n):
    """Return a strategy for label images of up to n objects."""
    shapes = st.tuples(st.integers(1, 9), st.integers(1, 9))
    return arrays(np.int32, shapes, elements=st.integers(0, n))


small_labels = label_images(1) | label_images(3)


def ellipses(n=30, size=200, seed=0):
    """Return rotated ellipses, some cut by the border or by one another."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size]
    labels = np.zeros((size, size), np.int32)
    for number in range(1, n + 1):
        (row, col), angle = rng.uniform(0, size, 2), rng.uniform(0, math.pi)
        a, b = rng.uniform(2, 18, 2)
        u = (y - row) * math.cos(angle) + (x - col) * math.sin(angle)
        v = (x - col) * math.cos(angle) - (y - row) * math.sin(angle)
        labels[(u / a) ** 2 + (v / b) ** 2 < 1] = number
    return labels


def shoelace(polygon):
    y, x = polygon.T
    return abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2


def all_tricky(test):
    """Add the tricky label images as examples of a property."""
    for labels in TRICKY:
        test = example(labels=labels.astype(np.int32))(test)
    return test


# polygons


@all_tricky
@given(labels=small_labels)
@settings(max_examples=200, deadline=None)
def test_five_round_trips_through_polygons_change_nothing(labels):
    again = labels
    for _ in range(5):
        again = from_polygons(to_polygons(again), labels.shape)
    assert again.dtype == np.int32
    np.testing.assert_array_equal(again, labels)


@all_tricky
@given(labels=small_labels)
@settings(max_examples=200, deadline=None)
def test_the_shoelace_area_is_the_pixel_count(labels):
    polygons = to_polygons(labels)
    assert list(polygons) == [int(n) for n in np.unique(labels[labels > 0])]
    for number, polygon in polygons.items():
        assert shoelace(polygon) == np.count_nonzero(labels == number)


def test_round_trip_of_large_objects_is_exact():
    labels = ellipses()
    np.testing.assert_array_equal(
        from_polygons(to_polygons(labels), (200, 200)), labels
    )


def test_many_pieces_and_holes_are_joined_without_loss():
    board = np.indices((41, 41)).sum(axis=0) % 2
    n_loops = label(board, connectivity=1).max()
    assert n_loops > 2 * MAX_NEAREST
    polygons = to_polygons(board)
    assert shoelace(polygons[1]) == board.sum()
    np.testing.assert_array_equal(from_polygons(polygons, board.shape), board)


def test_polygons_keep_corners_only_and_run_clockwise():
    labels = np.zeros((5, 6), int)
    labels[1:3, 2:5] = 7
    corners = [[0.5, 1.5], [0.5, 4.5], [2.5, 4.5], [2.5, 1.5]]
    assert to_polygons(labels)[7].tolist() == corners
    assert to_polygons(DIAGONAL)[2].shape == (4 + 4 + 2, 2)  # two squares, one bridge


def test_a_hole_is_joined_by_a_bridge_of_no_width():
    polygon = to_polygons(RING)[1].tolist()
    edges = list(zip(polygon, polygon[1:] + polygon[:1], strict=True))
    slanted = [(p, q) for p, q in edges if p[0] != q[0] and p[1] != q[1]]
    assert slanted == [([2.5, -0.5], [1.5, 0.5]), ([1.5, 0.5], [2.5, -0.5])]


def test_pixels_on_the_edge_belong_to_one_of_two_neighbours():
    left = [(0, 0), (0, 2), (3, 2), (3, 0)]
    right = [(0, 2), (0, 4), (3, 4), (3, 2)]
    labels = from_polygons({1: left, 2: right}, (4, 5))
    expected = [[1, 1, 2, 2, 0]] * 3 + [[0] * 5]
    np.testing.assert_array_equal(labels, expected)
    shared = [(-0.3, 7.1), (9.2, -0.4)]
    above, below = [*shared, (-0.5, -0.5)], [*shared, (9.5, 9.5)]
    painted = [from_polygons([p], (10, 10)) for p in (above, below)]
    assert not (painted[0] & painted[1]).any()


def test_slanted_polygons_agree_with_skimage_off_the_edges():
    rng = np.random.default_rng(3)
    for _ in range(20):
        corners = rng.uniform(-10, 60, (rng.integers(3, 9), 2))
        expected = np.zeros((50, 50), np.int32)
        expected[draw_polygon(*corners.T, shape=(50, 50))] = 1
        np.testing.assert_array_equal(from_polygons([corners], (50, 50)), expected)


def test_later_polygons_paint_over_and_the_outside_is_cut_off():
    low, high = [(-5, -5), (-5, 2), (2, 2), (2, -5)], [(1, 1), (1, 9), (9, 9), (9, 1)]
    labels = from_polygons({9: low, 4: high}, (3, 3))
    np.testing.assert_array_equal(labels, [[9, 9, 0], [9, 4, 4], [0, 4, 4]])
    assert not from_polygons([np.add(high, 50)], (3, 3)).any()
    assert not from_polygons({}, (3, 3)).any()


def test_a_self_crossing_polygon_follows_the_even_odd_rule():
    star = [(0, 4), (8, 8), (3, 0), (3, 9), (8, 0)]
    labels = from_polygons([star], (9, 9))
    assert labels[4, 4] == 0
    assert labels[1, 4] == 1


@pytest.mark.parametrize(
    ("polygons", "message"),
    [
        ([[(0, 0), (1, 1)]], "polygon 1 .* at least 3 corners"),
        ([np.zeros((5, 3))], r"polygon 1 must have axes \(n, 2\)"),
        ({4: [(0, 0), (np.nan, 1), (2, 2)]}, "polygon 4 has NaN"),
        ({0: [(0, 0), (0, 1), (2, 2)]}, "must lie in 1 to 2147483647, got 0"),
        ({2**31: [(0, 0), (0, 1), (2, 2)]}, "got 2147483648"),
    ],
)
def test_bad_polygons_are_refused(polygons, message):
    with pytest.raises(ValueError, match=message):
        from_polygons(polygons, (4, 4))


@pytest.mark.parametrize("shape", [(4, 4, 3), 512, (0, 5)])
def test_a_shape_that_is_no_image_is_refused(shape):
    with pytest.raises(ValueError, match="height, width"):
        from_polygons([], shape)


# relabel


@all_tricky
@given(labels=small_labels)
@settings(max_examples=50, deadline=None)
def test_relabel_closes_gaps_and_keeps_the_order(labels):
    expected = relabel_sequential(labels)[0]
    for factor in (1, 7, 400_000_000):  # the last is too large for a lookup table
        again = relabel(labels * np.int32(factor))
        assert again.dtype == np.int32
        np.testing.assert_array_equal(again, expected)


def test_relabel_leaves_its_input_alone():
    labels = np.array([[0, 9, 4]], np.int32)
    relabel(labels)[:] = 1
    assert labels.tolist() == [[0, 9, 4]]


# outlines


def test_outlines_mark_the_inner_rim():
    labels = np.zeros((9, 9), np.uint16)
    labels[1:8, 1:8] = 2
    for thickness, n_px in ((1, 24), (2, 40), (3, 48), (9, 49)):
        assert outlines(labels, thickness).sum() == n_px


def test_outlines_part_touching_objects_but_not_at_the_image_edge():
    labels = np.repeat([[1, 1, 1, 2, 2, 2]], 3, axis=0)
    expected = np.repeat([[0, 0, 1, 1, 0, 0]], 3, axis=0)
    np.testing.assert_array_equal(outlines(labels), expected)


def test_outlines_refuse_no_thickness():
    with pytest.raises(ValueError, match="at least 1 px, got 0"):
        outlines(LONELY, thickness=0)


# object table


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
def test_object_table_equals_regionprops(dtype):
    labels = ellipses() * 11
    image = np.random.default_rng(1).integers(0, 255, labels.shape).astype(dtype)
    names = {
        "label": "label",
        "area": "area",
        "y": "centroid-0",
        "x": "centroid-1",
        "min_row": "bbox-0",
        "min_col": "bbox-1",
        "max_row": "bbox-2",
        "max_col": "bbox-3",
        "major_axis": "axis_major_length",
        "minor_axis": "axis_minor_length",
        "eccentricity": "eccentricity",
        "orientation": "orientation",
        "mean_intensity": "intensity_mean",
    }
    properties = {name.split("-")[0] for name in names.values()}
    expected = regionprops_table(labels, image, properties=properties)
    table = object_table(labels, image)
    for ours, theirs in names.items():
        tolerance = 1e-5 if ours == "eccentricity" else 1e-9
        np.testing.assert_allclose(table[ours], expected[theirs], atol=tolerance)


def test_object_table_of_known_shapes():
    labels = np.zeros((40, 60), np.int32)
    labels[10:15, 20:40], labels[39, 3], labels[20:26, 50:56] = 4, 6, 70_000_000
    table = object_table(labels)
    assert table["label"].tolist() == [4, 6, 70_000_000]
    assert table["area"].tolist() == [100, 1, 36]
    assert table["y"].tolist() == [12, 39, 22.5]
    assert table["x"].tolist() == [29.5, 3, 52.5]
    boxes = table[["min_row", "min_col", "max_row", "max_col"]].tolist()
    assert boxes == [(10, 20, 15, 40), (39, 3, 40, 4), (20, 50, 26, 56)]
    assert table["touches_border"].tolist() == [False, True, False]
    assert abs(table["orientation"][0]) == pytest.approx(math.pi / 2)
    assert table["major_axis"][0] == pytest.approx(4 * math.sqrt(399 / 12))
    assert table["minor_axis"][0] == pytest.approx(4 * math.sqrt(24 / 12))
    assert table["eccentricity"][[1, 2]].tolist() == [0, 0]
    assert table["major_axis"][1] == 0
    assert np.isnan(table["mean_intensity"]).all()


def test_object_table_far_from_the_origin_keeps_its_precision():
    labels = np.zeros((20, 200_000), np.int32)
    labels[5:10, 199_000:199_020] = 1
    table = object_table(labels)
    assert table["x"][0] == 199_009.5
    assert table["minor_axis"][0] == pytest.approx(4 * math.sqrt(2), abs=1e-9)


def test_object_table_touches_each_border():
    for side in range(4):
        labels = np.zeros((9, 9), np.uint8)
        labels[0, 4] = 1
        assert object_table(np.rot90(labels, side))["touches_border"].all()


def test_an_empty_label_image_gives_no_rows():
    empty = np.zeros((5, 4), np.uint16)
    assert len(object_table(empty)) == len(object_table(empty, empty)) == 0
    assert overlaps(empty, empty).shape == (0, 3)
    assert to_polygons(empty) == {}
    assert not relabel(empty).any()
    assert not outlines(empty).any()


# diameter


def test_the_median_diameter_is_that_of_the_middle_object():
    areas = {1: 4, 5: 9, 6: 100}
    labels = np.concatenate([np.full(n, k) for k, n in areas.items()])[None]
    assert median_diameter(labels) == pytest.approx(2 * np.sqrt(9 / np.pi))
    rows, cols = np.mgrid[:40, :40]
    disc = (np.hypot(rows - 19.5, cols - 19.5) < 12).astype(np.uint8)
    assert median_diameter(disc) == pytest.approx(24, rel=0.01)


def test_the_objects_of_all_images_count_together():
    one, two, none = [[1] * 4], [[1] * 9 + [2] * 16], np.zeros((3, 4), int)
    assert median_diameter(one, none, two) == pytest.approx(2 * np.sqrt(9 / np.pi))
    assert median_diameter(one, two, none) == median_diameter(two, one)
    assert median_diameter(none) == median_diameter() == 0


def test_the_median_diameter_takes_any_labels_and_refuses_masks():
    labels = np.array([[0, 2**31 - 1, 2**31 - 1]], np.uint64)
    assert median_diameter(labels) == pytest.approx(2 * np.sqrt(2 / np.pi))
    with pytest.raises(TypeError, match="must hold integers"):
        median_diameter(labels > 0)


# overlaps


@given(true=small_labels, seed=st.integers(0, 99))
@settings(max_examples=100, deadline=None)
def test_overlaps_count_every_pair(true, seed):
    pred = np.random.default_rng(seed).integers(0, 4, true.shape)
    found = {(t, p): n for t, p, n in overlaps(true, pred).tolist()}
    expected = {}
    for pair in zip(true.ravel().tolist(), pred.ravel().tolist(), strict=True):
        if pair != (0, 0):
            expected[pair] = expected.get(pair, 0) + 1
    assert found == expected
    assert list(found) == sorted(found)


def test_overlaps_of_many_large_numbers():
    true = np.arange(300 * 40).reshape(300, 40) * 170_000
    pred = true[::-1, ::-1].astype(np.int64)
    table = overlaps(true, pred)
    assert len(table) == 300 * 40
    assert (table[:, 0] + table[:, 1] == true.max()).all()
    assert (table[:, 2] == 1).all()


def test_overlaps_refuse_two_shapes():
    with pytest.raises(ValueError, match=r"`true` \(3, 3\) and `pred` \(1, 1\) differ"):
        overlaps(RING, LONELY)


# what all of them refuse, and views


@pytest.mark.parametrize(
    "function",
    [relabel, outlines, object_table, to_polygons, lambda x: overlaps(x, x)],
)
def test_label_functions_refuse_what_is_no_label_image(function):
    with pytest.raises(TypeError, match="must hold integers, got float64"):
        function(np.zeros((4, 4)))
    with pytest.raises(TypeError, match="must hold integers, got bool"):
        function(np.zeros((4, 4), bool))
    with pytest.raises(ValueError, match="looks like RGB"):
        function(np.zeros((4, 4, 3), int))
    with pytest.raises(ValueError, match="movie or stack"):
        function(np.zeros((5, 4, 6), int))
    with pytest.raises(ValueError, match="mask, not labels"):
        function(np.array([[255, 0, 255]]))
    with pytest.raises(ValueError, match="between 0 and"):
        function(np.array([[-1, 0]]))
    with pytest.raises(ValueError, match="empty"):
        function(np.zeros((0, 4), int))


def test_object_table_refuses_an_image_of_other_shape_or_with_nan():
    with pytest.raises(ValueError, match="differ in shape"):
        object_table(RING, np.zeros((4, 3)))
    with pytest.raises(ValueError, match="1 NaN or infinite"):
        object_table(LONELY, np.array([[np.nan]]))


def test_views_and_other_memory_orders_give_the_same():
    labels = ellipses(size=60)
    wide = np.repeat(np.repeat(labels, 2, axis=0), 2, axis=1)
    for same in (wide[::2, ::2], np.asfortranarray(labels), labels.astype(np.uint16)):
        np.testing.assert_array_equal(relabel(same), relabel(labels))
        np.testing.assert_array_equal(outlines(same), outlines(labels))
        np.testing.assert_array_equal(overlaps(same, labels), overlaps(labels, labels))
        assert object_table(same)["area"].tolist() == (
            object_table(labels)["area"].tolist()
        )
        np.testing.assert_array_equal(
            from_polygons(to_polygons(same), (60, 60)), labels
        )


def test_track_rows_have_the_agreed_fields():
    names = ("frame", "label", "track_id", "parent_id", "y", "x", "area")
    assert lk.labels.TRACK_DTYPE.names == names


def test_raw_images_are_told_from_labels():
    rng = np.random.default_rng(0)
    raw = rng.integers(1, 4000, (64, 80)).astype(np.int32)
    with pytest.raises(ValueError, match="`labels` does not look like a label"):
        refuse_image(object_table(raw), "labels")
    small = np.kron(np.arange(1, 401).reshape(20, 20), np.ones((4, 4), np.int32))
    points = np.zeros((200, 200), np.int32)
    points[::3, ::3].flat = np.arange(1, 4490)
    for labels in (small, points, raw % 15, np.zeros((9, 9), np.int32)):
        refuse_image(object_table(labels), "labels")
