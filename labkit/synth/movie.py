"""Simulated movies of fluorescent nuclei with true labels, tracks and lineage."""

from typing import NamedTuple

import numpy as np

from ..labels import TRACK_DTYPE
from . import camera, population
from .nuclei import draw

MIN_VISIBLE = 0.05  # less of a nucleus than this, at the border, is not an object


class Movie(NamedTuple):
    """A movie and its truth.

    Attributes
    ----------
    images : (T, H, W) ndarray of uint16
    labels : (T, H, W) ndarray of int32
        The value of a nucleus is its track_id in every frame.
    tracks : structured ndarray
        `labkit.labels.TRACK_DTYPE`: one row per nucleus and frame, sorted by
        track_id, then frame.
    """

    images: np.ndarray
    labels: np.ndarray
    tracks: np.ndarray


def simulate_movie(
    n_frames=10,
    shape=(256, 256),
    n_nuclei=20,
    *,
    diameter=24.0,
    speed=2.0,
    persistence=0.7,
    drift=(0.0, 0.0),
    division_rate=0.02,
    death_rate=0.0,
    bleaching=0.01,
    illumination=0.3,
    blur=1.0,
    noise=1.0,
    seed=0,
):
    """Simulate a fluorescence movie of nuclei whose tracks and lineage are known.

    Nuclei are soft ellipses with a texture of their own that they keep. Each walks
    in a persistent random way; all drift together; who touches is pushed apart. A
    mother condenses and brightens for two frames, then two daughters of half her
    area part and grow. Nuclei enter and leave the field of view.

    Parameters
    ----------
    n_frames : int
    shape : (int, int)
        Height and width, px.
    n_nuclei : int
        In the first frame; later frames have more or fewer.
    diameter : float
        Of a typical nucleus at rest, px.
    speed : float
        Mean length of a nucleus' own step, px per frame (without drift and pushes).
    persistence : float
        0: a new direction each frame, near 1: straight paths.
    drift : (float, float)
        Common step (row, col), px per frame.
    division_rate, death_rate : float
        Probability per nucleus and frame.
    bleaching : float
        Fraction of the fluorescence lost per frame.
    illumination : float
        How much darker the darkest corner is than the brightest spot, 0..1.
    blur : float
        Standard deviation of the point spread function, px.
    noise : float
        1: as in a usual live recording (100 photons per nucleus pixel), 0: none.
    seed : int
        The same arguments give the same movie.

    Returns
    -------
    Movie
        images (T, H, W) uint16, labels (T, H, W) int32, tracks.

    Raises
    ------
    ValueError
        If a number is out of its range, or so many nuclei do not fit.

    Examples
    --------
    >>> movie = lk.synth.simulate_movie(n_frames=3, shape=(64, 96), n_nuclei=4)
    >>> movie.images.shape, movie.images.dtype, movie.labels.dtype
    ((3, 64, 96), dtype('uint16'), dtype('int32'))
    >>> np.unique(movie.labels[0])
    array([0, 1, 2, 3, 4], dtype=int32)
    """
    _check_size(n_frames, shape, n_nuclei, diameter)
    for name, value, high in (
        ("speed", speed, np.inf),
        ("persistence", persistence, 0.999),
        ("division_rate", division_rate, 1),
        ("death_rate", death_rate, 1),
        ("bleaching", bleaching, 1),
        ("illumination", illumination, 1),
        ("blur", blur, np.inf),
        ("noise", noise, np.inf),
    ):
        _check_range(name, value, high)
    # streams of their own: the truth does not depend on the camera
    life, optics = np.random.default_rng(seed).spawn(2)
    rates = (division_rate, death_rate)
    scene = _live(shape, n_nuclei, diameter, (speed, persistence, drift), rates, life)
    field = camera.illumination_field(shape, illumination, optics)
    images = np.empty((n_frames, *shape), np.uint16)
    labels = np.empty((n_frames, *shape), np.int32)
    tracks = []
    for frame, (signal, labels[frame], rows) in zip(
        range(n_frames), scene, strict=False
    ):
        light = (1 - bleaching) ** frame
        photons = camera.look(signal, field, blur, 0.8 * diameter, light)
        images[frame] = camera.expose(photons, noise, optics)
        rows["frame"] = frame
        tracks.append(rows)
    tracks = np.concatenate(tracks)
    return Movie(
        images, labels, tracks[np.lexsort([tracks["frame"], tracks["track_id"]])]
    )


