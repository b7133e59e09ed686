"""Image sets by name: on board, from LABKIT_DATA, downloaded."""

import functools
import hashlib
import http.server
import os
import shutil
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
import yaml

import labkit as lk
from labkit.data import fetch, manifest
from labkit.files.ctc import write_ctc
from labkit.files.images import write_image
from labkit.files.labels import write_labels
from labkit.files.rois import write_rois
from labkit.labels import TRACK_DTYPE

PUBLIC = [
    "bbbc038_stage1_train_fixed",
    "ctc_Fluo-N2DH-GOWT1",
    "ctc_Fluo-N2DH-SIM+",
    "ctc_Fluo-N2DL-HeLa",
    "dsb2018_stardist_subset",
    "mdck_movie",
]
ON_BOARD = ["nuclei", "scratch_assay", "scratch_assay_cells"]
FIELDS = ["what", "licence", "citation", "shape", "um_per_px", "minutes_per_frame"]


def needs(name):
    """Skip a test where a real data set is absent."""
    reason = f"{name} is not in LABKIT_DATA"
    absent = "LABKIT_DATA" not in os.environ or not lk.data.is_local(name)
    return pytest.mark.skipif(absent, reason=reason)


def test_every_entry_says_what_and_where_it_is():
    assert set(PUBLIC + ON_BOARD) <= set(lk.data.names())
    for name in lk.data.names():
        entry = lk.data.info(name)
        assert set(FIELDS) <= set(entry), name
        assert all(entry[field] for field in FIELDS[:3]), name
        places = [k for k in ("package", "files", "folder", "zip") if entry.get(k)]
        assert len(places) == 1, name
        for file in entry.get("files") or [entry.get("zip")]:
            if file:
                assert len(file["sha256"]) == 64
                url = entry["base_url"] + file["remote"] if "path" in file else ""
                assert (url or file["url"]).startswith("http")


def test_movie_of_the_paper_is_listed_completely():
    files = lk.data.info("mdck_movie")["files"]
    assert len(files) == 92
    assert sum(file["bytes"] for file in files) == 336_376_501
    paths = {file["path"] for file in files}
    assert paths == {
        "mdck/frame01_rois.zip",
        *(f"mdck/frames/frame{k:02d}.png" for k in range(1, 92)),
    }
    assert len({file["sha256"] for file in files}) == 92


def test_unknown_names_and_ids_list_the_known_ones():
    for call in (lk.data.info, lk.data.load, lk.data.path, lk.data.is_local):
        with pytest.raises(ValueError, match="'nucleus'; known: nuclei, scratch_assay"):
            call("nucleus")
    with pytest.raises(ValueError, match="no image 'frame11'; known ids: frame01, "):
        lk.data.load("scratch_assay", "frame11")


def test_info_is_a_copy():
    lk.data.info("nuclei")["what"] = "changed"
    assert lk.data.info("nuclei")["what"] != "changed"


def test_nuclei_are_on_board():
    data = lk.data.load("nuclei")
    assert data.ids == ["nuclei"]
    assert data.images[0].shape == data.labels[0].shape == (512, 512)
    assert data.labels[0].dtype == np.int32
    assert len(np.unique(data.labels[0])) == 126
    assert data.tracks is None
    assert repr(data) == "Dataset('nuclei': 1 image, (512, 512), uint16, labels)"


def test_scratch_assay_is_on_board():
    data = lk.data.load("scratch_assay")
    assert np.stack(data.images).shape == (10, 210, 576)
    counts = [len(np.unique(labels)) - 1 for labels in data.labels]
    assert (min(counts), max(counts)) == (59, 83)
    assert data.info["um_per_px"] == 0.619
    cells = lk.data.load("scratch_assay_cells", ["frame10", "frame01"])
    assert cells.ids == ["frame10", "frame01"]
    assert not np.array_equal(cells.images[1], data.images[0])
    counts = [len(np.unique(k)) - 1 for k in lk.data.load("scratch_assay_cells").labels]
    assert (min(counts), max(counts)) == (66, 103)
    inside = data.images[0][data.labels[0] > 0].mean()
    assert inside > 2 * data.images[0][data.labels[0] == 0].mean()


