"""The steps of the chain as commands: annotate, train, segment."""

from pathlib import Path
from typing import Annotated

import typer

from ..words import counted
from .console import (
    follow,
    foretell,
    guard,
    load_params,
    name_twins,
    say,
    tell_of_folders_within,
)

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
AreaTolerance = Annotated[
    float | None,
    typer.Option(help="Keep areas within this fraction of the median.", min=0),
]
KeepAll = Annotated[bool, typer.Option("--keep-all", help="Do not filter by area.")]
DiameterHere = Annotated[
    str | None,
    typer.Option(help="Typical nucleus diameter here, px; or auto, or trained."),
]
PostFile = Annotated[
    Path | None, typer.Option(help="YAML of what follows the model (PostParams).")
]
Device = Annotated[
    str | None, typer.Option(help="cpu or cuda; by default the GPU if there is one.")
]
UmPerPx = Annotated[float | None, typer.Option(help="Pixel size, µm.", min=1e-6)]
MinutesPerFrame = Annotated[
    float | None, typer.Option(help="Time between frames, minutes.", min=1e-6)
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
  labkit train movie/ labels/ -o model/ --model maskrcnn

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
}


def register(app):
    """Add the commands of this module to the app."""
    for command in (annotate, train, segment):
        app.command(epilog=EXAMPLES[command.__name__])(command)


def annotate(
    context: typer.Context,
    images: Paths,
    out: Out,
    method: Annotated[
        str | None, typer.Option(help="local, or otsu (as published).")
    ] = None,
    diameter: Diameter = None,
    area_tolerance: AreaTolerance = None,
    keep_all: KeepAll = False,
    params: ParamsFile = None,
    channel: Channel = None,
    existing: Existing = "refuse",
):
    """Annotate nuclei automatically: no drawing, no training."""
    with guard(context, out) as state:
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
        how = {"channel": channel, "expect": foretell("scale annotate")}
        results = annotate_files(jobs, values, **how)
        follow(results, len(jobs), out, state)
        tell_of_folders_within(images, out)


def train(
    context: typer.Context,
    images: Annotated[Path, typer.Argument(help="Folder of images, or one movie.")],
    labels: Annotated[Path, typer.Argument(help="Folder of labels of the same names.")],
    out: Out,
    steps: Annotated[
        int | None, typer.Option(help="Weight updates at most.", min=1)
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="stardist (default) or maskrcnn, if it is new.")
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
    """Train a StarDist or Mask R-CNN on images and labels, or train one further."""
    with guard(context, out) as state:
        from ..models import team
        from ..pipeline import pairs
        from ..pipeline.training import begin, check_free, fit_and_save

        check_free(out, overwrite, (images, labels))
        found = pairs.pair_files(images, labels)
        begun = begin(model, start, device)
        colour = not start or begun.params.channels == 3
        options = {"channel": channel, "colour": colour, "use_left_out": left_out}
        data = pairs.load_pairs(found, **options)
        name_twins(start)
        state.kept = "nothing was trained yet"
        _, history = fit_and_save(
            out,
            *data,
            params=load_params(begun.training, params, steps=steps),
            **{"start" if start else "kind": begun},
            seed=seed,
            device=device,
        )
        if team.rank():
            return  # the first process tells
        if not history.best_step:
            state.kept = "it was too early to keep anything"
            raise KeyboardInterrupt
        kind = " in colour" if any(one.ndim == 3 for one in data[0]) else ""
        say(
            f"{counted(len(data[0]), 'image')}{kind}, {history.steps[-1]} steps in "
            f"{history.seconds:.0f} s, best at step {history.best_step}"
        )
        if history.stopped == "interrupted":
            state.kept = f"the best weights so far are kept in {out}"
            raise KeyboardInterrupt
        say(f"model in {out}")


def segment(
    context: typer.Context,
    images: Paths,
    out: Out,
    model: Annotated[
        str | None,
        typer.Option(help="nuclei, which comes along (default), or a model folder."),
    ] = None,
    diameter: DiameterHere = None,
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
    post: PostFile = None,
    params: ParamsFile = None,
    channel: Channel = None,
    device: Device = None,
    existing: Existing = "refuse",
):
    """Segment images with the model that comes along, or with your own."""
    with guard(context, out) as state:
        from ..models import load
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
            post=post and str(post),
        )
        trained = load(values.model, device=device)
        name_twins(values.model)
        jobs = plan(images, out, existing)
        how = {"channel": channel, "device": device, "model": trained}
        tell = foretell("scale segment")
        results = segmenting.segment_files(jobs, values, expect=tell, **how)
        follow(results, len(jobs), out, state)
        tell_of_folders_within(images, out)
