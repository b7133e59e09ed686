"""Labels in an OME-Zarr: opened lazily, linked frame by frame; its two versions."""

import tracemalloc

import numpy as np
import pytest
import zarr
from commands import error_of, labkit_command
from scale_scenes import PARAMS, QUIET, write_movie

from labkit import pipeline, scale, synth, track
from labkit.files.geff import read_geff
from labkit.files.images import write_image
from labkit.files.labels import read_label_movie, write_labels
from labkit.files.tables import read_csv
from labkit.scale import labelled, omezarr
from labkit.scale.arrays import ome_of

UNITS = {"um_per_px": 0.5, "minutes_per_frame": 4.0}


@pytest.fixture(scope="module")
def movie():
    return synth.simulate_movie(6, (128, 160), 12, diameter=20, seed=3)


@pytest.fixture(scope="module")
def store(movie, tmp_path_factory):
    """The labels of the movie in an OME-Zarr."""
    path = tmp_path_factory.mktemp("lazy") / "a.zarr"
    labelled.write_movie(path, "nuclei", movie.labels, **UNITS)
    return path


def test_labels_are_read_frame_by_frame(store, movie):
    labels = scale.open_labels(store)
    assert (len(labels), labels.shape) == (6, movie.labels.shape)
    np.testing.assert_array_equal(labels[4], movie.labels[4])
    np.testing.assert_array_equal(labels[-1], movie.labels[-1])
    np.testing.assert_array_equal(np.stack(list(labels)), movie.labels)
    assert labels[0].dtype == np.int32
    assert (labels.um_per_px, labels.minutes_per_frame) == (0.5, 4.0)
    assert len(list(labels.first(2))) == 2
    inner = scale.open_labels(store / "labels" / "nuclei")
    assert inner.shape == labels.shape


def test_the_tracks_are_those_of_the_whole_movie(store, movie, tmp_path):
    labels, tracks = pipeline.track_files(store, tmp_path)
    np.testing.assert_array_equal(tracks, track.link(movie.labels))
    np.testing.assert_array_equal(track.link(labels), tracks)
    by_track = track.relabel_by_track(movie.labels, tracks)
    written = scale.open_labels(tmp_path / "tracks.zarr")
    np.testing.assert_array_equal(np.stack(list(written)), by_track)
    assert written.um_per_px == 0.5
    names = {path.name for path in tmp_path.iterdir()}
    tables = {"tracks.csv", "edges.csv", "track_stats.csv"}
    tables |= {"track.yaml", "units.yaml"}
    assert names == tables | {"tracks.zarr", "tracks.geff"}
    assert len(read_csv(tmp_path / "tracks.csv")) == len(tracks)
    found = read_geff(tmp_path / "tracks.geff")
    np.testing.assert_array_equal(found.tracks["track_id"], tracks["track_id"])
    assert found.scale.um_per_px == 0.5


def test_tracks_of_a_run(tmp_path):
    out = tmp_path / "a.zarr"
    result = scale.annotate_zarr(write_movie(tmp_path), out, PARAMS, **QUIET)
    whole = [scale.read_labels(result.path)[t].compute() for t in range(5)]
    _, tracks = pipeline.track_files(result.path, tmp_path / "o")
    np.testing.assert_array_equal(tracks, track.link(whole))


def test_every_format_can_be_asked_for(store, movie, tmp_path):
    write_image(tmp_path / "raw.tif", movie.images)
    formats = list(pipeline.TRACK_FORMATS)
    how = {"formats": formats, "images": tmp_path / "raw.tif"}
    pipeline.track_files(store, tmp_path / "o", **how)
    write_labels(tmp_path / "a.tif", movie.labels, **UNITS)
    pipeline.track_files(tmp_path / "a.tif", tmp_path / "p", **how)
    for name in ("ctc/mask003.tif", "tracks_labels.tif"):
        one, two = (read_label_movie(tmp_path / part / name) for part in "op")
        np.testing.assert_array_equal(one, two)
    for name in ("ctc/res_track.txt", "trackmate/spots.csv", "track_stats.csv"):
        assert (tmp_path / "o" / name).read_text() == (
            tmp_path / "p" / name
        ).read_text()
    for name in ("tracks.xml", "tracks_ROIs.zip", "tracks_composite.tif"):
        assert (tmp_path / "o" / name).exists()


def test_one_frame_is_held_at_a_time(tmp_path):
    shape = (12, 1024, 1200)
    frame = np.zeros(shape[1:], np.int32)
    frame[::64, ::64] = np.arange(1, 305).reshape(16, 19)
    labelled.write_movie(tmp_path / "a.zarr", "n", [frame] * 12, shape=shape)
    track.link(np.zeros((2, 9, 9), int))  # compiles
    tracemalloc.start()
    _, tracks = pipeline.track_files(tmp_path / "a.zarr", tmp_path / "o")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(tracks) == 12 * 304
    assert peak < 5 * frame.nbytes  # of 12