def test_sets_without_download_say_what_to_set(monkeypatch):
    monkeypatch.delenv("LABKIT_DATA", raising=False)
    assert not lk.data.is_local("dsb2018_dev")
    with pytest.raises(
        FileNotFoundError, match=r"set LABKIT_DATA .*dsb2018/dev.*nuclei"
    ):
        lk.data.load("dsb2018_dev")
    monkeypatch.setenv("LABKIT_DATA", "/absent/folder")
    with pytest.raises(FileNotFoundError, match="LABKIT_DATA=/absent/folder"):
        lk.data.load("dsb2018_dev")
    assert len(lk.data.load("nuclei")) == 1


def test_missing_package_says_what_to_install(monkeypatch, fake):
    fake(lost={"package": "no_such_package", "images": "*.png"})
    with pytest.raises(FileNotFoundError, match="pip install no-such-package"):
        lk.data.load("lost")
    assert not lk.data.is_local("lost")


@pytest.fixture
def fake(monkeypatch, tmp_path):
    """Replace the manifest by given entries, and the cache by a new folder."""
    for name in ("LABKIT_DATA", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(fetch, "cache_folder", lambda: tmp_path / "cache")

    def use(**entries):
        monkeypatch.setattr(manifest, "_manifest", lambda: entries)

    return use


@pytest.fixture
def server(tmp_path):
    """Serve ``tmp_path/www``; gives the folder, the address and what was asked for."""
    folder = tmp_path / "www"
    folder.mkdir()
    asked = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_args):
            asked.append(self.path)

    handler = functools.partial(Handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever)
        thread.start()
        yield folder, f"http://127.0.0.1:{httpd.server_port}/", asked
        httpd.shutdown()
        thread.join()


def _described(file, folder):
    content = file.read_bytes()
    return {
        "path": f"set/{file.name}",
        "remote": file.name,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


@pytest.fixture
def movie(server, fake):
    """A movie of three frames with ROIs of the first, on a server."""
    folder, url, asked = server
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 255, (3, 20, 30)).astype(np.uint8)
    labels = np.zeros((20, 30), np.int32)
    labels[2:9, 3:9], labels[5:15, 15:25] = 1, 2
    for k in range(3):
        write_image(folder / f"frame{k + 9}.png", frames[k])
    write_rois(folder / "frame9_rois.zip", labels)
    files = [_described(file, folder) for file in sorted(folder.iterdir())]
    entry = {"base_url": url, "files": files, "images": "set/frame*.png"}
    truth = {**entry, "images": "set/frame9.png", "labels": "set/frame9_rois.zip"}
    fake(movie=entry, first=truth)
    return frames, labels, asked


def test_download_once_verified_in_natural_order(movie, tmp_path):
    frames, labels, asked = movie
    assert not lk.data.is_local("movie")
    data = lk.data.load("movie")
    assert data.ids == ["frame9", "frame10", "frame11"]
    assert np.array_equal(np.stack(data.images), frames)
    assert len(asked) == 3
    assert lk.data.is_local("movie")
    assert not lk.data.is_local("first")
    first = lk.data.load("first")
    assert np.array_equal(first.labels[0], labels)
    assert len(asked) == 4
    assert lk.data.path("movie") == tmp_path / "cache" / "set"
    lk.data.load("movie")
    assert len(asked) == 4
    assert len(list((tmp_path / "cache" / "set").iterdir())) == 4


def test_ids_fetch_only_what_is_asked(movie):
    frames, _, asked = movie
    data = lk.data.load("movie", "frame10")
    assert data.ids == ["frame10"]
    assert np.array_equal(data.images[0], frames[1])
    assert len(asked) == 1
    assert lk.data.load("movie").ids == ["frame10"]
    assert lk.data.load("movie", ["frame11", "frame10"]).ids == ["frame11", "frame10"]
    assert len(asked) == 2
    assert lk.data.load("movie", "all").ids == ["frame9", "frame10", "frame11"]
    with pytest.raises(ValueError, match="no image 'frame1'"):
        lk.data.load("movie", "frame1")


