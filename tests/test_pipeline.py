"""The chain on files: complete results, going on after a stop, honest reports."""

import dataclasses
import re

import numpy as np
import pytest
import tifffile
import yaml

from labkit import data, pipeline, synth
from labkit.auto import AutoParams, annotate
from labkit.files.ctc import read_ctc
from labkit.files.images import read_movie, write_image
from labkit.files.labels import read_label_movie, read_labels, write_labels
from labkit.files.tables import read_csv
from labkit.files.trackmate import read_trackmate
from labkit.metrics import match, sum_matches
from labkit.models import StarDist, StarDistParams, TrainParams
from labkit.models import training as model_training
from labkit.pipeline import examples
from labkit.pipeline import movie as chains
from labkit.pipeline.batch import count
from labkit.track import TrackParams

QUICK = TrainParams(steps=4, batch_size=2, crop_size=64, every=2)
PARAMS = pipeline.RunParams(  # learns nothing
    model=StarDistParams(n_rays=8, width=8, depth=2), training=QUICK
)
LEARNING = pipeline.RunParams(  # finds most nuclei of the simulated movie
    model=StarDistParams(n_rays=16, width=16, depth=2),
    training=QUICK.replace(steps=120, every=20, lr=5e-3),
)


@pytest.fixture(scope="module")
def movie():
    return synth.simulate_movie(3, (96, 128), 8, diameter=20, seed=3)


@pytest.fixture(scope="module")
def finished(movie, tmp_path_factory):
    """A whole run, with a small network."""
    folder = tmp_path_factory.mktemp("run")
    lines = []
    report = pipeline.run(
        movie.images, folder, LEARNING, um_per_px=0.5, command="again", say=lines.append
    )
    return folder, report, lines


def partial_files(folder):
    return [p for p in folder.rglob("*") if p.name.startswith(".")]


def test_run_writes_every_intermediate(finished, movie):
    folder, report, lines = finished
    assert report == folder / "report.html"
    labels = read_labels(folder / "annotation" / "frame02.tif")
    assert np.array_equal(labels, annotate(movie.images[1]))
    assert (folder / "annotation" / "left_out" / "frame02.tif").exists()
    assert StarDist.load(folder / "model").params.n_rays == 16
    assert read_csv(folder / "model" / "history.csv")["step"][-1] == 120
    assert read_labels(folder / "segmentation" / "frame03.tif").shape == (96, 128)
    for name in ("auto.yaml", "train.yaml", "track.yaml", "run.yaml"):
        assert len(list(folder.rglob(name))) == 1, name
    assert len(lines) == 4
    assert not partial_files(folder)


def test_network_finds_what_nobody_drew(finished, movie):
    found = [read_labels(p) for p in sorted(finished[0].glob("segmentation/*.tif"))]
    total = sum_matches(map(match, movie.labels, found))
    assert total.f1 > 0.8  # 0.96 measured


def test_tracks_agree_in_all_their_files(finished):
    folder = finished[0] / "tracks"
    tracks = read_csv(folder / "tracks.csv")
    assert 6 <= np.unique(tracks["track_id"]).size <= 14
    movie = read_label_movie(folder / "tracks.tif")
    assert movie.shape == (3, 96, 128)
    assert set(np.unique(movie)) - {0} == set(tracks["track_id"])
    ctc_labels, _ = read_ctc(folder / "ctc")
    assert np.array_equal(ctc_labels > 0, movie > 0)
    session = read_trackmate(folder / "tracks.xml")
    assert np.array_equal(session.tracks["track_id"], tracks["track_id"])
    assert np.array_equal(session.labels > 0, movie > 0)
    assert read_movie(folder / "tracks_raw.tif").shape == movie.shape
    stats = read_csv(folder / "track_stats.csv")
    assert set(stats["track_id"]) == set(tracks["track_id"])
    edges = read_csv(folder / "edges.csv")
    assert 0.5 * len(tracks) < len(edges) < len(tracks)


