"""The teaching experiments: in the notebooks, in the table, and judged by the range."""

import ast
import re
from pathlib import Path

import numpy as np
import pytest
from course_scenes import NOTEBOOKS, read

import labkit as lk
from labkit.course import compare, experiment_names, study
from labkit.course.comparing import _BY_NAME, in_words

DOCS_FOLDER = Path(__file__).parents[1] / "docs"
DOCS = (DOCS_FOLDER / "course.md").read_text(encoding="utf-8")
SQUARE = np.zeros((40, 40), np.int32)
SQUARE[10:30, 10:30] = 1


def compared(cell):
    """Return the names of the experiments that a cell compares."""
    return [
        node.args[0].value
        for node in ast.walk(ast.parse(re.sub(r"(?m)^(\s*)[%!].*", r"\1pass", cell)))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "lk.course.compare"
    ]


def said(cell):
    """Return what a cell shows in words."""
    data = [o.get("data", {}).get("text/plain", "") for o in cell.outputs]
    return "\n".join([*data, *(o.get("text", "") for o in cell.outputs)])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_experiment_has_its_place_in_its_notebook_and_agrees(path):
    cells = [c for c in read(path).cells if c.cell_type == "code"]
    found = [(name, cell) for cell in cells for name in compared(cell.source)]
    assert sorted(name for name, _ in found) == sorted(experiment_names(path.stem))
    for name, cell in found:
        (line,) = re.findall(
            rf"^.*\({re.escape(name)}\): .*$", said(cell), re.MULTILINE
        )
        assert line.startswith("Agrees"), f"{path.stem}: {line}"


@pytest.mark.parametrize("name", experiment_names())
def test_the_range_decides(name):
    one = _BY_NAME[name]
    low, high = one.expected
    for value in (low, (low + high) / 2, high):
        found = compare(name, value)
        assert found.agrees
        assert repr(found).startswith(f"Agrees ({name})")
        assert "why:" not in repr(found)
    for value in (low - 0.01 - abs(low), high + 0.01 + abs(high)):
        found = compare(name, value)
        assert not found.agrees
        text = " ".join(repr(found).split())
        assert text.startswith(f"Does not agree ({name})")
        assert f"why: perhaps {one.why_not}" in text


@pytest.mark.parametrize("name", experiment_names())
def test_each_is_told_completely(name):
    one = _BY_NAME[name]
    assert all(len(text) > 10 for text in (one.source, one.value, one.published))
    assert one.measured
    text = " ".join(repr(compare(name, one.expected[0])).split())
    assert one.source in text
    assert one.published in text
    assert one.measured in text


@pytest.mark.parametrize("name", sorted({*experiment_names()} - {"assist"}))
def test_what_labkit_measured_stands_on_the_page(name):
    one = _BY_NAME[name]
    pages = re.findall(r"docs/\w+\.md", one.measured)
    text = "".join((DOCS_FOLDER / Path(page).name).read_text("utf-8") for page in pages)
    known = np.array([float(k) for k in re.findall(r"\d+\.\d+", text)])
    for number in re.findall(r"\d+\.\d{2,}", one.measured) if pages else ():
        half = 0.51 * 10.0 ** -len(number.split(".")[1])  # a unit of the last digit
        assert np.abs(known - float(number)).min() <= half, (
            f"{number} is not in {pages}"
        )


def test_what_assist_saves_stands_on_the_page():
    text = (DOCS_FOLDER / "effort.md").read_text(encoding="utf-8")
    hard = {  # of the usual hand, a number for each kind of image
        way: np.array(
            re.findall(rf"\| usual \| {way} \|.*?\|.*?\| (\d+) \|", text), int
        )
        for way in ("unet", "traced")
    }
    mdck, *others = hard["unet"] / hard["traced"]
    said = f"{mdck:.2f} on the MDCK frame, {min(others):.2f} to {max(others):.2f} on"
    assert _BY_NAME["assist"].measured.startswith(said)


