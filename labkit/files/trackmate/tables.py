"""TrackMate's tables: spots, edges and tracks as CSV with its four header rows."""

import csv
from pathlib import Path

import numpy as np

from ...labels import TRACK_DTYPE
from ..atomic import atomic
from ..graphs import tracks_of
from ..lineage import Tracked, check_scale, check_tracks
from ..scale import MINUTES, UM, Scale
from .features import (
    BRANCH,
    EDGE_FEATURES,
    LABEL,
    SPOT_FEATURES,
    TRACK_FEATURES,
    Feature,
)
from .measures import measure

FILES = {"spots": "spots.csv", "edges": "edges.csv", "tracks": "tracks.csv"}
_NAME = Feature("LABEL", "Label", "Label", "NONE")
_ID = Feature("ID", "Spot ID", "Spot ID", "NONE", True)
_TRACK = Feature("TRACK_ID", "Track ID", "Track ID", "NONE", True)


def write_trackmate_csv(
    folder, tracks, *, um_per_px=None, minutes_per_frame=None, radius=5.0
):
    """Write ``spots.csv``, ``edges.csv`` and ``tracks.csv`` as TrackMate does.

    The features are those of `write_trackmate`, in the same units. The first four
    lines of each file are keys, names, short names and units.

    Parameters
    ----------
    folder : str or Path
        Made if needed.
    tracks : structured ndarray of labkit.labels.TRACK_DTYPE
    um_per_px, minutes_per_frame : float, optional
        Where unknown, units are pixel and frame.
    radius : float
        Of spots whose area is unknown, px.

    Returns
    -------
    list of Path

    Raises
    ------
    ValueError, TypeError
        If `tracks` is no table of tracks.
    PermissionError
        If the folder cannot be written to.
    """
    check_scale(um_per_px, minutes_per_frame)
    tracks = check_tracks(tracks)
    dt = 60 * minutes_per_frame if minutes_per_frame else 1.0
    model = measure(tracks, um_per_px or 1.0, dt, radius)
    family = model.family.tolist()
    units = _units(
        "micron" if um_per_px else "pixel", "sec" if minutes_per_frame else "frame"
    )
    spots = model.spots | {"TRACK_ID": [str(k) if k >= 0 else "" for k in family]}
    spots["LABEL"] = _texts("ID", model.spots["ID"])
    one, other = model.edges["SPOT_SOURCE_ID"], model.edges["SPOT_TARGET_ID"]
    edges = model.edges | {"TRACK_ID": model.family[one]}
    arrows = zip(_texts("ID", one), _texts("ID", other), strict=True)
    edges["LABEL"] = [f"{a} → {b}" for a, b in arrows]
    families = model.families | {"LABEL": _texts("Track_", model.families["TRACK_ID"])}
    layout = {
        "spots": ((_NAME, _ID, _TRACK, *SPOT_FEATURES), spots),
        "edges": ((_NAME, _TRACK, *EDGE_FEATURES), edges),
        "tracks": ((_NAME, *TRACK_FEATURES), families),
    }
    for kind, (features, columns) in layout.items():
        _write(Path(folder) / FILES[kind], features, columns, units)
    return [Path(folder) / name for name in FILES.values()]


def _texts(prefix, numbers):
    """Return names such as ID7."""
    return [f"{prefix}{k}" for k in numbers.tolist()]


def _units(space, time):
    """Return the unit of each dimension, as TrackMate writes it."""
    units = {"QUALITY": "quality", "COST": "cost", "POSITION": space, "LENGTH": space}
    units |= {"TIME": time, "VELOCITY": f"{space}/{time}", "AREA": f"{space}^2"}
    return units | {"ANGLE_RATE": f"rad/{time}"}


def _write(path, features, columns, units):
    """Write one table: four header rows, then a row each."""
    heads = [
        [getattr(one, part) for one in features] for part in ("key", "name", "short")
    ]
    found = [units.get(one.dimension) for one in features]
    heads.append([f"({unit})" if unit else "" for unit in found])
    values = [columns[one.key] for one in features]
    texts = [v if isinstance(v, list) else map(_text, v.tolist()) for v in values]
    with (
        atomic(path) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as file,
    ):
        lines = csv.writer(file, lineterminator="\n")
        lines.writerows(heads)
        lines.writerows(zip(*texts, strict=True))


def _text(value):
    """Return a number in full, nothing for NaN."""
    return str(value) if value == value else ""


