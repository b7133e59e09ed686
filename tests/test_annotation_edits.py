"""Annotations: drawing, brush, cuts, merges, boxes, frames."""

import numpy as np
import pytest
from annotation_scenes import square, state

from labkit.annotation import Annotation, edits, simplified
from labkit.objects import Object, box_polygon, crop_mask


def area(one):
    return int(crop_mask(one.polygon)[0].sum())


def test_objects_are_numbered_and_painted(drawn):
    assert [one.id for one in drawn.objects()] == [1, 2, 3]
    labels = drawn.labels()
    assert np.bincount(labels.ravel())[1:].tolist() == [100, 100, 400]
    assert labels.dtype == np.int32


def test_brush_adds_but_spares_neighbours(drawn):
    before = drawn.labels()
    drawn.brush(1, [(9, 14), (9, 18)], radius=3)
    after = drawn.labels()
    assert (after[before == 2] == 2).all()
    assert drawn[1].edited
    drawn.brush(1, [(9, 14), (9, 18)], radius=3, protect=False)
    assert area(drawn[1]) > 100


def test_brush_from_inside_grows_by_a_disc(drawn):
    drawn.brush(3, [(30, 40)], radius=4)
    rows, cols = np.ogrid[:60, :80]
    disc = (rows - 30) ** 2 + (cols - 40) ** 2 <= 16
    expected = disc | (drawn.labels() * 0 == 1)
    expected[30:50, 40:60] = True
    assert np.array_equal(drawn.labels() == 3, expected)


def test_erasing_all_deletes_the_object(drawn):
    assert drawn.brush(1, [(10, 10)], radius=20, erase=True) is None
    assert 1 not in drawn
    assert drawn.undo().what == "erase"
    assert area(drawn[1]) == 100


def test_split_shares_out_all_pixels(drawn):
    whole = drawn.labels() == 3
    parts = drawn.split(3, [(25, 45), (55, 45)])
    assert [one.id for one in parts] == [3, 4]
    labels = drawn.labels()
    assert np.array_equal(np.isin(labels, [3, 4]), whole)
    assert abs(area(parts[0]) - 15 * 20) <= 20
    assert area(parts[0]) + area(parts[1]) == 400


def test_split_keeps_class_and_frame():
    annotation = Annotation((3, 40, 40))
    annotation.add_class("nucleus")
    annotation.add(square(5, 5, 20), frame=2, class_id=1)
    parts = annotation.split(1, [(0, 12), (39, 18)])
    assert {(one.frame, one.class_id) for one in parts} == {(2, 1)}


def test_a_line_that_does_not_cut_says_so(drawn):
    with pytest.raises(ValueError, match="does not cut"):
        drawn.split(3, [(0, 0), (5, 5)])
    with pytest.raises(ValueError, match="does not cut"):
        drawn.split(3, [(25, 45), (35, 45)])
    assert len(drawn) == 3


def test_one_line_through_three_objects_is_one_step(drawn):
    before = state(drawn)
    parts = drawn.cut([(10, 0), (10, 30)])  # through the two that touch
    assert len(parts) == 4
    assert {1, 2} < {one.id for one in parts}
    assert sum(area(one) for one in parts) == 200
    drawn.undo()
    assert state(drawn) == before
    with pytest.raises(ValueError, match="cut"):
        drawn.cut([(0, 60), (5, 70)])


def test_boxes_lie_below_outlines():
    annotation = Annotation((40, 40))
    annotation.add(square(10, 10))
    annotation.add_box((4.5, 4.5), (24.5, 24.5))
    areas = np.bincount(annotation.labels().ravel())
    assert areas.tolist() == [1600 - 400, 100, 300]


def test_merge_joins_pixels_and_keeps_the_first_id(drawn):
    drawn.merge([2, 1])
    assert [one.id for one in drawn.objects()] == [2, 3]
    assert area(drawn[2]) == 200
    apart = drawn.merge([2, 3])
    assert area(apart) == 600


def test_merge_needs_two_of_one_frame(drawn):
    with pytest.raises(ValueError, match="two objects"):
        drawn.merge([1])
    movie = Annotation((2, 40, 40))
    movie.add(square(1, 1))
    movie.add(square(1, 1), frame=1)
    with pytest.raises(ValueError, match="one frame"):
        movie.merge([1, 2])


def test_grow_and_shrink(drawn):
    drawn.grow(3, 2)
    rows, cols = np.ogrid[:60, :80]
    away = np.hypot(
        np.maximum(0, np.maximum(30 - rows, rows - 49)),
        np.maximum(0, np.maximum(40 - cols, cols - 59)),
    )
    assert np.array_equal(drawn.labels() == 3, away <= 2)
    drawn.undo()
    drawn.grow(3, -2)
    assert area(drawn[3]) == 16 * 16
    drawn.grow(1, 3)
    assert (drawn.labels() == 2).sum() == 100


