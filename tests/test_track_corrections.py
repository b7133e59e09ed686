"""The log of corrections: undo and redo, and every step on disk."""

import contextlib
import json
import os

import numpy as np
import pytest
from editor_scenes import movie
from hypothesis import given, settings
from hypothesis import strategies as st
from test_track_editing import family

from labkit import track
from labkit.annotation import Annotation
from labkit.files import ctc
from labkit.track import Corrections


def test_each_method_is_its_function():
    corrections = Corrections(family())
    corrections.cut(2, 6)
    tracks = track.cut(family(), 2, 6)
    assert np.array_equal(corrections.tracks, tracks)
    corrections.join(6, 1, frame=3)
    tracks = track.join(tracks, 6, 1, frame=3)
    assert np.array_equal(corrections.tracks, tracks)
    corrections.remove_division(3, keep=5)
    tracks = track.remove_division(tracks, 3, keep=5)
    assert np.array_equal(corrections.tracks, tracks)
    corrections.set_division(2, (3, 7), 6)
    tracks = track.set_division(tracks, 2, (3, 7), 6)
    assert np.array_equal(corrections.tracks, tracks)
    corrections.delete(1)
    assert np.array_equal(corrections.tracks, track.delete(tracks, 1))
    assert len(corrections) == 5


def test_undo_and_redo_go_through_all_steps():
    corrections = Corrections(family())
    states = [corrections.tracks]
    for step, arguments in (
        (corrections.cut, (2, 6)),
        (corrections.delete, (3,)),
        (corrections.join, (6, 7)),
        (corrections.set_division, (1, [1, 6], 4)),
        (corrections.remove_division, (1,)),
    ):
        step(*arguments)
        states.append(corrections.tracks)
    for tracks in states[-2::-1]:
        assert corrections.undo() is not None
        assert np.array_equal(corrections.tracks, tracks)
    assert corrections.undo() is None
    for tracks in states[1:]:
        assert corrections.redo() is not None
        assert np.array_equal(corrections.tracks, tracks)
    assert corrections.redo() is None


def test_what_is_refused_is_no_step(tmp_path):
    corrections = Corrections(family(), path=tmp_path / "t.labkit")
    n_bytes = corrections.path.stat().st_size
    with pytest.raises(ValueError, match="overlap"):
        corrections.join(6, 2)
    assert len(corrections) == 0
    assert corrections.path.stat().st_size == n_bytes
    assert np.array_equal(corrections.tracks, corrections.original)


def test_ids_of_deleted_tracks_do_not_come_back():
    corrections = Corrections(family())
    corrections.delete(6)
    corrections.cut(2, 6)
    assert sorted(set(corrections.tracks["track_id"].tolist())) == [1, 2, 3, 4, 5, 7]


def test_every_step_is_in_the_file_at_once_undo_included(tmp_path):
    path = tmp_path / "t.labkit"
    corrections = Corrections(family(), path=path)
    corrections.cut(2, 6)
    corrections.undo()
    corrections.delete(6)
    corrections.cut(1, 2)  # with an id that depends on what was undone
    tracks = corrections.tracks
    corrections.undo()
    again = Corrections.open(path)
    assert np.array_equal(again.tracks, corrections.tracks)
    assert str(again.redo()) == "cut (track_id 1, frame 2)"
    assert np.array_equal(again.tracks, tracks)
    again.undo()
    assert str(again.undo()) == "delete (track_id 6)"
    assert np.array_equal(again.tracks, family())
    assert again.undo() is None


def test_areas_that_are_not_known_are_kept(tmp_path):
    tracks = track.link_points([[(0, 0.1)], [(0, 1 / 3)]])
    assert np.isnan(tracks["area"]).all()
    Corrections(tracks, path=tmp_path / "t.labkit")
    again = Corrections.open(tmp_path / "t.labkit").tracks
    assert again.tobytes() == tracks.tobytes()


def test_a_line_cut_short_by_a_crash_is_left_out(tmp_path):
    path = tmp_path / "t.labkit"
    corrections = Corrections(family(), path=path)
    corrections.cut(2, 6)
    whole, tracks = path.stat().st_size, corrections.tracks
    corrections.delete(1)
    os.truncate(path, path.stat().st_size - 4)
    again = Corrections.open(path)
    assert np.array_equal(again.tracks, tracks)
    assert path.stat().st_size == whole
    again.delete(1)
    assert np.array_equal(Corrections.open(path).tracks, corrections.tracks)


