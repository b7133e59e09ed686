"""The annotation: drawing, editing, classes, undo and redo, and the file."""

import json
import os
import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.annotation import Annotation, edits, simplified
from labkit.annotation.changes import Change, History
from labkit.objects import Object, box_polygon, crop_mask


def square(row, col, size=10):
    """A square of `size` x `size` px, its first pixel at (row, col)."""
    low = np.array([row, col]) - 0.5
    return box_polygon(low, low + size)


def area(one):
    return int(crop_mask(one.polygon)[0].sum())


@pytest.fixture
def drawn():
    """Three squares on 60 x 80 px, two of which touch."""
    annotation = Annotation((60, 80))
    annotation.add(square(5, 5))
    annotation.add(square(5, 15))
    annotation.add(square(30, 40, 20))
    return annotation


def state(annotation):
    """Everything that can be seen of an annotation."""
    return (
        [
            (o.id, o.polygon.tolist(), o.class_id, o.frame, o.is_box, o.source)
            for o in annotation.objects()
        ],
        [annotation.class_map(f).tolist() for f in range(annotation.n_frames)],
        annotation.classes,
    )


# Drawing and editing


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


# Classes and the class map


def test_classes_are_numbered_named_and_coloured(drawn):
    first, second = drawn.add_class("normal"), drawn.add_class("cancerous", "#ff0000")
    assert (first.id, second.id) == (1, 2)
    assert first.colour != second.colour
    drawn.set_class([1, 3], 2)
    assert [one.class_id for one in drawn.objects()] == [2, 0, 2]
    drawn.change_class(2, name="tumour")
    assert drawn.classes[1].name == "tumour"
    drawn.remove_class(2)
    assert [one.class_id for one in drawn.objects()] == [0, 0, 0]
    drawn.undo()
    assert [one.class_id for one in drawn.objects()] == [2, 0, 2]
    drawn.remove_class(1)
    assert drawn.add_class("again").id == 1


def test_unknown_and_double_classes_are_refused(drawn):
    drawn.add_class("normal")
    with pytest.raises(ValueError, match="no class 7"):
        drawn.set_class(1, 7)
    with pytest.raises(ValueError, match="already"):
        drawn.add_class("normal")


def test_the_class_map_is_painted_and_erased():
    annotation = Annotation((2, 40, 40))
    annotation.add_class("nucleus")
    annotation.add_class("cytoplasm")
    annotation.paint([(10, 10), (10, 30)], 3, 2, frame=1)
    annotation.paint([(10, 20)], 2, 1, frame=1)
    painted = annotation.class_map(1)
    assert not annotation.class_map(0).any()
    assert painted[10, 20] == 1
    assert painted[10, 12] == 2
    assert painted[14, 12] == 0
    annotation.paint([(10, 20)], 50, 0, frame=1)
    assert not annotation.class_map(1).any()
    annotation.undo()
    assert np.array_equal(annotation.class_map(1), painted)


# Undo, redo


def test_everything_can_be_undone_and_redone(drawn):
    drawn.add_class("a")
    states = [state(drawn)]
    steps = [
        lambda: drawn.set_class([1, 2], 1),
        lambda: drawn.brush(3, [(30, 40)], 5),
        lambda: drawn.split(3, [(20, 50), (55, 50)]),
        lambda: drawn.merge([1, 2]),
        lambda: drawn.grow([1, 3], 1),
        lambda: drawn.smooth(3),
        lambda: drawn.paint([(10, 10)], 4, 1),
        lambda: drawn.delete(1, 3),
        lambda: drawn.remove_class(1),
        lambda: drawn.redraw(4, square(1, 1)),
    ]
    for step in steps:
        step()
        states.append(state(drawn))
    for expected in states[-2::-1]:
        drawn.undo()
        assert state(drawn) == expected
    for expected in states[1:]:
        drawn.redo()
        assert state(drawn) == expected
    assert drawn.redo() is None


def test_a_new_step_ends_what_can_be_redone(drawn):
    drawn.undo()
    drawn.add(square(50, 5, 4))
    assert drawn.redo() is None


def test_the_start_cannot_be_undone():
    annotation = Annotation.from_labels(np.eye(5, dtype=np.int32))
    assert annotation.undo() is None
    assert len(annotation) == 1


