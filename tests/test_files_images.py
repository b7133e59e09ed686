"""Images from files: every format, every way in which a file can be wrong."""

import os
import subprocess
import sys

import imagecodecs
import imageio.v3 as iio
import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from labkit.files.images import image_paths, read_image, read_movie, write_image
from labkit.files.planes import read_planes
from labkit.files.scale import Scale, read_scale

RNG = np.random.default_rng(0)
MOVIE = RNG.integers(0, 4000, (5, 40, 50)).astype(np.uint16)
GREY = RNG.integers(0, 255, (40, 50)).astype(np.uint8)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".TIFF"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_image_round_trip(tmp_path, suffix, dtype):
    image = MOVIE[0].astype(dtype)
    write_image(tmp_path / f"a{suffix}", image)
    again = read_image(tmp_path / f"a{suffix}")
    assert again.dtype == dtype
    assert np.array_equal(again, image)
    assert [p.name for p in tmp_path.iterdir()] == [f"a{suffix}"]


def test_float_image_and_movie_round_trip(tmp_path):
    write_image(tmp_path / "a.tif", MOVIE[0] / 7)
    assert np.array_equal(read_image(tmp_path / "a.tif"), np.float32(MOVIE[0] / 7))
    write_image(tmp_path / "m.tif", MOVIE, um_per_px=0.5, minutes_per_frame=10)
    assert np.array_equal(read_movie(tmp_path / "m.tif"), MOVIE)
    assert read_scale(tmp_path / "m.tif") == Scale(0.5, 10.0)


def test_mask_and_colour_are_written(tmp_path):
    write_image(tmp_path / "mask.png", MOVIE[0] > 2000)
    assert np.array_equal(read_image(tmp_path / "mask.png") == 255, MOVIE[0] > 2000)
    colour = RNG.integers(0, 255, (20, 30, 3)).astype(np.uint8)
    for name in ("c.png", "c.tif"):
        write_image(tmp_path / name, colour)
        planes = read_planes(tmp_path / name)
        assert planes.channels == ("red", "green", "blue")
        assert np.array_equal(planes.pixels[0], np.moveaxis(colour, -1, 0))


@pytest.mark.parametrize(
    ("options", "n_frames"),
    [
        ({}, 5),
        ({"metadata": None}, 5),
        ({"imagej": True, "metadata": {"axes": "TYX"}}, 5),
        ({"imagej": True, "metadata": {"axes": "ZYX"}}, 5),
        ({"ome": True, "metadata": {"axes": "TYX"}, "compression": "zlib"}, 5),
        ({"bigtiff": True, "compression": "lzw"}, 5),
    ],
)
def test_every_kind_of_movie_tiff(tmp_path, options, n_frames):
    tifffile.imwrite(tmp_path / "m.tif", MOVIE, **options)
    assert np.array_equal(read_movie(tmp_path / "m.tif"), MOVIE[:n_frames])
    with pytest.raises(ValueError, match=r"holds 5 frames.*read_movie"):
        read_image(tmp_path / "m.tif")


def test_channels_are_chosen_by_number_or_name(tmp_path):
    both = np.stack([MOVIE, MOVIE + 1], axis=1)
    file = tmp_path / "m.ome.tif"
    names = {"axes": "TCYX", "Channel": {"Name": ["DAPI", "light"]}}
    tifffile.imwrite(file, both, ome=True, metadata=names)
    for channel in (1, "1", "light"):
        assert np.array_equal(read_movie(file, channel=channel), MOVIE + 1)
    with pytest.raises(ValueError, match="0 = 'DAPI', 1 = 'light'"):
        read_movie(file)
    for channel in (2, -1, "GFP", 0.5j):
        with pytest.raises(ValueError, match=r"no channel.*0 = 'DAPI', 1 = 'light'"):
            read_movie(file, channel=channel)


def test_frames_saved_as_channels_are_explained(tmp_path):
    tifffile.imwrite(tmp_path / "m.tif", MOVIE, imagej=True)  # opens as 5 channels
    with pytest.raises(ValueError, match=r"5 channels.*time axis"):
        read_movie(tmp_path / "m.tif")


