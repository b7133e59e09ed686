"""Windows at fixed places: what is read off a source before its blocks are cut."""

import numpy as np

N_FRAMES = 3  # looked at for what holds for all frames: first, middle, last
N_WINDOWS = 3  # per axis of a large plane


def frames_to_look_at(n_frames):
    """First, middle and last of the frames.

    Parameters
    ----------
    n_frames : int

    Returns
    -------
    list of int

    Examples
    --------
    >>> frames_to_look_at(91)
    [0, 45, 90]
    """
    places = np.linspace(0, n_frames - 1, N_FRAMES).round().astype(int)
    return sorted(set(places.tolist()))


def windows(shape, side):
    """Boxes spread evenly over a plane: all of it if it is small, else up to 9.

    Parameters
    ----------
    shape : (int, int)
    side : int
        Of a box, px.

    Returns
    -------
    list of (first row, first column, stop row, stop column)

    Examples
    --------
    >>> windows((100, 30), 40)
    [(0, 0, 40, 30), (30, 0, 70, 30), (60, 0, 100, 30)]
    """
    starts = []
    for length in shape[:2]:
        n = min(N_WINDOWS, -(-length // side))
        places = np.linspace(0, max(length - side, 0), n).round().astype(int)
        starts.append([(int(a), min(int(a) + side, length)) for a in places])
    return [(r, c, r2, c2) for r, r2 in starts[0] for c, c2 in starts[1]]


def limits_of(parts, low=1.0, high=99.8):
    """Percentiles of some pixels, never equal.

    Parameters
    ----------
    parts : iterable of ndarray
    low, high : float
        Percentiles.

    Returns
    -------
    (float, float)
    """
    values = np.concatenate([part.ravel() for part in parts])
    bottom, top = (float(v) for v in np.percentile(values, (low, high)))
    if top <= bottom:
        bottom, top = float(values.min()), float(values.max())
    return bottom, top if top > bottom else bottom + 1.0