def test_report_shows_numbers_pictures_and_parameters(finished):
    folder, report, _ = finished
    text = report.read_text(encoding="utf-8")
    n_kept = sum(
        count(read_labels(folder / "annotation" / f"frame0{k}.tif")) for k in (1, 2, 3)
    )
    assert f"<dd>{n_kept}</dd>" in text
    assert text.count("data:image/png") >= 5
    assert "area_tolerance: 0.5" in text
    assert "<pre>again</pre>" in text
    assert "stopped early" not in text
    assert "µm and frames (interval unknown)" in text


def test_second_run_only_reads(finished, movie, monkeypatch):
    folder, report, _ = finished

    def must_not(*args, **kwargs):
        raise AssertionError("computed again")

    monkeypatch.setattr(StarDist, "fit", must_not)
    monkeypatch.setattr("labkit.pipeline.movie.segment", must_not)
    report.unlink()
    pipeline.run(movie.images, folder, LEARNING)
    assert report.exists()


def test_another_run_is_not_mixed_in(finished, movie):
    folder, report, _ = finished
    before = report.read_text(encoding="utf-8")
    with pytest.raises(ValueError, match=r"another run.*images"):
        pipeline.run(movie.images[::-1], folder, LEARNING)
    other = dataclasses.replace(LEARNING, seed=5)
    with pytest.raises(ValueError, match=r"another run.*seed"):
        pipeline.run(movie.images, folder, other)
    assert report.read_text(encoding="utf-8") == before


def test_interrupted_training_keeps_weights_reports_and_goes_on(
    movie, tmp_path, monkeypatch
):
    real = model_training._Run.step

    def interrupt(self, step):
        if step == 3:
            raise KeyboardInterrupt
        real(self, step)

    with monkeypatch.context() as patch:
        patch.setattr(model_training._Run, "step", interrupt)
        with pytest.raises(KeyboardInterrupt):
            pipeline.run(movie.images, tmp_path, PARAMS)
    assert StarDist.load(tmp_path / "model").params.n_rays == 8
    facts = yaml.safe_load((tmp_path / "model" / "history.yaml").read_text())
    assert (facts["stopped"], facts["best_step"]) == ("interrupted", 2)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "stopped early; complete are: annotate." in text
    pipeline.run(movie.images, tmp_path, PARAMS)
    facts = yaml.safe_load((tmp_path / "model" / "history.yaml").read_text())
    assert facts["stopped"] != "interrupted"
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "stopped early" not in text


def test_interrupted_before_anything_was_learned_leaves_no_model(
    movie, tmp_path, monkeypatch
):
    def interrupt(self, step):
        raise KeyboardInterrupt

    monkeypatch.setattr(model_training._Run, "step", interrupt)
    with pytest.raises(KeyboardInterrupt):
        pipeline.run(movie.images, tmp_path, PARAMS)
    assert not (tmp_path / "model" / "model.yaml").exists()
    assert (tmp_path / "annotation" / "frame03.tif").exists()


def test_annotation_corrected_by_hand_is_what_is_trained_on(movie, tmp_path):
    pipeline.run(movie.images, tmp_path, PARAMS)
    path = tmp_path / "annotation" / "frame01.tif"
    corrected = np.zeros((96, 128), int)
    corrected[30:50, 40:60] = 1
    write_labels(path, corrected)
    chain = chains.Chain(movie.images, tmp_path, PARAMS)
    chain.annotate()
    assert np.array_equal(chain.labels[0], corrected)
    assert count(chain.labels[1]) > 1


def test_images_of_several_sizes_are_no_movie(movie, tmp_path):
    images = [movie.images[0], movie.images[1][:, :100]]
    report = pipeline.run(images, tmp_path, PARAMS)
    assert (tmp_path / "segmentation" / "frame02.tif").exists()
    assert not (tmp_path / "tracks").exists()
    assert "stopped early" not in report.read_text(encoding="utf-8")


