"""Lineage trees, kymographs and movies: what is drawn, and the files."""

import sys

import cv2
import numpy as np
import pytest
from editor_scenes import at, movie
from PIL import Image
from test_track_editing import family
from track_scenes import table

from labkit import show, track
from labkit.show.families import largest_families, place_branches
from labkit.show.motion import strip_density
from labkit.track import track_stats

IMAGES, LABELS, TRACKS = movie()


# --- lineage trees --------------------------------------------------------------


def segments(figure):
    """Return the lines of a tree as a list of ((place, time), (place, time))."""
    return [tuple(map(tuple, s)) for s in figure.axes[0].collections[0].get_segments()]


def test_mothers_stand_in_the_middle_of_their_daughters():
    stats = track_stats(family())
    branches = place_branches(stats, [1, 6])
    places = {number: one[0] for number, one in branches.items()}
    assert places == {2: 0, 4: 1, 5: 2, 3: 1.5, 1: 0.75, 6: 3}
    assert {number: one[4] for number, one in branches.items()}[6] == 1


def test_the_tree_has_a_line_for_each_track_and_a_fork_for_each_division():
    figure = show.lineage_tree(family(), minutes_per_frame=10)
    drawn = segments(figure)
    assert ((0.75, 0), (0.75, 40)) in drawn, "the mother lives until she divides"
    assert ((0.75, 40), (0, 40)) in drawn
    assert ((0.75, 40), (1.5, 40)) in drawn
    assert ((1.5, 40), (1.5, 60)) in drawn
    assert ((3, 20), (3, 50)) in drawn
    axes = figure.axes[0]
    assert axes.get_ylabel() == "time (min)"
    assert axes.yaxis_inverted()
    assert axes.get_title() == "2 families"
    assert {t.get_text() for t in axes.texts} == set("123456")
    ends = [tuple(map(float, xy)) for xy in axes.lines[0].get_xydata()]
    assert ends == [(2, 70), (3, 50)], "5 and 6 end before the movie does"


def test_time_to_the_right_and_in_hours():
    figure = show.lineage_tree(family(), minutes_per_frame=60, rightwards=True)
    assert ((0, 0.75), (4, 0.75)) in segments(figure)
    assert figure.axes[0].get_xlabel() == "time (h)"
    assert show.lineage_tree(family()).axes[0].get_ylabel() == "time (frames)"


def test_the_largest_families_are_shown_and_the_others_counted():
    rows = [(t, n, 0, 0, 0) for n in (1, 2, 3) for t in range(n)]
    rows += [(1, 5, 1, 0, 0), (1, 6, 1, 0, 0)]
    stats = track_stats(table(rows))
    assert largest_families(stats, 2) == ([1, 3], 3)
    assert largest_families(stats, 9) == ([1, 3, 2], 3)
    title = show.lineage_tree(table(rows), n_families=1).axes[0].get_title()
    assert title == "the 1 largest of 3 families, 2 not shown"


def test_an_only_daughter_a_lost_mother_and_many_generations():
    rows = [(t, t + 1, t, 0, 0) for t in range(2000)]  # each the daughter of the last
    stats = track_stats(table(rows))
    assert {one[0] for one in place_branches(stats, [1]).values()} == {0}
    orphan = table([(0, 3, 9, 0, 0), (1, 3, 9, 0, 0)])
    assert segments(show.lineage_tree(orphan))


def test_trees_of_bad_input():
    with pytest.raises(ValueError, match="no rows"):
        show.lineage_tree(TRACKS[:0])
    with pytest.raises(ValueError, match=r"n_families.* got 0"):
        show.lineage_tree(TRACKS, n_families=0)
    with pytest.raises(ValueError, match=r"minutes_per_frame.* got -1"):
        show.lineage_tree(TRACKS, minutes_per_frame=-1)
    with pytest.raises(TypeError, match="TRACK_DTYPE"):
        show.lineage_tree(np.zeros(4))


# --- kymograph ------------------------------------------------------------------


