"""Adaptation: first annotation, doubts, uniform size, synthesis, the whole in one."""

import dataclasses

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

import labkit as lk
from labkit.adapt import (
    AdaptParams,
    Presegmentation,
    adapt,
    doubt,
    doubtful,
    fit_renderer,
    given,
    presegment,
    synthesise,
    to_uniform,
    train,
)
from labkit.adapt.shelf import Shelf
from labkit.cli import app
from labkit.files.images import write_image
from labkit.models import StarDist, StarDistParams
from labkit.pipeline import adapt_files

QUICK = AdaptParams(
    presegment="auto", steps=6, n_synthetic=2, side=64, crop_size=32, diameter=14
)


def discs(shape=(96, 128), radius=8, seed=0, value=200, colour=False):
    """Bright discs on a dark ground, or dark purple ones on white, and labels."""
    rng = np.random.default_rng(seed)
    labels, number = np.zeros(shape, np.int32), 0
    for row in range(16, shape[0] - 10, 28):
        for col in range(16, shape[1] - 10, 28):
            number += 1
            centre = (col + int(rng.integers(-3, 4)), row + int(rng.integers(-3, 4)))
            cv2.circle(labels, centre, radius + int(rng.integers(-1, 2)), number, -1)
    if colour:
        image = np.full((*shape, 3), 235.0)
        image[labels > 0] = (110, 50, 150)
    else:
        image = np.where(labels > 0, float(value), 20.0)
    image = cv2.GaussianBlur(image, (0, 0), 1) + rng.normal(0, 3, image.shape)
    return image.clip(0, 255).astype(np.uint8), labels


@pytest.fixture(autouse=True)
def untuned(monkeypatch):
    """Six steps teach nothing; what such a network sees below its threshold is much."""
    monkeypatch.setattr(StarDist, "_tune", lambda *arguments: None)


def small_model(channels=3):
    return StarDist(StarDistParams(channels=channels, width=8, depth=1))


# First annotation


@pytest.mark.parametrize("colour", [False, True])
def test_the_automatic_annotation_finds_bright_and_stained_nuclei(colour):
    image, labels = discs(colour=colour)
    found = presegment(image)
    assert lk.metrics.match(labels, found.labels).f1 == 1
    assert not (found.unsure & (found.labels > 0)).any()
    assert found.diameter == pytest.approx(lk.labels.median_diameter(labels), rel=0.1)


def test_the_model_annotates_and_says_what_it_is_not_sure_of():
    image, labels = discs(seed=3)
    model = StarDist.load("nuclei")
    sure = presegment(image, model)
    assert lk.metrics.match(labels, sure.labels).f1 > 0.9
    model.params = model.params.replace(prob_thresh=0.95)
    strict = presegment(image, model)
    assert not (strict.unsure & (strict.labels > 0)).any()
    missed = (sure.labels > 0) & (strict.labels == 0)
    if strict.labels.any():  # else there is no size to look again at
        assert strict.unsure[missed].mean() > 0.6


def test_own_labels_leave_no_doubt():
    image, labels = discs()
    found = given(image, labels * 3)
    assert found.labels.max() == labels.max()
    assert not found.unsure.any()


def test_faint_dented_and_tiny_objects_are_doubted():
    image, labels = discs()
    image[labels == 1] = 45  # of 200
    labels[labels == 2] = 0
    labels[40:42, 40:42] = 99
    image[40:42, 40:42] = 200
    third = np.argwhere(labels == 3)
    middle = third.mean(axis=0).astype(int)
    labels[middle[0] - 9 : middle[0] + 1, middle[1] - 1 : middle[1] + 2] = 0
    labels[middle[0] : middle[0] + 12, middle[1] - 1 : middle[1] + 2] = 3
    assert set(doubtful([image], [labels])[0]) == {1, 3, 99}
    (kept,) = doubt([image], [Presegmentation(labels, np.zeros(labels.shape, bool))])
    assert kept.unsure[labels == 1].all()
    assert not kept.labels[labels == 1].any()
    assert kept.labels.max() == np.unique(labels).size - 1 - 3


