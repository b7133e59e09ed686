"""What each format writes for a tracked movie."""

import contextlib
import shutil
from pathlib import Path
from typing import NamedTuple

import numpy as np
import yaml

from ..files.atomic import atomic
from ..files.ctc import write_ctc
from ..files.geff import is_zarr, write_geff
from ..files.hyperstack import write_label_stack, write_raw_and_labels
from ..files.rois import write_rois
from ..files.tables import write_csv
from ..files.trackmate import write_trackmate, write_trackmate_csv
from ..track import edge_stats, relabel_by_track, track_stats

TRACK_FORMATS = {
    "trackmate": "TrackMate in Fiji, opens at its display step: tracks.xml",
    "trackmate_csv": "TrackMate's tables: trackmate/spots.csv, edges.csv, tracks.csv",
    "ctc": "Cell Tracking Challenge: ctc/",
    "geff": "graph exchange format, for any size: tracks.geff/",
    "rois": "ImageJ's ROI Manager, each in its frame: tracks_ROIs.zip",
    "labels": "labels for TrackMate's label image detector: tracks_labels.tif",
    "composite": "raw and labels as two channels: tracks_composite.tif",
}
TRACK_DEFAULTS = ("trackmate", "ctc")
RAW, SHOWN, MOVIE = "tracks_raw.tif", "tracks.tif", "tracks.zarr"
UNITS = "units.yaml"
_FILES = (
    *(UNITS, RAW, SHOWN, "tracks.xml", "tracks_ROIs.zip", "tracks_labels.tif"),
    *("tracks_composite.tif", "tracks.csv", "edges.csv", "track_stats.csv"),
)
_PATTERNS = (*_FILES, "ctc/mask*.tif", "ctc/res_track.txt", "trackmate/*.csv")


def check_formats(formats, has_images):
    """Return the formats of tracks as a list, None for the usual ones.

    Raises
    ------
    ValueError
        If one is unknown, or needs the raw images.
    """
    if formats is None:
        return None
    formats = [formats] if isinstance(formats, str) else list(dict.fromkeys(formats))
    unknown = [name for name in formats if name not in TRACK_FORMATS]
    if unknown:
        raise ValueError(
            f"no format {unknown[0]!r} of tracks; known are {', '.join(TRACK_FORMATS)}"
        )
    if "composite" in formats and not has_images:
        raise ValueError("composite needs the raw images; pass images (--images)")
    return formats


def check_inputs(out, files):
    """Raise ValueError if tracking would replace one of the files it reads."""
    ours = {path.absolute() for path in _older(Path(out))}
    ours |= {(Path(out) / name).absolute() for name in _FILES}
    clash = [file for file in files if file.absolute() in ours]
    if clash:
        raise ValueError(
            f"{clash[0]} would be replaced by the tracks; choose another folder"
        )


def remove_older(out):
    """Remove the files of an earlier tracking, so that none is left that differs."""
    for path in _older(Path(out)):
        path.unlink()
    for name in ("ctc", "trackmate"):
        with contextlib.suppress(OSError):  # not there, or not empty
            (Path(out) / name).rmdir()
    for name in ("tracks.geff", MOVIE):
        if is_zarr(Path(out) / name):
            shutil.rmtree(Path(out) / name)


def write_tables(out, tracks, um_per_px=None, minutes_per_frame=None):
    """Write units and the tables of steps, of tracks and, last, of objects."""
    scale = {"um_per_px": um_per_px, "minutes_per_frame": minutes_per_frame}
    known = {name: value and float(value) for name, value in scale.items()}
    with atomic(out / UNITS) as temporary:
        temporary.write_text(yaml.safe_dump(known | _units(**known)), encoding="utf-8")
    units = {name: value or 1.0 for name, value in scale.items()}
    write_csv(out / "edges.csv", edge_stats(tracks, **units))
    write_csv(out / "track_stats.csv", track_stats(tracks, **units))
    write_csv(out / "tracks.csv", tracks)


def _units(um_per_px, minutes_per_frame):
    """Units of the tables, by what is known of pixels and frames."""
    return {
        "length": "um" if um_per_px else "px",
        "time": "min" if minutes_per_frame else "frames",
    }


def told_units(out):
    """Say in which units the tables in a folder of tracks are, and why."""
    said = yaml.safe_load((Path(out) / UNITS).read_text(encoding="utf-8"))
    um, minutes = said["um_per_px"], said["minutes_per_frame"]
    why = [
        f"{um:g} um a px" if um else "pixel size unknown",
        f"{minutes:g} min a frame" if minutes else "frame interval unknown",
    ]
    return f"lengths in {said['length']}, times in {said['time']} ({', '.join(why)})"


def _older(out):
    """Return the files in `out` that tracking has written."""
    return [path for pattern in _PATTERNS for path in out.glob(pattern)]


class TrackFormats(NamedTuple):
    """What each format writes for one tracked movie.

    Attributes
    ----------
    out : Path
    labels : (T, H, W) ndarray of int32
        Each object in one piece.
    tracks : structured ndarray of TRACK_DTYPE
    images : (T, H, W) ndarray or None
    shown : Path or None
        The movie that TrackMate shows below the tracks.
    scale : dict
        um_per_px and minutes_per_frame.
    params : TrackParams
    """

    out: Path
    labels: np.ndarray
    tracks: np.ndarray
    images: np.ndarray | None
    shown: Path | None
    scale: dict
    params: object

    def write(self, name):
        """Write one of `TRACK_FORMATS`."""
        getattr(self, f"_{name}")()

    def _trackmate(self):
        keys = ("max_distance", "max_gap", "divisions")
        found = {key: getattr(self.params, key) for key in keys}
        settings = {key: value for key, value in found.items() if value is not None}
        path, options = self.out / "tracks.xml", {"image_path": self.shown} | settings
        write_trackmate(path, self.labels, self.tracks, **options, **self.scale)

    def _trackmate_csv(self):
        write_trackmate_csv(self.out / "trackmate", self.tracks, **self.scale)

    def _ctc(self):
        write_ctc(self.out / "ctc", self.labels, self.tracks)

    def _geff(self):
        paths = [self.out / name for name in (SHOWN, RAW)]
        labels, raw = (path if path.exists() else None for path in paths)
        movies = {"labels_path": labels, "labels_hold": "track_id", "image_path": raw}
        write_geff(self.out / "tracks.geff", self.tracks, **movies, **self.scale)

    def _rois(self):
        write_rois(self.out / "tracks_ROIs.zip", self._by_track())

    def _labels(self):
        write_label_stack(self.out / "tracks_labels.tif", self.labels, **self.scale)

    def _composite(self):
        path = self.out / "tracks_composite.tif"
        write_raw_and_labels(path, self.images, self._by_track(), **self.scale)

    def _by_track(self):
        """Return labels whose values are track numbers."""
        return relabel_by_track(self.labels, self.tracks)