def test_density_of_strips():
    rows = [
        (0, 1, 0, 5, -0.5),
        (0, 2, 0, 9, 9.4),
        (0, 3, 0, 1, 9.5),
        (2, 4, 0, 9, 39.4),
    ]
    density = strip_density(table(rows), (4, 20, 40), "x", 4)
    area = 10 * 20 / 1e6
    assert np.allclose(density * area, [[2, 1, 0, 0], [0] * 4, [0, 0, 0, 1], [0] * 4])
    down = strip_density(table(rows), (20, 40), "y", 2)
    assert np.allclose(down * (10 * 40 / 1e6), [[3, 0], [0, 0], [1, 0]])
    half = strip_density(table(rows), (20, 40), "y", 2, um_per_px=0.5)
    assert np.allclose(half, 4 * down), "a quarter of the area, four times the density"


def test_kymograph_has_units_on_all_axes():
    figure = show.kymograph(
        TRACKS, IMAGES.shape, n_bins=4, um_per_px=0.5, minutes_per_frame=60
    )
    axes, bar = figure.axes
    shown = np.asarray(axes.images[0].get_array())
    assert shown.shape == (5, 4)
    assert np.allclose(shown.sum(axis=1) * (110 / 4 * 90 * 0.25e-6), [2, 2, 3, 3, 3])
    assert axes.images[0].get_extent() == [0, 55, 4.5, -0.5]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("x (µm)", "time (h)")
    assert bar.get_ylabel() == "objects per mm²"
    plain = show.kymograph(TRACKS, IMAGES.shape, axis="y")
    assert plain.axes[0].get_xlabel() == "y (px)"
    assert plain.axes[1].get_ylabel() == "objects per million px"


def test_kymograph_of_spots_that_are_not_linked():
    spots = track.find_spots(LABELS)
    found = strip_density(spots, LABELS.shape, "x", 8)
    assert np.array_equal(found, strip_density(TRACKS, LABELS.shape, "x", 8))


def test_kymograph_of_bad_input():
    for more, message in (
        ({"axis": "z"}, "`axis` must be 'x' or 'y', got 'z'"),
        ({"n_bins": 0}, "`n_bins` must be .* got 0"),
        ({"um_per_px": -2}, "um_per_px.* got -2"),
        ({"minutes_per_frame": -2}, "minutes_per_frame.* got -2"),
    ):
        with pytest.raises(ValueError, match=message):
            show.kymograph(TRACKS, IMAGES.shape, **more)
    with pytest.raises(ValueError, match=r"to x = 58.0 px.* pass the shape"):
        show.kymograph(TRACKS, (90, 50))
    with pytest.raises(TypeError, match="TRACK_DTYPE"):
        show.kymograph(np.zeros(3), (90, 50))
    with pytest.raises(ValueError, match="no rows"):
        show.kymograph(TRACKS[:0], (90, 50))
    with pytest.raises(ValueError, match="`shape`"):
        show.kymograph(TRACKS, (90,))


# --- movies ---------------------------------------------------------------------


def gif_frames(path):
    with Image.open(path) as opened:
        n_frames, frames = opened.n_frames, []
        for t in range(n_frames):
            opened.seek(t)
            frames.append(np.asarray(opened.convert("RGB")).astype(int))
        return frames, opened.info["duration"]


def mp4_frames(path):
    capture, frames = cv2.VideoCapture(str(path)), []
    while (found := capture.read())[0]:
        frames.append(found[1][..., ::-1].astype(int))
    return frames, capture.get(cv2.CAP_PROP_FPS)


def colour(pixel):
    """How far a pixel is from grey."""
    return np.ptp(pixel)


def test_gif_of_tracks_has_a_dot_and_a_tail_in_the_colour_of_the_track(tmp_path):
    path = show.movie(
        IMAGES, TRACKS, tmp_path / "a.gif", max_side=110, fps=5, progress=False
    )
    frames, duration = gif_frames(path)
    assert (len(frames), frames[0].shape, duration) == (5, (90, 110, 3), 200)
    wanted = show.label_colors(np.array([1]))[0].astype(int)
    assert np.abs(frames[3][at(3, 1)] - wanted).max() < 40
    assert colour(frames[3][25, 22]) > 60, "the tail"
    assert colour(frames[0][25, 44]) < 12, "nobody has been there yet"


def test_labels_are_outlined_and_tracks_colour_them(tmp_path):
    edge = 25, 44 + 5
    path = show.movie(IMAGES, LABELS, tmp_path / "a.gif", max_side=110, progress=False)
    assert colour(gif_frames(path)[0][3][edge]) > 60
    renamed = TRACKS.copy()
    renamed["track_id"][renamed["track_id"] == 1] = 7
    path = show.movie(
        IMAGES, renamed, tmp_path / "b.gif", labels=LABELS, max_side=110, progress=False
    )
    wanted = show.label_colors(np.array([7]))[0].astype(int)
    assert np.abs(gif_frames(path)[0][3][edge] - wanted).max() < 40


