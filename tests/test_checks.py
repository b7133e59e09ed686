"""What the checks let through, in which form, and what their messages say."""

from pathlib import Path

import numpy as np
import pytest

from labkit.checks import (
    check_image,
    check_labels,
    check_movie,
    check_pair,
    check_same_shape,
)

# images


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_camera_images_pass_without_a_copy(dtype):
    image = np.ones((3, 4), dtype)
    assert check_image(image) is image


@pytest.mark.parametrize("dtype", [bool, np.int8, np.int32, np.uint32, np.float64])
def test_other_numbers_become_float32(dtype):
    image = check_image(np.eye(3, dtype=dtype))
    assert image.dtype == np.float32
    np.testing.assert_array_equal(image, np.eye(3))


def test_float32_passes_without_a_copy():
    image = np.zeros((2, 2), np.float32)
    assert np.shares_memory(check_image(image), image)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((5, 6, 3), np.uint8), r"got shape \(5, 6, 3\); this looks like RGB"),
        (np.zeros((5, 6, 4), np.uint8), r"use one channel, image\[..., 0\]"),
        (np.zeros((9, 5, 6)), r"looks like a movie or stack: pass one frame, image\[0"),
        (np.zeros((2, 9, 5, 6)), "pass one frame of one channel"),
        (np.zeros(7), r"must have axes \(H, W\), got shape \(7,\)"),
        (np.float32(3), r"got shape \(\)"),
        (np.zeros((0, 6)), r"got shape \(0, 6\); the file or crop behind it is empty"),
        ([], "empty"),
        (np.array([[0, np.nan], [np.inf, 1]]), "2 NaN or infinite pixels of 4"),
    ],
)
def test_what_is_no_image_is_refused(image, message):
    with pytest.raises(ValueError, match=message):
        check_image(image)


@pytest.mark.parametrize("image", [np.array([["a"]]), np.ones((2, 2), complex), None])
def test_what_is_no_number_is_refused(image):
    with pytest.raises(TypeError, match="must hold real numbers"):
        check_image(image)


def test_the_message_names_the_argument():
    with pytest.raises(ValueError, match="`nuclei` must have axes"):
        check_image(np.zeros(3), "nuclei")


# movies


def test_movies_keep_their_type():
    movie = np.ones((2, 3, 4), np.uint16)
    assert np.shares_memory(check_movie(movie), movie)
    assert check_movie(movie.astype(float)).dtype == np.float32
    assert check_movie([np.eye(3), np.eye(3)]).shape == (2, 3, 3)


@pytest.mark.parametrize("shape", [(4, 5), (0, 4, 5), (2, 0, 5), (2, 3, 4, 5)])
def test_what_has_no_time_axis_is_refused(shape):
    with pytest.raises(ValueError, match=r"`movie` must have axes \(T, H, W\)"):
        check_movie(np.zeros(shape))


def test_nan_and_complex_movies_are_refused():
    movie = np.zeros((2, 3, 3))
    movie[1, 2, 2] = np.nan
    with pytest.raises(ValueError, match="1 NaN or infinite pixels of 18"):
        check_movie(movie)
    with pytest.raises(TypeError, match="real numbers"):
        check_movie(movie.astype(complex))


# labels


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.int64, np.uint64])
def test_labels_become_int32(dtype):
    labels = np.array([[0, 7], [3, 3]], dtype)
    checked = check_labels(labels)
    assert checked.dtype == np.int32
    np.testing.assert_array_equal(checked, labels)
    assert dtype != np.int32 or checked is labels


@pytest.mark.parametrize("kind", [str, Path])
def test_a_path_is_no_array(kind):
    path = kind("folder/a.tif")
    with pytest.raises(TypeError, match=r"path .*read_image\('folder.a\.tif'\)"):
        check_image(path)
    with pytest.raises(TypeError, match=r"`true` is the path .*read_labels\("):
        check_labels(path, "true")
    with pytest.raises(TypeError, match=r"path .*read_movie\("):
        check_movie(path)