def test_data_folder_comes_first_and_is_never_written_if_read_only(
    movie, tmp_path, monkeypatch
):
    _, _, asked = movie
    given = tmp_path / "given"
    (given / "set").mkdir(parents=True)
    shutil.copy(tmp_path / "www" / "frame10.png", given / "set")
    given.chmod(0o555)
    monkeypatch.setenv("LABKIT_DATA", str(given))
    assert lk.data.load("movie").ids == ["frame10"]
    assert asked == []
    assert lk.data.load("movie", "all").ids == ["frame9", "frame10", "frame11"]
    assert len(asked) == 2
    assert len(list((tmp_path / "cache" / "set").iterdir())) == 2
    given.chmod(0o755)
    shutil.rmtree(tmp_path / "cache")
    lk.data.load("movie", "all")
    assert len(list((given / "set").iterdir())) == 3
    assert not (tmp_path / "cache").exists()


def test_wrong_content_is_refused_and_not_kept(movie, tmp_path):
    write_image(tmp_path / "www" / "frame9.png", np.zeros((5, 5), np.uint8))
    with pytest.raises(ValueError, match=r"frame9.png is not the file .* SHA-256"):
        lk.data.load("movie", "frame9")
    assert list((tmp_path / "cache").rglob("*.png")) == []
    assert not any(p.is_file() for p in (tmp_path / "cache").rglob("*"))


def test_damaged_local_file_is_named(movie, tmp_path):
    lk.data.load("movie", "frame9")
    file = tmp_path / "cache" / "set" / "frame9.png"
    file.write_bytes(file.read_bytes()[:-50])
    with pytest.raises(ValueError, match=r"frame9.png has \d+ bytes instead of"):
        lk.data.load("movie", "frame9")


def test_offline_says_what_to_do(movie, tmp_path, monkeypatch):
    entry = lk.data.info("movie") | {"base_url": "http://127.0.0.1:9/"}
    monkeypatch.setattr(manifest, "_manifest", lambda: {"movie": entry})
    with pytest.raises(ConnectionError) as caught:
        lk.data.load("movie", "frame9")
    message = str(caught.value)
    assert "http://127.0.0.1:9/frame9.png" in message
    assert str(tmp_path / "cache" / "set" / "frame9.png") in message
    assert "'nuclei'" in message


def test_address_that_is_gone_is_a_connection_error(movie, tmp_path):
    (tmp_path / "www" / "frame9.png").unlink()
    with pytest.raises(ConnectionError, match="HTTPError"):
        lk.data.load("movie", "frame9")


def test_interrupted_download_leaves_nothing(movie, tmp_path, monkeypatch):
    import pooch

    def interrupt(_self, _url, file, _pooch):
        Path(file).write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", interrupt)
    with pytest.raises(KeyboardInterrupt):
        lk.data.load("movie", "frame9")
    assert not any(p.is_file() for p in (tmp_path / "cache").rglob("*"))