def read_trackmate_csv(spots, edges=None, *, um_per_px=None):
    """Read TrackMate's tables of spots and edges, also our own.

    Parameters
    ----------
    spots : str or Path
        Table of spots, or the folder of `write_trackmate_csv`.
    edges : str or Path, optional
        Table of edges. Without it, spots stay single.
    um_per_px : float, optional
        Tables do not hold the pixel size: needed if positions are not in pixels.

    Returns
    -------
    Tracked
        Without labels.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    ValueError
        If a table lacks a column or holds something else, or `um_per_px` is needed.
    """
    spots = Path(spots)
    if spots.is_dir():
        spots, edges = spots / FILES["spots"], edges or spots / FILES["edges"]
    table, unit = _read(spots, ("ID", "POSITION_X", "POSITION_Y", "FRAME"))
    px = _pixel(spots, unit["POSITION_X"], um_per_px)
    rows = np.zeros(len(table["ID"]), TRACK_DTYPE)
    rows["frame"] = _numbers(spots, table, "FRAME")
    for name in "yx":
        rows[name] = _numbers(spots, table, f"POSITION_{name.upper()}") / px
    rows["area"] = np.nan
    if "AREA" in table:
        rows["area"] = _numbers(spots, table, "AREA") / px**2
    elif "RADIUS" in table:
        rows["area"] = np.pi * (_numbers(spots, table, "RADIUS") / px) ** 2
    own = np.zeros(len(rows), int)
    if LABEL in table and BRANCH in table:
        rows["label"], own = (_numbers(spots, table, key) for key in (LABEL, BRANCH))
    pairs = _pairs(edges, spots, table) if edges else np.zeros((0, 2), int)
    tracks, notes = tracks_of(rows, pairs, own)
    return Tracked(tracks, None, _scale(table, unit, um_per_px), notes)


def _read(path, needed):
    """Return the columns of a table by key, and their units."""
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = [line for line in csv.reader(file) if line]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} is no table ({error})") from error
    keys = lines[0] if lines else []
    missing = [key for key in needed if key not in keys]
    if missing:
        raise ValueError(
            f"{path} is no table of TrackMate: it lacks {', '.join(missing)}"
        )
    body = 1
    while body < len(lines) and not _is_number(lines[body], keys.index(needed[-1])):
        body += 1
    for number, line in enumerate(lines[body:], body + 1):
        if len(line) != len(keys):
            raise ValueError(
                f"line {number} of {path} has {len(line)} values, expected {len(keys)}"
            )
    units = lines[body - 1] if body > 1 else [""] * len(keys)
    columns = zip(keys, zip(*lines[body:], strict=True), strict=False)
    table = {key: [] for key in keys} | {key: list(column) for key, column in columns}
    return table, {
        key: unit.strip("()") for key, unit in zip(keys, units, strict=False)
    }


def _is_number(line, column):
    """Tell whether a line holds a number there: headers do not."""
    try:
        float(line[column])
    except (ValueError, IndexError):
        return False
    return True


def _numbers(path, table, key):
    """Return a column as numbers, NaN where it is empty."""
    try:
        return np.array([float(text or "nan") for text in table[key]])
    except ValueError as error:
        raise ValueError(f"column {key} of {path}: {error}") from error


def _pixel(path, unit, um_per_px):
    """Return the size of a pixel in the unit of the positions."""
    if unit.lower() in ("", "pixel", "pixels", "px"):
        return 1.0
    if unit.lower() not in UM or not um_per_px:
        raise ValueError(f"positions in {path} are in {unit}: say um_per_px=")
    return um_per_px / UM[unit.lower()]


def _pairs(path, spots, table):
    """Return the links as pairs of rows of the table of spots."""
    row = {text: k for k, text in enumerate(table["ID"])}
    links, _ = _read(Path(path), ("SPOT_SOURCE_ID", "SPOT_TARGET_ID"))
    ends = (links["SPOT_SOURCE_ID"], links["SPOT_TARGET_ID"])
    try:
        pairs = [[row[one], row[other]] for one, other in zip(*ends, strict=True)]
    except KeyError as error:
        raise ValueError(
            f"{path} links spot {error}, which {spots} does not have; these tables do "
            f"not belong together"
        ) from error
    return np.array(pairs, int).reshape(-1, 2)


def _scale(table, unit, um_per_px):
    """Return the scale that the tables tell."""
    minutes = MINUTES.get(unit.get("POSITION_T", "").lower())
    if not minutes or not table["ID"]:
        return Scale(um_per_px, None)
    time, frame = (np.array(table[key], float) for key in ("POSITION_T", "FRAME"))
    late = frame.argmax()
    return Scale(um_per_px, minutes * time[late] / frame[late] if frame[late] else None)