def test_history_forgets_the_oldest_beyond_its_bytes():
    history = History(max_bytes=5000)
    for i in range(100):
        history.add(Change("add", after=(Object(i + 1, np.zeros((10, 2))),)))
    assert 3 <= len(history.done) <= 10
    assert history.done[-1].after[0].id == 100
    history = History(max_bytes=1)
    history.add(Change("add"))
    assert len(history.done) == 1


# The file


def test_every_step_is_in_the_file_at_once(tmp_path, drawn):
    path = tmp_path / "a.labkit"
    annotation = Annotation((60, 80), drawn.objects(), path=path)
    annotation.add_class("normal")
    annotation.set_class([1], 1)
    annotation.brush(3, [(30.25, 40.5)], 5)
    annotation.paint([(10, 10)], 4, 1)
    annotation.add_box((1, 1), (5.123456789, 8))
    annotation.undo()
    assert state(Annotation.open(path)) == state(annotation)


def test_undo_reaches_back_before_the_crash(tmp_path):
    path = tmp_path / "a.labkit"
    annotation = Annotation((60, 80), path=path)
    annotation.add(square(1, 1))
    annotation.add(square(20, 20))
    annotation.undo()
    again = Annotation.open(path)
    assert again.redo().what == "add"
    assert len(again) == 2
    again.undo()
    again.undo()
    assert len(again) == 0
    assert len(Annotation.open(path)) == 0


def test_done_is_remembered(tmp_path):
    path = tmp_path / "a.labkit"
    annotation = Annotation((60, 80), path=path)
    assert not annotation.done
    annotation.add(square(1, 1))
    annotation.mark_done()
    assert annotation.undo().what == "add"
    assert Annotation.open(path).done
    annotation.mark_done(False)
    assert not Annotation.open(path).done


def test_a_line_cut_short_by_a_crash_is_left_out(tmp_path):
    path = tmp_path / "a.labkit"
    annotation = Annotation((60, 80), path=path)
    annotation.add(square(1, 1))
    whole = path.read_bytes()
    annotation.add(square(20, 20))
    path.write_bytes(path.read_bytes()[:-7])
    again = Annotation.open(path)
    assert len(again) == 1
    assert path.read_bytes() == whole
    again.add(square(30, 30))
    assert len(Annotation.open(path)) == 2


def test_a_damaged_line_is_named(tmp_path):
    path = tmp_path / "a.labkit"
    Annotation((60, 80), path=path).add(square(1, 1))
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], "{broken", *lines[1:], ""]))
    with pytest.raises(ValueError, match="line 2"):
        Annotation.open(path)


@pytest.mark.parametrize("text", ["", "{}\n", "PK\x03\x04 something\n", "[1]\n"])
def test_another_file_is_no_annotation(tmp_path, text):
    path = tmp_path / "a.labkit"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"annotation|damaged"):
        Annotation.open(path)


def test_a_newer_format_is_refused(tmp_path):
    path = tmp_path / "a.labkit"
    path.write_text(json.dumps({"labkit-annotation": 99, "shape": [5, 5]}) + "\n")
    with pytest.raises(ValueError, match="newer"):
        Annotation.open(path)


def test_a_file_that_is_there_is_not_overwritten(tmp_path):
    path = tmp_path / "a.labkit"
    Annotation((60, 80), path=path).add(square(1, 1))
    with pytest.raises(ValueError, match="already"):
        Annotation((60, 80), path=path)
    with pytest.raises(ValueError, match="already"):
        Annotation((60, 80)).save_as(path)
    assert len(Annotation.open(path)) == 1


def test_two_sessions_do_not_write_over_each_other(tmp_path):
    path = tmp_path / "a.labkit"
    first = Annotation((60, 80), path=path)
    second = Annotation.open(path)
    second.add(square(1, 1))
    with pytest.raises(ValueError, match="another program"):
        first.add(square(20, 20))
    assert len(first) == 1
    first.save_as(tmp_path / "b.labkit")
    first.add(square(40, 40))
    assert len(Annotation.open(tmp_path / "b.labkit")) == 2
    assert len(Annotation.open(path)) == 1


