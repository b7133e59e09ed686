"""Arrays on disk with named axes: OME-Zarr and TIFF, opened but not read."""

import functools
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..files.arranging import Refused
from ..files.scale import MINUTES, UM
from ..files.tiffs import RGB_TAGS, WHITE_TAG, watch_tiff

FRAMES = "TQIZ"  # axes that may be time: many movies are stored as a z-stack


@dataclass(frozen=True)
class Axes:
    """Names and sizes of the axes of an array on disk.

    Attributes
    ----------
    names : str
        One upper-case letter an axis, such as "TCYX"; S are samples of a colour.
    sizes : tuple of int
    channels : tuple of str
        Names of the channels, where the file has some.
    um_per_px, minutes_per_frame : float or None
    """

    names: str
    sizes: tuple
    channels: tuple = ()
    um_per_px: float | None = None
    minutes_per_frame: float | None = None

    def size(self, name):
        """Length of an axis, 1 if there is none of that name."""
        return self.sizes[self.names.index(name)] if name in self.names else 1

    @property
    def time(self):
        """Letter of the axis of the frames, or an empty text."""
        return next((a for a in self.names if a in FRAMES and self.size(a) > 1), "")

    @property
    def n_frames(self):
        """Number of frames."""
        return self.size(self.time) if self.time else 1

    def plane(self, colour):
        """Shape of one frame, (H, W) or (H, W, 3)."""
        shape = self.size("Y"), self.size("X")
        return (*shape, 3) if colour and self.size("S") >= 3 else shape

    def check(self, path, channel, colour):
        """Raise ValueError unless one grey or, if asked for, colour plane is left."""
        n_long = sum(self.size(a) > 1 for a in self.names if a in FRAMES)
        strange = [a for a in self.names if a not in FRAMES + "CSYX"]
        if n_long > 1 or any(self.size(a) > 1 for a in strange):
            raise ValueError(
                f"{path} has axes {self.names} of shape {self.sizes}, more than frames "
                f"and channels; project z first (ImageJ: Image > Stacks > Z Project)"
            )
        if "Y" not in self.names or "X" not in self.names or 0 in self.sizes:
            raise ValueError(
                f"{path} has axes {self.names} of shape {self.sizes}; rows (Y) and "
                f"columns (X) are needed"
            )
        self.number(path, channel, colour)

    def number(self, path, channel, colour):
        """Number of the channel to read; None for all samples of a colour."""
        axis = "S" if self.size("S") > 1 else "C"
        n_channels = self.size(axis)
        if channel is None and n_channels > 1 and not (colour and axis == "S"):
            kind = "is a picture in colour" if axis == "S" else "has several channels"
            hint = " (if these are time points, save it with a time axis)"
            raise ValueError(
                f"{path} {kind}{hint * (n_channels > 4)}, choose one with --channel "
                f"(in Python channel=); channels are "
                f"{', '.join(self._listed(n_channels))}"
            )
        if channel is None:
            return None if axis == "S" and n_channels > 1 else 0
        names = list(self.channels)
        number = names.index(channel) if channel in names else str(channel)
        if not str(number).isdecimal() or int(number) >= n_channels:
            raise ValueError(
                f"{path} has no channel {channel!r}; channels are "
                f"{', '.join(self._listed(n_channels))}"
            )
        return int(number)

    def index(self, frame, rows, cols, channel, colour):
        """Index that reads one window of one frame."""
        number = self.number("the source", channel, colour)
        all_samples = slice(0, 3) if number is None else number
        chosen = {"Y": rows, "X": cols, self.time: frame}
        chosen |= {"S" if self.size("S") > 1 else "C": all_samples}
        return tuple(chosen.get(name, 0) for name in self.names)

    def ordered(self, window):
        """Bring what `index` reads into the order rows, columns, samples."""
        names = [a for a in self.names if a in "YXS"][: window.ndim]
        if window.ndim == 2:
            names = [a for a in self.names if a in "YX"]
        return window.transpose([names.index(a) for a in "YXS" if a in names])

    def _listed(self, n_channels):
        """Channels as they are listed in messages."""
        if len(self.channels) == n_channels:
            return [f"{k} = {name!r}" for k, name in enumerate(self.channels)]
        return [str(k) for k in range(n_channels)]


