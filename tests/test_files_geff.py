"""Tracks as GEFF, and the graphs behind all formats of tracks."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tracked import SCALE, assert_same, scene

import labkit as lk
from labkit.files.geff import read_geff, write_geff
from labkit.files.graphs import branches, tracks_of, trees
from labkit.files.lineage import check_tracks, links
from labkit.labels import TRACK_DTYPE


def metadata(path):
    """Return what a GEFF says of itself."""
    return json.loads((Path(path) / ".zattrs").read_text())["geff"]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Tracks and their GEFF."""
    tracks, path = scene()[1], tmp_path_factory.mktemp("geff") / "tracks.geff"
    movies = {"labels_path": path.parent / "tracks.tif", "labels_hold": "track_id"}
    write_geff(
        path, tracks[::-1], image_path=path.parent / "raw.tif", **movies, **SCALE
    )
    return tracks, path


def test_what_was_written_comes_back(written):
    tracks, path = written
    found = read_geff(path)
    assert np.array_equal(found.tracks, tracks)
    assert found.scale == tuple(SCALE.values())
    assert found.notes == []


def test_geffs_own_validators_pass(written):
    from geff import validate_structure
    from geff.core_io import read_to_memory
    from geff.validate.data import ValidationConfig

    validate_structure(str(written[1]))
    checks = {"graph": True, "sphere": True, "lineage": True, "tracklet": True}
    graph = read_to_memory(str(written[1]), data_validation=ValidationConfig(**checks))
    tracklets = graph["node_props"]["tracklet"]["values"]
    assert len(np.unique(tracklets)) == 5  # the only daughter goes on in its mother's
    assert len(np.unique(graph["node_props"]["lineage"]["values"])) == 3


def test_axes_scales_and_movies_are_named(written):
    about = metadata(written[1])
    axes = [(a["name"], a["unit"], a["scale"], a["scaled_unit"]) for a in about["axes"]]
    assert axes == [
        ("t", "frame", 10, "minute"),
        ("y", "pixel", 0.325, "micrometer"),
        ("x", "pixel", 0.325, "micrometer"),
    ]
    paths = [(o["type"], o["path"], o["node_prop"]) for o in about["related_objects"]]
    assert paths == [
        ("labels", "../tracks.tif", "track_id"),
        ("image", "../raw.tif", None),
    ]
    assert about["sphere"] == "radius"


def test_networkx_reads_it_as_others_do(written):
    from geff import read

    tracks, path = written
    graph, _ = read(str(path))
    assert set(graph.edges) == {tuple(pair) for pair in links(tracks).tolist()}
    assert graph.nodes[0]["y"] == tracks["y"][0]
    assert graph.nodes[0]["radius"] == pytest.approx(np.sqrt(tracks["area"][0] / np.pi))


def test_unknown_areas_and_no_tracks(tmp_path):
    tracks = scene()[1]
    tracks["area"][4] = np.nan
    write_geff(tmp_path / "a.geff", tracks)
    assert metadata(tmp_path / "a.geff")["sphere"] is None
    found = read_geff(tmp_path / "a.geff")
    np.testing.assert_array_equal(found.tracks["area"], tracks["area"])
    assert found.scale == (None, None)
    write_geff(tmp_path / "a.geff", tracks[:0])  # replaces the older one
    assert len(read_geff(tmp_path / "a.geff").tracks) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["a.geff"]


def test_a_large_movie(tmp_path):
    n = 200_000
    tracks = np.zeros(n, TRACK_DTYPE)
    tracks["frame"], tracks["track_id"] = np.arange(n) % 50, np.arange(n) // 50 + 1
    tracks["label"] = tracks["track_id"]
    tracks["y"] = tracks["x"] = np.random.default_rng(0).random(n) * 1e4
    write_geff(tmp_path / "a.geff", tracks)
    assert np.array_equal(read_geff(tmp_path / "a.geff").tracks, tracks)


def test_files_of_others(tmp_path):
    import networkx
    from geff import write
    from geff_spec import Axis, GeffMetadata

    graph = networkx.DiGraph()
    for k, (t, y, x) in enumerate([(0, 1, 2), (30, 2, 4), (60, 4, 6), (60, 0, 5)]):
        graph.add_node(k, time=float(t), pos_y=float(y), pos_x=float(x), pos_z=3.0)
    graph.add_edges_from([(0, 1), (1, 2), (1, 3)])
    axes = [Axis(name="time", type="time", unit="second")]
    axes += [Axis(name=f"pos_{a}", type="space", unit="micrometer") for a in "xyz"]
    about = {"directed": True, "node_props_metadata": {}, "edge_props_metadata": {}}
    write(graph, str(tmp_path / "a.geff"), metadata=GeffMetadata(axes=axes, **about))
    with pytest.raises(ValueError, match="say um_per_px="):
        read_geff(tmp_path / "a.geff")
    found = read_geff(tmp_path / "a.geff", um_per_px=0.5)
    assert found.tracks["frame"].tolist() == [0, 1, 2, 2]
    assert found.tracks["y"].tolist() == [2, 4, 8, 0]
    assert found.tracks["x"].tolist() == [4, 8, 12, 10]
    assert found.tracks["parent_id"].tolist() == [0, 0, 1, 1]
    assert found.scale == (0.5, 0.5)
    assert np.isnan(found.tracks["area"]).all()
    assert any("pos_z" in note for note in found.notes)
    assert any("one is 30 second" in note for note in found.notes)


