"""Label images as ROIs, and ROIs as label images."""

import re

import numpy as np

from ...labels import from_polygons, to_polygons
from ...objects import polygon_area
from ..labels import check_label_movie
from .shapes import from_polygon, read_archive, to_polygon, write_archive

OUR_NAME = re.compile(r"(?:frame-\d+-)?label-(\d+)$")


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
    rois = read_archive(path)
    return {name: to_polygon(roi, path, name) for name, roi in rois.items()}


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
        As `read_polygons`, if a ROI lies outside the image or movie, and if ROIs of
        several frames are read into one image.
    """
    if len(shape) not in (2, 3) or min(shape) < 1:
        raise ValueError(f"`shape` must be (H, W) or (T, H, W), got {shape}")
    frames = [{} for _ in range(shape[0] if len(shape) == 3 else 1)]
    rois = read_archive(path)
    there = {frame_of(roi) + 1 for roi in rois.values()}
    if len(shape) == 2 and len(there) > 1:
        raise ValueError(
            f"{path} holds ROIs of frames {min(there)} to {max(there)}, `shape` "
            f"{shape} is that of one image; pass (T, H, W)"
        )
    for name, roi in rois.items():
        frame = frame_of(roi) if len(shape) == 3 else 0
        polygon = to_polygon(roi, path, name)
        if frame >= len(frames) or not _touches(polygon, shape[-2:]):
            raise ValueError(
                f"ROI {name!r} in {path} lies outside the shape {shape}; are these the "
                f"ROIs of another image?"
            )
        frames[frame][name] = polygon
    labels = np.stack([_paint(polygons, shape[-2:]) for polygons in frames])
    return labels if len(shape) == 3 else labels[0]


def write_rois(path, labels, *, several_channels=False):
    """Write the outlines of labels for ImageJ's ROI Manager.

    The outlines follow the pixel edges, so that `read_rois` and ImageJ get exactly
    the same pixels back.

    Parameters
    ----------
    path : str or Path
        The ``.zip`` to write.
    labels : (H, W) or (T, H, W) array of int
        Labels; the ROIs of a movie carry their frame.
    several_channels : bool
        Whether the ROIs are for a movie of several channels, such as raw and labels.
        ImageJ keeps the frame in another place there.

    Raises
    ------
    ValueError, TypeError
        If these are no labels, or the name does not end in ``.zip``.
    PermissionError
        If the folder cannot be written to.
    """
    labels = np.asarray(labels)
    is_movie = labels.ndim == 3
    movie = check_label_movie(labels if is_movie else labels[None])
    rois = []
    for frame, plane in enumerate(movie):
        for label, polygon in to_polygons(plane).items():
            name = f"frame-{frame + 1:04d}-" * is_movie + f"label-{label:05d}"
            roi = from_polygon(polygon, name, frame=frame if is_movie else None)
            if is_movie and several_channels:
                roi.position, roi.t_position = 0, frame + 1
            rois.append(roi)
    write_archive(path, rois)


def frame_of(roi):
    """Return the frame of a ROI, from 0; 0 if it has no position."""
    return max(roi.t_position or roi.position, 1) - 1


def _touches(polygon, shape):
    """Tell whether the bounding box of a polygon overlaps the image."""
    low, high = polygon.min(axis=0), polygon.max(axis=0)
    return (high > -0.5).all() and (low < np.array(shape) - 0.5).all()


def _paint(polygons, shape):
    """Paint named polygons into one label image, larger ones first."""
    unique = {polygon.tobytes(): name for name, polygon in reversed(polygons.items())}
    kept = [name for name in polygons if unique[polygons[name].tobytes()] == name]
    ours = [OUR_NAME.match(name) for name in kept]
    numbers = range(1, len(kept) + 1)
    if ours and all(ours):
        numbers = [int(match[1]) for match in ours]
    sized = sorted(
        zip(numbers, (polygons[name] for name in kept), strict=True),
        key=lambda item: -polygon_area(item[1]),
    )
    return from_polygons(dict(sized), shape)
