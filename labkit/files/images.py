"""Images and movies, read from and written to files.

Everything that goes in is checked here once; what comes out is uint8, uint16 or
float32 with axes (H, W) or (T, H, W). For models that take colour, RGB pictures may
keep theirs: (H, W, 3) or (T, H, W, 3).
"""

import re
from pathlib import Path

import numpy as np

from ..checks import check_image, check_movie
from .arranging import as_shown
from .arrays import write_array
from .planes import SUFFIXES, read_planes
from .scale import Scale, read_scale

__all__ = [
    "Scale",
    "image_paths",
    "read_image",
    "read_movie",
    "read_scale",
    "write_image",
]


def image_paths(paths):
    """List the image files that `paths` stand for.

    Parameters
    ----------
    paths : str, Path or list of these
        Files, folders (their images, not those of folders within), or patterns
        such as ``"movie/*.tif"``. In folders and patterns, hidden files and
        files that are no images are left out.

    Returns
    -------
    list of Path
        In natural order within a folder (``frame2`` before ``frame10``), each
        file once.

    Raises
    ------
    FileNotFoundError
        If a file or folder does not exist.
    ValueError
        If a file is not an image, or no image is found; the message lists what
        was found instead.
    """
    if isinstance(paths, str | Path):
        paths = [paths]
    found = {}
    for path in paths:
        for file in _expand(Path(path)):
            found.setdefault(file.absolute(), file)
    if not found:
        raise ValueError("no images: the list of paths is empty")
    return list(found.values())


def read_image(path, *, channel=None, colour=False):
    """Read one image, grey unless colour is asked for.

    Parameters
    ----------
    path : str or Path
        A file with one frame, see `labkit.files.planes.read_planes`.
    channel : int or str, optional
        Which channel, by number (from 0) or name. Needed only if there are
        several that differ; an RGB picture with R = G = B is grey, and channels
        that are empty are none.
    colour : bool
        Return an RGB or RGBA picture in colour, without its alpha, unless a
        `channel` is chosen. It stays grey if R = G = B, or if two of them are
        empty (one stain shown in its colour). Several stains in channels of their
        own are no colour: choose one.

    Returns
    -------
    (H, W) ndarray of uint8, uint16 or float32
        (H, W, 3) for a picture in colour.

    Raises
    ------
    FileNotFoundError, PermissionError
        If the file is not there or may not be read.
    ValueError
        If the file is empty, damaged or unknown, holds several frames, has no
        such channel, or several without `channel` (the message lists them).

    Examples
    --------
    >>> import tempfile
    >>> from labkit.files.images import read_image, write_image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_image(folder + "/a.png", np.eye(4, dtype=np.uint8))
    ...     read_image(folder + "/a.png").sum()
    np.uint64(4)
    """
    frames = _read_frames(path, channel, colour)
    if len(frames) > 1:
        raise ValueError(
            f"{path} holds {len(frames)} frames, expected one image; read it with "
            f"read_movie, or save the frame you want"
        )
    return check_image(frames[0], str(path), colour=colour)


def read_movie(paths, *, channel=None, colour=False):
    """Read a movie from one file of many frames or one file a frame.

    Parameters
    ----------
    paths : str, Path or list of these
        A movie file, a folder of frames, or the frames, see `image_paths`.
    channel : int or str, optional
    colour : bool
        Both as in `read_image`; the movie is in colour if one of its frames is.

    Returns
    -------
    (T, H, W) ndarray of uint8, uint16 or float32
        (T, H, W, 3) if in colour.

    Raises
    ------
    FileNotFoundError, PermissionError, ValueError
        As `read_image` and `image_paths`, and if frames differ in shape.
    """
    files = image_paths(paths)
    if len(files) == 1:
        return _check_frames(_read_frames(files[0], channel, colour), str(files[0]))
    frames = [read_image(file, channel=channel, colour=colour) for file in files]
    if any(frame.ndim == 3 for frame in frames):
        frames = [f if f.ndim == 3 else np.dstack([f] * 3) for f in frames]
    return np.stack(same_shape(frames, files))


def write_image(path, image, *, um_per_px=None, minutes_per_frame=None):
    """Write a grey or RGB image, or a movie.

    Parameters
    ----------
    path : str or Path
        ``.png``, ``.tif`` or ``.tiff``. Its folder is made if needed.
    image : (H, W), (H, W, 3) or (T, H, W) array
        PNG takes uint8 and uint16, no movies; TIFF takes float32 too and is
        written for ImageJ. A mask (bool) becomes 0 and 255.
    um_per_px, minutes_per_frame : float, optional
        Stored in TIFF, as ImageJ does.

    Raises
    ------
    ValueError, TypeError
        If the array or its dtype does not fit the format.
    PermissionError
        If the folder cannot be written to.
    """
    path, image = Path(path), np.asarray(image)
    if image.dtype == bool:
        image = image * np.uint8(255)
    if image.ndim == 3 and image.shape[-1] == 3 and image.dtype == np.uint8:
        axes = "YXS"
    elif image.ndim == 3:
        image, axes = check_movie(image, "image"), "TYX"
    else:
        image, axes = check_image(image), "YX"
    write_array(path, image, axes, um_per_px, minutes_per_frame)


