"""Reading TrackMate: its own files, edited ones, damaged ones; its tables."""

import os
import re
import warnings
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from tracked import SCALE, assert_same, scene, tracked_only

from labkit.files.lineage import links
from labkit.files.trackmate import (
    read_trackmate,
    read_trackmate_csv,
    write_trackmate,
    write_trackmate_csv,
)
from labkit.files.trackmate.measures import measure

FIXTURES = Path(os.environ.get("LABKIT_DATA", "nowhere"), "tracking/trackmate_fixtures")
needs_data = pytest.mark.skipif(
    not FIXTURES.exists(), reason="no trackmate_fixtures in LABKIT_DATA"
)
REAL = {  # spots, edges, merges
    "without_gap_closing": (134, 127, 0),
    "with_gap_closing": (134, 128, 0),
    "with_splitting": (134, 130, 0),
    "with_merging": (134, 129, 1),
    "with_splitting_merging": (183, 180, 1),
}


@pytest.fixture
def session(tmp_path):
    """Return a function that edits the session of the scene and reads it."""
    labels, tracks = scene()
    path = tmp_path / "tracks.xml"
    write_trackmate(path, labels, tracks, **SCALE)
    text = path.read_text("utf-8")

    def edit(*changes, **options):
        edited = text
        for old, new in changes:
            assert re.search(old, edited), old
            edited = re.sub(old, new, edited)
        path.write_text(edited, "utf-8")
        return read_trackmate(path, **options)

    return edit


def parents(tracks):
    """Return {track: parent} of those that have one."""
    pairs = np.unique(tracks[["track_id", "parent_id"]])
    return {t: p for t, p in pairs.tolist() if p}


# --- files that TrackMate wrote -----------------------------------------------


@needs_data
@pytest.mark.reference
@pytest.mark.parametrize("name", REAL)
def test_trackmates_own_files(name):
    path = FIXTURES / f"trackmate_tracks_{name}.xml"
    n_spots, n_edges, n_merges = REAL[name]
    found = read_trackmate(path)
    assert found.labels is None
    assert found.scale == (None, pytest.approx(1 / 60))
    assert ["merging" in note for note in found.notes] == [True] * n_merges
    assert len(found.tracks) == n_spots
    root = ElementTree.parse(path).getroot()
    where = {
        s.get("ID"): tuple(float(s.get(f"POSITION_{axis}")) for axis in "TYX")
        for s in root.iter("Spot")
    }
    ends = ("SPOT_SOURCE_ID", "SPOT_TARGET_ID")
    true = {tuple(sorted(where[e.get(end)] for end in ends)) for e in root.iter("Edge")}
    assert len(true) == n_edges
    places = [tuple(row) for row in found.tracks[["frame", "y", "x"]].tolist()]
    ours = {(places[one], places[other]) for one, other in links(found.tracks)}
    assert ours <= true
    assert len(true - ours) == n_merges


@needs_data
@pytest.mark.reference
@pytest.mark.parametrize("name", [n for n, (*_, merges) in REAL.items() if not merges])
def test_features_equal_trackmates(name):
    path = FIXTURES / f"trackmate_tracks_{name}.xml"
    tracks = read_trackmate(path).tracks
    spots = ElementTree.parse(path).iter("Spot")
    quality = {float(s.get("POSITION_X")): float(s.get("QUALITY")) for s in spots}
    tracks["area"] = [quality[x] for x in tracks["x"].tolist()]
    found = measure(tracks)
    true = list(ElementTree.parse(path).iter("Track"))
    same = set(found.families) & set(true[0].attrib)
    assert len(same) == 21
    for key in same:
        values = sorted(float(track.get(key)) for track in true)
        np.testing.assert_allclose(np.sort(found.families[key]), values, atol=1e-8)
    edges = list(ElementTree.parse(path).iter("Edge"))
    for theirs, ours in {"VELOCITY": "SPEED", "LINK_COST": "LINK_COST"}.items():
        values = sorted(float(edge.get(theirs)) for edge in edges)
        np.testing.assert_allclose(np.sort(found.edges[ours]), values, atol=1e-8)


