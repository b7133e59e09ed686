"""What `labkit track` and the chain write: files to drag into Fiji and napari."""

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from commands import error_of, labkit_command
from trackmate_rules import problems

import labkit as lk
from labkit import pipeline
from labkit.cli.tracking import EXAMPLES
from labkit.files import arrays
from labkit.files.ctc import read_ctc
from labkit.files.geff import read_geff, write_geff
from labkit.files.hyperstack import read_raw_and_labels
from labkit.files.images import read_movie, read_scale, write_image
from labkit.files.labels import read_label_movie, write_labels
from labkit.files.pieces import one_piece
from labkit.files.rois import read_rois
from labkit.files.tables import read_csv
from labkit.files.trackmate import (
    read_trackmate,
    read_trackmate_csv,
    write_trackmate,
    write_trackmate_csv,
    writing,
)
from labkit.labels import TRACK_DTYPE
from labkit.pipeline.tracking import write_tracks

SCALE = {"um_per_px": 0.5, "minutes_per_frame": 10}
ALWAYS = {"tracks.csv", "edges.csv", "track_stats.csv", "tracks.tif", "units.yaml"}


@pytest.fixture(scope="module")
def movie():
    return lk.synth.simulate_movie(5, (96, 96), 8, division_rate=0.05, seed=1)


@pytest.fixture(scope="module")
def folder(movie, tmp_path_factory):
    """A folder with the labels and the raw images of the movie."""
    folder = tmp_path_factory.mktemp("in")
    write_labels(folder / "seg.tif", movie.labels, **SCALE)
    write_image(folder / "raw.tif", movie.images, **SCALE)
    return folder


@pytest.fixture(scope="module")
def everything(folder, tmp_path_factory):
    """Where `labkit track` has written all formats."""
    out = tmp_path_factory.mktemp("out") / "tracks"
    names = ",".join(pipeline.TRACK_FORMATS)
    words = ("track", folder / "seg.tif", "-o", out, "--images", folder / "raw.tif")
    result = labkit_command(*words, "--format", names)
    assert result.exit_code == 0, result.output
    return out


def names(folder):
    """Return what is in a folder."""
    return {path.name for path in folder.iterdir()}


def test_the_usual_files(folder, tmp_path):
    result = labkit_command("track", folder / "seg.tif", "-o", tmp_path)
    assert result.exit_code == 0, result.output
    assert names(tmp_path) == ALWAYS | {"track.yaml", "tracks.xml", "ctc"}
    image = ElementTree.parse(tmp_path / "tracks.xml").find("Settings/ImageData")
    assert image.get("filename") == "tracks.tif"
    assert image.get("folder") == ""


def test_all_formats_hold_the_same_tracks(everything, movie):
    tracks = read_csv(everything / "tracks.csv", TRACK_DTYPE)
    shown = read_label_movie(everything / "tracks.tif")
    assert np.count_nonzero(np.unique(tracks["parent_id"])) >= 2
    session = read_trackmate(everything / "tracks.xml")
    assert np.array_equal(session.labels > 0, shown > 0)
    assert session.scale == pytest.approx(tuple(SCALE.values()))
    table = read_trackmate_csv(everything / "trackmate", um_per_px=0.5)
    graph = read_geff(everything / "tracks.geff")
    for found in (session, table, graph):
        for name in TRACK_DTYPE.names:
            np.testing.assert_allclose(found.tracks[name], tracks[name], rtol=1e-9)
    labels, others = read_ctc(everything / "ctc")
    assert np.array_equal(labels > 0, shown > 0)
    assert len(others) == len(tracks)
    assert np.array_equal(read_rois(everything / "tracks_ROIs.zip", shown.shape), shown)
    images, labels = read_raw_and_labels(everything / "tracks_composite.tif")
    assert np.array_equal(labels, shown)
    assert np.array_equal(images, movie.images)
    numbered = read_label_movie(everything / "tracks_labels.tif")
    assert np.array_equal(numbered > 0, movie.labels > 0)