def test_large_numbers_stay_apart(tmp_path):
    frames = np.zeros((2, 30, 30), np.int64)
    frames[:, 3:6, 3:6], frames[:, 20:23, 3:6] = 2_000_000_000, 7
    labelled.write_movie(tmp_path / "a.zarr", "n", frames)
    pipeline.track_files(tmp_path / "a.zarr", tmp_path / "o")
    found = scale.open_labels(tmp_path / "o" / "tracks.zarr")
    assert found[0][21, 4] != found[0][4, 4] > 0
    np.testing.assert_array_equal(found[0] > 0, frames[0] > 0)


def test_the_command_tracks_a_zarr(store, tmp_path):
    result = labkit_command("track", store, "-o", tmp_path / "o")
    assert result.exit_code == 0, result.output
    assert "tracks" in result.stdout
    assert "holds tracks already" in error_of(
        labkit_command("track", store, "-o", tmp_path / "o")
    )


def test_bad_input_is_one_line(store, movie, tmp_path):
    write_image(tmp_path / "raw.tif", movie.images[:3])
    words = "track", store, "-o", tmp_path / "o", "--images", tmp_path / "raw.tif"
    assert "must show the same frames" in error_of(labkit_command(*words))
    empty = zarr.open_group(str(tmp_path / "none.zarr"), mode="w", zarr_format=2)
    words = "track", tmp_path / "none.zarr", "-o", tmp_path / "o"
    assert "there are no labels in" in error_of(labkit_command(*words))
    empty.create_array("0", shape=(3, 9, 9), dtype="uint8")
    assert "there are no labels in" in error_of(labkit_command(*words))
    two = tmp_path / "two.zarr"
    for name in "ab":
        labelled.write_movie(two, name, movie.labels[:1])
    assert "several labels" in error_of(labkit_command("track", two, "-o", tmp_path))
    one = two / "labels" / "a"
    assert "at least 2 frames" in error_of(labkit_command("track", one, "-o", tmp_path))
    with pytest.raises(FileNotFoundError, match="no labels 'c'"):
        scale.open_labels(two, "c")
    with pytest.raises(FileNotFoundError, match="no OME-Zarr"):
        scale.open_labels(tmp_path / "nowhere.zarr")
    assert not (tmp_path / "o").exists()


def test_tracks_do_not_replace_what_they_are_made_of(movie, tmp_path):
    labelled.write_movie(tmp_path / "tracks.zarr", "n", movie.labels)
    with pytest.raises(ValueError, match="would be replaced"):
        pipeline.track_files(tmp_path / "tracks.zarr", tmp_path)


@pytest.mark.parametrize(("zarr_format", "version"), [(2, "0.4"), (3, "0.5")])
def test_labels_beside_an_image_are_of_its_version(tmp_path, zarr_format, version):
    path = tmp_path / "scan.zarr"
    root = zarr.open_group(str(path), mode="w", zarr_format=zarr_format)
    image = np.random.default_rng(0).integers(0, 99, (2, 300, 280)).astype("uint8")
    root.create_array("0", data=image)
    axes = [{"name": name} for name in "tyx"]
    about = {"axes": axes, "datasets": [{"path": "0"}], "version": version}
    about = {"multiscales": [about]}
    root.attrs.update({"ome": about} if zarr_format == 3 else about)
    assert scale.open_source(path).shape == image.shape
    result = scale.annotate_zarr(path, path, PARAMS, **QUIET)
    labels = zarr.open_group(str(path / "labels"), mode="r")
    nuclei = labels["nuclei"]
    assert nuclei.metadata.zarr_format == labels["nuclei/0"].metadata.zarr_format
    assert nuclei.metadata.zarr_format == zarr_format
    assert ome_of(labels)["labels"] == ["nuclei"]
    described = ome_of(nuclei)
    found = described if zarr_format == 3 else described["multiscales"][0]
    assert found["version"] == version
    assert scale.read_labels(path).shape == scale.open_labels(path).shape == image.shape
    assert (path / ".zgroup").exists() == (zarr_format == 2)
    assert result.path == path
    again = scale.annotate_zarr(path, path, PARAMS, **QUIET)  # goes on: same source
    assert again.n_objects == result.n_objects
    omezarr.create(path, "more", image.shape, 256)
    assert ome_of(zarr.open_group(str(path / "labels"), mode="r"))["labels"] == [
        "more",
        "nuclei",
    ]
