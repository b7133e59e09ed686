"""Tracks as a graph: objects numbered frame by frame, links between them."""

from typing import NamedTuple

import numpy as np

FIELDS = ("frame", "label", "track_id", "parent_id")


class Links(NamedTuple):
    """Links from one object to a later one."""

    start: np.ndarray  # (n,) number of the earlier object
    stop: np.ndarray  # (n,) number of the later object
    division: np.ndarray  # (n,) bool: from a mother to a daughter


def pack(frame, label):
    """Pack frame and label into one int64 that sorts by frame, then label."""
    return (np.asarray(frame, np.int64) << 32) | np.asarray(label, np.int64)


def read_links(tracks, keys, name):
    """Read the links of a tracks table.

    Parameters
    ----------
    tracks : (n,) structured ndarray
        Rows as in `labkit.labels.TRACK_DTYPE`.
    keys : (n,) ndarray of int64
        Frame and label of each object in the label movie, by `pack`, sorted: the
        position is the number of the object.
    name : str
        What error messages call the tracks.

    Returns
    -------
    Links
        From each appearance of a track to the next, then from the last appearance of
        each mother to the first of her daughters.

    Raises
    ------
    ValueError, TypeError
        If fields are missing, rows and objects do not correspond, a track is twice in
        one frame, or a parent is missing or does not end before its daughter begins.
    """
    tracks = _sorted_tracks(tracks, name)
    objects = _find_objects(pack(tracks["frame"], tracks["label"]), keys, name)
    ids, first, counts = np.unique(
        tracks["track_id"], return_index=True, return_counts=True
    )
    parents = tracks["parent_id"][first]
    born = first[parents > 0]
    mothers = (first + counts - 1)[_find_parents(ids, parents[parents > 0], name)]
    _check_order(tracks, mothers, born, name)
    inside = np.flatnonzero(np.diff(tracks["track_id"]) == 0)
    return Links(
        start=objects[np.append(inside, mothers)],
        stop=objects[np.append(inside + 1, born)],
        division=np.arange(len(inside) + len(born)) >= len(inside),
    )


def divisions(links):
    """Return {mother: set of daughters} for mothers with more than one daughter."""
    families = {}
    chosen = zip(links.start, links.stop, links.division, strict=True)
    for mother, daughter in ((int(a), int(b)) for a, b, divides in chosen if divides):
        families.setdefault(mother, set()).add(daughter)
    return {mother: found for mother, found in families.items() if len(found) > 1}


def _sorted_tracks(tracks, name):
    """Return the rows sorted by track and frame, each track once a frame."""
    tracks = np.asarray(tracks)
    missing = [field for field in FIELDS if field not in (tracks.dtype.names or ())]
    if missing or tracks.ndim != 1:
        raise TypeError(
            f"`{name}` must be a structured array with one row per object and frame, "
            f"got {tracks.dtype} of shape {tracks.shape} without {missing}; "
            f"see labkit.labels.TRACK_DTYPE"
        )
    tracks = tracks[np.lexsort([tracks["frame"], tracks["track_id"]])]
    same = np.diff(tracks["track_id"]) == 0
    twice = np.flatnonzero(same & (np.diff(tracks["frame"]) == 0))
    if len(twice):
        row = tracks[twice[0]]
        raise ValueError(
            f"`{name}` has track {row['track_id']} twice in frame {row['frame']}; "
            f"a track is one branch, so give daughters their own track_id"
        )
    return tracks


def _find_objects(rows, keys, name):
    """Return the number of each row's object; rows and objects must be the same."""
    for what, some, others, remedy in (
        ("a row without an object", rows, keys, "remove such rows"),
        ("an object without a row", keys, rows, "set such labels to 0"),
    ):
        alone = np.setdiff1d(some, others)
        if len(alone):
            frame, label = int(alone[0] >> 32), int(alone[0] & 0xFFFFFFFF)
            raise ValueError(
                f"`{name}` and its label movie differ: {what}, label {label} in frame "
                f"{frame} ({len(alone)} in all); {remedy}"
            )
    if len(rows) != len(keys):
        raise ValueError(
            f"`{name}` has several rows for one object; remove all but one"
        )
    return np.searchsorted(keys, rows)


def _find_parents(ids, parents, name):
    """Return the position of each parent in `ids`, which must hold them all."""
    unknown = np.setdiff1d(parents, ids)
    if len(unknown):
        raise ValueError(
            f"`{name}` names parent {unknown[0]}, which is no track_id; "
            f"use 0 for tracks without a known parent"
        )
    return np.searchsorted(ids, parents)


def _check_order(tracks, mothers, born, name):
    """Raise ValueError unless mothers end before their daughters begin."""
    late = np.flatnonzero(tracks["frame"][mothers] >= tracks["frame"][born])
    if len(late):
        mother, daughter = tracks[mothers[late[0]]], tracks[born[late[0]]]
        raise ValueError(
            f"`{name}`: track {mother['track_id']} ends in frame {mother['frame']}, "
            f"not before its daughter {daughter['track_id']} begins in frame "
            f"{daughter['frame']}; cut the mother's track at the division"
        )
