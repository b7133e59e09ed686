"""How long will it take, and how much memory: one block is timed, and kept."""

import contextlib
import threading
from time import perf_counter as now
from typing import NamedTuple

from .running import n_cores, threads_as_before, where
from .steps import FINALLY, do

WRITING = 1.25  # settling and writing take a part of the time of finding


class Estimate(NamedTuple):
    """What a run is expected to take.

    Attributes
    ----------
    n_blocks, n_done : int
        In all, and those that are complete already.
    block_seconds : float
        Of one block on one worker; 0 if all is done.
    seconds : float
        Of what is left, on all workers.
    memory : float
        Of this machine, all workers together, GB.
    disk : float
        At most while it runs, for what is kept of unfinished planes, GB.
    """

    n_blocks: int
    n_done: int
    block_seconds: float
    seconds: float
    memory: float
    disk: float


def estimate(run, *, workers=None):
    """Time one block of a run; its result is kept.

    A block before it, kept as well, loads models and compiles.

    Parameters
    ----------
    run : Run
        From `prepare_annotation` or `prepare_segmentation`.
    workers : int, optional
        Default: one for each core.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> import tempfile
    >>> from labkit.files.images import write_image
    >>> image = lk.synth.simulate_movie(1, (256, 256), 9).images[0]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for t in range(3):
    ...         write_image(f"{folder}/in/t{t}.tif", image)
    ...     run = lk.scale.prepare_annotation(f"{folder}/in", f"{folder}/out.zarr")
    ...     expected = lk.scale.estimate(run, workers=1)
    ...     expected.n_blocks, expected.n_done, expected.seconds > 0
    (3, 2, True)
    """
    n_workers = workers or n_cores()
    n_blocks = run.n_frames * len(run.grid)
    seconds = memory = 0.0
    if not run.store.about()["finished"]:
        with threads_as_before():
            for step in _to_be_timed(run):
                with measured() as spent:
                    do(run, *step)
                seconds, memory = spent.seconds, spent.growth
    if len(run.grid) > 1:
        seconds *= WRITING
    finished = run.store.about()["finished"]
    n_done = n_blocks if finished else _count(run, FINALLY)
    left = max(n_blocks - max(n_done, _count(run, "find")), 0) if not finished else 0
    n_busy = max(1, min(n_workers, n_blocks))
    side = run.grid.core + 2 * run.grid.halo
    disk = len(run.grid) * side**2 * 2 / 1e9 if len(run.grid) > 1 else 0.0
    total = seconds * left / n_busy
    return Estimate(
        n_blocks, n_done, seconds, total, _resident() + n_busy * memory, disk
    )


def _to_be_timed(run):
    """Two steps that are not done yet, after what must precede them."""
    if len(run.grid) == 1:
        frames = [t for t in range(run.n_frames) if run.next_steps(t)]
        return [(FINALLY, t, 0) for t in frames[:2]]
    for frame in range(run.n_frames):
        steps = run.next_steps(frame)
        if steps and steps[0][0] == "survey":
            do(run, *steps[0])
            steps = run.next_steps(frame)
        if steps and steps[0][0] == "find":
            middle = len(steps) // 2
            return steps[middle : middle + 2]
    return []


def _count(run, step):
    """How many blocks have passed a step."""
    n_blocks = run.n_frames * len(run.grid)
    return sum(run.store.has(step, *where(run, k)) for k in range(n_blocks))


class Spent:
    """Seconds of something, and the memory of this process meanwhile.

    Attributes
    ----------
    peak : float
        Most memory so far, GB.
    """

    def __init__(self):
        self._start, self._end = now(), None
        self._before = self.peak = _resident()

    @property
    def seconds(self):
        """Until now, or until it ended."""
        return (now() if self._end is None else self._end) - self._start

    @property
    def growth(self):
        """How much more memory than at the beginning, GB."""
        return self.peak - self._before

    def look(self):
        """See how much memory is in use."""
        self.peak = max(self.peak, _resident())

    def stop(self):
        """Stop the clock."""
        self._end = now()
        self.look()


@contextlib.contextmanager
def measured():
    """Measure time and memory of what is done meanwhile.

    Yields
    ------
    Spent
    """
    spent, ended = Spent(), threading.Event()

    def watch():
        while not ended.wait(0.01):
            spent.look()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield spent
    finally:
        spent.stop()
        ended.set()
        watcher.join()


def _resident():
    """Memory of this process, GB."""
    import psutil

    return psutil.Process().memory_info().rss / 1e9