def test_rgb_is_grey_only_if_the_channels_are_equal(tmp_path):
    grey = np.repeat(GREY[..., None], 3, axis=-1)
    opaque = np.concatenate([grey, np.full_like(grey[..., :1], 255)], axis=-1)
    iio.imwrite(tmp_path / "grey.png", grey)
    iio.imwrite(tmp_path / "alpha.png", opaque)
    for name in ("grey.png", "alpha.png"):
        assert np.array_equal(read_image(tmp_path / name), GREY)
    blue = grey * np.uint8([0, 0, 1])
    iio.imwrite(tmp_path / "blue.png", blue)
    for channel in (None, "blue"):
        assert np.array_equal(read_image(tmp_path / "blue.png", channel=channel), GREY)
    two = grey * np.uint8([1, 0, 1])
    two[..., 2] //= 2
    iio.imwrite(tmp_path / "two.png", two)
    with pytest.raises(ValueError, match=r"0 = 'red', 1 = 'green' \(empty\).*'blue'"):
        read_image(tmp_path / "two.png")


COLOUR = RNG.integers(0, 255, (40, 50, 3)).astype(np.uint8)
OPAQUE, HALF = (np.full((40, 50, 1), alpha, np.uint8) for alpha in (255, 90))


@pytest.mark.parametrize(
    ("name", "picture"),
    [
        ("rgb.png", COLOUR),
        ("rgb.tif", COLOUR),
        ("opaque.png", np.dstack([COLOUR, OPAQUE])),
        ("half.png", np.dstack([COLOUR, HALF])),
        ("rgb16.png", COLOUR.astype(np.uint16) * 257),
        ("rgb16.tif", COLOUR.astype(np.uint16) * 257),
    ],
)
def test_pictures_keep_their_colour_if_asked_to(tmp_path, name, picture):
    file = tmp_path / name
    if file.suffix == ".tif":
        tifffile.imwrite(file, picture, photometric="rgb")
    else:
        file.write_bytes(imagecodecs.png_encode(picture))
    again = read_image(file, colour=True)
    assert again.dtype == picture.dtype
    assert np.array_equal(again, picture[..., :3])
    assert np.array_equal(read_movie(file, colour=True), picture[None, ..., :3])
    green = read_image(file, colour=True, channel=1)
    assert np.array_equal(green, picture[..., 1])
    with pytest.raises(ValueError, match=r"[34] channels, choose one .*--channel"):
        read_image(file)


@pytest.mark.parametrize("mix", [(1, 1, 1), (0, 0, 1), (1, 0, 0)])
def test_grey_and_one_stain_in_its_colour_are_no_colour(tmp_path, mix):
    picture = GREY[..., None] * np.uint8(mix)
    iio.imwrite(tmp_path / "a.png", np.dstack([picture, OPAQUE]))
    assert np.array_equal(read_image(tmp_path / "a.png", colour=True), GREY)


def test_stains_in_channels_of_their_own_are_no_colour(tmp_path):
    stains = np.moveaxis(COLOUR, -1, 0)
    imagej = {"imagej": True, "metadata": {"axes": "CYX"}}
    tifffile.imwrite(tmp_path / "imagej.tif", stains, **imagej)
    ome = {"ome": True, "metadata": {"axes": "CYX"}, "photometric": "minisblack"}
    tifffile.imwrite(tmp_path / "ome.tif", stains, **ome)
    plain = {"photometric": "minisblack", "planarconfig": "contig"}
    tifffile.imwrite(tmp_path / "samples.tif", COLOUR, **plain)
    five = np.dstack([COLOUR, COLOUR[..., :2]])
    tifffile.imwrite(tmp_path / "five.tif", five, **plain)
    for file in tmp_path.iterdir():
        with pytest.raises(ValueError, match=r"[35] channels, choose one"):
            read_image(file, colour=True)


def test_jpeg_in_colour_but_not_in_printers_inks(tmp_path):
    smooth = np.zeros((40, 48, 3), np.uint8)
    smooth[..., 0], smooth[..., 2] = 200, np.arange(48) * 5
    iio.imwrite(tmp_path / "a.jpg", smooth, quality=95)
    again = read_image(tmp_path / "a.jpg", colour=True)
    assert abs(again.astype(int) - smooth).mean() < 4
    inks = Image.fromarray(np.dstack([smooth, smooth[..., 2]]), "CMYK")
    inks.save(tmp_path / "inks.jpg")
    with pytest.raises(ValueError, match="4 channels, choose one"):
        read_image(tmp_path / "inks.jpg", colour=True)


def test_movies_in_colour(tmp_path):
    frames = np.stack([COLOUR, COLOUR[::-1]])
    tifffile.imwrite(tmp_path / "m.tif", frames, photometric="rgb")
    assert np.array_equal(read_movie(tmp_path / "m.tif", colour=True), frames)
    write_image(tmp_path / "frames" / "1.png", GREY)
    write_image(tmp_path / "frames" / "2.png", COLOUR)
    movie = read_movie(tmp_path / "frames", colour=True)
    assert np.array_equal(movie, [np.dstack([GREY] * 3), COLOUR])


