"""Outlines as ImageJ ROIs: one file for the ROI Manager, in and out.

ImageJ counts from the corner of the first pixel and writes (x, y); labkit counts
from its centre and writes (row, col). So ImageJ coordinates are ours plus 0.5.
"""

import re
import zipfile
from pathlib import Path

import numpy as np

from .atomic import atomic
from .labels import check_label_movie
from .planes import first_bytes

_OUR_NAME = re.compile(r"(?:frame-\d+-)?label-(\d+)$")


def read_polygons(path):
    """Read the outlines in a file of ImageJ.

    Polygon, freehand, traced, rectangle, oval and composite ROIs are read; of
    a composite, all parts are joined by bridges of no width.

    Parameters
    ----------
    path : str or Path
        A ``.zip`` of the ROI Manager, or a single ``.roi``.

    Returns
    -------
    dict of str to (n, 2) ndarray of float
        Name to corners (row, col), in the order of the file.

    Raises
    ------
    FileNotFoundError, PermissionError
        If the file is not there or may not be read.
    ValueError
        If it is damaged, holds no ROIs, or a ROI without area (line, point).
    """
    return {name: _polygon(roi, path, name) for name, roi in _read(path).items()}


def read_rois(path, shape):
    """Read the outlines in a file of ImageJ as labels.

    A pixel belongs to a ROI if its centre lies inside. Larger ROIs are painted
    first, so that a small one on top of a large one is kept; exact duplicates are
    left out. Objects are numbered in the order of the file, except that the names
    written by `write_rois` give the labels back.

    Parameters
    ----------
    path : str or Path
        A ``.zip`` of the ROI Manager, or a single ``.roi``.
    shape : tuple of int
        (H, W) of the image, or (T, H, W) of the movie on which they were drawn.

    Returns
    -------
    (H, W) or (T, H, W) ndarray of int32

    Raises
    ------
    FileNotFoundError, PermissionError, ValueError
        As `read_polygons`, and if a ROI lies outside the image or movie.
    """
    if len(shape) not in (2, 3) or min(shape) < 1:
        raise ValueError(f"`shape` must be (H, W) or (T, H, W), got {shape}")
    frames = [{} for _ in range(shape[0] if len(shape) == 3 else 1)]
    for name, roi in _read(path).items():
        frame = max(roi.t_position or roi.position, 1) - 1 if len(shape) == 3 else 0
        polygon = _polygon(roi, path, name)
        if frame >= len(frames) or not _touches(polygon, shape[-2:]):
            raise ValueError(
                f"ROI {name!r} in {path} lies outside the shape {shape}; are these the "
                f"ROIs of another image?"
            )
        frames[frame][name] = polygon
    labels = np.stack([_paint(polygons, shape[-2:]) for polygons in frames])
    return labels if len(shape) == 3 else labels[0]