def test_what_could_not_be_written_is_written_later(tmp_path, monkeypatch):
    path = tmp_path / "a.labkit"
    annotation = Annotation((60, 80), path=path)
    real_open = type(path).open

    def full(self, mode="r", *rest, **more):
        if "a" in mode:
            raise OSError(28, "No space left on device")
        return real_open(self, mode, *rest, **more)

    with monkeypatch.context() as patched:
        patched.setattr(type(path), "open", full)
        with pytest.raises(OSError, match="kept in memory"):
            annotation.add(square(1, 1))
    assert len(annotation) == 1
    annotation.add(square(20, 20))
    assert len(Annotation.open(path)) == 2


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write")
def test_a_folder_that_may_not_be_written_to(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError):
        Annotation((60, 80), path=tmp_path / "a.labkit")


def test_the_class_map_moves_to_another_file(tmp_path):
    annotation = Annotation((2, 40, 40))
    annotation.add_class("nucleus")
    annotation.paint([(10, 10)], 4, 1, frame=1)
    annotation.save_as(tmp_path / "a.labkit")
    assert state(Annotation.open(tmp_path / "a.labkit")) == state(annotation)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=25), st.randoms())
def test_any_session_can_be_resumed(tmp_path_factory, steps, random):
    path = tmp_path_factory.mktemp("session") / "a.labkit"
    annotation = Annotation((40, 40), path=path)
    annotation.add_class("a")
    for step in steps:
        ids = [one.id for one in annotation.objects()]
        one = random.choice(ids) if ids else None
        point = (random.randrange(40), random.randrange(40))
        if step in (0, 1) or one is None:
            annotation.add(square(*point, size=random.randrange(1, 9)))
        elif step == 2:
            annotation.delete(one)
        elif step == 3:
            annotation.brush(one, [point], 3, erase=random.random() < 0.5)
        elif step == 4:
            annotation.set_class(one, random.randrange(2))
        elif step == 5:
            annotation.paint([point], 3, random.randrange(2))
        elif step in (6, 7):
            annotation.undo()
        elif step == 8:
            annotation.redo()
        elif len(ids) > 1:
            annotation.merge(ids[:2])
    again = Annotation.open(shutil.copy(path, path.with_name("copy.labkit")))
    assert state(again) == state(annotation)
    for _ in range(3):
        annotation.undo()
        again.undo()
        assert state(again) == state(annotation)


# Bad input


@pytest.mark.parametrize(
    ("polygon", "message"),
    [
        ([(1, 1), (2, 2)], "3 corners"),
        ([(1, np.nan), (2, 2), (3, 1)], "NaN"),
        (square(200, 200), "outside"),
        (square(-50, 5), "outside"),
        ([(5.1, 5.1), (5.2, 5.1), (5.2, 5.2)], "outside|no pixel"),
    ],
)
def test_what_is_no_object_is_refused(drawn, polygon, message):
    with pytest.raises(ValueError, match=message):
        drawn.add(polygon)
    assert len(drawn) == 3


def test_shape_and_frame_are_checked(drawn):
    with pytest.raises(ValueError, match=r"shape\[:2\]"):
        Annotation((5, 60, 80, 3))
    with pytest.raises(ValueError, match="frame 1"):
        drawn.add(square(1, 1), frame=1)
    with pytest.raises(ValueError, match="no object 44"):
        drawn.delete(44)
    with pytest.raises(ValueError, match="positive"):
        drawn.brush(1, [(1, 1)], 0)
    with pytest.raises(ValueError, match="finite"):
        drawn.brush(1, [(1, np.nan)], 3)
    with pytest.raises(ValueError, match="positive"):
        drawn.smooth(1, 0)
    with pytest.raises(TypeError, match="Object"):
        drawn.add_all([square(1, 1)])


def test_a_refused_step_leaves_no_trace(tmp_path, drawn):
    path = tmp_path / "a.labkit"
    annotation = Annotation((60, 80), drawn.objects(), path=path)
    n_bytes, n_done = path.stat().st_size, len(annotation.history.done)
    with pytest.raises(ValueError, match="outside"):
        annotation.add_all([Object(5, square(1, 1)), Object(6, square(500, 1))])
    assert len(annotation) == 3
    assert path.stat().st_size == n_bytes
    assert len(annotation.history.done) == n_done


