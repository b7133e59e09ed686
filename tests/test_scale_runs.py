"""Runs over whole experiments: the result, its zarr, memory, segmentation."""

import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import tifffile
from scale_scenes import (
    CORE,
    DIAMETER,
    PARAMS,
    QUIET,
    annotate_scan,
    disc_labels,
    labels_of,
    on_seams,
    picture,
    write_movie,
    write_scan,
)

from labkit import data, scale
from labkit.auto import AutoParams, annotate
from labkit.files.images import write_image
from labkit.files.tables import read_csv
from labkit.labels import object_table
from labkit.metrics import match
from labkit.scale import preparing, running
from labkit.scale.sources import Source


@pytest.fixture(scope="module")
def truth():
    return disc_labels(more=on_seams())


@pytest.fixture(scope="module")
def scan(truth, tmp_path_factory):
    return write_scan(tmp_path_factory.mktemp("scan"), truth)


@pytest.fixture(scope="module")
def done(scan):
    return annotate_scan(scan)


@pytest.fixture(scope="module")
def movie(tmp_path_factory):
    return write_movie(tmp_path_factory.mktemp("movie"))


# The result


def test_blocks_find_what_the_whole_image_gives(scan, done, truth):
    found = labels_of(done)[0]
    whole = annotate(picture(truth), PARAMS)
    assert match(whole, found, 0.9).f1 == 1
    assert match(truth, found, 0.5).f1 == match(truth, whole, 0.5).f1
    assert found.max() == whole.max() == done.n_objects[0]
    for row, col in on_seams():
        assert found[round(row), round(col)] > 0
    (note,) = done.warnings  # none of seams; the scene is sharp, and noisy
    assert note.startswith("in the middle of frame 0: low contrast")


def test_other_blocks_give_the_same(scan, done, tmp_path):
    other = scale.annotate_zarr(scan, tmp_path / "o.zarr", PARAMS, block=512, **QUIET)
    assert match(labels_of(done)[0], labels_of(other)[0], 0.9).f1 == 1
    assert other.n_objects == done.n_objects


@pytest.mark.skipif(not data.is_local("mdck_frame01"), reason="needs LABKIT_DATA: mdck")
def test_real_nuclei_in_blocks(tmp_path):
    frame = data.load("mdck_frame01")
    image, true = frame.images[0], frame.labels[0]
    tifffile.imwrite(tmp_path / "a.tif", image, tile=(256, 256))
    how = {"block": 1024, **QUIET}
    result = scale.annotate_zarr(tmp_path / "a.tif", tmp_path / "a.zarr", **how)
    found = labels_of(result)[0]
    whole = annotate(image, AutoParams(diameter=result.diameter))
    assert match(whole, found, 0.5).f1 > 0.99
    assert match(true, found).f1 > match(true, whole).f1 - 0.005
    assert match(true, found).mean_iou > match(true, whole).mean_iou - 0.005


def test_labels_are_consecutive_and_the_table_describes_them(done, truth):
    labels, image = labels_of(done)[0], picture(truth)
    table = read_csv(done.table)
    assert sorted(np.unique(labels)) == list(range(done.n_objects[0] + 1))
    assert table["label"].tolist() == list(range(1, done.n_objects[0] + 1))
    direct = object_table(labels, image)
    assert set(table["frame"]) == {0}
    for name in direct.dtype.names:
        np.testing.assert_allclose(table[name], direct[name], rtol=1e-9, atol=1e-9)


def test_frames_of_one_block_are_as_without_blocks(movie, tmp_path):
    result = scale.annotate_zarr(movie, tmp_path / "m.zarr", **QUIET)
    labels = labels_of(result)
    params = AutoParams(diameter=result.diameter)
    source = scale.open_source(movie)
    for t in range(5):
        np.testing.assert_array_equal(labels[t], annotate(source.read(t), params))
    assert result.n_objects == [int(one.max()) for one in labels]
    assert 0.8 * DIAMETER < result.diameter < 1.3 * DIAMETER


def test_nuclei_larger_than_the_halo_are_reported(scan, done, tmp_path):
    call = scan, tmp_path / "o.zarr", PARAMS
    result = scale.annotate_zarr(*call, block=CORE, halo=3, **QUIET)
    contrast, lost = result.warnings
    assert [contrast] == done.warnings
    assert "objects at seams are larger than the halo of 3 px" in lost
    found, expected = labels_of(result)[0], labels_of(done)[0]
    assert found[256, 256] == 0  # on the corner of four blocks: seen whole by none
    inner = np.s_[10:240, 10:240]
    assert match(expected[inner], found[inner], 0.75).f1 == 1
    n_lost = int(lost.split()[0])
    assert 0 < n_lost < 0.15 * done.n_objects[0]


