"""Say beforehand how long it takes: measured on the first images, told once.

What `labkit.scale.estimate` does for blocks, for files: the first file or frame warms
up, the next ones are measured, and the others are taken to cost the same by the pixel.
"""

import contextlib
import functools
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..files.planes import TIFF_STARTS, first_bytes
from ..scale import estimating
from ..scale.arrays import open_tiff
from ..scale.estimating import Spent, measured

LEAST = 10.0  # s: of what is shorter nothing is said
ENOUGH = 0.5  # s: so much is measured
LONG = 5  # frames: a movie that is measured within
TRIAL = 2  # frames that are written to see how long that takes
MANY = 16  # frames: of shorter movies that are linked nothing is said
FEW, MORE = 2, 5  # frames that are linked to see how long it takes
KEPT = 9e-9  # GB a pixel of a movie: labels and masks, and a copy to be written


class Expected(NamedTuple):
    """What work on many images is expected to take in all.

    Attributes
    ----------
    n_images : int
    shape : (int, int) or None
        Of each image; None if they differ.
    seconds : float
    memory : float
        At most, GB.
    """

    n_images: int
    shape: tuple | None
    seconds: float
    memory: float


class Forecast:
    """Watch the work on files and tell once what all of it will take.

    Parameters
    ----------
    paths : list of Path
        All files, in the order of the work.
    tell : callable or None
        Called with an `Expected`, unless only seconds of work are left.
    try_saving : callable, optional
        ``try_saving(folder, results)``: write what came out of some frames of a movie.
    """

    def __init__(self, paths, tell, try_saving=None):
        self._paths, self._tell, self._try = list(paths), tell, try_saving
        self._all, self._of_file = Spent(), None
        self._n_files = 0  # that the work has begun
        self._warm = False  # once a file is done
        self._marks = [0.0, 0.0]
        self._seconds = self._pixels = 0.0  # of what was measured

    @contextlib.contextmanager
    def file(self):
        """Measure the work on the next file; one that fails does not count."""
        self._n_files += 1
        if self._tell is None:
            yield
            return
        with measured() as self._of_file:
            yield
        if self._tell is None or not self._warm:
            self._warm = True
            return
        self._pixels += np.prod(self._sizes()[self._n_files - 1], dtype=float)
        self._seconds += self._of_file.seconds
        if self._seconds >= ENOUGH:
            self._foretell(0.0, self._seconds / self._pixels, self._of_file.peak)

    def frame(self, movie, results):
        """Look at the clock before a movie's first frame, and after each.

        `results` are those of the frames so far.
        """
        n_frames, n_done = len(movie), len(results)
        if self._tell is None or n_frames < LONG:
            return
        if n_done < 2:
            self._marks[n_done] = self._of_file.seconds
            return
        seconds = self._of_file.seconds - self._marks[1]  # but the first: it compiles
        if seconds < ENOUGH:
            return
        a_frame = seconds / (n_done - 1)
        saving = n_frames * self._seconds_to_save(results[-TRIAL:])
        rest = (n_frames - n_done) * a_frame + saving
        n_pixels = n_frames * np.prod(movie.shape[1:3], dtype=float)
        rate = (self._marks[0] + n_frames * a_frame + saving) / n_pixels
        self._of_file.look()
        self._foretell(rest, rate, self._of_file.peak + KEPT * n_pixels)

    def _seconds_to_save(self, results):
        """Seconds to write a frame of a movie."""
        if self._try is None:
            return 0.0
        start = estimating.now()
        with contextlib.suppress(OSError), tempfile.TemporaryDirectory() as folder:
            self._try(Path(folder), results)
        return (estimating.now() - start) / len(results)

    def _foretell(self, rest, rate, memory):
        """Tell what is expected: `rest` of this file, the others by the pixel."""
        sizes = self._sizes()
        rest += rate * sum(np.prod(one, dtype=float) for one in sizes[self._n_files :])
        if rest >= LEAST:
            shapes = {one[1:] for one in sizes}
            shape = shapes.pop() if len(shapes) == 1 else None
            n_images = sum(one[0] for one in sizes)
            seconds = self._all.seconds + rest
            self._tell(Expected(n_images, shape, seconds, memory))
        self._tell = None

    def _sizes(self):
        """(n_frames, H, W) of each file; of unknown ones that of the present file."""
        sizes = [size_of(path) for path in self._paths]
        known = sizes[self._n_files - 1] or next(filter(None, sizes), (1, 1, 1))
        return [one or known for one in sizes]


def foretell_tracking(tell, shape, work, kept=0.0):
    """Tell what linking a movie will take, measured on its first frames.

    Parameters
    ----------
    tell : callable or None
        As of `Forecast`.
    shape : (T, H, W)
    work : callable
        ``work(n, folder)``: do it all with the first n frames.
    kept : float
        GB a pixel that are in use at once.
    """
    n_frames = shape[0]
    if tell is None or n_frames < MANY:
        return

    def go(n):
        with tempfile.TemporaryDirectory() as folder, measured() as spent:
            work(n, Path(folder))
        return spent

    for _ in range(2):  # the first time imports and compiles
        few = go(FEW)
        if few.seconds * n_frames / FEW < LEAST:
            return
    more = go(MORE)
    a_frame = max(more.seconds - few.seconds, 0.0) / (MORE - FEW)
    seconds = few.seconds + (n_frames - FEW) * a_frame
    if seconds >= LEAST:
        memory = more.peak + kept * np.prod(shape, dtype=float)
        tell(Expected(n_frames, shape[1:], seconds, memory))


@functools.lru_cache(maxsize=4096)
def size_of(path):
    """Frames, rows and columns of an image file, as its header says.

    Parameters
    ----------
    path : Path

    Returns
    -------
    (int, int, int) or None
        None if the header cannot be read, or of formats that others read.
    """
    from PIL import Image

    try:
        if first_bytes(path)[:4] in TIFF_STARTS:
            _, axes = open_tiff(str(path))
            return axes.n_frames, *axes.plane(colour=False)
        with Image.open(path) as picture:
            return 1, picture.height, picture.width
    except (ValueError, OSError):
        return None
