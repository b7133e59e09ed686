"""Runs over whole experiments: stopped, taken up, refused; on threads and workers."""

import os
import signal
import subprocess
import sys
import time

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

from labkit import scale
from labkit.auto import annotate
from labkit.files.images import write_image
from labkit.scale import running

SLOWLY = """
import time
from labkit.cli import main
from labkit.scale import running

do = running.do
running.do = lambda *step: (do(*step), time.sleep(2))
main()
"""


@pytest.fixture(scope="module")
def scan(tmp_path_factory):
    truth = disc_labels(more=on_seams())
    return write_scan(tmp_path_factory.mktemp("scan"), truth)


@pytest.fixture(scope="module")
def done(scan):
    return annotate_scan(scan)


@pytest.fixture(scope="module")
def movie(tmp_path_factory):
    return write_movie(tmp_path_factory.mktemp("movie"))


# Going on


def test_a_run_that_was_stopped_goes_on(scan, done, tmp_path, monkeypatch):
    steps = []

    def do(run, *step):
        if len(steps) == 12:  # nine blocks found, settled, one written
            raise RuntimeError
        steps.append(step[:3])
        return original(run, *step)

    original = running.do
    monkeypatch.setattr(running, "do", do)
    call = scan, tmp_path / "a.zarr", PARAMS
    with pytest.raises(RuntimeError):
        scale.annotate_zarr(*call, block=CORE, **QUIET)
    first, steps = steps, []
    result = scale.annotate_zarr(*call, block=CORE, **QUIET)
    assert not set(first) & set(steps)
    assert len(first) + len(steps) == 1 + 9 + 1 + 9
    np.testing.assert_array_equal(labels_of(result), labels_of(done))
    assert result.table.read_bytes() == done.table.read_bytes()
    steps = []
    again = scale.annotate_zarr(*call, block=CORE, **QUIET)
    assert steps == []
    assert again.n_objects == result.n_objects
    assert not (tmp_path / "a_nuclei.run" / "blocks").exists()


def test_a_process_that_was_killed_is_taken_up(scan, done, tmp_path):
    words = f"scale annotate {scan} -o {tmp_path}/a.zarr --diameter {DIAMETER}"
    words = [*words.split(), "--block", str(CORE), "--workers", "1"]
    process = subprocess.Popen(
        [sys.executable, "-c", SLOWLY, *words], stdout=subprocess.DEVNULL
    )
    blocks = tmp_path / "a_nuclei.run" / "blocks"
    while not list(blocks.glob("*_found.npy")) and process.poll() is None:
        time.sleep(0.002)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    n_kept = len(list(blocks.glob("*_found.npy")))
    assert 1 <= n_kept < 9
    for path in (tmp_path / "a.zarr", tmp_path / "a.zarr" / "labels" / "nuclei"):
        with pytest.raises(ValueError, match=r"labels nuclei in .* are not finished"):
            scale.open_labels(path)
    result = scale.annotate_zarr(scan, tmp_path / "a.zarr", PARAMS, block=CORE, **QUIET)
    np.testing.assert_array_equal(labels_of(result), labels_of(done))
    assert result.table.read_bytes() == done.table.read_bytes()


def test_other_settings_are_named(scan, done, tmp_path):
    call = scan, done.path
    with pytest.raises(ValueError, match=r"diameter was 14.0 and is 15.0"):
        scale.annotate_zarr(*call, PARAMS.replace(diameter=15.0), block=CORE, **QUIET)
    with pytest.raises(ValueError, match="block was 256 and is 512"):
        scale.annotate_zarr(*call, PARAMS, block=512, **QUIET)


def test_another_source_is_refused_and_can_be_overwritten(movie, tmp_path):
    image = picture(disc_labels((200, 240)))
    path, out = tmp_path / "a.tif", tmp_path / "a.zarr"
    write_image(path, image)
    scale.annotate_zarr(path, out, PARAMS, **QUIET)
    write_image(path, np.flipud(image).copy())
    with pytest.raises(ValueError, match="source was"):
        scale.annotate_zarr(path, out, PARAMS, **QUIET)
    result = scale.annotate_zarr(path, out, PARAMS, overwrite=True, **QUIET)
    expected = annotate(np.flipud(image), PARAMS)
    np.testing.assert_array_equal(labels_of(result)[0], expected)


