"""The command that links label images over time: track."""

from pathlib import Path
from typing import Annotated

import typer

from .commands import Channel, MinutesPerFrame, Out, Overwrite, ParamsFile, UmPerPx
from .console import foretell, guard, load_params, say, warn

EXAMPLES = {
    "track": """
\b
Examples:
  labkit track segmented/ -o tracks/
  labkit track segmented.tif -o tracks/ --um-per-px 0.65 --minutes-per-frame 10
  labkit track segmented/ -o tracks/ --images movie.tif --channel 1
  labkit track segmented/ -o tracks/ --format trackmate,geff
  labkit track nuclei.zarr -o tracks/       # of labkit scale, frame by frame

Writes tracks.csv (a row per nucleus and frame), edges.csv (a row per step),
track_stats.csv (a row per track: speed, direction, ...) and tracks.tif (labels are
track numbers). With --images, tracks_raw.tif is the raw movie beside it. Of labels
in an OME-Zarr, tracks.zarr instead of both, and GEFF unless you say so.

\b
Formats (docs/files.md says who reads them; trackmate and ctc unless you say so):
  trackmate      tracks.xml: in Fiji, Plugins > Tracking > Load a TrackMate file
  trackmate_csv  trackmate/spots.csv, edges.csv, tracks.csv
  ctc            ctc/: Cell Tracking Challenge
  geff           tracks.geff: any size; napari-geff, traccuracy, ...
  rois           tracks_ROIs.zip: ImageJ's ROI Manager
  labels         tracks_labels.tif: for TrackMate's label image detector
  composite      tracks_composite.tif: raw and labels as channels, with --images
""",
}


def register(app):
    """Add the commands of this module to the app."""
    app.command(epilog=EXAMPLES["track"])(track)


def track(
    context: typer.Context,
    labels: Annotated[
        list[Path],
        typer.Argument(help="Label movie, folder of its frames, or OME-Zarr."),
    ],
    out: Out,
    images: Annotated[
        list[Path] | None, typer.Option(help="The raw movie, to be shown with tracks.")
    ] = None,
    channel: Channel = None,
    formats: Annotated[
        list[str] | None,
        typer.Option("--format", help="One of those below; may be repeated."),
    ] = None,
    um_per_px: UmPerPx = None,
    minutes_per_frame: MinutesPerFrame = None,
    max_distance: Annotated[
        float | None, typer.Option(help="Longest step, px; else estimated.", min=0)
    ] = None,
    max_gap: Annotated[
        int | None, typer.Option(help="Frames a nucleus may be lost.", min=0)
    ] = None,
    max_merge: Annotated[
        int | None,
        typer.Option(help="Frames nuclei that touch may be one object.", min=0),
    ] = None,
    divisions: Annotated[bool, typer.Option(help="Let nuclei divide.")] = True,
    params: ParamsFile = None,
    overwrite: Overwrite = False,
):
    """Link label images over time: tracks, divisions, speed, direction."""
    with guard(context, out) as state:
        from ..pipeline.track_formats import told_units
        from ..pipeline.tracking import summarize, track_files
        from ..track import TrackParams, diagnose

        given = {"max_gap": max_gap, "max_merge": max_merge}
        values = load_params(TrackParams, params, max_distance=max_distance, **given)
        values = values if divisions else values.replace(divisions=False)
        names = [name for text in formats or () for name in text.split(",") if name]
        notes = []
        _, tracks = track_files(
            labels,
            out,
            values,
            images=images or None,
            channel=channel,
            formats=names or None,
            um_per_px=um_per_px,
            minutes_per_frame=minutes_per_frame,
            overwrite=overwrite,
            warn=notes.append,
            expect=foretell(None),
        )
        state.kept = f"the tracks are complete in {out}"
        say(f"{summarize(tracks)}; {told_units(out)}; results in {out}")
        for note in [*notes, *diagnose(tracks)]:
            warn(note)
