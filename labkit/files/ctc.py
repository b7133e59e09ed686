"""Tracked labels in the folder layout of the Cell Tracking Challenge.

One 16-bit TIFF per frame whose values are track numbers, and a text table with one
line ``L B E P`` per track: label, first and last frame, parent label or 0.
Maška et al. 2023, doi 10.1038/s41592-023-01879-y.
"""

import re
from pathlib import Path

import numpy as np

from .atomic import atomic
from .images import natural_key, same_shape
from .labels import check_label_movie, read_labels, write_labels
from .pieces import one_piece

_TABLES = ("res_track.txt", "man_track.txt")
_FRAME = re.compile(r"(?:mask|man_track)(\d+)\.tiff?$")


def read_ctc(folder):
    """Read a result or a truth of the Cell Tracking Challenge.

    Parameters
    ----------
    folder : str or Path
        ``01_RES``, ``01_GT`` or ``01_GT/TRA``.

    Returns
    -------
    labels : (T, H, W) ndarray of int32
        The value is the track number.
    tracks : structured array of labkit.labels.TRACK_DTYPE
        Frames count from the first file. A track that was interrupted stands as
        two, the second with the first as its parent.

    Raises
    ------
    FileNotFoundError
        If the folder, its table or a frame is missing.
    ValueError
        If a file is damaged, or table and labels contradict each other.
    """
    labels, table = read_ctc_table(folder)
    return labels, tracks_from_table(labels, table)


def write_ctc(folder, labels, tracks, *, keep_pieces=False):
    """Write tracked labels as ``maskNNN.tif`` and ``res_track.txt``.

    The layout knows no gaps: a track that is missing in some frames is cut there,
    and each further piece gets a new number and the piece before it as its parent.
    Objects without a row in `tracks` are left out.

    Parameters
    ----------
    folder : str or Path
        Made if needed, ``01_RES`` by custom. Frames in it are overwritten.
    labels : (T, H, W) array of int
        Labels of each frame; they need not agree over time.
    tracks : structured array of labkit.labels.TRACK_DTYPE
        Which label in which frame belongs to which track.
    keep_pieces : bool
        Keep all pieces of an object. By default only the largest is written
        (`labkit.files.pieces.one_piece`), because TrackMate and others make an object
        of each.

    Returns
    -------
    (n, 4) ndarray of int
        The table as written: label, first frame, last frame, parent.

    Raises
    ------
    ValueError, TypeError
        If labels and tracks contradict each other, there are more than 65535
        tracks, or the folder holds frames of a longer movie.
    PermissionError
        If the folder cannot be written to.
    """
    folder, labels = Path(folder), check_label_movie(labels)
    labels = labels if keep_pieces else one_piece(labels)
    names = np.asarray(tracks).dtype.names or ()
    if not {"frame", "label", "track_id", "parent_id"} <= set(names):
        raise TypeError(
            f"`tracks` must be a structured array of labkit.labels.TRACK_DTYPE, got "
            f"columns {names or 'without names'}"
        )
    piece, table = _cut_at_gaps(tracks)
    movie = _renumber(labels, tracks, piece)
    check_table(movie, table)
    width = max(3, len(str(len(labels) - 1)))
    files = [folder / f"mask{t:0{width}d}.tif" for t in range(len(labels))]
    strangers = sorted(set(folder.glob("mask*.tif")) - set(files))
    if strangers:
        raise ValueError(
            f"{folder} holds {strangers[0].name}, which is not a frame of this movie; "
            f"remove the older result or choose another folder"
        )
    (folder / _TABLES[0]).unlink(missing_ok=True)
    for file, frame in zip(files, movie, strict=True):
        write_labels(file, frame)
    with atomic(folder / _TABLES[0]) as temporary:
        np.savetxt(temporary, table, fmt="%d")
    return table


def read_ctc_table(folder):
    """Read the labels and the table ``L B E P``, frames counted from the first file.

    Returns
    -------
    labels : (T, H, W) ndarray of int32
    table : (n, 4) ndarray of int

    Raises
    ------
    FileNotFoundError, ValueError
        As `read_ctc`.
    """
    folder, name = _find_table(Path(folder))
    text = (folder / name).read_text(encoding="utf-8").split()
    try:
        table = np.array(text, np.int64).reshape(-1, 4)
    except ValueError as error:
        raise ValueError(
            f"{folder / name} must hold four whole numbers a line (label, first frame, "
            f"last frame, parent): {error}"
        ) from error
    files = sorted(
        (f for f in folder.iterdir() if _FRAME.match(f.name)), key=natural_key
    )
    numbers = [int(_FRAME.match(file.name)[1]) for file in files]
    if not files or numbers != list(range(numbers[0], numbers[0] + len(files))):
        raise FileNotFoundError(
            f"{folder} must hold maskNNN.tif or man_trackNNN.tif without a break, "
            f"found {len(files)} with the numbers {numbers[:5]}"
        )
    labels = np.stack(same_shape([read_labels(file) for file in files], files))
    table[:, 1:3] -= numbers[0]
    check_table(labels, table)
    return labels, table


