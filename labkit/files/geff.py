"""Tracks as GEFF, the graph exchange format for tracking: a folder in Zarr.

Nodes are objects, edges are links; see https://liveimagetrackingtools.org/geff. Made
for sizes that no longer fit into XML. Positions stay in pixels and frames, the axes
say what a pixel and a frame are.
"""

import os
from pathlib import Path

import numpy as np

from ..labels import TRACK_DTYPE
from .atomic import atomic_folder
from .graphs import branches, tracks_of, trees
from .lineage import Tracked, check_scale, check_tracks, links
from .scale import MINUTES, UM, Scale

_MARKS = (".zgroup", "zarr.json")  # one of these lies in every group of Zarr
_PIXELS = (None, "", "pixel", "frame")


def write_geff(
    path,
    tracks,
    *,
    um_per_px=None,
    minutes_per_frame=None,
    labels_path=None,
    labels_hold="label",
    image_path=None,
):
    """Write tracks as GEFF.

    Properties of nodes: t (frame), y, x (px), label, track_id, area and radius (px;
    missing where unknown), tracklet and lineage as GEFF defines them.

    Parameters
    ----------
    path : str or Path
        The folder, ``.geff`` by custom. An older one is replaced.
    tracks : structured ndarray of labkit.labels.TRACK_DTYPE
    um_per_px, minutes_per_frame : float, optional
        Stored as scales of the axes.
    labels_path, image_path : str or Path, optional
        Label movie and raw movie that belong to the tracks, to be named in the file.
    labels_hold : {"label", "track_id"}
        What the values of that label movie are.

    Raises
    ------
    ValueError, TypeError
        If `tracks` is no table of tracks, or `path` is something else than GEFF.
    PermissionError
        If the folder cannot be written to.
    """
    check_scale(um_per_px, minutes_per_frame)
    path, tracks = Path(path), check_tracks(tracks)
    if path.is_dir() and not is_zarr(path):
        raise ValueError(
            f"cannot write {path}: there is a folder that is no GEFF; choose another "
            f"name, such as tracks.geff"
        )
    if labels_hold not in ("label", "track_id"):
        raise ValueError(
            f"`labels_hold` must be 'label' or 'track_id', got {labels_hold!r}"
        )
    from geff.core_io import write_arrays
    from geff_spec import GeffMetadata

    edges = links(tracks)
    related = [
        _related("labels", labels_path, path, node_prop=labels_hold),
        _related("image", image_path, path),
    ]
    unknown = np.isnan(tracks["area"])
    metadata = GeffMetadata(
        directed=True,
        axes=_axes(um_per_px, minutes_per_frame),
        node_props_metadata={},
        edge_props_metadata={},
        sphere=None if unknown.any() else "radius",
        track_node_props={"tracklet": "tracklet", "lineage": "lineage"},
        related_objects=[one for one in related if one] or None,
        extra={"labkit": {"area_unit": "px"}},
    )
    nodes = np.arange(len(tracks), dtype=np.uint64)
    with atomic_folder(path) as temporary:
        write_arrays(
            str(temporary),
            nodes,
            _properties(tracks, edges, unknown),
            edges.astype(np.uint64),
            {},
            metadata,
        )


def is_zarr(path):
    """Tell whether a folder is a group of Zarr, such as GEFF."""
    return any((Path(path) / mark).is_file() for mark in _MARKS)


def _axes(um_per_px, minutes_per_frame):
    """Return the axes t, y, x."""
    from geff_spec import Axis

    time, space = {}, {}
    if minutes_per_frame:
        time = {"scale": minutes_per_frame, "scaled_unit": "minute"}
    if um_per_px:
        space = {"scale": um_per_px, "scaled_unit": "micrometer"}
    return [
        Axis(name="t", type="time", unit="frame", **time),
        Axis(name="y", type="space", unit="pixel", **space),
        Axis(name="x", type="space", unit="pixel", **space),
    ]


def _related(kind, file, path, **options):
    """Return how GEFF names a file that belongs to it, None without one."""
    from geff_spec import RelatedObject

    if file is None:
        return None
    relative = os.path.relpath(Path(file).absolute(), path.absolute())
    return RelatedObject(type=kind, path=Path(relative).as_posix(), **options)


def _properties(tracks, edges, unknown):
    """Return the properties of the nodes."""
    maximal = tracks.copy()
    branches(maximal, edges)  # a daughter without sister goes on in the same tracklet
    area = np.nan_to_num(tracks["area"])
    columns = {
        "t": tracks["frame"].astype(np.int64),
        "y": tracks["y"],
        "x": tracks["x"],
        "label": tracks["label"].astype(np.int64),
        "track_id": tracks["track_id"].astype(np.int64),
        "tracklet": maximal["track_id"].astype(np.int64),
        "lineage": trees(len(tracks), edges).astype(np.int64) + 1,
        "area": area,
        "radius": np.sqrt(area / np.pi),
    }
    missing = dict.fromkeys(("area", "radius"), unknown) if unknown.any() else {}
    return {
        name: {"values": values, "missing": missing.get(name)}
        for name, values in columns.items()
    }