def test_doubting_nothing_at_all():
    empty = Presegmentation(np.zeros((9, 9), np.int32), np.zeros((9, 9), bool))
    (kept,) = doubt([np.zeros((9, 9))], [empty])
    assert not kept.labels.any()
    assert doubt([], []) == []


# Size


@pytest.mark.parametrize("wanted", [8.0, 17.0, 40.0])
def test_the_typical_object_gets_the_wanted_size(wanted):
    image, labels = discs()
    unsure = labels == 2
    one = to_uniform(image, np.where(unsure, 0, labels), wanted, unsure=unsure)
    assert lk.labels.median_diameter(one.labels) == pytest.approx(wanted, rel=0.06)
    assert one.image.dtype == np.uint8
    assert one.image.shape == one.labels.shape == one.unsure.shape
    assert one.unsure.any()
    assert not (one.unsure & (one.labels > 0)).any()


def test_tiny_and_huge_objects_are_scaled_within_limits():
    labels = np.zeros((200, 200), np.int32)
    labels[5:7, 5:7] = 1
    tiny = to_uniform(labels * 9.0, labels, 60.0)
    assert tiny.image.shape == (1200, 1200)  # 6 times, not 27
    labels[:] = 1
    labels[0] = 0
    assert to_uniform(labels * 9.0, labels, 10.0).image.shape == (33, 33)


def test_an_image_without_objects_stays_as_it_is():
    image, labels = discs()
    one = to_uniform(image, np.zeros_like(labels), 40.0)
    assert np.array_equal(one.image, image)


# Synthesis and training


@pytest.mark.parametrize("renderer", ["statistics", "copy-paste", "pix2pix"])
@pytest.mark.parametrize("colour", [False, True])
def test_every_renderer_makes_pairs_by_number(renderer, colour):
    params = QUICK.replace(renderer=renderer, render_steps=2, side=128)
    image, labels = discs(colour=colour)
    examples = [to_uniform(image, labels, params.diameter)]
    fitted = fit_renderer(examples, params)
    first, second = synthesise(examples, fitted, params, numbers=[0, 1])
    (again,) = synthesise(examples, fitted, params, numbers=[1])
    assert np.array_equal(second.image, again.image)
    assert not np.array_equal(first.labels, second.labels)
    assert first.image.shape == (128, 128, 3)[: image.ndim]
    size = lk.labels.median_diameter(first.labels)
    assert size == pytest.approx(params.diameter, rel=0.25)
    if renderer != "pix2pix":
        inside, outside = (first.image[first.labels > 0].mean(), first.image.mean())
        assert (inside < outside) == colour


def test_shares_say_how_often_each_kind_is_drawn(monkeypatch):
    image, labels = discs()
    one = to_uniform(image, labels, 14.0)
    seen = {}
    model = small_model()
    monkeypatch.setattr(model, "fit", lambda *a, **k: seen.update(k, images=a[0]))
    train(model, [([one] * 9, 3.0), ([one], 1.0), ([one] * 4, 0.0)], QUICK)
    chance = np.array(seen["chance"])
    assert len(chance) == len(seen["images"]) == 8 + 1
    assert chance[:8].sum() / chance[8:].sum() == pytest.approx(3.0)
    assert len(seen["validation"][0]) == 1 + 1


@pytest.mark.parametrize(("n", "n_held"), [(2, 1), (8, 1), (12, 1), (50, 6)])
def test_whole_images_are_held_out(n, n_held, monkeypatch):
    one = to_uniform(*discs(), 14.0)
    seen, model = {}, small_model()
    monkeypatch.setattr(model, "fit", lambda *a, **k: seen.update(k, images=a[0]))
    train(model, [([one] * n, 1.0)], QUICK)
    assert len(seen["validation"][0]) == n_held
    assert len(seen["images"]) == n - n_held


