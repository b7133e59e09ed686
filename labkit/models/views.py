"""Test-time augmentation: the same image, turned and mirrored in all 8 ways.

A network is not indifferent to turning, although nuclei are. The mean of its
answers for the 8 views is steadier than each of them, and costs 8 times as much.
"""

import numpy as np

VIEWS = [(turns, mirrored) for mirrored in (False, True) for turns in range(4)]


def averaged(answer, grid=1, n_rays=0):
    """Make a function that averages a network's answers over all 8 views.

    Parameters
    ----------
    answer : callable
        From an image (channels, H, W) to maps (n, h, w), one value for every
        `grid`-th px.
    grid : int
        Stride of the maps, px.
    n_rays : int
        How many of the last maps are the rays of stars; they turn with the image.

    Returns
    -------
    callable
        Of the same kind.

    Raises
    ------
    ValueError
        If the rays cannot be turned by a quarter.
    """
    if n_rays % 4:
        raise ValueError(
            f"turning needs a multiple of 4 rays, this model has {n_rays}; "
            f"use tta=False"
        )

    def mean(image):
        _, height, width = image.shape
        # every grid-th pixel must remain one when the image is mirrored
        odd = [(0, (1 - side) % grid) for side in (height, width)]
        image = np.pad(image, [(0, 0), *odd], mode="edge")
        found = sum(_unturn(answer(_turn(image, *v)), *v, n_rays) for v in VIEWS)
        return found[:, : -(-height // grid), : -(-width // grid)] / len(VIEWS)

    return mean


def _turn(image, turns, mirrored):
    """Mirror left to right, then turn by quarters."""
    image = image[:, :, ::-1] if mirrored else image
    return np.ascontiguousarray(np.rot90(image, turns, (1, 2)))


def _unturn(maps, turns, mirrored, n_rays):
    """Bring the maps of a turned image back, directions of rays included."""
    maps = np.rot90(maps, -turns, (1, 2))
    maps = maps[:, :, ::-1] if mirrored else maps
    if not n_rays:
        return maps
    rays = np.arange(n_rays) * (-1 if mirrored else 1) - turns * n_rays // 4
    rays = (rays + mirrored * n_rays // 2) % n_rays
    first = len(maps) - n_rays
    return np.concatenate([maps[:first], maps[first + rays]])
