"""Cell Tracking Challenge folders and CSV tables."""

import os

import numpy as np
import pytest
import tifffile

import labkit as lk
from labkit.files.ctc import check_table, read_ctc, read_ctc_table, write_ctc
from labkit.files.labels import write_labels
from labkit.files.pieces import one_piece
from labkit.files.tables import read_csv, write_csv
from labkit.labels import TRACK_DTYPE


def _movie(rows, n_frames=6):
    """Labels and tracks of squares: rows of (frame, label, track, parent)."""
    labels = np.zeros((n_frames, 40, 90), np.int32)
    tracks = np.zeros(len(rows), TRACK_DTYPE)
    for k, (frame, label, track, parent) in enumerate(rows):
        row, col = 2 + 9 * (track % 4), 3 + 4 * frame + 7 * (track // 4)
        labels[frame, row : row + 5, col : col + 4] = label
        tracks[k] = (frame, label, track, parent, row + 2, col + 1.5, 20)
    return labels, tracks


DIVISION = [(0, 9, 1, 0), (1, 4, 1, 0), (2, 7, 2, 1), (2, 8, 3, 1), (3, 1, 3, 1)]


def test_division_round_trip(tmp_path):
    labels, tracks = _movie(DIVISION, n_frames=4)
    table = write_ctc(tmp_path / "01_RES", labels, tracks)
    assert table.tolist() == [[1, 0, 1, 0], [2, 2, 2, 1], [3, 2, 3, 1]]
    assert (tmp_path / "01_RES/res_track.txt").read_text() == (
        "1 0 1 0\n2 2 2 1\n3 2 3 1\n"
    )
    names = sorted(p.name for p in (tmp_path / "01_RES").iterdir())
    assert names == [*(f"mask00{t}.tif" for t in range(4)), "res_track.txt"]
    assert tifffile.imread(tmp_path / "01_RES/mask002.tif").dtype == np.uint16
    again, found = read_ctc(tmp_path / "01_RES")
    assert np.array_equal(again > 0, labels > 0)
    expected = np.sort(tracks, order=["track_id", "frame"])
    expected["label"] = expected["track_id"]
    assert np.array_equal(found, expected)


def test_gaps_are_cut_and_daughters_hang_on_the_last_piece(tmp_path):
    rows = [(0, 1, 5, 0), (2, 1, 5, 0), (3, 1, 5, 0), (4, 1, 6, 5), (4, 2, 7, 5)]
    labels, tracks = _movie([*rows, (5, 3, 9, 0)])
    table = write_ctc(tmp_path, labels, tracks[::-1])
    assert table.tolist() == [
        [5, 0, 0, 0],
        [6, 4, 4, 10],
        [7, 4, 4, 10],
        [9, 5, 5, 0],
        [10, 2, 3, 5],
    ]
    movie, found = read_ctc(tmp_path)
    assert np.unique(movie[2]).tolist() == [0, 10]
    assert found[found["track_id"] == 10]["parent_id"].tolist() == [5, 5]
    write_ctc(tmp_path / "again", movie, found)
    assert np.array_equal(read_ctc(tmp_path / "again")[0], movie)


@pytest.mark.parametrize("seed", range(5))
def test_random_tracks_with_gaps_are_always_valid(tmp_path, seed):
    rng = np.random.default_rng(seed)
    rows = [
        (t, int(rng.integers(1, 5)) * 100 + track, track, 0)
        for track in range(1, 20)
        for t in range(8)
        if rng.random() < 0.6
    ]
    labels, tracks = _movie(rows, n_frames=8)
    table = write_ctc(tmp_path, labels, tracks)
    movie, again = read_ctc_table(tmp_path)
    assert np.array_equal(table, again)
    assert np.array_equal(movie > 0, labels > 0)
    # pieces of one track form one chain that covers its frames once
    root = {number: number for number, *_ in table.tolist()}
    for number, _, _, parent in sorted(table.tolist(), key=lambda row: row[1]):
        root[number] = root[parent] if parent else number
    frames = {}
    for number, begin, end, _ in table.tolist():
        frames.setdefault(root[number], []).extend(range(begin, end + 1))
    for track in np.unique(tracks["track_id"]):
        expected = tracks["frame"][tracks["track_id"] == track].tolist()
        assert sorted(frames[track]) == expected


def test_objects_without_track_are_left_out(tmp_path):
    labels, tracks = _movie(DIVISION, n_frames=4)
    labels[:, 36:39, 80:85] = 1000
    write_ctc(tmp_path, labels, tracks)
    assert read_ctc(tmp_path)[0][:, 36:39, 80:85].max() == 0


def test_no_tracks_at_all(tmp_path):
    labels, tracks = _movie([], n_frames=2)
    assert write_ctc(tmp_path, labels, tracks).shape == (0, 4)
    movie, found = read_ctc(tmp_path)
    assert movie.shape == labels.shape
    assert len(found) == 0
    assert found.dtype == TRACK_DTYPE


def test_truth_folder_and_first_frame_that_is_not_zero(tmp_path):
    labels, tracks = _movie(DIVISION, n_frames=4)
    write_ctc(tmp_path / "RES", labels, tracks)
    truth = tmp_path / "01_GT" / "TRA"
    truth.mkdir(parents=True)
    for t in range(4):
        old = tmp_path / "RES" / f"mask{t:03d}.tif"
        old.rename(truth / f"man_track{t + 150:03d}.tif")
    (truth / "man_track.txt").write_text("1 150 151 0\n2 152 152 1\n3 152 153 1\n")
    for folder in (truth, truth.parent):
        movie, found = read_ctc(folder)
        assert np.array_equal(movie > 0, labels > 0)
        assert found["frame"].tolist() == [0, 1, 2, 2, 3]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ([[1, 0, 1, 0], [1, 2, 2, 0]], "twice"),
        ([[1, 1, 0, 0]], "impossible"),
        ([[0, 0, 1, 0]], "impossible"),
        ([[1, 0, 1, 0], [2, 2, 3, 8]], "parent 8 does not end before"),
        ([[1, 0, 1, 0], [2, 1, 3, 1]], "parent 1 does not end before"),
        ([[1, 0, 2, 0], [2, 2, 3, 0]], "label 1 is missing in frame 2"),
        ([[1, 0, 1, 0]], "label 2 is not in the table for frame 2"),
        ([[1, 0, 1, 0], [2, 2, 3, 0], [3, 9, 9, 0]], "label 3 is missing in frame 9"),
    ],
)
def test_invalid_results_are_refused(tmp_path, table, message):
    labels, _ = _movie([(0, 1, 1, 0), (1, 1, 1, 0), (2, 2, 2, 0), (3, 2, 2, 0)], 4)
    with pytest.raises(ValueError, match=message):
        check_table(labels, table)
    for t, frame in enumerate(labels):
        write_labels(tmp_path / f"mask{t:03d}.tif", frame)
    np.savetxt(tmp_path / "res_track.txt", table, fmt="%d")
    with pytest.raises(ValueError, match=message):
        read_ctc(tmp_path)


