"""Movies of the overlay, as GIF and MP4."""

import contextlib
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from tqdm.auto import tqdm

from ..checks import check_movie
from ..files.atomic import atomic
from ..labels import TRACK_DTYPE, check_tracks
from ..track import relabel_by_track
from ..track.spots import check_frames
from .picture import check_positive, draw_outlines, label_colors, resize, stretch

N_TAIL = 10  # frames
WHITE = (255, 255, 255)


def movie(
    images,
    objects,
    path,
    *,
    labels=None,
    fps=6.0,
    max_side=640,
    um_per_px=None,
    minutes_per_frame=None,
    progress=True,
):
    """Write a short movie: images with objects or tracks drawn over them.

    Parameters
    ----------
    images : (T, H, W) array_like
    objects : (T, H, W) array_like of int, or structured array
        Labels, each outlined in its own colour; or tracks, `labkit.labels.TRACK_DTYPE`:
        a dot and a tail of the last 10 frames, each track in its own colour.
    path : str or Path
        Ends in ``.gif`` (plays everywhere, 256 colours a frame) or ``.mp4`` (H.264,
        for slides and web pages; smaller and sharper).
    labels : (T, H, W) array_like of int, optional
        With tracks, the labels that were linked: outlined in the colours of the tracks.
    fps : float
        Frames per second.
    max_side : int
        Longer side of the movie, px; smaller images are enlarged at most four times.
    um_per_px, minutes_per_frame : float, optional
        Draw a scale bar, and the time instead of the number of the frame.
    progress : bool
        Show a progress bar.

    Returns
    -------
    Path
        Of the file. If writing fails or is interrupted, an older file stays.

    Raises
    ------
    ValueError, TypeError
        If images and objects do not belong together, or the file has another ending.
    PermissionError
        If the file cannot be written.
    """
    path, images = Path(path), check_movie(images, "images")
    write = {".gif": _write_gif, ".mp4": _write_mp4}.get(path.suffix.lower())
    if write is None:
        raise ValueError(f"a movie ends in .gif or .mp4, got {path.name!r}")
    check_positive(fps=fps, max_side=max_side)
    check_positive(um_per_px=um_per_px, minutes_per_frame=minutes_per_frame)
    outlined, tracks = _check_objects(images, objects, labels)
    side = min(int(max_side), 4 * max(images.shape[1:]))
    frames = _frames(images, outlined, tracks, side, um_per_px, minutes_per_frame)
    bar = tqdm(frames, total=len(images), disable=not progress, unit="frame")
    bar.set_description(path.name)
    with atomic(path) as temporary, contextlib.closing(frames):
        write(temporary, bar, float(fps))
    return path


def _check_objects(images, objects, labels):
    """Return the labels to outline (or None) and the tracks to draw (or None)."""
    tracks = None
    if getattr(objects, "dtype", None) == TRACK_DTYPE:
        tracks = check_tracks(objects)
        outlined = None if labels is None else relabel_by_track(labels, tracks)
        if tracks["frame"].max(initial=-1) >= len(images):
            raise ValueError(
                f"`objects` goes to frame {tracks['frame'].max()}, `images` has "
                f"{len(images)} frames; pass the movie that was linked"
            )
    else:
        outlined = check_frames(objects)
    if outlined is not None:
        found = len(outlined), *outlined[0].shape
        if found != images.shape:
            raise ValueError(
                f"`images` has shape {images.shape}, the labels {found}; they must "
                f"be the same movie"
            )
    return outlined, tracks


def _frames(images, outlined, tracks, side, um_per_px, minutes_per_frame):
    """Yield the frames, (h, w, 3) uint8."""
    small = np.stack([resize(np.float32(image), side) for image in images])
    grey = stretch(small.reshape(-1, small.shape[2]), gamma=0.75).reshape(small.shape)
    factor = small.shape[2] / images.shape[2]
    for t, plane in enumerate(grey):
        if outlined is None:
            picture = np.repeat(plane[..., None], 3, axis=2)
        else:
            picture = draw_outlines(plane, resize(outlined[t], side), 1)
        if tracks is not None:
            _draw_tails(picture, tracks, t, factor, dots=outlined is None)
        _draw_time(picture, t, minutes_per_frame)
        if um_per_px:
            _draw_scale(picture, um_per_px / factor)
        yield picture


