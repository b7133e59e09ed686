"""The figures: what is drawn, in which colour, with which numbers."""

import base64
import io
import sys
import types

import cv2
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

import labkit as lk
from labkit import show
from labkit.show.images import KINDS
from labkit.show.motion import sectors
from labkit.show.picture import resize


@pytest.fixture(scope="module")
def movie():
    return lk.synth.simulate_movie(6, (96, 128), 12, seed=2)


@pytest.fixture
def history():
    steps = np.arange(10, 101, 10)
    val = 0.1 + 0.001 * (steps - 60.0) ** 2
    return types.SimpleNamespace(
        steps=steps, train_loss=2 / steps, val_steps=steps, val_loss=val
    )


def pixels(figure):
    """Return what the figure looks like, (h, w, 3) uint8."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return cv2.imdecode(np.frombuffer(buffer.getvalue(), np.uint8), 1)[..., ::-1]


def shown(figure):
    """Return the array of the first image in the figure."""
    return np.asarray(figure.axes[0].images[0].get_array())


def texts(figure):
    """Return all legend entries and titles."""
    legends = [*figure.legends, *(a.get_legend() for a in figure.axes)]
    entries = [t.get_text() for legend in legends if legend for t in legend.get_texts()]
    return entries + [axes.get_title() for axes in figure.axes]


def has_color(picture, color, n=1):
    """Whether at least `n` pixels have this colour."""
    rgb = np.round(255 * np.array(to_rgb(color)))
    return np.count_nonzero(np.abs(picture - rgb).max(axis=-1) < 2) >= n


# --- the figure ---------------------------------------------------------------


def test_a_figure_shows_itself_once_and_leaves_no_trace(movie):
    figure = show.row(image=movie.images[0])
    assert isinstance(figure, Figure)
    bundle = figure._repr_mimebundle_()
    assert base64.b64decode(bundle["image/jpeg"])[:2] == b"\xff\xd8"
    assert "image/png" not in bundle
    plot = show.areas(movie.labels[0])._repr_mimebundle_()["image/png"]
    assert base64.b64decode(plot)[1:4] == b"PNG"
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or not pyplot.get_fignums()


def test_pictures_are_small_enough_for_a_notebook():
    rng = np.random.default_rng(0)
    noisy = rng.normal(100, 10, (2048, 2048)).astype(np.float32)
    bundle = show.row(one=noisy, two=noisy)._repr_mimebundle_()
    assert len(bundle["image/jpeg"]) < 400_000


def test_stretch_uses_the_whole_range_and_ignores_outliers():
    image = np.linspace(100, 200, 10_000).reshape(100, 100)
    image[0, 0], image[0, 1] = 1e6, -1e6
    grey = show.stretch(image)
    assert (grey == 255).mean() == pytest.approx(0.002, abs=0.003)
    assert (grey == 0).mean() == pytest.approx(0.01, abs=0.005)
    assert np.median(grey) == pytest.approx(127, abs=3)


def test_stretch_of_sparse_and_constant_images():
    sparse = np.zeros((100, 100), np.uint16)
    sparse[50, 50] = 700  # beyond both percentiles
    assert show.stretch(sparse)[50, 50] == 255
    assert show.stretch(np.full((5, 5), 7, np.uint8)).max() == 0


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, bool])
def test_stretch_takes_every_type(dtype):
    image = np.zeros((10, 10), dtype)
    image[5:] = 1
    assert show.stretch(image).dtype == np.uint8
    assert show.stretch(image).max() == 255


def test_stretch_refuses():
    with pytest.raises(ValueError, match="percentiles"):
        show.stretch(np.zeros((4, 4)), low=99, high=1)
    with pytest.raises(ValueError, match="NaN"):
        show.stretch(np.full((4, 4), np.nan))


def test_colors_of_labels_are_steady_and_differ():
    labels = np.arange(300).reshape(10, 30).astype(np.int32)
    colors = show.label_colors(labels).reshape(-1, 3)
    assert not colors[0].any()
    assert colors[1:].max(axis=1).min() > 100  # none is lost on black
    assert len(np.unique(colors, axis=0)) > 280
    assert np.array_equal(
        show.label_colors(labels[:, ::-1]).reshape(10, 30, 3)[:, ::-1],
        colors.reshape(10, 30, 3),
    )
    neighbours = np.abs(np.diff(colors[1:].astype(int), axis=0)).sum(axis=1)
    assert neighbours.min() > 60
    assert show.label_colors(np.array([[2**31 - 1]], np.int32)).any()


def test_resize_makes_no_new_labels_and_keeps_the_shape():
    labels = np.zeros((400, 200), np.int32)
    labels[100:300, 48:152] = 7
    small = resize(labels, 100)
    assert small.shape == (100, 50)
    assert set(np.unique(small)) == {0, 7}
    assert np.array_equal(resize(small, 400), labels)
    assert resize(np.zeros((1000, 1), np.uint8), 10).shape == (10, 1)


# --- row, overlay -------------------------------------------------------------


def test_row_titles_and_kinds_of_panels(movie):
    image, labels = movie.images[0], movie.labels[0]
    figure = show.row(
        {"a, b": image}, mask=labels > 0, my_labels=labels, pair=(image, labels)
    )
    assert texts(figure) == ["a, b", "mask", "my labels", "pair"]
    grey, mask, colored, pair = (axes.images[0].get_array() for axes in figure.axes)
    assert grey.ndim == 2
    assert set(np.unique(mask)) == {0, 255}
    assert len(np.unique(colored.reshape(-1, 3), axis=0)) == len(np.unique(labels))
    assert np.ptp(np.asarray(pair, int), axis=2).max() > 50


def test_row_wraps_and_hides_empty_places(movie):
    frames = {f"frame {t}": movie.images[t] for t in range(5)}
    figure = show.row(frames, n_cols=3)
    assert len(figure.axes) == 6
    assert not figure.axes[5].images
    assert not figure.axes[5].axison


def test_row_refuses_what_it_cannot_show(movie):
    with pytest.raises(ValueError, match="nothing to show"):
        show.row()
    with pytest.raises(ValueError, match="movie"):
        show.row(movie=movie.images)
    with pytest.raises(ValueError, match="pair"):
        show.row(three=(movie.images[0],) * 3)
    with pytest.raises(ValueError, match="differ in shape"):
        show.row(pair=(movie.images[0], movie.labels[0][:-1]))


def test_overlay_outlines_each_object_and_counts(movie):
    image, labels = movie.images[0], movie.labels[0]
    figure = show.overlay(image, labels)
    assert texts(figure) == [f"{len(np.unique(labels)) - 1} objects"]
    assert np.ptp(shown(figure).astype(int), axis=2).max() > 50
    again = show.row(a=image, b=image)
    show.overlay(image, labels, again.axes[1], title="outlined")
    assert texts(again) == ["a", "outlined"]


def test_outline_of_a_large_image_survives_shrinking():
    labels = np.zeros((2000, 2000), np.int32)
    labels[200:1800, 200:1800] = 1
    picture = show.outline_picture(
        labels > 0, labels, max_side=200, thickness=1, color=(255, 0, 0)
    )
    red = (picture == (255, 0, 0)).all(axis=2)
    assert red.sum() == 4 * 160 - 4


def test_coordinates_of_a_picture_are_those_of_the_image(movie):
    axes = show.overlay(movie.images[0], movie.labels[0]).axes[0]
    assert axes.images[0].get_extent() == [-0.5, 127.5, 95.5, -0.5]


@pytest.mark.parametrize("shape", [(1, 1), (3, 500), (500, 3)])
def test_odd_shapes_are_drawn(shape):
    image, labels = np.ones(shape, np.uint8), np.ones(shape, np.int32)
    for figure in (show.row(a=image, b=labels), show.overlay(image, labels)):
        assert pixels(figure).size > 0


# --- errors -------------------------------------------------------------------


@pytest.fixture
def mistakes():
    """One object of each kind: matched, missed, false, split, merged (of two)."""
    true, pred = np.zeros((2, 60, 100), np.int32)
    true[5:15, 5:15] = pred[5:15, 5:15] = 1
    true[5:15, 25:35] = 2
    pred[5:15, 45:55] = 2
    true[25:35, 5:25] = 3
    pred[25:35, 5:15], pred[25:35, 15:25] = 3, 4
    true[45:55, 5:15], true[45:55, 15:25] = 4, 5
    pred[45:55, 5:25] = 5
    return true, pred


def test_errors_counts_and_colors_each_kind(mistakes):
    true, pred = mistakes
    figure = show.errors(np.full(true.shape, 9.0), true, pred, min_iou=0.6)
    found = lk.metrics.classify(true, pred, 0.6)
    assert texts(figure)[:-1] == [f"{k} {len(getattr(found, k))}" for k in KINDS]
    assert "split 1" in texts(figure)
    assert "merged 1" in texts(figure)
    picture = shown(figure).astype(int)
    for color in KINDS.values():
        assert has_color(picture, color, 100)
    width = picture.shape[1] // 100 * 40
    missed = picture[: picture.shape[0] // 3, :width]
    assert has_color(missed, KINDS["missed"])
    assert not has_color(missed, KINDS["false"])


def test_errors_of_perfect_and_of_no_prediction(mistakes):
    true = mistakes[0]
    image = np.zeros(true.shape, np.uint8)
    assert "matched 5" in texts(show.errors(image, true, true))
    assert "missed 5" in texts(show.errors(image, true, np.zeros_like(true)))


def test_errors_refuses_other_shapes(mistakes):
    true, pred = mistakes
    with pytest.raises(ValueError, match="differ in shape"):
        show.errors(np.zeros(true.shape), true, pred[:-1])
    with pytest.raises(TypeError, match="integers"):
        show.errors(np.zeros(true.shape), true, pred / 2)


def test_error_colors_stay_apart_without_red_green_vision():
    """Viénot, Brettel and Mollon 1999: what deuteranopes and protanopes see."""
    seen = {
        "deuteranope": [[0.293, 0.707, 0], [0.293, 0.707, 0], [-0.022, 0.022, 1]],
        "protanope": [[0.112, 0.888, 0], [0.112, 0.888, 0], [0.004, -0.004, 1]],
    }
    colors = np.array([to_rgb(color) for color in KINDS.values()]) ** 2.2
    for matrix in seen.values():
        left = np.clip(colors @ np.transpose(matrix), 0, 1) ** (1 / 2.2)
        apart = np.linalg.norm(left[:, None] - left[None], axis=2)
        assert apart[np.triu_indices(len(left), 1)].min() > 0.15


# --- plots --------------------------------------------------------------------


def test_curves_mark_the_best_step(history):
    figure = show.curves(history)
    assert "best, step 60" in texts(figure)
    assert [len(line.get_xdata()) for line in figure.axes[0].lines] == [10, 10, 1]
    assert figure.axes[0].get_yscale() == "linear"


def test_curves_compare_several_histories(history):
    figure = show.curves({"noise": history, "black": history}, log=True)
    assert sum("noise" in text for text in texts(figure)) == 3
    assert figure.axes[0].get_yscale() == "log"
    figure.draw_without_rendering()
    ticks = figure.axes[0].get_yticklabels(which="both")
    numbers = [text.get_text() for text in ticks if text.get_text()]
    assert all(float(number) > 0 for number in numbers)  # 0.6, not 6 x 10^-1
    assert len(numbers) >= 2
    assert "run 2, training" in texts(show.curves(history, history))


def test_curves_without_validation_and_without_steps(history):
    history.val_loss, history.val_steps = [], []
    assert len(show.curves(history).axes[0].lines) == 1
    history.steps, history.train_loss = [], []
    with pytest.raises(ValueError, match="no steps"):
        show.curves(history)


def test_live_curves_redraw_only_now_and_then(history, monkeypatch):
    drawn = []
    handle = types.SimpleNamespace(update=drawn.append)
    monkeypatch.setattr(
        "IPython.display.display", lambda fig, display_id: drawn.append(fig) or handle
    )
    slow = show.LiveCurves(every=3600)
    slow(history)
    slow(history)
    assert len(drawn) == 1
    fast = show.LiveCurves(every=0)
    fast(history)
    fast(history)
    assert len(drawn) == 3


def test_areas_shows_the_kept_band():
    labels = np.zeros((60, 60), np.int32)
    for k, side in enumerate([10, 10, 10, 2, 20]):
        labels[12 * k : 12 * k + 12, :60][:side, :side] = 0
    labels[0:10, 0:10], labels[0:10, 20:30], labels[20:30, 0:10] = 1, 2, 3
    labels[20:22, 20:22], labels[35:55, 35:55] = 4, 9
    figure = show.areas(labels, 0.5)
    assert {"kept 3", "left out 2", "median 100 px"} <= set(texts(figure))
    kept = lk.auto.keep_typical_area(labels, 0.5)
    assert len(np.unique(kept)) - 1 == 3
    assert "left out 0" in texts(show.areas(labels, None))
    assert "median 25 µm²" in texts(show.areas(labels, um_per_px=0.5))


def test_areas_refuses_no_objects():
    with pytest.raises(ValueError, match="no object"):
        show.areas(np.zeros((5, 5), np.int32))


def test_tracks_color_each_step_by_its_speed(movie):
    tracks = np.zeros(3, lk.labels.TRACK_DTYPE)
    tracks["track_id"], tracks["frame"] = 1, [0, 1, 3]
    tracks["x"], tracks["y"] = [10, 13, 13], [10, 14, 24]
    figure = show.tracks(movie.images[0], tracks)
    lines = figure.axes[0].collections[0]
    assert np.allclose(lines.get_array(), [5, 5])  # 10 px in two frames are 5
    assert len(figure.axes[0].lines[0].get_xdata()) == 1  # one track, one end
    assert np.allclose(lines.get_segments()[0], [[10, 10], [13, 14]])
    assert figure.axes[1].get_ylabel() == "speed (px/frame)"
    figure = show.tracks(movie.images[0], tracks, um_per_px=0.5, minutes_per_frame=10)
    assert np.allclose(figure.axes[0].collections[0].get_array(), 0.25)
    assert figure.axes[1].get_ylabel() == "speed (µm/min)"


def test_tracks_of_a_movie(movie):
    figure = show.tracks(movie.images[-1], movie.tracks)
    assert pixels(figure).shape[1] == 800
    with pytest.raises(ValueError, match="no track"):
        show.tracks(movie.images[0], movie.tracks[:1])


def test_rose_has_twelve_sectors_centred_on_the_axes():
    share = sectors(np.array([-14, 14, 346, 16, 90, 269]), np.ones(6))
    assert np.allclose(share * 6, [3, 1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0])
    figure = show.rose([90, 90, 90, 0])
    bars = figure.axes[0].patches
    assert len(bars) == 12
    assert bars[3].get_height() == pytest.approx(75)
    assert np.degrees(bars[3].get_x() + bars[3].get_width() / 2) == pytest.approx(90)
    assert figure.axes[0].get_theta_direction() == 1  # counter-clockwise: y up


def test_rose_takes_weights_and_leaves_out_nan():
    bars = show.rose([0, 180, np.nan], weights=[3, 1, 9]).axes[0].patches
    assert bars[0].get_height() == pytest.approx(75)
    with pytest.raises(ValueError, match="no direction"):
        show.rose([np.nan])


def test_series_plots_each_value_and_refuses_other_lengths():
    figure = show.series([0, 1, 2], [5, 4, 3], xlabel="frame", ylabel="area (µm²)")
    assert figure.axes[0].lines[0].get_ydata().tolist() == [5, 4, 3]
    assert figure.axes[0].get_ylim()[0] <= 0
    both = {"near": [1, 2], "far": [2, 3]}
    assert texts(show.series([0, 1], both, xlabel="x", ylabel="y"))[:2] == [*both]
    with pytest.raises(ValueError, match="3 x values and 2"):
        show.series([0, 1, 2], both, xlabel="x", ylabel="y")
