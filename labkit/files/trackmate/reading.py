"""Read a TrackMate session: ours, or one that was detected, linked or edited there."""

from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from ...labels import TRACK_DTYPE, from_polygons
from ...objects import polygon_area
from ..graphs import tracks_of
from ..lineage import Tracked, by_frame
from ..planes import first_bytes
from ..scale import MINUTES, UM, Scale
from .features import BRANCH, LABEL

_SNAP = 0.02  # px; what lies so near to a pixel edge is meant to be on it


def read_trackmate(path, *, shape=None, hidden=False):
    """Read tracks, and labels where the spots have contours, from TrackMate.

    A track of TrackMate is a family tree; here each branch is a track. What
    `write_trackmate` wrote gets its numbers back, unless links have been edited. Of
    tracks that merge, the nearest goes on and the others end; `notes` says how often.

    Parameters
    ----------
    path : str or Path
        An ``.xml`` saved by TrackMate 2.1 or later.
    shape : (int, int, int), optional
        (T, H, W) of the labels. Default: as the file says.
    hidden : bool
        Keep spots and tracks that TrackMate's filters hide.

    Returns
    -------
    Tracked
        `labels` is None if no spot has a contour. Where contours overlap, the
        smaller is on top.

    Raises
    ------
    FileNotFoundError, PermissionError
        If the file is not there or may not be read.
    ValueError
        If it is no TrackMate session, or damaged.
    """
    path = Path(path)
    first_bytes(path)
    root = _root(path)
    try:
        return _read(root, shape, hidden)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        detail = f"lacks {error}" if isinstance(error, KeyError) else error
        raise ValueError(
            f"cannot read {path}: not what TrackMate writes, or damaged ({detail}); "
            f"save it again in TrackMate"
        ) from error


def _root(path):
    """Return the root of the XML, or raise ValueError."""
    try:
        root = ElementTree.parse(path).getroot()
    except (ElementTree.ParseError, UnicodeError) as error:
        raise ValueError(
            f"cannot read {path}: no XML, or cut off ({error}); save it again"
        ) from error
    if root.tag == "Tracks":
        raise ValueError(
            f"cannot read {path}: these are TrackMate's simplified tracks, without "
            f"divisions; use the file of its Save button"
        )
    if root.tag != "TrackMate" or root.find("Model/AllSpots") is None:
        raise ValueError(
            f"cannot read {path}: no TrackMate session (it begins with <{root.tag}>)"
        )
    return root


def _read(root, shape, hidden):
    """Read a session."""
    px_y, px_x, scale, notes = _scale(root)
    elements = [e for e in root.iter("Spot") if hidden or _visible(e)]
    edges, n_hidden = _edges(root, elements, hidden)
    kept = ~np.isin(np.arange(len(elements)), n_hidden)
    n_left = sum(1 for _ in root.iter("Spot")) - np.count_nonzero(kept)
    if n_left:
        notes.append(f"{n_left} spots that TrackMate hides were left out (hidden=True)")
    elements = [e for e, keep in zip(elements, kept, strict=True) if keep]
    edges = (np.cumsum(kept) - 1)[edges]
    spots = _spots(elements, px_y, px_x)
    if any(float(e.get("POSITION_Z", 0)) for e in elements):
        notes.append("positions along z were left out")
    polygons = [
        _polygon(e, spot, px_y, px_x) for e, spot in zip(elements, spots, strict=True)
    ]
    _fill_areas(spots, elements, polygons, px_y * px_x)
    own = [int(float(e.get(BRANCH, 0))) for e in elements]
    tracks, more = tracks_of(spots, edges, own)
    labels = _labels(root, shape, spots, polygons, notes)
    return Tracked(tracks, labels, scale, notes + more)


def _visible(element):
    """Tell whether a spot passes TrackMate's filters."""
    return float(element.get("VISIBILITY", 1)) > 0


def _scale(root):
    """Return pixel height and width, the scale, and notes."""
    image, model, notes = root.find("Settings/ImageData"), root.find("Model"), []
    if image is None:
        return 1.0, 1.0, Scale(), ["the file does not say the pixel size: 1 was taken"]
    px_y, px_x = float(image.get("pixelheight")), float(image.get("pixelwidth"))
    if not (0 < px_y < np.inf and 0 < px_x < np.inf):
        raise ValueError(f"pixels are {px_y} x {px_x} large")
    um = UM.get(model.get("spatialunits", "").lower())
    minutes = MINUTES.get(model.get("timeunits", "").lower())
    interval = float(image.get("timeinterval", 0))
    if abs(px_x / px_y - 1) > 0.01:
        um = None
        notes.append(f"pixels are not square ({px_y} x {px_x}): the scale is left out")
    minutes = minutes * interval if minutes and interval > 0 else None
    return px_y, px_x, Scale(um * px_x if um else None, minutes), notes