def test_what_cannot_be_written(tmp_path):
    labels, tracks = _movie(DIVISION, n_frames=4)

    def write(change, value, row):
        wrong = tracks.copy()
        wrong[change][row] = value
        write_ctc(tmp_path / "new", labels, wrong)

    for change, value, row, message in [
        ("label", 5, 0, "label 1 is missing in frame 0"),
        ("frame", 9, 4, "missing in frame 9"),
        ("parent_id", 77, 2, "parent 77"),
        ("parent_id", 3, 2, "parent 3 does not end before"),
        ("track_id", 70000, 0, "1 to 65535"),
        ("track_id", 0, 0, "1 to 65535"),
    ]:
        with pytest.raises(ValueError, match=message):
            write(change, value, row)
    with pytest.raises(TypeError, match="TRACK_DTYPE"):
        write_ctc(tmp_path / "new", labels, np.zeros((5, 4)))
    with pytest.raises(ValueError, match="same label in the same frame"):
        write_ctc(tmp_path / "new", labels, np.concatenate([tracks, tracks[:1]]))
    with pytest.raises(ValueError, match=r"\(T, H, W\)"):
        write_ctc(tmp_path / "new", labels[0], tracks)
    assert not (tmp_path / "new").exists()


def test_an_older_longer_result_is_not_mixed_in(tmp_path):
    labels, tracks = _movie(DIVISION, n_frames=4)
    write_labels(tmp_path / "mask009.tif", labels[0])
    with pytest.raises(ValueError, match=r"holds mask009.tif"):
        write_ctc(tmp_path, labels, tracks)
    (tmp_path / "mask009.tif").unlink()
    write_ctc(tmp_path, labels, tracks)
    write_ctc(tmp_path, labels, tracks)  # the same again is fine