@pytest.fixture
def zipped(server, fake, tmp_path):
    """A Cell Tracking Challenge movie and a folder of pairs, zipped, on a server."""
    folder, url, asked = server
    source = tmp_path / "source" / "Movie"
    labels = np.zeros((3, 20, 30), np.int32)
    tracks = np.zeros(4, TRACK_DTYPE)
    for k, (frame, track, parent) in enumerate([(0, 1, 0), (1, 1, 0), (2, 2, 1)]):
        labels[frame, 3:8, 4 * k : 4 * k + 3] = track
        tracks[k] = (frame, track, track, parent, 5, 4 * k + 1, 15)
    labels[2, 12:15, 3:6] = 3
    tracks[3] = (2, 3, 3, 1, 13, 4, 9)
    for k, frame in enumerate(labels):
        write_image(source / "01" / f"t{k:03d}.tif", frame.astype(np.uint8))
    write_ctc(source / "01_GT" / "TRA", labels, tracks)
    for k in (1, 2):
        write_image(source / "images" / f"{k}.tif", labels[k].astype(np.uint16) * 9)
        write_labels(source / "masks" / f"{k}.tif", labels[k])
    with zipfile.ZipFile(folder / "movie.zip", "w") as archive:
        for file in sorted(source.rglob("*.t*")):
            archive.write(file, file.relative_to(source.parent))
    sha = _described(folder / "movie.zip", folder)["sha256"]
    entry = {"zip": {"url": url + "movie.zip", "sha256": sha}}
    fake(
        ctc=entry | {"ctc": {"images": "*/01", "truth": "*/01_GT/TRA"}},
        pairs=entry
        | {"zip_of": "ctc", "images": "*/images/*.tif", "labels": "*/masks/*.tif"},
        bare=entry | {"zip_of": "ctc"},
    )
    return labels, tracks, asked, folder / "movie.zip"


def test_zip_is_unpacked_once_for_all_that_share_it(zipped, tmp_path):
    labels, tracks, asked, _ = zipped
    data = lk.data.load("ctc")
    assert np.array_equal(np.stack(data.labels), labels)
    assert np.array_equal(np.stack(data.images), labels)
    assert np.array_equal(data.tracks, tracks)
    pairs = lk.data.load("pairs", "2")
    assert np.array_equal(pairs.labels[0] * 9, pairs.images[0])
    assert lk.data.path("bare") == tmp_path / "cache" / "ctc"
    with pytest.raises(ValueError, match=r"no reader for the files of 'bare'.*path"):
        lk.data.load("bare")
    assert asked == ["/movie.zip"]
    assert [p.name for p in (tmp_path / "cache").iterdir()] == ["ctc"]


def test_some_frames_of_a_tracked_movie(zipped):
    labels, *_ = zipped
    data = lk.data.load("ctc", ["frame02", "frame03"])
    assert np.array_equal(np.stack(data.labels), labels[1:])
    assert data.tracks["frame"].tolist() == [0, 1, 1]
    assert data.tracks["parent_id"].tolist() == [0, 1, 1]
    last = lk.data.load("ctc", "frame03")
    assert last.tracks["parent_id"].tolist() == [0, 0]


def test_zip_put_there_by_hand(zipped, tmp_path):
    _, _, asked, file = zipped
    (tmp_path / "cache").mkdir()
    shutil.copy(file, tmp_path / "cache" / "ctc.zip")
    assert len(lk.data.load("ctc")) == 3
    assert asked == []


def test_wrong_zip_is_refused_and_not_kept(zipped, tmp_path):
    *_, file = zipped
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(ValueError, match="SHA-256"):
        lk.data.load("ctc")
    assert list((tmp_path / "cache").iterdir()) == []


def test_pairs_without_labels_are_named(fake, tmp_path, monkeypatch):
    for k in (1, 2, 3):
        write_image(
            tmp_path / "given" / "set" / "images" / f"{k}.png", np.eye(4, dtype="u1")
        )
    write_labels(tmp_path / "given" / "set" / "labels" / "1.png", np.eye(4, dtype=int))
    fake(pairs={"folder": "set", "images": "images/*.png", "labels": "labels/*.png"})
    monkeypatch.setenv("LABKIT_DATA", str(tmp_path / "given"))
    with pytest.raises(FileNotFoundError, match=r"no labels for 2.png and 1 other"):
        lk.data.load("pairs")


def test_manifest_is_found_in_an_installed_package(tmp_path, monkeypatch):
    package = tmp_path / "labkit"
    (package / "data").mkdir(parents=True)
    monkeypatch.setattr(manifest, "__file__", str(package / "data" / "manifest.py"))
    with pytest.raises(FileNotFoundError, match="install labkit again"):
        manifest._manifest.__wrapped__()
    for folder in (tmp_path, package):
        text = yaml.safe_dump({folder.name: {}})
        (folder / "data_manifest.yaml").write_text(text)
        assert list(manifest._manifest.__wrapped__()) == [folder.name]


