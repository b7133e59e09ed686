"""The annotator: images in turn, movies, given labels, files that are refused."""

import numpy as np
import pytest
import tifffile
from annotator_scenes import circle, discs, ids, iou, picture

from labkit.annotation import Annotation
from labkit.canvas import Annotator
from labkit.canvas.look import EXTRA, MISSED, RIGHT, compared
from labkit.canvas.sources import frames_of
from labkit.labels import to_polygons


def test_arrays_stay_in_memory_and_say_so(annotator, tmp_path):
    assert "only in memory" in annotator._status.value
    saved = Annotator(picture(discs()), model=None, ink=False, folder=tmp_path)
    assert "only in memory" not in saved._status.value
    saved.draw(circle((30, 30), 14))
    saved.press("Enter")
    assert len(Annotation.open(tmp_path / "image.labkit")) == 1


def test_images_in_turn(tmp_path):
    for name in ("a", "b"):
        tifffile.imwrite(tmp_path / f"{name}.tif", picture(discs(), seed=ord(name)))
    annotator = Annotator(tmp_path, model=None, ink=False)
    assert annotator.status.startswith("a · draw around a nucleus")
    annotator.draw(circle((30, 30), 14))
    annotator.press("PageDown")
    assert annotator.status.startswith("b")
    assert ids(annotator) == []
    annotator.draw(circle((30, 80), 14))
    annotator.press("i")
    assert annotator.status == "done"
    annotator.press("PageUp")
    assert ids(annotator) == [1]
    assert sorted(annotator.annotations) == ["a", "b"]
    assert annotator._view.images.options[1] == ("✓ b (1)", 1)
    annotator.press("i")
    assert annotator.status.startswith("b")


def test_the_list_of_images_counts_while_one_draws():
    annotator = Annotator({"a": picture(discs())}, model=None, ink=False)
    for n, disc in enumerate(to_polygons(discs()).values(), start=1):
        annotator.draw(disc)
        annotator.press("Enter")
        assert annotator._view.images.options == ((f"a ({n})", 0),)
    annotator.press("z")
    assert annotator._view.images.options == ((f"a ({n - 1})", 0),)


def test_a_movie_frame_by_frame():
    movie = np.stack([picture(discs(), seed=i) for i in range(3)])
    annotator = Annotator(movie, model=None, ink=False)
    annotator.draw(circle((30, 30), 14))
    annotator.press("Enter")
    annotator.press("t")
    annotator.press("ArrowRight")
    assert annotator.session.frame == 1
    assert np.array_equal(annotator.labels > 0, annotator.annotation.labels(0) > 0)
    annotator.do("frame:2")
    assert annotator.labels.max() == 0
    assert "frame 3 of 3" in annotator.status


def test_undo_of_another_frame_is_shown_there():
    movie = np.stack([picture(discs(), seed=i) for i in range(3)])
    annotator = Annotator(movie, model=None, ink=False)
    annotator.draw(circle((30, 30), 14))
    annotator.press("Enter")
    annotator.press("ArrowRight")
    annotator.press("z")
    assert annotator.session.frame == 0
    assert ids(annotator) == []


def test_colour_images_and_other_types():
    grey = picture(discs())
    colour = np.stack([255 - (grey >> 5)] * 3, axis=-1).astype(np.uint8)
    for image in (colour, grey.astype(np.float32) / 4000, grey > 1500):
        annotator = Annotator(image, model=None, ink=False)
        annotator.draw(circle((30, 30), 14))
        annotator.press("Enter")
        assert iou(annotator.labels == 1, discs() == 1) > 0.85


def test_labels_to_begin_with_and_to_compare(repaired):
    shifted = discs([(31, 30), (30, 81), (10, 110)])
    annotator = Annotator(
        picture(discs()), discs(), compare=shifted, model=None, ink=False
    )
    assert ids(annotator) == [1, 2, 3]
    annotator.press("c")
    assert annotator.status == "comparison off"
    annotator.press("c")
    assert "F1 0.67" in annotator.status
    assert "1 only there" in annotator.status


def test_least_sure_first():
    annotation = Annotation.from_labels(discs(), scores={1: 0.9, 2: 0.2, 3: 0.5})
    annotator = Annotator(picture(discs()), annotation, model=None, ink=False)
    seen = []
    for _ in range(3):
        annotator.press("r")
        seen.append(annotator.session.selected[-1])
    assert seen == [2, 3, 1]
    low, high = annotator.screen.viewport.visible()
    assert (low < (30, 30)).all()
    assert (high > (30, 30)).all()


def test_an_annotation_of_another_image_is_refused(tmp_path):
    first = Annotator(np.zeros((50, 60)), model=None, ink=False, folder=tmp_path)
    first.press("a")
    first.draw(circle((20, 20), 8))
    with pytest.raises(ValueError, match="folder="):
        Annotator(np.zeros((60, 60)), model=None, ink=False, folder=tmp_path)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ([], "no image"),
        (np.zeros((2, 3, 4, 5)), "axes"),
        (np.full((5, 5), np.nan), "NaN"),
        (np.zeros((0, 5)), r"axes|pixel"),
        ({}, "no image"),
    ],
)
def test_what_is_no_image_is_refused(images, message):
    with pytest.raises(ValueError, match=message):
        Annotator(images, model=None, ink=False)


def test_given_annotations_must_fit():
    with pytest.raises(ValueError, match="one entry for each"):
        Annotator([np.zeros((9, 9))] * 2, [discs()], model=None, ink=False)
    with pytest.raises(ValueError, match="names 'b'"):
        Annotator({"a": np.zeros((9, 9))}, {"b": discs()}, model=None, ink=False)


def test_what_to_compare_with_must_fit():
    images = {"a": picture(discs()), "b": picture(discs())}
    annotator = Annotator(images, compare={"b": np.zeros((5, 5), int)}, model=None)
    annotator.press("PageDown")
    assert "compare" in annotator.status
    assert annotator._desk.name == "a"
    annotator.draw([(30, 30)])
    assert annotator.session.pending is not None


@pytest.mark.parametrize("shape", [(50, 60, 2), (50, 60, 1)])
def test_images_of_one_or_two_channels_are_no_movies(shape):
    with pytest.raises(ValueError, match="channel"):
        frames_of(np.zeros(shape))


def test_colours_of_a_comparison_mean_one_thing_each():
    shifted = discs([(31, 30), (30, 81), (10, 110)])
    annotator = Annotator(picture(discs()), discs(), compare=shifted, model=None)
    assert "F1 0.67" in annotator.status
    shapes, _ = compared(annotator.session, shifted)
    counts = {c: [one.colour for one in shapes].count(c) for c in (RIGHT, EXTRA)}
    assert counts == {RIGHT: 2, EXTRA: 1}
    assert [one.colour for one in shapes].count(MISSED) == 1
    assert len(shapes) == 6