def _edges(root, elements, hidden):
    """Return links as pairs of spots, and the spots of tracks that are filtered out."""
    known = {int(e.attrib["ID"]) for e in root.iter("Spot")}
    number = {int(e.attrib["ID"]): k for k, e in enumerate(elements)}
    if len(number) < len(elements):
        raise ValueError("two spots have the same ID")
    shown = {e.attrib["TRACK_ID"] for e in root.iter("TrackID")}
    edges, left_out = [], set()
    for track in root.findall("Model/AllTracks/Track"):
        ends = [
            [int(e.attrib[f"SPOT_{end}_ID"]) for end in ("SOURCE", "TARGET")]
            for e in track.iter("Edge")
        ]
        lost = {spot for pair in ends for spot in pair} - known
        if lost:
            raise ValueError(f"a link names spot {min(lost)}, which is not there")
        pairs = [[number.get(spot) for spot in pair] for pair in ends]
        if hidden or track.attrib["TRACK_ID"] in shown:
            edges += [pair for pair in pairs if None not in pair]
        else:
            left_out.update(k for pair in pairs for k in pair if k is not None)
    return np.array(edges, int).reshape(-1, 2), sorted(left_out)


def _spots(elements, px_y, px_x):
    """Return the spots as rows without tracks."""
    spots = np.zeros(len(elements), TRACK_DTYPE)
    names = {"frame": "FRAME", "y": "POSITION_Y", "x": "POSITION_X"}
    for name, key in names.items():
        spots[name] = [float(e.attrib[key]) for e in elements]
    spots["y"] /= px_y
    spots["x"] /= px_x
    spots["label"] = [int(float(e.get(LABEL, 0))) for e in elements]
    return spots


def _polygon(element, spot, px_y, px_x):
    """Return the contour of a spot (row, col) in px, None without one."""
    n = int(element.get("ROI_N_POINTS", 0))
    if n < 3:
        return None
    xy = np.array(element.text.split(), float)[: 2 * n].reshape(n, 2)
    polygon = xy[:, ::-1] / (px_y, px_x) + (spot["y"], spot["x"])
    edges = np.round(polygon - 0.5) + 0.5
    return edges if np.abs(polygon - edges).max() < _SNAP else polygon


def _fill_areas(spots, elements, polygons, px_area):
    """Fill in the areas: as said, else of the contour, else of the circle."""
    for spot, element, polygon in zip(spots, elements, polygons, strict=True):
        if "AREA" in element.attrib:
            spot["area"] = float(element.attrib["AREA"]) / px_area
        elif LABEL in element.attrib:
            spot["area"] = np.nan
        elif polygon is not None:
            spot["area"] = polygon_area(polygon)
        else:
            spot["area"] = np.pi * float(element.attrib["RADIUS"]) ** 2 / px_area


def _labels(root, shape, spots, polygons, notes):
    """Paint the contours, larger ones first; None if there are none."""
    n_bare = sum(polygon is None for polygon in polygons)
    if n_bare == len(polygons):
        return None
    image = root.find("Settings/ImageData")
    if shape is None and image is None:
        notes.append("the file does not say how large the image is: pass shape=")
        return None
    keys = ("nframes", "height", "width")
    shape = shape or tuple(int(float(image.attrib[key])) for key in keys)
    shape = (max(shape[0], int(spots["frame"].max()) + 1), *shape[1:])
    labels = np.zeros(shape, np.int32)
    for t, rows in by_frame(spots, shape[0]):
        some = [k for k in rows.tolist() if polygons[k] is not None]
        some.sort(key=lambda k: -polygon_area(polygons[k]))
        outlines = {int(spots["label"][k]): polygons[k] for k in some}
        if outlines:
            labels[t] = from_polygons(outlines, shape[1:])
    n_lost = sum(
        len(np.setdiff1d(spots["label"][rows], labels[t]))
        for t, rows in by_frame(spots, shape[0])
    )
    if n_lost:
        notes.append(
            f"{n_lost} spots have no pixel in the labels (no contour, or hidden)"
        )
    return labels