# The whole


def test_the_whole_in_one_call_and_again_from_disk(tmp_path):
    grey = [discs(seed=k)[0] for k in range(3)]
    stained = [discs(seed=k, colour=True)[0] for k in range(3)]
    call = {"model": small_model(), "params": QUICK, "progress": False}
    call |= {"folder": tmp_path / "a", "source": ([grey[0]], [discs(seed=0)[1]])}
    done = adapt(grey + stained, **call)
    assert done.styles.n_styles == 2
    assert len(set(done.styles.style[:3])) == len(set(done.styles.style[3:])) == 1
    assert [len(made) for made in done.synthetic] == [2, 2]
    assert done.history.steps[-1] == 6
    assert [one.shape for one in done.labels] == [(96, 128)] * 6
    truth = [discs(seed=k)[1] for k in range(3)] * 2
    for one, labels in zip(done.first, truth, strict=True):
        assert lk.metrics.match(labels, one.labels).f1 > 0.9
    again = adapt(grey + stained, **call)
    assert again.history == done.history  # read, not trained again: seconds are equal
    for a, b in zip(done.labels, again.labels, strict=True):
        assert np.array_equal(a, b)


def test_a_stopped_adaptation_goes_on_where_it_was(tmp_path, monkeypatch):
    images = [discs(seed=k)[0] for k in range(4)]
    call = {"model": small_model(1), "params": QUICK, "progress": False}
    whole = adapt(images, **call)
    calls = []

    def stops(image, model=None):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return presegment(image, model)

    monkeypatch.setattr("labkit.adapt.adapting.presegment", stops)
    with pytest.raises(KeyboardInterrupt):
        adapt(images, folder=tmp_path, **call)
    done = adapt(images, folder=tmp_path, **call)
    assert len(calls) == 3 + 2  # two were on disk
    for a, b in zip(whole.labels, done.labels, strict=True):
        assert np.array_equal(a, b)


def test_the_model_handed_in_is_left_alone():
    images = [discs(seed=k)[0] for k in range(2)]
    model = small_model(1)
    before = {n: v.clone() for n, v in model.net.state_dict().items()}
    adapt(images, model=model, params=QUICK, progress=False)
    assert all((before[n] == v).all() for n, v in model.net.state_dict().items())
    assert model.params.diameter == 0


def test_same_seed_same_result():
    images = [discs(seed=k)[0] for k in range(2)]
    first, second = (
        adapt(images, model=small_model(1), params=QUICK, progress=False)
        for _ in range(2)
    )
    assert first.history.val_loss == second.history.val_loss


def test_own_labels_replace_the_annotation_of_their_image():
    pairs = [discs(seed=k) for k in range(3)]
    own = np.where(pairs[1][1] == 1, 1, 0)
    call = {"model": small_model(1), "params": QUICK, "progress": False}
    done = adapt([image for image, _ in pairs], labels=[None, own, None], **call)
    assert done.first[1].labels.max() == 1
    assert done.first[0].labels.max() == pairs[0][1].max()


def test_empty_images_are_set_aside_and_told():
    images = [discs(seed=k)[0] for k in range(3)]
    images.append(np.random.default_rng(0).normal(99, 2, (96, 128)).astype(np.uint8))
    call = {"model": small_model(1), "progress": False}
    done = adapt(images, params=QUICK.replace(n_styles=2), **call)
    assert done.real[3] is None
    assert any("images (numbers [3])" in note for note in done.notes)
    assert any("has no objects" in note for note in done.notes)
    assert done.labels[3].shape == (96, 128)


def test_nothing_found_anywhere_says_what_to_do():
    empty = [np.random.default_rng(0).normal(99, 2, (64, 64))] * 2
    with pytest.raises(ValueError, match="annotate one image"):
        adapt(empty, model=small_model(1), params=QUICK, progress=False)


