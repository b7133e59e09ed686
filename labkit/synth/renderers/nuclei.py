"""How nuclei look: profile from the rim to the middle, colour scatter, texture."""

from typing import NamedTuple

import cv2
import numpy as np
from scipy import ndimage as ndi
from scipy.special import ndtri

OUTSIDE, RIM, DEEP = 7, 3, 4  # bins: px outside, px inside, then shares of the depth
N_BINS = OUTSIDE + RIM + DEEP
QUANTILES = np.linspace(0.01, 0.99, 33)
NORMAL = ndtri(QUANTILES)
LAGS = 12  # px, how far texture is correlated with itself
FEW = 100.0  # so many pairs of pixels count as much as those of all nuclei
STAIRS = 0.7  # px, smooths the steps between pixels out of an outline
LIKE_SIZE = 0.35  # spread of the logarithm of area that passes as the same size
LIKE_RATIO = 0.25  # the same for length / width
TOO_FAR = 4.0  # squared distance beyond the best that does not pass
TRUST = 4.0  # so many pixels of a nucleus count as much as the image's mean profile


class Look(NamedTuple):
    """How one nucleus looks."""

    profile: np.ndarray  # (N_BINS, C) minus local background, from outside to inside
    axes: np.ndarray  # (C, C) rows: directions of the colour scatter
    quantiles: np.ndarray  # (C, n) of the scatter along each
    kernels: list  # per axis: what gives noise the texture's correlation in space
    rest: np.ndarray  # (h, w, C) its own colours minus the profile; 0 near others
    mask: np.ndarray  # (h, w) bool


def depth_map(mask):
    """Return the distance to the outline, px: positive inside, negative outside.

    Where `mask` has no outline, as in a nucleus that fills the image, all is deep.
    """
    far = sum(mask.shape)
    inside = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5)
    outside = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5)
    steps = np.where(mask, inside.clip(0, far) - 0.5, 0.5 - outside.clip(0, far))
    return cv2.GaussianBlur(steps, (0, 0), STAIRS, borderType=cv2.BORDER_REPLICATE)


def to_bins(depth):
    """Return the place of each depth among the bins of a profile (float).

    The rim is divided in pixels, since blur is; the inside in shares of the
    greatest depth, so that profiles fit nuclei of other sizes.
    """
    deepest = max(float(depth.max()), RIM + 1.0)
    share = (depth - RIM) / (deepest - RIM) * DEEP + RIM
    return np.where(depth > RIM, share, depth) + OUTSIDE


def boxes(labels):
    """Yield (label, window, mask) of each object, with room for its surroundings."""
    for k, box in enumerate(ndi.find_objects(labels)):
        if box is None:
            continue
        window = tuple(
            slice(max(s.start - OUTSIDE - 1, 0), min(s.stop + OUTSIDE + 1, n))
            for s, n in zip(box, labels.shape, strict=True)
        )
        yield k + 1, window, labels[window] == k + 1


class Looks:
    """How the nuclei of one source image look.

    Parameters
    ----------
    source : Source
    slow : (H, W, C) ndarray
        Slow changes of its background.
    """

    def __init__(self, source, slow):
        signal = source.image - slow
        cut = [_cut(source, signal, *found) for found in boxes(source.labels)]
        shape = _mean_shape(cut)
        found = []
        for values, bins, use, inside in cut:
            profile = _profile(values, bins, use, inside, shape)
            rest = values - along(profile, bins)
            core = inside & use & (bins > OUTSIDE + 2)
            core = core if core.sum() >= 20 else inside & use
            found.append((profile, rest, core, _faded(rest, use), inside))
        self.looks = _looks(found)
        self.shapes = np.array([_shape(look.mask) for look in self.looks])
        self.cut_off = np.array([_is_cut(look.mask) for look in self.looks])

    def choose(self, mask, rng):
        """Return the look of a nucleus of about the size of `mask`."""
        far = np.square(self.shapes[:, 0] - _shape(mask)[0])
        chance = np.exp(-0.5 * (far - far.min()))
        return self.looks[rng.choice(len(self.looks), p=chance / chance.sum())]

    def fitting(self, mask, n_best, rng):
        """Return one of the `n_best` whole nuclei closest to `mask` in shape."""
        far = np.square(self.shapes - _shape(mask)).sum(axis=1) + 1e3 * self.cut_off
        best = np.argsort(far, kind="stable")[:n_best]
        best = best[far[best] <= far[best[0]] + TOO_FAR]
        return self.looks[rng.choice(best)]


def _shape(mask):
    """Return logarithms of area and of length / width, one of their spreads being 1."""
    area = max(np.count_nonzero(mask), 1)
    places = np.argwhere(mask)
    cov = np.cov(places.T) if area > 2 else np.zeros((2, 2))
    short, long = np.linalg.eigvalsh(cov + np.eye(2) / 12)
    return np.log(area) / LIKE_SIZE, np.log(long / short) / 2 / LIKE_RATIO


def _faded(rest, use):
    """Return `rest`, going to 0 over some px where it is another nucleus'."""
    far = cv2.distanceTransform(use.astype(np.uint8), cv2.DIST_L2, 3)
    return rest * np.clip(far / 2, 0, 1)[..., None]


def _is_cut(mask):
    """Tell whether an object is cut off by the image's border."""
    return bool(mask[[0, -1]].any() or mask[:, [0, -1]].any())