def same_shape(frames, files):
    """Return `frames`, or raise ValueError naming the first of another shape."""
    for frame, file in zip(frames, files, strict=True):
        if frame.shape != frames[0].shape:
            raise ValueError(
                f"the frames of a movie must have one shape: {files[0]} is "
                f"{frames[0].shape}, {file} is {frame.shape}; remove what does not "
                f"belong to the movie"
            )
    return frames


def natural_key(path):
    """Sort key that orders numbers in names by value."""
    parts = re.split(r"(\d+)", Path(path).name.lower())
    return [int(p) if p.isdecimal() else p for p in parts]


def _expand(path):
    """Return the image files behind one path, folder or pattern."""
    if path.is_dir() and path.suffix.lower() != ".zarr":
        return _images_among(path.iterdir(), path)
    if path.exists():
        if path.suffix.lower() not in SUFFIXES:
            raise ValueError(
                f"{path} is not an image by its name; known are {' '.join(SUFFIXES)}"
            )
        return [path]
    if any(c in str(path) for c in "*?["):
        folder = next(p for p in (*path.parents, Path()) if p.is_dir())
        return _images_among(folder.glob(str(path.relative_to(folder))), path)
    raise FileNotFoundError(f"there is no file or folder {path}")


def _images_among(files, where):
    """Return the images among `files` in natural order; raise if there is none."""
    files = sorted(files, key=natural_key)
    images = [
        f
        for f in files
        if f.suffix.lower() in SUFFIXES
        and not f.name.startswith(".")
        and (f.is_file() or f.suffix.lower() == ".zarr")
    ]
    if not images:
        names = ", ".join(f.name for f in files[:8]) + ", ..." * (len(files) > 8)
        raise ValueError(
            f"no images in {where}: found {names or 'nothing'}; images end in "
            f"{' '.join(SUFFIXES)}"
        )
    return images


def _check_frames(frames, name):
    """Check a movie, which may be in colour."""
    if frames.ndim == 3:
        return check_movie(frames, name)
    tall = frames.reshape(-1, *frames.shape[2:])
    return check_image(tall, name, colour=True).reshape(frames.shape)


def _read_frames(path, channel, colour):
    """Read all frames of one channel, (T, H, W), or in colour, (T, H, W, 3)."""
    planes = as_shown(read_planes(path))
    if channel is None:
        return _in_colour(planes) if colour and planes.colour else _only(path, planes)
    names = planes.channels
    index, alike = channel, [name.casefold() for name in names]
    if isinstance(channel, str) and channel.casefold() in alike:
        index = alike.index(channel.casefold())
    try:
        index = int(index)
    except (TypeError, ValueError):
        index = -1
    if not 0 <= index < len(names):
        raise ValueError(f"{path} has no channel {channel!r}; {_list_channels(planes)}")
    return planes.pixels[:, index]


def _in_colour(planes):
    """Return an RGB picture in colour, or the one channel that holds all it shows."""
    rgb = planes.pixels[:, :3]
    used = [k for k in range(3) if not _is_empty(rgb[:, k])]
    if len(used) == 1:
        return rgb[:, used[0]]
    if (rgb == rgb[:, :1]).all():
        return rgb[:, 0]
    return np.ascontiguousarray(np.moveaxis(rgb, 1, -1))


def _only(path, planes):
    """Return the single channel, or one of several that are equal."""
    first = planes.pixels[:, 0]
    n_channels = len(planes.channels)
    if n_channels == 1 or (planes.colour and (planes.pixels == first[:, None]).all()):
        return first
    used = [k for k in range(n_channels) if not _is_empty(planes.pixels[:, k])]
    if len(used) == 1:
        return planes.pixels[:, used[0]]
    hint = ""
    if not planes.colour and len(planes.pixels) == 1 and n_channels > 4:
        hint = (
            "; if these are time points, save the movie with a time axis (ImageJ: "
            "Image > Properties, swap channels and frames)"
        )
    if planes.colour and _in_colour(planes).ndim == 4:
        hint = "; models that take colour, such as nuclei, take it as it is"
    raise ValueError(
        f"{path} has {n_channels} channels, choose one with --channel (in Python "
        f"channel=); {_list_channels(planes)}{hint}"
    )


def _is_empty(values):
    """Whether all values are the same."""
    return values.min() == values.max()


def _list_channels(planes):
    """Say which channels there are, and which of them are not empty."""
    parts = []
    for k, name in enumerate(planes.channels):
        empty = " (empty)" if _is_empty(planes.pixels[:, k]) else ""
        parts.append((f"{k}" if name == str(k) else f"{k} = {name!r}") + empty)
    return f"channels are {', '.join(parts)}"
