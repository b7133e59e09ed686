"""The annotator: export and import, and work that nothing may lose."""

import numpy as np
import pytest
import tifffile
from annotator_scenes import circle, discs, ids, picture

import labkit as lk
from labkit.annotation import Annotation
from labkit.canvas import Annotator
from labkit.canvas.sources import sources
from labkit.objects import ObjectClass


def test_every_step_is_on_disk(tmp_path):
    path = tmp_path / "cells.tif"
    tifffile.imwrite(path, picture(discs()))
    annotator = Annotator(path, model=None, ink=False)
    annotator.draw(circle((30, 30), 14))
    annotator.press("Enter")
    file = tmp_path / "annotations" / "cells.labkit"
    assert len(Annotation.open(file)) == 1
    annotator.draw(circle((30, 80), 14))
    annotator.press("Enter")
    again = Annotator(path, model=None, ink=False)
    assert ids(again) == [1, 2]
    assert "going on" in again.status
    assert np.array_equal(again.labels, annotator.labels)


def test_files_of_one_name_are_told_apart(tmp_path):
    for name in ("a.tif", "a.png"):
        lk.files.images.write_image(tmp_path / name, np.zeros((9, 9), np.uint8))
    with pytest.raises(ValueError, match="share the name"):
        sources(tmp_path)


def test_a_full_disk_is_told_and_nothing_lost(tmp_path, monkeypatch):
    annotator = Annotator(picture(discs()), model=None, ink=False, folder=tmp_path)
    real_open = type(tmp_path).open

    def full(self, mode="r", *rest, **more):
        if "a" in mode:
            raise OSError(28, "No space left on device")
        return real_open(self, mode, *rest, **more)

    annotator.draw(circle((30, 30), 14))
    with monkeypatch.context() as patched:
        patched.setattr(type(tmp_path), "open", full)
        annotator.press("Enter")
        assert "No space left" in annotator.status
    assert ids(annotator) == [1]
    annotator.draw(circle((30, 80), 14))
    annotator.press("Enter")
    assert len(Annotation.open(tmp_path / "image.labkit")) == 2


def test_an_error_of_the_program_is_shown(annotator, monkeypatch):
    def broken(*_):
        raise RuntimeError("a bug")

    monkeypatch.setattr(annotator.session, "undo", broken)
    with pytest.raises(RuntimeError):
        annotator.press("z")
    assert "a bug" in annotator.status
    annotator.draw(circle((30, 30), 14))
    assert annotator.session.pending is not None


# Export, import


def test_export_of_all_images(tmp_path):
    for name in ("a", "b"):
        tifffile.imwrite(tmp_path / f"{name}.tif", picture(discs(), seed=ord(name)))
    annotator = Annotator(tmp_path, model=None, ink=False, classes=["normal"])
    annotator.draw(circle((30, 30), 14))
    for key in ("Enter", "1", "PageDown"):
        annotator.press(key)
    annotator = Annotator(tmp_path, model=None, ink=False)
    panel = annotator.exporting
    assert panel.layout.display == "none"
    annotator.press("l")
    assert panel.layout.display == ""
    panel.formats.value = ("rois", "labels", "coco")
    panel.folder.value = str(tmp_path / "out")
    panel.run(wait=True)
    assert panel.text.value.startswith("5 files")
    objects, classes = lk.files.rois.read_objects(tmp_path / "out" / "a_ROIs.zip")
    assert [one.class_id for one in objects] == [1]
    assert (classes[0].id, classes[0].colour) == (
        1,
        annotator.annotation.classes[0].colour,
    )
    panel.run(wait=True)
    assert "there already" in panel.text.value
    panel.overwrite.value = True
    panel.run(wait=True)
    assert "files written" in panel.text.value


def test_export_can_be_cancelled(tmp_path):
    images = {f"image{i}": picture(discs(), seed=i) for i in range(4)}
    annotator = Annotator(
        images, [discs()] * 4, model=None, ink=False, folder=tmp_path / "work"
    )
    for _ in range(3):
        annotator.press("PageDown")
    panel = annotator.exporting
    panel.folder.value = str(tmp_path / "out")
    step = panel._step

    def stop_after_two(n_done, n_images, name):
        step(n_done, n_images, name)
        if n_done == 2:
            panel.cancel.click()

    panel._step = stop_after_two
    panel.run(wait=True)
    assert panel.result.cancelled
    assert panel.result.left == ["image2", "image3"]
    assert "stopped" in panel.text.value
    for file in panel.result.files:
        assert len(lk.files.rois.read_objects(file)[0]) == 3