def along(profile, bins):
    """Return the profile's colour (h, w, C) at each place among the bins."""
    knots = np.arange(N_BINS) + 0.5
    colours = [np.interp(bins, knots, values) for values in profile.T]
    fade = np.clip(bins / OUTSIDE, 0, 1)[..., None] ** 0.5
    return (fade * np.stack(colours, axis=-1)).astype(np.float32)


def textured(look, shape, rng):
    """Return fresh colour scatter (h, w, C) of a nucleus around its profile."""
    scatter = []
    for kernel, values in zip(look.kernels, look.quantiles, strict=True):
        noise = rng.standard_normal(shape, np.float32)
        field = cv2.filter2D(noise, -1, kernel, borderType=cv2.BORDER_REFLECT)
        scatter.append(np.interp(field, NORMAL, values))
    return np.stack(scatter, axis=-1).astype(np.float32) @ look.axes


def _cut(source, signal, label, window, mask):
    """Return one nucleus with its surroundings: values, bins, what to use, inside."""
    depth = depth_map(mask)
    other = (source.labels[window] > 0) & ~mask
    other = cv2.dilate(other.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    use = (depth > -OUTSIDE) & ~other & (mask | ~source.unsure[window])
    if (use & mask).sum() < 9:
        use = use | mask
    return signal[window], to_bins(depth), use, mask


def _sums(values, bins, use):
    """Return count (N_BINS,) and sum (N_BINS, C) of the values in each bin."""
    index = np.clip(bins[use].astype(int), 0, N_BINS - 1)
    count = np.bincount(index, minlength=N_BINS)
    return count, np.stack(
        [np.bincount(index, v, minlength=N_BINS) for v in values[use].T], axis=1
    )


def _mean_shape(cut):
    """Return (N_BINS,) mean share of its contrast that a nucleus has at each bin.

    Depths that no nucleus shows get the share of the nearest one that is shown.
    """
    above, below = np.zeros(N_BINS), np.zeros(N_BINS)
    for values, bins, use, inside in cut:
        contrast = values[inside].mean(axis=0)
        count, total = _sums(values, bins, use)
        above += total @ contrast
        below += count * (contrast @ contrast)
    shape = above / np.maximum(below, 1e-6)
    inside = np.arange(N_BINS) >= OUTSIDE
    seen, unseen = inside & (below > 0), inside & (below == 0)
    if seen.any():
        shape[unseen] = np.interp(*map(np.flatnonzero, (unseen, seen)), shape[seen])
    return shape


def _profile(values, bins, use, inside, shape):
    """Return a nucleus' profile; where it has few pixels, with the mean's shape."""
    count, total = _sums(values, bins, use)
    usual = shape[:, None] * values[inside].mean(axis=0)
    return (total + TRUST * usual) / (count[:, None] + TRUST)


def _looks(found):
    """Return the looks from profiles and what remains around them."""
    axes = [_axes(rest[core]) for _, rest, core, *_ in found]
    spread = [
        [_correlations(rest @ axis, core) for axis in own]
        for (_, rest, core, *_), own in zip(found, axes, strict=True)
    ]
    usual = [
        sum(power for power, _ in one) / sum(mass for _, mass in one)
        for one in zip(*spread, strict=True)
    ]
    looks = []
    for (profile, rest, core, *pixels), own, one in zip(
        found, axes, spread, strict=True
    ):
        quantiles = np.quantile(rest[core] @ own.T, QUANTILES, axis=0).T
        kernels = [
            _kernel((power + FEW * mean) / (mass + FEW))
            for (power, mass), mean in zip(one, usual, strict=True)
        ]
        looks.append(Look(profile, own, quantiles, kernels, *pixels))
    return looks


def _axes(colours):
    """Return the directions (C, C) of the scatter, the largest first, not mirrored."""
    axes = np.linalg.eigh(colours.T @ colours / len(colours))[1].T[::-1]
    sign = np.where(axes.sum(axis=1, keepdims=True) < 0, -1, 1)
    return (axes * sign).astype(np.float32)


def _correlations(value, use):
    """Return the sums over lags of products and of pairs, the scatter made 1."""
    value = np.where(use, value - value[use].mean(), 0)
    value = value / max(float(value[use].std()), 1e-6)
    return _correlation(value), _correlation(use.astype(np.float32)).clip(1e-3)


def _correlation(array):
    """Return the autocorrelation of an array up to LAGS, (2 LAGS + 1) squared."""
    size = [cv2.getOptimalDFTSize(n + LAGS) for n in array.shape]
    spectrum = np.abs(np.fft.rfft2(array, size)) ** 2
    both = np.fft.irfft2(spectrum, size)
    index = np.arange(-LAGS, LAGS + 1)
    return both[np.ix_(index % size[0], index % size[1])]


def _kernel(correlation):
    """Return the even kernel whose noise has this autocorrelation in any direction.

    Its Fourier transform is the power spectrum (Wiener and Khinchin).
    """
    taper = np.hanning(2 * LAGS + 3)[1:-1]
    turned = [np.rot90(c, k) for c in (correlation, correlation.T) for k in range(4)]
    correlation = np.mean(turned, axis=0) * taper[:, None] * taper
    spectrum = np.fft.fft2(np.fft.ifftshift(correlation)).real
    kernel = np.fft.fftshift(np.fft.ifft2(np.sqrt(spectrum.clip(0))).real)
    total = np.sqrt(np.square(kernel).sum())
    return (kernel / total if total > 0 else kernel).astype(np.float32)