def tracks_from_table(labels, table):
    """Turn labels whose values are track numbers, and their table, into tracks.

    Parameters
    ----------
    labels : (T, H, W) ndarray of int32
        The value is the track number.
    table : (n, 4) array of int
        Label, first frame, last frame, parent or 0.

    Returns
    -------
    structured array of labkit.labels.TRACK_DTYPE
        By track and frame.

    Raises
    ------
    ValueError
        If table and labels contradict each other.
    """
    from ..labels import TRACK_DTYPE, object_table

    check_table(labels, table)
    parents = {int(label): int(parent) for label, _, _, parent in table}
    rows = []
    for frame, plane in enumerate(labels):
        for o in object_table(plane):
            label = int(o["label"])
            place = (o["y"], o["x"], o["area"])
            rows.append((frame, label, label, parents[label], *place))
    tracks = np.array(rows, TRACK_DTYPE)
    return tracks[np.lexsort((tracks["frame"], tracks["track_id"]))]


def check_table(labels, table):
    """Raise ValueError unless labels and table form a valid result.

    Labels occur once in the table, in every frame from first to last and in no
    other; parents are in the table and end before their children start.
    """
    spans = {int(label): (int(b), int(e)) for label, b, e, _ in table}
    if len(spans) < len(table):
        raise ValueError("the table of tracks names a label twice; each has one line")
    for label, begin, end, parent in np.asarray(table).tolist():
        if label < 1 or begin > end:
            raise ValueError(f"track {label} from frame {begin} to {end} is impossible")
        if parent and (parent not in spans or spans[parent][1] >= begin):
            raise ValueError(
                f"track {label} starts in frame {begin}, but its parent {parent} "
                f"does not end before; correct the column P"
            )
    expected = {(t, k) for k, (b, e) in spans.items() for t in range(b, e + 1)}
    wrong = sorted(expected ^ _present(labels))
    if wrong:
        frame, label = wrong[0]
        state = "missing in" if wrong[0] in expected else "not in the table for"
        raise ValueError(
            f"labels and table of tracks differ in {len(wrong)} places: "
            f"label {label} is {state} frame {frame}"
        )


def _present(labels):
    """Return the pairs (frame, label) that occur."""
    frames = ((t, np.unique(plane)) for t, plane in enumerate(labels))
    return {(t, int(k)) for t, found in frames for k in found if k}


def _find_table(folder):
    """Return the folder with the table, and the table's name."""
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {folder}")
    for place in (folder, folder / "TRA"):
        for name in _TABLES:
            if (place / name).is_file():
                return place, name
    raise FileNotFoundError(
        f"neither {_TABLES[0]} nor {_TABLES[1]} in {folder}; pass the folder 01_RES "
        f"or 01_GT of a sequence"
    )


def _cut_at_gaps(tracks):
    """Return the piece number of each row, and the table L B E P of all pieces."""
    order = np.lexsort((tracks["frame"], tracks["track_id"]))
    track, frame = tracks["track_id"][order], tracks["frame"][order]
    new_track = np.diff(track, prepend=track[:1] - 1) != 0
    starts = np.flatnonzero(new_track | (np.diff(frame, prepend=0) > 1))
    ends = np.append(starts[1:], len(track))[: len(starts)] - 1
    first = new_track[starts]
    number = track[starts].astype(np.int64)
    number[~first] = track.max(initial=0) + 1 + np.arange(np.count_nonzero(~first))
    if number.min(initial=1) < 1 or number.max(initial=1) > 65535:
        raise ValueError(
            f"track numbers must lie in 1 to 65535, got {number.min()} to "
            f"{number.max()} after cutting at gaps; number the tracks 1, 2, ..."
        )
    last_piece = dict(zip(track[starts].tolist(), number.tolist(), strict=True))
    mothers = tracks["parent_id"][order][starts].tolist()
    parent = np.array([last_piece.get(m, m) for m in mothers], np.int64)
    parent[~first] = number[np.flatnonzero(~first) - 1]
    piece = np.empty(len(track), np.int64)
    piece[order] = np.repeat(number, ends - starts + 1)
    table = np.stack([number, frame[starts], frame[ends], parent], axis=1)
    return piece, table[np.argsort(number)]


def _renumber(labels, tracks, piece):
    """Return labels with the piece number of each object, 0 without one."""
    pairs = np.stack([tracks["frame"], tracks["label"]], axis=1)
    if len(np.unique(pairs, axis=0)) < len(pairs):
        raise ValueError("two rows of `tracks` name the same label in the same frame")
    movie = np.zeros_like(labels)
    for frame, plane in enumerate(labels):
        rows = np.flatnonzero(tracks["frame"] == frame)
        rows = rows[np.argsort(tracks["label"][rows])]
        if not len(rows):
            continue
        inside = plane > 0
        values = plane[inside]
        at = np.searchsorted(tracks["label"][rows], values).clip(max=len(rows) - 1)
        known = tracks["label"][rows[at]] == values
        movie[frame][inside] = np.where(known, piece[rows[at]], 0)
    return movie