def read_geff(path, *, um_per_px=None):
    """Read tracks from GEFF: ours, or of another program.

    Where tracks merge, the nearest goes on and the others end; `notes` says so.

    Parameters
    ----------
    path : str or Path
    um_per_px : float, optional
        Pixel size, needed where the file has positions in micrometres only.

    Returns
    -------
    Tracked
        Without labels. Areas are NaN if the file is not ours.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    ValueError
        If it is no GEFF, or damaged, or without time and two axes of space.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"there is no folder {path}")
    from geff.core_io import read_to_memory

    try:
        graph = read_to_memory(str(path))
    except Exception as error:  # zarr, pydantic and geff raise many kinds
        text = " ".join(str(error).split())
        raise ValueError(
            f"cannot read {path}: no GEFF, or damaged ({type(error).__name__}: {text})"
        ) from error
    nodes, notes = graph["node_ids"], []
    spots = np.zeros(len(nodes), TRACK_DTYPE)
    scale = _place(path, spots, graph, um_per_px, notes)
    spots["label"] = _column(graph, _label_name(graph["metadata"]), 0)
    spots["area"] = np.nan
    if "labkit" in (graph["metadata"].extra or {}):
        spots["area"] = _column(graph, "area", np.nan)
    if not np.isin(graph["edge_ids"], nodes).all():
        raise ValueError(f"cannot read {path}: links name nodes that are not there")
    order = np.argsort(nodes)
    edges = order[np.searchsorted(nodes[order], graph["edge_ids"])].reshape(-1, 2)
    tracks, more = tracks_of(spots, edges, _column(graph, "track_id", 0))
    return Tracked(tracks, None, scale, notes + more)


def _place(path, spots, graph, um_per_px, notes):
    """Fill in frame, y and x; return the scale."""
    axes = graph["metadata"].axes or []
    times = [axis for axis in axes if axis.type == "time"]
    spaces = [axis for axis in axes if axis.type == "space"]
    if len(times) != 1 or len(spaces) < 2:
        raise ValueError(
            f"{path} has {len(times)} axes of time and {len(spaces)} of space; tracks "
            f"need one and two"
        )
    pair = [_called(spaces, "y", spaces[-2]), _called(spaces, "x", spaces[-1])]
    notes += [
        f"positions along {axis.name} were left out"
        for axis in spaces
        if axis not in pair and np.any(_column(graph, axis.name, 0))
    ]
    frames, minutes = _frames(_column(graph, times[0].name, 0), times[0], notes)
    spots["frame"] = frames
    for name, axis in zip("yx", pair, strict=True):
        spots[name] = _column(graph, axis.name, np.nan)
    axis = pair[1]
    if axis.unit in _PIXELS:
        um = UM.get(axis.scaled_unit or "")
        return Scale(um * axis.scale if um else um_per_px, minutes)
    um = UM.get(axis.unit)
    if um is None or not um_per_px:
        raise ValueError(f"positions in {path} are in {axis.unit}: say um_per_px=")
    for name in "yx":
        spots[name] *= um / um_per_px
    return Scale(um_per_px, minutes)


def _called(axes, name, otherwise):
    """Return the axis called x, POSITION_X or so; `otherwise` if there is none."""
    found = (axis for axis in axes if axis.name.lower().split("_")[-1] == name)
    return next(found, otherwise)


def _frames(values, axis, notes):
    """Return frames from 0, and the minutes between two where the axis says it."""
    steps = np.diff(np.unique(values))
    if axis.unit in _PIXELS and (values == np.round(values)).all():
        minutes = MINUTES.get(axis.scaled_unit or "")
        return values, minutes * axis.scale if minutes else None
    step = steps.min(initial=np.inf)
    step = step if np.isfinite(step) else 1.0
    notes.append(f"times became frames: one is {step:g} {axis.unit or 'units'}")
    minutes = MINUTES.get(axis.unit or "")
    return np.round(values / step), minutes * step if minutes else None


def _label_name(metadata):
    """Return the property that holds the label."""
    for one in metadata.related_objects or []:
        if one.type == "labels" and one.node_prop not in (None, "track_id"):
            return one.node_prop
    return "label"


def _column(graph, name, unknown):
    """Return a property of the nodes; `unknown` where it is missing."""
    found = graph["node_props"].get(name)
    if (
        found is None
        or found["values"].ndim != 1
        or found["values"].dtype.kind not in "uif"
    ):
        return np.full(len(graph["node_ids"]), unknown)
    missing = found.get("missing")
    if missing is None:
        return found["values"]
    return np.where(missing, unknown, found["values"])
