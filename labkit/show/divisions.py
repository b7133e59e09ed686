"""A gallery of divisions: mother and daughters, frame by frame."""

import numpy as np

from ..checks import check_image
from ..labels import outlines
from ..track import division_events
from .picture import BLUE, SKY, VERMILION, WIDTH, YELLOW, Picture, stretch

AROUND = 4.0  # side of a tile, in diameters of the mother
SIDE = 96  # px of a tile
OUTSIDE = 90  # grey where there is no image
COLOURS = (YELLOW, SKY, VERMILION)  # of the mother and her daughters


def divisions(
    images, tracks, events=None, *, labels=None, offsets=(-2, -1, 0, 1), n_cols=2
):
    """Show divisions, to see which are true.

    Parameters
    ----------
    images : (T, H, W) array_like
    tracks : structured ndarray
        `labkit.labels.TRACK_DTYPE`.
    events : structured ndarray, optional
        Those to show, of `labkit.track.division_events`; by default the first 12, the
        least likely.
    labels : (T, H, W) array_like of int, optional
        The label images that were linked, to outline the mother (yellow) and her
        daughters (blue and orange).
    offsets : sequence of int
        Frames shown, 0 is the first with daughters.
    n_cols : int
        Divisions in a row.

    Returns
    -------
    Figure
        A strip of tiles for each division; where the movie has no pixels they are
        grey.

    Raises
    ------
    ValueError, TypeError
        If there is no division to show, one lies outside the movie, or a frame is no
        grey image.
    """
    events = division_events(tracks)[:12] if events is None else np.atleast_1d(events)
    strips = division_strips(images, tracks, events, labels=labels, offsets=offsets)
    n_rows = -(-len(events) // n_cols)
    figure = Picture(WIDTH, n_rows * (WIDTH / n_cols / len(offsets) + 0.27))
    grid = figure.subplots(n_rows, n_cols, squeeze=False).ravel()
    for axes in grid:
        axes.axis("off")
    for axes, event, strip in zip(grid, events, strips, strict=False):
        axes.imshow(strip)
        axes.set_title(division_name(event), fontsize=9, color=BLUE)
    return figure


def division_name(event):
    """Return what stands above a division: track, frame, score."""
    score = f"score {event['score']:.2f}" if event["score"] >= 0 else "no areas"
    return f"track {event['track_id']}, frame {event['frame']}: {score}"


def division_strips(images, tracks, events, *, labels=None, offsets=(-2, -1, 0, 1)):
    """Return the strip of tiles of each division, without a figure around it.

    Parameters
    ----------
    images, tracks, events, labels, offsets
        As of `divisions`.

    Returns
    -------
    list of (h, w, 3) ndarray of uint8

    Raises
    ------
    ValueError, TypeError
        As `divisions`.
    """
    if not len(events):
        raise ValueError("there is no division to show: no track splits in two")
    if events["frame"].max() >= len(images):
        raise ValueError(
            f"`events` goes to frame {events['frame'].max()}, `images` has "
            f"{len(images)} frames; pass the movie that was linked"
        )
    frames = np.unique(np.add.outer(events["frame"], offsets))
    frames = frames[(frames >= 0) & (frames < len(images))]
    pictures = {t: stretch(check_image(images[t]), gamma=0.75) for t in frames.tolist()}
    return [_strip(pictures, tracks, event, labels, offsets) for event in events]


def _strip(pictures, tracks, event, labels, offsets):
    """Tiles of one division, side by side."""
    family = [event[name] for name in ("track_id", "first_id", "second_id")]
    rows = tracks[np.isin(tracks["track_id"], family)]
    area = rows["area"][rows["track_id"] == family[0]]
    known = area[area > 0]
    diameter = np.sqrt(4 / np.pi * np.median(known)) if len(known) else SIDE / AROUND
    side = max(int(AROUND * diameter), 8)
    place = np.array([event["y"], event["x"]]) - side / 2
    tiles = []
    for frame in (event["frame"] + np.asarray(offsets)).tolist():
        tile = np.full((SIDE, SIDE, 3), OUTSIDE, np.uint8)
        if frame in pictures:
            to, where = _pixels(place, side, pictures[frame].shape)
            picture = pictures[frame][where][..., None]
            if labels is not None:
                now = rows[rows["frame"] == frame]
                picture = _outlined(picture, labels[frame][where], now, family)
            tile[to] = picture
        tiles.append(tile)
    gap = np.full((SIDE, 2, 3), 255, np.uint8)
    return np.hstack([part for tile in tiles for part in (tile, gap)][:-1])


def _pixels(place, side, shape):
    """Pixels of a tile that lie inside an image, and the image's pixels there."""
    along = (np.arange(SIDE) + 0.5) * side / SIDE
    to, where = [], []
    for start, length in zip(place, shape, strict=True):
        pixel = np.floor(start + along).astype(int)
        inside = (pixel >= 0) & (pixel < length)
        to.append(np.flatnonzero(inside))
        where.append(pixel[inside])
    return np.ix_(*to), np.ix_(*where)


def _outlined(picture, labels, rows, family):
    """A grey picture (h, w, 1) with the family's objects of one frame outlined."""
    picture = picture.repeat(3, axis=2)
    for number, colour in zip(family, COLOURS, strict=True):
        for label in rows["label"][rows["track_id"] == number]:
            rim = outlines((labels == label).astype(np.int32))
            picture[rim] = [int(colour[k : k + 2], 16) for k in (1, 3, 5)]
    return picture
