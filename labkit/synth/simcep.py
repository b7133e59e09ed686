"""SIMCEP: fluorescence images of cell populations with known truth.

The simulator of Lehmussola et al. [1]_, with its parameters: outlines as of
`simulate_shape`, a cloudy texture, cells in clusters that may overlap a little, each at
a depth of its own and blurred accordingly; then uneven light, autofluorescence and
camera noise.

.. [1] Lehmussola, Ruusuvuori, Selinummi, Huttunen & Yli-Harja (2007), Computational
       framework for simulating fluorescence microscope images with cell populations,
       IEEE Transactions on Medical Imaging 26: 1010-1016.
"""

import dataclasses
from typing import NamedTuple

import cv2
import numpy as np

from ..params import Params
from .arranging import FREE, SHARED
from .placing import check_shape, check_share, paint, stack
from .shapes import pixels, simulated


@dataclasses.dataclass(frozen=True)
class CellParams(Params):
    """What `simulate_cells` draws; defaults are those of the paper, for nuclei.

    Attributes
    ----------
    diameter : float
        Of a typical cell, px.
    spread : float
        Standard deviation of diameters, as a part of `diameter`.
    eccentricity : float
        Cells have 0 to this.
    radius_noise, angle_noise : float
        Of the outline's eight corners.
    persistence, first_octave, n_octaves, darkest : float, int, int, float
        Texture: how much each finer octave counts beside the one before, the coarsest
        (a grid of 2 to this power), their number, and the least brightness.
    n_clusters, clustered, cluster_spread : int, float, float
        Number of clusters, share of the cells that lie in one, and its standard
        deviation as a part of the image.
    overlap, n_tries : float, int
        Largest share of a cell that another covers; places tried for a cell.
    illumination : float
        How much darker the corners are than the brightest spot, 0..1.
    misalignment : float
        Of the light's centre, as a part of half the image, to the right.
    autofluorescence : float
        Energy of a cloudy background beside that of the cells.
    noise_variance : float
        Of the camera, where 1 is the brightest.
    depth, blur, blur_window : float, (float, float), int
        Standard deviation of cells' distances from the focus; blur (standard deviation,
        px) in focus and at distance 1; size of its window, px.
    """

    diameter: float = 30.0
    spread: float = 0.1
    eccentricity: float = 0.6
    radius_noise: float = 0.1
    angle_noise: float = 0.1
    persistence: float = 0.5
    first_octave: int = 2
    n_octaves: int = 5
    darkest: float = 0.2
    n_clusters: int = 4
    clustered: float = 0.8
    cluster_spread: float = 0.1
    overlap: float = 0.1
    n_tries: int = 500
    illumination: float = 0.5
    misalignment: float = 0.5
    autofluorescence: float = 0.05
    noise_variance: float = 1e-4
    depth: float = 0.5
    blur: tuple = (0.5, 5.0)
    blur_window: int = 5


class Cells(NamedTuple):
    """A simulated image and its truth.

    Attributes
    ----------
    image : (H, W) ndarray of uint16
    labels : (H, W) ndarray of int32
        Where cells overlap, the first one is on top.
    layers : (N, H, W) ndarray of bool
        Each cell whole, hidden parts too; layer k is label k + 1.
    """

    image: np.ndarray
    labels: np.ndarray
    layers: np.ndarray


def simulate_cells(n_cells=40, shape=(256, 256), params=None, *, seed=0):
    """Simulate a fluorescence image of a cell population: SIMCEP.

    Parameters
    ----------
    n_cells : int
    shape : (int, int)
        Height and width, px.
    params : CellParams, optional
    seed : int
        The same arguments give the same cells.

    Returns
    -------
    Cells
        image, labels, layers. Fewer than `n_cells` where some found no place in
        `params.n_tries` tries.

    Raises
    ------
    ValueError
        If a number is out of its range.

    Examples
    --------
    >>> cells = lk.synth.simulate_cells(5, (96, 128), seed=1)
    >>> cells.image.dtype, cells.layers.shape
    (dtype('uint16'), (5, 96, 128))
    """
    params, shape = params or CellParams(), check_shape(shape)
    _check(n_cells, params)
    # streams of their own: the truth does not depend on the camera
    life, optics = np.random.default_rng(seed).spawn(2)
    placed = _populate(n_cells, shape, params, life)
    light = np.zeros(shape, np.float32)
    for points in placed:
        _shine(light, points, params, optics)
    labels = paint(placed, shape)
    image = _measure(light, labels > 0, params, optics)
    return Cells(image, labels, stack(placed, shape))


