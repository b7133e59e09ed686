"""Correcting tracks: what each correction links and cuts, and what it refuses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from track_scenes import named_edges, table

from labkit import track
from labkit.track import divisions

# 1 divides after frame 3 into 2 and 3; 3 divides after frame 5 into 4 and 5; 6 is
# alone and has a gap in frame 4. Labels are the track ids.
FRAMES = {1: range(4), 2: range(4, 9), 3: (4, 5), 4: (6, 7, 8), 5: (6, 7), 6: (2, 3, 5)}
PARENTS = {2: 1, 3: 1, 4: 3, 5: 3}


def family():
    rows = [
        (frame, number, PARENTS.get(number, 0), 10 * number, frame)
        for number, frames in FRAMES.items()
        for frame in frames
    ]
    return table(rows)


def parents(tracks):
    """Return {track_id: parent_id}; each track has one."""
    found = {}
    for number, parent in tracks[["track_id", "parent_id"]].tolist():
        assert found.setdefault(number, parent) == parent
    return found


def frames_of(tracks, number):
    return tracks["frame"][tracks["track_id"] == number].tolist()


def check_consistent(tracks):
    """Raise AssertionError unless the table is one that tracking can have made."""
    span = {}
    for number in np.unique(tracks["track_id"]).tolist():
        frames = frames_of(tracks, number)
        assert frames == sorted(set(frames)), "an object twice, or not in order"
        span[number] = frames[0], frames[-1]
    assert (np.diff(tracks["track_id"]) >= 0).all()
    for number, parent in parents(tracks).items():
        if parent:
            assert span[parent][1] < span[number][0], "born before the mother ends"
    found = divisions(tracks)
    only = set(parents(tracks).values()) - {0} - set(found["track_id"].tolist())
    assert not only, f"mothers of one daughter: {only}"


def gained_and_lost(tracks, edited):
    """Return which links are new and which are gone, ((frame, label), ...)."""
    before, after = named_edges(tracks), named_edges(edited)
    return after - before, before - after


# --- cut ------------------------------------------------------------------------


def test_cut_takes_one_link_and_gives_the_rest_a_new_id():
    tracks = family()
    edited = track.cut(tracks, 2, 6)
    assert gained_and_lost(tracks, edited) == (set(), {((5, 2), (6, 2))})
    assert parents(edited) == {**parents(tracks), 7: 0}
    assert frames_of(edited, 2) == [4, 5]
    assert frames_of(edited, 7) == [6, 7, 8]
    check_consistent(edited)
    assert parents(tracks) == parents(family()), "the table that was given has changed"


def test_what_is_cut_off_keeps_the_daughters():
    edited = track.cut(family(), 1, 2, new_id=20)
    assert parents(edited) == {1: 0, 20: 0, 2: 20, 3: 20, 4: 3, 5: 3, 6: 0}
    check_consistent(edited)


def test_cut_in_a_gap():
    edited = track.cut(family(), 6, 4)
    assert (frames_of(edited, 6), frames_of(edited, 7)) == ([2, 3], [5])


def test_cut_at_the_first_frame_of_a_daughter_cuts_her_off_the_mother():
    edited = track.cut(family(), 2, 4)
    assert frames_of(edited, 1) == [0, 1, 2, 3, 4, 5], "3 goes on as the mother"
    assert parents(edited) == {1: 0, 2: 0, 4: 1, 5: 1, 6: 0}
    check_consistent(edited)


@pytest.mark.parametrize("frame", [2, 6, -1])
def test_cut_says_where_it_is_possible(frame):
    with pytest.raises(ValueError, match=f"cut before 3 to 5, got {frame}"):
        track.cut(family(), 6, frame)


# --- join -----------------------------------------------------------------------


def test_join_undoes_cut():
    tracks = family()
    assert np.array_equal(track.join(track.cut(tracks, 2, 6), 2, 7), tracks)
    assert np.array_equal(track.join(track.cut(tracks, 1, 2), 1, 7), tracks)


def test_join_over_a_gap_takes_the_daughter_from_her_mother():
    tracks = family()
    edited = track.join(tracks, 6, 4)
    assert gained_and_lost(tracks, edited)[0] == {((5, 6), (6, 4))}
    assert frames_of(edited, 6) == [2, 3, 5, 6, 7, 8]
    assert parents(edited) == {1: 0, 2: 1, 3: 1, 6: 0}, "5 goes on as 3"
    check_consistent(edited)


def test_join_at_a_frame_links_anew():
    tracks = family()
    edited = track.join(tracks, 6, 1, frame=3)
    new, gone = gained_and_lost(tracks, edited)
    assert new == {((2, 6), (3, 1))}
    assert gone == {((2, 6), (3, 6)), ((2, 1), (3, 1))}
    assert frames_of(edited, 1) == [0, 1, 2]
    assert frames_of(edited, 7) == [3, 5], "the rest of 6"
    assert parents(edited) == {1: 0, 2: 6, 3: 6, 4: 3, 5: 3, 6: 0, 7: 0}
    check_consistent(edited)


def test_join_at_a_frame_ends_a_division():
    edited = track.join(family(), 1, 2, frame=4)
    assert frames_of(edited, 1) == list(range(9))
    assert parents(edited) == {1: 0, 3: 0, 4: 3, 5: 3, 6: 0}
    check_consistent(edited)


def test_join_refuses_overlap_division_and_itself():
    with pytest.raises(ValueError, match=r"2 to 5 .* 4 to 8: they overlap .* frame="):
        track.join(family(), 6, 2)
    with pytest.raises(ValueError, match=r"1 divides into \[2, 3\].* remove the"):
        track.join(family(), 1, 4)
    with pytest.raises(ValueError, match="6 cannot be joined to itself"):
        track.join(family(), 6, 6)
    with pytest.raises(ValueError, match="at 2; choose a frame from 3 to 8"):
        track.join(family(), 6, 2, frame=2)


# --- divisions ------------------------------------------------------------------


def test_set_division_cuts_the_mother_s_own_track():
    tracks = family()
    edited = track.set_division(tracks, 2, [2, 5], 6)
    assert gained_and_lost(tracks, edited)[0] == {((5, 2), (6, 5))}
    assert parents(edited) == {1: 0, 2: 1, 3: 1, 5: 2, 6: 0, 7: 2}, "4 goes on as 3"
    assert frames_of(edited, 7) == [6, 7, 8]
    check_consistent(edited)


def test_set_division_undoes_remove_division():
    tracks = family()
    without = track.remove_division(tracks, 1)
    assert parents(without) == {1: 0, 2: 0, 3: 0, 4: 3, 5: 3, 6: 0}
    assert np.array_equal(track.set_division(without, 1, (2, 3), 4), tracks)
    kept = track.remove_division(tracks, 1, keep=3)
    assert frames_of(kept, 1) == [0, 1, 2, 3, 4, 5]
    again = track.set_division(kept, 1, (1, 2), 4)
    assert named_edges(again) == named_edges(tracks)


def test_a_daughter_that_was_there_before_is_cut_and_others_become_founders():
    edited = track.set_division(family(), 1, [2, 6], 5)
    assert parents(edited) == {1: 0, 2: 0, 3: 0, 4: 3, 5: 3, 6: 0, 7: 1, 8: 1}
    assert (frames_of(edited, 2), frames_of(edited, 7)) == ([4], [5, 6, 7, 8])
    assert (frames_of(edited, 6), frames_of(edited, 8)) == ([2, 3], [5])
    check_consistent(edited)


@pytest.mark.parametrize(
    ("mother", "daughters", "frame", "message"),
    [
        (2, [2, 2], 6, r"two different daughters, got \[2\]; .* join"),
        (2, [4, 5], 6, "2 goes on to frame 8.*; name 2 as a daughter too"),
        (2, [2, 5], 4, "2 begins in frame 4.* choose a later frame"),
        (2, [2, 6], 6, "6 ends in frame 5, before the division in frame 6"),
        (2, [2, 9], 6, "no track 9, the highest id is 6"),
    ],
)
def test_set_division_refuses(mother, daughters, frame, message):
    with pytest.raises(ValueError, match=message):
        track.set_division(family(), mother, daughters, frame)


def test_remove_division_refuses():
    with pytest.raises(ValueError, match="6 does not divide"):
        track.remove_division(family(), 6)
    with pytest.raises(ValueError, match=r"one of the daughters \[2, 3\] .*, got 4"):
        track.remove_division(family(), 1, keep=4)


# --- delete, and what all share -------------------------------------------------


def test_delete_leaves_no_orphan_and_no_only_daughter():
    tracks = family()
    edited = track.delete(tracks, 3)
    assert set(tracks["label"]) - set(edited["label"]) == {3}
    assert parents(edited) == {1: 0, 4: 0, 5: 0, 6: 0}
    assert frames_of(edited, 1) == list(range(9)), "2 goes on as the mother"
    check_consistent(edited)


def test_settling_two_generations_at_once():
    edited = track.set_division(family(), 6, [2, 4], 6)
    assert parents(edited)[4] == 6
    check_consistent(edited)
    alone = track.set_division(track.cut(family(), 6, 5), 6, [2, 4], 4)
    assert parents(alone) == {1: 0, 2: 6, 4: 6, 6: 0, 7: 0}, "3 and then 5 go on as 1"
    assert frames_of(alone, 1) == [0, 1, 2, 3, 4, 5, 6, 7]


def test_ids_are_checked():
    for edit in (
        lambda t: track.cut(t, 9, 2),
        lambda t: track.join(t, 1, 9),
        lambda t: track.remove_division(t, 9),
        lambda t: track.delete(t, 9),
    ):
        with pytest.raises(ValueError, match="no track 9, the highest id is 6; it may"):
            edit(family())
    with pytest.raises(ValueError, match="`new_id` must be above 6, got 3"):
        track.cut(family(), 2, 6, new_id=3)
    with pytest.raises(TypeError, match="TRACK_DTYPE"):
        track.delete(np.zeros(3), 1)
    with pytest.raises(TypeError):
        track.cut(family(), 2, 6.5)


def some_edit(draw, tracks):
    """Do one correction drawn at random; return the table, or None if refused."""
    ids = st.sampled_from(np.unique(tracks["track_id"]).tolist())
    frame = st.integers(0, 8)
    what = draw(st.sampled_from(["cut", "join", "anew", "divide", "undivide", "gone"]))
    one, other = draw(ids), draw(ids)
    try:
        return {
            "cut": lambda: track.cut(tracks, one, draw(frame)),
            "join": lambda: track.join(tracks, one, other),
            "anew": lambda: track.join(tracks, one, other, frame=draw(frame)),
            "divide": lambda: track.set_division(
                tracks, one, [draw(ids), other], draw(frame)
            ),
            "undivide": lambda: track.remove_division(tracks, one),
            "gone": lambda: track.delete(tracks, one),
        }[what]()
    except ValueError:
        return None


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_is_done_tracks_stay_consistent(data):
    tracks = family()
    for _ in range(8):
        if not len(tracks):
            break
        edited = some_edit(data.draw, tracks)
        if edited is not None:
            check_consistent(edited)
            kept = set(edited[["frame", "label"]].tolist())
            assert kept <= set(tracks[["frame", "label"]].tolist())
            tracks = edited