@pytest.mark.reference
def test_an_independent_reader_finds_the_same_graph(tmp_path):
    from geff import read
    from geff.convert import from_trackmate_xml_to_geff

    labels, tracks = scene()
    write_trackmate(tmp_path / "a.xml", labels, tracks, image_path="raw.tif", **SCALE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about names of units
        from_trackmate_xml_to_geff(tmp_path / "a.xml", tmp_path / "a.geff")
        graph, _ = read(str(tmp_path / "a.geff"))
    assert graph.number_of_nodes() == len(tracks)
    assert set(graph.edges) == {tuple(pair) for pair in links(tracks).tolist()}
    for number, node in graph.nodes(data=True):
        assert node["POSITION_Y"] == pytest.approx(0.325 * tracks["y"][number])
        assert node["POSITION_T"] == 600 * tracks["frame"][number]


# --- files that were edited in TrackMate --------------------------------------


def test_a_cut_link_makes_a_new_track(session):
    labels, tracks = scene()
    mother = np.flatnonzero(tracks["track_id"] == 3)[-1]
    daughter = np.flatnonzero(tracks["track_id"] == 8)[0]
    edge = rf'<Edge SPOT_SOURCE_ID="{mother}" SPOT_TARGET_ID="{daughter}"[^>]*>'
    found = session((edge, ""))
    assert np.array_equal(found.labels, tracked_only(labels, tracks))
    assert parents(found.tracks) == {5: 3, 20: 11}  # 8 has lost its mother
    tracks["parent_id"][tracks["track_id"] == 8] = 0
    assert_same(found.tracks, tracks)


def test_a_link_cut_in_the_middle_renumbers_the_tracks(session):
    first = np.flatnonzero(scene()[1]["track_id"] == 3)[0]
    found = session((rf'<Edge SPOT_SOURCE_ID="{first}" [^>]*>', ""))
    lengths = np.unique(found.tracks["track_id"], return_counts=True)[1]
    assert sorted(lengths) == [1, 1, 2, 3, 3, 5]
    assert sorted(set(found.tracks["track_id"])) == [1, 2, 3, 4, 5, 6]
    (mother,) = set(parents(found.tracks).values())
    assert np.count_nonzero(found.tracks["track_id"] == mother) == 2


def test_hidden_spots_and_tracks_are_left_out_and_counted(session):
    alone = r'VISIBILITY="1"([^>]*LABKIT_TRACK="12")'
    found = session((alone, r'VISIBILITY="0"\1'))
    assert 12 not in found.tracks["track_id"]
    assert "1 spots" in found.notes[0]
    division = '<TrackID TRACK_ID="0" />'
    found = session((division, ""))
    assert sorted(set(found.tracks["track_id"])) == [11, 12, 20]
    assert "9 spots" in found.notes[0]
    assert set(np.unique(found.labels[1])) == {0, 2}
    assert_same(session((division, ""), hidden=True).tracks, scene()[1])


def test_merging_tracks_keep_the_nearest(session):
    tracks = scene()[1]
    first = np.flatnonzero(tracks["track_id"] == 5)[1]
    before = np.flatnonzero((tracks["track_id"] == 8) & (tracks["frame"] == 3))[0]
    edge = f'<Edge SPOT_SOURCE_ID="{before}" SPOT_TARGET_ID="{first}" />'
    found = session((r"</Track>\s*<Track ", f"{edge}</Track><Track "))
    assert ["merging" in note for note in found.notes] == [True]
    assert_same(found.tracks, tracks)


def test_links_within_a_frame_are_left_out(session):
    extra = '<Edge SPOT_SOURCE_ID="3" SPOT_TARGET_ID="6" /></Track><Track '
    found = session((r"</Track>\s*<Track ", extra))
    assert found.notes == ["1 links within a frame were left out"]
    assert_same(found.tracks, scene()[1])


def test_without_settings_the_pixel_size_is_unknown(session):
    found = session((r"(?s)<Settings>.*</Settings>", ""))
    assert len(found.notes) == 2
    assert found.labels is None
    assert found.tracks["x"][0] == pytest.approx(0.325 * scene()[1]["x"][0])
    found = session((r"(?s)<Settings>.*</Settings>", ""), shape=(6, 48, 64))
    assert found.labels.shape == (6, 48, 64)


def test_files_without_our_features_get_new_numbers(session):
    labels, tracks = scene()
    changes = [(rf' LABKIT_{name}="\d+"', "") for name in ("LABEL", "TRACK")]
    found = session(*changes)
    assert found.tracks["track_id"].max() == 5  # the only daughter goes on
    assert len(parents(found.tracks)) == 2
    assert np.array_equal(found.labels > 0, tracked_only(labels, tracks) > 0)
    areas = np.sort(found.tracks["area"]), np.sort(tracks["area"])
    np.testing.assert_allclose(*areas)


def test_spots_hidden_below_others_are_reported(session):
    found = session((r'(POSITION_[XY]=")[\d.]+"', r'\g<1>6.5"'))
    assert any("no pixel in the labels" in note for note in found.notes)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("<TrackMate ", "<Other ", "no XML, or cut off"),
        ("TrackMate", "Other", "begins with <Other>"),
        ("TrackMate", "Tracks", "simplified tracks"),
        ("AllSpots", "Spots", "no TrackMate session"),
        (r' ID="\d+"', "", "lacks 'ID'"),
        (r' ID="\d+"', ' ID="7"', "same ID"),
        (r'TARGET_ID="14"', 'TARGET_ID="99"', "names spot 99, which is not there"),
        (r' POSITION_X="[^"]*"', ' POSITION_X="far"', "not what TrackMate writes"),
        (r'ROI_N_POINTS="\d+">', 'ROI_N_POINTS="999">', "damaged"),
        (r'pixelheight="[^"]*"', 'pixelheight="0"', "pixels are"),
    ],
)
def test_damaged_files_say_what_is_wrong(session, old, new, message):
    with pytest.raises(ValueError, match=message):
        session((old, new))


