"""The steps of the chain as commands: annotate, train, segment, track."""

from pathlib import Path
from typing import Annotated

import typer

from .console import follow, guard, load_params, name_twins, say

Paths = Annotated[
    list[Path], typer.Argument(help="Images, movies, folders or 'patterns*.tif'.")
]
Out = Annotated[Path, typer.Option("-o", "--out", help="Folder for the results.")]
Channel = Annotated[
    str | None, typer.Option(help="Channel to use, by number (from 0) or name.")
]
Existing = Annotated[
    str, typer.Option(help="If a result is there already: refuse, skip or overwrite.")
]
ParamsFile = Annotated[
    Path | None, typer.Option("--params", help="YAML with parameters; options win.")
]
Diameter = Annotated[
    float | None, typer.Option(help="Typical nucleus diameter, px.", min=1)
]
Device = Annotated[
    str | None, typer.Option(help="cpu or cuda; by default the GPU if there is one.")
]
UmPerPx = Annotated[float | None, typer.Option(help="Pixel size, µm.", min=0)]
MinutesPerFrame = Annotated[
    float | None, typer.Option(help="Time between frames, minutes.", min=0)
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace results that are there already.")
]

EXAMPLES = {
    "annotate": """
\b
Examples:
  labkit annotate frame01.tif -o labels/
  labkit annotate movie/*.png -o labels/ --diameter 24
  labkit annotate movie.tif -o labels/ --keep-all    # no area filter

frame01.png becomes labels/frame01.tif. labels/left_out/ gets masks of nuclei
that were seen but not annotated; labkit train does not teach them as background.
The parameters are saved as labels/auto.yaml; --params takes such a file.
""",
    "train": """
\b
Examples:
  labkit train movie/ labels/ -o model/
  labkit train movie/ labels/ -o model/ --steps 400     # a quick first look
  labkit train new/ new_labels/ -o model2/ --start model/
  labkit train new/ new_labels/ -o model2/ --start nuclei  # fine-tune

Images and labels are paired by name: movie/a.png with labels/a.tif. Ctrl-C ends
training early and keeps the best weights so far. RGB pictures are learned from in
colour, unless --channel chooses one or the model to start from takes none.
""",
    "segment": """
\b
Examples:
  labkit segment images/ -o segmented/                  # the model nuclei
  labkit segment slide.png -o segmented/ --diameter 22
  labkit segment --model model/ movie.tif -o segmented/

The model nuclei comes with labkit: fluorescence and stained tissue, grey or in
colour. It estimates the diameter of the nuclei, once a file: of a movie from its
first, middle and last frame. For frames in files of their own, give one --diameter
to all. Models of your own look at the size they were trained on, unless you say
--diameter.

The diameters are listed in segmented/segment.csv, the options are saved as
segmented/segment.yaml; --params takes such a file. Pictures in colour (RGB) go to
models that take colour as they are; --channel chooses one of several stains.
""",
    "track": """
\b
Examples:
  labkit track segmented/ -o tracks/
  labkit track segmented.tif -o tracks/ --um-per-px 0.65 --minutes-per-frame 10

Writes tracks.csv (a row per nucleus and frame), edges.csv (a row per step),
track_stats.csv (a row per track: speed, direction, ...), tracks.tif (labels are
track numbers) and ctc/ (Cell Tracking Challenge format).
""",
}


def register(app):
    """Add the commands of this module to the app."""
    for command in (annotate, train, segment, track):
        app.command(epilog=EXAMPLES[command.__name__])(command)


def annotate(
    context: typer.Context,
    images: Paths,
    out: Out,
    method: Annotated[
        str | None, typer.Option(help="local, or otsu (as published).")
    ] = None,
    diameter: Diameter = None,
    area_tolerance: Annotated[
        float | None,
        typer.Option(help="Keep areas within this fraction of the median.", min=0),
    ] = None,
    keep_all: Annotated[
        bool, typer.Option("--keep-all", help="Do not filter by area.")
    ] = False,
    params: ParamsFile = None,
    channel: Channel = None,
    existing: Existing = "refuse",
):
    """Annotate nuclei automatically: no drawing, no training."""
    with guard(context) as state:
        from ..auto import AutoParams
        from ..pipeline.batch import annotate_files, plan

        values = load_params(
            AutoParams,
            params,
            method=method,
            diameter=diameter,
            area_tolerance=area_tolerance,
        )
        values = values.replace(area_tolerance=None) if keep_all else values
        jobs = plan(images, out, existing)
        results = annotate_files(jobs, values, channel=channel)
        follow(results, len(jobs), out, state)


