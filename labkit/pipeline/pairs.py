"""Images and their labels on disk, paired by name for training."""

import numpy as np

from ..files.images import image_paths, read_movie
from ..files.labels import read_label_movie
from ..files.pieces import one_piece

LEFT_OUT = "left_out"  # folder beside the labels: visible, but not annotated
LEAST_WHOLE = 0.5  # share of the labelled pixels in the objects' largest pieces


def pair_files(images, labels):
    """Pair images with label images of the same name (suffixes may differ).

    Parameters
    ----------
    images, labels : str or Path
        Folders, or one file each.

    Returns
    -------
    list of (Path, Path)

    Raises
    ------
    ValueError
        If a file has no partner, or two have one name; the message names them.
    FileNotFoundError
        If a folder is missing.
    """
    left, right = (by_stem(paths) for paths in (images, labels))
    if len(left) == len(right) == 1:
        return [(*left.values(), *right.values())]
    problems = [
        f"{_some(left.keys() - right.keys())} without labels in {labels}"
        if left.keys() - right.keys()
        else "",
        f"{_some(right.keys() - left.keys())} without an image in {images}"
        if right.keys() - left.keys()
        else "",
    ]
    if any(problems):
        raise ValueError(
            f"images and labels are paired by name: {'; '.join(filter(None, problems))}"
            f"; rename or move these files"
        )
    return [(left[stem], right[stem]) for stem in left]


def by_stem(paths):
    """Return {stem: path}, in order; raise ValueError if two have one name."""
    found = {}
    for path in image_paths(paths):
        if path.stem in found:
            raise ValueError(
                f"{found[path.stem]} and {path} have one name; keep one of them"
            )
        found[path.stem] = path
    return found


def _some(names, at_most=5):
    """Return a few names and how many more there are."""
    names = sorted(names)
    more = f" and {len(names) - at_most} more" if len(names) > at_most else ""
    return ", ".join(names[:at_most]) + more


def check_whole(labels, whole, path, hint):
    """Refuse what is no label image: objects in shreds, as in raw images and masks.

    Parameters
    ----------
    labels, whole : (T, H, W) ndarray of int
        As read, and by `labkit.files.pieces.one_piece`.
    path : str or Path
        What the message calls it.
    hint : str
        The end of what the message says.

    Raises
    ------
    ValueError
        If the largest pieces of all objects are less than half of what is labelled.
    """
    share = np.count_nonzero(whole) / max(np.count_nonzero(labels), 1)
    if share < LEAST_WHOLE and labels.any():
        raise ValueError(
            f"{path} does not look like label images: the largest pieces of objects "
            f"are {share:.0%} of what is labelled; pass label images, as labkit "
            f"segment writes them, {hint}"
        )


def load_pairs(pairs, *, channel=None, colour=False, use_left_out=True):
    """Read paired files for training.

    Parameters
    ----------
    pairs : list of (Path, Path)
        From `pair_files`; images or movies.
    channel : int or str, optional
    colour : bool
        Both as in `labkit.files.images.read_movie`.
    use_left_out : bool
        Look for the masks that `annotate_files` wrote beside the labels.

    Returns
    -------
    images : list of (H, W) or, in colour, (H, W, 3) ndarray
    labels : list of (H, W) ndarray
    left_out : list of (H, W) ndarray of bool, or None
        None if there is not a single mask.

    Raises
    ------
    ValueError, TypeError, OSError
        If a file is unreadable, two partners differ in shape, or labels are none.
    """
    images, labels, masks, found = [], [], [], False
    for image_path, labels_path in pairs:
        movie = read_movie(image_path, channel=channel, colour=colour)
        truth = read_label_movie(labels_path)
        shape = movie.shape[:3]
        if shape != truth.shape:
            raise ValueError(
                f"{image_path} {shape} and {labels_path} {truth.shape} differ in shape"
                f" (frames, rows, columns); they must show the same pixels"
            )
        check_whole(truth, one_piece(truth), labels_path, "or labkit annotate")
        mask_path = labels_path.parent / LEFT_OUT / labels_path.name
        if use_left_out and mask_path.exists():
            mask, found = read_movie(mask_path) > 0, True
        else:
            mask = np.zeros(truth.shape, bool)
        images.extend(movie)
        labels.extend(truth)
        masks.extend(mask)
    return images, labels, masks if found else None