@pytest.mark.parametrize("dtype", [float, bool, complex])
def test_labels_of_other_types_are_refused(dtype):
    with pytest.raises(TypeError, match=r"must hold integers.*skimage\.measure\.label"):
        check_labels(np.zeros((3, 3), dtype))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.zeros((5, 6, 3), int), "looks like RGB"),
        (np.zeros((9, 5, 6), int), "looks like a movie"),
        (np.zeros(6, int), r"single row.*pass \[image\]"),
        (np.zeros((0, 0), int), "empty"),
        (np.array([[-1, 2]]), "between 0 and 2147483647, got -1 to 2"),
        (np.array([[0, 2**31]]), "got 0 to 2147483648"),
        (
            np.array([[255, 0, 255]], np.uint8),
            "0 and 255 in 2 pieces.*mask, not labels.*Count Masks",
        ),
    ],
)
def test_what_is_no_label_image_is_refused(labels, message):
    with pytest.raises(ValueError, match=message):
        check_labels(labels)


def test_label_255_itself_is_allowed():
    one = np.array([[255, 255, 0]], np.uint8)
    assert check_labels(one).max() == 255
    among_others = np.array([[255, 0, 255, 0, 4]])
    assert check_labels(among_others).max() == 255


def test_one_or_no_object_is_allowed():
    assert not check_labels(np.zeros((4, 4), np.uint8)).any()
    assert check_labels(np.ones((1, 1), np.uint8)).tolist() == [[1]]


# pairs


def test_pairs_come_back_checked():
    image, labels = check_pair(np.eye(3), np.eye(3, dtype=np.uint8))
    assert (image.dtype, labels.dtype) == (np.float32, np.int32)


def test_pairs_of_two_sizes_are_refused():
    with pytest.raises(ValueError, match=r"`image` \(3, 3\) and `labels` \(3, 4\)"):
        check_pair(np.zeros((3, 3)), np.zeros((3, 4), int))
    with pytest.raises(ValueError, match=r"`true` .* and `pred` .* differ in shape"):
        check_same_shape(np.zeros(2), np.zeros(3), ("true", "pred"))


def test_swapped_pairs_are_refused():
    with pytest.raises(TypeError, match="`labels` must hold integers, got float32"):
        check_pair(np.zeros((3, 3), int), np.zeros((3, 3), np.float32))


# colour


@pytest.mark.parametrize("channels", [3, 4])
def test_colour_is_allowed_where_it_is_asked_for(channels):
    image = np.arange(5 * 6 * channels, dtype=np.uint8).reshape(5, 6, channels)
    checked = check_image(image, colour=True)
    assert checked.dtype == np.uint8
    assert np.shares_memory(checked, image)
    np.testing.assert_array_equal(checked, image[..., :3])
    assert check_image(image / 255, colour=True).dtype == np.float32
    assert check_image(image[..., 0], colour=True).shape == (5, 6)
    with pytest.raises(ValueError, match="looks like RGB"):
        check_image(image)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((9, 5, 6), "movie or stack"),
        ((5, 6, 2), r"got shape \(5, 6, 2\)"),
        ((5, 6, 1), r"one channel in an axis of its own: use image\[..., 0\]"),
        ((0, 6, 3), "empty"),
        ((2, 5, 6, 3), "pass one frame"),
    ],
)
def test_stacks_are_no_pictures_in_colour(shape, message):
    with pytest.raises(ValueError, match=message):
        check_image(np.zeros(shape), colour=True)


def test_nan_in_colour_is_counted_but_not_in_alpha():
    image = np.zeros((4, 5, 4))
    image[0, 0, 3] = np.nan
    assert check_image(image, colour=True).shape == (4, 5, 3)
    image[1, 1, :2] = np.inf
    with pytest.raises(ValueError, match="2 NaN or infinite pixels of 60"):
        check_image(image, colour=True)


def test_pairs_may_be_in_colour():
    image, labels = check_pair(
        np.zeros((4, 5, 4), np.uint8), np.eye(4, 5, dtype=int), colour=True
    )
    assert (image.shape, labels.shape) == ((4, 5, 3), (4, 5))
    with pytest.raises(ValueError, match=r"`image` \(4, 5\) and `labels` \(4, 3\)"):
        check_pair(np.zeros((4, 5, 3)), np.zeros((4, 3), int), colour=True)
    with pytest.raises(ValueError, match="looks like RGB"):
        check_pair(np.zeros((4, 5, 3)), np.zeros((4, 5), int))
