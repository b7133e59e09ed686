"""Pages without code, in the browser: app."""

import contextlib
import importlib.util
import signal
import subprocess
import sys
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from .console import guard, say

EXAMPLES = """
\b
Examples:
  labkit app annotate images/ -o labels/        # sliders, then all images at once
  labkit app draw images/                       # the annotator
  labkit app draw images/ -- --no-browser       # what follows -- goes to Voila

Needs Voila: pip install voila.
"""


class Page(StrEnum):
    """The pages that there are."""

    annotate = "annotate"
    draw = "draw"


def register(app):
    """Add the command of this module to the app."""
    extra = {"allow_extra_args": True}
    app.command(name="app", epilog=EXAMPLES, context_settings=extra)(serve)


def serve(
    context: typer.Context,
    page: Annotated[Page, typer.Argument(help="annotate (automatically), or draw.")],
    images: Annotated[Path, typer.Argument(help="Folder of images, or one movie.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", help="Folder for the results: labels, IMAGES/annotations."
        ),
    ] = None,
    port: Annotated[int, typer.Option(help="Port of the page.", min=1)] = 8866,
):
    """Work in the browser, without seeing code."""
    with guard(context) as state:
        from ..apps import write_page

        if importlib.util.find_spec("voila") is None:
            raise ValueError("the pages need Voila: pip install voila")
        if page is Page.annotate:
            out = out or Path("labels")
        out = out and out.resolve()
        beside = images if images.is_dir() else images.parent
        state.kept = f"what was done is in {out or beside / 'annotations'}"
        with _stopped_as_by_hand(), tempfile.TemporaryDirectory() as folder:
            made = write_page(
                page.value, Path(folder) / f"{page.value}.ipynb", images.resolve(), out
            )
            say(f"the page is at http://localhost:{port}; stop it with Ctrl-C")
            command = [sys.executable, "-m", "voila", str(made), f"--port={port}"]
            code = subprocess.run([*command, *context.args], check=False).returncode
    raise typer.Exit(code)


@contextlib.contextmanager
def _stopped_as_by_hand():
    """Take a request to end for Ctrl-C, so that the server ends as well."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