@functools.lru_cache(maxsize=64)
def open_tiff(path, stamp=""):
    """Open the first series of a TIFF: mapped into memory, or as a zarr array.

    Parameters
    ----------
    path : str
    stamp : str
        What is open already is opened again if this differs.

    Returns
    -------
    array : numpy.memmap or zarr.Array
        Reads strips, tiles or pages when it is indexed.
    axes : Axes

    Raises
    ------
    ValueError
        If the file is damaged or incomplete.
    """
    import tifffile

    try:
        with watch_tiff() as trouble, tifffile.TiffFile(path) as tiff:
            series = tiff.series[0]
            if series.keyframe.photometric == WHITE_TAG:
                raise Refused("it is stored to be shown inverted; invert it first")
            last = series.pages[-1]
            grey = series.keyframe.photometric not in RGB_TAGS
            names = "".join("C" if a == "S" and grey else a for a in series.axes)
            axes = Axes(names.upper(), series.shape)
            end = max(last.dataoffsets) if last is not None else 0
            whole = series.dataoffset is not None
        if trouble or end > Path(path).stat().st_size:
            raise ValueError(trouble[0] if trouble else "pixels beyond its end")
        if whole:
            return tifffile.memmap(path, series=0, mode="r"), axes
        return _first_level(tifffile.imread(path, series=0, aszarr=True)), axes
    except Refused as error:
        raise ValueError(f"cannot read {path}: {error}") from None
    except Exception as error:  # tifffile and its codecs raise many kinds
        raise ValueError(
            f"cannot read {path}: the file is damaged or incomplete "
            f"({type(error).__name__}: {error}); copy or export it again"
        ) from error


def _first_level(store):
    """The full image of a TIFF that may hold smaller copies."""
    import zarr

    opened = zarr.open(store, mode="r")
    return opened if isinstance(opened, zarr.Array) else opened["0"]


def is_zarr(path):
    """Tell whether a folder is an array or a group of zarr, whatever its name."""
    names = ("zarr.json", ".zgroup", ".zattrs", ".zarray")
    return any((Path(path) / name).is_file() for name in names)


def zarr_images(path):
    """List the images in an OME-Zarr: itself, or the fields of a plate.

    Parameters
    ----------
    path : Path

    Returns
    -------
    list of str
        Paths of groups or arrays inside.

    Raises
    ------
    ValueError
        If this is no zarr, or holds no image.
    """
    group = _open_group(path)
    if not hasattr(group, "members"):
        return [""]
    about = ome_of(group)
    if "plate" in about:
        wells = [well["path"] for well in about["plate"]["wells"]]
        return [
            f"{well}/{field['path']}"
            for well in wells
            for field in ome_of(group[well])["well"]["images"]
        ]
    if "multiscales" in about:
        return [""]
    if "0" in group and "multiscales" in ome_of(group["0"]):
        return ["0"]
    raise ValueError(
        f"{path} is a zarr group without an image; give the group that has the "
        f"'multiscales' metadata; inside are {', '.join(sorted(group.keys())) or '-'}"
    )


@functools.lru_cache(maxsize=512)
def open_zarr(path, inner="", stamp=""):
    """Open the full resolution of an OME-Zarr image, or a plain zarr array.

    Parameters
    ----------
    path : str
    inner : str
        Group or array within.
    stamp : str
        As for `open_tiff`.

    Returns
    -------
    array : zarr.Array
    axes : Axes

    Raises
    ------
    ValueError
        If it cannot be read, or has no axes that labkit knows.
    """
    group = _open_group(Path(path) / inner)
    if not hasattr(group, "members"):
        names = {2: "YX", 3: "TYX", 4: "TCYX", 5: "TCZYX"}.get(group.ndim, "?")
        return group, Axes(names, group.shape)
    about = ome_of(group)
    image = about["multiscales"][0]
    array = group[image["datasets"][0]["path"]]
    listed = image.get("axes") or list("tczyx")[-array.ndim :]
    listed = [a if isinstance(a, dict) else {"name": a} for a in listed]
    names = "".join(a["name"][0].upper() for a in listed)
    channels = [c.get("label") for c in about.get("omero", {}).get("channels", [])]
    um, minutes = _zarr_scale(image, listed)
    return array, Axes(names, array.shape, tuple(channels), um, minutes)


def _open_group(path):
    """Open a zarr group or array for reading."""
    import zarr

    try:
        return zarr.open(str(path), mode="r")
    except Exception as error:
        raise ValueError(
            f"cannot read {path} as zarr ({type(error).__name__}: {error})"
        ) from error


def ome_of(group):
    """OME metadata of a group: in 'ome' since version 0.5, at the top before."""
    attributes = dict(group.attrs)
    return attributes.get("ome", attributes)


def _zarr_scale(image, axes):
    """Pixel size in micrometres and frame interval in minutes, None if unknown."""
    found = image["datasets"][0].get("coordinateTransformations", [])
    scale = next((t["scale"] for t in found if t.get("type") == "scale"), None)
    if scale is None:
        return None, None
    sizes = {}
    for axis, value in zip(axes, scale, strict=True):
        unit, name = str(axis.get("unit", "")).lower(), axis["name"].lower()
        known = MINUTES if name == "t" else UM
        sizes[name] = float(value) * known.get(unit, math.nan)
    y, x, t = (sizes.get(name, math.nan) for name in "yxt")
    square = np.isfinite([y, x]).all() and x > 0 and abs(y / x - 1) < 0.01
    return (x if square else None), (t if np.isfinite(t) and t > 0 else None)
