"""Link the labels of a whole experiment: frame by frame, from and to OME-Zarr."""

from pathlib import Path

import numpy as np

from ..files.geff import write_geff
from ..files.pieces import one_piece
from ..scale import open_labels, open_source
from ..scale.labelled import write_movie
from ..track import TrackParams, fit_params, link
from .batch import make_folder
from .expecting import foretell_tracking
from .track_formats import MOVIE, TrackFormats, remove_older, write_tables

NAME = "tracks"
WITHOUT_PIXELS = ("trackmate_csv",)


def track_zarr(
    path,
    out,
    params=None,
    *,
    images=None,
    channel=None,
    formats=None,
    expect=None,
    **px,
):
    """Link labels in an OME-Zarr; one frame is held at a time.

    Written are the tables of `labkit.pipeline.track_files`, ``tracks.zarr`` (labels
    are track numbers) and GEFF, or the formats asked for; all but GEFF and TrackMate's
    tables hold the whole movie.

    Parameters
    ----------
    path : str or Path
        As of `labkit.scale.open_labels`.
    out, params, images, channel, formats, expect
        As of `labkit.pipeline.track_files`, checked.
    **px
        um_per_px and minutes_per_frame; None for those in the file.

    Returns
    -------
    labels : labkit.scale.LabelMovie
    tracks : structured ndarray of TRACK_DTYPE
    """
    labels = open_labels(path)
    if len(labels) < 2:
        raise ValueError(f"tracking needs at least 2 frames, {labels.path} has 1")
    if out / MOVIE in labels.path.parents:
        raise ValueError(f"{labels.path} would be replaced; choose another folder")
    source = None if images is None else _open_images(images, channel, labels.shape)
    scale = {name: value or getattr(labels, name) for name, value in px.items()}
    how = (source, params, formats or ["geff"], scale)

    def some(n, folder):
        _link_and_write(folder, labels.first(n), *how)

    foretell_tracking(expect, labels.shape, some)
    return labels, _link_and_write(out, labels, *how)


def _link_and_write(out, labels, source, params, formats, scale):
    """Link, write everything into `out`, and return the tracks."""
    tracks = link(labels, params)
    make_folder(out)
    remove_older(out)
    params = fit_params(tracks, params) if len(tracks) else params or TrackParams()
    params.save(out / "track.yaml")
    _write_labels(out, labels, tracks, scale)
    others = [name for name in formats if name != "geff"]
    movie = raw = None
    if not set(others) <= set(WITHOUT_PIXELS):
        movie = one_piece(np.stack(list(labels)))
        raw = source and np.stack([source.read(t) for t in range(len(labels))])
    make = TrackFormats(out, movie, tracks, raw, None, scale, params)
    for name in others:
        make.write(name)
    if "geff" in formats:
        _write_geff(out, tracks, source, scale)
    write_tables(out, tracks, **scale)
    return tracks


def _write_labels(out, labels, tracks, scale):
    """Write the labels with the number of their track."""
    first = np.argsort(tracks["frame"], kind="stable")
    ends = np.cumsum(np.bincount(tracks["frame"], minlength=len(labels)))
    rows = np.split(tracks[first], ends[:-1])
    numbers = [(one["label"], one["track_id"]) for one in rows]
    how = {"shape": labels.shape, "numbers": numbers.__getitem__, **scale}
    write_movie(out / MOVIE, NAME, labels, **how)


def _write_geff(out, tracks, source, scale):
    """Write GEFF that names the labels and, if it is one file, the raw movie."""
    files = [] if source is None else sorted({part.path for part in source.parts})
    image = files[0] if len(files) == 1 else None
    movies = {"labels_path": out / MOVIE / "labels" / NAME, "labels_hold": "track_id"}
    write_geff(out / "tracks.geff", tracks, image_path=image, **movies, **scale)


def _open_images(images, channel, shape):
    """Open the raw movie, which must fit the labels."""
    one = isinstance(images, list | tuple) and len(images) == 1
    source = open_source(Path(images[0]) if one else images, channel=channel)
    if source.shape != shape:
        raise ValueError(
            f"the images have shape {source.shape}, the labels {shape}; they must "
            f"show the same frames and pixels"
        )
    return source
