"""Annotations: what is no object, class or file is refused."""

import numpy as np
import pytest
from annotation_scenes import square

from labkit.annotation import Annotation
from labkit.objects import Object


@pytest.mark.parametrize(
    ("polygon", "message"),
    [
        ([(1, 1), (2, 2)], "3 corners"),
        ([(1, np.nan), (2, 2), (3, 1)], "NaN"),
        (square(200, 200), "outside"),
        (square(-50, 5), "outside"),
        ([(5.1, 5.1), (5.2, 5.1), (5.2, 5.2)], "outside|no pixel"),
    ],
)
def test_what_is_no_object_is_refused(drawn, polygon, message):
    with pytest.raises(ValueError, match=message):
        drawn.add(polygon)
    assert len(drawn) == 3


def test_shape_and_frame_are_checked(drawn):
    with pytest.raises(ValueError, match=r"shape\[:2\]"):
        Annotation((5, 60, 80, 3))
    with pytest.raises(ValueError, match="frame 1"):
        drawn.add(square(1, 1), frame=1)
    with pytest.raises(ValueError, match="no object 44"):
        drawn.delete(44)
    with pytest.raises(ValueError, match="positive"):
        drawn.brush(1, [(1, 1)], 0)
    with pytest.raises(ValueError, match="finite"):
        drawn.brush(1, [(1, np.nan)], 3)
    with pytest.raises(ValueError, match="positive"):
        drawn.smooth(1, 0)
    with pytest.raises(TypeError, match="Object"):
        drawn.add_all([square(1, 1)])


def test_a_refused_step_leaves_no_trace(tmp_path, drawn):
    path = tmp_path / "a.labkit"
    annotation = Annotation((60, 80), drawn.objects(), path=path)
    n_bytes, n_done = path.stat().st_size, len(annotation.history.done)
    with pytest.raises(ValueError, match="outside"):
        annotation.add_all([Object(5, square(1, 1)), Object(6, square(500, 1))])
    assert len(annotation) == 3
    assert path.stat().st_size == n_bytes
    assert len(annotation.history.done) == n_done


def test_ids_are_unique_and_fit_label_images():
    with pytest.raises(ValueError, match="same id"):
        Annotation((60, 80), [Object(1, square(5, 5)), Object(1, square(30, 5))])
    largest = Annotation((60, 80), [Object(2**31 - 1, square(5, 5))])
    with pytest.raises(ValueError, match="2147483647"):
        largest.add(square(30, 5))
    assert largest.labels().max() == 2**31 - 1


def test_a_line_is_no_object(drawn):
    with pytest.raises(ValueError, match="no pixel"):
        drawn.add([(5, 5), (10, 10), (15, 15)])


@pytest.mark.parametrize("colour", ["red", "#fff", ""])
def test_colours_of_classes_are_checked(drawn, colour):
    with pytest.raises(ValueError, match="colour"):
        drawn.add_class("a", colour or "#")
    drawn.add_class("a")
    with pytest.raises(ValueError, match="colour"):
        drawn.change_class(1, colour=colour)
    drawn.add_class("b")
    with pytest.raises(ValueError, match="already"):
        drawn.change_class(2, name="a")


def test_a_long_movie_of_labels_is_numbered_in_no_time():
    frames = np.arange(1, 401, dtype=np.int32).reshape(20, 20)
    annotation = Annotation.from_labels(
        np.stack([np.kron(frames, np.ones((2, 2), int))] * 5)
    )
    assert [one.id for one in annotation.objects()] == list(range(1, 2001))
