"""Run-length encoded masks as COCO has them: column by column, 0s first."""

import numpy as np


def to_rle(mask, origin, shape):
    """Encode a mask that is part of an image.

    Parameters
    ----------
    mask : (h, w) ndarray of bool
    origin : (int, int)
        Row and column of its first pixel in the image.
    shape : (int, int)
        Height and width of the image.

    Returns
    -------
    dict
        ``size`` and ``counts``, the lengths of the runs.

    Examples
    --------
    >>> to_rle(np.array([[True], [True]]), (1, 0), (4, 2))
    {'size': [4, 2], 'counts': [1, 2, 5]}
    """
    height, width = shape
    cols, rows = np.nonzero(np.asarray(mask).T)
    places = (cols + origin[1]) * height + rows + origin[0]
    starts = places[np.diff(places, prepend=-2) > 1]
    ends = places[np.diff(places, append=height * width + 1) > 1] + 1
    turns = np.stack([starts, ends], axis=1).ravel()
    counts = np.diff(turns, prepend=0, append=height * width)
    counts = counts[:-1] if len(counts) > 1 and counts[-1] == 0 else counts
    return {"size": [int(height), int(width)], "counts": counts.tolist()}


def from_rle(rle, shape):
    """Decode a mask, from a list of counts or from COCO's compressed text.

    Returns
    -------
    (H, W) ndarray of bool

    Raises
    ------
    ValueError
        If the size or the counts do not fit the image.
    """
    counts = rle["counts"]
    counts = np.array(_decompress(counts) if isinstance(counts, str) else counts)
    height, width = shape
    whole = len(counts) == 0 or counts.dtype.kind in "iu"
    if list(rle["size"]) != [height, width] or not whole or (counts < 0).any():
        raise ValueError(f"runs of size {rle['size']} in an image of {list(shape)}")
    if counts.sum() != height * width:
        raise ValueError(f"runs of {counts.sum()} px in an image of {height * width}")
    inside = np.arange(len(counts)) % 2 == 1
    return np.repeat(inside, counts).reshape(width, height).T


def _decompress(text):
    """Return the counts behind COCO's text: 5 bits a character, differences."""
    counts, value, shift = [], 0, 0
    for character in text.encode("ascii"):
        bits = character - 48
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << shift
        counts.append(value + (counts[-2] if len(counts) > 2 else 0))
        value, shift = 0, 0
    return counts
