"""The explorer of the annotation: settings, scores, the reason why, the file."""

import base64

import cv2
import numpy as np
import pytest
from commands import labkit_command

import labkit as lk
from labkit.auto import AutoParams, annotate
from labkit.explore import PRESETS, annotation
from labkit.metrics import match

NUCLEI = lk.data.load("nuclei")
IMAGE = NUCLEI.images[0]
TRUE = lk.labels.relabel(NUCLEI.labels[0])
CORNER = np.s_[300:512, 0:300]


@pytest.fixture
def explorer():
    return annotation(IMAGE[CORNER], lk.labels.relabel(TRUE[CORNER]))


def picture(explorer):
    return cv2.imdecode(np.frombuffer(explorer._picture.value, np.uint8), -1)


def test_it_begins_with_the_defaults(explorer):
    assert explorer.settings == AutoParams()
    assert explorer.presets.value == "default"
    assert np.array_equal(explorer.result.labels, annotate(IMAGE[CORNER]))


def test_it_tells_what_every_control_does(explorer):
    texts = [str(getattr(child, "value", "")) for child in explorer.children]
    (told,) = (text for text in texts if "<summary>" in text)
    for slider in explorer.sliders.values():
        assert f"<b>{slider.description}</b>" in told
    assert all(f"<b>{view}</b>" in told for view in explorer._view.options)


def test_every_parameter_has_a_slider_that_changes_the_settings(explorer):
    moves = {"method": "otsu", "diameter": 28.0, "clear_border": "yes"}
    moves |= {"area_tolerance": "keep all"}
    assert set(explorer.sliders) == set(AutoParams.__dataclass_fields__)
    for name, slider in explorer.sliders.items():
        before = getattr(explorer.settings, name)
        slider.value = moves.get(name, 0.3)
        assert getattr(explorer.settings, name) != before
    assert explorer.settings.area_tolerance is None
    assert explorer.settings.clear_border is True
    assert explorer.presets.value is None


def test_the_score_follows(explorer):
    expected = match(lk.labels.relabel(TRUE[CORNER]), annotate(IMAGE[CORNER]))
    assert explorer.score.f1 == expected.f1 > 0.6
    precision = explorer.score.precision
    explorer.sliders["area_tolerance"].value = "keep all"
    assert explorer.score.precision < precision
    assert f"precision {explorer.score.precision:.2f}, recall" in explorer.status


def test_without_a_truth_there_is_no_score():
    explorer = annotation(IMAGE[CORNER])
    assert explorer.score is None
    assert "nuclei kept of" in explorer.status
    assert "precision" not in explorer.status


def test_a_preset_sets_all_sliders_and_a_move_leaves_it(explorer):
    explorer.sliders["edge"].value = 0.7
    for name, params in PRESETS.items():
        explorer.presets.value = name
        assert explorer.settings == params
        assert np.array_equal(explorer.result.labels, annotate(IMAGE[CORNER], params))
    explorer.sliders["dent"].value = 0.5
    assert explorer.presets.value is None
    explorer.presets.value = "noisy"
    explorer.sliders["smoothing"].value = 0.04
    assert explorer.presets.value == "default"


def noisy(image):
    return image + np.random.default_rng(0).normal(0, 20, image.shape)


def blurred(image):
    return cv2.GaussianBlur(image.astype(np.float32), (0, 0), 3)


@pytest.mark.parametrize(
    ("name", "change", "gain"),
    [("noisy", noisy, 0.2), ("blurred", blurred, 0.02), ("touching", np.array, 0.005)],
)
def test_a_preset_helps_where_its_name_says(name, change, gain):
    image, keep = change(IMAGE), {"area_tolerance": None}
    usual = match(TRUE, annotate(image, AutoParams(**keep))).f1
    chosen = match(TRUE, annotate(image, PRESETS[name].replace(**keep))).f1
    assert chosen > usual + gain


def test_dense_nuclei_have_their_preset():
    dense = lk.synth.simulate_movie(1, (256, 256), 110, diameter=20, seed=3)
    keep = {"area_tolerance": None}
    usual = match(dense.labels[0], annotate(dense.images[0], AutoParams(**keep)))
    params = PRESETS["dense, dim"].replace(**keep)
    assert match(dense.labels[0], annotate(dense.images[0], params)).f1 > usual.f1


