"""The sliders: what they accept, what a move does, what an error does."""

import base64

import cv2
import ipywidgets
import numpy as np
import pytest

import labkit as lk
from labkit.explore import explore

RAMP = np.arange(256, dtype=np.uint8).reshape(16, 16)


def above(image, level):
    return image > level


def decode(widget):
    return cv2.imdecode(np.frombuffer(widget._picture.value, np.uint8), -1)


def test_moving_a_slider_computes_and_shows_the_result():
    explorer = explore(above, RAMP, level=(0, 255, 1, 100))
    assert explorer.params == {"level": 100}
    assert explorer.result.sum() == 155
    before = explorer._picture.value
    explorer.sliders["level"].value = 200
    assert explorer.result.sum() == 55
    assert explorer._picture.value != before
    assert "21.5% of the pixels" in explorer.status
    assert " ms" in explorer.status


def test_labels_are_scored_with_each_move_where_there_is_a_truth():
    true = np.zeros((40, 60), np.int32)
    true[5:15, 5:15], true[5:15, 30:40] = 4, 7

    def some(image, n):
        return np.where(true == 4, 1, 0) if n == 1 else true

    explorer = explore(some, np.zeros((40, 60)), true=true, n=(1, 2, 1, 1))
    assert explorer.score.recall == 0.5
    told = "1 object · precision 1.00, recall 0.50, F1 0.67, mean overlap 1.00 · "
    assert told in explorer.status
    explorer.sliders["n"].value = 2
    assert explorer.score.f1 == 1
    assert "F1 1.00" in explorer.status
    assert explore(above, RAMP, level=(0, 255, 1)).score is None


def test_a_truth_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match=r"`true` \(3, 3\) differ in shape"):
        explore(above, RAMP, true=np.ones((3, 3), int), level=(0, 255, 1))
    with pytest.raises(TypeError, match="must hold integers"):
        explore(above, RAMP, true=np.ones((16, 16), int), level=(0, 255, 1))


def test_a_message_from_the_browser_moves_the_slider():
    explorer = explore(above, RAMP, level=(0, 255, 1, 100))
    slider = explorer.sliders["level"]
    slider._handle_msg(
        {"content": {"data": {"method": "update", "state": {"value": 10}}}}
    )
    assert explorer.result.sum() == 245


def test_what_the_browser_rounds_is_no_move():
    """Sliders in the browser send 0.42000000000000004 for 0.42 when they appear."""
    seen = []
    explorer = explore(
        lambda image, k: seen.append(k) or image, RAMP, k=(0.1, 1, 0.02, 0.42)
    )
    explorer.sliders["k"].value = 0.42000000000000004
    assert seen == [0.42]
    assert explorer.params == {"k": 0.42}


def test_presets():
    half = {"half": {"level": 128}, "all": {"level": 0, "twice": True}}

    def brighter(image, level, twice):
        return image.astype(int) * (1 + twice) > level

    sliders = {"level": (0, 255, 1, 100), "twice": False}
    explorer = explore(brighter, RAMP, presets=half, **sliders)
    assert explorer.presets.value == "start"
    explorer.presets.value = "all"
    assert explorer.params == {"level": 0, "twice": True}
    assert explorer.result.sum() == 255
    explorer.presets.value = "half"  # the check box goes back to where it started
    assert explorer.params == {"level": 128, "twice": False}
    explorer.sliders["level"].value = 100
    assert explorer.presets.value == "start"
    explorer.sliders["level"].value = 99
    assert explorer.presets.value is None
    with pytest.raises(
        ValueError, match="sets \\['gone'\\], for which there is no slider"
    ):
        explore(above, RAMP, level=(0, 9, 1), presets={"a": {"gone": 1}})


def test_the_function_sees_the_full_image_and_the_browser_a_small_one():
    image = np.zeros((300, 200), np.uint16)
    image[100:200] = 1000
    shapes = []

    def seen(image, level):
        shapes.append(image.shape)
        return image > level

    explorer = explore(seen, image, max_side=60, level=(0, 2000, 10, 500))
    assert shapes == [(300, 200)]
    assert decode(explorer).shape == (60, 40)


