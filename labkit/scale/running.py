"""Run the steps: on threads, on processes of this machine, or on a cluster."""

import concurrent.futures as futures
import contextlib
import os
import sys
import time
from collections import deque
from pathlib import Path
from typing import NamedTuple

from ..files.atomic import atomic
from .steps import FINALLY, columns, do

THREADS, PROCESSES = "threads", "processes"
RETRIES = 3
AHEAD = 2  # steps sent out for each worker


class Result(NamedTuple):
    """What came out of a run.

    Attributes
    ----------
    path : Path
        The OME-Zarr; the labels are in ``labels/NAME``, see `read_labels`.
    table : Path
        One row for each nucleus and frame (CSV).
    n_objects : list of int
        Nuclei in each frame.
    diameter : float
        Typical nucleus diameter that all blocks were set to, px.
    warnings : list of str
    seconds : float
        Of this call; little if much was done by earlier ones.
    """

    path: Path
    table: Path
    n_objects: list
    diameter: float
    warnings: list
    seconds: float


def compute(run, *, workers=None, scheduler=None, progress=True, report=None):
    """Do what is left of a run.

    Parameters
    ----------
    run : Run
        From `prepare_annotation` or `prepare_segmentation`.
    workers, scheduler, progress
        As of `annotate_zarr`.
    report : callable, optional
        Called with the address of the dashboard, once there is a cluster.

    Returns
    -------
    Result

    Raises
    ------
    ConnectionError
        If the scheduler does not answer, or a step killed several workers in turn.
    ValueError, TypeError
        If a part of the source cannot be read or used.
    """
    start, about = time.perf_counter(), run.store.about()
    if not about["finished"]:
        workers = workers_of(scheduler, workers, report)
        with threads_as_before(), workers as (executor, n_workers):
            _drive(executor, n_workers, run, progress)
        about = _finish(run, about)
    warnings = list(about["warnings"])
    seconds = time.perf_counter() - start
    path = Path(run.path)
    found = about["n_objects"], run.work.diameter, warnings, seconds
    return Result(path, run.table_path, *found)


@contextlib.contextmanager
def workers_of(scheduler=None, workers=None, report=None):
    """Give an executor and the number of its workers.

    Parameters
    ----------
    scheduler : str or distributed.Client, optional
        "threads" (default), "processes" (a `distributed.LocalCluster`), the address
        of a scheduler, or a client.
    workers : int, optional
        Of threads and processes; default: one for each core.
    report : callable, optional
        Called with the address of the dashboard.

    Yields
    ------
    executor : concurrent.futures.Executor
    n_workers : int
    """
    if workers is not None and workers < 1:
        raise ValueError(f"`workers` must be at least 1, got {workers}")
    n_workers = workers or n_cores()
    if scheduler in (None, THREADS):
        with futures.ThreadPoolExecutor(n_workers) as pool:
            yield pool, n_workers
        return
    with _client(scheduler, n_workers) as client:
        if report is not None:
            report(client.dashboard_link)
        n_threads = sum(client.nthreads().values())
        yield client.get_executor(pure=False, retries=RETRIES), max(n_threads, 1)


def n_cores():
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextlib.contextmanager
def _client(scheduler, n_workers):
    """Give a client of a cluster; close what was opened here."""
    from distributed import Client, LocalCluster

    if isinstance(scheduler, Client):
        yield scheduler
    elif scheduler == PROCESSES:
        options = {"threads_per_worker": 1, "dashboard_address": ":0"}
        cluster = LocalCluster(n_workers=n_workers, **options)
        with cluster, Client(cluster) as client:
            yield client
    elif isinstance(scheduler, str) and "://" in scheduler:
        try:
            client = Client(scheduler, timeout=20)
        except OSError as error:
            raise ConnectionError(
                f"no scheduler answers at {scheduler} ({error}); start one with "
                f"'dask scheduler' and workers with 'dask worker {scheduler}'"
            ) from error
        with client:
            if not client.nthreads():
                raise ConnectionError(
                    f"the scheduler at {scheduler} has no workers yet; start one with "
                    f"'dask worker {scheduler}'"
                )
            yield client
    else:
        raise ValueError(
            f"`scheduler` must be '{THREADS}', '{PROCESSES}' or an address such as "
            f"tcp://host:8786, got {scheduler!r}"
        )


