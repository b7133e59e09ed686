"""Annotations: every step on disk, after crashes and beside other sessions."""

import json
import os
import shutil

import numpy as np
import pytest
from annotation_scenes import square, state
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.annotation import Annotation


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