def test_a_stroke_beside_the_image_paints_nothing(drawn):
    before = state(drawn)
    drawn.brush(1, [(-50, -50)], 3)
    assert state(drawn) == before
    assert edits.stroke_mask([(-50, -50)], 3, (60, 80))[0].size == 0


def test_the_work_on_each_object_is_added_up(drawn):
    drawn.brush(3, [(30, 40)], 3, note={"seconds": 2.5})
    drawn.merge([1, 2], note={"seconds": 3})
    drawn.undo()
    log = drawn.time_log()
    assert log["label"].tolist() == [1, 2, 3]
    assert log["seconds"].tolist() == [0, 0, 2.5]
    assert log["n_changes"].tolist() == [1, 1, 2]


def test_what_was_done_before_saving_can_be_undone_after_it(tmp_path):
    annotation = Annotation((2, 60, 80))
    nucleus = annotation.add_class("nucleus").id
    annotation.add(square(5, 5))
    annotation.paint([(30, 30)], 4, nucleus, frame=1)
    annotation.add(square(30, 40))
    annotation.undo()
    annotation.mark_done()
    annotation.save_as(tmp_path / "a.labkit")
    for step in ("redo", "undo", "undo", "undo", "redo", "redo", "redo"):
        getattr(annotation, step)()
        again = Annotation.open(tmp_path / "a.labkit")
        assert state(again) == state(annotation), step
        assert again.done
    annotation.save_as(tmp_path / "b.labkit")
    assert Annotation.open(tmp_path / "b.labkit").undo().what == "add"


def test_numbers_of_numpy_are_written(tmp_path):
    annotation = Annotation((2, 60, 80), path=tmp_path / "a.labkit")
    annotation.add(square(5, 5), frame=np.int64(1), note={"seconds": np.float32(2)})
    annotation.set_class(np.array([1]), np.int64(0))
    again = Annotation.open(tmp_path / "a.labkit")
    assert state(again) == state(annotation)
    assert again.time_log()["seconds"].tolist() == [2]


@pytest.mark.parametrize(
    "text", ["5", '"labkit-annotation"', '{"labkit-annotation":1}']
)
def test_other_files_of_json_are_refused(tmp_path, text):
    (tmp_path / "a.labkit").write_text(text + "\n")
    with pytest.raises(ValueError, match="no annotation"):
        Annotation.open(tmp_path / "a.labkit")


def test_ids_are_unique_and_fit_label_images():
    with pytest.raises(ValueError, match="same id"):
        Annotation((60, 80), [Object(1, square(5, 5)), Object(1, square(30, 5))])
    largest = Annotation((60, 80), [Object(2**31 - 1, square(5, 5))])
    with pytest.raises(ValueError, match="2147483647"):
        largest.add(square(30, 5))
    assert largest.labels().max() == 2**31 - 1


def test_a_line_is_no_object(drawn):
    with pytest.raises(ValueError, match="no pixel"):
        drawn.add([(5, 5), (10, 10), (15, 15)])


def test_a_removed_class_is_taken_off_the_class_map(drawn):
    first, second = drawn.add_class("a").id, drawn.add_class("b").id
    drawn.paint([(20, 20)], 5, first)
    drawn.paint([(20, 26)], 5, second)
    before = drawn.class_map()
    drawn.remove_class(first)
    assert np.array_equal(drawn.class_map(), np.where(before == first, 0, before))
    drawn.undo()
    assert np.array_equal(drawn.class_map(), before)


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


@pytest.mark.parametrize("colour", ["red", "#fff", ""])
def test_colours_of_classes_are_checked(drawn, colour):
    with pytest.raises(ValueError, match="colour"):
        drawn.add_class("a", colour or "#")
    drawn.add_class("a")
    with pytest.raises(ValueError, match="colour"):
        drawn.change_class(1, colour=colour)
    drawn.add_class("b")
    with pytest.raises(ValueError, match="already"):
        drawn.change_class(2, name="a")


def test_a_long_movie_of_labels_is_numbered_in_no_time():
    frames = np.arange(1, 401, dtype=np.int32).reshape(20, 20)
    annotation = Annotation.from_labels(
        np.stack([np.kron(frames, np.ones((2, 2), int))] * 5)
    )
    assert [one.id for one in annotation.objects()] == list(range(1, 2001))
