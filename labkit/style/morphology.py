"""Size, shape and spacing of the objects of label images.

What new label images must have in common with the old ones [1]_: nucleAIzer measures
its pre-segmentation, then makes masks of the same kind.

.. [1] Hollandi et al. (2020), Cell Systems 10: 453-458: object morphology of a style.
       https://doi.org/10.1016/j.cels.2020.04.003
"""

import dataclasses

import numpy as np

from ..checks import check_labels
from ..labels import object_table, relabel
from .shape import hull_areas, perimeters, rims, spacings

MORPHOLOGY_DTYPE = np.dtype(
    [
        ("image", "i4"),
        ("label", "i4"),
        ("area", "f8"),
        ("major_axis", "f8"),
        ("minor_axis", "f8"),
        ("eccentricity", "f8"),
        ("solidity", "f8"),
        ("circularity", "f8"),
        ("shape_ratio", "f8"),
        ("spacing", "f8"),
        ("touches", "?"),
        ("on_border", "?"),
    ]
)


@dataclasses.dataclass(frozen=True, eq=False)
class Morphology:
    """Size, shape and spacing of all objects of some label images.

    Attributes
    ----------
    objects : (n,) structured ndarray
        One row per object; ``pandas.DataFrame`` takes it as it is. image: which of
        the label images; label; area (px); major_axis and minor_axis (px) and
        eccentricity of the ellipse with the same second moments; solidity: share of
        its convex hull; circularity: 4 pi area / perimeter², 1 for a disc;
        shape_ratio: length / width of a rectangle with the same second moments, 1 for
        round; spacing: distance to the closest other object of the image, contour
        to contour (px), 0 if they touch, NaN if it is alone; touches; on_border: the
        object touches the edge of the image, its shape may be cut.
    coverage : (n_images,) ndarray of float
        Labelled share of each image.
    shapes : (n_images, 2) ndarray of int
        Height and width of each image, px.
    """

    objects: np.ndarray
    coverage: np.ndarray
    shapes: np.ndarray

    @property
    def n_objects(self):
        """Number of objects in each image, (n_images,) int."""
        return np.bincount(self.objects["image"], minlength=len(self.shapes))

    @property
    def density(self):
        """Objects per pixel in each image, (n_images,) float."""
        return self.n_objects / self.shapes.prod(axis=1)

    @property
    def diameter(self):
        """Median diameter of discs of the objects' areas, px; 0 without objects."""
        areas = self.objects["area"]
        return float(2 * np.sqrt(np.median(areas) / np.pi)) if areas.size else 0.0

    @property
    def inner(self):
        """The objects that do not touch the edge: those whose shape is known."""
        return self.objects[~self.objects["on_border"]]

    def take(self, images):
        """Return the morphology of some of the images, in the order given.

        Parameters
        ----------
        images : sequence of int, or (n_images,) array of bool

        Raises
        ------
        ValueError
            If there is no such image.
        """
        order = _chosen(images, len(self.shapes))
        parts = [self.objects[self.objects["image"] == i] for i in order]
        for number, part in enumerate(parts):
            part["image"] = number
        objects = np.concatenate([np.zeros(0, MORPHOLOGY_DTYPE), *parts])
        return Morphology(objects, self.coverage[order], self.shapes[order])

    def join(self, *others):
        """Return the morphology of all images of this and other morphologies."""
        parts, first = [], 0
        for one in (self, *others):
            part = one.objects.copy()
            part["image"] += first
            parts.append(part)
            first += len(one.shapes)
        return Morphology(
            np.concatenate(parts),
            np.concatenate([one.coverage for one in (self, *others)]),
            np.concatenate([one.shapes for one in (self, *others)]),
        )

    def __repr__(self):
        return (
            f"<Morphology: {self.objects.size} objects in {len(self.shapes)} images, "
            f"median diameter {self.diameter:.1f} px, "
            f"{self.coverage.mean() if self.coverage.size else 0:.0%} covered>"
        )


def morphology(labels):
    """Measure size, shape and spacing of all objects.

    Parameters
    ----------
    labels : (H, W) array_like of int, or sequence of such
        One label image or several, of any sizes; 0 is background.

    Returns
    -------
    Morphology
        Images without objects count: their coverage is 0.

    Raises
    ------
    ValueError, TypeError
        As `labkit.checks.check_labels`, and if there is no label image.

    Examples
    --------
    >>> labels = np.zeros((20, 30), int)
    >>> labels[5:15, 4:14] = 1
    >>> labels[5:15, 18:28] = 2
    >>> found = lk.style.morphology(labels)
    >>> found
    <Morphology: 2 objects in 1 images, median diameter 11.3 px, 33% covered>
    >>> found.objects["spacing"], found.objects["solidity"]
    (array([4., 4.]), array([1., 1.]))
    """
    images = _as_list(labels)
    parts = [_measure(one, number) for number, one in enumerate(images)]
    return Morphology(
        np.concatenate(parts),
        np.array([np.count_nonzero(one) / one.size for one in images]),
        np.array([one.shape for one in images]).reshape(-1, 2),
    )


def _as_list(labels):
    """Return one label image or several as a list of checked ones."""
    if isinstance(labels, np.ndarray) and labels.dtype != object:
        labels = [labels] if labels.ndim < 3 else list(labels)
    labels = list(labels)
    if labels and np.ndim(labels[0]) == 1:  # one image as nested lists
        labels = [labels]
    if not labels:
        raise ValueError("`labels` is empty; give at least one label image")
    names = [f"labels[{i}]" for i in range(len(labels))]
    return [check_labels(one, name) for one, name in zip(labels, names, strict=True)]


def _measure(labels, number):
    """Return the rows of one label image."""
    table = object_table(labels)
    found = np.zeros(len(table), MORPHOLOGY_DTYPE)
    found["image"] = number
    if not len(table):
        return found
    for name in ("label", "area", "major_axis", "minor_axis", "eccentricity"):
        found[name] = table[name]
    found["on_border"] = table["touches_border"]
    labels = relabel(labels)
    points, limits = rims(labels, len(table))
    hull = np.maximum(hull_areas(points, limits), found["area"])
    found["solidity"] = found["area"] / hull
    perimeter = perimeters(labels, len(table))
    found["circularity"] = np.minimum(4 * np.pi * found["area"] / perimeter**2, 1)
    own = 16 / 12  # a pixel has an extent: variance 1/12, in units of (axis / 4)²
    long, short = found["major_axis"] ** 2 + own, found["minor_axis"] ** 2 + own
    found["shape_ratio"] = np.sqrt(long / short)
    found["spacing"] = spacings(labels, points, limits)
    found["touches"] = found["spacing"] == 0
    return found


def _chosen(images, n_images):
    """Return image numbers as an array, or raise ValueError."""
    images = np.asarray(images)
    if images.dtype == bool and images.shape == (n_images,):
        return np.flatnonzero(images)
    order = images.astype(int).reshape(-1)
    if images.dtype == bool or (order < 0).any() or (order >= n_images).any():
        raise ValueError(
            f"`images` must be numbers from 0 to {n_images - 1} or a mask of "
            f"{n_images}, got {images}"
        )
    return order
