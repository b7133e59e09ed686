"""Test-time augmentation: the same image, turned and mirrored in all 8 ways.

A network is not indifferent to turning, although nuclei are. The mean of its
answers for the 8 views is steadier than each of them, and costs 8 times as much.
"""

import numpy as np

VIEWS = tuple((turns, mirrored) for mirrored in (False, True) for turns in range(4))


def turn(image, turns, mirrored, *, axes=(0, 1)):
    """Make a view of an image: mirror it left to right, then turn it by quarters.

    Parameters
    ----------
    image : ndarray
    turns : int
        Quarters, against the clock.
    mirrored : bool
    axes : (int, int)
        Which axes are rows and columns.

    Returns
    -------
    ndarray
        C-contiguous.
    """
    image = np.flip(image, axes[1]) if mirrored else image
    return np.ascontiguousarray(np.rot90(image, turns, axes))


def turn_back(image, turns, mirrored, *, axes=(0, 1)):
    """Undo `turn`.

    Examples
    --------
    >>> image = np.arange(6).reshape(2, 3)
    >>> all(np.array_equal(turn_back(turn(image, *v), *v), image) for v in VIEWS)
    True
    """
    image = np.rot90(image, -turns, axes)
    return np.ascontiguousarray(np.flip(image, axes[1]) if mirrored else image)


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
        found = sum(
            _unturn(answer(turn(image, *v, axes=(1, 2))), *v, n_rays) for v in VIEWS
        )
        return found[:, : -(-height // grid), : -(-width // grid)] / len(VIEWS)

    return mean


def _unturn(maps, turns, mirrored, n_rays):
    """Bring the maps of a turned image back, directions of rays included."""
    maps = turn_back(maps, turns, mirrored, axes=(1, 2))
    if not n_rays:
        return maps
    rays = np.arange(n_rays) * (-1 if mirrored else 1) - turns * n_rays // 4
    rays = (rays + mirrored * n_rays // 2) % n_rays
    first = len(maps) - n_rays
    return np.concatenate([maps[:first], maps[first + rays]])
