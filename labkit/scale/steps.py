"""The steps of a run, one block or plane at a time, as functions to be sent around.

A plane of one block is done in one step. Larger planes are surveyed; then the objects
of each block are found, settled over the seams, and written with the final labels.
"""

import csv
import io
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..labels import object_table
from . import omezarr
from .blocks import Grid, inside, window
from .seams import at_edges, paint, settle, sort_out
from .sources import Source
from .store import Store

FINALLY = "write"
ROWS, COLS = ("min_row", "max_row"), ("min_col", "max_col")


@dataclass(frozen=True)
class Run:
    """All that a process needs to know to do a step; small, made of plain values.

    Attributes
    ----------
    source : Source
    work : Annotation or Segmentation
        With its diameter.
    grid : Grid
    path : str
        The OME-Zarr of the result.
    name : str
        Of the labels in it.
    store : Store
    """

    source: Source
    work: object
    grid: Grid
    path: str
    name: str
    store: Store

    @property
    def n_frames(self):
        """Frames of the source."""
        return self.source.shape[0]

    @property
    def table_path(self):
        """Where the table of all nuclei is written."""
        path = Path(self.path)
        return path.with_name(f"{path.stem}_{self.name}.csv")

    def next_steps(self, frame):
        """What is to be done next for a plane; empty when it is complete.

        Returns
        -------
        list of (str, int, int)
            Step, frame, block: independent of each other.
        """
        blocks = range(len(self.grid))
        final = [(FINALLY, frame, k) for k in blocks]
        missing = [one for one in final if not self.store.has(*one)]
        if not missing or len(self.grid) == 1:
            return missing
        stages = [("survey", frame, 0)], [("find", frame, k) for k in blocks]
        for stage in (*stages, [("settle", frame, 0)]):
            left = [one for one in stage if not self.store.has(*one)]
            if left:
                return left
        return missing


def do(run, step, frame, block):
    """Do one step on one thread, as others run beside it, and keep its result.

    Parameters
    ----------
    run : Run
    step : {"survey", "find", "settle", "write"}
    frame, block : int
    """
    _use_one_thread()
    try:
        _do(run, step, frame, block)
    except (ValueError, TypeError) as error:
        where = f"frame {frame}" + f", block {block}" * (len(run.grid) > 1)
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{where}: {error}") from error  # some kinds take more than a text


def _do(run, step, frame, block):
    """See `do`."""
    if step == "survey":
        run.store.save_levels(frame, run.work.survey(run.source, frame))
    elif step == "find":
        run.store.save_found(frame, block, *find(run, frame, block))
    elif step == "settle":
        run.store.save_numbers(frame, *settle_plane(run, frame))
    elif len(run.grid) == 1:
        write_plane(run, frame)
    else:
        write_block(run, frame, block)


def find(run, frame, block):
    """Find the objects of one block, see `labkit.scale.seams.sort_out`."""
    image = run.source.read(frame, *window(run.grid.outer_of(block)))
    levels = run.work.kind_of_levels(*run.store.levels(frame))
    labels = run.work.block(image, levels, at_edges(run.grid, block))
    return sort_out(labels, run.grid, block, run.work.diameter)


def settle_plane(run, frame):
    """Number the objects of a plane, see `labkit.scale.seams.settle`."""
    labels = [run.store.labels(frame, k) for k in range(len(run.grid))]
    found = [run.store.found(frame, k) for k in range(len(run.grid))]
    return settle(run.grid, labels, found, run.work.tolerance)


def write_block(run, frame, block):
    """Write the final labels of one block and the rows of the objects it owns."""
    grid, store = run.grid, run.store
    numbers, _ = store.numbers(frame)
    around = sorted([block, *grid.neighbours(block)])
    labels = {k: store.labels(frame, k) for k in around}
    painted = paint(grid, block, labels, {k: numbers[k] for k in around})
    outer, core = grid.outer_of(block), grid.core_of(block)
    own = numbers[block][numbers[block] > 0]
    image = run.source.read(frame, *window(outer))
    rows = _owned_rows(painted, own, image)
    inner = painted[window(inside(core, outer))]
    omezarr.write(run.path, run.name, frame, core[:2], inner)
    store.save_lines(frame, block, _lines(rows, frame, outer[:2], grid.shape))


def write_plane(run, frame):
    """Do all for a plane that is one block."""
    image = run.source.read(frame)
    labels = run.work.whole(image)
    omezarr.write(run.path, run.name, frame, (0, 0), labels)
    table = object_table(labels, _grey(image))
    run.store.save_lines(frame, 0, _lines(table, frame, (0, 0), run.grid.shape))


def _use_one_thread():
    """Keep OpenCV and torch to one thread: two that wait for each other spin."""
    import cv2

    if cv2.getNumThreads() > 1:
        cv2.setNumThreads(1)
    torch = sys.modules.get("torch")
    if torch is not None and torch.get_num_threads() > 1:
        torch.set_num_threads(1)


def columns():
    """Names of the columns of the table."""
    return ("frame", *object_table(np.zeros((1, 1), np.int32)).dtype.names)


def _owned_rows(painted, own, image):
    """Table of the objects that a block owns, with their final labels."""
    if not len(own):
        return object_table(np.zeros((1, 1), np.int32))
    first, last = int(own[0]), int(own[-1])
    is_own = (painted >= first) & (painted <= last)
    table = object_table(np.where(is_own, painted - (first - 1), 0), _grey(image))
    table["label"] += first - 1
    return table


def _lines(table, frame, corner, shape):
    """Rows of a table in coordinates of the plane, as CSV."""
    for names, shift in zip((("y", *ROWS), ("x", *COLS)), corner, strict=True):
        for name in names:
            table[name] += shift
    table["touches_border"] = (
        (np.minimum(table["min_row"], table["min_col"]) == 0)
        | (table["max_row"] == shape[0])
        | (table["max_col"] == shape[1])
    )
    text = io.StringIO(newline="")
    rows = ((frame, *row) for row in table.tolist())
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _grey(image):
    """Image of one channel; the mean of colours."""
    return image.mean(axis=-1, dtype=np.float32) if image.ndim == 3 else image