def _live(shape, n_nuclei, diameter, walk, rates, rng):
    """Yield for ever: signal, labels and track rows (frame left 0) of a frame."""
    margin = np.ceil(2.5 * diameter)
    box = np.asarray(shape, float) + 2 * margin
    nuclei = _first_nuclei(shape, n_nuclei, diameter, margin, rng)
    population.set_clocks(nuclei, *rates, rng)
    n_tracks = 0
    while True:
        signal, index = _draw(nuclei, shape, margin)
        n_tracks = _number(nuclei, index, n_tracks)
        labels = np.append(nuclei["track_id"], np.int32(0))[index]  # -1: the appended 0
        yield signal, labels, _rows(nuclei, labels)
        population.move(nuclei, *walk, rng)
        nuclei = population.divide(nuclei, diameter, *rates, rng)
        population.push_apart(nuclei, box)
        population.wrap(nuclei, box)


def _first_nuclei(shape, n_nuclei, diameter, margin, rng):
    """Return `n_nuclei` in the field, and as densely packed ones around it."""
    height, width = shape
    box = np.asarray(shape, float) + 2 * margin
    n_box = round(n_nuclei * box.prod() / (height * width)) + n_nuclei
    inside = population.new_nuclei(n_nuclei, diameter, rng)
    low, high = margin, np.asarray(shape) - 1 + margin
    inside["y"], inside["x"] = rng.uniform(low, high, (n_nuclei, 2)).T
    for _ in range(60):
        population.push_apart(inside, box, n_rounds=1)
        inside["y"] = np.clip(inside["y"], low, high[0])
        inside["x"] = np.clip(inside["x"], low, high[1])
    around = population.new_nuclei(n_box - n_nuclei, diameter, rng)
    around["y"], around["x"] = rng.uniform(0, box, (len(around), 2)).T
    outside = np.zeros(len(around), bool)
    for name, last in zip(("y", "x"), high, strict=True):
        outside |= (around[name] < low - diameter) | (around[name] > last + diameter)
    return np.concatenate([inside, around[outside]])


def _draw(nuclei, shape, margin):
    """Draw the nuclei as they look now; positions in the box become those in view."""
    long, short, brightness = population.appearance(nuclei)
    place = (nuclei["y"] - margin, nuclei["x"] - margin)
    ellipses = np.stack([*place, long, short, nuclei["angle"], brightness], axis=1)
    return draw(ellipses, nuclei["outline"], nuclei["bumps"], shape)


def _number(nuclei, index, n_tracks):
    """Give who came into view a new track_id, take it from who left; in place."""
    n_px = np.bincount(index.ravel() + 1, minlength=len(nuclei) + 1)[1:]
    long, short, _ = population.appearance(nuclei)
    visible = n_px > MIN_VISIBLE * np.pi * long * short
    nuclei["track_id"][~visible] = nuclei["parent_id"][~visible] = 0
    new = np.flatnonzero(visible & (nuclei["track_id"] == 0))
    nuclei["track_id"][new] = n_tracks + 1 + np.arange(len(new))
    return n_tracks + len(new)


def _rows(nuclei, labels):
    """Return the track rows of one frame: what is seen of each nucleus in view."""
    seen = nuclei[nuclei["track_id"] > 0]
    rows = np.zeros(len(seen), TRACK_DTYPE)
    for name in ("track_id", "parent_id"):
        rows[name] = seen[name]
    rows["label"] = rows["track_id"]
    place = np.nonzero(labels)
    values = labels[place]
    area = np.bincount(values, minlength=seen["track_id"].max(initial=0) + 1)
    rows["area"] = area[rows["label"]]
    for name, position in zip(("y", "x"), place, strict=True):
        total = np.bincount(values, position, minlength=len(area))
        rows[name] = total[rows["label"]] / rows["area"]
    return rows


def _check_size(n_frames, shape, n_nuclei, diameter):
    """Raise ValueError unless that many nuclei of this size fit into the field."""
    if n_frames < 1 or len(shape) != 2 or min(shape) < 1:
        raise ValueError(
            f"a movie needs `n_frames` >= 1 and `shape` (H, W), got {n_frames} frames "
            f"of shape {shape}"
        )
    if not diameter >= 4:
        raise ValueError(f"`diameter` must be at least 4 px, got {diameter}")
    most = int(0.75 * shape[0] * shape[1] / (np.pi / 4 * diameter**2)) + 1
    if not 0 <= n_nuclei <= most:
        raise ValueError(
            f"`n_nuclei` must lie between 0 and {most} for nuclei of {diameter} px in "
            f"shape {shape}, got {n_nuclei}; use a larger field or smaller nuclei"
        )


def _check_range(name, value, high):
    """Raise ValueError unless 0 <= value <= high."""
    if not 0 <= value <= high:
        raise ValueError(f"`{name}` must lie between 0 and {high}, got {value}")
