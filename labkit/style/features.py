"""Describe the look of an image in numbers: levels, colour, texture, structure sizes.

nucleAIzer computes intensity, Haralick and Gabor features of six channels of the
whole image, and its width and height. Here sizes are left out, because they tell how
a file was cut and not what it shows; the sizes of structures come in: how much
disappears by openings with growing discs, and the power spectrum.
"""

import cv2
import numpy as np

from ..checks import check_image

TILE = 256  # px; larger images are described by four tiles, so time is bounded
PERCENTILES = (1, 5, 25, 50, 75, 95, 99)
COLOURS = ("a_mean", "b_mean", "a_spread", "b_spread", "chroma", "chroma_spread")
REACHES = (1, 3)  # of the texture patterns, px
N_PATTERNS = 10
RADII = ((0, 1, 2, 3, 4, 6), (3, 4, 6, 8), (4, 6))  # of discs, at full, 1/2, 1/4 size
FREQUENCIES = np.geomspace(1 / 128, 1 / 2, 13)  # limits of the bands, per px


def _names():
    """Name the features in the order of `style_features`."""
    names = [f"level_{p}" for p in PERCENTILES] + ["level_spread"]
    names += [f"colour_{name}" for name in COLOURS]
    for reach in REACHES:
        names += [f"texture_{reach}px_{k}" for k in range(N_PATTERNS)]
    names += [f"period_{round(1 / f)}px" for f in FREQUENCIES[:-1]]
    radii = [r * 2**level for level, found in enumerate(RADII) for r in found[1:]]
    names += [f"bright_{r}px" for r in radii]
    return tuple(names)


FEATURE_NAMES = _names()
"""What the numbers of `style_features` are. level: log percentiles of brightness and
the log of its standard deviation; colour: CIE a and b; texture: shares of local
binary patterns (Ojala et al. 2002), rotation does not matter; period: share of the
power spectrum in bands from this period down; bright: share of what openings by discs
remove that the disc of this radius adds."""


def style_features(image):
    """Describe the look of one image in numbers.

    Turning or mirroring the image, and cutting another piece out of it, changes
    little. Its width and height do not enter.

    Parameters
    ----------
    image : (H, W) or (H, W, 3) array_like of bool, int or float
        Grey or colour; uint8 and uint16 are taken as parts of their range, other
        values beyond 0..1 as parts of the image's own.

    Returns
    -------
    (n_features,) ndarray of float32
        In the order of `FEATURE_NAMES`; about 0..1 and logarithms. Grey images and
        the same in three equal channels have the same features.

    Raises
    ------
    ValueError, TypeError
        As `labkit.checks.check_image`.

    References
    ----------
    .. [1] Hollandi et al. (2020), Cell Systems 10: 453-458: features for styles.
           https://doi.org/10.1016/j.cels.2020.04.003
    .. [2] Ojala et al. (2002), IEEE TPAMI 24: 971-987: rotation invariant local
           binary patterns. https://doi.org/10.1109/TPAMI.2002.1017623
    .. [3] Matheron (1975), Random Sets and Integral Geometry: granulometry.

    Examples
    --------
    >>> image = np.random.default_rng(0).integers(0, 255, (64, 80), np.uint8)
    >>> found = lk.style.style_features(image)
    >>> found.shape == (len(lk.style.FEATURE_NAMES),)
    True
    """
    image = _unit_range(check_image(image, colour=True))
    tiles = [np.ascontiguousarray(image[where]) for where in _tiles(image.shape)]
    grey = [tile.mean(axis=-1) if tile.ndim == 3 else tile for tile in tiles]
    values = np.concatenate([tile.ravel() for tile in grey])
    low, high = np.percentile(values, (1, 99.8))
    span = np.float32(max(high - low, 1e-6))
    flat = [np.clip((tile - np.float32(low)) / span, 0, 1) for tile in grey]
    bytes_ = [cv2.convertScaleAbs(tile, alpha=255) for tile in flat]
    parts = (_levels(values), _colours(tiles), _patterns(bytes_), _spectrum(flat))
    found = np.concatenate([*parts, _sizes(bytes_)])
    return np.round(found, 3).astype(np.float32)  # rounding errors are no features


def _unit_range(image):
    """Return a float32 image within 0..1."""
    if image.dtype in (np.uint8, np.uint16):
        return image.astype(np.float32) / np.iinfo(image.dtype).max
    low, high = min(0.0, float(image.min())), max(1.0, float(image.max()))
    return (image - np.float32(low)) / np.float32(high - low)


