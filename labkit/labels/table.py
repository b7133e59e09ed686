"""Measure every object of a label image in one pass."""

import numpy as np
from numba import njit

from ..checks import check_labels, check_pair
from .basic import small_numbers

SCATTERED = 0.02  # objects that fill less of their boxes, if there are so many, are
GREY_VALUES = 20  # the grey values of an image; of few, a stray pixel makes large boxes

OBJECT_DTYPE = np.dtype(
    [
        ("label", "i4"),
        ("area", "i8"),
        ("y", "f8"),
        ("x", "f8"),
        ("min_row", "i4"),
        ("min_col", "i4"),
        ("max_row", "i4"),
        ("max_col", "i4"),
        ("major_axis", "f8"),
        ("minor_axis", "f8"),
        ("eccentricity", "f8"),
        ("orientation", "f8"),
        ("touches_border", "?"),
        ("mean_intensity", "f8"),
    ]
)


def object_table(labels, image=None):
    """Measure every object in one pass over the image.

    Parameters
    ----------
    labels : (H, W) array_like of int
        Label image, 0 is background.
    image : (H, W) array_like, optional
        Grey image, for `mean_intensity`.

    Returns
    -------
    (n,) structured ndarray
        One row per object by rising label; ``pandas.DataFrame`` takes it as it is.
        label; area (px); y, x: centroid (px); min_row, min_col, max_row, max_col:
        bounding box, the max lies outside; major_axis, minor_axis (px), eccentricity
        and orientation (rad, from the row axis, counter-clockwise) of the ellipse
        with the same second moments, as in `skimage.measure.regionprops`;
        touches_border; mean_intensity (NaN without image).

    Raises
    ------
    ValueError, TypeError
        As `labkit.checks.check_labels` and `check_image`, and if shapes differ.

    Examples
    --------
    >>> table = object_table([[0, 5, 5], [0, 5, 5]])
    >>> table["area"], table["y"], table["x"]
    (array([4]), array([0.5]), array([1.5]))
    """
    if image is None:
        labels = check_labels(labels)
        image = np.zeros((0, 0), np.uint8)
    else:
        image, labels = check_pair(image, labels)
    small, numbers = small_numbers(labels)
    box, sums = _measure(
        small, np.ascontiguousarray(image), len(numbers), image.size > 0
    )
    kept = np.flatnonzero(sums[:, 0])
    table = _describe(box[kept], sums[kept], labels.shape)
    table["label"] = numbers[kept]
    if not image.size:
        table["mean_intensity"] = np.nan
    return table


def _describe(box, sums, shape):
    """Turn sums over pixels, relative to a first pixel, into an object table."""
    table = np.zeros(len(sums), OBJECT_DTYPE)
    area, rows, cols, rows2, rowcols, cols2, intensity = sums.T
    table["area"] = area
    table["y"], table["x"] = box[:, 4] + rows / area, box[:, 5] + cols / area
    for column, name in enumerate(("min_row", "min_col", "max_row", "max_col")):
        table[name] = box[:, column]
    inside = (box[:, :2] > 0).all(axis=1) & (box[:, 2:4] < shape).all(axis=1)
    table["touches_border"] = ~inside
    table["mean_intensity"] = intensity / area
    a = rows2 / area - (rows / area) ** 2
    b = rowcols / area - rows * cols / area**2
    c = cols2 / area - (cols / area) ** 2
    _ellipse(table, a, b, c)
    return table


def _ellipse(table, a, b, c):
    """Fill in axes and orientation from the covariance (a b; b c) of row, col."""
    middle, spread = (a + c) / 2, np.hypot((a - c) / 2, b)
    large, small = middle + spread, np.maximum(middle - spread, 0)
    table["major_axis"], table["minor_axis"] = 4 * np.sqrt(large), 4 * np.sqrt(small)
    ratio = np.divide(small, large, out=np.ones_like(small), where=large > 0)
    table["eccentricity"] = np.sqrt(1 - ratio)
    table["orientation"] = np.arctan2(2 * b, a - c) / 2


@njit(cache=True, nogil=True)
def _measure(labels, image, n, with_image):
    """Add up, run by run, what `_describe` needs: boxes, origins and moments."""
    height, width = labels.shape
    box = np.zeros((n, 6), np.int64)  # min and max of row, col; origin row, col
    sums = np.zeros((n, 7))  # 1, r, c, rr, rc, cc, intensity
    for r in range(height):
        c = 0
        while c < width:
            label, start = labels[r, c], c
            while c < width and labels[r, c] == label:
                c += 1
            if label == 0:
                continue
            b, s = box[label], sums[label]
            if s[0] == 0:
                b[0], b[1], b[4], b[5] = r, start, r, start
            b[1], b[2], b[3] = min(b[1], start), r + 1, max(b[3], c)
            length, y, x = c - start, r - b[4], start - b[5]
            ramp, ramp2 = length * (length - 1) / 2, length * (length - 1) / 6
            s[0] += length
            s[1] += length * y
            s[2] += length * x + ramp
            s[3] += length * y * y
            s[4] += y * (length * x + ramp)
            s[5] += length * x * x + 2 * x * ramp + ramp2 * (2 * length - 1)
            if with_image:
                for i in range(start, c):
                    s[6] += image[r, i]
    return box, sums


def median_diameter(*labels):
    """Return the diameter of a disc of the objects' median area.

    Parameters
    ----------
    *labels : (H, W) array_like of int
        Label images; their objects count together.

    Returns
    -------
    float
        Px; 0 if there is no object.

    Raises
    ------
    ValueError, TypeError
        As `labkit.checks.check_labels`.

    Examples
    --------
    >>> round(median_diameter([[1, 1, 0, 2, 2, 2], [1, 1, 0, 0, 0, 0]]), 2)
    2.11
    """
    areas = [_areas(one) for one in labels]
    areas = np.concatenate(areas) if areas else np.zeros(0)
    return float(2 * np.sqrt(np.median(areas) / np.pi)) if len(areas) else 0.0


def _areas(labels):
    """Return the areas of all objects, px."""
    small, _ = small_numbers(check_labels(labels))
    areas = np.bincount(small.ravel())[1:]
    return areas[areas > 0]


def refuse_image(table, name):
    """Raise ValueError where objects are scattered over all of the frame.

    Parameters
    ----------
    table : structured ndarray
        `object_table` of what should be a label image.
    name : str
        What the message calls it.
    """
    height = table["max_row"] - table["min_row"]
    boxes = (height * (table["max_col"] - table["min_col"])).sum()
    if len(table) >= GREY_VALUES and table["area"].sum() < SCATTERED * boxes:
        raise ValueError(
            f"`{name}` does not look like a label image: its {len(table):,} objects "
            f"fill {table['area'].sum() / boxes:.1%} of their bounding boxes; pass "
            f"labels, as lk.auto.annotate makes them, not the raw images"
        )
