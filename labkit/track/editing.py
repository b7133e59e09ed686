"""Correct tracks by hand: cut, join, divide, delete.

Each function takes a table of tracks and returns a new one, sorted by track and frame.
Objects stay what they are, only links change. Ids are stable: what is cut off gets a
new id, what is joined takes the id of the earlier part, nothing else is renamed. A
mother with one daughter left divides no more: the daughter goes on as the mother.
"""

import operator

from .branches import (
    copied,
    daughters_of,
    in_order,
    merge,
    parent_of,
    set_parent,
    settle,
    span,
    split,
)


def cut(tracks, track_id, frame, *, new_id=None):
    """Cut a track before `frame`; the rest becomes a new track.

    Parameters
    ----------
    tracks : structured ndarray
        `labkit.labels.TRACK_DTYPE`.
    track_id : int
    frame : int
        The first frame of the rest, which keeps the daughters. At the first frame of
        a daughter, her link to the mother is cut.
    new_id : int, optional
        Id of the rest; by default one above all that are in use.

    Returns
    -------
    structured ndarray

    Raises
    ------
    ValueError
        If there is no such track, or nothing to cut at this frame.

    Examples
    --------
    >>> tracks = lk.track.link_points([[(0, 0)], [(0, 1)], [(0, 2)]])
    >>> cut(tracks, 1, 2)[["frame", "track_id"]].tolist()
    [(0, 1), (1, 1), (2, 2)]
    """
    tracks, new = copied(tracks, new_id)
    first, last = span(tracks, track_id)
    frame = operator.index(frame)
    mother = parent_of(tracks, track_id)
    if frame == first and mother:
        set_parent(tracks, track_id, 0)
        settle(tracks, mother)
    elif first < frame <= last:
        split(tracks, track_id, frame, new)
    else:
        raise ValueError(
            f"track {track_id} has frames {first} to {last} and can be cut before "
            f"{first + 1} to {last}, got {frame}"
        )
    return in_order(tracks)


def join(tracks, earlier_id, later_id, *, frame=None, new_id=None):
    """Let a track go on as another that begins later; a gap between them is allowed.

    Parameters
    ----------
    tracks : structured ndarray
        `labkit.labels.TRACK_DTYPE`.
    earlier_id, later_id : int
        The whole has the id and the mother of the earlier one, and the daughters of
        the later one, whose own mother loses her.
    frame : int, optional
        Link anew: the earlier track goes on from this frame as the later one does.
        Both are cut there if need be; what came before and after becomes tracks of
        their own, former daughters of the earlier one become founders.
    new_id : int, optional
        The first id for what is cut off; by default one above all that are in use.

    Returns
    -------
    structured ndarray

    Raises
    ------
    ValueError
        If there are no such tracks, they overlap in time, or the earlier one divides.
    """
    tracks, new = copied(tracks, new_id)
    first, last = span(tracks, earlier_id)
    begin, end = span(tracks, later_id)
    if earlier_id == later_id:
        raise ValueError(f"track {earlier_id} cannot be joined to itself; name another")
    if frame is None:
        _check_joint(tracks, (earlier_id, first, last), (later_id, begin, end))
    else:
        frame = operator.index(frame)
        if not (first < frame <= end):
            raise ValueError(
                f"track {earlier_id} begins in frame {first} and track {later_id} ends "
                f"in {end}, so they cannot be joined at {frame}; choose a frame from "
                f"{first + 1} to {end}"
            )
        if last >= frame:
            new = split(tracks, earlier_id, frame, new)
        else:
            for daughter in daughters_of(tracks, earlier_id):
                set_parent(tracks, daughter, 0)
        if begin < frame:
            later_id, new = new, split(tracks, later_id, frame, new)
    mother = parent_of(tracks, later_id)
    merge(tracks, earlier_id, later_id)
    if mother != earlier_id:
        settle(tracks, mother)
    return in_order(tracks)


