"""TrackMate sessions: what is written, that it cannot crash TrackMate, both ways."""

import os
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from skimage.measure import label
from tracked import SCALE, SHAPE, assert_same, scene, tracked_only
from trackmate_rules import problems

import labkit as lk
from labkit.files.pieces import one_piece
from labkit.files.scale import Scale
from labkit.files.trackmate import read_trackmate, write_trackmate, writing


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Labels, tracks and the file of the scene."""
    labels, tracks = scene()
    path = tmp_path_factory.mktemp("xml") / "tracks.xml"
    image = path.parent / "my <raw> & 'movie'.tif"
    write_trackmate(path, labels, tracks, image_path=image, **SCALE)
    return labels, tracks, path


def test_what_was_written_comes_back(written):
    labels, tracks, path = written
    found = read_trackmate(path)
    assert_same(found.tracks, tracks)
    assert np.array_equal(found.labels, tracked_only(labels, tracks))
    assert found.scale == pytest.approx(tuple(SCALE.values()))
    assert found.notes == []


@pytest.mark.parametrize("scale", [{}, {"um_per_px": 11.7}, {"um_per_px": 1e-3}])
def test_any_scale_comes_back(tmp_path, scale):
    labels, tracks = scene()
    write_trackmate(tmp_path / "a.xml", labels, tracks[::-1], **scale)
    found = read_trackmate(tmp_path / "a.xml")
    assert_same(found.tracks, tracks)
    assert np.array_equal(found.labels, tracked_only(labels, tracks))
    assert found.scale == Scale(scale.get("um_per_px"), None)


def test_a_simulated_movie_comes_back(tmp_path):
    movie = lk.synth.simulate_movie(8, (128, 128), 12, division_rate=0.05, seed=1)
    tracks = np.sort(movie.tracks, order=["track_id", "frame"])
    assert len(np.unique(tracks["parent_id"])) > 3
    sizes = []
    for contours in ("exact", "smooth", "none"):
        path = tmp_path / f"{contours}.xml"
        write_trackmate(path, movie.labels, tracks, contours=contours)
        assert problems(path.read_text("utf-8")) == []
        found = read_trackmate(path)
        assert_same(found.tracks, tracks)
        sizes.append(path.stat().st_size)
        if contours != "none":
            assert np.array_equal(found.labels, movie.labels)
    assert found.labels is None
    assert sizes[0] > 1.2 * sizes[1] > 1.4 * sizes[2]


@pytest.mark.parametrize("seed", range(10))
def test_smooth_contours_hold_the_same_pixels(tmp_path, seed):
    rng = np.random.default_rng(seed)
    noise = rng.random((1, 60, 60))  # ragged, pierced, thin, diagonal: the worst
    labels = one_piece(label(noise > 0.3 + 0.04 * seed, connectivity=1))
    tracks = lk.track.find_spots(labels)
    tracks["track_id"] = np.arange(1, len(tracks) + 1)
    write_trackmate(tmp_path / "a.xml", labels, tracks, um_per_px=0.65)
    assert np.array_equal(read_trackmate(tmp_path / "a.xml").labels, labels)


def test_smooth_contours_have_no_stairs():
    rows, cols = np.mgrid[:60, :60]
    disc = (rows - 30) ** 2 + (cols - 30) ** 2 <= 20**2
    found = []
    for polygon in (
        lk.objects.mask_polygon(disc),
        writing._smooth(lk.objects.mask_polygon(disc)),
    ):
        steps = np.roll(polygon, 1, axis=0) - polygon
        around, area = np.hypot(*steps.T).sum(), lk.objects.polygon_area(polygon)
        found.append(4 * np.pi * area / around**2)  # 1 for a circle
    assert found[0] < 0.62
    assert found[1] > 0.85  # 0.91 by skimage.measure.perimeter


def test_tracks_are_families_with_their_features(written):
    root = ElementTree.parse(written[2]).getroot()
    tracks = {t.get("NUMBER_SPOTS"): t for t in root.iter("Track")}
    assert sorted(tracks) == ["5", "9"]  # the spot that is alone has none
    mitosis, gap = tracks["9"], tracks["5"]
    assert mitosis.get("NUMBER_SPLITS") == "1"
    assert gap.get("NUMBER_SPLITS") == "0"
    assert (gap.get("NUMBER_GAPS"), gap.get("LONGEST_GAP")) == ("1", "1")
    assert float(gap.get("TRACK_DURATION")) == 5 * 600
    edge = next(e for e in gap.iter("Edge") if float(e.get("EDGE_TIME")) == 1200)
    speed = float(edge.get("DISPLACEMENT")) / 1200
    assert float(edge.get("SPEED")) == pytest.approx(speed)
    spot = next(root.iter("Spot"))
    area = float(spot.get("AREA"))
    assert np.pi * float(spot.get("RADIUS")) ** 2 == pytest.approx(area)
    assert float(spot.get("QUALITY")) * 0.325**2 == pytest.approx(area)


def test_contours_are_x_y_from_the_centre(tmp_path):
    labels = np.zeros((2, 20, 30), np.int32)
    labels[:, 4:8, 10:20] = 1  # 4 rows, 10 columns
    tracks = lk.track.link(labels)
    write_trackmate(tmp_path / "a.xml", labels, tracks, um_per_px=0.5, contours="exact")
    spot = next(ElementTree.parse(tmp_path / "a.xml").iter("Spot"))
    assert (spot.get("POSITION_X"), spot.get("POSITION_Y")) == ("7.25", "2.75")
    xy = np.array(spot.text.split(), float).reshape(-1, 2)
    assert sorted(xy.tolist()) == [[-2.5, -1], [-2.5, 1], [2.5, -1], [2.5, 1]]


def test_settings_name_the_image_and_how_it_was_linked(written, tmp_path):
    labels, tracks, path = written
    settings = ElementTree.parse(path).getroot().find("Settings")
    image = settings.find("ImageData")
    assert image.get("filename") == "my <raw> & 'movie'.tif"
    assert image.get("folder") == ""  # that of the XML
    size = [int(image.get(key)) for key in ("nframes", "height", "width")]
    assert size == list(SHAPE)
    assert (float(image.get("pixelwidth")), float(image.get("timeinterval"))) == (
        0.325,
        600,
    )
    options = {"max_distance": 20, "max_gap": 0, "divisions": False, **SCALE}
    other = tmp_path / "x" / "raw.tif"
    write_trackmate(tmp_path / "a.xml", labels, tracks, image_path=other, **options)
    settings = ElementTree.parse(tmp_path / "a.xml").getroot().find("Settings")
    assert settings.find("ImageData").get("folder") == str(tmp_path / "x")
    tracker = settings.find("TrackerSettings")
    assert tracker.find("Linking").get("LINKING_MAX_DISTANCE") == "6.5"
    assert tracker.find("GapClosing").get("ALLOW_GAP_CLOSING") == "false"
    assert tracker.find("TrackSplitting").get("ALLOW_TRACK_SPLITTING") == "false"


# --- what crashes TrackMate ---------------------------------------------------

CRASHES = {
    "version": (r'<TrackMate version="[^"]*"', "<TrackMate"),
    "space before": (r'(ROI_N_POINTS="\d+">)', r"\1\n  "),
    "without VISIBILITY": (' VISIBILITY="1"', ""),
    "without FRAME": (r' FRAME="\d"', ""),
    "without POSITION_T": (r' POSITION_T="[^"]*"', ""),
    "CLASS": (' VISIBILITY="1"', ' VISIBILITY="1" CLASS="mitotic"'),
    "SPOT_SOURCE_ID": (r'(SPOT_SOURCE_ID="\d+)"', r'\1.0"'),
    "edge with": (r'SPOT_TARGET_ID="\d+"', 'SPOT_TARGET_ID="999"'),
    "no FeatureDeclarations": ("FeatureDeclarations", "Declarations"),
    "not declared": (r'<Feature feature="RADIUS"[^>]*>', ""),
    "edge with SPEED": (r'<Feature feature="SPEED"[^>]*>', ""),
    "dimension": ('dimension="AREA"', 'dimension="SURFACE"'),
    "no FilteredTracks": ("FilteredTracks", "Filtered"),
    "visible tracks": (r'<TrackID TRACK_ID="1" />', ""),
    "no InitialSpotFilter": (r"<InitialSpotFilter [^>]*>", ""),
    "no SpotFilterCollection": ("<SpotFilterCollection />", ""),
    "no TrackFilterCollection": ("<TrackFilterCollection />", ""),
    "no GUIState": (r"<GUIState [^>]*>", ""),
    "nan": (r'RADIUS="[^"]*"', 'RADIUS="nan"'),
    "number of points": (r'ROI_N_POINTS="\d+"', 'ROI_N_POINTS="3"'),
    "track without edge": (r"<Edge [^>]*>", ""),
}


def test_nothing_that_is_known_to_crash_trackmate_is_written(written, tmp_path):
    assert problems(written[2].read_text("utf-8")) == []
    _, tracks = scene()
    tracks["area"] = np.nan
    write_trackmate(tmp_path / "a.xml", None, tracks)
    assert problems((tmp_path / "a.xml").read_text("utf-8")) == []


@pytest.mark.parametrize("name", CRASHES)
def test_the_rules_notice_each_known_crash(written, name):
    text = written[2].read_text("utf-8")
    broken = re.sub(*CRASHES[name], text, count=0)
    assert broken != text
    assert any(name.split()[-1] in problem for problem in problems(broken))


# --- sizes, pieces, bad input -------------------------------------------------


def test_one_contour_an_object(tmp_path):
    labels, tracks = scene()
    labels[0, 45:, 60:] = 9  # far from the rest of object 9
    write_trackmate(tmp_path / "a.xml", labels, tracks)
    found = read_trackmate(tmp_path / "a.xml").labels
    assert not found[0, 45:, 60:].any()
    assert np.array_equal(found, tracked_only(scene()[0], tracks))


def test_points_without_labels(tmp_path):
    tracks = scene()[1]
    tracks["area"][:3] = np.nan
    write_trackmate(tmp_path / "a.xml", None, tracks, radius=4, **SCALE)
    found = read_trackmate(tmp_path / "a.xml")
    assert_same(found.tracks, tracks)
    assert found.labels is None
    spots = ElementTree.parse(tmp_path / "a.xml").iter("Spot")
    assert float(next(spots).get("RADIUS")) == pytest.approx(4 * 0.325)


@pytest.mark.parametrize("n_objects", [0, 1])
def test_a_movie_without_tracks(tmp_path, n_objects):
    labels = np.zeros((3, 20, 20), np.int32)
    labels[1, 4:9, 4:9] = n_objects
    tracks = lk.track.link(labels)
    assert len(tracks) == n_objects
    write_trackmate(tmp_path / "a.xml", labels, tracks)
    assert problems((tmp_path / "a.xml").read_text("utf-8")) == []
    found = read_trackmate(tmp_path / "a.xml")
    assert_same(found.tracks, tracks)


@pytest.mark.parametrize("limit", [3000, 12000])
def test_what_is_too_large_is_sent_elsewhere(tmp_path, monkeypatch, limit):
    monkeypatch.setattr(writing, "LIMIT", limit)
    with pytest.raises(ValueError, match=r"GEFF.*write_trackmate_csv"):
        write_trackmate(tmp_path / "a.xml", *scene())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda labels, tracks: (labels[0], tracks), r"\(T, H, W\)"),
        (lambda labels, tracks: (labels[:3], tracks), "goes to frame 5"),
        (lambda labels, tracks: (labels * 2, tracks), "has object"),
        (lambda labels, tracks: (labels, np.append(tracks, tracks[:1])), "two places"),
        (lambda labels, tracks: (labels[:0], tracks), r"\(T, H, W\)"),
    ],
)
def test_labels_and_tracks_that_do_not_fit(tmp_path, change, message):
    with pytest.raises(ValueError, match=message):
        write_trackmate(tmp_path / "a.xml", *change(*scene()))
    assert list(tmp_path.iterdir()) == []


def test_wrong_names_kinds_and_tables(tmp_path):
    labels, tracks = scene()
    with pytest.raises(TypeError, match=r"labkit\.track\.link makes one"):
        write_trackmate(tmp_path / "a.xml", labels, tracks[["frame", "label"]])
    with pytest.raises(ValueError, match=r"end in \.xml"):
        write_trackmate(tmp_path / "a.txt", labels, tracks)
    with pytest.raises(ValueError, match="`contours` must be"):
        write_trackmate(tmp_path / "a.xml", labels, tracks, contours="fine")
    with pytest.raises(ValueError, match="`um_per_px` must be a positive"):
        write_trackmate(tmp_path / "a.xml", labels, tracks, um_per_px=-1)
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="is a file, not a folder"):
        write_trackmate(tmp_path / "file" / "a.xml", labels, tracks)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_folder(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError, match="no permission"):
        write_trackmate(tmp_path / "a.xml", *scene())


def test_an_older_file_stays_if_writing_fails(tmp_path, monkeypatch):
    path = tmp_path / "a.xml"
    path.write_text("older")
    monkeypatch.setattr(writing, "LIMIT", 12000)
    with pytest.raises(ValueError, match="cannot write"):
        write_trackmate(path, *scene())
    assert path.read_text() == "older"
