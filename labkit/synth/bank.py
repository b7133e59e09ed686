"""A bank of real outlines, from which new label images take their shapes.

nucleAIzer [1]_ keeps a data base of masks and asks it for those that look like the
objects at hand; so does this, with outlines in place of masks, standardised features,
and sizes scaled by the root of the area ratio.

.. [1] Hollandi et al. (2020), Cell Systems 10: 453-458, "synthetic masks".
"""

import functools
from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from ..checks import check_labels
from ..files.atomic import atomic
from ..labels import object_table
from ..objects import mask_polygon
from . import matching, shapes
from .matching import check_morphology

N_POINTS = 32  # of a stored outline
SHIPPED = ("nuclei",)
N_NEAREST = 6  # outlines looked at for a target, in each of
N_ROUNDS = 3


class MaskBank:
    """Outlines of real objects, without their size: centred, of area 1.

    Attributes
    ----------
    contours : (n, 32, 2) ndarray of float32
        Corners (row, col).
    forms : (n, 3) ndarray of float
        Eccentricity, solidity and circularity.

    Examples
    --------
    >>> bank = MaskBank.load("nuclei")
    >>> bank
    <MaskBank: 4000 shapes>
    """

    def __init__(self, contours):
        contours = np.asarray(contours, np.float64).reshape(-1, N_POINTS, 2)
        if not np.isfinite(contours).all():
            raise ValueError("the outlines of a bank must be finite; remove the others")
        n = len(contours)
        self.contours = shapes.scaled(contours, np.ones(n)).astype(np.float32)
        self.contours.flags.writeable = False  # shared by all who load a bank
        self.forms = _forms(self.contours.astype(float))

    def __len__(self):
        return len(self.contours)

    def __repr__(self):
        return f"<MaskBank: {len(self)} shapes>"

    @classmethod
    def from_labels(cls, labels, *, min_area=50):
        """Collect the outlines of label images.

        Objects that touch the edge of the image, consist of several pieces or are
        smaller than `min_area` (px: their outline is that of the pixels) are left
        out; holes are filled.

        Parameters
        ----------
        labels : (H, W) array_like of int, or sequence of such
        min_area : int

        Raises
        ------
        ValueError, TypeError
            As `labkit.checks.check_labels`.
        """
        if isinstance(labels, np.ndarray) and labels.ndim == 2:
            labels = [labels]
        found = [
            smooth(mask_polygon(mask))
            for image in labels
            for mask in _whole_objects(check_labels(image), min_area)
        ]
        return cls(np.array(found).reshape(-1, N_POINTS, 2))

    def save(self, path):
        """Write the bank as .npz: one byte a coordinate, compressed, no pickle."""
        largest = np.abs(self.contours).max(axis=(1, 2), keepdims=True, initial=1e-9)
        small = np.rint(self.contours / largest * 127).astype(np.int8)
        steps = np.diff(small, axis=1, prepend=np.int8(0))  # wraps, and back in `load`
        with atomic(path) as temporary, temporary.open("wb") as file:
            np.savez_compressed(file, steps=steps.transpose(2, 1, 0))

    @classmethod
    def load(cls, path="nuclei"):
        """Read a bank that `save` wrote, or "nuclei", which comes along.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If the file is not a bank.
        """
        if str(path) in SHIPPED:
            return _shipped(str(path))
        path = Path(path)
        if not path.exists():
            raise FileNotFoundError(
                f"there is no bank at {path}; give a file that MaskBank.save wrote, "
                f"or one of {list(SHIPPED)}"
            )
        return cls(_read(path))

    def join(self, *others):
        """Return a bank with the shapes of this and other banks."""
        return MaskBank(np.concatenate([one.contours for one in (self, *others)]))

    def query(self, morphology, n, *, seed=0):
        """Draw `n` outlines like the objects of a morphology.

        Each takes one of its objects as an example: of the bank's shapes that are
        nearest in eccentricity, solidity and circularity (standardised), turned and
        mirrored at random and scaled to the example's area, the one is taken that
        measures most like it when painted.

        Parameters
        ----------
        morphology : Morphology
            From `labkit.style.morphology`.
        n : int
        seed : int or numpy.random.Generator

        Returns
        -------
        list of (32, 2) ndarray of float
            Corners (row, col), centred at the origin.

        Raises
        ------
        ValueError
            If the morphology or the bank is empty.
        """
        check_morphology(morphology)
        rng = np.random.default_rng(seed)
        rows = morphology.inner if len(morphology.inner) else morphology.objects
        return self.match(rng.choice(rows, n), rng, matching.spread(rows))

    def match(self, targets, rng, scale=None):
        """Return one outline for each target row; see `query`."""
        if not len(self):
            raise ValueError(
                "the bank has no shapes; collect some with MaskBank.from_labels, or "
                "load 'nuclei'"
            )
        if not len(targets):
            return []
        scale = matching.spread(targets) if scale is None else scale
        wanted, best, error = matching.forms(targets), None, None
        for _ in range(N_ROUNDS):
            near = self._nearest(wanted, scale)
            new, found, off = self._try(near, targets, rng, scale)
            # painting makes outlines rougher: ask for smoother ones next time
            wanted = wanted + (matching.forms(targets) - matching.forms(found)) / 2
            if best is None:
                best, error = new, off
            best = [
                b if e <= o else p
                for b, p, e, o in zip(best, new, error, off, strict=True)
            ]
            error = np.minimum(error, off)
        return best

    def _nearest(self, wanted, scale):
        """Return the numbers (n, k) of the shapes nearest to some forms (n, 3)."""
        k = min(N_NEAREST, len(self))
        _, near = cKDTree(self.forms / scale).query(wanted / scale, k=k)
        return np.asarray(near).reshape(len(wanted), k)

    def _try(self, near, targets, rng, scale):
        """Paint k shapes for each target; return the best, its measures and error."""
        areas = np.repeat(targets["area"], near.shape[1]).clip(1)
        polygons = shapes.scaled(self.contours[near.ravel()].astype(float), areas)
        polygons = shapes.turned_by(polygons, rng)
        return matching.nearest(list(polygons), targets, scale)[:3]