def train(
    context: typer.Context,
    images: Annotated[Path, typer.Argument(help="Folder of images, or one movie.")],
    labels: Annotated[Path, typer.Argument(help="Folder of labels of the same names.")],
    out: Out,
    steps: Annotated[
        int | None, typer.Option(help="Weight updates at most.", min=1)
    ] = None,
    start: Annotated[
        str | None, typer.Option(help="Train on from this model: nuclei, or a folder.")
    ] = None,
    left_out: Annotated[
        bool, typer.Option(help="Leave what was not annotated out of the loss.")
    ] = True,
    params: ParamsFile = None,
    seed: Annotated[int, typer.Option(help="Of weights and crops.", min=0)] = 0,
    channel: Channel = None,
    device: Device = None,
    overwrite: Overwrite = False,
):
    """Train a StarDist on images and their labels, from scratch or fine-tuning."""
    with guard(context) as state:
        from ..models import StarDist
        from ..pipeline import pairs
        from ..pipeline.training import check_free, fit_and_save

        check_free(out, overwrite)
        found = pairs.pair_files(images, labels)
        begun = start and StarDist.load(start, device=device)
        colour = not begun or begun.params.channels == 3
        options = {"channel": channel, "colour": colour, "use_left_out": left_out}
        data = pairs.load_pairs(found, **options)
        name_twins(start)
        state.kept = f"what was trained is kept in {out}"
        _, history = fit_and_save(
            out,
            *data,
            params=load_params(_train_params(), params, steps=steps),
            start=begun,
            seed=seed,
            device=device,
        )
        if not history.best_step:
            state.kept = "it was too early to keep anything"
            raise KeyboardInterrupt
        kind = " in colour" if any(one.ndim == 3 for one in data[0]) else ""
        say(
            f"{len(data[0])} images{kind}, {history.steps[-1]} steps in "
            f"{history.seconds:.0f} s, best at step {history.best_step}"
        )
        if history.stopped == "interrupted":
            state.kept = f"the best weights so far are kept in {out}"
            raise KeyboardInterrupt
        say(f"model in {out}")


def _train_params():
    """Return TrainParams (its module imports torch)."""
    from ..models import TrainParams

    return TrainParams


def segment(
    context: typer.Context,
    images: Paths,
    out: Out,
    model: Annotated[
        str | None,
        typer.Option(help="nuclei, which comes along (default), or a model folder."),
    ] = None,
    diameter: Annotated[
        str | None,
        typer.Option(help="Typical nucleus diameter here, px; or auto, or trained."),
    ] = None,
    tta: Annotated[
        bool | None,
        typer.Option("--tta/--no-tta", help="Average over 8 views: 8 times the time."),
    ] = None,
    scales: Annotated[
        str | None,
        typer.Option(help="Look at these enlargements, too, such as 1,2 or 1,0.5."),
    ] = None,
    borders: Annotated[
        bool | None,
        typer.Option("--borders/--no-borders", help="Redraw borders by the U-Net."),
    ] = None,
    min_area: Annotated[
        float | None, typer.Option(help="Drop nuclei of fewer px.", min=0)
    ] = None,
    params: ParamsFile = None,
    channel: Channel = None,
    device: Device = None,
    existing: Existing = "refuse",
):
    """Segment images with the model that comes along, or with your own."""
    with guard(context) as state:
        from ..models import StarDist
        from ..pipeline import segmenting
        from ..pipeline.batch import plan

        if diameter is None and (model or not params):
            diameter = segmenting.default_diameter(model or segmenting.SHIPPED)
        values = load_params(
            segmenting.SegmentParams,
            params,
            model=model,
            diameter=diameter,
            tta=tta,
            scales=scales and scales.split(","),
            borders=borders,
            min_area=min_area,
        )
        trained = StarDist.load(values.model, device=device)
        name_twins(values.model)
        jobs = plan(images, out, existing)
        results = segmenting.segment_files(
            jobs, values, model=trained, channel=channel, device=device
        )
        follow(results, len(jobs), out, state)


def track(
    context: typer.Context,
    labels: Annotated[
        list[Path], typer.Argument(help="Label movie, or the folder of its frames.")
    ],
    out: Out,
    um_per_px: UmPerPx = None,
    minutes_per_frame: MinutesPerFrame = None,
    max_distance: Annotated[
        float | None, typer.Option(help="Longest step, px; else estimated.", min=0)
    ] = None,
    max_gap: Annotated[
        int | None, typer.Option(help="Frames a nucleus may be lost.", min=0)
    ] = None,
    divisions: Annotated[bool, typer.Option(help="Let nuclei divide.")] = True,
    params: ParamsFile = None,
    overwrite: Overwrite = False,
):
    """Link label images over time: tracks, divisions, speed, direction."""
    with guard(context) as state:
        from ..pipeline.tracking import summarize, track_files
        from ..track import TrackParams

        values = load_params(
            TrackParams, params, max_distance=max_distance, max_gap=max_gap
        )
        values = values if divisions else values.replace(divisions=False)
        _, tracks = track_files(
            labels,
            out,
            values,
            um_per_px=um_per_px,
            minutes_per_frame=minutes_per_frame,
            overwrite=overwrite,
        )
        state.kept = f"the tracks are complete in {out}"
        say(f"{summarize(tracks)}; results in {out}")
