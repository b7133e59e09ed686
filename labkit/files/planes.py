"""Any image file as frames x channels x rows x columns.

PNG, JPEG and TIFF are read directly; everything else goes through bioio, which
takes seconds to import and knows the formats of the microscope makers.
"""

import importlib.util
from pathlib import Path

from .arranging import Refused, arrange
from .tiffs import read_tiff

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
JPEG_START, _PNG = b"\xff\xd8\xff", b"\x89PNG"


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
    labkit.files.arranging.Planes

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
    except Refused as error:
        raise ValueError(str(error)) from error.__cause__
    except Exception as error:  # each decoder has its own kinds
        raise ValueError(
            f"cannot read {path}: the file is damaged or incomplete "
            f"({type(error).__name__}: {error}); copy or export it again"
        ) from error
    if planes.pixels.size == 0:
        raise ValueError(f"{path} holds no pixels: shape {planes.pixels.shape}")
    return planes


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
        return read_tiff
    if start[:4] == _PNG or start[:3] == JPEG_START:
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
    return arrange(pixels, "YXS"[: pixels.ndim], rgb=rgb)


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
        raise Refused(str(error)) from error
    order = image.dims.order
    names = [str(name) for name in image.channel_names or ()]
    if any(name.startswith("Channel:") for name in names):
        names = None  # made up by the reader
    return arrange(image.get_image_data(order), order, names)
