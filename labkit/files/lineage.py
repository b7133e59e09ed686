"""What the formats of tracks share: the checks, the links between objects."""

from typing import NamedTuple

import numpy as np

from ..labels import check_tracks as check_table
from ..labels import edges
from .scale import Scale


class Tracked(NamedTuple):
    """Tracks as read from a file.

    Attributes
    ----------
    tracks : structured ndarray of labkit.labels.TRACK_DTYPE
        By track and frame.
    labels : (T, H, W) ndarray of int32 or None
        None where the file has no contours.
    scale : Scale
        Pixel size and frame interval; None where unknown.
    notes : sequence of str
        What of the file could not be represented, in plain sentences.
    """

    tracks: np.ndarray
    labels: np.ndarray | None = None
    scale: Scale = Scale()
    notes: list | tuple = ()


def check_tracks(tracks, labels=None):
    """Return tracks that other programs can take, by track and frame.

    Parameters
    ----------
    tracks : structured ndarray of labkit.labels.TRACK_DTYPE
        May be empty. A parent that is not in the table counts as none.
    labels : (T, H, W) ndarray of int32, optional
        Where every object must be.

    Returns
    -------
    structured ndarray of labkit.labels.TRACK_DTYPE

    Raises
    ------
    TypeError
        If this is no table of tracks.
    ValueError
        If a row is impossible, occurs twice, contradicts another, or names an object
        that is not in `labels`.
    """
    tracks = check_table(tracks)
    tracks = tracks[np.lexsort([tracks["frame"], tracks["track_id"]])]
    for name, low in (("frame", 0), ("label", 1), ("parent_id", 0)):
        if tracks[name].min(initial=low) < low:
            raise ValueError(
                f"`tracks` has {name} {tracks[name].min()}; the lowest is {low}"
            )
    for name in ("y", "x"):
        if not np.isfinite(tracks[name]).all():
            raise ValueError(f"`tracks` has {name} that are NaN or infinite")
    _refuse_twins(tracks, "track_id", "is in two places")
    _refuse_twins(tracks, "label", "has two rows")
    _check_parents(tracks)
    if labels is not None:
        _check_present(tracks, labels)
    return tracks


def check_scale(um_per_px, minutes_per_frame):
    """Raise ValueError unless a scale is positive, or None: unknown."""
    scale = {"um_per_px": um_per_px, "minutes_per_frame": minutes_per_frame}
    for name, value in scale.items():
        if value is not None and not 0 < value < np.inf:
            raise ValueError(
                f"`{name}` must be a positive number, or None if it is unknown, got "
                f"{value}"
            )


def _refuse_twins(tracks, name, what):
    """Raise ValueError if two rows of a frame share a value."""
    order = np.lexsort([tracks[name], tracks["frame"]])
    rows = tracks[order]
    twice = (np.diff(rows["frame"]) == 0) & (np.diff(rows[name]) == 0)
    if twice.any():
        one = rows[np.flatnonzero(twice)[0]]
        raise ValueError(
            f"{name} {one[name]} {what} in frame {one['frame']} of `tracks`; keep one"
        )


def _check_parents(tracks):
    """Raise ValueError unless parents end before their daughters start."""
    same_track = np.diff(tracks["track_id"]) == 0
    if (np.diff(tracks["parent_id"])[same_track] != 0).any():
        raise ValueError("the rows of a track in `tracks` name different parents")
    mother, born = edges(tracks).T
    wrong = np.flatnonzero(tracks["frame"][mother] >= tracks["frame"][born])
    if len(wrong):
        child, parent = tracks[born[wrong[0]]], tracks[mother[wrong[0]]]
        raise ValueError(
            f"track {child['track_id']} starts in frame {child['frame']}, but its "
            f"parent {parent['track_id']} ends in frame {parent['frame']}; a parent "
            f"ends before"
        )


def _check_present(tracks, labels):
    """Raise ValueError if a row names an object that is not in the labels."""
    if tracks["frame"].max(initial=0) >= len(labels):
        raise ValueError(
            f"`tracks` goes to frame {tracks['frame'].max()}, `labels` has "
            f"{len(labels)} frames; pass the movie that was linked"
        )
    for t, rows in by_frame(tracks, len(labels)):
        lost = np.setdiff1d(tracks["label"][rows], labels[t])
        if len(lost):
            raise ValueError(
                f"`tracks` has object {lost[0]} in frame {t}, `labels` has not; pass "
                f"the movie that was linked"
            )


def by_frame(tracks, n_frames):
    """Yield each frame and the indices of its rows."""
    order = np.argsort(tracks["frame"], kind="stable")
    cuts = np.searchsorted(tracks["frame"][order], np.arange(1, n_frames))
    yield from enumerate(np.split(order, cuts))


def links(tracks):
    """Return the links of checked tracks as pairs of rows, earlier and later.

    Parameters
    ----------
    tracks : structured ndarray
        From `check_tracks`, sorted by track and frame.

    Returns
    -------
    (n_links, 2) ndarray of int
        By the later row.
    """
    found = edges(tracks)
    return found[np.argsort(found[:, 1])]
