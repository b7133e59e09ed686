"""Any image file as frames x channels x rows x columns.

PNG, JPEG and TIFF are read directly; everything else goes through bioio, which
takes seconds to import and knows the formats of the microscope makers.
"""

import contextlib
import logging
import threading
from pathlib import Path
from typing import NamedTuple

import numpy as np

SUFFIXES = (
    *(".png", ".tif", ".tiff", ".jpg", ".jpeg", ".bmp", ".gif"),
    *(".czi", ".dv", ".lif", ".lsm", ".nd2", ".oib", ".oif", ".sldy", ".stk"),
    *(".vsi", ".zarr"),
)
# what bioio needs besides itself, one installable package a format
PLUGINS = {
    ".czi": "bioio-czi",
    ".dv": "bioio-dv",
    ".lif": "bioio-lif",
    ".nd2": "bioio-nd2",
    ".sldy": "bioio-sldy",
    ".zarr": "bioio-ome-zarr",
    ".oib": "bioio-bioformats",
    ".oif": "bioio-bioformats",
    ".vsi": "bioio-bioformats",
}
TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_PNG, _JPEG = b"\x89PNG", b"\xff\xd8\xff"
_COLOURS = ("red", "green", "blue")


class Planes(NamedTuple):
    """What a file holds: all frames of all channels.

    Attributes
    ----------
    pixels : (T, C, H, W) ndarray
        As stored.
    channels : tuple of str
        The C names: from the file, ``red, green, blue``, or ``"0", "1", ...``.
    colour : bool
        True if the channels are the samples of an RGB picture.
    """

    pixels: np.ndarray
    channels: tuple
    colour: bool


def read_planes(path):
    """Read every frame and channel of an image file.

    The content decides how it is read, not the suffix. A z-stack without time
    axis counts as frames, because ImageJ stores many movies so.

    Parameters
    ----------
    path : str or Path
        PNG, JPEG, TIFF (plain, ImageJ, OME) or any format for which a bioio
        plugin is installed.

    Returns
    -------
    Planes

    Raises
    ------
    FileNotFoundError, PermissionError
        If there is no such file, or it may not be read.
    ValueError
        If the file is empty, truncated or damaged, of unknown format, or has
        several z planes at several times.
    """
    path = Path(path)
    start = first_bytes(path)
    reader = _read_with_bioio
    if start[:4] in TIFF_STARTS:
        reader = _read_tiff
    elif start[:4] == _PNG or start[:3] == _JPEG:
        reader = _read_picture
    try:
        planes = reader(path)
    except (FileNotFoundError, PermissionError):
        raise
    except _Refused as error:
        raise ValueError(str(error)) from error.__cause__
    except Exception as error:  # each decoder has its own kinds
        raise ValueError(
            f"cannot read {path}: the file is damaged or incomplete "
            f"({type(error).__name__}: {error}); copy or export it again"
        ) from error
    if planes.pixels.size == 0:
        raise ValueError(f"{path} holds no pixels: shape {planes.pixels.shape}")
    return planes


class _Refused(Exception):
    """The file is intact, but not what labkit can use; the text says why."""


def first_bytes(path):
    """Return the first bytes of a file that exists and is not empty."""
    if path.suffix.lower() == ".zarr" and path.is_dir():
        return b"zarr"
    if not path.exists():
        raise FileNotFoundError(f"there is no file {path}")
    if path.is_dir():
        raise ValueError(f"{path} is a folder; pass one of the images in it")
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except PermissionError as error:
        raise PermissionError(
            f"may not read {path}; change its rights or copy it"
        ) from error
    if not start:
        raise ValueError(f"{path} is empty (0 bytes); copy or export it again")
    return start


def _read_picture(path):
    """Decode a PNG or JPEG, strictly: what is cut off raises."""
    import imagecodecs

    data = path.read_bytes()
    if data[:4] == _PNG:
        pixels = imagecodecs.png_decode(data)
    else:
        if b"\xff\xd9" not in data[-64:]:
            raise ValueError("the end-of-image marker is missing")
        pixels = imagecodecs.jpeg_decode(data)
    return _arrange(pixels, "YXS"[: pixels.ndim])


