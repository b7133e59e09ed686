"""`CopyPaste`: real nuclei, warped into new outlines."""

import cv2
import numpy as np

from .base import StyleRenderer
from .nuclei import along, textured, to_bins

RIM_SOFT = 1.5  # px outside the outline over which the pasted nucleus fades
ENLARGED = 2.5  # beyond this area ratio a nucleus would look blown up: fresh texture
N_BEST = 6  # one of the so many that fit best is pasted
ROUND = 1.3  # length / width up to which a nucleus is not turned
N_ANGLES = 96
SMOOTH = 5  # angles over which the length of rays is averaged, on either side


class CopyPaste(StyleRenderer):
    """Render images by pasting real nuclei, warped into the new outlines.

    For each outline one of the nuclei of the source image that fit best in size and
    shape is turned and stretched, ray by ray from the middle, until its outline is the
    new one. The background is the source's own, continued
    under its nuclei by a quilt of free patches.

    Everything inside nuclei is real, so labels that miss part of a nucleus or that
    join two show in the images; `Renderer` averages such errors.

    Examples
    --------
    >>> nuclei = lk.data.load("nuclei")
    >>> pasted = lk.synth.CopyPaste().fit(nuclei.images, nuclei.labels)
    >>> pasted.render(nuclei.labels[0], seed=1).shape
    (512, 512)
    """

    def _nucleus(self, looks, mask, depth, rng):
        """Paste one of the nuclei that fit best."""
        look = looks.fitting(mask, N_BEST, rng)
        soft = np.clip(depth / RIM_SOFT + 1, 0, 1).astype(np.float32)[..., None]
        if mask.sum() > ENLARGED * look.mask.sum():
            rest = textured(look, mask.shape, rng)
        else:
            places = warp(mask, depth, look.mask)
            rest = cv2.remap(
                look.rest, *places, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
            ).reshape(*mask.shape, -1)
        return along(look.profile, to_bins(depth)) + soft * rest, soft


def warp(mask, depth, source):
    """Return where in `source` each pixel of `mask` comes from.

    Rays from the middle: inside the outline by share of the ray's length, outside by
    pixels. Long axes are laid on each other, with as little turning as that takes and
    never mirrored, since light and coloured fringes have one direction in an image.

    Parameters
    ----------
    mask : (h, w) ndarray of bool
        One object.
    depth : (h, w) ndarray
        Its `depth_map`.
    source : (h, w) ndarray of bool
        Another object.

    Returns
    -------
    columns, rows : (h, w) ndarray of float32
    """
    middle, angle, longer = _pose(mask)
    other_middle, other_angle, other_longer = _pose(source)
    turned = (angle - other_angle + np.pi / 2) % np.pi - np.pi / 2
    turned = turned if min(longer, other_longer) > ROUND else 0.0
    rows, columns = np.indices(mask.shape, np.float32)
    down, right = rows - middle[0], columns - middle[1]
    radius, towards = np.hypot(down, right), np.arctan2(down, right)
    reach = _at(_rays(mask, middle), towards)
    towards = towards - turned
    other_reach = _at(_rays(source, other_middle), towards)
    reach = np.maximum(reach, radius + depth)  # so that it ends at the outline
    other_radius = np.where(
        mask, other_reach * radius / np.maximum(reach, 0.5), other_reach - depth
    )
    return (
        (other_middle[1] + other_radius * np.cos(towards)).astype(np.float32),
        (other_middle[0] + other_radius * np.sin(towards)).astype(np.float32),
    )


def _pose(mask):
    """Return an object's middle (row, col), angle of its long axis, length / width."""
    places = np.argwhere(mask)
    middle = places.mean(axis=0)
    cov = np.cov((places - middle).T) if len(places) > 2 else np.zeros((2, 2))
    (short, long), axes = np.linalg.eigh(cov + np.eye(2) / 12)
    return middle, np.arctan2(axes[0, 1], axes[1, 1]), np.sqrt(long / short)


def _rays(mask, middle):
    """Return the length of N_ANGLES rays from the middle to the outline, px."""
    turns = np.arange(N_ANGLES) * 2 * np.pi / N_ANGLES
    steps = np.arange(0.0, np.hypot(*mask.shape) + 1, 0.5)
    rows = np.rint(middle[0] + np.sin(turns)[:, None] * steps).astype(int)
    columns = np.rint(middle[1] + np.cos(turns)[:, None] * steps).astype(int)
    known = (rows >= 0) & (columns >= 0)
    known &= (rows < mask.shape[0]) & (columns < mask.shape[1])
    hit = np.zeros(known.shape, bool)
    hit[known] = mask[rows[known], columns[known]]
    last = steps[-1] - steps[np.argmax(hit[:, ::-1], axis=1)]
    length = np.where(hit.any(axis=1), last, 0.5) + 0.25
    wide = np.concatenate([length[-SMOOTH:], length, length[:SMOOTH]])
    window = np.hanning(2 * SMOOTH + 3)[1:-1]
    return np.convolve(wide, window / window.sum(), mode="valid")


def _at(rays, towards):
    """Return the length of the rays at any angle, between them linearly."""
    place = (towards / (2 * np.pi) * N_ANGLES) % N_ANGLES
    low = np.floor(place).astype(int) % N_ANGLES
    part = place - np.floor(place)
    return (1 - part) * rays[low] + part * rays[(low + 1) % N_ANGLES]