def test_the_raw_movie_lies_beside_the_session(everything, movie):
    assert np.array_equal(read_movie(everything / "tracks_raw.tif"), movie.images)
    assert read_scale(everything / "tracks_raw.tif").um_per_px == pytest.approx(0.5)
    root = ElementTree.parse(everything / "tracks.xml").getroot()
    assert root.find("Settings/ImageData").get("filename") == "tracks_raw.tif"
    linking = root.find("Settings/TrackerSettings/Linking")
    estimated = lk.track.fit_params(movie.labels).max_distance / 2  # um
    assert float(linking.get("LINKING_MAX_DISTANCE")) == pytest.approx(estimated)


def test_nothing_of_an_earlier_tracking_is_left(folder, tmp_path):
    out = tmp_path / "o"
    every = [name for name in pipeline.TRACK_FORMATS if name != "composite"]
    pipeline.track_files(folder / "seg.tif", out, formats=every)
    (out / "ctc" / "mine.txt").write_text("kept")
    shorter = tmp_path / "short.tif"
    write_labels(shorter, read_label_movie(folder / "seg.tif")[:3])
    with pytest.raises(ValueError, match="holds tracks already"):
        pipeline.track_files(shorter, out)
    pipeline.track_files(shorter, out, formats="geff", overwrite=True)
    assert names(out) == ALWAYS | {"track.yaml", "tracks.geff", "ctc"}
    assert names(out / "ctc") == {"mine.txt"}
    assert read_geff(out / "tracks.geff").tracks["frame"].max() == 2


def test_objects_in_pieces_are_tracked_by_their_largest(folder, movie, tmp_path):
    labels = movie.labels.copy()
    first = labels[0].max()
    row, col = np.argwhere(labels[0] == 0)[0]
    labels[0, row, col] = first
    write_labels(tmp_path / "seg.tif", labels)
    found, tracks = pipeline.track_files(tmp_path / "seg.tif", tmp_path / "o")
    assert np.array_equal(found, movie.labels)
    one = tracks[(tracks["frame"] == 0) & (tracks["label"] == first)]
    assert one["area"] == (movie.labels[0] == first).sum()


def test_what_is_too_large_becomes_geff(movie, tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "LIMIT", 5000)
    tracks, notes = lk.track.link(movie.labels), []
    write_tracks(tmp_path, movie.labels, tracks, warn=notes.append)
    assert names(tmp_path) == ALWAYS | {"ctc", "tracks.geff"}
    assert len(notes) == 1
    assert "trackmate is left out" in notes[0]
    with pytest.raises(ValueError, match="more than TrackMate opens"):
        write_tracks(tmp_path / "b", movie.labels, tracks, formats=["trackmate"])


def test_movies_beyond_imagej_are_left_out(movie, tmp_path, monkeypatch):
    tracks, notes = lk.track.link(movie.labels), []
    monkeypatch.setattr(arrays, "TIFF_LIMIT", movie.images.nbytes - 1)
    options = {"images": movie.images, "warn": notes.append}
    write_tracks(tmp_path, movie.labels, tracks, **options)
    assert [note.split()[0] for note in notes] == ["tracks.tif", "tracks_raw.tif"]
    assert names(tmp_path) == ALWAYS - {"tracks.tif"} | {"tracks.xml", "ctc"}
    image = ElementTree.parse(tmp_path / "tracks.xml").find("Settings/ImageData")
    assert image.get("filename") == ""
    images = movie.images.astype(np.float32)  # twice as large as the labels
    monkeypatch.setattr(arrays, "TIFF_LIMIT", movie.images.nbytes)
    write_tracks(tmp_path, movie.labels, tracks, images=images, formats=["geff"])
    assert names(tmp_path) == ALWAYS | {"tracks.geff"}


