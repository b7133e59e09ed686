"""Whole experiments in blocks: time, memory, and whether workers change the result.

    python benchmarks/scale.py [movie] [mosaic] [same] [--side 14336]

movie: 91 frames of 2048 x 2048 px (ten real frames of the MDCK movie, turned and
mirrored), one TIFF, annotated on 1 and 2 threads. mosaic: one plane of at least
14,000 x 14,000 px made from the same frames, annotated and segmented with the model
that comes along, with the table of all nuclei. same: a plane of 4096 x 4096 px in 16
blocks on 1, 2 and 4 threads and processes, and as a whole. Needs LABKIT_DATA.

Each run is a process of its own, whose peak memory is what the system says (without
that of worker processes; CPU time is with theirs). Where nothing is chosen, all three
are run.
"""

import argparse
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import tifffile
import zarr

import labkit as lk
from labkit.scale.omezarr import read_labels

PARTS = ("movie", "mosaic", "same")
N_FRAMES = 91
FRAME = 2048


def frames():
    """Yield the real frames, then the same turned and mirrored, without end."""
    images = lk.data.load("mdck_movie").images
    turn = 0
    while True:
        for image in images:
            yield np.rot90(image[:, ::-1] if turn // 4 % 2 else image, turn % 4)
        turn += 1


def make_movie(path):
    """Write 91 frames as one TIFF, as ImageJ does."""
    shape = N_FRAMES, FRAME, FRAME
    how = {"dtype": np.uint8, "imagej": True, "metadata": {"axes": "TYX"}}
    movie = tifffile.memmap(path, shape=shape, **how)
    for number, frame in zip(range(N_FRAMES), frames(), strict=False):
        movie[number] = frame
    movie.flush()


def make_mosaic(path, side):
    """Write a plane of frames side by side as a zarr array, frame by frame."""
    plane = zarr.create_array(
        str(path), shape=(side, side), chunks=(1024, 1024), dtype="uint8"
    )
    places = [(r, c) for r in range(0, side, FRAME) for c in range(0, side, FRAME)]
    for (row, col), frame in zip(places, frames(), strict=False):
        height, width = min(FRAME, side - row), min(FRAME, side - col)
        plane[row : row + height, col : col + width] = frame[:height, :width]


def work(order):
    """Do one run in this process and print what it took."""
    start, cpu = time.perf_counter(), time.process_time()
    how = {"workers": order["workers"], "progress": False}
    if "scheduler" in order:
        how["scheduler"] = order["scheduler"]
    what = (
        lk.scale.segment_zarr if order["work"] == "segment" else lk.scale.annotate_zarr
    )
    result = what(order["source"], order["out"], block=order["block"], **how)
    wall = time.perf_counter() - start
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    answer = {
        "wall": wall,
        "cpu": time.process_time() - cpu + children.ru_utime + children.ru_stime,
        "gb": own.ru_maxrss / 1e6,
        "nuclei": sum(result.n_objects),
        "diameter": result.diameter,
        "warnings": result.warnings,
    }
    print(json.dumps(answer))


def run(source, out, *, work="annotate", workers=1, block=2048, **more):
    """Do one run in a process of its own."""
    order = {"source": str(source), "out": str(out), "work": work, "workers": workers}
    order |= {"block": block, **more}
    words = [sys.executable, __file__, "--order", json.dumps(order)]
    done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def row(name, took):
    """Print a row of the table."""
    notes = "; ".join(took["warnings"]) or "-"
    print(
        f"| {name} | {took['wall']:.1f} | {took['cpu']:.1f} | {took['gb']:.2f} | "
        f"{took['nuclei']} | {took['diameter']:.1f} | {notes} |",
        flush=True,
    )


def head(title):
    """Print the head of a table."""
    load = os.getloadavg()[0]
    print(f"\n{title} (load of the machine at the start {load:.1f})\n")
    print("| run | wall s | CPU s | peak GB | nuclei | diameter px | warnings |")
    print("|---|--:|--:|--:|--:|--:|---|", flush=True)


def movie(folder):
    """Annotate a movie on one and two threads."""
    path = folder / "movie.tif"
    make_movie(path)
    head(f"{N_FRAMES} frames of {FRAME} x {FRAME}, annotated")
    for workers in (1, 2):
        took = run(path, folder / f"movie{workers}.zarr", workers=workers)
        row(f"{workers} thread{'s'[: workers - 1]}", took)
    path.unlink()


def mosaic(folder, side):
    """Annotate and segment one large plane."""
    path = folder / "mosaic.zarr"
    make_mosaic(path, side)
    head(f"one plane of {side} x {side}, 2 threads")
    for kind in ("annotate", "segment"):
        row(kind, run(path, folder / f"{kind}.zarr", work=kind, workers=2))


def same(folder):
    """Compare the results of 1, 2 and 4 workers, and with the whole plane."""
    path, hashes = folder / "plane.zarr", {}
    make_mosaic(path, 2 * FRAME)
    head("one plane of 4096 x 4096, annotated in blocks of 1024")
    runs = {f"{n} thread{'s'[: n - 1]}": {"workers": n} for n in (1, 2, 4)}
    runs |= {
        f"{n} process{'es'[: 2 * (n > 1)]}": {"workers": n, "scheduler": "processes"}
        for n in (1, 2, 4)
    }
    runs["as a whole"] = {"workers": 1, "block": 2 * FRAME}
    for name, how in runs.items():
        out = folder / f"{name.replace(' ', '_')}.zarr"
        row(name, run(path, out, **{"block": 1024, **how}))
        labels = read_labels(out)[0].compute()
        table = out.with_name(f"{out.stem}_nuclei.csv").read_bytes()
        hashes[name] = hashlib.sha256(labels.tobytes() + table).hexdigest()[:12], labels
    print(
        "\n| run | hash of labels and table | F1 with the whole at IoU .5 / .75 / .9 |"
    )
    print("|---|---|--:|")
    whole = hashes["as a whole"][1]
    for name, (value, labels) in hashes.items():
        scores = [
            lk.metrics.match(whole, labels, least).f1 for least in (0.5, 0.75, 0.9)
        ]
        print(f"| {name} | {value} | {' / '.join(f'{one:.4f}' for one in scores)} |")


def main():
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS])
    parser.add_argument("--side", type=int, default=7 * FRAME)
    parser.add_argument("--order", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.order:
        work(json.loads(options.order))
        return
    with tempfile.TemporaryDirectory() as name:
        for part in options.parts or PARTS:
            folder = Path(name, part)
            folder.mkdir()
            arguments = (options.side,) if part == "mosaic" else ()
            globals()[part](folder, *arguments)


if __name__ == "__main__":
    main()
