"""TIFF files: plain, of ImageJ, of OME."""

import contextlib
import logging
import threading

from .arranging import Refused, arrange

WHITE_TAG = 0  # MinIsWhite
RGB_TAGS = (2, 6)  # what TIFF calls RGB and YCbCr; decoded, both are RGB


def read_tiff(path):
    """Read the first series of a TIFF, with its axes."""
    import tifffile

    with watch_tiff() as trouble, tifffile.TiffFile(path) as tiff:
        series, *others = tiff.series
        _refuse_others(path, series, others)
        pixels, axes = series.asarray(), series.axes
        names = _tiff_channels(tiff)
        kind = series.keyframe.photometric
    if trouble:
        raise ValueError(trouble[0])
    planes = arrange(pixels, axes, names, rgb=kind in RGB_TAGS)
    if "Q" in axes:
        _refuse_last_channels(path, planes.pixels.shape)
    return planes._replace(zero_is_white=kind == WHITE_TAG)


def _refuse_others(path, series, others):
    """Raise where a file holds other images than the first and its thumbnails."""
    if any(one.shape == series.shape for one in others):
        raise Refused(
            f"{path} holds {1 + len(others)} images of shape {series.shape}, "
            f"perhaps positions; save each in a file of its own"
        )
    if any(4 * one.size > series.size for one in others):
        shapes = " and ".join(str(one.shape) for one in (series, *others))
        raise Refused(
            f"{path} holds images of different shapes, {shapes}; save the one that is "
            f"meant in a file of its own"
        )


def _refuse_last_channels(path, shape):
    """Raise where frames are so narrow that they must be something else."""
    n_frames, _, *plane = shape
    if n_frames >= 16 and min(plane) <= 4:
        raise Refused(
            f"{path} does not name its axes and would be {n_frames} frames of "
            f"{plane[0]} x {plane[1]} px; if its channels come last, save it with "
            f"channels first and named: tifffile.imwrite(path, "
            f"np.moveaxis(array, -1, 0), metadata={{'axes': 'CYX'}})"
        )


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
    """Return the channel names of an OME-TIFF or an ImageJ hyperstack, else None."""
    if tiff.is_imagej:
        about = tiff.imagej_metadata or {}
        names = list(about.get("Labels", ()))[: about.get("channels", 0)]
        return names if len(set(names)) == about.get("channels") else None
    if not tiff.is_ome:
        return None
    from xml.etree import ElementTree

    root = ElementTree.fromstring(tiff.ome_metadata)
    image = next((e for e in root.iter() if e.tag.endswith("}Pixels")), ())
    return [e.get("Name") for e in image if e.tag.endswith("}Channel")]