def set_division(tracks, mother_id, daughter_ids, frame, *, new_id=None):
    """Let a track divide: it ends before `frame`, and its daughters go on.

    Parameters
    ----------
    tracks : structured ndarray
        `labkit.labels.TRACK_DTYPE`.
    mother_id : int
    daughter_ids : sequence of int
        Two or more tracks that have objects from `frame` on. What is there before,
        the mother's own track for example, is cut, and the rest is the daughter.
        Daughters that the mother had and that are not named become founders.
    frame : int
        The first frame with daughters.
    new_id : int, optional
        The first id for what is cut off; by default one above all that are in use.

    Returns
    -------
    structured ndarray

    Raises
    ------
    ValueError
        If there are no such tracks, the mother is not there before `frame` or goes on
        beside her daughters, or a daughter is not there later.

    Examples
    --------
    >>> points = [[(0, 0)], [(0, 1), (9, 9)], [(0, 2), (9, 9)]]
    >>> tracks = lk.track.link_points(points, lk.track.TrackParams(max_distance=3))
    >>> edited = set_division(tracks, 1, [1, 2], frame=1)
    >>> edited[["frame", "track_id", "parent_id"]].tolist()
    [(0, 1, 0), (1, 2, 1), (2, 2, 1), (1, 3, 1), (2, 3, 1)]
    """
    tracks, new = copied(tracks, new_id)
    frame, daughter_ids = operator.index(frame), list(dict.fromkeys(daughter_ids))
    _check_division(tracks, mother_id, daughter_ids, frame)
    if mother_id not in daughter_ids:
        for daughter in daughters_of(tracks, mother_id):
            set_parent(tracks, daughter, 0)
    born = []
    for daughter in daughter_ids:
        if span(tracks, daughter)[0] < frame:
            daughter, new = new, split(tracks, daughter, frame, new)
        born.append(daughter)
    mothers = [parent_of(tracks, daughter) for daughter in born]
    for daughter in born:
        set_parent(tracks, daughter, mother_id)
    settle(tracks, *(mother for mother in mothers if mother != mother_id))
    return in_order(tracks)


def remove_division(tracks, mother_id, *, keep=None):
    """Take a division back: the daughters become founders.

    Parameters
    ----------
    tracks : structured ndarray
        `labkit.labels.TRACK_DTYPE`.
    mother_id : int
    keep : int, optional
        The daughter that goes on as the mother; she gives up her own id.

    Returns
    -------
    structured ndarray

    Raises
    ------
    ValueError
        If the track does not divide, or `keep` is none of its daughters.
    """
    tracks, _ = copied(tracks)
    span(tracks, mother_id)
    daughters = daughters_of(tracks, mother_id)
    if not daughters:
        raise ValueError(f"track {mother_id} does not divide; name the mother")
    if keep is not None and keep not in daughters:
        raise ValueError(
            f"`keep` must be one of the daughters {daughters} of track {mother_id}, "
            f"got {keep}"
        )
    for daughter in daughters:
        set_parent(tracks, daughter, 0)
    if keep is not None:
        merge(tracks, mother_id, keep)
    return in_order(tracks)


def delete(tracks, track_id):
    """Delete a track; its daughters become founders.

    Parameters
    ----------
    tracks : structured ndarray
        `labkit.labels.TRACK_DTYPE`.
    track_id : int

    Returns
    -------
    structured ndarray

    Raises
    ------
    ValueError
        If there is no such track.
    """
    tracks, _ = copied(tracks)
    span(tracks, track_id)
    mother = parent_of(tracks, track_id)
    for daughter in daughters_of(tracks, track_id):
        set_parent(tracks, daughter, 0)
    tracks = tracks[tracks["track_id"] != track_id]
    settle(tracks, mother)
    return in_order(tracks)


def _check_joint(tracks, earlier, later):
    """Raise ValueError unless one track can go on as another, uncut."""
    (earlier_id, first, last), (later_id, begin, end) = earlier, later
    if begin <= last:
        raise ValueError(
            f"track {earlier_id} has frames {first} to {last} and track {later_id} has "
            f"{begin} to {end}: they overlap in time; cut one of them first, or say by "
            f"frame= where the first goes on as the second"
        )
    daughters = daughters_of(tracks, earlier_id)
    if set(daughters) - {later_id}:
        raise ValueError(
            f"track {earlier_id} divides into {daughters}, so it cannot go on as "
            f"{later_id}; remove the division first"
        )


def _check_division(tracks, mother_id, daughter_ids, frame):
    """Raise ValueError unless the mother can divide so."""
    first, last = span(tracks, mother_id)
    if len(daughter_ids) < 2:
        raise ValueError(
            f"a division needs two different daughters, got {daughter_ids}; to let a "
            f"track go on as another use join"
        )
    if first >= frame:
        raise ValueError(
            f"track {mother_id} begins in frame {first}, so it cannot have daughters "
            f"from frame {frame} on; choose a later frame"
        )
    for daughter in daughter_ids:
        end = span(tracks, daughter)[1]
        if end < frame:
            raise ValueError(
                f"track {daughter} ends in frame {end}, before the division in frame "
                f"{frame}; choose a daughter that is there then, or an earlier frame"
            )
    if last >= frame and mother_id not in daughter_ids:
        raise ValueError(
            f"track {mother_id} goes on to frame {last}, beside its daughters from "
            f"frame {frame} on; name {mother_id} as a daughter too, or cut it first"
        )
