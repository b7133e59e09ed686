"""Label images as files: nothing lost, and ImageJ sees frames as frames."""

import imageio.v3 as iio
import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from labkit.files.images import write_image
from labkit.files.labels import read_label_movie, read_labels, write_labels
from labkit.files.scale import read_scale

RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 300, (30, 40)).astype(np.int32)
MOVIE = RNG.integers(0, 300, (3, 30, 40)).astype(np.int32)


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_labels_round_trip(tmp_path, name):
    write_labels(tmp_path / name, LABELS)
    again = read_labels(tmp_path / name)
    assert again.dtype == np.int32
    assert np.array_equal(again, LABELS)
    assert iio.imread(tmp_path / name).dtype == np.uint16


@settings(max_examples=40, deadline=None)
@given(arrays(np.int32, st.tuples(*[st.integers(1, 9)] * 3), elements={"min_value": 0}))
def test_any_labels_round_trip_or_are_refused(tmp_path_factory, movie):
    file = tmp_path_factory.mktemp("labels") / "m.tif"
    if movie.max() > 2**24:
        with pytest.raises(ValueError, match="largest label"):
            write_labels(file, movie)
        assert not file.exists()
    else:
        write_labels(file, movie)
        assert np.array_equal(read_label_movie(file), movie)


@pytest.mark.parametrize(
    ("highest", "dtype"), [(65535, np.uint16), (65536, np.float32), (2**24, np.float32)]
)
def test_large_labels_keep_their_values(tmp_path, highest, dtype):
    movie = MOVIE.copy()
    movie[1, 2, 3] = highest
    write_labels(tmp_path / "m.tif", movie)
    assert tifffile.imread(tmp_path / "m.tif").dtype == dtype
    assert np.array_equal(read_label_movie(tmp_path / "m.tif"), movie)


def test_movie_tiff_is_an_imagej_time_series(tmp_path):
    file = tmp_path / "m.tif"
    write_labels(file, MOVIE, um_per_px=0.325, minutes_per_frame=10)
    with tifffile.TiffFile(file) as tiff:
        assert tiff.series[0].axes == "TYX"
        metadata = tiff.imagej_metadata
        tags = tiff.pages[0].tags
    assert metadata["frames"] == 3
    assert metadata["unit"] == "micron"
    assert metadata["finterval"] == 600
    assert np.divide(*tags["XResolution"].value) == pytest.approx(1 / 0.325)
    assert read_scale(file) == pytest.approx((0.325, 10))


def test_folder_of_frames(tmp_path):
    for k in (0, 1, 2):
        write_labels(tmp_path / f"mask{k + 8}.tif", MOVIE[k])
    assert np.array_equal(read_label_movie(tmp_path), MOVIE)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint32, np.int32, np.float32])
def test_other_types_are_read(tmp_path, dtype):
    labels = (LABELS % 200).astype(dtype)
    tifffile.imwrite(tmp_path / "a.tif", labels)
    assert np.array_equal(read_labels(tmp_path / "a.tif"), labels)


def test_what_are_no_labels(tmp_path):
    mask = np.zeros((30, 40), np.uint8)
    mask[3:6, 3:6] = mask[10:16, 3:6] = 255
    iio.imwrite(tmp_path / "mask.png", mask)
    iio.imwrite(tmp_path / "rgb.png", np.stack([mask, mask // 2, mask], axis=-1))
    tifffile.imwrite(tmp_path / "prob.tif", LABELS / 7)
    tifffile.imwrite(tmp_path / "nan.tif", np.full((4, 4), np.nan))
    tifffile.imwrite(tmp_path / "minus.tif", -LABELS)
    write_labels(tmp_path / "movie.tif", MOVIE)
    cases = {
        "mask.png": (ValueError, "only 0 and 255 in 2 pieces"),
        "rgb.png": (ValueError, "3 channels, labels have one"),
        "prob.tif": (TypeError, "fractions"),
        "nan.tif": (TypeError, "fractions or NaN"),
        "minus.tif": (ValueError, "between 0 and"),
        "movie.tif": (ValueError, "3 frames.*read_label_movie"),
    }
    for name, (kind, message) in cases.items():
        with pytest.raises(kind, match=message):
            read_labels(tmp_path / name)


def test_what_is_not_written(tmp_path):
    cases = [
        ("a.png", LABELS * 1000, ValueError, "largest label .* name ending in .tif"),
        ("a.png", MOVIE, ValueError, "one frame"),
        ("a.jpg", LABELS, ValueError, r"\.png or \.tif"),
        ("a.tif", LABELS / 2, TypeError, "must hold integers"),
        ("a.tif", MOVIE[None], ValueError, r"axes \(H, W\)"),
        ("a.tif", -MOVIE, ValueError, "between 0 and"),
    ]
    for name, labels, kind, message in cases:
        with pytest.raises(kind, match=message):
            write_labels(tmp_path / name, labels)
    assert list(tmp_path.iterdir()) == []


def test_frames_of_other_shape_and_empty_frames(tmp_path):
    write_labels(tmp_path / "f1.tif", MOVIE[0] * 0)
    assert read_labels(tmp_path / "f1.tif").max() == 0
    write_labels(tmp_path / "f2.tif", MOVIE[0, :20])
    with pytest.raises(ValueError, match="must have one shape"):
        read_label_movie(tmp_path)


def test_a_grey_picture_of_equal_channels_is_read(tmp_path):
    write_image(
        tmp_path / "a.png", np.repeat(LABELS[..., None] % 99, 3, 2).astype("u1")
    )
    assert np.array_equal(read_labels(tmp_path / "a.png"), LABELS % 99)


def test_a_jpeg_holds_no_labels(tmp_path):
    labels = np.kron(np.arange(1, 5).reshape(2, 2), np.ones((9, 9), int))
    Image.fromarray(labels.astype(np.uint8)).save(tmp_path / "a.jpg", quality=95)
    with pytest.raises(ValueError, match="is a JPEG, which changes pixel values"):
        read_labels(tmp_path / "a.jpg")
