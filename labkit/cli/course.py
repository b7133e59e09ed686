"""The commands to start with, demo, lab, data; and that of lecturers, course."""

import shlex
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from .commands import Channel, MinutesPerFrame, Out, Overwrite, UmPerPx
from .console import guard, say

EXAMPLES = {
    "demo": """
\b
Examples:
  labkit demo                                   # the data that come along
  labkit demo -o out/ --images movie/           # your own images
  labkit demo -o out/ --images movie.tif --um-per-px 0.65 --minutes-per-frame 10

Ends with report.html in the folder; beside it lies every intermediate: annotation,
model, segmentation, tracks, tables, pictures, parameters. Interrupted (Ctrl-C), the
same command goes on where it stopped.
""",
    "lab": """
\b
Examples:
  labkit lab
  labkit lab --port 9000 -- --no-browser        # what follows -- goes to JupyterLab
""",
    "data": """
\b
Examples:
  labkit data                                   # list the image sets
  labkit data mdck_movie                        # fetch one, print its folder

Sets are kept in the folder LABKIT_DATA if that is set, else in your cache.
""",
    "build": """
\b
Examples:
  labkit course build -o course/
  labkit course build -o course/ --overwrite    # answers in the copies are lost

Students open the copies with jupyter lab; what they need is installed with labkit.
""",
}


def register(app):
    """Add the commands of this module to the app."""
    extra = {"allow_extra_args": True}
    app.command(epilog=EXAMPLES["demo"])(demo)
    app.command(epilog=EXAMPLES["lab"], context_settings=extra)(lab)
    app.command(epilog=EXAMPLES["data"])(data)
    course = typer.Typer(
        help="Copies of the notebooks for students, with exercises to solve.",
        no_args_is_help=True,
    )
    course.command(epilog=EXAMPLES["build"])(build)
    app.add_typer(course, name="course")


def demo(
    context: typer.Context,
    out: Out = Path("labkit-demo"),
    images: Annotated[
        Path | None, typer.Option(help="Folder of frames, or a movie; else on board.")
    ] = None,
    movie: Annotated[
        bool, typer.Option(help="Images of one size are frames of a movie.")
    ] = True,
    steps: Annotated[
        int | None, typer.Option(help="Training steps of each model.", min=1)
    ] = None,
    um_per_px: UmPerPx = None,
    minutes_per_frame: MinutesPerFrame = None,
    channel: Channel = None,
    seed: Annotated[int, typer.Option(help="Of weights and crops.", min=0)] = 0,
):
    """Run the whole chain: annotate, train, segment, track, report."""
    with guard(context, out) as state:
        from ..pipeline import examples

        state.kept = f"what is done stays in {out}; the same command goes on from there"
        command = shlex.join(["labkit", *sys.argv[1:]])
        common = {"steps": steps, "seed": seed, "say": say, "command": command}
        if images is None:
            report = examples.demo(out, **common)
        else:
            report = examples.demo_on(
                images,
                out,
                channel=channel,
                is_movie=movie,
                um_per_px=um_per_px,
                minutes_per_frame=minutes_per_frame,
                **common,
            )
        say(f"report: {report}")


def lab(
    context: typer.Context,
    port: Annotated[int, typer.Option(help="Port of JupyterLab.", min=1)] = 8888,
    folder: Annotated[
        Path, typer.Option(help="Where to copy the notebooks of an installed labkit.")
    ] = Path("labkit-notebooks"),
):
    """Open JupyterLab at the first notebook."""
    with guard(context) as state:
        notebooks = find_notebooks(folder)
        first = min(notebooks.glob("0*.ipynb"))
        state.kept = f"the notebooks are in {notebooks}"
        say(f"JupyterLab at {first}; stop it with Ctrl-C")
        command = [sys.executable, "-m", "jupyterlab", str(first)]
        command += [f"--ServerApp.port={port}", *context.args]
        code = subprocess.run(command, check=False).returncode
    raise typer.Exit(code)


def find_notebooks(folder):
    """Return the notebooks of a checkout, or copy those of the package to `folder`.

    Notebooks that are in `folder` already are left as they are; the copies have
    their pictures beside them, and links to the documentation lead to the web.

    Raises
    ------
    FileNotFoundError
        If this installation has no notebooks.
    """
    from ..course import copy_notebooks, notebooks_folder

    source = notebooks_folder()
    if source.name == "notebooks" and (source.parent / "pyproject.toml").exists():
        return source
    copy_notebooks(folder)
    return folder


def data(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="Image set to fetch.")] = None,
):
    """List the image sets that labkit knows, or fetch one."""
    with guard(context):
        from .. import data as sets

        if name is not None:
            say(sets.path(name))
            return
        width = max(map(len, sets.names()))
        say(f"{'name':{width}}  on disk  what")
        for known in sets.names():
            here = "yes" if sets.is_local(known) else "no"
            say(f"{known:{width}}  {here:7}  {sets.info(known)['what']}")
        say(
            "\nlabkit data NAME fetches a set; if it has no public download, it says "
            "where to put your copy"
        )


def build(
    context: typer.Context,
    out: Out = Path("labkit-course"),
    overwrite: Overwrite = False,
):
    """Write copies of the notebooks for students, without the solutions."""
    with guard(context, out):
        from ..course import build, names

        copies = build(out, overwrite=overwrite)
        for path in copies:
            say(f"{path}: {len(names(path.stem))} exercises")
        say(f"open them with: {shlex.join(['jupyter', 'lab', str(out)])}")