@pytest.mark.data
@needs("dsb2018_dev")
def test_dsb2018_with_its_table():
    name = "00071198d059ba7f5914a526d124d28e6d010c92466da21d4a04cd5413362552"
    data = lk.data.load("dsb2018_dev", name)
    (row,) = data.info["index"]
    assert (row["group"], row["field"]) == ("fluo256_round", "f_00071198")
    assert (row["n_nuclei"], row["mean_area"]) == (27, 211.63)
    assert len(np.unique(data.labels[0])) == 28


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "n_images", "n_colour", "n_nuclei", "n_fields"),
    [
        pytest.param("dsb2018_dev", 360, 57, 16769, 139, marks=needs("dsb2018_dev")),
        pytest.param("dsb2018_test", 117, 20, 4509, 40, marks=needs("dsb2018_test")),
        pytest.param("englbrecht_test", 4, 0, 85, 3, marks=needs("englbrecht_test")),
        pytest.param(
            "englbrecht_train", 20, 0, 467, 10, marks=needs("englbrecht_train")
        ),
    ],
)
def test_real_sets_are_complete(name, n_images, n_colour, n_nuclei, n_fields):
    data = lk.data.load(name)
    assert len(data) == len(data.images) == len(data.labels) == n_images
    assert sum(image.ndim == 3 for image in data.images) == n_colour
    assert sum(labels.max() for labels in data.labels) == n_nuclei
    index = data.info["index"]
    assert [row["n_nuclei"] for row in index] == [k.max() for k in data.labels]
    assert len({row["field"] for row in index}) == n_fields


@pytest.mark.data
@needs("englbrecht_train_published")
def test_published_masks_keep_few_nuclei():
    data = lk.data.load("englbrecht_train_published")
    counts = [labels.max() for labels in data.labels]
    assert (min(counts), max(counts)) == (4, 11)
    assert np.mean(counts) == pytest.approx(6.55)


@pytest.mark.data
@needs("mdck_frame01")
def test_mdck_frames_on_this_machine():
    data = lk.data.load("mdck_frame01")
    assert data.images[0].shape == data.labels[0].shape == (2048, 2048)
    assert data.labels[0].max() == 791
    movie = lk.data.load("mdck_movie", "frame01")
    assert np.array_equal(movie.images[0], data.images[0])
    source = fetch.sources(lk.data.info("mdck_movie"))[1]
    content = fetch.find(source).read_bytes()
    assert hashlib.sha256(content).hexdigest() == source.sha256


@pytest.mark.data
@needs("mdck_crop")
def test_mdck_crop_is_a_crop():
    crop = lk.data.load("mdck_crop")
    assert np.stack(crop.images).shape == (91, 512, 512)
    first = lk.data.load("mdck_crop_frame01")
    assert first.labels[0].max() == 83
    assert np.array_equal(first.images[0], crop.images[0])
    whole = lk.data.load("mdck_movie", "frame01").images[0]
    assert np.array_equal(whole[1100:1612, 1000:1512], first.images[0])


@pytest.mark.data
@needs("breast_cancer")
def test_breast_cancer_has_tracks():
    data = lk.data.load("breast_cancer")
    assert np.stack(data.images).shape == (18, 724, 1024)
    assert len(data.tracks) == 5490
    assert len(np.unique(data.tracks["track_id"])) == 570
    mothers = np.unique(data.tracks["parent_id"])
    assert len(mothers) - 1 == 100
    row = data.tracks[1000]
    inside = data.labels[row["frame"]] == row["label"]
    assert inside.sum() == row["area"]
    assert np.argwhere(inside).mean(axis=0) == pytest.approx([row["y"], row["x"]])


def test_every_set_is_documented():
    text = (Path(__file__).parents[1] / "docs" / "data.md").read_text(encoding="utf-8")
    names = [name.removesuffix("_02") for name in lk.data.names()]
    assert [name for name in names if f"`{name}`" not in text] == []
