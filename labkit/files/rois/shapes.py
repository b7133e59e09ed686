"""ROI files of ImageJ: the archive, and what is in one ROI."""

import re
import zipfile
from pathlib import Path

import numpy as np

from ..atomic import atomic
from ..planes import first_bytes

_INTEGERS = (-5000, 60535)  # what ImageJ's 16 bits hold; beyond, floats are written
_VERSION, _LONG_GROUPS = 228, 229  # from which on ImageJ knows groups; above 255


def read_archive(path):
    """Return the ROIs of a ``.zip`` or ``.roi`` by name, in order.

    Raises
    ------
    FileNotFoundError, PermissionError
        If the file is not there or may not be read.
    ValueError
        If it is damaged or holds no ROIs.
    """
    from roifile import ImagejRoi

    path = Path(path)
    start = first_bytes(path)
    try:
        if start[:2] != b"PK":
            return {path.stem: ImagejRoi.frombytes(path.read_bytes())}
        with zipfile.ZipFile(path) as archive:
            entries = [Path(n) for n in archive.namelist() if not n.endswith("/")]
            found = [e for e in entries if e.suffix == ".roi" and e.name[0] != "."]
            rois = [ImagejRoi.frombytes(archive.read(e.as_posix())) for e in found]
    except Exception as error:  # zipfile, zlib, struct and roifile have own kinds
        raise ValueError(
            f"cannot read {path}: not an ImageJ ROI file, or damaged "
            f"({type(error).__name__}: {error}); save it again in the ROI Manager"
        ) from error
    if entries and not found:
        raise ValueError(f"no ROIs in {path}: found {entries[0]}, expected .roi files")
    return dict(zip(_unlike([e.stem for e in found]), rois, strict=True))


def write_archive(path, rois):
    """Write ROIs into a new ``.zip``, complete or not at all; never add to an old one.

    Parameters
    ----------
    path : str or Path
    rois : list of ImagejRoi
        Their names become those of the entries; the second of a name gets a suffix.

    Raises
    ------
    ValueError
        If the name does not end in ``.zip``.
    PermissionError
        If the folder cannot be written to.
    """
    if Path(path).suffix.lower() != ".zip":
        raise ValueError(f"cannot write {path}: the name must end in .zip")
    unfit = r'^\.|[\\/:*?"<>|\x00-\x1f]'  # hidden, or no file name on some system
    entries = _unlike([re.sub(unfit, "_", roi.name) for roi in rois])
    with (
        atomic(path) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for entry, roi in zip(entries, rois, strict=True):
            archive.writestr(f"{entry}.roi", roi.tobytes())


def _unlike(names):
    """Return the names with -1, -2, ... at those that were there before."""
    taken, given = set(names), set()
    for name in names:
        unlike, k = name, 0
        while unlike in given or (k and unlike in taken):
            k += 1
            unlike = f"{name}-{k}"
        given.add(unlike)
        yield unlike


def to_polygon(roi, path, name):
    """Return the corners (row, col) of a ROI, pixel centres on integers.

    Raises
    ------
    ValueError
        If it has no area (line, point).
    """
    from roifile import ROI_TYPE

    kind = roi.roitype
    if kind in (ROI_TYPE.RECT, ROI_TYPE.OVAL) and not roi.composite:
        xy = _rectangle(roi) if kind == ROI_TYPE.RECT else _oval(roi)
    elif roi.composite:
        xy = _join(roi.coordinates(multi=True))
    elif kind in (ROI_TYPE.POLYGON, ROI_TYPE.FREEHAND, ROI_TYPE.TRACED):
        xy = roi.coordinates()
    else:
        xy = np.empty((0, 2))
    if len(xy) < 3:
        raise ValueError(
            f"ROI {name!r} in {path} is a {kind.name.lower()} without area; remove it "
            f"in the ROI Manager or convert it (Edit > Selection > Line to Area)"
        )
    return np.asarray(xy, np.float64)[:, ::-1] - 0.5


def is_rectangle(roi):
    """Tell whether a ROI is a plain rectangle."""
    from roifile import ROI_TYPE

    return roi.roitype == ROI_TYPE.RECT and not roi.composite


def from_polygon(polygon, name, *, frame=None, group=0):
    """Make a ROI of corners (row, col).

    Outlines along pixel edges are written as integers (a traced ROI), all others
    with ImageJ's sub-pixel option as float32 (a freehand ROI).
    """
    from roifile import ROI_TYPE, ImagejRoi

    xy = np.asarray(polygon, np.float64)[:, ::-1] + 0.5
    whole = _is_whole(xy)
    xy = xy.astype(np.int32 if whole else np.float32)
    roi = ImagejRoi.frompoints(xy, name=basic(name), position=frame)
    roi.roitype = ROI_TYPE.TRACED if whole else ROI_TYPE.FREEHAND
    return _grouped(roi, group)


def from_box(polygon, name, *, frame=None, group=0):
    """Make a rectangle that holds the corners (row, col)."""
    from roifile import ROI_OPTIONS, ROI_TYPE, ImagejRoi

    from ..annotated import edges

    left, top, right, bottom = edges(polygon)
    roi = ImagejRoi(roitype=ROI_TYPE.RECT, name=basic(name))
    roi.left, roi.top = int(np.floor(left)), int(np.floor(top))
    roi.right, roi.bottom = int(np.ceil(right)), int(np.ceil(bottom))
    roi.position = 0 if frame is None else frame + 1
    if not _is_whole(np.array([left, top, right, bottom])):
        roi.options = ROI_OPTIONS.SUB_PIXEL_RESOLUTION
        roi.xd, roi.yd = left, top
        roi.widthd, roi.heightd = right - left, bottom - top
    return _grouped(roi, group)


def _grouped(roi, group):
    """Set the group and the lowest version that holds it."""
    roi.group = group
    roi.version = _LONG_GROUPS if group > 255 else _VERSION
    return roi


def _is_whole(values):
    """Tell whether all values are integers that ImageJ's 16 bits hold."""
    low, high = _INTEGERS
    inside = values.min() >= low and values.max() <= high
    return bool(inside and (values == np.round(values)).all())


def basic(text):
    """Replace characters that take two places in UTF-16, which roifile miscounts."""
    return re.sub(r"[^\u0000-\uffff]", "\ufffd", text)


def _bounds(roi):
    """Return left, top, width, height of a rectangle or oval."""
    if roi.subpixelrect:
        return roi.xd, roi.yd, roi.widthd, roi.heightd
    return roi.left, roi.top, roi.right - roi.left, roi.bottom - roi.top


def _rectangle(roi):
    """Return the four corners (x, y) of a rectangle, as `box_polygon` orders them."""
    x, y, width, height = _bounds(roi)
    return np.array([(0, 0), (1, 0), (1, 1), (0, 1)]) * (width, height) + (x, y)


def _oval(roi, n_corners=256):
    """Return corners (x, y) on an ellipse."""
    x, y, width, height = _bounds(roi)
    angle = np.arange(n_corners) * (2 * np.pi / n_corners)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return (circle + 1) / 2 * (width, height) + (x, y)


def _join(parts):
    """Join closed outlines to one, each by a bridge to the first corner."""
    home = parts[0][:1]
    loops = [np.concatenate([part, part[:1], home]) for part in parts]
    return np.concatenate(loops)