@contextlib.contextmanager
def threads_as_before():
    """Give OpenCV and torch back the threads that steps take away from them."""
    import cv2

    torch = sys.modules.get("torch")
    before = cv2.getNumThreads(), torch.get_num_threads() if torch else None
    try:
        yield
    finally:
        cv2.setNumThreads(before[0])
        if torch:
            torch.set_num_threads(before[1])


def _drive(executor, n_workers, run, progress):
    """Send out steps as they become possible, plane after plane, until all is done."""
    from tqdm.auto import tqdm

    planes, ready, flying, left = iter(range(run.n_frames)), deque(), {}, {}

    def advance(frame):
        steps = run.next_steps(frame)
        left[frame] = len(steps)
        ready.extend(steps)
        if not steps:
            run.store.drop_blocks(frame)

    n_steps = run.n_frames * len(run.grid)
    n_done = sum(run.store.has(FINALLY, *where(run, k)) for k in range(n_steps))
    bar = tqdm(total=n_steps, initial=n_done, unit="block", disable=not progress)
    with bar, _cancelling(flying):
        while True:
            while len(flying) < AHEAD * n_workers:
                if not ready:
                    frame = next(planes, None)
                    if frame is None:
                        break
                    advance(frame)
                    continue
                step = ready.popleft()
                flying[executor.submit(do, run, *step)] = step
            if not flying:
                break
            done, _ = futures.wait(flying, return_when=futures.FIRST_COMPLETED)
            for one in done:
                step, frame, _ = flying.pop(one)
                one.result()
                bar.update(step == FINALLY)
                left[frame] -= 1
                if not left[frame]:
                    advance(frame)


def where(run, index):
    """Frame and block of the index-th block of a run."""
    return divmod(index, len(run.grid))


@contextlib.contextmanager
def _cancelling(flying):
    """Stop sending when a step fails or on Ctrl-C; say in plain words what happened."""
    try:
        yield
    except BaseException as error:
        for one in flying:
            one.cancel()
        if type(error).__name__ in ("KilledWorker", "CommClosedError", "TimeoutError"):
            raise ConnectionError(
                f"the cluster gave up ({type(error).__name__}: {error}); workers that "
                f"die again and again often lack memory: take smaller blocks or fewer "
                f"workers, and start again: finished blocks are kept"
            ) from error
        raise


def doubts(run):
    """Return sentences of doubt about what was settled before the work.

    Parameters
    ----------
    run : Run

    Returns
    -------
    list of str
    """
    given = run.store.about()["asked"]["diameter"]
    return run.work.doubts(run.source, given == "auto")


def _finish(run, about):
    """Put the table together, sum up, and remove what was kept for going on."""
    n_objects, n_lost = [], 0
    with atomic(run.table_path) as temporary, temporary.open("wb") as file:
        file.write((",".join(columns()) + "\n").encode())
        for frame in range(run.n_frames):
            n_objects.append(0)
            for block in range(len(run.grid)):
                lines = run.store.lines(frame, block)
                n_objects[-1] += lines.count(b"\n")
                file.write(lines)
            if len(run.grid) > 1:
                n_lost += run.store.numbers(frame)[1]
    warnings = doubts(run) if any(n_objects) else []
    if n_lost:
        warnings.append(
            f"{n_lost} objects at seams are larger than the halo of {run.grid.halo} px "
            f"allows and were left out; give a larger halo or diameter"
        )
    if not any(n_objects):
        warnings.append("no nuclei found")
    about |= {"finished": True, "n_objects": n_objects, "warnings": warnings}
    about["files"] = run.source.names() if len(run.source.parts) > 1 else []
    run.store.save_about(about)
    run.store.drop_all()
    return about