def test_a_movie_without_objects(tmp_path):
    write_labels(tmp_path / "seg.tif", np.zeros((3, 20, 20), np.int32))
    every = [name for name in pipeline.TRACK_FORMATS if name != "composite"]
    pipeline.track_files(tmp_path / "seg.tif", tmp_path / "o", formats=every)
    assert len(read_trackmate(tmp_path / "o" / "tracks.xml").tracks) == 0
    assert len(read_csv(tmp_path / "o" / "tracks.csv", TRACK_DTYPE)) == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--format", "mastodon"), "no format 'mastodon' of tracks; known are track"),
        (("--format", "composite"), "needs the raw images"),
        (("--images", "nowhere.tif"), "no file or folder nowhere.tif"),
    ],
)
def test_wrong_options_write_nothing(folder, tmp_path, words, message):
    out = tmp_path / "o"
    error = error_of(labkit_command("track", folder / "seg.tif", "-o", out, *words))
    assert message in error
    assert not out.exists()


def test_images_must_show_the_same_frames(folder, movie, tmp_path):
    write_image(tmp_path / "raw.tif", movie.images[:3])
    words = ("track", folder / "seg.tif", "-o", tmp_path / "o")
    error = error_of(labkit_command(*words, "--images", tmp_path / "raw.tif"))
    assert "the same frames and pixels" in error
    assert not (tmp_path / "o").exists()


def test_inputs_are_never_replaced(movie, tmp_path):
    write_labels(tmp_path / "tracks.tif", movie.labels)
    write_image(tmp_path / "tracks_raw.tif", movie.images)
    with pytest.raises(ValueError, match=r"tracks\.tif would be replaced"):
        pipeline.track_files(tmp_path / "tracks.tif", tmp_path)
    write_labels(tmp_path / "seg.tif", movie.labels)
    with pytest.raises(ValueError, match=r"tracks_raw\.tif would be replaced"):
        pipeline.track_files(
            tmp_path / "seg.tif", tmp_path, images=tmp_path / "tracks_raw.tif"
        )


@pytest.mark.data
@pytest.mark.parametrize("name", ["simplus_01", "breast_cancer"])
def test_real_tracks_come_back_from_every_format(name, tmp_path):
    if not lk.data.is_local(name):
        pytest.skip(f"no {name} in LABKIT_DATA")
    data = lk.data.load(name)
    labels = np.stack(data.labels)
    tracks = np.sort(data.tracks, order=["track_id", "frame"])
    write_trackmate(tmp_path / "a.xml", labels, tracks, **SCALE)
    write_geff(tmp_path / "a.geff", tracks, **SCALE)
    write_trackmate_csv(tmp_path / "csv", tracks, **SCALE)
    session = read_trackmate(tmp_path / "a.xml")
    table = read_trackmate_csv(tmp_path / "csv", um_per_px=SCALE["um_per_px"])
    for found in (session, read_geff(tmp_path / "a.geff"), table):
        assert found.notes == []
        for column in TRACK_DTYPE.names:
            np.testing.assert_allclose(found.tracks[column], tracks[column], rtol=1e-9)
    assert np.array_equal(session.labels, one_piece(labels))
    found = problems((tmp_path / "a.xml").read_text("utf-8"))
    assert found in ([], ["centre outside"])  # of an object in pieces: between them


def test_help_and_docs_name_every_format():
    docs = (Path(__file__).parents[1] / "docs" / "files.md").read_text("utf-8")
    listed = EXAMPLES["track"].split("say so):")[1].splitlines()
    assert [line.split()[0] for line in listed if line.split()] == list(
        pipeline.TRACK_FORMATS
    )
    for name in pipeline.TRACK_FORMATS:
        assert f"\n| `{name}` " in docs.split("## Tracks")[1], name


def test_a_raw_movie_in_place_of_labels_is_refused(tmp_path):
    raw = np.random.default_rng(0).integers(1, 250, (3, 40, 40)).astype(np.uint8)
    write_image(tmp_path / "raw.tif", raw)
    with pytest.raises(ValueError, match="does not look like label images"):
        pipeline.track_files(tmp_path / "raw.tif", tmp_path / "out")
    assert not (tmp_path / "out").exists()