def test_a_second_round_is_annotated_by_the_model(monkeypatch):
    image, labels = discs()
    seen = []

    def watch(image, model=None):
        seen.append(model)
        return given(image, labels)

    monkeypatch.setattr("labkit.adapt.adapting.presegment", watch)
    params = QUICK.replace(rounds=2)
    model = small_model(1)
    done = adapt([image], model=model, params=params, progress=False)
    assert seen[0] is None
    assert seen[1] is not None
    assert seen[1] is not model
    assert done.model is not seen[1]


def test_stopping_the_training_keeps_the_weights_and_says_so(monkeypatch):
    images = [discs(seed=k)[0] for k in range(2)]
    fit = StarDist.fit

    def stopped(self, *arrays, **how):
        history = fit(self, *arrays, **how)
        history.stopped = "interrupted"
        return history

    monkeypatch.setattr(StarDist, "fit", stopped)
    done = adapt(images, model=small_model(1), params=QUICK, progress=False)
    assert any("stopped" in note for note in done.notes)
    assert done.labels[0].shape == images[0].shape


def test_no_round_follows_a_training_that_was_stopped(tmp_path, monkeypatch):
    fit, calls = StarDist.fit, []

    def stopped(self, *arrays, **how):
        history = fit(self, *arrays, **how)
        history.stopped = "finished" if calls else "interrupted"
        calls.append(1)
        return history

    monkeypatch.setattr(StarDist, "fit", stopped)
    monkeypatch.setattr(
        "labkit.adapt.adapting.presegment", lambda image, model=None: presegment(image)
    )
    call = {"model": small_model(1), "params": QUICK.replace(rounds=2)}
    call |= {"folder": tmp_path, "progress": False}
    adapt([discs()[0]], **call)
    assert calls == [1]
    assert not (tmp_path / "round2").exists()
    assert not (tmp_path / "round1" / "3_model").exists()
    done = adapt([discs()[0]], **call)
    assert len(calls) == 3
    assert done.history.stopped == "finished"
    assert not (tmp_path / "round1" / "4_segmented").exists()  # only the last round's


def test_what_the_model_annotates_may_be_of_any_size():
    image = np.full((64, 64), 20, np.uint8)
    image[30:33, 30:33] = 200  # 3 px, more than 8 times below the model's nuclei
    image = image + np.random.default_rng(0).integers(0, 5, image.shape, np.uint8)
    found = presegment(image, StarDist.load("nuclei"))
    assert found.labels.shape == found.unsure.shape == image.shape


def test_the_default_model_comes_along():
    images = [discs(seed=k)[0] for k in range(2)]
    params = QUICK.replace(presegment="model", steps=2, crop_size=96)
    done = adapt(images, params=params, progress=False)
    assert lk.metrics.match(discs(seed=0)[1], done.first[0].labels).f1 > 0.9


# Parameters, folders, command line


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"presegment": "me"}, "presegment"),
        ({"renderer": "gan"}, "statistics"),
        ({"steps": 0}, "at least 1"),
        ({"n_synthetic": -1}, "0 or more"),
        ({"real": 0, "synthetic": 0}, "nothing to learn"),
    ],
)
def test_values_that_make_no_sense_are_refused(change, said):
    with pytest.raises(ValueError, match=said):
        AdaptParams().replace(**change)


def test_bad_input_is_refused():
    image, labels = discs()
    with pytest.raises(ValueError, match="at least one"):
        adapt([])
    with pytest.raises(ValueError, match="None where"):
        adapt([image], labels=[labels, labels])
    with pytest.raises(ValueError, match="NaN"):
        adapt([np.full((20, 20), np.nan)])


def test_a_folder_of_something_else_is_refused(tmp_path):
    Shelf(tmp_path, {"steps": 3})
    Shelf(tmp_path, {"steps": 3})
    with pytest.raises(ValueError, match="steps was 3"):
        Shelf(tmp_path, {"steps": 4})