def test_save_as_keeps_what_can_be_undone(tmp_path):
    corrections = Corrections(family())
    corrections.cut(2, 6)
    corrections.undo()
    corrections.delete(6)
    corrections.cut(1, 2)
    tracks = corrections.tracks
    corrections.undo()
    corrections.save_as(tmp_path / "t.labkit")
    again = Corrections.open(tmp_path / "t.labkit")
    again.redo()
    assert np.array_equal(again.tracks, tracks)
    with pytest.raises(ValueError, match=r"is there already.*Corrections\.open"):
        corrections.save_as(tmp_path / "t.labkit")


def test_save_as_after_the_oldest_steps_were_forgotten(tmp_path):
    corrections = Corrections(family(), max_bytes=1)
    corrections.cut(2, 6)
    corrections.cut(1, 2)
    assert len(corrections) == 1
    corrections.save_as(tmp_path / "t.labkit")
    again = Corrections.open(tmp_path / "t.labkit")
    assert np.array_equal(again.tracks, corrections.tracks)
    again.undo()
    assert np.array_equal(again.tracks, track.cut(family(), 2, 6))
    assert again.undo() is None


def test_files_of_another_kind_and_damaged_ones_are_refused(tmp_path):
    path = tmp_path / "a.labkit"
    Annotation((9, 9), path=path)
    with pytest.raises(ValueError, match="is no correction of tracks of labkit"):
        Corrections.open(path)
    other = tmp_path / "t.labkit"
    corrections = Corrections(family(), path=other)
    with pytest.raises(ValueError, match="is no annotation of labkit"):
        Annotation.open(other)
    with pytest.raises(ValueError, match="is there already"):
        Corrections(family(), path=other)
    corrections.delete(6)
    with other.open("a") as file:
        file.write(json.dumps({"what": "delete", "track_id": 6}) + "\n")
    with pytest.raises(
        ValueError, match=r"is damaged \(there is no track 6.*delete its"
    ):
        Corrections.open(other)
    with pytest.raises(ValueError, match=r"changed by another program.*save_as"):
        corrections.delete(1)
    with pytest.raises(FileNotFoundError):
        Corrections.open(tmp_path / "nothing.labkit")


def test_an_object_in_two_rows_is_refused():
    tracks = family()
    twice = np.concatenate([tracks, tracks[4:5]])
    with pytest.raises(ValueError, match=r"object 2 of frame 4 in 2 rows"):
        Corrections(twice)
    with pytest.raises(TypeError, match="TRACK_DTYPE"):
        Corrections([1, 2])


def test_it_works_with_nothing_left():
    corrections = Corrections(track.link_points([[(1, 1)], [(1, 2)]]))
    corrections.delete(1)
    assert len(corrections.tracks) == 0
    corrections.undo()
    assert len(corrections.tracks) == 2


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_work_can_be_resumed(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("any") / "t.labkit"
    corrections = Corrections(family(), path=path)
    for _ in range(6):
        ids = np.unique(corrections.tracks["track_id"]).tolist() or [1]
        one, other = (data.draw(st.sampled_from(ids)) for _ in range(2))
        frame = data.draw(st.integers(0, 8))
        step = data.draw(
            st.sampled_from(
                [
                    lambda c, a, b, t: c.cut(a, t),
                    lambda c, a, b, t: c.join(a, b, frame=t),
                    lambda c, a, b, t: c.set_division(a, [a, b], t),
                    lambda c, a, b, t: c.remove_division(a),
                    lambda c, a, b, t: c.delete(a),
                    lambda c, a, b, t: c.undo(),
                    lambda c, a, b, t: c.redo(),
                ]
            )
        )
        with contextlib.suppress(ValueError):
            step(corrections, one, other, frame)
    again = Corrections.open(path)
    assert np.array_equal(again.tracks, corrections.tracks)
    while corrections.history.done:
        corrections.undo()
    assert np.array_equal(corrections.tracks, family())


def test_corrected_tracks_export_like_all_others(tmp_path):
    labels, tracks = movie()[1:]
    edited = track.join(track.delete(tracks, 3), 1, 2, frame=1)
    ctc.write_ctc(tmp_path / "01_RES", labels, edited)
    found = ctc.read_ctc(tmp_path / "01_RES")[1]
    assert sorted(found[["frame", "y", "x"]].tolist()) == sorted(
        edited[["frame", "y", "x"]].tolist()
    )
    assert len(track.edges(found)) == len(track.edges(edited))
