"""Make docs/picture.png, the picture of the README, from what `labkit demo` wrote.

labkit demo -o labkit-demo
python docs/make_readme_picture.py labkit-demo
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib.collections import LineCollection

from labkit import show
from labkit.files import images, labels, tables
from labkit.labels import TRACK_DTYPE

ROOT = Path(__file__).resolve().parent
CROP = np.s_[:, :400]  # both edges of the wound, large enough to be seen
FRAME = "frame05"


def main(folder):
    """Draw raw image, annotation, segmentation and tracks in two rows."""
    run = Path(folder) / "scratch_assay"
    raw = images.read_image(run / "images" / f"{FRAME}.tif")[CROP]
    drawn, found = (
        labels.read_labels(run / step / f"{FRAME}.tif")[CROP]
        for step in ("annotation", "segmentation")
    )
    last = sorted((run / "images").glob("*.tif"))[-1]
    tracks = tables.read_csv(run / "tracks" / "tracks.csv", TRACK_DTYPE)
    figure = show.Picture(10, 6.1)
    axes = figure.subplots(2, 2).flat
    panels = {
        "raw image": show.stretch(raw),
        "automatic annotation": show.outline_picture(raw, drawn, max_side=1000),
        "StarDist, trained on it": show.outline_picture(raw, found, max_side=1000),
        "tracks, by speed": show.stretch(images.read_image(last)[CROP]) // 2,
    }
    for ax, (title, picture) in zip(axes, panels.items(), strict=True):
        extent = (-0.5, raw.shape[1] - 0.5, raw.shape[0] - 0.5, -0.5)
        ax.imshow(picture, cmap="gray", vmin=0, vmax=255, extent=extent)
        ax.set_title(title, fontsize=13)
        ax.set_axis_off()
    draw_tracks(figure.axes[-1], tracks)
    figure.savefig(ROOT / "picture.png", dpi=100, pil_kwargs={"optimize": True})


def draw_tracks(ax, tracks):
    """Draw the steps of all tracks, coloured by their length."""
    tracks = np.sort(tracks, order=("track_id", "frame"))
    same = tracks["track_id"][1:] == tracks["track_id"][:-1]
    points = np.stack((tracks["x"], tracks["y"]), axis=1)
    steps = np.stack((points[:-1], points[1:]), axis=1)[same]
    speed = np.linalg.norm(steps[:, 1] - steps[:, 0], axis=1)
    top = np.percentile(speed, 98)
    lines = LineCollection(steps, array=speed, cmap="plasma", clim=(0, top), lw=1.8)
    ax.add_collection(lines, autolim=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