def test_mp4_can_be_read_again(tmp_path, capsys):
    ffmpeg = pytest.importorskip("imageio_ffmpeg")
    path = show.movie(
        IMAGES, TRACKS, tmp_path / "a.mp4", labels=LABELS, fps=5, max_side=331
    )
    about = next(ffmpeg.read_frames(str(path)))
    assert (about["codec"], about["pix_fmt"][:7]) == ("h264", "yuv420p")
    frames, fps = mp4_frames(path)
    assert (len(frames), fps) == (5, 5)
    assert frames[0].shape == (270, 330, 3), "H.264 wants even sides"
    assert "5/5" in capsys.readouterr().err
    y, x = (np.array(at(3, 1)) + 0.5) * 3
    assert frames[3][int(y), int(x)].max() > 150
    assert frames[3][int(y), int(x) + 60].max() < 120


def test_brightness_does_not_flicker(tmp_path):
    fading = IMAGES * np.linspace(1, 0.3, 5)[:, None, None]
    path = show.movie(fading, TRACKS, tmp_path / "a.gif", max_side=110, progress=False)
    frames, _ = gif_frames(path)
    inside = [frames[t][at(t, 1)[0] + 4, at(t, 1)[1]].mean() for t in (0, 4)]
    assert inside[1] < 0.75 * inside[0], "fading must be seen"


def test_time_and_scale_bar(tmp_path):
    def corner(rows, cols, **more):
        show.movie(IMAGES, TRACKS, tmp_path / "a.gif", progress=False, **more)
        return gif_frames(tmp_path / "a.gif")[0][1][rows, cols]

    lower_right = slice(-14, None), slice(-120, None)
    bare, scaled = corner(*lower_right), corner(*lower_right, um_per_px=0.5)
    assert (bare > 240).all(axis=-1).sum() < 5
    n_white = (scaled > 240).all(axis=-1).sum(axis=1).max()
    assert abs(n_white - 10 / (0.5 / 4)) <= 2, "10 um; the movie is enlarged 4 times"
    upper_left = slice(0, 30), slice(0, 90)
    assert not np.array_equal(
        corner(*upper_left), corner(*upper_left, minutes_per_frame=10)
    )


@pytest.mark.parametrize("name", ["a.gif", "a.mp4"])
def test_an_interrupted_movie_leaves_the_older_file(tmp_path, monkeypatch, name):
    if name.endswith("mp4"):
        pytest.importorskip("imageio_ffmpeg")
    path = show.movie(IMAGES, TRACKS, tmp_path / name, progress=False)
    before = path.read_bytes()

    def stop(picture, frame, minutes):
        if frame == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(show.movies, "_draw_time", stop)
    with pytest.raises(KeyboardInterrupt):
        show.movie(IMAGES, TRACKS, path, progress=False)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_movies_of_bad_input(tmp_path, monkeypatch):
    gif = tmp_path / "a.gif"
    for arguments, more, message in (
        ((IMAGES, TRACKS, "a.avi"), {}, r"ends in .gif or .mp4, got 'a.avi'"),
        ((IMAGES[0], TRACKS, gif), {}, r"`images` must have axes \(T, H, W\)"),
        ((IMAGES[:3], TRACKS, gif), {}, "goes to frame 4, `images` has 3 frames"),
        ((IMAGES, LABELS[:, 1:], gif), {}, r"shape \(5, 90, 110\), the labels \(5, 89"),
        ((IMAGES, TRACKS, gif), {"labels": LABELS[:4]}, "goes to frame 4, `labels`"),
        ((IMAGES, TRACKS, gif), {"fps": 0}, "`fps` must be a positive number, got 0"),
        ((IMAGES, TRACKS, gif), {"um_per_px": -1}, "`um_per_px` must be"),
    ):
        with pytest.raises(ValueError, match=message):
            show.movie(*arguments, **more)
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(ValueError, match=r"pip install imageio-ffmpeg, or write a"):
        show.movie(IMAGES, TRACKS, tmp_path / "a.mp4", progress=False)
    assert list(tmp_path.iterdir()) == []
