"""Whole experiments as lazily read frames: only the pixels that are asked for.

OME-Zarr, TIFF (tiles, strips or pages, through tifffile's zarr store) and folders
of images, one frame a file, all look alike: (T, H, W) or, in colour, (T, H, W, 3).
"""

import functools
import hashlib
import struct
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..files.images import image_paths, read_image
from ..files.planes import TIFF_STARTS, first_bytes
from ..files.scale import read_scale
from .arrays import is_zarr, open_tiff, open_zarr, zarr_images


@dataclass(frozen=True)
class Part:
    """One file of a source: its frames and how its axes are to be read.

    Attributes
    ----------
    path : str
    kind : {"zarr", "tiff", "picture"}
    inner : str
        Which image of a zarr group; empty for the others.
    n_frames : int
    stamp : str
        Size and time of the file when it was opened.
    """

    path: str
    kind: str
    inner: str = ""
    n_frames: int = 1
    stamp: str = ""


@dataclass(frozen=True)
class Source:
    """Frames that are read from disk when they are indexed.

    Made by `open_source`; small to send to other processes.

    Attributes
    ----------
    parts : tuple of Part
    shape : tuple of int
        (T, H, W), or (T, H, W, 3) in colour.
    dtype : numpy.dtype
        As stored.
    channel : int, str or None
    um_per_px, minutes_per_frame : float or None
    """

    parts: tuple
    shape: tuple
    dtype: np.dtype
    channel: object = None
    um_per_px: float | None = None
    minutes_per_frame: float | None = None

    @property
    def ndim(self):
        """Number of axes, 3, or 4 in colour."""
        return len(self.shape)

    @property
    def colour(self):
        """Whether frames are (H, W, 3)."""
        return len(self.shape) == 4

    def read(self, frame, rows=slice(None), cols=slice(None)):
        """Read a window of one frame.

        Parameters
        ----------
        frame : int
        rows, cols : slice

        Returns
        -------
        (h, w) or (h, w, 3) ndarray

        Raises
        ------
        FileNotFoundError, ValueError
            If the file has gone, is damaged, or differs from the others.
        """
        for part in self.parts:
            if frame < part.n_frames:
                return _read_window(self, part, frame, rows, cols)
            frame -= part.n_frames
        raise IndexError(f"the source has {self.shape[0]} frames")

    def __getitem__(self, index):
        """Read what a tuple of slices stands for, as dask asks for it."""
        index = index if isinstance(index, tuple) else (index,)
        index += (slice(None),) * (self.ndim - len(index))
        frames = range(self.shape[0])[index[0]]
        if isinstance(frames, int):
            return self.read(frames, *index[1:3])[(..., *index[3:])]
        return np.stack([self.read(t, *index[1:3])[(..., *index[3:])] for t in frames])

    def array(self, block=2048):
        """Return the frames as a lazy dask array in square blocks.

        Parameters
        ----------
        block : int
            Side, px.

        Returns
        -------
        dask.array.Array
            Of `shape`; chunks are (1, block, block).
        """
        import dask.array as da

        chunks = (1, block, block, 3)[: self.ndim]
        return da.from_array(self, chunks=chunks, asarray=False, meta=self._empty())

    def fingerprint(self):
        """Return a text that changes when a file of the source does."""
        digest = hashlib.sha256(repr((self.shape, str(self.dtype))).encode())
        for part in self.parts:
            digest.update(f"{Path(part.path).name} {part.inner} {part.stamp}".encode())
        return digest.hexdigest()[:16]

    def names(self):
        """Return the file name behind each frame."""
        return [
            str(Path(part.path, part.inner).name)
            for part in self.parts
            for _ in range(part.n_frames)
        ]

    def _empty(self):
        """An array of no pixels that shows dask the dtype."""
        return np.empty((0,) * self.ndim, self.dtype)


def open_source(paths, *, channel=None, colour=False):
    """Open a whole experiment without reading its pixels.

    Parameters
    ----------
    paths : str, Path or list of these
        An OME-Zarr (0.4 or 0.5; an image, or a plate whose fields become frames), a
        TIFF, a folder of images (a frame a file, in natural order), or a list.
    channel : int or str, optional
        Which channel, by number (from 0) or name; needed if there are several.
    colour : bool
        Keep the colours of RGB pictures.

    Returns
    -------
    Source

    Raises
    ------
    FileNotFoundError, PermissionError
        If a file is not there or may not be read.
    ValueError
        If axes other than time, channel, row and column are longer than 1, several
        channels are there and none is chosen, pictures are in colour and `colour` is
        False, files differ in shape or dtype, or are no images.

    Examples
    --------
    >>> import tempfile
    >>> from labkit.files.images import write_image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for t in range(3):
    ...         write_image(f"{folder}/t{t}.png", np.full((4, 5), t, np.uint8))
    ...     source = lk.scale.open_source(folder)
    ...     source.shape, source.array()[2, 1:3, :2].compute().tolist()
    ((3, 4, 5), [[2, 2], [2, 2]])
    """
    files = [Path(paths)] if _is_zarr(paths) else image_paths(paths)
    found = [one for file in files for one in _parts_of(file)]
    first, *others = found
    array, axes = _opened(first, channel, colour)
    shape = array.shape if axes is None else axes.plane(colour)
    for part in others:
        _check_alike(part, channel, colour, first, shape, array.dtype)
    scale = _scale_of(first, axes)
    n_frames = sum(part.n_frames for part in found)
    return Source(tuple(found), (n_frames, *shape), array.dtype, channel, *scale)


