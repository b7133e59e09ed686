"""The network's view of a whole image, computed in the background, tile by tile."""

import threading

import numpy as np

from ..checks import check_image
from .maptiles import MapTiles

TILE = 512  # px: half a second on one CPU core, a sixteenth of 2048 x 2048
SMALLEST = 0.65  # of the trained diameter: smaller nuclei are blurred by the network


class ProbMap:
    """Probability of nucleus and rim at every pixel of one image.

    The image keeps its scale and its proportions: nothing is squeezed to the size of
    a network's input. It is computed in overlapping tiles on a thread of its own;
    what somebody waits for comes first. The values are those of
    ``model.prob(image)`` on the whole.

    Parameters
    ----------
    image : (H, W) or (H, W, 3) array of uint8, uint16 or float
    model : labkit.models.UNetProb, optional
        By default the one that comes along, ``UNetProb.load("nuclei")``.
    diameter : float or "auto", optional
        Typical diameter of the objects, px, by which the image is scaled to the size
        that the network was trained on; "auto" estimates it, which takes a few
        seconds in the background. By default the image is taken as it is.
    tile : int
        Side of the part computed at once, px.

    Raises
    ------
    ValueError, TypeError
        If the image is unusable, or `diameter` or `tile` is not positive. What only
        shows in the background (a model that takes no colour) is raised by `crop`
        and `wait`.

    Examples
    --------
    >>> labels = np.zeros((64, 64), int)
    >>> labels[20:40, 20:40] = 1
    >>> model = lk.models.UNetProb(lk.models.UNetProbParams(width=8, depth=1))
    >>> prob = lk.assist.ProbMap(labels * 9.0, model).start()
    >>> prob.crop(slice(0, 10), slice(0, 20)).shape
    (2, 10, 20)
    >>> prob.wait().done
    1.0
    """

    def __init__(self, image, model=None, *, diameter=None, tile=TILE):
        self._image = check_image(image, colour=True)
        if not (diameter is None or diameter == "auto" or _positive(diameter)):
            raise ValueError(
                f"`diameter` must be a number of px, 'auto' or None, got {diameter!r}"
            )
        if not _positive(tile):
            raise ValueError(f"`tile` must be at least 1 px, got {tile!r}")
        self.shape = self._image.shape[:2]
        self._how = model, diameter, int(tile)
        self._change = threading.Condition()  # guards all that follows
        self._tiles = None  # MapTiles, once the model is there
        self._missing, self._urgent = set(), set()
        self._everything, self._n_cancelled = False, 0
        self._worker = self._error = None

    def start(self):
        """Compute the whole map in the background; returns the map itself."""
        with self._change:
            self._everything, self._error = True, None
            self._wake()
        return self

    @property
    def done(self):
        """Share of the tiles that are there, 0..1."""
        with self._change:
            if self._tiles is None:
                return 0.0
            return 1 - len(self._missing) / len(self._tiles.boxes)

    def crop(self, rows, cols):
        """Return a part of the map; waits for the tiles that it touches, no others.

        Parameters
        ----------
        rows, cols : slice
            Of the image, without steps.

        Returns
        -------
        (2, h, w) ndarray of float32
            Probability of nucleus and of rim; a copy.

        Raises
        ------
        ValueError
            If the map is cancelled meanwhile. What went wrong in the background is
            raised as it was.
        """
        box = tuple(
            _span(part, side)
            for part, side in zip((rows, cols), self.shape, strict=True)
        )
        self._wait_for(box)
        return self._tiles.read(box)

    def wait(self):
        """Compute all that is missing and wait for it; returns the map itself."""
        self.start()
        self._wait_for(None)
        return self

    def cancel(self):
        """Stop after the present tile. What is there stays; `start` goes on from it.

        Who waits for a part of the map gets a ValueError.
        """
        with self._change:
            self._everything, self._urgent = False, set()
            self._n_cancelled += 1
            self._change.notify_all()

    def knows(self, diameter):
        """Whether the network sees objects of this size, px, sharply enough.

        Before the first tile is there nobody knows, and the answer is True.
        """
        tiles = self._tiles
        return tiles is None or diameter * tiles.factor >= SMALLEST * tiles.trained

    def _wait_for(self, box):
        """Wait until all tiles under a box are there; under None, all of them."""
        with self._change:
            self._error, n_cancelled = None, self._n_cancelled
            while self._tiles is None or (needed := self._needed(box)):
                if self._error is not None:
                    raise self._error
                if self._n_cancelled != n_cancelled:
                    raise ValueError(
                        "the probability map was cancelled; call start() to go on"
                    )
                if self._tiles is not None and box is not None:
                    self._urgent |= needed
                self._wake()
                self._change.wait()

    def _needed(self, box):
        """The missing tiles under a box; the lock is held."""
        if box is None:
            return self._missing
        return {n for n in self._missing if self._tiles.touches(n, box)}

    def _wake(self):
        """Set a thread to work unless there is one; the lock is held."""
        if self._worker is None and (self._tiles is None or self._missing):
            self._worker = threading.Thread(target=self._work, daemon=True)
            self._worker.start()

    def _work(self):
        """Compute tiles for as long as somebody wants one."""
        error = None
        try:
            if self._tiles is None:
                self._set_up(MapTiles(self._image, *self._how))
            while (number := self._next()) is not None:
                self._tiles.compute(number)
                with self._change:
                    self._missing.discard(number)
                    self._change.notify_all()
        except Exception as raised:  # for those who wait
            error = raised
        if error is not None:
            with self._change:
                self._worker, self._error = None, error
                self._change.notify_all()

    def _set_up(self, tiles):
        """Tell those who wait that the tiles are known now."""
        with self._change:
            self._tiles, self._missing = tiles, set(range(len(tiles.boxes)))
            self._change.notify_all()

    def _next(self):
        """The next tile to compute; None ends the thread."""
        with self._change:
            self._urgent &= self._missing
            if self._urgent:
                return min(self._urgent)
            if self._everything and self._missing:
                return min(self._missing)
            self._worker = None
            self._change.notify_all()
            return None


def _positive(number):
    """Whether this is a number of px."""
    return isinstance(number, int | float | np.number) and 0 < number < np.inf


def _span(part, side):
    """A slice with both ends, within the image."""
    start, stop, step = part.indices(side)
    if step != 1:
        raise ValueError(f"`rows` and `cols` must be slices without steps, got {part}")
    return slice(start, max(start, stop))
