"""The track editor: clicks, keys, and what becomes of the tracks."""

import numpy as np
import pytest
from editor_scenes import TRUTH, at, edit, missed_division, press, right
from track_scenes import named_edges

from labkit import track
from labkit.canvas import Modifiers


@pytest.fixture
def editor():
    return edit(TRUTH)


# --- walking --------------------------------------------------------------------


def test_frames_by_keys_slider_and_name(editor):
    press(editor, ".", "ArrowRight")
    assert (editor.session.frame, editor._slider.value) == (2, 2)
    press(editor, ",")
    assert editor.session.frame == 1
    press(editor, "Home", "ArrowLeft")
    assert editor.status == "this is the first frame"
    press(editor, "End", ".")
    assert editor.status == "this is the last frame"
    assert editor.session.frame == 4
    editor._slider.value = 3
    assert editor.session.frame == 3
    editor.turn_to(9)
    assert editor.session.frame == 3


def test_a_click_chooses_a_track_and_tells_about_it(editor):
    editor.click(at(0, 2))
    assert editor.session.selected == 2
    assert editor.status == "track 2, frames 0 to 1, divides into 3 and 4"
    press(editor, ".", ".")
    assert editor.status.startswith("track 2"), "the choice stays"
    editor.click(at(2, 3))
    assert editor.status == "track 4, frames 2 to 4, daughter of 2"
    editor.click((1, 1))
    assert editor.session.selected == 0
    editor.click((500, -3))
    assert editor.session.selected == 0


# --- correcting -----------------------------------------------------------------


def test_cut_and_join_by_clicks(editor):
    press(editor, ".", ".")
    editor.click(at(2, 1))
    press(editor, "c")
    assert editor.status == "track 1 cut: track 5, frames 2 to 4"
    assert np.array_equal(editor.tracks, track.cut(TRUTH, 1, 2))
    press(editor, ",")
    editor.click(at(1, 1))
    assert editor.session.selected == 1
    press(editor, "j")
    assert editor.session.frame == 2, "it turns to the next frame"
    assert "what does track 1 go on as?" in editor.status
    editor.click((1, 1))
    assert "there is no nucleus" in editor.status
    editor.click(at(2, 1))
    assert right(editor)
    assert editor.status.startswith("track 1 goes on as 5 did: track 1, frames 0 to 4")


def test_shift_click_joins_over_a_gap(editor):
    editor.click(at(0, 1))
    press(editor, "End")
    editor.click(at(4, 3), shift=True)
    new = named_edges(editor.tracks) - named_edges(TRUTH)
    assert new == {((3, 1), (4, 3))}
    press(editor, "z")
    assert right(editor)


def test_a_missed_division_by_clicks():
    editor = edit(missed_division())
    press(editor, ".")
    editor.click(at(1, 2))
    press(editor, "d")
    editor.click(at(2, 2))
    editor.click(at(2, 2))
    assert editor.status == "daughters: 0 of 2", "a second click lets go of her"
    editor.click(at(2, 3))
    editor.click(at(2, 2))
    assert right(editor)
    assert "divides into" in editor.status


def test_a_missed_division_and_a_wrong_join_by_the_keyboard_alone():
    editor = edit(track.cut(missed_division(), 1, 3))
    press(editor, "r", "j")
    assert (editor.session.selected, editor.session.frame) == (1, 3)
    press(editor, "ArrowDown", "Enter")
    assert "goes on as" in editor.status
    press(editor, "Home", ".", "ArrowDown", "ArrowDown", "ArrowUp")
    assert editor.status.startswith("Enter takes track")
    while editor.session.cursor != 2:
        press(editor, "ArrowDown")
    press(editor, "Enter", "d", "ArrowDown", "Enter", "ArrowDown", "Enter")
    assert right(editor), editor.status


def test_quick_second_clicks_at_one_place_count():
    editor = edit(track.cut(missed_division(), 1, 3))
    editor.screen.send_double(at(0, 1))
    assert editor.session.selected == 1
    press(editor, ".", ".", "j")
    editor.screen._fire("double", at(3, 1), Modifiers())  # soon after another click
    assert np.array_equal(editor.tracks, missed_division())
    press(editor, "Home", ".")
    editor.click(at(1, 2))
    press(editor, "d")
    editor.screen.send_double(at(2, 2))
    assert len(editor.session.daughters) == 1, "a double click does not let her go"
    editor.screen.send_double(at(2, 3))
    assert right(editor)
    assert len(editor.corrections) == 2