def test_broken_pictures_in_colour(tmp_path):
    write_image(tmp_path / "a.png", COLOUR)
    whole = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="damaged or incomplete"):
        read_image(tmp_path / "a.png", colour=True)
    bad = np.where(COLOUR > 100, np.nan, 1).astype(np.float32)
    tifffile.imwrite(tmp_path / "nan.tif", bad, photometric="rgb")
    for read in (read_image, read_movie):
        with pytest.raises(ValueError, match=r"nan.tif.*NaN"):
            read(tmp_path / "nan.tif", colour=True)


def test_bioio_reads_what_is_neither_png_nor_tiff(tmp_path):
    iio.imwrite(tmp_path / "a.bmp", GREY)
    assert np.array_equal(read_image(tmp_path / "a.bmp"), GREY)
    assert read_scale(tmp_path / "a.bmp") == Scale(None, None)


def test_jpeg_and_wrong_suffix_are_read_by_content(tmp_path):
    smooth = np.tile(np.arange(50, dtype=np.uint8) * 4, (40, 1))
    iio.imwrite(tmp_path / "a.jpg", smooth, quality=95)
    assert abs(read_image(tmp_path / "a.jpg").astype(int) - smooth).max() < 12
    write_image(tmp_path / "a.png", GREY)
    (tmp_path / "a.png").rename(tmp_path / "b.tif")
    assert np.array_equal(read_image(tmp_path / "b.tif"), GREY)


def _tiff_pages(file, **options):
    with tifffile.TiffWriter(file) as writer:
        for frame in MOVIE:
            writer.write(frame, metadata=None, **options)


WRITERS = {
    "png": lambda f: write_image(f.with_suffix(".png"), MOVIE[0]),
    "jpg": lambda f: iio.imwrite(f.with_suffix(".jpg"), GREY),
    "bmp": lambda f: iio.imwrite(f.with_suffix(".bmp"), GREY),
    "ours": lambda f: write_image(f, MOVIE),
    "plain": lambda f: tifffile.imwrite(f, MOVIE),
    "imagej": lambda f: tifffile.imwrite(
        f, MOVIE, imagej=True, metadata={"axes": "TYX"}
    ),
    "ome": lambda f: tifffile.imwrite(f, MOVIE, ome=True, metadata={"axes": "TYX"}),
    "pages": _tiff_pages,
    "zipped pages": lambda f: _tiff_pages(f, compression="zlib"),
}


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9])
def test_truncated_files_are_refused(tmp_path, kind, share):
    WRITERS[kind](tmp_path / "whole.tif")
    (whole,) = tmp_path.iterdir()
    cut = tmp_path / f"cut{whole.suffix}"
    data = whole.read_bytes()
    cut.write_bytes(data[: max(12, int(share * len(data)))])
    with pytest.raises(ValueError, match=f"cannot read .*cut{whole.suffix}"):
        read_movie(cut)


def test_what_is_no_image_is_refused(tmp_path):
    cases = {
        "empty.png": (b"", "is empty"),
        "text.png": (b"not an image at all", r"^cannot read \S+: its content is not "),
        "text.txt": (b"not an image at all", "not an image by its name"),
        "scan.czi": (b"ZISRAWFILE" + bytes(99), "pip install bioio-czi"),
        "scan.lsm": (b"noise" + bytes(99), "no installed bioio plugin"),
    }
    for name, (content, message) in cases.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ValueError, match=message):
            read_image(tmp_path / name)
    with pytest.raises(ValueError, match="is a folder"):
        read_image(tmp_path)
    with pytest.raises(FileNotFoundError, match="no file"):
        read_image(tmp_path / "absent.tif")


