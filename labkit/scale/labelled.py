"""Labels in an OME-Zarr as a movie that is read frame by frame."""

import copy
from pathlib import Path

import numpy as np

from ..checks import check_labels
from ..labels.basic import small_numbers
from . import omezarr
from .arrays import is_zarr, ome_of, open_zarr
from .store import is_unfinished, run_folder

SIDE = 1024  # px: of the blocks that are written


class LabelMovie:
    """Label images of a movie: a sequence whose frames are read when asked for.

    Made by `open_labels`. What takes a sequence of (H, W) label images, such as
    `labkit.track.link`, holds one frame at a time.

    Attributes
    ----------
    path : Path
        Of the labels in the OME-Zarr.
    shape : (T, H, W)
    um_per_px, minutes_per_frame : float or None
    """

    def __init__(self, path, array, axes):
        self.path, self._array, self._axes = path, array, axes
        self.shape = (axes.n_frames, *axes.plane(colour=False))
        self.um_per_px = axes.um_per_px
        self.minutes_per_frame = axes.minutes_per_frame

    def first(self, n):
        """Return the movie of the first `n` frames."""
        part = copy.copy(self)
        part.shape = (min(n, len(self)), *self.shape[1:])
        return part

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, frame):
        frame = range(len(self))[frame]  # refuses what is not there
        everything = slice(None), slice(None)
        index = self._axes.index(frame, *everything, None, False)
        image = self._axes.ordered(np.asarray(self._array[index]))
        return check_labels(image, f"{self.path}, frame {frame}")


def open_labels(path, name=None):
    """Open the labels in an OME-Zarr without reading them.

    Parameters
    ----------
    path : str or Path
        The OME-Zarr that `labkit.scale.annotate_zarr` or another program wrote labels
        to, or the labels in it (``scan.zarr/labels/nuclei``).
    name : str, optional
        Which of its labels; needed if there are several.

    Returns
    -------
    LabelMovie

    Raises
    ------
    FileNotFoundError
        If there are no such labels.
    ValueError
        If there are several and none is named, they are not finished, or have more
        axes than time, rows and columns.

    Examples
    --------
    >>> import tempfile
    >>> movie = lk.synth.simulate_movie(3, (64, 64), 4)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_movie(f"{folder}/a.zarr", "nuclei", movie.labels)
    ...     labels = open_labels(f"{folder}/a.zarr")
    ...     labels.shape, bool((labels[2] == movie.labels[2]).all())
    ((3, 64, 64), True)
    """
    folder = _label_folder(Path(path), name)
    array, axes = open_zarr(str(folder))
    axes.check(folder, None, False)
    return LabelMovie(folder, array, axes)


def write_movie(path, name, frames, *, shape=None, numbers=None, **scale):
    """Write label images frame by frame as labels of an OME-Zarr.

    Parameters
    ----------
    path : str or Path
    name : str
        Labels of that name are replaced.
    frames : iterable of (H, W) array of int
        One at a time is held.
    shape : (T, H, W), optional
        By default that of `frames`.
    numbers : callable, optional
        ``numbers(frame) -> (labels, numbers)``: what the labels of a frame become;
        all others become 0.
    **scale
        um_per_px and minutes_per_frame.
    """
    shape = shape or np.shape(frames)
    omezarr.create(path, name, shape, SIDE, **scale)
    for t, image in enumerate(frames):
        image, known = small_numbers(np.asarray(image))
        if numbers is not None:
            known = _look_up_table(known, *numbers(t))
        for row in range(0, shape[1], SIDE):
            for col in range(0, shape[2], SIDE):
                block = known[image[row : row + SIDE, col : col + SIDE]]
                omezarr.write(path, name, t, (row, col), block)


def _look_up_table(known, labels, numbers):
    """Number of each known label, 0 of those that are not among `labels`."""
    table = np.zeros(len(known), np.int32)
    table[np.searchsorted(known, labels)] = numbers
    return table


def _label_folder(path, name):
    """The folder of the labels that are meant."""
    import zarr

    if not is_zarr(path):
        raise FileNotFoundError(f"there is no OME-Zarr {path}")
    group = zarr.open(str(path), mode="r")
    if "image-label" in ome_of(group):
        _refuse_unfinished(path.parent.parent, path.name)
        return path
    names = sorted(ome_of(group["labels"]).get("labels", [])) if _has(path) else []
    ready = [one for one in names if not is_unfinished(path, one)] or names
    if name is None and len(ready) == 1:
        name = ready[0]
    if name is None and names:
        raise ValueError(
            f"{path} has several labels, choose one: "
            f"{', '.join(str(path / 'labels' / one) for one in ready)}"
        )
    if name not in names:
        which = "" if name is None else f" {name!r}"
        raise FileNotFoundError(
            f"there are no labels{which} in {path}; labkit scale segment makes some, "
            f"with -o {path} beside the image"
        )
    _refuse_unfinished(path, name)
    return path / "labels" / name


def _refuse_unfinished(path, name):
    """Raise ValueError where a run was stopped before all blocks were written."""
    if is_unfinished(path, name):
        raise ValueError(
            f"the labels {name} in {path} are not finished; give the command that "
            f"makes them again, it goes on ({run_folder(path, name)})"
        )


def _has(path):
    """Whether an OME-Zarr has labels."""
    return is_zarr(path / "labels")
