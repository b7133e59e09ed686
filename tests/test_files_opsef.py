"""OpSeF projects: lists, classes by column, line ends."""

import os

import numpy as np
import pytest
import tifffile
from drawn import CLASSES, SHAPE, facts, scene

from labkit.files.labels import read_labels, write_labels
from labkit.files.opsef import Pair, class_mask, read_opsef, write_opsef
from labkit.files.rois import read_objects
from labkit.objects import to_labels

LABELS = np.zeros(SHAPE, np.int32)
LABELS[3:9, 3:9], LABELS[20:30, 10:30] = 4, 11
MASKS = ("00_SD_Mask_0.5_x.tif", "00_SD_Mask_0.5_y.tif")


@pytest.fixture
def project(tmp_path):
    """A project of two images with their masks."""
    for name in MASKS:
        write_labels(tmp_path / "02_SegMasks" / name, LABELS)
    lines = [f"/00_InputRaw/{k}.tif;/02_SegMasks/{MASKS[k]}" for k in (0, 1)]
    _list(tmp_path, "FilePairList_set_007.txt", lines)
    return tmp_path


def _list(root, name, lines, end="\n"):
    (root / "10_ImportExport").mkdir(exist_ok=True)
    text = "".join(line + end for line in lines)
    (root / "10_ImportExport" / name).write_text(text, newline="")
    return root / "10_ImportExport" / name