def test_damaged_and_missing_files(tmp_path, written):
    with pytest.raises(FileNotFoundError):
        read_geff(tmp_path / "a.geff")
    write_geff(tmp_path / "a.geff", written[0])
    ids = next((tmp_path / "a.geff" / "nodes" / "ids").glob("[0-9]*"))
    ids.write_bytes(ids.read_bytes()[:9])
    with pytest.raises(ValueError, match="no GEFF, or damaged"):
        read_geff(tmp_path / "a.geff")
    (tmp_path / "a.geff" / ".zattrs").unlink()
    with pytest.raises(ValueError, match="no GEFF, or damaged"):
        read_geff(tmp_path / "a.geff")


def test_links_to_nodes_that_are_not_there(tmp_path, written):
    import zarr

    write_geff(tmp_path / "a.geff", written[0])
    zarr.open(str(tmp_path / "a.geff"), mode="a")["edges/ids"][0] = (0, 99)
    with pytest.raises(ValueError, match="nodes that are not there"):
        read_geff(tmp_path / "a.geff")


def test_what_is_no_geff_is_not_replaced(tmp_path):
    tracks = scene()[1]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "precious.txt").write_text("here")
    with pytest.raises(ValueError, match="a folder that is no GEFF"):
        write_geff(tmp_path / "mine", tracks)
    with pytest.raises(ValueError, match="it is a file"):
        write_geff(tmp_path / "mine" / "precious.txt", tracks)
    with pytest.raises(ValueError, match="`labels_hold` must be"):
        write_geff(tmp_path / "a.geff", tracks, labels_hold="mask")
    with pytest.raises(TypeError, match="makes one"):
        write_geff(tmp_path / "a.geff", np.zeros(3))
    assert (tmp_path / "mine" / "precious.txt").read_text() == "here"
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_an_older_geff_stays_if_writing_fails(tmp_path, monkeypatch):
    import geff.core_io

    tracks = scene()[1]
    write_geff(tmp_path / "a.geff", tracks)

    def fail(path, *_):
        Path(path).mkdir()
        raise KeyboardInterrupt

    monkeypatch.setattr(geff.core_io, "write_arrays", fail)
    with pytest.raises(KeyboardInterrupt):
        write_geff(tmp_path / "a.geff", tracks[:3])
    assert_same(read_geff(tmp_path / "a.geff").tracks, tracks)
    assert [path.name for path in tmp_path.iterdir()] == ["a.geff"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_folder(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError, match="no permission"):
        write_geff(tmp_path / "a.geff", scene()[1])


def test_the_package_is_loaded_only_when_needed():
    code = (
        "import sys, labkit.files.geff as g; g.read_geff; print('zarr' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr


# --- graphs -------------------------------------------------------------------


def test_links_are_all_there_by_the_later_row():
    movie = lk.synth.simulate_movie(8, (128, 128), 12, division_rate=0.05, seed=1)
    for tracks in (check_tracks(movie.tracks), scene()[1]):
        ours, theirs = links(tracks), lk.track.edges(tracks)
        assert sorted(map(tuple, ours)) == sorted(map(tuple, theirs))
        assert (np.diff(ours[:, 1]) > 0).all()


def test_a_graph_becomes_branches():
    tracks = scene()[1]
    spots = tracks.copy()
    spots["track_id"] = spots["parent_id"] = 0
    edges, notes = branches(
        spots, links(tracks)[::-1, ::-1]
    )  # any order, any direction
    assert notes == []
    assert len(edges) == len(links(tracks))
    assert len(np.unique(spots["track_id"])) == 5
    mitosis = tracks["track_id"] == 3
    assert set(spots["parent_id"][tracks["track_id"] == 8]) == set(
        spots["track_id"][mitosis]
    )
    assert np.bincount(trees(len(tracks), edges)).tolist() == [9, 5, 1]


def test_numbers_are_given_back_only_if_they_still_hold():
    tracks = scene()[1]
    own = tracks["track_id"].copy()
    assert np.array_equal(tracks_of(tracks.copy(), links(tracks), own)[0], tracks)
    fewer = links(tracks)[1:]
    assert set(tracks_of(tracks.copy(), fewer, own)[0]["track_id"]) == set(range(1, 7))


@pytest.mark.parametrize(
    ("name", "row", "value", "message"),
    [
        ("frame", 0, -1, "has frame -1"),
        ("label", 0, 0, "has label 0"),
        ("track_id", 0, 0, "has track_id 0"),
        ("y", 3, np.nan, "NaN or infinite"),
        ("parent_id", 3, 11, "different parents"),
        ("frame", 1, 0, "in two places"),
        ("label", 0, 2, "has two rows"),
    ],
)
def test_impossible_tracks(tmp_path, name, row, value, message):
    tracks = scene()[1]
    tracks[name][row] = value
    with pytest.raises(ValueError, match=message):
        write_geff(tmp_path / "a.geff", tracks)


def test_parents_end_before_and_unknown_ones_are_none():
    tracks = scene()[1]
    tracks["parent_id"][tracks["track_id"] == 20] = 8
    with pytest.raises(ValueError, match="parent 8 ends in frame 5"):
        check_tracks(tracks)
    tracks["parent_id"][tracks["track_id"] == 20] = 99
    assert len(links(check_tracks(tracks))) == len(links(scene()[1])) - 1