def test_images_without_nuclei_fail_clearly_and_leave_a_report(tmp_path):
    with pytest.raises(ValueError, match=r"object|nucle"):
        pipeline.run(np.zeros((2, 80, 80), np.uint8), tmp_path, PARAMS)
    assert "no nuclei found" in (tmp_path / "report.html").read_text("utf-8")


def test_own_images_bad_files_are_left_out_and_named(movie, tmp_path, monkeypatch):
    source = tmp_path / "movie"
    for k, image in enumerate(movie.images):
        write_image(source / f"t{k}.tif", image, um_per_px=0.5)
    (source / "notes.txt").write_text("a stranger")
    (source / "t9.png").write_bytes(b"\x89PNG broken")
    monkeypatch.setattr(examples, "_params", lambda *a, **k: PARAMS)
    report = pipeline.demo_on(source, tmp_path / "out")
    assert (tmp_path / "out" / "segmentation" / "t1.tif").exists()
    text = report.read_text(encoding="utf-8")
    assert re.search(r"left out: .*t9\.png", text)


def test_own_images_of_one_name_are_refused(movie, tmp_path):
    write_image(tmp_path / "a.png", movie.images[0])
    write_image(tmp_path / "a.tif", movie.images[1])
    with pytest.raises(ValueError, match="two images are called a"):
        pipeline.demo_on(tmp_path, tmp_path / "out")


def test_own_images_that_are_no_movie(movie, tmp_path, monkeypatch):
    write_image(tmp_path / "in" / "m.tif", movie.images)
    monkeypatch.setattr(examples, "_params", lambda *a, **k: PARAMS)
    pipeline.demo_on(tmp_path / "in", tmp_path / "out", is_movie=False)
    assert (tmp_path / "out" / "segmentation" / "m-3.tif").exists()
    assert not (tmp_path / "out" / "tracks").exists()


def test_own_images_none_readable(tmp_path):
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(b"\x89PNG broken")
    with pytest.raises(ValueError, match=r"none of 2 images could be read: .*a\.png"):
        pipeline.demo_on(tmp_path, tmp_path / "out")


def test_demo_on_board(tmp_path, monkeypatch):
    monkeypatch.setattr(examples, "_params", lambda *a, **k: PARAMS)
    lines = []
    report = pipeline.demo(tmp_path, steps=4, say=lines.append)
    text = report.read_text(encoding="utf-8")
    for heading in (
        "Overview",
        "Accuracy against hand-drawn nuclei",
        "The model that comes along",
        "Tracking against known tracks",
    ):
        assert f"<h2>{heading}</h2>" in text
    assert "Its score here is no test" in text
    assert (tmp_path / "scratch_assay" / "tracks" / "ctc").is_dir()
    assert (tmp_path / "nuclei" / "bottom_half.tif").exists()
    ready_made = read_labels(tmp_path / "nuclei" / "bottom_half_ready_made.tif")
    assert match(data.load("nuclei").labels[0][256:], ready_made).f1 > 0.85
    assert text.count("<table ") >= 5
    assert not partial_files(tmp_path)


# pairs


def write_pairs(folder, movie, names=("a", "b")):
    for name, image, labels in zip(names, movie.images, movie.labels, strict=False):
        write_image(folder / "images" / f"{name}.png", image)
        write_labels(folder / "labels" / f"{name}.tif", labels)
    return folder / "images", folder / "labels"


def test_pairs_are_made_by_name(movie, tmp_path):
    images, labels = write_pairs(tmp_path, movie, ("f2", "f10"))
    pairs = pipeline.pair_files(images, labels)
    assert [(i.name, k.name) for i, k in pairs] == [
        ("f2.png", "f2.tif"),
        ("f10.png", "f10.tif"),
    ]
    loaded, truth, masks = pipeline.load_pairs(pairs)
    assert np.array_equal(loaded[1], movie.images[1])
    assert np.array_equal(truth[1], movie.labels[1])
    assert masks is None