def smooth(polygon):
    """Turn an outline along pixel edges into 32 corners of a smooth line.

    Elliptic Fourier descriptors up to where a wave is about three pixels long (Kuhl &
    Giardina 1982, doi:10.1016/0146-664X(82)90034-X).
    """
    closed = np.concatenate([polygon, polygon[:1]])
    way = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
    at = np.linspace(0, way[-1], 256, endpoint=False)
    line = np.interp(at, way, closed[:, 0]) + 1j * np.interp(at, way, closed[:, 1])
    waves = np.fft.fft(line)
    highest = int(np.clip(0.75 * way[-1] / 3, 3, N_POINTS // 2 - 1))
    waves[highest + 1 : -highest] = 0
    line = np.fft.ifft(waves)[:: 256 // N_POINTS]
    return np.stack([line.real, line.imag], axis=1)


def _whole_objects(labels, min_area):
    """Yield the filled mask of each object fit for a bank."""
    for row in object_table(labels):
        if row["touches_border"] or row["area"] < min_area:
            continue
        box = labels[row["min_row"] : row["max_row"], row["min_col"] : row["max_col"]]
        mask = ndimage.binary_fill_holes(box == row["label"])
        if ndimage.label(mask)[1] == 1:
            yield mask


def _forms(contours):
    """Return eccentricity, solidity and circularity of outlines (n, m, 2)."""
    area, _, covariance = shapes.moments(contours)
    values = np.linalg.eigvalsh(covariance)
    eccentricity = np.sqrt(1 - np.clip(values[:, 0] / values[:, 1], 0, 1))
    hull = [cv2.contourArea(cv2.convexHull(c)) for c in contours.astype(np.float32)]
    steps = np.roll(contours, -1, axis=1) - contours
    length = np.hypot(steps[..., 0], steps[..., 1]).sum(axis=1)
    solidity, circularity = area / np.array(hull), 4 * np.pi * area / length**2
    return np.stack([eccentricity, solidity, circularity.clip(0, 1)], axis=1)


def _read(path):
    """Return the outlines in a file that `MaskBank.save` wrote, not yet scaled."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            steps = stored["steps"].transpose(2, 1, 0)
    except (ValueError, OSError, KeyError, IndexError, EOFError) as error:
        raise ValueError(f"{path} is not a bank of shapes: {error}") from error
    return np.cumsum(steps, axis=1, dtype=np.int8)


@functools.cache
def _shipped(name):
    """Return a bank that comes along; read once."""
    return MaskBank(_read(Path(str(files("labkit") / "banks" / f"{name}.npz"))))
