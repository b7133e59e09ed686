"""Overlapping tiles and the coarse grid: any image size, without seams."""

from typing import NamedTuple

import cv2
import numpy as np
import torch

from .training import mixed_precision, to_device

STRETCH = 0.2  # of a tile may be shared among the others, rather than be one more


class TileBox(NamedTuple):
    """One tile: what the network sees and which part of its result counts."""

    outer: tuple  # slices of the image that the network sees
    inner: tuple  # ((first row, stop row), (first col, stop col)) that count

    @property
    def corner(self):
        """First row and column of `outer`."""
        return np.array([part.start for part in self.outer])

    def coarse(self, grid):
        """Slices of `outer` in a map with one value for `grid` px."""
        return tuple(slice(s.start // grid, -(-s.stop // grid)) for s in self.outer)

    def inner_mask(self, shape, grid):
        """Which of the predictions of the outer tile count.

        Parameters
        ----------
        shape : tuple of int
            Of the predicted map.
        grid : int
            Its stride in px.

        Returns
        -------
        ndarray of bool
        """
        rows, cols = (
            (start + grid * np.arange(n) >= first)
            & (start + grid * np.arange(n) < stop)
            for start, n, (first, stop) in zip(
                self.corner, shape, self.inner, strict=True
            )
        )
        return rows[:, None] & cols[None, :]


def tile_boxes(shape, tile, overlap, multiple):
    """Yield tiles that cover an image.

    Parameters
    ----------
    shape : (int, int)
        Of the image, px.
    tile : int
        Side of the part that counts, px. All are of about one size: a little larger
        than this where a narrow one would be left over.
    overlap : int
        How much more the network sees on each side, px.
    multiple : int
        Tiles start at multiples of this many px.

    Yields
    ------
    TileBox
        Their inner parts are disjoint and cover the image.
    """
    if tile < 1:
        raise ValueError(f"`tile` must be at least 1 px, got {tile}")
    overlap = -(-overlap // multiple) * multiple
    steps = [_step(side, tile, multiple) for side in shape]
    for row in range(0, shape[0], steps[0]):
        for col in range(0, shape[1], steps[1]):
            inner = tuple(
                (first, min(first + step, side))
                for first, step, side in zip((row, col), steps, shape, strict=True)
            )
            outer = tuple(
                slice(max(first - overlap, 0), min(stop + overlap, side))
                for (first, stop), side in zip(inner, shape, strict=True)
            )
            yield TileBox(outer, inner)


def _step(side, tile, multiple):
    """Return the side of equal tiles of about `tile` px."""
    n_tiles = max(int(np.ceil(side / tile - STRETCH)), 1)
    return max(-(-side // (n_tiles * multiple)), 1) * multiple


def with_margin(image, margin):
    """Continue an image by its mirror image, as in training.

    Parameters
    ----------
    image : (channels, H, W) ndarray
    margin : int
        Px on each side; below and on the right more, so that both sides become
        multiples of it. Then all tiles, turned or mirrored, are halved in size
        at the same places.

    Returns
    -------
    (channels, h, w) ndarray
    """
    padding = [(margin, margin + -side % margin) for side in image.shape[1:]]
    return np.pad(image, [(0, 0), *padding], mode="symmetric")


@torch.inference_mode()
def run_network(net, image, grid, device):
    """Return what a network answers for one image of any size.

    Parameters
    ----------
    net : labkit.nets.UNet
    image : (channels, H, W) ndarray of float32
        Continued by its mirror image to a size that the network takes.
    grid : int
        Stride of the answer, px.
    device : torch.device

    Returns
    -------
    (outputs, ceil(H / grid), ceil(W / grid)) torch.Tensor of float32
    """
    height, width = coarse_shape(image.shape[1:], grid)
    padding = [(0, -side % net.multiple) for side in image.shape[1:]]
    image = np.pad(image, [(0, 0), *padding], mode="symmetric")
    with mixed_precision(device):
        output = net(to_device(image[None], device))
    return output[0, :, :height, :width].float()


def coarse_shape(shape, grid):
    """Shape of a map with one value for every `grid`-th px of an image."""
    return tuple(-(-side // grid) for side in shape)


def enlarge(coarse, grid, factor, shape):
    """Interpolate a map on the grid to full size, pixel centre on pixel centre.

    Parameters
    ----------
    coarse : (h, w) ndarray of float32
        One value for every `grid`-th px of the image that was looked at.
    grid : int
    factor : float
        Size of the wanted image / size of the image that was looked at.
    shape : (int, int)
        Of the wanted image, px.

    Returns
    -------
    (H, W) ndarray of float32
    """
    step, shift = factor * grid, 0.5 * factor - 0.5
    return cv2.warpAffine(
        coarse,
        np.array([[step, 0, shift], [0, step, shift]]),
        (shape[1], shape[0]),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )


def enlarge_all(maps, factor, shape):
    """Interpolate maps (n, h, w) with a value for every pixel, see `enlarge`."""
    return np.stack([enlarge(one, 1, factor, shape) for one in maps])