def test_painted_classes_are_exported_as_their_parts(tmp_path):
    annotator = Annotator(
        picture(discs()), model=None, ink=False, folder=tmp_path, classes=["nucleus"]
    )
    annotator.press("w")
    annotator.press("1")
    annotator.draw([(20, 20)])
    annotator.draw([(60, 60)])
    items, classes = annotator._desk.items()
    assert [one.class_id for one in items[0].objects] == [1, 1]
    assert [one.name for one in classes] == ["nucleus"]


def test_rois_of_imagej_and_label_files_can_be_opened(tmp_path):
    lk.files.rois.write_objects(
        tmp_path / "a.zip", lk.objects.from_labels(discs(), class_id={2: 1})
    )
    lk.files.labels.write_labels(tmp_path / "a.tif", discs())
    for name in ("a.zip", "a.tif"):
        annotator = Annotator(picture(discs()), tmp_path / name, model=None, ink=False)
        assert np.array_equal(annotator.labels > 0, discs() > 0)
        assert len(annotator.annotation) == 3
    annotator = Annotator(picture(discs()), tmp_path / "a.zip", model=None, ink=False)
    assert sorted(o.class_id for o in annotator.annotation.objects()) == [0, 0, 1]


# What must not go wrong


def choose_two(annotator):
    annotator.press("s")
    annotator.draw([(30, 30)])
    annotator.draw([(30, 80)], shift=True)


@pytest.mark.parametrize("key", ["Delete", "m"])
def test_work_goes_on_when_the_file_is_gone(tmp_path, key):
    annotator = Annotator(picture(discs()), discs(), model=None, folder=tmp_path)
    choose_two(annotator)
    (tmp_path / "image.labkit").rename(tmp_path / "moved.labkit")
    annotator.press(key)
    assert "save_as" in annotator.status
    assert set(annotator.session.selected) <= set(ids(annotator)) != {1, 2, 3}
    annotator.press("z")
    assert set(ids(annotator)) == {1, 2, 3}
    annotator.annotation.save_as(tmp_path / "other.labkit")
    assert len(Annotation.open(tmp_path / "other.labkit")) == 3


def test_a_cut_that_cannot_be_saved_says_so(tmp_path):
    annotator = Annotator(picture(discs()), discs(), model=None, folder=tmp_path)
    (tmp_path / "image.labkit").unlink()
    annotator.press("k")
    annotator.draw([(30, 0), (30, 60)])
    assert "save_as" in annotator.status


def test_what_a_script_deletes_is_no_longer_chosen(repaired):
    choose_two(repaired)
    repaired.annotation.delete(1)
    repaired.press("v")
    assert repaired.session.selected == (2,)
    repaired.press("Delete")
    assert ids(repaired) == [3]


def test_classes_to_begin_with_are_not_undone(tmp_path):
    annotator = Annotator(
        picture(discs()), model=None, folder=tmp_path, classes=["a", "b"]
    )
    annotator.press("z")
    assert [one.name for one in annotator.annotation.classes] == ["a", "b"]
    again = Annotator(picture(discs()), model=None, folder=tmp_path, classes=["c"])
    assert again.annotation.classes == annotator.annotation.classes
    kept = ObjectClass(5, "five", "#123456")
    assert Annotator(picture(discs()), model=None, classes=[kept])


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        (["a", "a"], "already"),
        ([f"c{i}" for i in range(256)], "255"),
        ([ObjectClass(1, "a", "red")], "colour"),
        ([ObjectClass(2, "a", "#ff0000"), "b"], "number 2"),
    ],
)
def test_classes_that_cannot_be_are_refused(classes, message):
    with pytest.raises(ValueError, match=message):
        Annotator(picture(discs()), model=None, classes=classes)


@pytest.mark.parametrize("given", [np.zeros((40, 40), int), Annotation((40, 40))])
def test_a_refused_annotation_leaves_no_file(tmp_path, given):
    with pytest.raises(ValueError, match="40"):
        Annotator(picture(discs()), given, model=None, folder=tmp_path)
    assert not list(tmp_path.iterdir())