@pytest.mark.parametrize("other", ["images", "model", "labels"])
def test_a_folder_made_from_something_else_is_refused(other, tmp_path):
    image, labels = discs()
    call = {"model": small_model(1), "params": QUICK, "progress": False}
    adapt([image], folder=tmp_path, **call)
    images = [image[::-1]] if other == "images" else [image]
    if other == "labels":
        call["labels"] = [labels]
    if other == "model":
        call["model"] = StarDist(StarDistParams(width=8, depth=1), seed=5)
    with pytest.raises(ValueError, match="another folder"):
        adapt(images, folder=tmp_path, **call)


def test_params_survive_their_file(tmp_path):
    QUICK.save(tmp_path / "adapt.yaml")
    assert AdaptParams.load(tmp_path / "adapt.yaml") == QUICK


def test_the_command_makes_labels_model_and_report(tmp_path, monkeypatch):
    for k in range(4):
        write_image(tmp_path / "in" / f"{k}.png", discs(seed=k)[0])
    small_model(1).save(tmp_path / "start")
    dataclasses.replace(QUICK).save(tmp_path / "quick.yaml")
    words = ["adapt", str(tmp_path / "in"), "-o", str(tmp_path / "out")]
    words += ["--params", str(tmp_path / "quick.yaml")]
    words += ["--model", str(tmp_path / "start")]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    assert "4 images, 1 style, 2 synthetic pairs" in result.output
    assert len(list((tmp_path / "out" / "labels").glob("*.tif"))) == 4
    report = (tmp_path / "out" / "report.html").read_text("utf-8")
    for heading in ("Styles", "First annotation", "Synthetic images", "Training"):
        assert heading in report
    assert StarDist.load(tmp_path / "out" / "model").params.diameter > 0
    other = CliRunner().invoke(app, [*words, "--steps", "7"])
    assert other.exit_code == 1
    assert "another folder" in other.output


def test_two_images_of_one_name_are_refused(tmp_path):
    for name in ("a.png", "a.tif"):
        write_image(tmp_path / "in" / name, discs()[0])
    words = ["adapt", str(tmp_path / "in"), "-o", str(tmp_path / "out")]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 1
    assert "one name" in result.output


def test_each_frame_of_a_movie_is_an_image(tmp_path):
    frames, labels = map(np.stack, zip(*[discs(seed=k) for k in range(3)], strict=True))
    write_image(tmp_path / "in" / "movie.tif", frames)
    write_image(tmp_path / "in" / "one.tif", discs(shape=(64, 80), seed=9)[0])
    lk.files.labels.write_labels(tmp_path / "own" / "movie.tif", labels)
    images, folder = tmp_path / "in", tmp_path / "out"
    call = {"model": small_model(1), "progress": False, "labels": tmp_path / "own"}
    done = adapt_files(images, folder, QUICK, **call)
    assert len(done.labels) == 4
    written = lk.files.labels.read_label_movie(folder / "labels" / "movie.tif")
    assert written.shape == frames.shape
    assert (folder / "report.html").is_file()
    lk.files.labels.write_labels(tmp_path / "own" / "movie.tif", labels[:2])
    with pytest.raises(ValueError, match="2 frames, its image 3"):
        adapt_files(images, tmp_path / "other", QUICK, **call)


def test_colour_is_refused_by_a_grey_model_before_any_work(tmp_path):
    images = [discs()[0], discs(colour=True)[0]]
    with pytest.raises(ValueError, match=r"images\[1\] is in colour.*channels=3"):
        adapt(images, model=small_model(1), params=QUICK, folder=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_strange_labels_are_named(tmp_path):
    write_image(tmp_path / "in" / "a.png", discs()[0])
    lk.files.labels.write_labels(tmp_path / "own" / "b.png", discs()[1])
    words = ["adapt", str(tmp_path / "in"), "-o", str(tmp_path / "out")]
    result = CliRunner().invoke(app, [*words, "--labels", str(tmp_path / "own")])
    assert result.exit_code == 1
    assert "'b'" in result.output
