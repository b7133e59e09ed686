"""Pixel size and frame interval, as microscopes and ImageJ store them."""

import math
from pathlib import Path
from typing import NamedTuple

from .planes import TIFF_STARTS, first_bytes

UM = {"micron": 1, "microns": 1, "um": 1, "µm": 1, "μm": 1, "\\u00b5m": 1}
UM |= {"micrometer": 1, "micrometre": 1, "nm": 1e-3, "mm": 1e3, "cm": 1e4, "m": 1e6}
UM |= {"nanometer": 1e-3, "millimeter": 1e3, "meter": 1e6}
MINUTES = {"ms": 1 / 60000, "s": 1 / 60, "sec": 1 / 60, "seconds": 1 / 60, "min": 1}
MINUTES |= {"second": 1 / 60, "millisecond": 1 / 60000, "minute": 1, "minutes": 1}
MINUTES |= {"h": 60, "hour": 60, "hours": 60}


class Scale(NamedTuple):
    """Pixel size and frame interval; None where unknown.

    Attributes
    ----------
    um_per_px : float or None
        Micrometres per pixel.
    minutes_per_frame : float or None
        Minutes between frames.
    """

    um_per_px: float | None = None
    minutes_per_frame: float | None = None


def read_scale(path):
    """Read pixel size and frame interval from an image file.

    Known from ImageJ TIFF, OME-TIFF and everything that bioio reads. The
    resolution of other TIFF and of PNG is that of a screen or printer: unknown.
    So are pixels that are not square.

    Parameters
    ----------
    path : str or Path
        The image file.

    Returns
    -------
    Scale

    Raises
    ------
    FileNotFoundError, PermissionError, ValueError
        As `labkit.files.images.read_image`.
    """
    path = Path(path)
    start = first_bytes(path)
    if start[:4] in TIFF_STARTS:
        return _tiff_scale(path)
    if start[:4] == b"\x89PNG" or start[:3] == b"\xff\xd8\xff":
        return Scale()
    return _bioio_scale(path)


def tiff_tags(um_per_px, minutes_per_frame):
    """Return what `tifffile.imwrite` needs to store axes and scale for ImageJ."""
    tags = {"metadata": {"axes": "TZCYXS"}}
    if um_per_px:
        tags["resolution"] = (1 / um_per_px, 1 / um_per_px)
        tags["metadata"]["unit"] = "micron"
    if minutes_per_frame:
        seconds = minutes_per_frame * 60
        tags["metadata"] |= {"finterval": seconds, "tunit": "sec"}
    return tags


def _tiff_scale(path):
    """Read the scale of an ImageJ or OME TIFF."""
    import tifffile

    try:
        with tifffile.TiffFile(path) as tiff:
            if tiff.is_ome:
                return _ome_scale(tiff.ome_metadata)
            if tiff.is_imagej:
                return _imagej_scale(tiff.imagej_metadata or {}, tiff.pages[0].tags)
    except Exception as error:  # tifffile raises many kinds
        raise ValueError(
            f"cannot read {path}: the file is damaged ({error}); copy it again"
        ) from error
    return Scale()


def _imagej_scale(metadata, tags):
    """Return the scale that ImageJ keeps in its description and resolution."""
    um = UM.get(str(metadata.get("unit", "")).lower())
    px_per_unit = [tags[n].value for n in ("XResolution", "YResolution") if n in tags]
    sizes = [um * d / n for n, d in px_per_unit if n] if um else []
    unit = str(metadata.get("tunit", "sec")).lower()
    minutes = metadata.get("finterval", 0) * MINUTES.get(unit, math.nan)
    return Scale(_square(sizes), _known(minutes))


def _ome_scale(xml):
    """Return the scale in an OME-XML text."""
    from xml.etree import ElementTree

    root = ElementTree.fromstring(xml)
    pixels = next(e for e in root.iter() if e.tag.endswith("}Pixels"))
    sizes = []
    for axis in "XY":
        um = UM.get(pixels.get(f"PhysicalSize{axis}Unit", "µm").lower(), math.nan)
        sizes.append(float(pixels.get(f"PhysicalSize{axis}", 0)) * um)
    unit = pixels.get("TimeIncrementUnit", "s").lower()
    minutes = float(pixels.get("TimeIncrement", 0)) * MINUTES.get(unit, math.nan)
    return Scale(_square(sizes), _known(minutes))


def _bioio_scale(path):
    """Ask bioio for the scale."""
    from .planes import open_bioio

    image = open_bioio(path)
    size, interval = image.physical_pixel_sizes, image.time_interval
    seconds = getattr(interval, "total_seconds", lambda: 0)()
    return Scale(_square([size.X, size.Y]), _known(seconds / 60))


def _square(sizes):
    """Return the pixel size if both are known and equal within 1 %."""
    sizes = [_known(size) for size in sizes]
    if len(sizes) < 2 or None in sizes or abs(sizes[0] / sizes[1] - 1) > 0.01:
        return None
    return sizes[0]


def _known(value):
    """Return a positive finite number, else None."""
    return float(value) if value and math.isfinite(value) and value > 0 else None