def _pairs():
    return [
        Pair("/00_InputRaw/0.tif", MASKS[0], SHAPE, scene()),
        Pair("/00_InputRaw/1.tif", MASKS[1], SHAPE, scene()[1:2]),
        Pair("/00_InputRaw/2.tif", "z_UN_Mask_1_z.tif", SHAPE, []),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", ";\r\n"])
def test_lists_with_any_line_end(project, end):
    lines = [f"\\00_InputRaw\\{k}.tif;\\02_SegMasks\\{MASKS[k]}" for k in (0, 1)]
    file = _list(project, "FilePairList_set_007.txt", ["root;/away", *lines, ""], end)
    pairs, classes = read_opsef(file)
    assert [pair.mask for pair in pairs] == list(MASKS)
    assert pairs[0].image == "/00_InputRaw/0.tif"
    assert pairs[1].shape == SHAPE
    assert np.array_equal(to_labels(pairs[1].objects, SHAPE), LABELS)
    assert classes == []
    assert len(read_opsef(project)[0]) == 2


def test_every_line_has_the_same_columns(project):
    write_opsef(project, _pairs(), CLASSES)
    folder = project / "10_ImportExport"
    text = (folder / "FilePairList_fromFiji_Classes.txt").read_bytes().decode()
    rows = [line.split(";") for line in text.split("\r\n")[:-1]]
    assert len(rows) == 3
    for row, pair in zip(rows, _pairs(), strict=True):
        image, first, second, nothing = row
        assert (image, nothing) == (pair.image, "")
        assert "_MaskClass01_" in first
        assert "_MaskClass02_" in second
        for k, name in ((1, first), (2, second)):
            pixels = tifffile.imread(project / name.lstrip("/"))
            those = [one for one in pair.objects if one.class_id == k]
            assert pixels.dtype == np.uint16
            assert np.array_equal(pixels, to_labels(those, SHAPE))
    text = (folder / "FilePairList_fromFiji_Masks.txt").read_bytes().decode()
    expected = "/00_InputRaw/2.tif;/11_SegMasksFromFiji/z_UN_Mask_1_z.tif"
    assert text.split("\r\n")[2] == expected
    values = tifffile.imread(project / "11_SegMasksFromFiji" / MASKS[0])
    assert np.array_equal(values, to_labels(scene(), SHAPE))
    zipped = project / "12_TmpRoisFromFiji" / "00_SD_Mask_0.5_x_ROIs.zip"
    assert facts(read_objects(zipped)[0]) == facts(scene())


def test_what_was_written_is_read_back(project):
    write_opsef(project, _pairs(), CLASSES)
    lists = project / "10_ImportExport"
    for name in (
        "FilePairList_fromFiji_Masks.txt",
        "FilePairList_fromFiji_Classes.txt",
    ):
        pairs, classes = read_opsef(lists / name)
        assert tuple(classes) == CLASSES
        for found, expected in zip(pairs, _pairs(), strict=True):
            assert found[:3] == expected[:3]
            assert facts(found.objects) == facts(expected.objects)
    pairs, _ = read_opsef(project)  # corrected ROIs count before the masks
    assert facts(pairs[0].objects) == facts(scene())


def test_classes_come_from_the_names_of_masks(project):
    write_opsef(project, _pairs(), CLASSES)
    for file in (project / "12_TmpRoisFromFiji").iterdir():
        file.unlink()
    pairs, classes = read_opsef(
        project / "10_ImportExport" / "FilePairList_fromFiji_Classes.txt"
    )
    found = {one.id: one.class_id for one in pairs[0].objects}
    assert found == {1: 1, 3: 1, 2: 2, 7: 2}  # in no class, in no mask
    assert [one.id for one in classes] == [1, 2]
    assert pairs[0].mask == MASKS[0]


def test_names_of_class_masks():
    assert (
        class_mask("a_Mask_b_CP_Mask_1_c.tif", 7) == "a_Mask_b_CP_MaskClass07_1_c.tif"
    )


def test_writing_again_replaces(project):
    write_opsef(project, _pairs(), CLASSES)
    write_opsef(project, _pairs()[1:], CLASSES)
    text = project / "10_ImportExport" / "FilePairList_fromFiji_Masks.txt"
    assert len(text.read_text().splitlines()) == 2
    values = read_labels(project / "11_SegMasksFromFiji" / MASKS[1])
    assert np.unique(values).tolist() == [0, 2]


def test_what_is_wrong_is_named(project):
    with pytest.raises(FileNotFoundError, match="FilePairList"):
        read_opsef(project / "02_SegMasks")
    other = _list(project, "FilePairList_b.txt", ["/a.tif;/02_SegMasks/gone.tif"])
    with pytest.raises(ValueError, match=r"several lists.*FilePairList_set_007"):
        read_opsef(project)
    with pytest.raises(FileNotFoundError, match=r"gone.tif"):
        read_opsef(other)
    for content in (b"", b"root;/x\n", b"/a.tif\n", b"\xff\xfe\x00"):
        other.write_bytes(content)
        with pytest.raises(ValueError, match=r"FilePairList_b.txt"):
            read_opsef(other)
    other.write_text(f"/a.tif;/02_SegMasks/{MASKS[0]}\n")
    (project / "02_SegMasks" / MASKS[0]).write_bytes(b"II*\0 cut")
    with pytest.raises(ValueError, match=MASKS[0]):
        read_opsef(other)


def test_what_cannot_be_written(tmp_path):
    twice = [_pairs()[0], _pairs()[0]]
    with pytest.raises(ValueError, match="two images have the mask"):
        write_opsef(tmp_path, twice)
    many = [pair._replace(objects=[scene()[0]]) for pair in _pairs()[:1]]
    with pytest.raises(ValueError, match="classes 1 to 99"):
        write_opsef(tmp_path, many, [CLASSES[0].__class__(100, "a", "#000000")])
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_write_leaves_the_older_lists(project, monkeypatch):
    write_opsef(project, _pairs(), CLASSES)
    file = project / "10_ImportExport" / "FilePairList_fromFiji_Masks.txt"
    before = file.read_bytes()

    def interrupt(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr("labkit.files.opsef.write_objects", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_opsef(project, _pairs()[:1], CLASSES)
    assert file.read_bytes() == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_project_that_must_not_be_written_to(project):
    project.chmod(0o555)
    with pytest.raises(PermissionError):
        write_opsef(project, _pairs())
    project.chmod(0o755)