def test_an_empty_movie_says_so(tmp_path):
    write_image(tmp_path / "a.tif", np.zeros((2, 300, 300), np.uint8))
    with pytest.raises(ValueError, match="no nuclei seen"):
        scale.annotate_zarr(tmp_path / "a.tif", tmp_path / "a.zarr", **QUIET)
    result = scale.annotate_zarr(
        tmp_path / "a.tif", tmp_path / "b.zarr", PARAMS, **QUIET
    )
    assert result.n_objects == [0, 0]
    assert result.warnings == ["no nuclei found"]


# OME-Zarr


def test_the_pyramid_and_its_metadata(done):
    import zarr

    image = zarr.open_group(done.path / "labels" / "nuclei", mode="r")
    about = image.attrs["multiscales"][0]
    assert about["version"] == "0.4"
    assert [axis["name"] for axis in about["axes"]] == ["t", "y", "x"]
    assert "image-label" in image.attrs
    labels = labels_of(done)
    for level, one in enumerate(about["datasets"]):
        step = 2**level
        assert one["path"] == str(level)
        (transform,) = one["coordinateTransformations"]
        assert transform == {"type": "scale", "scale": [1.0, step, step]}
        np.testing.assert_array_equal(labels_of(done, level), labels[:, ::step, ::step])
    assert level >= 1
    listed = zarr.open_group(done.path / "labels", mode="r").attrs["labels"]
    assert listed == ["nuclei"]
    again = scale.open_source(done.path / "labels" / "nuclei")
    assert again.shape == labels.shape


def test_two_sets_of_labels_in_one_zarr(movie, tmp_path):
    out = tmp_path / "two.zarr"
    scale.annotate_zarr(movie, out, PARAMS, name="one", **QUIET)
    second = PARAMS.replace(area_tolerance=None)
    scale.annotate_zarr(movie, out, second, name="two", **QUIET)
    listed = json.loads((out / "labels" / ".zattrs").read_text())["labels"]
    assert listed == ["one", "two"]
    assert (tmp_path / "two_one.csv").exists()
    with pytest.raises(FileNotFoundError, match="no labels 'three'"):
        scale.read_labels(out, "three")


# Memory


def test_a_plane_is_never_read_or_held_as_a_whole(tmp_path, monkeypatch):
    labels = np.tile(disc_labels((512, 512)), (4, 4))
    path, sizes = tmp_path / "a.tif", []
    tifffile.imwrite(path, picture(labels), tile=(256, 256))
    original = Source.read

    def read(self, *window):
        sizes.append(original(self, *window).size)
        return original(self, *window)

    tracemalloc.start()
    annotate(picture(labels), PARAMS)
    as_a_whole = tracemalloc.get_traced_memory()[1]
    run = preparing.prepare_annotation(path, tmp_path / "b.zarr", PARAMS, block=512)
    monkeypatch.setattr(Source, "read", read)
    tracemalloc.reset_peak()
    running.compute(run, progress=False, workers=1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert max(sizes) <= (512 + 2 * 60) ** 2
    assert peak < as_a_whole / 4


# Before the work


def test_estimate_keeps_what_it_timed(scan, done, tmp_path):
    call = scan, tmp_path / "a.zarr", PARAMS
    run = scale.prepare_annotation(*call, block=CORE)
    expected = scale.estimate(run, workers=1)
    assert (expected.n_blocks, expected.n_done) == (9, 0)
    assert expected.seconds == pytest.approx(7 * expected.block_seconds)
    assert 0 < expected.memory < 20
    kept = list((tmp_path / "a_nuclei.run" / "blocks").glob("*found.npy"))
    assert len(kept) == 2
    result = scale.compute(run, **QUIET)
    np.testing.assert_array_equal(labels_of(result), labels_of(done))
    assert scale.estimate(run).seconds == 0


# Segmentation


def test_segmentation_in_blocks(trained, tmp_path):
    model, _ = trained
    truth = disc_labels((600, 520), radius=9, step=30, more=on_seams()[:1])
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, picture(truth), tile=(256, 256))
    how = {"diameter": "trained", **QUIET}
    whole = scale.segment_zarr(path, tmp_path / "w.zarr", model, **how)
    parts = scale.segment_zarr(path, tmp_path / "p.zarr", model, block=CORE, **how)
    one, two = labels_of(whole)[0], labels_of(parts)[0]
    assert match(one, two, 0.8).f1 > 0.97
    assert match(truth, two, 0.5).f1 > match(truth, one, 0.5).f1 - 0.03
    assert sorted(np.unique(two)) == list(range(parts.n_objects[0] + 1))
    how |= {"workers": 3, "block": CORE}
    more = scale.segment_zarr(path, tmp_path / "m.zarr", model, **how)
    np.testing.assert_array_equal(labels_of(more), labels_of(parts))
    assert (tmp_path / "p_nuclei.run" / "model" / "weights.safetensors").exists()


def test_a_model_that_is_not_there(movie, tmp_path):
    with pytest.raises(FileNotFoundError):
        scale.segment_zarr(movie, tmp_path / "a.zarr", tmp_path / "none", **QUIET)
    assert not Path(tmp_path / "a.zarr").exists()