def test_labels_of_no_run_are_not_overwritten(movie, tmp_path):
    (tmp_path / "a.zarr" / "labels" / "nuclei").mkdir(parents=True)
    with pytest.raises(ValueError, match="is there already"):
        scale.annotate_zarr(movie, tmp_path / "a.zarr", PARAMS, **QUIET)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"out": "a.tif"}, "in .zarr"),
        ({"name": "two words"}, "one word"),
        ({"workers": 0}, "at least 1"),
        ({"scheduler": "somewhere"}, "threads"),
        ({"block": 500}, "multiple of 256"),
    ],
)
def test_options_that_make_no_sense(movie, tmp_path, options, message):
    call = {"out": "a.zarr", **QUIET, **options}
    call["out"] = tmp_path / call["out"]
    with pytest.raises(ValueError, match=message):
        scale.annotate_zarr(movie, params=PARAMS, **call)


def test_otsu_does_not_work_in_blocks(scan, tmp_path):
    params = PARAMS.replace(method="otsu")
    with pytest.raises(ValueError, match="one threshold"):
        scale.annotate_zarr(scan, tmp_path / "a.zarr", params, block=CORE, **QUIET)


def test_a_bad_pixel_stops_the_run_and_says_where(tmp_path):
    images = np.stack([picture(disc_labels((200, 240)))] * 3).astype(np.float32)
    images[1, 5, 5] = np.nan
    tifffile.imwrite(tmp_path / "a.tif", images, photometric="minisblack")
    with pytest.raises(ValueError, match=r"frame 1: .*1 NaN"):
        scale.annotate_zarr(tmp_path / "a.tif", tmp_path / "a.zarr", PARAMS, **QUIET)


# Workers


def test_threads_do_not_change_the_result(scan, done, tmp_path):
    call = scan, tmp_path / "a.zarr", PARAMS
    result = scale.annotate_zarr(*call, block=CORE, workers=4, progress=False)
    np.testing.assert_array_equal(labels_of(result), labels_of(done))
    assert result.table.read_bytes() == done.table.read_bytes()


def test_processes_one_of_which_is_killed(scan, done, tmp_path, monkeypatch):
    from distributed import Client, LocalCluster

    killed = []

    def update(self, n=1):
        """The progress bar moves: kill the worker of the first finished step."""
        if not killed:
            pids = client.run(os.getpid)
            killed.append(min(pids.values()))
            os.kill(killed[0], signal.SIGKILL)

    monkeypatch.setattr("tqdm.auto.tqdm.update", update)
    options = {"threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(n_workers=2, **options) as cluster, Client(cluster) as client:
        result = scale.annotate_zarr(
            scan,
            tmp_path / "a.zarr",
            PARAMS,
            block=CORE,
            scheduler=client,
            progress=False,
        )
    assert killed
    np.testing.assert_array_equal(labels_of(result), labels_of(done))
    assert result.table.read_bytes() == done.table.read_bytes()


def test_the_address_of_a_scheduler(movie, tmp_path):
    from distributed import LocalCluster

    one = scale.annotate_zarr(movie, tmp_path / "one.zarr", PARAMS, **QUIET)
    links, options = [], {"processes": False, "dashboard_address": None}
    with LocalCluster(n_workers=1, threads_per_worker=2, **options) as cluster:
        run = scale.prepare_annotation(movie, tmp_path / "two.zarr", PARAMS)
        address = cluster.scheduler_address
        how = {"progress": False, "report": links.append}
        two = scale.compute(run, scheduler=address, **how)
    assert address.split(":")[0] in ("tcp", "inproc")
    assert len(links) == 1
    np.testing.assert_array_equal(labels_of(one), labels_of(two))
    assert one.table.read_bytes() == two.table.read_bytes()


def test_no_scheduler_at_an_address(movie, tmp_path, monkeypatch):
    import distributed

    def refuse(address, timeout):
        raise OSError("refused")

    monkeypatch.setattr(distributed, "Client", type("Client", (), {}))
    monkeypatch.setattr(distributed.Client, "__init__", lambda *_, **__: refuse(0, 0))
    with pytest.raises(ConnectionError, match="no scheduler answers at tcp"):
        scale.annotate_zarr(
            movie, tmp_path / "a.zarr", PARAMS, scheduler="tcp://127.0.0.1:9"
        )