def test_unreadable_files_say_so(tmp_path, monkeypatch):
    write_image(tmp_path / "a.png", GREY)

    def refuse(*_args, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(PermissionError, match=r"may not read .*a.png"):
        read_image(tmp_path / "a.png")


def test_nan_and_stacks_over_time_are_refused(tmp_path):
    bad = np.where(GREY > 100, np.nan, 1).astype(np.float32)
    tifffile.imwrite(tmp_path / "nan.tif", bad)
    with pytest.raises(ValueError, match=r"nan.tif.*NaN"):
        read_image(tmp_path / "nan.tif")
    stack = np.zeros((3, 4, 20, 20), np.uint8)
    tifffile.imwrite(tmp_path / "z.tif", stack, imagej=True, metadata={"axes": "TZYX"})
    with pytest.raises(ValueError, match="project z first"):
        read_movie(tmp_path / "z.tif")
    with tifffile.TiffWriter(tmp_path / "p.ome.tif", ome=True) as writer:
        for _ in range(2):
            writer.write(MOVIE, metadata={"axes": "TYX"})
    with pytest.raises(ValueError, match="2 images of shape"):
        read_movie(tmp_path / "p.ome.tif")


def test_folders_are_sorted_and_strangers_left_out(tmp_path):
    for number in (10, 9, 2, 1):
        write_image(tmp_path / f"frame{number}.png", MOVIE[number % 5])
    for stranger in ("notes.txt", ".frame3.png", "._frame1.png", "Thumbs.db"):
        (tmp_path / stranger).write_bytes(b"stranger")
    (tmp_path / "more").mkdir()
    write_image(tmp_path / "more" / "frame5.png", MOVIE[0])
    files = image_paths(tmp_path)
    assert [f.name for f in files] == [f"frame{k}.png" for k in (1, 2, 9, 10)]
    assert np.array_equal(read_movie(tmp_path), MOVIE[[1, 2, 4, 0]])
    assert image_paths(f"{tmp_path}/frame?.png") == files[:3]
    assert image_paths([files[3], str(tmp_path)]) == [files[3], *files[:3]]


def test_brackets_in_folder_names_are_no_pattern(tmp_path):
    folder = tmp_path / "plate [1]"
    write_image(folder / "a.png", GREY)
    assert image_paths(folder / "*.png") == [folder / "a.png"]


def test_paths_that_lead_nowhere(tmp_path):
    with pytest.raises(ValueError, match="found nothing"):
        image_paths(tmp_path)
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(ValueError, match=r"no images.*notes.txt"):
        image_paths(tmp_path)
    with pytest.raises(ValueError, match="not an image by its name"):
        image_paths([tmp_path / "notes.txt"])
    with pytest.raises(ValueError, match="no images"):
        image_paths(str(tmp_path / "*.tif"))
    with pytest.raises(FileNotFoundError):
        image_paths(tmp_path / "absent")
    with pytest.raises(ValueError, match="empty"):
        image_paths([])


def test_frames_of_other_shape_are_named(tmp_path):
    write_image(tmp_path / "frame1.png", MOVIE[0])
    write_image(tmp_path / "frame2.png", MOVIE[0, :30])
    with pytest.raises(ValueError, match=r"frame1.png is \(40, 50\).*frame2.png"):
        read_movie(tmp_path)


@pytest.mark.parametrize(
    ("metadata", "per_unit", "expected"),
    [
        ({"unit": "micron", "finterval": 600.0}, 1 / 0.325, (0.325, 10.0)),
        ({"unit": "um", "finterval": 2, "tunit": "min"}, 2, (0.5, 2.0)),
        ({"unit": "nm"}, 1 / 250, (0.25, None)),
        ({"unit": "pixel", "finterval": 0}, 1, (None, None)),
        ({}, 1, (None, None)),
    ],
)
def test_imagej_scale(tmp_path, metadata, per_unit, expected):
    metadata = {"axes": "TYX", **metadata}
    options = {"imagej": True, "resolution": (per_unit, per_unit)}
    tifffile.imwrite(tmp_path / "m.tif", MOVIE, metadata=metadata, **options)
    found = read_scale(tmp_path / "m.tif")
    assert found == tuple(v and pytest.approx(v, rel=1e-5) for v in expected)


def test_ome_scale_and_pixels_that_are_not_square(tmp_path):
    metadata = {
        "axes": "TYX",
        "PhysicalSizeX": 650,
        "PhysicalSizeXUnit": "nm",
        "PhysicalSizeY": 0.65,
        "TimeIncrement": 90,
    }
    tifffile.imwrite(tmp_path / "m.ome.tif", MOVIE, ome=True, metadata=metadata)
    assert read_scale(tmp_path / "m.ome.tif") == pytest.approx((0.65, 1.5))
    metadata["PhysicalSizeY"] = 1.3
    tifffile.imwrite(tmp_path / "m.ome.tif", MOVIE, ome=True, metadata=metadata)
    assert read_scale(tmp_path / "m.ome.tif").um_per_px is None
    write_image(tmp_path / "a.png", GREY)
    assert read_scale(tmp_path / "a.png") == (None, None)


def test_what_a_format_cannot_hold_is_not_written(tmp_path):
    cases = [
        ("m.png", MOVIE, ValueError, "one frame"),
        ("f.png", MOVIE[0] / 2, TypeError, "uint8 and uint16"),
        ("a.jpg", GREY, ValueError, r"\.png or \.tif"),
        ("a.tif", np.zeros((0, 5)), ValueError, "empty"),
        ("a.tif", np.zeros((2, 2), complex), TypeError, "real numbers"),
    ]
    for name, image, kind, message in cases:
        with pytest.raises(kind, match=message):
            write_image(tmp_path / name, image)
    huge = np.broadcast_to(np.zeros(1, np.uint8), (5, 2**15, 2**15))
    with pytest.raises(ValueError, match="one file per frame"):
        write_image(tmp_path / "huge.tif", huge)
    assert list(tmp_path.iterdir()) == []


def test_places_that_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("x")
    with pytest.raises(ValueError, match="is a file, not a folder"):
        write_image(tmp_path / "file" / "a.png", GREY)
    (tmp_path / "a.png").mkdir()
    with pytest.raises(ValueError, match="it is a folder"):
        write_image(tmp_path / "a.png", GREY)

    def refuse(**_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    with pytest.raises(PermissionError, match="another folder"):
        write_image(tmp_path / "b.png", GREY)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_without_permission(tmp_path):
    tmp_path.chmod(0o555)
    with pytest.raises(PermissionError, match="another folder"):
        write_image(tmp_path / "b.png", GREY)


def test_interrupted_write_keeps_the_older_file(tmp_path, monkeypatch):
    write_image(tmp_path / "a.tif", GREY)

    def interrupt(file, *_args, **_options):
        file.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(tifffile, "imwrite", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_image(tmp_path / "a.tif", GREY + 1)
    assert [p.name for p in tmp_path.iterdir()] == ["a.tif"]
    assert np.array_equal(read_image(tmp_path / "a.tif"), GREY)


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([b"", b"II*\0", b"\x89PNG\r\n\x1a\n"]))
def test_random_bytes_never_give_an_image(tmp_path_factory, data, start):
    file = tmp_path_factory.mktemp("noise") / "noise.tif"
    file.write_bytes(start + data)
    with pytest.raises(ValueError, match=r"noise\.tif"):
        read_image(file)


def test_import_is_light():
    heavy = "{'bioio', 'cv2', 'numba', 'pooch', 'stardist', 'tifffile', 'torch'}"
    code = (
        "import sys, labkit.data, labkit.files.images, labkit.files.labels\n"
        f"sys.exit(', '.join({heavy} & set(sys.modules)) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_the_file_calls_inverted_is_read_as_it_is_seen(tmp_path):
    for dtype in (np.uint8, np.uint16):
        stored = np.invert(GREY.astype(dtype))
        tifffile.imwrite(tmp_path / "a.tif", stored, photometric="miniswhite")
        assert np.array_equal(read_image(tmp_path / "a.tif"), GREY)
    mask = GREY > 100
    tifffile.imwrite(tmp_path / "mask.tif", ~mask, photometric="miniswhite")
    assert np.array_equal(read_image(tmp_path / "mask.tif") > 0, mask)


def test_unnamed_axes_are_not_guessed(tmp_path):
    stack = RNG.integers(0, 4000, (64, 80, 2)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "last.tif", stack, photometric="minisblack")
    with pytest.raises(ValueError, match="64 frames of 80 x 2 px; if its channels"):
        read_movie(tmp_path / "last.tif")
    four = RNG.integers(0, 4000, (6, 2, 40, 50)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "four.tif", four)
    with pytest.raises(ValueError, match="does not say which axis is time"):
        read_movie(tmp_path / "four.tif", channel=0)


def test_images_of_other_sizes_are_refused_but_thumbnails_left_out(tmp_path):
    large, small = np.tile(GREY, (4, 4)), GREY
    for name, pages in {"fields": (large[:80], large), "slide": (large, small)}.items():
        with tifffile.TiffWriter(tmp_path / f"{name}.tif") as file:
            for page in pages:
                file.write(page)
    assert np.array_equal(read_image(tmp_path / "slide.tif"), large)
    with pytest.raises(ValueError, match="images of different shapes"):
        read_image(tmp_path / "fields.tif")


def test_channels_of_a_hyperstack_have_names(tmp_path):
    stack = RNG.integers(0, 4000, (3, 2, 40, 50)).astype(np.uint16)
    about = {"axes": "TCYX", "Labels": ["DAPI", "GFP"] * 3}
    tifffile.imwrite(tmp_path / "a.tif", stack, imagej=True, metadata=about)
    assert read_planes(tmp_path / "a.tif").channels == ("DAPI", "GFP")
    for name in ("GFP", "gfp", 1, "1"):
        assert np.array_equal(read_movie(tmp_path / "a.tif", channel=name), stack[:, 1])
