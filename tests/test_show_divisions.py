"""The gallery of divisions."""

import numpy as np
import pytest
from track_scenes import discs

from labkit import show
from labkit.show.divisions import SIDE
from labkit.track import division_events, link


def dividing_disc():
    """A movie of one disc that becomes two: images, labels, tracks."""
    frames = [[(30, 30)]] * 4 + [[(30, 22), (30, 38)]] * 4
    labels = discs(frames, (60, 60))
    return (labels > 0) * np.uint8(200), labels, link(labels)


def test_mother_and_daughters_are_outlined():
    images, labels, tracks = dividing_disc()
    figure = show.divisions(images, tracks, labels=labels, n_cols=1)
    (axes,) = figure.axes
    strip = axes.images[0].get_array()
    assert strip.shape[0] == SIDE
    before, after = strip[:, : 2 * SIDE], strip[:, 2 * SIDE :]
    colours = {"mother": (240, 228, 66), "one": (86, 180, 233), "two": (213, 94, 0)}
    seen = {name: [(part == rgb).all(axis=-1).any() for part in (before, after)]
            for name, rgb in colours.items()}  # fmt: skip
    assert seen == {
        "mother": [True, False],
        "one": [False, True],
        "two": [False, True],
    }
    assert "frame 4" in axes.get_title()


def test_what_lies_outside_is_grey():
    images, _, tracks = dividing_disc()
    events = division_events(tracks)
    figure = show.divisions(images, tracks, events, offsets=(-9, 0), n_cols=1)
    strip = figure.axes[0].images[0].get_array()
    assert len(np.unique(strip[:, :SIDE])) == 1
    assert set(np.unique(strip[:, SIDE + 2 :])) == {0, 255}


@pytest.mark.filterwarnings("error")
def test_points_without_areas_are_shown_too():
    images, _, tracks = dividing_disc()
    tracks["area"] = np.nan
    (axes,) = show.divisions(images, tracks, n_cols=1).axes
    assert axes.get_title().endswith("no areas")


def test_nothing_to_show_is_said():
    images, labels, tracks = dividing_disc()
    still = link(labels[:4])
    with pytest.raises(ValueError, match="no division to show"):
        show.divisions(images, still)
    with pytest.raises(ValueError, match="4 frames; pass the movie"):
        show.divisions(images[:4], tracks)
    with pytest.raises(ValueError, match=r"grey|colour|shape"):
        show.divisions(np.stack([images] * 3, axis=-1), tracks)