def test_left_out_masks_are_found(movie, tmp_path):
    images, labels = write_pairs(tmp_path, movie)
    mask = np.zeros((96, 128), np.uint8)
    mask[:10] = 255
    write_image(labels / "left_out" / "b.tif", mask)
    pairs = pipeline.pair_files(images, labels)
    _, _, masks = pipeline.load_pairs(pairs)
    assert not masks[0].any()
    assert np.array_equal(masks[1], mask > 0)
    assert pipeline.load_pairs(pairs, use_left_out=False)[2] is None


def test_files_without_partner_are_named(movie, tmp_path):
    images, labels = write_pairs(tmp_path, movie)
    (labels / "b.tif").rename(labels / "c.tif")
    with pytest.raises(ValueError, match=r"b without labels.*c without an image"):
        pipeline.pair_files(images, labels)


def test_two_files_of_one_name_are_refused(movie, tmp_path):
    images, labels = write_pairs(tmp_path, movie)
    write_image(images / "a.tif", movie.images[0])
    with pytest.raises(ValueError, match=r"a\.(png|tif) and .*have one name"):
        pipeline.pair_files(images, labels)


def test_pairs_of_other_shapes_are_refused(movie, tmp_path):
    images, labels = write_pairs(tmp_path, movie)
    write_labels(labels / "a.tif", movie.labels[0][:50])
    pairs = pipeline.pair_files(images, labels)
    with pytest.raises(ValueError, match=r"a\.png .*a\.tif .*differ in shape"):
        pipeline.load_pairs(pairs)


def test_raw_images_and_masks_are_no_labels(movie, tmp_path):
    images, labels = write_pairs(tmp_path, movie)
    with pytest.raises(ValueError, match=r"a\.png does not look like label images"):
        pipeline.load_pairs(pipeline.pair_files(images, images))
    tifffile.imwrite(labels / "b.tif", (movie.labels[1] > 0).astype(np.uint8))  # 0, 1
    with pytest.raises(ValueError, match=r"b\.tif .*or labkit annotate"):
        pipeline.load_pairs(pipeline.pair_files(images, labels))


def test_movies_are_pairs_too(movie, tmp_path):
    write_image(tmp_path / "i" / "m.tif", movie.images)
    write_labels(tmp_path / "l" / "other.tif", movie.labels)
    pairs = pipeline.pair_files(tmp_path / "i", tmp_path / "l")
    images, labels, _ = pipeline.load_pairs(pairs)
    assert len(images) == len(labels) == 3


# one step on many files


def test_annotate_goes_on_after_a_bad_file(movie, tmp_path):
    write_image(tmp_path / "in" / "a.png", movie.images[0])
    (tmp_path / "in" / "b.png").write_bytes(b"")
    tifffile.imwrite(tmp_path / "in" / "c.tif", np.full((40, 40), np.nan, "f4"))
    write_image(tmp_path / "in" / "d.tif", movie.images, um_per_px=0.5)
    jobs = pipeline.plan(tmp_path / "in", tmp_path / "out")
    a, b, c, d = pipeline.annotate_files(jobs)
    assert a.n_objects == [annotate(movie.images[0]).max()]
    assert "empty" in b.error
    assert "NaN" in c.error
    assert len(d.n_objects) == 3
    assert sorted(p.name for p in (tmp_path / "out").glob("*.tif")) == [
        "a.tif",
        "d.tif",
    ]
    assert read_label_movie(d.output).shape == movie.images.shape


def test_blank_image_is_warned_about(tmp_path):
    write_image(tmp_path / "in" / "blank.png", np.full((60, 60), 7, np.uint8))
    jobs = pipeline.plan(tmp_path / "in", tmp_path / "out")
    (result,) = pipeline.annotate_files(jobs)
    assert result.n_objects == [0]
    assert any("no nuclei found" in warning for warning in result.warnings)
    assert not read_labels(result.output).any()


