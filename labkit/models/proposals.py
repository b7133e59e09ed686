"""Collect the stars that a network proposes, tile by tile."""

import numpy as np

from ..stars import Stars, candidates, join
from .tiles import coarse_shape, tile_boxes, with_margin


def propose_in_tiles(maps, image, *, grid, prob_thresh, tile, overlap, multiple):
    """Return the stars and the foreground of a normalised image of any size.

    The image is continued by its mirror image, as in training, so that nuclei
    cut by its edge look as they did there.

    Parameters
    ----------
    maps : callable
        From an image to prob, inside and dist, see `StarDist.maps`.
    image : (channels, H, W) ndarray of float32
    grid : int
        Stride of the maps, px.
    prob_thresh : float
        Least object probability of a star.
    tile, overlap, multiple : int
        See `labkit.models.tiles.tile_boxes`, px.

    Returns
    -------
    stars : labkit.stars.Stars
    inside : (ceil(H / grid), ceil(W / grid)) ndarray of float32
    """
    shape, margin = image.shape[1:], multiple
    image = with_margin(image, margin)
    inside = np.empty(coarse_shape(image.shape[1:], grid), np.float32)
    found = []
    for box in tile_boxes(image.shape[1:], tile, overlap, multiple):
        prob, foreground, dist = maps(image[:, *box.outer])
        counts = box.inner_mask(prob.shape, grid)
        inside[box.coarse(grid)][counts] = foreground[counts]
        found.append(
            candidates(
                prob * counts,
                dist,
                grid=grid,
                prob_thresh=prob_thresh,
                origin=box.corner - margin,
            )
        )
    stars = join(found)
    in_image = ((stars.points >= 0) & (stars.points < shape)).all(axis=1)
    skip, (rows, cols) = margin // grid, coarse_shape(shape, grid)
    return (
        Stars(*(part[in_image] for part in stars)),
        inside[skip : skip + rows, skip : skip + cols],
    )
