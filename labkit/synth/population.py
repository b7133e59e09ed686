"""What simulated nuclei do from frame to frame: move, push, divide, die.

The nuclei are one structured array, a row each. They live in a box that is larger
than the field of view by a margin on each side; who leaves the box on one side comes
back on the other, so that the density holds even when all drift one way.
"""

import numpy as np
from scipy.spatial import cKDTree

from .nuclei import N_BUMPS, N_HARMONICS, random_bumps, random_outlines

GROWTH = 8  # frames that a daughter needs to reach its full area
# frames before the event: area and brightness relative to rest, axis ratio
CONDENSING = {2: (0.8, 1.4, 1.2), 1: (0.55, 2.2, 2.2)}
DYING = {3: (0.6, 1.5, 1.1), 2: (0.4, 1.8, 1.1), 1: (0.25, 1.4, 1.1)}
NEVER = 1 << 30

NUCLEUS = np.dtype(
    [
        ("y", "f8"),
        ("x", "f8"),
        ("vy", "f8"),
        ("vx", "f8"),
        ("angle", "f8"),  # of the long axis, from the row axis to the column axis
        ("ratio", "f8"),  # long axis / short axis
        ("area", "f8"),  # at rest, px
        ("brightness", "f8"),
        ("age", "i8"),  # frames since birth
        ("divides_in", "i8"),  # frames
        ("dies_in", "i8"),  # frames
        ("track_id", "i4"),  # 0: not in view
        ("parent_id", "i4"),
        ("outline", "f8", (N_HARMONICS, 2)),
        ("bumps", "f8", (N_BUMPS, 4)),
    ]
)


def new_nuclei(n, diameter, rng):
    """Return `n` resting nuclei of random shape and texture, at the origin."""
    nuclei = np.zeros(n, NUCLEUS)
    nuclei["angle"] = rng.uniform(0, np.pi, n)
    nuclei["ratio"] = rng.uniform(1.05, 1.55, n)
    nuclei["area"] = np.pi / 4 * diameter**2 * rng.lognormal(0, 0.28, n)
    nuclei["brightness"] = rng.lognormal(0, 0.3, n)
    nuclei["age"] = GROWTH
    nuclei["divides_in"] = nuclei["dies_in"] = NEVER
    nuclei["outline"] = random_outlines(n, rng)
    nuclei["bumps"] = random_bumps(n, rng)
    return nuclei


def appearance(nuclei):
    """Return long radius, short radius (px) and brightness of each nucleus now."""
    grown = np.clip(nuclei["age"] / GROWTH, 0, 1)
    area = nuclei["area"] * (0.5 + 0.5 * grown)
    brightness = nuclei["brightness"] * (1.7 - 0.7 * grown)
    ratio = nuclei["ratio"].copy()
    for clock, phases in (("divides_in", CONDENSING), ("dies_in", DYING)):
        for frames, (area_factor, brightness_factor, ratio_then) in phases.items():
            now = nuclei[clock] == frames
            area[now] *= area_factor
            ratio[now] = ratio_then
            brightness[now] *= brightness_factor
    short = np.sqrt(area / np.pi / ratio)
    return short * ratio, short, brightness


def set_clocks(nuclei, division_rate, death_rate, rng, rest=0):
    """Draw in how many frames each nucleus divides or dies (not before `rest`)."""
    for clock, rate in (("divides_in", division_rate), ("dies_in", death_rate)):
        if rate > 0:
            nuclei[clock] = rest + rng.geometric(rate, len(nuclei))
    first = nuclei["divides_in"] < nuclei["dies_in"]
    nuclei["dies_in"][first] = NEVER
    nuclei["divides_in"][~first] = NEVER


