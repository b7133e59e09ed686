"""The command line: `labkit demo`, `lab`, `data`, `annotate`, `train`, `export`, ...

Every command is a few lines over `labkit.pipeline`; heavy libraries are imported
only once a command runs, so that ``labkit --help`` answers at once.
"""

import sys

import typer

from . import adapting, apps, commands, course, files, scaling, tracking

HELP = """
From raw microscopy images to nucleus segmentation and tracks, without drawing labels.

Start with labkit demo, or labkit lab for the notebooks. On your own images, with
the model that comes along:

\b
  labkit segment images/ -o segmented/

With a model for your own movie:

\b
  labkit annotate movie/ -o labels/            # automatic annotation
  labkit train movie/ labels/ -o model/        # StarDist, from scratch
  labkit segment --model model/ movie/ -o segmented/
  labkit track segmented/ -o tracks/

For images unlike any that the model knows (nucleAIzer):

\b
  labkit adapt images/ -o adapted/             # styles, synthetic images, training

For whole experiments, larger than memory or on a cluster:

\b
  labkit scale segment scan.ome.zarr -o nuclei.zarr

In the browser, with sliders or by drawing, without seeing code:

\b
  labkit app annotate images/ -o labels/
  labkit app draw images/

What was drawn, for other programs:

\b
  labkit export images/annotations/ --images images/ -o out/ --format rois,coco

Image files are TIFF, PNG, JPEG or whatever an installed bioio plugin reads; labels
are 16-bit TIFF, 0 is background, named after their image.
"""

app = typer.Typer(
    help=HELP,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(value):
    """Print the version and stop."""
    if value:
        from .. import __version__

        typer.echo(f"labkit {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    debug: bool = typer.Option(False, "--debug", help="Show where an error arose."),
    version: bool = typer.Option(
        False, "--version", callback=_show_version, is_eager=True, help="Show version."
    ),
):
    """Keep the options that all commands share."""
    context.obj = debug


course.register(app)
apps.register(app)
commands.register(app)
tracking.register(app)
files.register(app)
adapting.register(app)
scaling.register(app)


def main():
    """Entry point of the `labkit` command."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