def write_rois(path, labels):
    """Write the outlines of labels for ImageJ's ROI Manager.

    The outlines follow the pixel edges, so that `read_rois` and ImageJ get exactly
    the same pixels back.

    Parameters
    ----------
    path : str or Path
        The ``.zip`` to write.
    labels : (H, W) or (T, H, W) array of int
        Labels; the ROIs of a movie carry their frame.

    Raises
    ------
    ValueError, TypeError
        If these are no labels, or the name does not end in ``.zip``.
    PermissionError
        If the folder cannot be written to.
    """
    from ..labels import to_polygons

    if Path(path).suffix.lower() != ".zip":
        raise ValueError(f"cannot write {path}: the name must end in .zip")
    labels = np.asarray(labels)
    is_movie = labels.ndim == 3
    movie = check_label_movie(labels if is_movie else labels[None])
    with (
        atomic(path) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for frame, plane in enumerate(movie):
            for label, polygon in to_polygons(plane).items():
                name = f"frame-{frame + 1:04d}-" * is_movie + f"label-{label:05d}"
                roi = _roi(polygon, name, frame if is_movie else None)
                archive.writestr(f"{name}.roi", roi.tobytes())


def _read(path):
    """Return the ROIs of a file by name, in order."""
    from roifile import ImagejRoi

    path = Path(path)
    start = first_bytes(path)
    try:
        if start[:2] != b"PK":
            return {path.stem: ImagejRoi.fromfile(path)}
        with zipfile.ZipFile(path) as archive:
            entries = [Path(n) for n in archive.namelist() if not n.endswith("/")]
            found = [e for e in entries if e.suffix == ".roi" and e.name[0] != "."]
            rois = [ImagejRoi.frombytes(archive.read(str(e))) for e in found]
    except Exception as error:  # zipfile, zlib, struct and roifile have own kinds
        raise ValueError(
            f"cannot read {path}: not an ImageJ ROI file, or damaged "
            f"({type(error).__name__}: {error}); save it again in the ROI Manager"
        ) from error
    if entries and not found:
        raise ValueError(f"no ROIs in {path}: found {entries[0]}, expected .roi files")
    return {e.stem: roi for e, roi in zip(found, rois, strict=True)}


def _polygon(roi, path, name):
    """Return the corners (row, col) of a ROI, pixel centres on integers."""
    from roifile import ROI_TYPE

    kind = roi.roitype
    if kind in (ROI_TYPE.RECT, ROI_TYPE.OVAL) and not roi.composite:
        xy = _rectangle(roi) if kind == ROI_TYPE.RECT else _oval(roi)
    elif roi.composite:
        xy = _join(roi.coordinates(multi=True))
    elif kind in (ROI_TYPE.POLYGON, ROI_TYPE.FREEHAND, ROI_TYPE.TRACED):
        xy = roi.coordinates()
    else:
        xy = np.empty((0, 2))
    if len(xy) < 3:
        raise ValueError(
            f"ROI {name!r} in {path} is a {kind.name.lower()} without area; remove it "
            f"in the ROI Manager or convert it (Edit > Selection > Line to Area)"
        )
    return np.asarray(xy, np.float64)[:, ::-1] - 0.5


def _bounds(roi):
    """Return left, top, width, height of a rectangle or oval."""
    if roi.subpixelrect:
        return roi.xd, roi.yd, roi.widthd, roi.heightd
    return roi.left, roi.top, roi.right - roi.left, roi.bottom - roi.top


def _rectangle(roi):
    """Return the four corners (x, y) of a rectangle."""
    x, y, width, height = _bounds(roi)
    return np.array([(0, 0), (1, 0), (1, 1), (0, 1)]) * (width, height) + (x, y)


def _oval(roi, n_corners=256):
    """Return corners (x, y) on an ellipse."""
    x, y, width, height = _bounds(roi)
    angle = np.arange(n_corners) * (2 * np.pi / n_corners)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return (circle + 1) / 2 * (width, height) + (x, y)


def _join(parts):
    """Join closed outlines to one, each by a bridge to the first corner."""
    home = parts[0][:1]
    loops = [np.concatenate([part, part[:1], home]) for part in parts]
    return np.concatenate(loops)


def _touches(polygon, shape):
    """Tell whether the bounding box of a polygon overlaps the image."""
    low, high = polygon.min(axis=0), polygon.max(axis=0)
    return (high > -0.5).all() and (low < np.array(shape) - 0.5).all()


def _paint(polygons, shape):
    """Paint named polygons into one label image, larger ones first."""
    from ..labels import from_polygons

    unique = {polygon.tobytes(): name for name, polygon in reversed(polygons.items())}
    kept = [name for name in polygons if unique[polygons[name].tobytes()] == name]
    ours = [_OUR_NAME.match(name) for name in kept]
    numbers = range(1, len(kept) + 1)
    if ours and all(ours):
        numbers = [int(match[1]) for match in ours]
    sized = sorted(
        zip(numbers, (polygons[name] for name in kept), strict=True),
        key=lambda item: -_area(item[1]),
    )
    return from_polygons(dict(sized), shape)


def _area(polygon):
    """Return the area of a polygon (shoelace formula)."""
    y, x = (polygon - polygon[0]).T
    return abs(np.dot(y, np.roll(x, 1)) - np.dot(x, np.roll(y, 1))) / 2


def _roi(polygon, name, frame):
    """Make an ImageJ polygon of corners (row, col) on pixel edges."""
    from roifile import ROI_TYPE, ImagejRoi

    xy = np.round(polygon[:, ::-1] + 0.5).astype(np.int32)
    roi = ImagejRoi.frompoints(xy, name=name, t=frame)
    roi.roitype = ROI_TYPE.POLYGON
    return roi