def _draw_tails(picture, tracks, frame, factor, *, dots):
    """Draw where each object of a frame has been, in place; and where it is."""
    near = (tracks["frame"] <= frame) & (tracks["frame"] >= frame - N_TAIL)
    rows = tracks[near]
    rows = rows[np.lexsort([rows["frame"], rows["track_id"]])]
    xy = np.stack([rows["x"], rows["y"]], axis=1)
    xy = np.round(16 * ((xy + 0.5) * factor - 0.5)).astype(np.int32)  # 1/16 px
    first = np.flatnonzero(np.diff(rows["track_id"], prepend=0))
    for points, some in zip(
        np.split(xy, first[1:]), np.split(rows, first[1:]), strict=True
    ):
        if len(some) and some["frame"][-1] == frame:
            color = np.maximum(label_colors(some["track_id"][:1]), 60)[0].tolist()
            cv2.polylines(picture, [points], False, color, 1, cv2.LINE_AA, 4)
            if dots:
                cv2.circle(picture, points[-1].tolist(), 40, color, -1, cv2.LINE_AA, 4)


def _draw_time(picture, frame, minutes_per_frame):
    """Write the time in the upper left corner, in place."""
    if minutes_per_frame:
        hours, minutes = divmod(round(frame * minutes_per_frame), 60)
        text = f"{hours}:{minutes:02d} h"
    else:
        text = f"frame {frame}"
    _write(picture, text, (8, 20))


def _draw_scale(picture, um_per_px):
    """Draw a scale bar of a round length in the lower right corner, in place."""
    height, width = picture.shape[:2]
    longest = 0.25 * width * um_per_px
    power = 10.0 ** np.floor(np.log10(longest))
    length = max(n for n in (1, 2, 5) if n * power <= longest) * power
    right, bottom = width - 10, height - 10
    left = round(right - length / um_per_px)
    cv2.rectangle(picture, (left, bottom - 3), (right, bottom), WHITE, -1)
    _write(picture, f"{length:g} um", (left, bottom - 9))


def _write(picture, text, at):
    """Write white on a dark rim, legible on any ground."""
    for color, thickness in (((0, 0, 0), 3), (WHITE, 1)):
        how = cv2.FONT_HERSHEY_SIMPLEX, 0.5, color, thickness, cv2.LINE_AA
        cv2.putText(picture, text, at, *how)


def _write_gif(path, frames, fps):
    """Write an animated GIF that goes on for ever."""
    octree = Image.Quantize.FASTOCTREE  # keeps the rare colours of thin lines
    pictures = [Image.fromarray(frame).quantize(256, method=octree) for frame in frames]
    duration = 10 * max(round(100 / fps), 2)  # ms; viewers slow down what is shorter
    first, *more = pictures
    first.save(path, save_all=True, append_images=more, duration=duration, loop=0)


def _write_mp4(path, frames, fps):
    """Write H.264 that browsers and slides play."""
    try:
        import imageio_ffmpeg
    except ImportError as error:
        raise ValueError(
            "writing .mp4 needs imageio-ffmpeg, which is not installed: "
            "pip install imageio-ffmpeg, or write a .gif"
        ) from error
    writer = None
    try:
        for frame in frames:
            even = frame[: frame.shape[0] // 2 * 2, : frame.shape[1] // 2 * 2]
            if writer is None:
                size = even.shape[1], even.shape[0]
                how = {"quality": 5, "output_params": ["-preset", "veryfast"]}
                writer = imageio_ffmpeg.write_frames(
                    str(path), size, fps=fps, macro_block_size=2, **how
                )
                writer.send(None)
            writer.send(np.ascontiguousarray(even))
    finally:
        if writer is not None:
            writer.close()