def value_noise(shape, persistence, first_octave, n_octaves, rng):
    """Return a cloudy texture (H, W) in 0..1: octaves of smoothed noise, added up."""
    total = np.zeros(shape, np.float32)
    for octave in range(first_octave, first_octave + n_octaves):
        coarse = cv2.blur(rng.random((2**octave, 2**octave), np.float32), (3, 3))
        fine = cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC)
        total += persistence**octave * fine
    low, high = total.min(), total.max()
    return (total - low) / max(high - low, 1e-9)


def _populate(n_cells, shape, params, rng):
    """Place cells in clusters; return the pixels of each that found a place."""
    diameters = params.diameter * rng.normal(1, params.spread, n_cells).clip(0.3, 3)
    outlines = simulated(
        np.pi / 4 * diameters**2,
        rng.uniform(0, params.eccentricity, n_cells),
        np.ones(n_cells),
        rng,
        noise=(params.radius_noise, params.angle_noise),
    )
    centres = rng.uniform(0, 1, (max(params.n_clusters, 1), 2)) * shape
    owner, placed = np.full(shape, FREE, np.int32), []
    for outline in outlines:
        points = pixels(outline)
        for _ in range(params.n_tries):
            there = points + _position(centres, shape, params, rng)
            there = there[((there >= 0) & (there < shape)).all(axis=1)]
            if len(there) > len(points) / 2 and _fits(owner, there, placed, params):
                where = tuple(there.T)
                owner[where] = np.where(owner[where] == FREE, len(placed), SHARED)
                placed.append(there)
                break
    return placed


def _position(centres, shape, params, rng):
    """Draw where a cell may lie: around the centre of a cluster or anywhere."""
    if params.n_clusters and rng.random() < params.clustered:
        centre = centres[rng.integers(len(centres))]
        spot = rng.normal(centre, params.cluster_spread * np.array(shape))
        return np.rint(spot).astype(int)
    return rng.integers(0, shape)


def _fits(owner, points, placed, params):
    """Tell whether neither the new cell nor an old one would be covered too much."""
    there = owner[tuple(points.T)]
    if (there == SHARED).any():  # never three on top of each other
        return False
    n_shared = np.bincount(there[there >= 0], minlength=len(placed))
    sizes = np.array([min(len(one), len(points)) for one in placed])
    return not (n_shared > params.overlap * sizes).any()


def _shine(light, points, params, rng):
    """Add the light of a cell: its texture, blurred by its depth."""
    pad = params.blur_window
    low = points.min(axis=0) - pad
    size = tuple(points.max(axis=0) - low + 1 + pad)
    octaves = params.persistence, params.first_octave, params.n_octaves
    texture = value_noise(size, *octaves, rng)
    patch = np.zeros(size, np.float32)
    where = tuple((points - low).T)
    patch[where] = params.darkest + (1 - params.darkest) * texture[where]
    depth = min(abs(rng.normal(0, params.depth)), 1)
    sigma = params.blur[0] + (params.blur[1] - params.blur[0]) * depth
    if sigma > 0:
        patch = cv2.GaussianBlur(patch, (params.blur_window,) * 2, sigma)
    first = np.maximum(low, 0)
    last = np.minimum(low + size, light.shape)
    window = tuple(slice(a, b) for a, b in zip(first, last, strict=True))
    inner = tuple(slice(a, b) for a, b in zip(first - low, last - low, strict=True))
    light[window] += patch[inner]


def _measure(light, mask, params, rng):
    """Turn light into an image: uneven illumination, autofluorescence, noise."""
    shape = light.shape
    cloud = value_noise(shape, 0.5, 1, 2, rng)
    energy = np.mean(light[mask] ** 2) if mask.any() else 1.0
    light = light + np.sqrt(params.autofluorescence * energy) * cloud
    rows = np.linspace(-1, 1, shape[0])[:, None]
    cols = np.linspace(-1, 1, shape[1])[None] - params.misalignment
    field = rows**2 + cols**2
    light = light * (1 - params.illumination * field / max(field.max(), 1e-9))
    light = light + rng.normal(0, np.sqrt(params.noise_variance), shape)
    return np.clip(np.rint(light * 40000 + 2000), 0, 65535).astype(np.uint16)


def _check(n_cells, params):
    """Raise ValueError unless the numbers are in their ranges."""
    if n_cells < 0:
        raise ValueError(f"`n_cells` must be at least 0, got {n_cells}")
    if not params.diameter >= 2:
        raise ValueError(f"`diameter` must be at least 2 px, got {params.diameter}")
    if params.blur_window < 1 or params.blur_window % 2 == 0:
        raise ValueError(
            f"`blur_window` must be an odd number of px, got {params.blur_window}"
        )
    check_share("overlap", params.overlap, 0.5)
    for name in ("clustered", "illumination", "darkest", "eccentricity"):
        check_share(name, getattr(params, name), 0.999 if name[0] == "e" else 1)
