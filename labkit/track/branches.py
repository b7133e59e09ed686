"""The branches of a table of tracks: split one off, let one take another over."""

import operator

import numpy as np

from ..labels import check_tracks


def copied(tracks, new_id=None):
    """Return a copy, and the first id for new tracks."""
    tracks = check_tracks(tracks).copy()
    highest = int(tracks["track_id"].max(initial=0))
    if new_id is not None and new_id <= highest:
        raise ValueError(f"`new_id` must be above {highest}, got {new_id}")
    return tracks, operator.index(new_id or highest + 1)


def in_order(tracks):
    """Return the table by track, then frame."""
    return tracks[np.lexsort([tracks["frame"], tracks["track_id"]])]


def span(tracks, track_id):
    """Return the first and last frame of a track; ValueError if there is none."""
    frames = tracks["frame"][tracks["track_id"] == operator.index(track_id)]
    if not len(frames):
        highest = tracks["track_id"].max(initial=0)
        raise ValueError(
            f"there is no track {track_id}, the highest id is {highest}; it may have "
            f"been deleted, or joined to another one"
        )
    return int(frames.min()), int(frames.max())


def parent_of(tracks, track_id):
    """Return the id of a track's mother, 0 for none."""
    return int(tracks["parent_id"][tracks["track_id"] == track_id][0])


def daughters_of(tracks, track_id):
    """Return the ids of a track's daughters, rising."""
    return np.unique(tracks["track_id"][tracks["parent_id"] == track_id]).tolist()


def set_parent(tracks, track_id, parent_id):
    """Give a track another mother, in place."""
    tracks["parent_id"][tracks["track_id"] == track_id] = parent_id


def split(tracks, track_id, frame, new_id):
    """Give the rest from `frame` on a new id, in place; return the next free one."""
    rest = (tracks["track_id"] == track_id) & (tracks["frame"] >= frame)
    tracks["parent_id"][tracks["parent_id"] == track_id] = new_id
    tracks["track_id"][rest], tracks["parent_id"][rest] = new_id, 0
    return new_id + 1


def merge(tracks, earlier_id, later_id):
    """Let one track go on as another, in place."""
    set_parent(tracks, later_id, parent_of(tracks, earlier_id))
    tracks["parent_id"][tracks["parent_id"] == later_id] = earlier_id
    tracks["track_id"][tracks["track_id"] == later_id] = earlier_id


def settle(tracks, *mothers):
    """Let an only daughter that is left go on as her mother, in place."""
    found = set(mothers).intersection(tracks["track_id"].tolist())
    for mother in sorted(found, key=lambda one: -span(tracks, one)[0]):
        daughters = daughters_of(tracks, mother)  # the latest first: she may move up
        if len(daughters) == 1:
            merge(tracks, mother, daughters[0])