def _tiles(shape):
    """Yield the slices of one tile, or of tiles at the corners of a large image."""
    starts = [(0,) if side <= TILE else (0, side - TILE) for side in shape[:2]]
    for row in starts[0]:
        for col in starts[1]:
            yield slice(row, row + TILE), slice(col, col + TILE)


def _levels(values):
    """Log brightness at percentiles, and of the spread."""
    levels = np.append(np.percentile(values, PERCENTILES), values.std())
    return np.log(levels + 1 / 255)


def _colours(tiles):
    """Means and spreads of CIE a, b and chroma; in units of 100."""
    if tiles[0].ndim == 2:
        return np.zeros(len(COLOURS))
    lab = [cv2.cvtColor(tile, cv2.COLOR_RGB2LAB).reshape(-1, 3) for tile in tiles]
    a, b = np.concatenate(lab)[:, 1:].T / 100
    chroma = np.hypot(a, b)
    return np.array([a.mean(), b.mean(), a.std(), b.std(), chroma.mean(), chroma.std()])


def _patterns(tiles):
    """Shares of the local binary patterns at each reach."""
    parts = []
    for reach in REACHES:
        smooth = [cv2.GaussianBlur(tile, (0, 0), 0.5 * reach) for tile in tiles]
        counts = sum(
            np.bincount(_pattern(tile, reach).ravel(), minlength=N_PATTERNS)
            for tile in smooth
        )
        parts.append(counts / counts.sum())
    return np.concatenate(parts)


def _pattern(tile, reach):
    """Number each pixel's pattern: which of 8 neighbours are not darker."""
    height, width = tile.shape
    near = round(reach / np.sqrt(2))
    steps = [(0, reach), (near, near), (reach, 0), (near, -near)]
    steps += [(-row, -col) for row, col in steps]
    wide = cv2.copyMakeBorder(tile, *[reach] * 4, cv2.BORDER_REPLICATE)
    code = np.zeros(tile.shape, np.uint8)
    for bit, (row, col) in enumerate(steps):
        start = row + reach, col + reach
        other = wide[start[0] : start[0] + height, start[1] : start[1] + width]
        code |= (other >= tile).astype(np.uint8) << bit
    return _PATTERN_OF_CODE[code]


def _pattern_table():
    """Map 8 bits to 0..8 set ones in one run, or 9: any other pattern."""
    bits = np.arange(256)[:, None] >> np.arange(8) & 1
    changes = np.abs(bits - np.roll(bits, 1, axis=1)).sum(axis=1)
    return np.where(changes <= 2, bits.sum(axis=1), 9)


_PATTERN_OF_CODE = _pattern_table()


def _spectrum(tiles):
    """Shares of the power in bands of frequency, in any direction."""
    n_bands = len(FREQUENCIES) - 1
    power, count = np.zeros(n_bands), np.zeros(n_bands)
    for tile in tiles:
        height, width = tile.shape
        window = np.outer(np.hanning(height + 2)[1:-1], np.hanning(width + 2)[1:-1])
        found = np.abs(np.fft.rfft2((tile - tile.mean()) * window)) ** 2
        rows, cols = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)
        band = np.digitize(np.hypot(rows, cols), FREQUENCIES) - 1
        inside = (band >= 0) & (band < n_bands)
        scale = (window**2).sum()
        power += np.bincount(band[inside], found[inside] / scale, n_bands)
        count += np.bincount(band[inside], minlength=n_bands)
    density = power / np.maximum(count, 1)
    energy = density * FREQUENCIES[1:] * FREQUENCIES[:-1]
    return energy / max(energy.sum(), 1e-9)


def _sizes(tiles):
    """What each disc adds to what openings remove, as shares."""
    removed = sum(_removed(cv2.GaussianBlur(tile, (0, 0), 1)) for tile in tiles)
    return removed / max(removed.sum(), 1e-9)


def _removed(tile):
    """Mean grey value that the opening by each further disc removes."""
    added = []
    for level, radii in enumerate(RADII):
        if level:
            shape = [max(1, side // 2) for side in tile.shape]
            tile = cv2.resize(tile, shape[::-1], interpolation=cv2.INTER_AREA)
        removed = []
        for radius in radii:
            opened = cv2.morphologyEx(tile, cv2.MORPH_OPEN, _disc(radius))
            removed.append(cv2.absdiff(tile, opened).mean())
        added += np.diff(removed).clip(0).tolist()
    return np.array(added)


def _disc(radius):
    """Return a disc as a structuring element, the same from all four sides."""
    squares = np.arange(-radius, radius + 1) ** 2
    return (squares[:, None] + squares <= radius**2 + radius / 2).astype(np.uint8)
