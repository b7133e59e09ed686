"""Shapes like given objects: which candidate is nearest in size and form.

Targets are rows with the fields of `labkit.style.MORPHOLOGY_DTYPE`, or at least area,
eccentricity, solidity and circularity.
"""

import numpy as np

from .shapes import SHAPE_DTYPE, fitted, simulated

FORM = ("eccentricity", "solidity", "circularity")
LEAST_SPREAD = (0.03, 0.004, 0.01)  # so that one does not outweigh the others
TOLERANCE = 0.1  # of each of FORM, relative: the published rule
ENOUGH = 0.25  # standardised distance at which nobody looks further
LARGE = 2500  # px: larger shapes are measured at this area, pixels hardly matter
MAX_ROUNDS = 6
N_TRIES = 4  # a round


def forms(rows):
    """Return eccentricity, solidity and circularity as (n, 3) float."""
    return np.stack([rows[name].astype(float) for name in FORM], axis=1)


def spread(targets):
    """Return what each of FORM is divided by before distances are taken."""
    low, high = np.percentile(forms(targets), [25, 75], axis=0)
    return np.maximum((high - low) / 1.35, LEAST_SPREAD)  # 1.35: of a normal law


def accepted(found, targets):
    """Tell which shapes are within 10 % of their target in each of FORM."""
    wanted = forms(targets)
    near = np.abs(forms(found) - wanted) <= TOLERANCE * np.maximum(wanted, 1e-9)
    return near.all(axis=1) & found["whole"]


def distance(found, targets, scale):
    """Standardised distance in form; infinite for what is not in one piece."""
    off = np.linalg.norm((forms(found) - forms(targets)) / scale, axis=-1)
    return np.where(found["whole"], off, np.inf)


def nearest(candidates, targets, scale):
    """Choose, for each target, one of k candidate shapes.

    Parameters
    ----------
    candidates : list of (m, 2) ndarray
        k for the first target, k for the second, ...
    targets : (n,) structured ndarray
    scale : (3,) ndarray

    Returns
    -------
    polygons : list of (m, 2) ndarray
    found : (n,) structured ndarray
        How the chosen ones measure when painted.
    error : (n,) ndarray
        Their `distance`.
    choice : (n,) ndarray of int
    """
    n = len(targets)
    k = len(candidates) // n if n else 0
    area = np.repeat(targets["area"], k).clip(1)
    small = np.minimum(area, LARGE)
    ratio = np.sqrt(small / area)
    shapes, found = fitted(
        [c * r for c, r in zip(candidates, ratio, strict=True)], small
    )
    shapes = [c / r for c, r in zip(shapes, ratio, strict=True)]
    error = distance(found, np.repeat(targets, k), scale).reshape(n, k)
    choice = error.argmin(axis=1)
    chosen = np.arange(n) * k + choice
    return [shapes[i] for i in chosen], found[chosen], error.min(axis=1), choice


def simulate_like(targets, rng, scale=None, n_rounds=MAX_ROUNDS):
    """Simulate one shape for each target.

    Published rule: a shape is accepted when circularity, eccentricity and solidity
    are within 10 %. That alone shifts the distributions, so the nearest of all tries
    is taken; who is not near after some rounds keeps the nearest, accepted or not.

    Parameters
    ----------
    targets : (n,) structured ndarray
    rng : numpy.random.Generator
    scale : (3,) ndarray, optional
        By default the spread of the targets.
    n_rounds : int

    Returns
    -------
    polygons : list of (m, 2) ndarray
    accepted : (n,) ndarray of bool
        Which are within 10 %.
    """
    n = len(targets)
    scale = spread(targets) if scale is None and n else scale
    polygons, found = [None] * n, np.zeros(n, SHAPE_DTYPE)
    error, roughness = np.full(n, np.inf), np.full(n, 0.7)
    eccentricity = np.clip(targets["eccentricity"], 0, 0.995)
    for _ in range(n_rounds):
        todo = np.flatnonzero(error > ENOUGH)
        if not todo.size:
            break
        again = np.repeat(todo, N_TRIES)
        rough = (roughness[again] * rng.lognormal(0, 0.5, len(again))).clip(0, 5)
        tried = np.clip(eccentricity[again] + rng.normal(0, 0.02, len(again)), 0, 0.995)
        shapes = simulated(targets["area"][again].clip(1), tried, rough, rng)
        new, seen, off, choice = nearest(list(shapes), targets[todo], scale)
        better = off < error[todo]
        for i, j in zip(todo[better], np.flatnonzero(better), strict=True):
            polygons[i], found[i], error[i] = new[j], seen[j], off[j]
        rough = rough.reshape(-1, N_TRIES)[np.arange(len(todo)), choice]
        too_smooth = seen["solidity"] > targets["solidity"][todo]
        roughness[todo] = np.clip(rough * np.where(too_smooth, 1.5, 0.67), 0.05, 4)
        eccentricity[todo] += 0.7 * (
            targets["eccentricity"][todo] - seen["eccentricity"]
        )
        eccentricity = np.clip(eccentricity, 0, 0.995)
    return polygons, accepted(found, targets)


def check_morphology(morphology):
    """Raise unless this is a morphology of at least one object."""
    if not hasattr(morphology, "objects"):
        raise TypeError(
            f"`morphology` must come from labkit.style.morphology(labels), got "
            f"{type(morphology).__name__}"
        )
    if not len(morphology.objects):
        raise ValueError(
            "`morphology` has no objects, so there is nothing to imitate; measure "
            "label images that hold some, or annotate the images with labkit.auto first"
        )