def move(nuclei, speed, persistence, drift, rng):
    """Let all nuclei walk on for one frame (a persistent random walk) and turn."""
    sigma = speed / np.sqrt(np.pi / 2)  # so that the mean speed is `speed`
    fresh = rng.normal(0, sigma, (2, len(nuclei))) * np.sqrt(1 - persistence**2)
    nuclei["vy"] = persistence * nuclei["vy"] + fresh[0]
    nuclei["vx"] = persistence * nuclei["vx"] + fresh[1]
    nuclei["y"] += nuclei["vy"] + drift[0]
    nuclei["x"] += nuclei["vx"] + drift[1]
    nuclei["angle"] += rng.normal(0, 0.05, len(nuclei))
    nuclei["outline"][..., 1] += rng.normal(0, 0.1, nuclei["outline"].shape[:2])


def wrap(nuclei, box):
    """Bring back on the other side who left the box; they are new tracks there."""
    y, x = nuclei["y"] % box[0], nuclei["x"] % box[1]
    left = (y != nuclei["y"]) | (x != nuclei["x"])
    nuclei["y"], nuclei["x"] = y, x
    nuclei["track_id"][left] = nuclei["parent_id"][left] = 0


def push_apart(nuclei, box, n_rounds=8):
    """Move overlapping nuclei apart, half of the overlap each, some rounds."""
    long, short, _ = appearance(nuclei)
    reach = 2 * long.max() if len(nuclei) else 0.0
    for _ in range(n_rounds):
        points = np.stack([nuclei["y"], nuclei["x"]], axis=1) % box
        first, second = cKDTree(points, boxsize=box).query_pairs(
            min(reach, min(box) / 2.01), output_type="ndarray"
        ).T  # fmt: skip
        step = points[second] - points[first]
        step -= box * np.round(step / box)
        distance = np.maximum(np.hypot(*step.T), 1e-6)
        direction = np.arctan2(step[:, 1], step[:, 0])
        wanted = _radius(long, short, nuclei["angle"], first, direction)
        wanted += _radius(long, short, nuclei["angle"], second, direction)
        overlap = np.clip(1.05 * wanted - distance, 0, None) / 2
        push = step * (overlap / distance)[:, None]
        for column, name in enumerate(("y", "x")):
            nuclei[name] += np.bincount(second, push[:, column], len(nuclei))
            nuclei[name] -= np.bincount(first, push[:, column], len(nuclei))


def _radius(long, short, angle, index, direction):
    """Return how far the ellipses `index` reach in a direction (radians)."""
    turned = direction - angle[index]
    across = np.hypot(short[index] * np.cos(turned), long[index] * np.sin(turned))
    return long[index] * short[index] / across


def divide(nuclei, diameter, division_rate, death_rate, rng):
    """Replace whose time has come by two daughters, remove the dead; clocks tick."""
    nuclei["age"] += 1
    nuclei["divides_in"] -= 1
    nuclei["dies_in"] -= 1
    mothers = nuclei[nuclei["divides_in"] == 0]
    rest = nuclei[(nuclei["divides_in"] > 0) & (nuclei["dies_in"] > 0)]
    n = len(mothers)
    daughters = new_nuclei(2 * n, diameter, rng)
    daughters["age"] = 0
    daughters["area"] = np.repeat(mothers["area"], 2) * rng.lognormal(0, 0.08, 2 * n)
    for name in ("angle", "vy", "vx", "brightness"):
        daughters[name] = np.repeat(mothers[name], 2)
    daughters["ratio"] = rng.uniform(1.3, 1.6, 2 * n)
    daughters["parent_id"] = np.repeat(mothers["track_id"], 2)
    # the metaphase plate is the long axis; the daughters leave it at right angles
    apart = np.tile([-0.5, 0.5], n) * np.repeat(np.sqrt(mothers["area"]), 2) * 0.75
    daughters["y"] = np.repeat(mothers["y"], 2) - apart * np.sin(daughters["angle"])
    daughters["x"] = np.repeat(mothers["x"], 2) + apart * np.cos(daughters["angle"])
    set_clocks(daughters, division_rate, death_rate, rng, rest=2 * GROWTH)
    return np.concatenate([rest, daughters])
