"""Any image file as frames x channels x rows x columns.

PNG, JPEG and TIFF are read directly; everything else goes through bioio, which
takes seconds to import and knows the formats of the microscope makers.
"""

import contextlib
import importlib.util
import logging
import threading
from pathlib import Path
from typing import NamedTuple

import numpy as np

SUFFIXES = (
    *(".png", ".tif", ".tiff", ".jpg", ".jpeg", ".bmp", ".gif"),
    *(".czi", ".dv", ".ims", ".lif", ".lsm", ".nd2", ".oib", ".oif", ".sldy"),
    *(".stk", ".vsi", ".zarr"),
)
# what bioio needs besides itself, one installable package a format
PLUGINS = {
    ".czi": "bioio-czi",
    ".dv": "bioio-dv",
    ".ims": "bioio-bioformats",
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
RGB_TAGS = (2, 6)  # what TIFF calls RGB and YCbCr; decoded, both are RGB


class Planes(NamedTuple):
    """What a file holds: all frames of all channels.

    Attributes
    ----------
    pixels : (T, C, H, W) ndarray
        As stored.
    channels : tuple of str
        The C names: from the file, ``red, green, blue``, or ``"0", "1", ...``.
    colour : bool
        True if the channels are the samples of an RGB picture, perhaps with alpha.
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
    read = _reader(path, first_bytes(path))
    try:
        planes = read(path)
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


def _reader(path, start):
    """Return the function that reads a file with this beginning."""
    if start[:4] in TIFF_STARTS:
        return _read_tiff
    if start[:4] == _PNG or start[:3] == _JPEG:
        return _read_picture
    if path.suffix.lower() in SUFFIXES[:5]:
        raise ValueError(
            f"cannot read {path}: its content is not that of a {path.suffix} file; "
            f"it is damaged or has the wrong name"
        )
    return _read_with_bioio


def _read_picture(path):
    """Decode a PNG or JPEG, strictly: what is cut off raises."""
    import imagecodecs

    data, rgb = path.read_bytes(), True
    if data[:4] == _PNG:
        pixels = imagecodecs.png_decode(data)
    else:
        if b"\xff\xd9" not in data[-64:]:
            raise ValueError("the end-of-image marker is missing")
        pixels = imagecodecs.jpeg_decode(data)
        rgb = pixels.shape[2:] != (4,)  # the four inks of a printer
    return _arrange(pixels, "YXS"[: pixels.ndim], rgb=rgb)


def _read_tiff(path):
    """Read the first series of a TIFF, with its axes."""
    import tifffile

    with watch_tiff() as trouble, tifffile.TiffFile(path) as tiff:
        series, *others = tiff.series
        if any(s.shape == series.shape for s in others):
            raise _Refused(
                f"{path} holds {len(tiff.series)} images of shape {series.shape}, "
                f"perhaps positions; save each in a file of its own"
            )
        pixels, axes = series.asarray(), series.axes
        names = _tiff_channels(tiff)
        rgb = series.keyframe.photometric in RGB_TAGS
    if trouble:
        raise ValueError(trouble[0])
    return _arrange(pixels, axes, names, rgb=rgb)


@contextlib.contextmanager
def watch_tiff():
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
    suffix = path.suffix.lower()
    plugin = PLUGINS.get(suffix)
    if plugin and importlib.util.find_spec(plugin.replace("-", "_")) is None:
        raise ValueError(
            f"no reader for {path} is installed; try: pip install {plugin}"
        )
    if suffix not in SUFFIXES:
        raise ValueError(
            f"{path} is not an image by its name; labkit reads {' '.join(SUFFIXES)}"
        )
    import bioio
    from bioio_base.exceptions import UnsupportedFileFormatError

    try:
        return bioio.BioImage(path)
    except UnsupportedFileFormatError as error:
        raise ValueError(
            f"no installed bioio plugin reads {path}: it is damaged or of a format "
            f"that labkit does not know; export it as TIFF"
        ) from error


def _read_with_bioio(path):
    """Read any other format through bioio."""
    try:
        image = open_bioio(path)
    except ValueError as error:
        raise _Refused(str(error)) from error
    order = image.dims.order
    names = [str(name) for name in image.channel_names or ()]
    if any(name.startswith("Channel:") for name in names):
        names = None  # made up by the reader
    return _arrange(image.get_image_data(order), order, names)


def _arrange(pixels, axes, names=None, *, rgb=True):
    """Bring an array with named axes into (T, C, H, W); `rgb`: samples are colours."""
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
    colour = rgb and n_channels == 1 and n_samples in (3, 4)
    return _named(pixels, names if n_samples == 1 else None, colour)


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
