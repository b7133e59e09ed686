"""How far one can walk along each ray before leaving the object.

The ray lengths of `star_targets`, in the steps that stardist takes, but all pixels of
an object at once.
"""

import functools

import numba
import numpy as np


@functools.lru_cache(maxsize=32)
def ray_steps(n_rays, size):
    """Return where 1 px steps along each ray lead, and how far the last overshoots.

    Row and column offsets, (n_rays, n_steps) int32, of the pixel that step n + 1
    ends in. The ray leaves the pixel 0.5 px (along the longer axis) after its
    centre, so the step that hits another label is cut back by `overshoot`.
    Summed in float32, as stardist does, to round every step to the same pixel;
    only where a step ends exactly between two pixels (rays at 60 degrees: 3, 6, 12
    or 24 of them) stardist's choice also depends on the position in the image.
    """
    angles = np.arange(n_rays, dtype=np.float32) * np.float32(2 * np.pi / n_rays)
    directions = np.stack([np.sin(angles), np.cos(angles)])  # (2, n_rays)
    steps = np.broadcast_to(directions[..., None], (2, n_rays, int(1.5 * size) + 3))
    rows, cols = np.rint(np.cumsum(steps, axis=2, dtype=np.float32)).astype(np.int32)
    overshoot = 1 - 0.5 / np.abs(directions).max(axis=0)
    return rows, cols, overshoot.astype(np.float32)


@numba.njit(cache=True, nogil=True)
def find_boxes(labels, n_labels):
    """Return first row, first column, end row, end column of every label."""
    boxes = np.zeros((n_labels + 1, 4), np.int32)
    for r in range(labels.shape[0]):
        for c in range(labels.shape[1]):
            if labels[r, c] > 0:
                box = boxes[labels[r, c]]
                if box[2] == 0:
                    box[0], box[1] = r, c
                box[1] = min(box[1], c)
                box[2] = r + 1
                box[3] = max(box[3], c + 1)
    return boxes


@numba.njit(cache=True, nogil=True)
def walk_objects(labels, boxes, dist, grid, rows, cols, overshoot):
    """Fill `dist` object by object; counters as small as the object allows."""
    n_rays = dist.shape[2]
    for label in range(1, len(boxes)):
        top, left, bottom, right = boxes[label]
        if bottom == 0:
            continue
        top, left = top - top % grid, left - left % grid
        planes, width = _planes(labels[top:bottom, left:right], label, grid)
        size = planes.shape[2] // 3
        out = dist[top // grid :, left // grid :]
        if max(bottom - top, right - left) < 170:  # diagonal below 256
            count = np.zeros((n_rays, size), np.uint8)
            _walk_together(planes, width, rows, cols, count)
            _write(planes[0, 0, size:], width, count, overshoot, out)
        else:
            count = np.zeros((n_rays, size), np.uint16)
            _walk_together(planes, width, rows, cols, count)
            _write(planes[0, 0, size:], width, count, overshoot, out)


@numba.njit(cache=True, nogil=True)
def _planes(box, label, grid):
    """Return the object's mask sorted by r % grid, c % grid, and its row length.

    (grid, grid, 3 * size) uint8: each plane is a flat mask with an empty border of
    1 px, in the middle third of its memory, so that it can be read when moved.
    """
    height, width = (box.shape[0] - 1) // grid + 3, (box.shape[1] - 1) // grid + 3
    size = (height * width + 31) // 32 * 32
    planes = np.zeros((grid, grid, 3 * size), np.uint8)
    for r in range(box.shape[0]):
        for c in range(box.shape[1]):
            if box[r, c] == label:
                place = size + (r // grid + 1) * width + c // grid + 1
                planes[r % grid, c % grid, place] = 1
    return planes, width


@numba.njit(cache=True, nogil=True)
def _walk_together(planes, width, rows, cols, count):
    """Count the steps that each pixel of an object can walk along each ray.

    All pixels walk at once: step n moves the whole mask, and pixels that are
    still inside count one more. In NumPy: ``inside &= moved; count += inside``,
    on small integers, of which the processor takes 32 or 64 at a time.
    """
    grid, n_rays, size = planes.shape[0], *count.shape
    inside = np.empty(size, np.uint8)
    for k in range(n_rays):
        counted = count[k]
        for i in range(size):
            inside[i] = planes[0, 0, size + i]
        first, n = 0, 0  # nobody before `first` is still inside
        while first < size:
            r, c = rows[k, n], cols[k, n]
            start = size + r // grid * width + c // grid
            moved = planes[r % grid, c % grid, start : start + size]
            for i in range(size):
                both = inside[i] & moved[i]
                inside[i] = both
                counted[i] += both
            while first < size and inside[first] == 0:
                first += 1
            n += 1


@numba.njit(cache=True, nogil=True)
def _write(mask, width, count, overshoot, out):
    """Turn step counts into ray lengths, and put them where the object is."""
    for place in range(count.shape[1]):
        if mask[place]:
            lengths = out[place // width - 1, place % width - 1]
            for k in range(len(overshoot)):
                lengths[k] = count[k, place] + 1 - overshoot[k]


@numba.njit(cache=True, nogil=True)
def forget_cut(dist, shape, grid, rows, cols, overshoot):
    """Set the rays to NaN that ended at the image border."""
    height, width, n_rays = dist.shape
    for i in range(height):
        for j in range(width):
            if dist[i, j, 0] == 0:
                continue
            for k in range(n_rays):
                n = int(np.rint(dist[i, j, k] - 1 + overshoot[k]))
                r, c = i * grid + rows[k, n], j * grid + cols[k, n]
                if r < 0 or c < 0 or r >= shape[0] or c >= shape[1]:
                    dist[i, j, k] = np.nan