def test_the_direction_of_a_result_is_told_where_the_paper_has_one():
    same, other = compare("noise background", 0.1), compare("noise background", -0.1)
    assert (same.agrees, same.as_published) == (True, True)
    assert (other.agrees, other.as_published) == (True, False)
    assert "direction: as published" in repr(same)
    assert "direction: not as published, which would be 0 or more" in repr(other)
    assert "which would be 0 or less" in repr(compare("by hand", 0.1))
    assert compare("rose", 0.8).as_published is None
    assert "direction:" not in repr(compare("rose", 0.8))


def test_the_table_of_the_course_lists_them_all():
    rows = [line.split("|") for line in DOCS.splitlines() if line.startswith("| `")]
    listed = [row[1].strip().strip("`") for row in rows]
    assert listed == experiment_names()
    for row in rows:
        expected = in_words(_BY_NAME[row[1].strip().strip("`")].expected)
        assert re.match(rf"{re.escape(expected)}\b", row[5].strip())


@pytest.mark.parametrize("value", [np.float32(0.7), np.int64(1), 0.7, 1])
def test_numbers_of_any_kind_are_taken(value):
    assert compare("kept", value).value == pytest.approx(float(value))


@pytest.mark.parametrize("value", ["0.7", None, ..., [0.7], np.array([0.7, 1]), True])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(TypeError, match="must be a number, got"):
        compare("kept", value)


@pytest.mark.parametrize("value", [float("nan"), np.inf])
def test_nothing_measured_is_refused(value):
    with pytest.raises(ValueError, match="nothing was measured"):
        compare("kept", value)


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="no experiment 'fig9'; there are kept"):
        compare("fig9", 1.0)
    with pytest.raises(ValueError, match="no notebook 'x'; there are 01_auto"):
        experiment_names("x")


def annotation(path, labels, seconds):
    """An annotation on disk with a log."""
    polygons = lk.labels.to_polygons(labels)
    kept = lk.annotation.Annotation(labels.shape, path=path)
    for polygon in polygons.values():
        kept.add(polygon, note={"seconds": seconds})
    return path


def test_a_study_of_two_annotators(tmp_path):
    wide = np.zeros_like(SQUARE)
    wide[8:32, 8:32] = 1
    sessions = {
        "Ana": [annotation(tmp_path / f"{k}.labkit", SQUARE, 4.0 + k) for k in (0, 1)],
        "Ben": [lk.annotation.Annotation.from_labels(wide), wide],
    }
    found = study(sessions)
    assert found.intra == 1.0
    assert found.inter == pytest.approx(20**2 / 24**2)
    assert found.seconds["Ana"] == [4.0, 5.0]
    assert np.isnan(found.seconds["Ben"]).all()
    assert found.n_objects == {"Ana": [1, 1], "Ben": [1, 1]}
    lines = str(found).splitlines()
    assert lines[0] == "Ana, session 1: 1 objects, 4.0 s each"
    assert lines[2] == "Ben, session 1: 1 objects, no log"
    assert lines[4] == "mean overlap: same annotator 1.000, different ones 0.694"


def test_a_study_of_one_annotator_or_of_one_session_each():
    assert np.isnan(study({"Ana": [SQUARE, SQUARE]}).inter)
    assert np.isnan(study({"Ana": [SQUARE], "Ben": [SQUARE]}).intra)


def test_a_study_of_bad_sessions(tmp_path):
    with pytest.raises(ValueError, match="two sessions or more, got 1"):
        study({"Ana": [SQUARE]})
    with pytest.raises(ValueError, match="differ in shape"):
        study({"Ana": [SQUARE], "Ben": [SQUARE[:30]]})
    with pytest.raises(FileNotFoundError):
        study({"Ana": [SQUARE, tmp_path / "none.labkit"]})
    with pytest.raises(TypeError, match="must hold integers"):
        study({"Ana": [SQUARE, SQUARE / 2]})
    movie = lk.annotation.Annotation((3, 40, 40))
    with pytest.raises(ValueError, match="got a movie of 3 frames"):
        study({"Ana": [SQUARE, movie]})
