"""Whole experiments as sources: lazily read, the same from every format."""

import pickle

import numpy as np
import pytest
import tifffile
import zarr

from labkit import scale
from labkit.files.images import write_image
from labkit.scale import arrays

MOVIE = np.random.default_rng(0).integers(0, 4000, (3, 70, 90)).astype(np.uint16)


def ome_zarr(path, pixels, axes, *, version="0.4", unit="micrometer", labels=()):
    """Write an OME-Zarr image by hand, as the specification says."""
    old = version == "0.4"
    group = zarr.open_group(path, mode="w", zarr_format=2 if old else 3)
    chunks = tuple(1 if a in "tcz" else 32 for a in axes)
    array = group.create_array(
        "0", shape=pixels.shape, chunks=chunks, dtype=pixels.dtype
    )
    array[:] = pixels
    kinds = {"t": "time", "c": "channel"}
    listed = [{"name": a, "type": kinds.get(a, "space")} for a in axes]
    for axis in listed:
        if axis["type"] == "space":
            axis["unit"] = unit
        if axis["type"] == "time":
            axis["unit"] = "second"
    sizes = {"t": 300.0, "y": 0.5, "x": 0.5}
    transform = {"type": "scale", "scale": [sizes.get(a, 1.0) for a in axes]}
    image = {
        "axes": listed,
        "datasets": [{"path": "0", "coordinateTransformations": [transform]}],
    }
    about = {"multiscales": [image]}
    if labels:
        about["omero"] = {"channels": [{"label": name} for name in labels]}
    if old:
        image["version"] = version
        group.attrs.update(about)
    else:
        group.attrs["ome"] = {"version": version, **about}
    return path


def written(kind, folder):
    """The movie in one of the formats."""
    path = folder / f"movie.{kind}"
    if kind in ("0.4.zarr", "0.5.zarr"):
        return ome_zarr(path, MOVIE, "tyx", version=kind[:3])
    if kind == "five.zarr":
        return ome_zarr(path, MOVIE[:, None, None], "tczyx")
    if kind == "plain.zarr":
        zarr.save_array(path, MOVIE)
    elif kind == "imagej.tif":
        write_image(path, MOVIE)
    elif kind == "ome.tif":
        tifffile.imwrite(path, MOVIE, metadata={"axes": "TYX"}, compression="zlib")
    elif kind == "tiles.tif":
        options = {"tile": (32, 32), "compression": "zlib", "byteorder": ">"}
        tifffile.imwrite(path, MOVIE, photometric="minisblack", **options)
    elif kind == "strips.tif":
        options = {"photometric": "minisblack", "rowsperstrip": 8}
        tifffile.imwrite(path, MOVIE, compression="lzw", **options)
    elif kind in ("png", "tif"):
        for t, frame in enumerate(MOVIE):
            write_image(path / f"t{9 + t}.{kind}", frame)
    return path


KINDS = (
    *("0.4.zarr", "0.5.zarr", "five.zarr", "plain.zarr", "imagej.tif", "ome.tif"),
    *("tiles.tif", "strips.tif", "png", "tif"),
)


@pytest.mark.parametrize("kind", KINDS)
def test_every_format_gives_the_same_pixels(kind, tmp_path):
    source = scale.open_source(written(kind, tmp_path))
    assert source.shape == MOVIE.shape
    assert source.dtype == np.uint16
    window = source.read(1, slice(20, 50), slice(60, 90))
    assert window.dtype == np.uint16
    np.testing.assert_array_equal(window, MOVIE[1, 20:50, 60:])
    there = pickle.loads(pickle.dumps(source))
    np.testing.assert_array_equal(there.read(2), MOVIE[2])
    lazy = source.array(block=64)
    assert lazy.chunks == ((1, 1, 1), (64, 6), (64, 26))
    np.testing.assert_array_equal(lazy.compute(), MOVIE)
    np.testing.assert_array_equal(lazy[1:, 5:9, 3].compute(), MOVIE[1:, 5:9, 3])


def test_only_the_chunks_of_a_window_are_read(tmp_path, monkeypatch):
    source = scale.open_source(ome_zarr(tmp_path / "a.zarr", MOVIE, "tyx"))
    read, get = [], zarr.storage.LocalStore.get

    async def counted(self, key, *args, **kwargs):
        read.append(key)
        return await get(self, key, *args, **kwargs)

    monkeypatch.setattr(zarr.storage.LocalStore, "get", counted)
    source.read(1, slice(0, 20), slice(40, 60))
    assert [key for key in read if key.endswith("1.0.1")] == read
    assert len(read) == 1


def test_pixel_size_and_frame_interval(tmp_path):
    source = scale.open_source(ome_zarr(tmp_path / "a.zarr", MOVIE, "tyx"))
    assert (source.um_per_px, source.minutes_per_frame) == (0.5, 5.0)
    write_image(tmp_path / "a.tif", MOVIE, um_per_px=0.25, minutes_per_frame=2)
    source = scale.open_source(tmp_path / "a.tif")
    assert source.um_per_px == pytest.approx(0.25)
    assert source.minutes_per_frame == pytest.approx(2)
    plain = ome_zarr(tmp_path / "b.zarr", MOVIE, "tyx", unit=None)
    assert scale.open_source(plain).um_per_px is None


