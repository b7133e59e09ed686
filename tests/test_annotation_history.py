"""Annotations: classes, undo and redo, the time that was spent."""

import numpy as np
import pytest
from annotation_scenes import square, state

from labkit.annotation import Annotation
from labkit.annotation.changes import Change, History
from labkit.objects import Object


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


def test_the_work_on_each_object_is_added_up(drawn):
    drawn.brush(3, [(30, 40)], 3, note={"seconds": 2.5})
    drawn.merge([1, 2], note={"seconds": 3})
    drawn.undo()
    log = drawn.time_log()
    assert log["label"].tolist() == [1, 2, 3]
    assert log["seconds"].tolist() == [0, 0, 2.5]
    assert log["n_changes"].tolist() == [1, 1, 2]


def test_a_removed_class_is_taken_off_the_class_map(drawn):
    first, second = drawn.add_class("a").id, drawn.add_class("b").id
    drawn.paint([(20, 20)], 5, first)
    drawn.paint([(20, 26)], 5, second)
    before = drawn.class_map()
    drawn.remove_class(first)
    assert np.array_equal(drawn.class_map(), np.where(before == first, 0, before))
    drawn.undo()
    assert np.array_equal(drawn.class_map(), before)
