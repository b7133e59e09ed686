"""The command that adapts a model to images that nobody has annotated: adapt."""

from pathlib import Path
from typing import Annotated

import typer

from ..words import counted
from .commands import Channel, Device, Out, ParamsFile, Paths, load_params
from .console import guard, say, warn

EXAMPLES = {
    "adapt": """
\b
Examples:
  labkit adapt images/ -o adapted/
  labkit adapt images/ -o adapted/ --presegment auto --rounds 2
  labkit adapt images/ -o adapted/ --labels my_labels/ --styles 1

The images are annotated by the model (or without one: --presegment auto), grouped by
style, imitated by synthetic images with known labels, and the model is trained on
all that. labels/ has the images segmented, model/ the model for `labkit segment
--model`, report.html shows every stage. The same command goes on after a stop.
""",
}


def register(app):
    """Add the command of this module to the app."""
    app.command(epilog=EXAMPLES["adapt"])(adapt)


def adapt(
    context: typer.Context,
    images: Paths,
    out: Out,
    model: Annotated[
        str, typer.Option(help="nuclei, which comes along, or a model folder.")
    ] = "nuclei",
    presegment: Annotated[
        str | None, typer.Option(help="Who annotates first: model or auto.")
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(help="Folder of your own labels, instead of that.")
    ] = None,
    styles: Annotated[
        int | None, typer.Option(help="Number of styles; else found.", min=1)
    ] = None,
    renderer: Annotated[
        str | None, typer.Option(help="statistics, copy-paste or pix2pix.")
    ] = None,
    steps: Annotated[
        int | None, typer.Option(help="Weight updates of the training.", min=1)
    ] = None,
    rounds: Annotated[
        int | None, typer.Option(help="How often all is done.", min=1)
    ] = None,
    params: ParamsFile = None,
    seed: Annotated[int | None, typer.Option(help="Same seed, same result.")] = None,
    channel: Channel = None,
    device: Device = None,
):
    """Adapt a model to images that nobody has annotated (nucleAIzer)."""
    with guard(context, out) as state:
        from ..adapt import AdaptParams
        from ..models import load
        from ..pipeline import adapt_files

        values = load_params(
            AdaptParams,
            params,
            presegment=presegment,
            n_styles=styles,
            renderer=renderer,
            steps=steps,
            rounds=rounds,
            seed=seed,
        )
        state.kept = f"complete stages are kept in {out}; the same command goes on"
        start = load(model, device=device)
        done = adapt_files(
            images, out, values, model=start, labels=labels, channel=channel
        )
        n_objects = sum(int(one.max(initial=0)) for one in done.labels)
        n_synthetic = sum(map(len, done.synthetic))
        say(
            f"{counted(len(done.labels), 'image')}, "
            f"{counted(done.styles.n_styles, 'style')}, "
            f"{counted(n_synthetic, 'synthetic pair')}; "
            f"{counted(n_objects, 'nucleus', 'nuclei')} in {out}"
        )
        for note in done.notes:
            warn(note)
