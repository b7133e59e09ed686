"""The track editor: what is seen of it, its files, and bad input."""

import ipywidgets as W
import numpy as np
import pytest
from editor_scenes import (
    IMAGES,
    LABELS,
    TRUTH,
    at,
    edit,
    press,
    right,
)

from labkit import track
from labkit.canvas import TrackEditor
from labkit.canvas.track_editor_look import CHOSEN, CURSOR, colour_of
from labkit.canvas.track_editor_parts import ACTIONS
from labkit.track import Corrections


@pytest.fixture
def editor():
    return edit(TRUTH)


# --- what is seen ---------------------------------------------------------------


def test_objects_have_the_colour_of_their_track_and_a_tail(editor):
    press(editor, ".", ".", ".")
    shapes = editor.look.shapes()
    outlines = [one for one in shapes if one.width == 1.8]
    tails = [one for one in shapes if one.width != 1.8]
    assert [one.colour for one in outlines] == [colour_of(n) for n in (1, 3, 4)]
    assert len(tails) == 3
    assert [tuple(p) for p in tails[0].polygon[:4]] == [at(t, 1) for t in range(4)]
    assert tuple(tails[1].polygon[0]) == at(0, 2), "the tail goes on with the mother"
    press(editor, "t")
    assert len(editor.look.shapes()) == 3
    press(editor, "v")
    assert editor.look.shapes() == []


def test_the_choice_is_drawn_dashed_where_it_was(editor):
    press(editor, ".")
    editor.click(at(1, 2))
    _, whole, *daughters = editor.look.front()
    assert (whole.colour, whole.dashed) == (CHOSEN, False)
    assert len(daughters) == 0, "they are not born yet"
    press(editor, ".")
    _, gone, *daughters = editor.look.front()
    assert gone.dashed
    assert np.abs(gone.polygon.mean(axis=0) - at(1, 2)).max() < 1
    assert len(daughters) == 2
    press(editor, "ArrowDown")
    assert editor.look.front()[-1].colour == CURSOR


def test_objects_without_a_track_are_grey_and_dashed():
    editor = edit(TRUTH[TRUTH["track_id"] != 1])
    grey = [one for one in editor.look.shapes() if one.dashed]
    assert [one.colour for one in grey] == ["#888888"]


def test_a_notebook_without_kernel_shows_a_picture(editor):
    bundle = editor._repr_mimebundle_()
    assert bundle["image/jpeg"]
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_every_action_has_a_method_and_buttons_do_the_same(editor):
    for action in ACTIONS:
        assert hasattr(editor, action.name) or hasattr(editor.session, action.name)
    keys = [key for action in ACTIONS for key in action.keys]
    assert len(keys) == len(set(keys))
    found = {b.description: b for b in editor.widget.children[0].children}
    assert all(isinstance(one, W.Button) for one in found.values())
    editor.click(at(0, 2))
    found["no division"].click()
    assert len(editor.corrections) == 1
    found["↶"].click()
    assert right(editor)
    found["?"].click()
    assert editor._help.layout.display == ""


# --- files and bad input --------------------------------------------------------


def test_every_step_is_on_disk_and_goes_on(tmp_path):
    path = tmp_path / "tracks.labkit"
    editor = edit(TRUTH, path=path)
    editor.click(at(0, 1))
    press(editor, "x")
    again = edit(None, path=path)
    assert np.array_equal(again.tracks, track.delete(TRUTH, 1))
    assert "going on after 1 corrections" in again.status
    press(again, "z")
    assert right(edit(TRUTH[::-1], path=path)), "the same tracks in another order"
    with pytest.raises(ValueError, match="holds corrections of other tracks"):
        edit(track.delete(TRUTH, 2), path=path)


def test_corrections_can_be_handed_in(tmp_path):
    corrections = Corrections(TRUTH)
    corrections.delete(1)
    editor = edit(corrections, path=tmp_path / "tracks.labkit")
    assert editor.corrections is corrections
    assert len(Corrections.open(tmp_path / "tracks.labkit").tracks) == 8


def test_a_full_disk_is_told_and_the_work_kept(tmp_path, monkeypatch):
    path = tmp_path / "tracks.labkit"
    editor = edit(TRUTH, path=path)
    path.unlink()
    editor.click(at(0, 1))
    press(editor, "x")
    assert "is gone" in editor.status
    assert len(editor.tracks) == 8
    assert editor.session.selected == 0
    press(editor, ".")
    assert editor.session.frame == 1
    editor.corrections.save_as(tmp_path / "other.labkit")
    press(editor, "z")
    assert len(Corrections.open(tmp_path / "other.labkit").tracks) == 13


def test_bad_input():
    with pytest.raises(ValueError, match="give `tracks`, or the `path`"):
        edit(None)
    with pytest.raises(ValueError, match=r"`images` are 4 of .* `labels` are 5"):
        TrackEditor(IMAGES[1:], LABELS, TRUTH)
    with pytest.raises(ValueError, match="has object 3 in frame 2, `labels` has not"):
        TrackEditor(IMAGES, np.where(LABELS == 3, 0, LABELS), TRUTH)
    with pytest.raises(ValueError, match="goes to frame 4, `labels` has 3 frames"):
        TrackEditor(IMAGES[:3], LABELS[:3], TRUTH)
    with pytest.raises(TypeError, match="TRACK_DTYPE"):
        edit(np.zeros(3))
    with pytest.raises(ValueError, match=r"\(T, H, W\)"):
        TrackEditor(IMAGES, LABELS[0], TRUTH)
