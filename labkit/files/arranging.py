"""Arrays with named axes, brought into frames x channels x rows x columns."""

from typing import NamedTuple

import numpy as np

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
        True if the channels are the samples of an RGB picture, perhaps with alpha.
    zero_is_white : bool
        True if the file wants to be shown inverted (TIFF's MinIsWhite).
    """

    pixels: np.ndarray
    channels: tuple
    colour: bool
    zero_is_white: bool = False


class Refused(Exception):
    """The file is intact, but not what labkit can use; the text says why."""


def as_shown(planes):
    """Return as bright what viewers show bright, where a file says that 0 is white."""
    if not planes.zero_is_white or planes.pixels.dtype.kind not in "bu":
        return planes
    return planes._replace(pixels=np.invert(planes.pixels))


def arrange(pixels, axes, names=None, *, rgb=True):
    """Bring an array with named axes into (T, C, H, W); `rgb`: samples are colours."""
    sizes = dict(zip(axes, pixels.shape, strict=True))
    times = [axis for axis in axes if axis in "TQIZ" and sizes[axis] > 1]
    strange = [axis for axis in axes if axis not in "TQIZCSYX" and sizes[axis] > 1]
    if len(times) > 1 and "Q" in times:
        raise Refused(
            f"the file has shape {pixels.shape} and does not say which axis is time "
            f"and which are channels; name them (ImageJ: Image > Hyperstacks > Stack "
            f"to Hyperstack) and save it again as TIFF"
        )
    if len(times) > 1 or strange:
        raise Refused(
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
