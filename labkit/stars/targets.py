"""From labels to what StarDist learns: object probability and ray lengths."""

import numba
import numpy as np
from scipy import ndimage

from ..checks import check_labels
from .polygons import Stars, paint, ray_angles
from .walking import find_boxes, forget_cut, ray_steps, walk_objects


def star_targets(labels, n_rays=32, grid=1, *, cut_rays="stop"):
    """Return the object probability and the ray lengths at every pixel.

    The two targets of [1]_: `prob` is the distance to the outside of
    the object, divided by the largest such distance in the object (1 at its
    centre, near 0 at its boundary); `dist` is how far one can walk along each ray
    before leaving the object. Ray lengths equal those of the stardist package:
    steps of 1 px, and the last step is cut back to the pixel's boundary.

    Parameters
    ----------
    labels : (H, W) array_like of int
        Label image, 0 is background.
    n_rays : int
        Number of rays, at least 3, in the directions of `ray_angles`.
    grid : int
        Give the targets at every grid-th row and column only.
    cut_rays : {"stop", "nan"}
        What becomes of a ray that leaves the image before it leaves the object:
        it stops at the image border (as in stardist), or it is NaN, so that a
        loss can leave out what cannot be known.

    Returns
    -------
    prob : (h, w) ndarray of float32
        0 to 1, 0 on background; h = ceil(H / grid), w = ceil(W / grid).
    dist : (h, w, n_rays) ndarray of float32
        Ray lengths, px of `labels`, 0 on background.

    Raises
    ------
    ValueError
        If there are fewer than 3 rays, `grid` is not a positive integer, or the
        labels are no label image.
    TypeError
        If the labels are not integers.

    References
    ----------
    .. [1] Schmidt et al. (2018), Cell Detection with Star-Convex Polygons,
           MICCAI. https://doi.org/10.1007/978-3-030-00934-2_30

    Examples
    --------
    >>> labels = np.zeros((7, 7), int)
    >>> labels[1:6, 1:6] = 1
    >>> prob, dist = star_targets(labels, n_rays=4)
    >>> prob[3].round(2)
    array([0.  , 0.33, 0.67, 1.  , 0.67, 0.33, 0.  ], dtype=float32)
    >>> dist[3, 1]  # right, down, left, up
    array([4.5, 2.5, 0.5, 2.5], dtype=float32)
    """
    labels = _check(labels)
    ray_angles(n_rays)
    check_grid(grid)
    if cut_rays not in ("stop", "nan"):
        raise ValueError(f"`cut_rays` must be 'stop' or 'nan', got {cut_rays!r}")
    boxes = find_boxes(labels, labels.max())
    alone = labels.min() == labels.max()  # one object fills the image: ends there
    depth = _squared_depth(labels, 1 if alone else sum(labels.shape))
    prob = _share(depth, labels, len(boxes), grid)
    dist = np.zeros((*prob.shape, n_rays), np.float32)
    rows, cols, overshoot = ray_steps(n_rays, max(labels.shape))
    walk_objects(labels, boxes, dist, grid, rows, cols, overshoot)
    if cut_rays == "nan":
        forget_cut(dist, labels.shape, grid, rows, cols, overshoot)
    return prob, dist


def representable(labels, n_rays=32):
    """Return how well star-convex polygons can hold these objects.

    Encodes every object as the star of its most central pixel, paints the stars
    and compares: 1 is a perfect copy. Round nuclei reach about .95 with 32 rays;
    objects with arms stay far below, and no training can mend that.

    Parameters
    ----------
    labels : (H, W) array_like of int
        Label image, 0 is background.
    n_rays : int
        Number of rays, at least 3.

    Returns
    -------
    float
        Mean IoU over all objects, nan if there is none.

    Examples
    --------
    >>> rows, cols = np.indices((64, 64))
    >>> disc = (rows - 32) ** 2 + (cols - 32) ** 2 < 20**2
    >>> round(representable(disc.astype(int)), 2)
    0.99
    """
    prob, dist = star_targets(labels, n_rays)
    objects, labels = np.unique(np.append(labels, 0), return_inverse=True)
    labels, n = labels[:-1].reshape(prob.shape), len(objects) - 1
    if n == 0:
        return float("nan")
    points = np.array(ndimage.maximum_position(prob, labels, range(1, n + 1)))
    rows, cols = points.T
    painted = paint(Stars(points, dist[rows, cols], prob[rows, cols]), labels.shape)
    common = np.bincount(labels[labels == painted], minlength=n + 1)
    areas = np.bincount(labels.ravel()) + np.bincount(painted.ravel(), minlength=n + 1)
    return float(np.mean(common[1:] / (areas - common)[1:]))