def test_a_channel_by_number_or_name(tmp_path):
    two = np.stack([MOVIE, MOVIE[::-1]], axis=1)
    path = ome_zarr(tmp_path / "a.zarr", two, "tcyx", labels=("actin", "dna"))
    for channel in (1, "1", "dna"):
        source = scale.open_source(path, channel=channel)
        np.testing.assert_array_equal(source.read(0), MOVIE[2])
    with pytest.raises(ValueError, match=r"several channels.*0 = 'actin', 1 = 'dna'"):
        scale.open_source(path)
    with pytest.raises(ValueError, match="no channel 2"):
        scale.open_source(path, channel=2)


@pytest.mark.parametrize("suffix", ["tif", "png"])
def test_pictures_in_colour(suffix, tmp_path):
    rgb = np.random.default_rng(1).integers(0, 255, (40, 50, 3)).astype(np.uint8)
    path = tmp_path / f"a.{suffix}"
    write_image(path, rgb)
    source = scale.open_source(path, colour=True)
    assert source.shape == (1, 40, 50, 3)
    np.testing.assert_array_equal(source.read(0, slice(3, 9)), rgb[3:9])
    np.testing.assert_array_equal(source.array(32).compute()[0], rgb)
    np.testing.assert_array_equal(
        scale.open_source(path, channel=1).read(0), rgb[..., 1]
    )
    with pytest.raises(ValueError, match="choose one with --channel"):
        scale.open_source(path)


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_the_fields_of_a_plate_are_frames(version, tmp_path):
    plate = zarr.open_group(
        tmp_path / "p.zarr", mode="w", zarr_format=2 if version == "0.4" else 3
    )
    wells = [{"path": "A/1"}, {"path": "A/2"}]
    fields = {"well": {"images": [{"path": "0"}, {"path": "1"}]}}
    about = {"plate": {"wells": wells}}
    new = version == "0.5"
    plate.attrs.update({"ome": about} if new else about)
    for k, well in enumerate(("A/1", "A/2")):
        group = plate.require_group(well)
        group.attrs.update({"ome": fields} if new else fields)
        for field in "01":
            inner = tmp_path / "p.zarr" / well / field
            ome_zarr(inner, MOVIE[[k + int(field)]], "tyx", version=version)
    source = scale.open_source(tmp_path / "p.zarr")
    assert source.shape == (4, 70, 90)
    for frame, expected in enumerate((0, 1, 1, 2)):
        np.testing.assert_array_equal(source.read(frame), MOVIE[expected])


def test_a_stack_in_depth_and_time_is_refused(tmp_path):
    both = np.stack([MOVIE, MOVIE], axis=1)
    path = ome_zarr(tmp_path / "a.zarr", both, "tzyx")
    with pytest.raises(ValueError, match="project z first"):
        scale.open_source(path)
    tifffile.imwrite(tmp_path / "a.tif", both, imagej=True, metadata={"axes": "TZYX"})
    with pytest.raises(ValueError, match="project z first"):
        scale.open_source(tmp_path / "a.tif")


def test_what_is_missing_or_no_image(tmp_path):
    with pytest.raises(FileNotFoundError):
        scale.open_source(tmp_path / "none.tif")
    (tmp_path / "empty.tif").touch()
    with pytest.raises(ValueError, match="empty"):
        scale.open_source(tmp_path / "empty.tif")
    zarr.open_group(tmp_path / "group.zarr", mode="w").create_group("inside")
    with pytest.raises(ValueError, match=r"without an image.*inside"):
        scale.open_source(tmp_path / "group.zarr")
    (tmp_path / "no.zarr").mkdir()
    with pytest.raises(ValueError, match="as zarr"):
        scale.open_source(tmp_path / "no.zarr")


@pytest.mark.parametrize("kind", ["tiles.tif", "imagej.tif", "strips.tif"])
def test_truncated_files(kind, tmp_path):
    path = written(kind, tmp_path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(ValueError, match="damaged or incomplete"):
        scale.open_source(path).array().compute()


def test_a_truncated_picture_stops_the_run_with_its_name(tmp_path):
    folder = written("png", tmp_path)
    (folder / "t11.png").write_bytes((folder / "t11.png").read_bytes()[:500])
    with pytest.raises(ValueError, match=r"t11\.png: the file is damaged"):
        scale.open_source(folder).array().compute()


@pytest.mark.parametrize("kind", ["png", "tif"])
def test_frames_of_other_shapes_are_named(kind, tmp_path):
    folder = written(kind, tmp_path)
    write_image(folder / f"t99.{kind}", MOVIE[0, :60])
    with pytest.raises(ValueError, match=r"one shape.*t99.* is \(60, 90\)"):
        scale.open_source(folder)


def test_frames_of_other_dtypes_are_named(tmp_path):
    folder = written("tif", tmp_path)
    write_image(folder / "t99.tif", MOVIE[0].astype(np.float32))
    with pytest.raises(ValueError, match=r"one dtype.*t99"):
        scale.open_source(folder)


def test_a_file_written_anew_is_read_anew(tmp_path):
    path = written("imagej.tif", tmp_path)
    first = scale.open_source(path)
    write_image(path, MOVIE[::-1])
    second = scale.open_source(path)
    np.testing.assert_array_equal(second.read(0), MOVIE[2])
    assert first.fingerprint() != second.fingerprint()
    assert second.fingerprint() == scale.open_source(path).fingerprint()


def test_axes_without_rows_are_refused():
    with pytest.raises(ValueError, match="rows"):
        arrays.Axes("TX", (3, 4)).check("a", None, False)


def test_an_image_stored_inverted_is_refused(tmp_path):
    image = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)
    tifffile.imwrite(tmp_path / "a.tif", image, photometric="miniswhite")
    with pytest.raises(ValueError, match="stored to be shown inverted"):
        scale.open_source(tmp_path / "a.tif")