def test_truncated_and_missing_files(tmp_path):
    write_trackmate(tmp_path / "a.xml", *scene())
    text = (tmp_path / "a.xml").read_bytes()
    (tmp_path / "a.xml").write_bytes(text[: len(text) // 2])
    with pytest.raises(ValueError, match="cut off"):
        read_trackmate(tmp_path / "a.xml")
    (tmp_path / "a.xml").write_bytes(b"")
    with pytest.raises(ValueError, match=r"a\.xml"):
        read_trackmate(tmp_path / "a.xml")
    with pytest.raises(FileNotFoundError):
        read_trackmate(tmp_path / "b.xml")


# --- tables -------------------------------------------------------------------


@pytest.mark.parametrize("scale", [{}, SCALE])
def test_tables_come_back(tmp_path, scale):
    _, tracks = scene()
    tracks["area"][2] = np.nan
    files = write_trackmate_csv(tmp_path, tracks, **scale)
    assert [file.name for file in files] == ["spots.csv", "edges.csv", "tracks.csv"]
    px = scale.get("um_per_px")
    found = read_trackmate_csv(tmp_path, um_per_px=px)
    assert_same(found.tracks, tracks)
    minutes = scale.get("minutes_per_frame")
    assert found.scale == (px, pytest.approx(minutes) if minutes else None)
    lines = files[0].read_text("utf-8").splitlines()
    assert len(lines) == 4 + len(tracks)
    assert lines[0].startswith("LABEL,ID,TRACK_ID,QUALITY,POSITION_X,POSITION_Y")
    assert lines[1].startswith("Label,Spot ID,Track ID,Quality,X,Y")
    space = "(micron)" if px else "(pixel)"
    assert lines[3].startswith(f",,,(quality),{space},{space},{space},")
    assert lines[4].startswith("ID0,0,0,")
    alone = next(k for k, row in enumerate(tracks) if row["track_id"] == 12)
    assert lines[4 + alone].startswith(f"ID{alone},{alone},,")
    edges = files[1].read_text("utf-8").splitlines()
    assert edges[4].startswith("ID0 → ID1,0,0,1,")
    assert len(edges) == 4 + len(links(tracks))
    assert len(files[2].read_text("utf-8").splitlines()) == 4 + 2


def test_tables_of_others(tmp_path):
    spots, edges = tmp_path / "s.csv", tmp_path / "e.csv"
    spots.write_text("ID,FRAME,POSITION_X,POSITION_Y\n8,0,1.5,2\n9,1,2,2.5\n")
    edges.write_text("SPOT_SOURCE_ID,SPOT_TARGET_ID\n8,9\n")
    found = read_trackmate_csv(spots, edges)
    assert found.tracks["track_id"].tolist() == [1, 1]
    assert found.tracks["x"].tolist() == [1.5, 2]
    assert len(set(read_trackmate_csv(spots).tracks["track_id"])) == 2
    edges.write_text("SPOT_SOURCE_ID,SPOT_TARGET_ID\n8,7\n")
    with pytest.raises(ValueError, match="links spot '7'"):
        read_trackmate_csv(spots, edges)


def test_bad_tables(tmp_path):
    write_trackmate_csv(tmp_path, scene()[1], **SCALE)
    with pytest.raises(ValueError, match="um_per_px="):
        read_trackmate_csv(tmp_path)
    spots = tmp_path / "spots.csv"
    text = spots.read_text("utf-8")
    for broken, message in [
        (text.replace("POSITION_X", "X"), "lacks POSITION_X"),
        (text + "ID99,99,0\n", "has 3 values, expected"),
        (re.sub(r"(ID14,14,\d*,[^,]*,)[^,]*", r"\1far", text), "column POSITION_X"),
        ("", "lacks ID"),
    ]:
        spots.write_text(broken, "utf-8")
        with pytest.raises(ValueError, match=message):
            read_trackmate_csv(tmp_path, um_per_px=0.325)
    spots.unlink()
    with pytest.raises(FileNotFoundError, match=r"spots\.csv"):
        read_trackmate_csv(tmp_path)