def check_grid(grid):
    """Raise ValueError unless `grid` is a positive integer."""
    if grid != int(grid) or grid < 1:
        raise ValueError(f"`grid` must be a positive integer, got {grid}; 1, 2 or 4")


def _check(labels):
    """Return (H, W) int32 labels whose largest number is moderate."""
    labels = np.asarray(labels)
    checked = labels.dtype == np.int32 and labels.ndim == 2 and labels.size > 0
    if not checked or labels.min() < 0:  # crops of checked labels are int32
        labels = check_labels(labels)
    if labels.max() > labels.size:
        _, numbers = np.unique(np.append(labels, 0), return_inverse=True)
        labels = numbers[:-1].reshape(labels.shape)
    return np.ascontiguousarray(labels, np.int32)


@numba.njit(cache=True, nogil=True)
def _squared_depth(labels, beyond):
    """Return the squared distance to the nearest pixel of another label.

    Exact, in two passes: first along the columns, then each pixel looks left and
    right as long as what it could find there is nearer. The image border counts
    as `beyond` px away.
    """
    height, width = labels.shape
    near = _column_distance(labels, beyond)
    depth = np.zeros((height, width), np.float32)
    for r in range(height):
        for c in range(width):
            if labels[r, c] == 0:
                continue
            best = near[r, c] ** 2
            for side in (-1, 1):
                k, other = 1, c + side
                while k * k < best:
                    if other < 0 or other >= width:
                        best = min(best, (k + beyond - 1) ** 2)
                        break
                    if labels[r, other] != labels[r, c]:
                        best = k * k
                        break
                    best = min(best, k * k + near[r, other] ** 2)
                    k, other = k + 1, other + side
            depth[r, c] = best
    return depth


@numba.njit(cache=True, nogil=True)
def _column_distance(labels, beyond):
    """Return the distance to the nearest other label in the same column."""
    height, width = labels.shape
    near = np.empty((height, width), np.int32)
    for r in range(height):
        for c in range(width):
            same = r == 0 or labels[r, c] == labels[r - 1, c]
            near[r, c] = (near[r - 1, c] if r > 0 else beyond - 1) + 1 if same else 1
    below = np.zeros(width, np.int32)
    for r in range(height - 1, -1, -1):
        for c in range(width):
            if r == height - 1:
                below[c] = beyond
            elif labels[r, c] == labels[r + 1, c]:
                below[c] += 1
            else:
                below[c] = 1
            near[r, c] = min(near[r, c], below[c])
    return near


@numba.njit(cache=True, nogil=True)
def _share(squared_depth, labels, n_labels, grid):
    """Return the depth as a share of the object's largest, on the grid."""
    deepest = np.zeros(n_labels, np.float32)
    height, width = labels.shape
    for r in range(height):
        for c in range(width):
            if squared_depth[r, c] > deepest[labels[r, c]]:
                deepest[labels[r, c]] = squared_depth[r, c]
    prob = np.zeros(((height - 1) // grid + 1, (width - 1) // grid + 1), np.float32)
    for i in range(prob.shape[0]):
        for j in range(prob.shape[1]):
            label = labels[i * grid, j * grid]
            if label > 0:
                depth = squared_depth[i * grid, j * grid]
                prob[i, j] = np.sqrt(depth / deepest[label])
    return prob