def test_for_training_is_strict_and_for_tracking_complete():
    found = {name: match(TRUE, annotate(IMAGE, p)) for name, p in PRESETS.items()}
    assert found["for training"].precision >= found["default"].precision
    assert found["for tracking"].recall > found["default"].recall + 0.05


def test_ask_why_a_nucleus_disappeared(explorer):
    steps = explorer.result
    row, col = np.argwhere((steps.objects > 0) & (steps.labels == 0))[50].tolist()
    before = explorer._picture.value
    explorer._picture.point = [row, col]  # what a click sends
    assert explorer.explanation.step == "area"
    assert "Too " in explorer._why.value
    assert "By hand" in explorer._why.value
    assert explorer._picture.value != before, "nothing was marked"
    assert (explorer._where["row"].value, explorer._where["col"].value) == (row, col)
    explorer.sliders["area_tolerance"].value = "keep all"  # asks again, there
    assert explorer.explanation.step == "kept"


def test_the_boxes_ask_too(explorer):
    explorer._where["row"].value = 100
    explorer._where["col"].value = 150
    assert explorer._picture.point == [100, 150]
    assert "row 100, col 150" in explorer._why.value
    assert explorer.why


def test_views(explorer):
    seen = set()
    for view in explorer._view.options:
        explorer._view.value = view
        seen.add(explorer._picture.value)
    assert len(seen) == 5
    explorer._view.value = "foreground"
    grey = picture(explorer)
    assert abs((grey > 127).mean() - explorer.result.foreground.mean()) < 0.02


def test_missed_nuclei_are_orange(explorer):
    def orange():
        blue, green, red = np.moveaxis(picture(explorer).astype(int), -1, 0)
        return np.mean((red > 200) & (green > 80) & (green < 170) & (blue < 90))

    before = orange()
    explorer.sliders["area_tolerance"].value = 0.1
    assert orange() > 1.5 * before > 0


def test_saved_parameters_give_the_same_labels_in_the_shell(explorer, tmp_path):
    explorer.presets.value = "touching"
    explorer.sliders["edge"].value = 0.5
    explorer.sliders["area_tolerance"].value = 0.7
    explorer._file.value = str(tmp_path / "mine.yaml")
    explorer.save_button.click()
    assert "--params" in explorer._saved.value
    lk.files.images.write_image(tmp_path / "image.tif", IMAGE[CORNER])
    options = ["-o", tmp_path / "out", "--params", tmp_path / "mine.yaml"]
    done = labkit_command("annotate", tmp_path / "image.tif", *options)
    assert done.exit_code == 0, done.output
    (path,) = (tmp_path / "out").glob("image*.tif")
    assert np.array_equal(lk.files.labels.read_labels(path), explorer.result.labels)
    assert AutoParams.load(tmp_path / "mine.yaml") == explorer.settings


def test_a_file_that_cannot_be_written_is_told(explorer, tmp_path):
    (tmp_path / "file").write_text("")
    explorer._file.value = str(tmp_path / "file" / "mine.yaml")
    explorer.save_button.click()
    assert "not saved" in explorer._saved.value


def test_readers_without_a_kernel_see_the_result(explorer):
    bundle = explorer._repr_mimebundle_()
    assert base64.b64decode(bundle["image/jpeg"])[:2] == b"\xff\xd8"
    assert bundle["text/plain"].startswith("<AnnotationExplorer: method='local'")


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="axes"):
        annotation(np.zeros((3, 8, 8)))
    with pytest.raises(ValueError, match="differ in shape"):
        annotation(np.zeros((8, 8)), np.zeros((8, 9), int))
    with pytest.raises(ValueError, match="for which there is no slider"):
        lk.explore.explore(
            lambda image, k: image,
            np.zeros((8, 8)),
            k=(0, 1, 1),
            presets={"a": {"l": 1}},
        )


def test_an_image_without_nuclei():
    explorer = annotation(np.zeros((40, 50), np.uint8))
    assert "0 nuclei kept of 0 found" in explorer.status
    assert explorer.ask(3, 4).step == "foreground"
