"""Whole experiments as commands: scale annotate, scale segment."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from ..words import counted
from .commands import (
    AreaTolerance,
    Channel,
    Device,
    Diameter,
    DiameterHere,
    KeepAll,
    Overwrite,
    ParamsFile,
    PostFile,
)
from .console import duration, guard, load_params, name_twins, say, warn

HELP = """
Annotate or segment whole experiments, block by block, on all cores or a cluster.

For movies, plates and tile scans larger than memory. What labkit annotate and labkit
segment do for files, written as OME-Zarr labels and one table of all nuclei. Says
beforehand how long it takes; started again, it goes on where it was stopped.
"""
EXAMPLES = {
    "annotate": """
\b
Examples:
  labkit scale annotate scan.ome.zarr -o labels.zarr
  labkit scale annotate movie.tif -o labels.zarr --diameter 24 --workers 8
  labkit scale annotate frames/ -o labels.zarr --scheduler tcp://10.0.0.1:8786
  labkit scale annotate scan.tif -o labels.zarr --only-estimate

Writes labels.zarr/labels/nuclei (napari labels.zarr/labels/nuclei) and
labels_nuclei.csv: frame, label, area, centroid, box, shape, mean intensity. The
diameter is estimated once for all frames and blocks unless you give it.
""",
    "segment": """
\b
Examples:
  labkit scale segment scan.ome.zarr -o nuclei.zarr
  labkit scale segment plate/ -o nuclei.zarr --diameter 22 --scheduler processes
  labkit scale segment scan.tif -o nuclei.zarr --model model/

Takes the same models as labkit segment. Every worker loads the model once.
""",
}

SourceFile = Annotated[
    list[Path], typer.Argument(help="OME-Zarr, TIFF, folder of frames, or frames.")
]
OutZarr = Annotated[Path, typer.Option("-o", "--out", help="The OME-Zarr to write.")]
Block = Annotated[
    int, typer.Option(help="Side of a block, px; less takes less memory.", min=256)
]
Halo = Annotated[
    int | None, typer.Option(help="What blocks see around, px; else found.", min=0)
]
Name = Annotated[str, typer.Option(help="Of the labels in the OME-Zarr.")]
Workers = Annotated[
    int | None, typer.Option(help="Threads or processes; else one a core.", min=1)
]
Scheduler = Annotated[
    str | None,
    typer.Option(help="threads (default), processes, or tcp://HOST:PORT of Dask."),
]
OnlyEstimate = Annotated[
    bool, typer.Option("--only-estimate", help="Say how long it takes, and stop.")
]


def register(app):
    """Add the commands of this module to the app."""
    group = typer.Typer(help=HELP, no_args_is_help=True, rich_markup_mode=None)
    for name, command in (("annotate", annotate), ("segment", segment)):
        group.command(name, epilog=EXAMPLES[name])(command)
    app.add_typer(group, name="scale")


def annotate(
    context: typer.Context,
    source: SourceFile,
    out: OutZarr,
    diameter: Diameter = None,
    area_tolerance: AreaTolerance = None,
    keep_all: KeepAll = False,
    params: ParamsFile = None,
    channel: Channel = None,
    block: Block = 2048,
    halo: Halo = None,
    name: Name = "nuclei",
    workers: Workers = None,
    scheduler: Scheduler = None,
    overwrite: Overwrite = False,
    only_estimate: OnlyEstimate = False,
):
    """Annotate a whole experiment automatically."""
    with guard(context, out) as state:
        from ..auto import AutoParams
        from ..scale import prepare_annotation

        changes = {"diameter": diameter, "area_tolerance": area_tolerance}
        values = load_params(AutoParams, params, **changes)
        values = values.replace(area_tolerance=None) if keep_all else values
        run = prepare_annotation(
            _one_or_many(source),
            out,
            values,
            channel=channel,
            block=block,
            halo=halo,
            name=name,
            overwrite=overwrite,
        )
        _compute(run, state, workers, scheduler, only_estimate)


def segment(
    context: typer.Context,
    source: SourceFile,
    out: OutZarr,
    model: Annotated[
        str, typer.Option(help="nuclei, which comes along, or a model folder.")
    ] = "nuclei",
    diameter: DiameterHere = None,
    tta: Annotated[
        bool, typer.Option("--tta", help="Average over 8 views: 8 times the time.")
    ] = False,
    post: PostFile = None,
    channel: Channel = None,
    device: Device = None,
    block: Block = 2048,
    halo: Halo = None,
    name: Name = "nuclei",
    workers: Workers = None,
    scheduler: Scheduler = None,
    overwrite: Overwrite = False,
    only_estimate: OnlyEstimate = False,
):
    """Segment a whole experiment with a model."""
    with guard(context, out) as state:
        from ..pipeline.segmenting import SegmentParams, default_diameter
        from ..scale import prepare_segmentation
        from ..segment import PostParams

        name_twins(model)
        diameter = diameter or default_diameter(model)
        run = prepare_segmentation(
            _one_or_many(source),
            out,
            model,
            diameter=SegmentParams(diameter=diameter).diameter,
            tta=tta,
            post=PostParams.load(post) if post else None,
            device=device,
            channel=channel,
            block=block,
            halo=halo,
            name=name,
            overwrite=overwrite,
        )
        _compute(run, state, workers, scheduler, only_estimate)


def _compute(run, state, workers, scheduler, only_estimate):
    """Say what is to be expected, do it, and say what came out."""
    from ..scale import compute, estimate
    from ..scale.running import doubts

    state.kept = f"what is done is kept in {run.store.folder}; the same command goes on"
    n_frames, *plane = run.source.shape[:3]
    say(
        f"{counted(n_frames, 'frame')} of {plane[0]} x {plane[1]} px, "
        f"nuclei of {run.work.diameter:g} px, {counted(len(run.grid), 'block')} a frame"
    )
    for line in _expectation(estimate(run, workers=workers), scheduler):
        say(line)
    early = doubts(run)
    for note in early:
        warn(note)
    if only_estimate:
        return
    result = compute(
        run,
        workers=workers,
        scheduler=scheduler,
        report=lambda link: say(f"dashboard: {link}"),
        progress=sys.stderr.isatty(),
    )
    total = sum(result.n_objects)
    found = counted(total, "nucleus", "nuclei")
    say(f"{found} in {result.seconds:.0f} s: {result.path}, {result.table}")
    for note in result.warnings:
        if note not in early:
            warn(note)


def _expectation(expected, scheduler):
    """Lines that say how long it takes and how much memory."""
    if not expected.block_seconds:
        return []
    where = "" if scheduler in (None, "threads") else " (timed here, on this machine)"
    line = (
        f"{counted(expected.n_blocks, 'block')} of {expected.block_seconds:.2f} s, "
        f"{expected.n_done} done: about {duration(expected.seconds)}, "
        f"{expected.memory:.1f} GB of memory{where}"
    )
    if expected.disk >= 0.1:
        line += f", up to {expected.disk:.1f} GB on disk while it runs"
    return [line]


def _one_or_many(paths):
    """A single path as such: it may be a zarr."""
    return paths[0] if len(paths) == 1 else paths
