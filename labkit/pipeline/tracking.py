"""Link a label movie on disk and write what is read off its tracks."""

from pathlib import Path

import numpy as np

from ..files import arrays
from ..files.images import image_paths, read_movie, read_scale, write_image
from ..files.labels import read_label_movie, write_labels
from ..files.pieces import one_piece
from ..scale.arrays import is_zarr
from ..track import TrackParams, fit_params, link, relabel_by_track
from ..words import counted
from .batch import make_folder
from .expecting import foretell_tracking
from .pairs import check_whole
from .track_formats import (
    RAW,
    SHOWN,
    TRACK_DEFAULTS,
    TrackFormats,
    check_formats,
    check_inputs,
    remove_older,
    write_tables,
)
from .tracking_zarr import track_zarr

KEPT = 14e-9  # GB a pixel: copies of all labels while they are written


def track_files(
    paths,
    out,
    params=None,
    *,
    images=None,
    channel=None,
    formats=None,
    um_per_px=None,
    minutes_per_frame=None,
    overwrite=False,
    warn=None,
    expect=None,
):
    """Link the label images of a movie and write everything read off the tracks.

    Written are ``tracks.csv`` (a row per object and frame), ``edges.csv`` (a row
    per step), ``track_stats.csv`` (a row per track), ``tracks.tif`` (labels are
    track numbers), ``tracks_raw.tif`` (if images are given), ``track.yaml``,
    ``units.yaml`` (of the tables, and what they come from), and the formats that are
    asked for. Of objects in several pieces the largest is tracked.

    Labels in an OME-Zarr are read frame by frame and written as ``tracks.zarr`` and
    GEFF: see `labkit.pipeline.tracking_zarr.track_zarr`.

    Parameters
    ----------
    paths : str, Path or list of these
        A label movie, a folder with one file a frame, the files, or an OME-Zarr with
        labels.
    out : str or Path
    params : TrackParams, optional
    images : str, Path or list of these, optional
        The raw movie, to look at below the tracks.
    channel : int or str, optional
        Of the raw movie, as in `labkit.files.images.read_movie`.
    formats : str or list of str, optional
        Keys of `labkit.pipeline.TRACK_FORMATS`. Default: TrackMate and the Cell
        Tracking Challenge, or GEFF for what is too large for them.
    um_per_px, minutes_per_frame : float, optional
        By default as stored in the files, else 1 (px and frames).
    overwrite : bool
        Replace tracks that are there already.
    warn : callable, optional
        Called with a sentence for each thing that could not be written.
    expect : callable, optional
        Called with a `labkit.pipeline.expecting.Expected` before the work, if it is
        more than a few seconds.

    Returns
    -------
    labels : (T, H, W) ndarray of int32
        Each object in one piece; of an OME-Zarr a `labkit.scale.LabelMovie`.
    tracks : structured ndarray of TRACK_DTYPE

    Raises
    ------
    ValueError
        If there are fewer than two frames, these are no labels, images and labels
        differ in shape, a format is unknown, or `out` holds tracks already.
    """
    out = Path(out)
    formats = check_formats(formats, images is not None)
    if (out / "tracks.csv").exists() and not overwrite:
        raise ValueError(
            f"{out} holds tracks already; choose another folder or say --overwrite"
        )
    scale = {"um_per_px": um_per_px, "minutes_per_frame": minutes_per_frame}
    how = {"images": images, "formats": formats}
    path = _one_zarr(paths)
    if path is not None:
        how |= {"channel": channel, "expect": expect, **scale}
        return track_zarr(path, out, params, **how)
    files = image_paths(paths)
    labels, stored = _read_all(files, out)
    if images is not None:
        shown = image_paths(images)
        check_inputs(out, shown)
        how["images"], more = _read_images(shown, channel, labels.shape)
        stored = [one or other for one, other in zip(stored, more, strict=True)]
    scale = [value or old for value, old in zip(scale.values(), stored, strict=True)]

    def some(n, folder):
        part = {**how, "images": None if images is None else how["images"][:n]}
        _link_and_write(folder, labels[:n], scale, params, warn=None, **part)

    foretell_tracking(expect, labels.shape, some, KEPT)
    return labels, _link_and_write(out, labels, scale, params, warn=warn, **how)


