"""Link a label movie on disk and write what is read off its tracks."""

from pathlib import Path

import numpy as np

from ..files.ctc import write_ctc
from ..files.images import image_paths, read_scale
from ..files.labels import read_label_movie, write_labels
from ..files.tables import write_csv
from ..track import TrackParams, edge_stats, link, relabel_by_track, track_stats
from .batch import make_folder


def track_files(
    paths,
    out,
    params=None,
    *,
    um_per_px=None,
    minutes_per_frame=None,
    overwrite=False,
):
    """Link the label images of a movie and write everything read off the tracks.

    Written are ``tracks.csv`` (a row per object and frame), ``edges.csv`` (a row
    per step), ``track_stats.csv`` (a row per track), ``tracks.tif`` (labels are
    track numbers), ``ctc`` (Cell Tracking Challenge) and ``track.yaml``.

    Parameters
    ----------
    paths : str, Path or list of these
        A label movie, a folder with one file a frame, or the files.
    out : str or Path
    params : TrackParams, optional
    um_per_px, minutes_per_frame : float, optional
        By default as stored in the file, else 1 (px and frames).
    overwrite : bool
        Replace tracks that are there already.

    Returns
    -------
    labels : (T, H, W) ndarray of int32
    tracks : structured ndarray of TRACK_DTYPE

    Raises
    ------
    ValueError
        If there are fewer than two frames, these are no labels, or `out` holds
        tracks already.
    """
    out = Path(out)
    if (out / "tracks.csv").exists() and not overwrite:
        raise ValueError(
            f"{out} holds tracks already; choose another folder or say --overwrite"
        )
    files = image_paths(paths)
    labels = read_label_movie(files)
    if len(labels) < 2:
        raise ValueError(
            f"tracking needs at least 2 frames, {files[0]} has 1; pass a movie or "
            f"the folder of all frames"
        )
    stored = read_scale(files[0])
    um_per_px = um_per_px or stored.um_per_px
    minutes_per_frame = minutes_per_frame or stored.minutes_per_frame
    params = params or TrackParams()
    tracks = link(labels, params)
    make_folder(out)
    params.save(out / "track.yaml")
    write_tracks(out, labels, tracks, um_per_px, minutes_per_frame)
    return labels, tracks


def write_tracks(out, labels, tracks, um_per_px=None, minutes_per_frame=None):
    """Write tracks in all their forms into `out`; the CSV of tracks comes last."""
    out = Path(out)
    scale = {"um_per_px": um_per_px, "minutes_per_frame": minutes_per_frame}
    units = {name: value or 1.0 for name, value in scale.items()}
    write_ctc(out / "ctc", labels, tracks)
    write_labels(out / "tracks.tif", relabel_by_track(labels, tracks), **scale)
    write_csv(out / "edges.csv", edge_stats(tracks, **units))
    write_csv(out / "track_stats.csv", track_stats(tracks, **units))
    write_csv(out / "tracks.csv", tracks)


def summarize(tracks):
    """Return what the tracks hold, in a few words."""
    n_tracks = np.unique(tracks["track_id"]).size
    mothers = np.unique(tracks["parent_id"])
    n_divisions = np.count_nonzero(mothers)
    return f"{n_tracks} tracks, {n_divisions} divisions"