def test_interrupted_writing_leaves_no_table(tmp_path, monkeypatch):
    labels, tracks = _movie(DIVISION, n_frames=4)
    write_ctc(tmp_path, labels, tracks)

    def interrupt(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr("labkit.files.ctc.write_labels", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_ctc(tmp_path, labels, tracks)
    with pytest.raises(FileNotFoundError, match=r"res_track.txt"):
        read_ctc(tmp_path)


def test_folders_that_are_wrong(tmp_path):
    with pytest.raises(FileNotFoundError, match="no folder"):
        read_ctc(tmp_path / "absent")
    with pytest.raises(FileNotFoundError, match="01_RES"):
        read_ctc(tmp_path)
    (tmp_path / "res_track.txt").write_text("1 0 1 0\n")
    with pytest.raises(FileNotFoundError, match=r"maskNNN.tif"):
        read_ctc(tmp_path)
    labels, tracks = _movie(DIVISION, n_frames=4)
    write_ctc(tmp_path, labels, tracks)
    (tmp_path / "mask001.tif").unlink()
    with pytest.raises(FileNotFoundError, match="without a break"):
        read_ctc(tmp_path)
    for text in ("1 0 1\n", "1 0 1 x\n", "1.5 0 1 0\n"):
        (tmp_path / "res_track.txt").write_text(text)
        with pytest.raises(ValueError, match="four whole numbers"):
            read_ctc(tmp_path)


@pytest.mark.data
@pytest.mark.skipif("LABKIT_DATA" not in os.environ, reason="LABKIT_DATA is not set")
def test_real_tracks_round_trip(tmp_path):
    if not lk.data.is_local("simplus_01"):
        pytest.skip("no simplus_01 in LABKIT_DATA")
    data = lk.data.load("simplus_01")
    table = write_ctc(tmp_path, np.stack(data.labels), data.tracks, keep_pieces=True)
    assert len(table) == 95
    labels, tracks = read_ctc(tmp_path)
    assert np.array_equal(labels, np.stack(data.labels))
    assert np.array_equal(tracks, data.tracks)


def test_only_the_largest_piece_of_an_object_is_written(tmp_path):
    labels, tracks = _movie(DIVISION, n_frames=4)
    labels[1, 38, 80:83] = 4  # far from the rest of object 4
    write_ctc(tmp_path / "one", labels, tracks)
    write_ctc(tmp_path / "all", labels, tracks, keep_pieces=True)
    one, whole = (read_ctc(tmp_path / name)[0] for name in ("one", "all"))
    assert np.count_nonzero(whole != one) == 3
    assert np.array_equal(one > 0, one_piece(labels) > 0)
    assert np.array_equal(whole > 0, labels > 0)


def test_csv_round_trip_is_exact(tmp_path):
    _, tracks = _movie(DIVISION)
    tracks["y"] = np.random.default_rng(0).normal(size=len(tracks)) / 3
    tracks["x"][0] = np.nan
    write_csv(tmp_path / "t.csv", tracks)
    again = read_csv(tmp_path / "t.csv", TRACK_DTYPE)
    assert again.dtype == TRACK_DTYPE
    assert np.array_equal(again["y"], tracks["y"])
    assert np.isnan(again["x"][0])
    guessed = read_csv(tmp_path / "t.csv")
    assert guessed["frame"].dtype == np.int64
    assert guessed["y"].dtype == np.float64
    first = (tmp_path / "t.csv").read_text().splitlines()[0]
    assert first == "frame,label,track_id,parent_id,y,x,area"


def test_csv_with_text_truth_values_and_no_rows(tmp_path):
    table = np.array([(1, "a,b", True), (2, 'q"', False)], "i8, U9, ?")
    table.dtype.names = ("n", "name", "kept")
    write_csv(tmp_path / "t.csv", table)
    again = read_csv(tmp_path / "t.csv")
    assert again.tolist() == table.tolist()
    write_csv(tmp_path / "t.csv", table[:0])
    assert read_csv(tmp_path / "t.csv", table.dtype).shape == (0,)


def test_csv_that_is_wrong(tmp_path):
    file = tmp_path / "t.csv"
    with pytest.raises(FileNotFoundError):
        read_csv(file)
    for text, message in [
        ("", "is empty"),
        ("a,b\n1,2\n3\n", "line 3 .* 1 values, expected 2"),
        ("a,c\n1,2\n", "lacks the columns b"),
        ("a,b\n1,2\n1,x\n", "column b"),
    ]:
        file.write_text(text)
        with pytest.raises(ValueError, match=message):
            read_csv(file, [("a", "i4"), ("b", "i4")])
    with pytest.raises(TypeError, match="structured"):
        write_csv(file, np.eye(3))