def _read_all(files, out):
    """Read a movie of labels, and its scale."""
    labels = _in_one_piece(read_label_movie(files), files[0])
    if len(labels) < 2:
        raise ValueError(
            f"tracking needs at least 2 frames, {files[0]} has 1; pass a movie or "
            f"the folder of all frames"
        )
    check_inputs(out, files)
    return labels, read_scale(files[0])


def _link_and_write(out, labels, scale, params, **options):
    """Link, write everything into `out`, and return the tracks."""
    params = params or TrackParams()
    tracks = link(labels, params)
    make_folder(out)
    params = fit_params(tracks, params) if len(tracks) else params
    params.save(out / "track.yaml")
    write_tracks(out, labels, tracks, *scale, params=params, **options)
    return tracks


def _one_zarr(paths):
    """Return the OME-Zarr that is meant, None if these are files."""
    paths = [paths] if isinstance(paths, str | Path) else list(paths)
    return Path(paths[0]) if len(paths) == 1 and is_zarr(paths[0]) else None


def _in_one_piece(labels, path):
    """Keep the largest piece of each object; refuse what is in shreds: no labels."""
    whole = one_piece(labels)
    check_whole(labels, whole, path, "and the raw movie with --images")
    return whole


def _read_images(files, channel, shape):
    """Return the raw movie, which must fit the labels, and its scale."""
    images = read_movie(files, channel=channel)
    if images.shape != shape:
        raise ValueError(
            f"the images have shape {images.shape}, the labels {shape}; they must "
            f"show the same frames and pixels"
        )
    return images, read_scale(files[0])


def write_tracks(
    out,
    labels,
    tracks,
    um_per_px=None,
    minutes_per_frame=None,
    *,
    images=None,
    formats=None,
    params=None,
    warn=None,
):
    """Write tracks in all their forms into `out`; the CSV of tracks comes last.

    Parameters are those of `track_files`, as arrays.
    """
    out, warn = Path(out), warn or (lambda text: None)
    scale = {"um_per_px": um_per_px, "minutes_per_frame": minutes_per_frame}
    labels = one_piece(labels)
    by_track = relabel_by_track(labels, tracks)
    remove_older(out)
    shown = _write_movies(out, by_track, images, scale, warn)
    params = fit_params(tracks, params) if len(tracks) else params or TrackParams()
    make = TrackFormats(out, labels, tracks, images, shown, scale, params)
    wanted = list(TRACK_DEFAULTS if formats is None else formats)
    while wanted:
        name = wanted.pop(0)
        try:
            make.write(name)
        except ValueError as error:
            if formats is not None or name == "geff":
                raise
            warn(f"{name} is left out, geff written instead: {error}")
            wanted = [*(one for one in wanted if one != "geff"), "geff"]
    write_tables(out, tracks, **scale)


def _write_movies(out, labels, images, scale, warn):
    """Write the movies to look at; return the best of them, None if there is none."""
    shown, n_bytes = None, labels.size * (2 if labels.max() < 65536 else 4)
    movies = [(SHOWN, labels, write_labels, n_bytes)]
    if images is not None:
        movies.append((RAW, images, write_image, images.nbytes))
    for name, movie, write, size in movies:
        if size > arrays.TIFF_LIMIT:
            warn(f"{name} is left out: it is larger than an ImageJ TIFF holds, 4 GiB")
            continue
        shown = out / name
        write(shown, movie, **scale)
    return shown


def summarize(tracks):
    """Return what the tracks hold, in a few words."""
    n_tracks = np.unique(tracks["track_id"]).size
    mothers = np.unique(tracks["parent_id"])
    n_divisions = np.count_nonzero(mothers)
    return f"{counted(n_tracks, 'track')}, {counted(n_divisions, 'division')}"