def test_existing_results(movie, tmp_path):
    write_image(tmp_path / "in" / "a.png", movie.images[0])
    write_image(tmp_path / "in" / "b.png", movie.images[1])
    out = tmp_path / "out"
    write_labels(out / "a.tif", np.eye(5, dtype=int))
    with pytest.raises(ValueError, match=r"1 of 2 results already, such as a\.tif"):
        pipeline.plan(tmp_path / "in", out)
    (job,) = pipeline.plan(tmp_path / "in", out, "skip")
    assert job.path.name == "b.png"
    assert len(pipeline.plan(tmp_path / "in", out, "overwrite")) == 2
    with pytest.raises(ValueError, match="existing must be one of"):
        pipeline.plan(tmp_path / "in", out, "perhaps")


def test_results_of_other_parameters_are_not_mixed_in_silence(movie, tmp_path):
    for name in ("a", "b"):
        write_image(tmp_path / "in" / f"{name}.png", movie.images[0])
    out = tmp_path / "out"
    (first,) = pipeline.annotate_files(pipeline.plan(tmp_path / "in" / "a.png", out))
    assert first.warnings == []
    jobs = pipeline.plan(tmp_path / "in", out, "skip")
    (second,) = pipeline.annotate_files(jobs, AutoParams(diameter=14.0))
    told = "a.tif in .* were made with other parameters: diameter was None and is 14.0"
    assert re.match(told, second.warnings[-1])
    jobs = pipeline.plan(tmp_path / "in", out, "overwrite")
    for result in pipeline.annotate_files(jobs):
        assert result.warnings == []


def test_results_never_replace_their_input_or_each_other(movie, tmp_path):
    write_image(tmp_path / "a.tif", movie.images[0])
    with pytest.raises(ValueError, match=r"would replace its input .*a\.tif"):
        pipeline.plan(tmp_path, tmp_path)
    write_image(tmp_path / "a.png", movie.images[0])
    with pytest.raises(ValueError, match="would both be written"):
        pipeline.plan(tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    (tmp_path / "a.tif").unlink()
    with pytest.raises(ValueError, match="would lie among the images"):
        pipeline.plan(tmp_path / "a.png", tmp_path)


def test_folder_that_cannot_be_made(movie, tmp_path):
    write_image(tmp_path / "a.png", movie.images[0])
    with pytest.raises(ValueError, match="a file stands in its way"):
        pipeline.plan(tmp_path / "a.png", tmp_path / "a.png")
    with pytest.raises(ValueError, match="a file stands in its way"):
        pipeline.plan(tmp_path / "a.png", tmp_path / "a.png" / "sub")


def test_no_write_permission(movie, tmp_path, monkeypatch):
    write_image(tmp_path / "a.png", movie.images[0])

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.mkdir", refuse)
    with pytest.raises(PermissionError, match=r"cannot make the folder .*denied"):
        pipeline.plan(tmp_path / "a.png", tmp_path / "out")


def test_track_files(movie, tmp_path):
    write_labels(tmp_path / "m.tif", movie.labels, um_per_px=0.5, minutes_per_frame=2)
    params = TrackParams(max_distance=15)
    labels, tracks = pipeline.track_files(tmp_path / "m.tif", tmp_path / "o", params)
    assert np.array_equal(labels, movie.labels)
    same = read_csv(tmp_path / "o" / "tracks.csv")
    assert np.array_equal(same["track_id"], tracks["track_id"])
    assert TrackParams.load(tmp_path / "o" / "track.yaml") == params
    with pytest.raises(ValueError, match="holds tracks already"):
        pipeline.track_files(tmp_path / "m.tif", tmp_path / "o", params)
    pipeline.track_files(tmp_path / "m.tif", tmp_path / "o", params, overwrite=True)


def test_tracking_needs_two_frames(movie, tmp_path):
    write_labels(tmp_path / "m.tif", movie.labels[0])
    with pytest.raises(ValueError, match="at least 2 frames"):
        pipeline.track_files(tmp_path / "m.tif", tmp_path / "o")