def test_labels_are_drawn_on_the_image_and_counted():
    labels = np.zeros((64, 64), np.int32)
    labels[8:24, 8:24], labels[30:50, 30:50] = 3, 7

    def objects(image, n):
        return np.where(labels <= n, labels, 0)

    explorer = explore(objects, np.ones((64, 64)), max_side=64, n=[3, 7])
    assert "1 object ·" in explorer.status
    explorer.sliders["n"].value = 7
    assert "2 objects" in explorer.status
    picture = decode(explorer)
    assert picture.shape == (64, 64, 3)
    assert np.ptp(picture[8, 8:24].astype(int), axis=1).max() > 50  # coloured rim
    assert picture[60:, 60:].max() < 40


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_a_colour_image_is_shown_in_colour_on_both_sides(dtype):
    image = np.zeros((64, 48, 3), dtype)
    image[:32] = (200, 60, 120)
    labels = np.zeros((64, 48), np.int32)
    labels[40:60, 10:40] = 1
    shapes = []

    def objects(image, n):
        shapes.append(image.shape)
        return labels * n

    explorer = explore(objects, image, max_side=64, n=(0, 1, 1, 1))
    assert shapes == [(64, 48, 3)]
    assert "1 object ·" in explorer.status
    jpeg = np.frombuffer(explorer.children[-1].children[0].value, np.uint8)
    before = cv2.imdecode(jpeg, -1)
    assert before.shape == decode(explorer).shape == (64, 48, 3)
    for picture in (before, decode(explorer)):
        blue, green, red = picture[4:28, 4:44].mean(axis=(0, 1))
        assert red > blue + 30 > green + 60
    if dtype == np.uint8:  # as it is
        assert np.abs(before[16, 24].astype(int) - (120, 60, 200)).max() < 8
    assert np.ptp(decode(explorer)[40, 10:40].astype(int), axis=1).max() > 50
    assert before[50:].max() < 20


def test_results_in_colour_are_shown_in_colour():
    image = np.zeros((32, 32, 4), np.uint8)
    image[..., 0], image[..., 3] = 250, 255  # transparency is left out
    explorer = explore(lambda image, k: image[::-1], image, k=[1])
    assert explorer.result.shape == (32, 32, 3)
    assert (decode(explorer)[16, 16] > (50, 50, 200)).tolist() == [False, False, True]


def test_own_picture():
    explorer = explore(
        lambda image, k: image + k,
        RAMP.astype(float),
        k=(0, 3, 1),
        show=lambda image, result: np.full((8, 8), 77),
    )
    assert decode(explorer).max() == 77


def test_an_error_is_shown_and_raised():
    def picky(image, level):
        if level > 50:
            raise ValueError("level <b>too high</b>; lower it")
        return image > level

    explorer = explore(picky, RAMP, level=(0, 100, 1, 10))
    with pytest.raises(ValueError, match="too high"):
        explorer.sliders["level"].value = 60
    assert "ValueError" in explorer.status
    assert "<b>" not in explorer.status
    explorer.sliders["level"].value = 20
    assert "Error" not in explorer.status


@pytest.mark.parametrize(
    ("spec", "kind", "value"),
    [
        ((0, 10, 2), ipywidgets.IntSlider, 4),
        ((0.0, 1.0, 0.25), ipywidgets.FloatSlider, 0.5),
        ((0.0, 1.0, 0.25, 1.0), ipywidgets.FloatSlider, 1.0),
        (["a", "b"], ipywidgets.ToggleButtons, "a"),
        (True, ipywidgets.Checkbox, True),
        (ipywidgets.IntText(5), ipywidgets.IntText, 5),
    ],
)
def test_slider_kinds(spec, kind, value):
    explorer = explore(lambda image, p: image, RAMP, p=spec)
    assert isinstance(explorer.sliders["p"], kind)
    assert explorer.params == {"p": value}


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ((5, 1, 1), "min < max"),
        ((0, 1, 0), "0 < step"),
        ((0, 1, 0.1, 3), "starts at 3"),
        ((0, 1), "must be"),
        ([], "must be"),
        ("ab", "must be"),
    ],
)
def test_bad_sliders_are_refused(spec, words):
    with pytest.raises(ValueError, match=words):
        explore(above, RAMP, level=spec)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="no slider"):
        explore(above, RAMP)
    with pytest.raises(ValueError, match="axes"):
        explore(above, np.zeros((8, 8, 2)), level=(0, 1, 1))
    with pytest.raises(TypeError, match="unexpected keyword"):
        explore(above, RAMP, wrong=(0, 1, 1))


def test_readers_without_a_kernel_see_the_picture():
    explorer = explore(above, RAMP, level=(0, 255, 1, 100))
    bundle = explorer._repr_mimebundle_()
    assert base64.b64decode(bundle["image/jpeg"])[:2] == b"\xff\xd8"
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["text/plain"] == "<Explorer: level=100>"


def test_that_picture_is_not_mirrored():
    explorer = explore(lambda image, k: image > k, np.eye(16)[:8], max_side=64, k=[0.5])
    bundle = explorer._repr_mimebundle_()
    jpeg = np.frombuffer(base64.b64decode(bundle["image/jpeg"]), np.uint8)
    stored = cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE).astype(int)
    shown = cv2.imdecode(np.frombuffer(explorer._picture.value, np.uint8), 0)
    assert np.abs(stored - shown).max() < 30


def test_a_large_frame_is_sent_small():
    """A slider's move costs what the picture has, not what the frame has."""
    movie = lk.synth.simulate_movie(1, (256, 256), 16, seed=0)
    labels = np.tile(movie.labels[0], (8, 8))
    explorer = explore(
        lambda image, k: labels, np.tile(movie.images[0], (8, 8)), k=(0, 9, 1, 0)
    )
    before = explorer._picture.value
    assert decode(explorer).shape[:2] == (640, 640)
    explorer.sliders["k"].value = 1
    assert len(explorer._picture.value) < 1.1 * len(before) < 500_000