def test_no_division_makes_founders_or_keeps_the_daughter(editor):
    editor.click(at(0, 2))
    press(editor, "n")
    assert np.array_equal(editor.tracks, track.remove_division(TRUTH, 2))
    press(editor, "z", "End")
    editor.click(at(4, 3))
    press(editor, "n")
    assert np.array_equal(editor.tracks, track.remove_division(TRUTH, 2, keep=4))
    assert editor.session.selected == 2
    editor.click(at(4, 1))
    press(editor, "n")
    assert editor.status == "track 1 neither divides nor has a mother"


def test_cut_at_the_first_frame_of_a_daughter(editor):
    press(editor, ".", ".")
    editor.click(at(2, 3))
    press(editor, "c")
    assert np.array_equal(editor.tracks, track.cut(TRUTH, 4, 2))
    assert editor.session.selected == 4


def test_delete_undo_and_redo(editor):
    editor.click(at(0, 1))
    press(editor, "Delete")
    assert np.array_equal(editor.tracks, track.delete(TRUTH, 1))
    editor.click(at(0, 1))
    assert editor.status == "object 1 is in no track; link the movie again"
    press(editor, "End", "z")
    assert right(editor)
    press(editor, "Ctrl+y")
    assert len(editor.tracks) == 8
    press(editor, "y")
    assert editor.status == "nothing to be done again"
    press(editor, "z", "z")
    assert editor.status == "nothing to be undone"


def test_what_cannot_be_done_is_told_and_changes_nothing(editor):
    for key, message in {
        "c": "choose a track first",
        "j": "choose a track first",
        "Enter": "choose a nucleus with the arrow",
    }.items():
        press(editor, key)
        assert message in editor.status
    editor.click(at(0, 1))
    press(editor, "c")
    assert "can be cut before 1 to 4, got 0" in editor.status
    press(editor, "End", "j")
    assert "this is the last frame" in editor.status
    press(editor, "Home", "j")
    editor.click(at(1, 1))
    assert "cannot be joined to itself" in editor.status
    press(editor, "Escape", "Escape")
    assert (editor.session.waiting, editor.session.selected) == ("", 0)
    assert right(editor)
    assert len(editor.corrections) == 0


def test_undo_lets_go_of_what_waits_first(editor):
    editor.click(at(0, 1))
    press(editor, "x", "Home")
    editor.click(at(0, 2))
    press(editor, "d", "z")
    assert editor.session.waiting == ""
    assert len(editor.corrections) == 1


# --- doubtful events ------------------------------------------------------------


def test_next_doubtful_goes_through_all_and_begins_again():
    broken = track.cut(TRUTH, 1, 3)
    broken = broken[(broken["frame"] != 3) | (broken["label"] != 3)]  # 4 has a gap
    editor = edit(broken)
    seen = []
    for _ in range(4):
        press(editor, "r")
        kind = editor.status.split(":")[0]
        seen.append((editor.session.frame, editor.session.selected, kind))
    assert seen == [(2, 1, "end"), (2, 2, "division"), (3, 5, "start"), (4, 4, "gap")]
    low, high = editor.screen.viewport.visible()
    assert (low < at(4, 3)).all()
    assert (high > at(4, 3)).all()
    press(editor, "r")
    assert editor.status == "all 4 doubtful events have been seen"
    press(editor, "r")
    assert (editor.session.frame, editor.session.selected) == (2, 1)


def test_doubts_leave_out_the_border_and_the_ends_of_the_movie():
    def kinds(margin=None):
        rows = track.doubts(tracks, (6, 90, 110), margin=margin)
        return {(int(r["track_id"]), str(r["kind"])) for r in rows}

    tracks = TRUTH.copy()
    assert kinds() == {(1, "end"), (3, "end"), (4, "end"), (2, "division")}
    tracks["x"][tracks["track_id"] == 1] = 4
    assert kinds() == {(3, "end"), (4, "end"), (2, "division")}
    assert (1, "end") in kinds(margin=4)
    assert kinds(margin=200) == {(2, "division")}
    assert len(track.doubts(TRUTH, (5, 90, 110))) == 1
    assert len(track.doubts(TRUTH[:0], (5, 90, 110))) == 0
    with pytest.raises(ValueError, match=r"last frame with tracks is 4, got \(4, 9"):
        track.doubts(TRUTH, (4, 90, 110))
