"""The command that turns annotations of one kind into others: export."""

from pathlib import Path
from typing import Annotated

import typer

from ..words import counted
from .commands import Channel, Out
from .console import bar, guard, say

EXAMPLES = {
    "export": """
\b
Examples:
  labkit export a_ROIs.zip --images a.png -o out/ --format labels
  labkit export annotations/ --images movie/ -o out/ --format coco,yolo_seg
  labkit export labels/ --images movie/ -o out/ --format rois --format outlines
  labkit export coco.json --images images/ -o out/ --format stardist

Reads what the annotator keeps (.labkit), ImageJ ROI zips, label images, COCO, boxes
(.csv, .txt), OpSeF lists and AnnotatorJ's folders. a_ROIs.zip and a.tif belong to the
image a.png; images without annotation are left out. Outlines and boxes need the
images, which say how large they are.

\b
Formats (docs/files.md says who reads them and what they keep):
  rois  labels  labels_by_class  layers  binary  semantic  boxes  boxes_yolo
  yolo  yolo_seg  coco  outlines  stardist  ctc
""",
}


def register(app):
    """Add the commands of this module to the app."""
    app.command(epilog=EXAMPLES["export"])(export)


def export(
    context: typer.Context,
    annotations: Annotated[
        list[Path], typer.Argument(help="Annotation files, or folders of these.")
    ],
    out: Out,
    formats: Annotated[
        list[str], typer.Option("--format", help="One of those below; may be repeated.")
    ],
    images: Annotated[
        list[Path] | None, typer.Option(help="Their images, or the folder of these.")
    ] = None,
    channel: Channel = None,
    existing: Annotated[
        str, typer.Option(help="If a file is there already: refuse or overwrite.")
    ] = "refuse",
):
    """Turn annotations into ROIs, masks, boxes, COCO, YOLO, training pairs, ..."""
    with guard(context, out) as state:
        from ..pipeline import export, load_items

        names = [name for text in formats for name in text.split(",") if name]
        items, classes = load_items(annotations, images or None)
        with bar(len(items)) as advance:

            def progress(n_done, n_images, _name):
                state.kept = f"{n_done} of {n_images} images are complete in {out}"
                advance()

            done = export(
                items,
                out,
                names,
                classes=classes,
                existing=existing,
                channel=channel,
                progress=progress,
            )
        state.kept = f"the files are complete in {out}"
        n_objects = sum(len(item.objects) for item in items)
        n_images = counted(len(done.done), "image")
        found = f"{n_images} with {counted(n_objects, 'object')}"
        say(f"{found}: {counted(len(done.files), 'file')} in {out}")