def _is_zarr(paths):
    """Whether this is one zarr folder, whatever its name."""
    return isinstance(paths, str | Path) and is_zarr(paths)


def _parts_of(path):
    """Parts of one file."""
    if path.is_dir():
        for inner in zarr_images(path):
            part = Part(str(path), "zarr", inner, stamp=_stamp(path, inner))
            yield replace(part, n_frames=_lazy(part)[1].n_frames)
    elif first_bytes(path)[:4] in TIFF_STARTS:
        part = Part(str(path), "tiff", stamp=_stamp(path))
        yield replace(part, n_frames=_lazy(part)[1].n_frames)
    else:
        yield Part(str(path), "picture", stamp=_stamp(path))


def _opened(part, channel, colour):
    """The array behind a part and its axes; of a picture its pixels and None."""
    if part.kind == "picture":
        return _picture(part, channel, colour), None
    array, axes = _lazy(part)
    axes.check(part.path, channel, colour)
    return array, axes


def _lazy(part):
    """The array on disk and its axes."""
    if part.kind == "zarr":
        return open_zarr(part.path, part.inner, part.stamp)
    return open_tiff(part.path, part.stamp)


@functools.lru_cache(maxsize=2)
def _picture(part, channel, colour):
    """Decode a picture; the last ones are kept, since blocks share them."""
    return read_image(part.path, channel=channel, colour=colour)


def _read_window(source, part, frame, rows, cols):
    """Read a window of a part."""
    shape, colour = source.shape[1:], source.colour
    if part.kind == "picture":
        image = _picture(part, source.channel, colour)
        if colour and image.ndim == 2:
            image = np.dstack([image] * 3)
        _check_shape(part.path, image.shape, shape)
        return image[rows, cols]
    array, axes = _lazy(part)
    index = axes.index(frame, rows, cols, source.channel, colour)
    try:
        window = np.asarray(array[index])
    except Exception as error:  # each codec has its own kinds
        raise ValueError(
            f"cannot read frame {frame} of {part.path}: the file is damaged or "
            f"incomplete ({type(error).__name__}: {error}); copy or export it again"
        ) from error
    window = axes.ordered(window)
    return window.astype(window.dtype.newbyteorder("="), copy=False)


def _check_alike(part, channel, colour, first, shape, dtype):
    """Raise ValueError if a later part differs; of pictures, by their header only."""
    if part.kind == "picture":
        with Path(part.path).open("rb") as file:
            start = file.read(24)
        if start[:4] == b"\x89PNG" and len(start) == 24:
            _check_shape(part.path, struct.unpack(">II", start[16:])[::-1], shape[:2])
        return
    array, axes = _opened(part, channel, colour)
    _check_shape(part.path, axes.plane(colour), shape)
    if array.dtype != dtype:
        raise ValueError(
            f"frames must have one dtype: {first.path} is {dtype}, {part.path} "
            f"{array.dtype}; convert one of them"
        )


def _check_shape(path, found, wanted):
    """Raise ValueError if a frame has another shape than the first."""
    if tuple(found) != tuple(wanted):
        raise ValueError(
            f"frames must have one shape: the first is {tuple(wanted)}, {path} is "
            f"{tuple(found)}; take out what does not belong to the experiment"
        )


def _scale_of(part, axes):
    """Pixel size and frame interval, None where unknown."""
    if part.kind == "zarr":
        return axes.um_per_px, axes.minutes_per_frame
    return read_scale(part.path)


def _stamp(path, inner=""):
    """Text that changes when a file, or the metadata of a zarr, is written anew."""
    names = ("zarr.json", ".zattrs", ".zarray")
    files = [path / inner / part / name for part in (".", "0") for name in names]
    files = [path] if path.is_file() else [file for file in files if file.is_file()]
    stats = [file.stat() for file in files]
    return " ".join(f"{one.st_size} {one.st_mtime_ns}" for one in stats)