def _read_tiff(path):
    """Read the first series of a TIFF, with its axes."""
    import tifffile

    with _watch_tiff() as trouble, tifffile.TiffFile(path) as tiff:
        series = tiff.series[0]
        pixels, axes = series.asarray(), series.axes
        names = _tiff_channels(tiff)
    if trouble:
        raise ValueError(trouble[0])
    return _arrange(pixels, axes, names)


@contextlib.contextmanager
def _watch_tiff():
    """Collect what tifffile only logs: pages that lie beyond the end of the file."""
    found, thread = [], threading.get_ident()

    class Watch(logging.Handler):
        def emit(self, record):
            message = record.getMessage()
            if record.thread == thread and "invalid page offset" in message:
                found.append(message)

    logger, watch = logging.getLogger("tifffile"), Watch()
    logger.addHandler(watch)
    try:
        yield found
    finally:
        logger.removeHandler(watch)


def _tiff_channels(tiff):
    """Return the channel names of an OME-TIFF, else None."""
    if not tiff.is_ome:
        return None
    from xml.etree import ElementTree

    root = ElementTree.fromstring(tiff.ome_metadata)
    image = next((e for e in root.iter() if e.tag.endswith("}Pixels")), ())
    return [e.get("Name") for e in image if e.tag.endswith("}Channel")]


def open_bioio(path):
    """Open a file with bioio, or say which package would read it."""
    import bioio
    from bioio_base.exceptions import UnsupportedFileFormatError

    try:
        return bioio.BioImage(path)
    except UnsupportedFileFormatError as error:
        raise ValueError(_unsupported(path)) from error


def _read_with_bioio(path):
    """Read any other format through bioio."""
    try:
        image = open_bioio(path)
    except ValueError as error:
        raise _Refused(str(error)) from error
    order = image.dims.order
    names = [str(name) for name in image.channel_names or ()]
    return _arrange(image.get_image_data(order), order, names)


def _unsupported(path):
    """Say which package reads this format, if one is known."""
    plugin = PLUGINS.get(path.suffix.lower())
    if plugin:
        return f"no reader for {path} is installed; try: pip install {plugin}"
    return (
        f"{path} is not an image that labkit can read; it reads "
        f"{', '.join(SUFFIXES[:7])} and what a bioio plugin reads"
    )


def _arrange(pixels, axes, names=None):
    """Bring an array with named axes into (T, C, H, W)."""
    sizes = dict(zip(axes, pixels.shape, strict=True))
    times = [axis for axis in axes if axis in "TQIZ" and sizes[axis] > 1]
    strange = [axis for axis in axes if axis not in "TQIZCSYX" and sizes[axis] > 1]
    if len(times) > 1 or strange:
        raise _Refused(
            f"the file has axes {axes} of shape {pixels.shape}, more than frames and "
            f"channels; project z first (ImageJ: Image > Stacks > Z Project)"
        )
    keep = [a for a in axes if a in "CSYX" or a in times]
    pixels = pixels.reshape([sizes[a] for a in keep])
    for axis in ("C", "S"):
        if axis not in keep:
            pixels, keep = pixels[None], [axis, *keep]
    if not times:
        pixels, keep, times = pixels[None], ["T", *keep], ["T"]
    pixels = pixels.transpose([keep.index(a) for a in (times[0], *"CSYX")])
    n_frames, n_channels, n_samples, *plane = pixels.shape
    pixels = pixels.reshape(n_frames, n_channels * n_samples, *plane)
    return _named(pixels, names if n_samples == 1 else None, n_samples > 2)


def _named(pixels, names, colour):
    """Drop an opaque alpha channel and name the others."""
    n_channels = pixels.shape[1]
    if (colour and n_channels == 4) or (n_channels == 2 and names is None):
        alpha = pixels[:, -1]
        if alpha.min() == alpha.max() == _opaque(pixels.dtype):
            pixels, n_channels = pixels[:, :-1], n_channels - 1
    if colour and n_channels == 3:
        names = _COLOURS
    if not names or len(names) != n_channels or None in names:
        names = [str(k) for k in range(n_channels)]
    return Planes(pixels, tuple(names), colour)


def _opaque(dtype):
    """Return the value of an opaque pixel."""
    return np.iinfo(dtype).max if dtype.kind in "ui" else 1