def test_the_edge_of_the_image_does_not_wear_objects_away():
    annotation = Annotation((30, 30))
    annotation.add(square(0, 0, 10))
    annotation.grow(1, -1)
    assert (annotation.labels() > 0)[:9, :9].all()
    assert area(annotation[1]) == 81


def test_shrinking_to_nothing_deletes(drawn):
    drawn.grow([1, 3], -6)
    assert [one.id for one in drawn.objects()] == [2, 3]


def test_smoothing_takes_a_spike_off():
    mask = np.zeros((60, 60), bool)
    rows, cols = np.ogrid[:60, :60]
    disc = (rows - 30) ** 2 + (cols - 30) ** 2 <= 15**2
    mask |= disc
    mask[30, 30:58] = True
    annotation = Annotation.from_labels(mask.astype(np.int32))
    annotation.smooth(1, 2)
    smooth = annotation.labels() > 0
    assert not smooth[30, 50:].any()
    assert (smooth & disc).sum() / (smooth | disc).sum() > 0.97


def test_holes_survive_an_edit():
    mask = np.zeros((40, 40), np.int32)
    mask[5:35, 5:35] = 1
    mask[15:25, 15:25] = 0
    annotation = Annotation.from_labels(mask)
    annotation.brush(1, [(5, 36)], radius=3)
    labels = annotation.labels()
    assert not labels[15:25, 15:25].any()
    assert labels[5, 36] == 1


def test_a_drawn_line_is_simplified_within_its_tolerance():
    angle = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    line = 50 + 30 * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    short = simplified(line, 0.4)
    assert len(short) < 60
    radius = np.linalg.norm(short - 50, axis=1)
    assert abs(radius - 30).max() < 0.45
    assert simplified([(0, 0), (0, 0.1), (0.1, 0)]).shape == (3, 2)


def test_boxes_keep_their_corners():
    annotation = Annotation((50, 50))
    box = annotation.add_box((20.25, 30), (4, 5))
    assert box.is_box
    assert box.polygon.tolist() == [[4, 5], [4, 30], [20.25, 30], [20.25, 5]]


def test_objects_are_found_under_the_pointer(drawn):
    drawn.add(square(33, 43, 5))
    assert drawn.at((35, 45)).id == 4
    assert drawn.at((48, 58)).id == 3
    assert drawn.at((0, 0)) is None
    assert [one.id for one in drawn.inside((60, 30), (20, 80))] == [3, 4]
    assert drawn.inside((4, 4), (12, 30)) == []


def test_copy_to_the_next_frame():
    movie = Annotation((3, 40, 40))
    movie.add(square(1, 1), source="drawn")
    movie.add(square(20, 20))
    copies = movie.copy_to_frame([1, 2], 1)
    assert [(one.id, one.frame) for one in copies] == [(3, 1), (4, 1)]
    assert np.array_equal(movie.labels(0) > 0, movie.labels(1) > 0)
    movie.undo()
    assert len(movie.objects(1)) == 0


def test_a_movie_of_labels_gets_unique_ids():
    labels = np.zeros((2, 20, 20), np.int32)
    labels[0, 1:5, 1:5], labels[1, 1:5, 1:5], labels[1, 8:12, 8:12] = 3, 3, 7
    annotation = Annotation.from_labels(labels)
    assert [(one.id, one.frame) for one in annotation.objects()] == [
        (3, 0),
        (4, 1),
        (7, 1),
    ]


def test_imported_objects_keep_their_ids_where_they_can(drawn):
    added = drawn.add_all([Object(2, square(50, 5, 5)), Object(9, square(50, 50, 5))])
    assert [one.id for one in added] == [4, 9]
    assert drawn.add_all([]) == []
    drawn.undo()
    assert len(drawn) == 3


def test_a_stroke_beside_the_image_paints_nothing(drawn):
    before = state(drawn)
    drawn.brush(1, [(-50, -50)], 3)
    assert state(drawn) == before
    assert edits.stroke_mask([(-50, -50)], 3, (60, 80))[0].size == 0


def test_a_box_stays_a_box():
    annotation = Annotation((60, 80))
    annotation.add_box((10, 10), (30, 30))
    annotation.add_box((40, 10), (50, 30))
    for edit in (
        lambda: annotation.brush(1, [(20, 35)], 4),
        lambda: annotation.grow(1, 2),
        lambda: annotation.smooth(1),
        lambda: annotation.split(1, [(0, 20), (59, 20)]),
        lambda: annotation.merge([1, 2]),
    ):
        edit()
        for one in annotation.objects():
            corners = box_polygon(*one.bounds)
            assert one.is_box
            assert np.array_equal(one.polygon, corners)
    assert annotation[1].bounds[1][0] == 49.5
