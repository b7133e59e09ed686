"""The exercises: solutions pass, empty and wrong answers are told why not."""

import ast

import numpy as np
import pytest
from course_scenes import (
    BEFORE,
    NOTEBOOKS,
    Brightness,
    fewer,
    movie,
    read,
    tagged,
    tiles,
)

import labkit as lk
from labkit.course import NotSolved, Open, Solved, check, names

IMAGE = lk.data.load("nuclei").images[0][:256]
TRUE = lk.labels.relabel(lk.data.load("nuclei").labels[0][:256])
STEPS = lk.auto.annotate_steps(IMAGE)
GAIN = {"first": [0.1, 0.2, 0.6, 0.7]}
GIVEN = {
    "enough": {"gain": GAIN},
    "feature": {"purple": tiles((150, 120, 210)), "tissue": tiles((150, 120, 90))},
    "taught wrong": {
        "true": TRUE,
        "labels": STEPS.labels,
        "left_out": STEPS.left_out,
    },
    "mirror": {"model": Brightness(), "image": IMAGE},
    "threshold": {"choose": lambda t: fewer(TRUE, IMAGE, t), "true": TRUE},
    "reach": {"movie": movie()},
}


def asked(cell):
    """Return the names of the exercises that a cell checks."""
    return [
        node.args[0].value
        for node in ast.walk(ast.parse(cell.source))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "lk.course.check"
    ]


def refused(name, answer):
    """Return what is said about a wrong answer."""
    with pytest.raises(NotSolved) as error:
        check(name, answer, **GIVEN.get(name, {}))
    return well_said(name, str(error.value))


def left_open(name, answer):
    """Return what is said where there is no answer: shown, and nothing stops."""
    found = check(name, answer, **GIVEN.get(name, {}))
    assert isinstance(found, Open)
    assert not found
    assert found.name == name
    return well_said(name, repr(found))


def well_said(name, text):
    """Return a message that holds all it must."""
    lines = text.splitlines()
    assert lines[0] == f"Not solved yet: {name}"
    starts = [line[:10].strip() for line in lines[1:] if line[0] != " "]
    assert starts == ["found:", "expected:", "hint:"]
    return text


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_exercise_of_a_notebook_has_its_check(path):
    notebook = read(path)
    found = [asked(cell) for cell in tagged(notebook, "check")]
    assert [name for (name,) in found] == names(path.stem)
    assert 3 <= len(found) <= 5
    tags = [c.metadata.get("tags", [""])[0] for c in notebook.cells]
    places = [k for k, tag in enumerate(tags) if tag == "exercise"]
    assert [tags[k + 1] for k in places] == ["check"] * len(found)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_solutions_pass(path, monkeypatch):
    scope = {"np": np, "lk": lk, **BEFORE[path.stem]()}
    solved = []

    def record(name, answer, **given):
        solved.append(check(name, answer, **given))
        return solved[-1]

    monkeypatch.setattr(lk.course, "check", record)
    for cell in read(path).cells:
        if set(cell.metadata.get("tags", [])) & {"exercise", "check"}:
            exec(compile(cell.source, cell.id, "exec"), scope)
    assert [one.name for one in solved] == names(path.stem)
    assert all(solved)
    assert all(isinstance(one, Solved) and len(one.why) > 40 for one in solved)


@pytest.mark.parametrize("name", names())
def test_an_empty_answer_is_told_what_is_wanted(name):
    for empty in (..., None):
        assert "no answer; the cell above still holds its ..." in left_open(name, empty)


def nothing(*arguments):
    """Stands for a function whose body was left as it is."""
    return ...


def wrong(*arguments):
    """Stands for a function that stops."""
    return undefined + 1  # noqa: F821


FUNCTIONS = [
    *("overlap", "blur", "area filter", "pen", "meant", "feature", "painter", "place"),
    *("gap", "f1", "taught wrong", "star", "speed", "straightness", "mothers"),
]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_that_return_nothing_or_stop(name):
    assert "your function returns nothing" in left_open(name, nothing)
    said = " ".join(refused(name, wrong).split())
    assert "stopped with NameError: name 'undefined' is not defined" in said
    assert "in the line `return undefined + 1" in said
    assert "pass it without calling it" in " ".join(refused(name, 0.5).split())


NUMBERS = [n for n in names() if n not in FUNCTIONS]


@pytest.mark.parametrize("name", NUMBERS)
def test_a_function_in_place_of_a_number(name):
    assert "found:    a function" in refused(name, nothing)


def mean_filter(labels, tolerance):
    """The area filter with the mean in place of the median."""
    area = np.bincount(labels.ravel())
    middle = np.mean(area[1:])
    keep = np.abs(area - middle) <= tolerance * middle
    return np.where(keep[labels] & (labels > 0), labels, 0)


def centres_that_ignore_rng(n, radius, shape, rng):
    """Discs in a grid."""
    step = 2 * radius
    rows, columns = np.mgrid[radius : shape[0] - step : step, radius:120:step]
    return np.stack([rows.ravel(), columns.ravel()], axis=1)[:n]


WRONG = [
    ("tolerance", 0.1, "true nuclei kept", "75 true nuclei or more"),
    ("tolerance", 3.0, "with a precision of 0.9", "a precision of 0.95 or more"),
    ("tolerance", -1, "-1", "more than 0"),
    ("tolerance", "half", "'half' of type str", "a single number"),
    ("tolerance", "0.5", "'0.5' of type str", "a single number"),
    ("tolerance", np.nan, "nan", "a finite number"),
    ("lost", np.inf, "inf", "a finite number"),
    ("lost", 475, "475, but there are 125 nuclei", "less than half of their pixels"),
    ("lost", 111, "the ones that are not lost", "number of hand-outlined nuclei"),
    ("lost", 3, "3 of 125 nuclei, too few", "number of hand-outlined nuclei"),
    ("lost", 50, "50 of 125 nuclei, too many", "number of hand-outlined nuclei"),
    ("lost", 2.5, "2.5", "a whole number"),
    ("overlap", lambda a, b: (a & b).sum() / (a.sum() + b.sum()), "0.25", "0.3333"),
    ("overlap", lambda a, b: (a & b).sum() / a.sum(), "0.5 for two squares", "0.3333"),
    ("overlap", lambda a, b: a & b, "of type ndarray", "a single number"),
    ("blur", lambda image: image > 47, "F1 0.18", "more than twice the 0.18"),
    ("blur", lambda image: image, "different values", "a mask: True or False"),
    ("blur", lambda image: image[:9] > 0, "(9, 512)", "a mask of shape (512, 512)"),
    ("area filter", mean_filter, "areas [20", "[18, 19, 20, 21, 22, 25]"),
    ("area filter", lambda labels, tolerance: labels, "60] kept of", "18, 19, 20"),
    ("corners", 4, "keep an overlap of 0.64", "0.9 or more"),
    ("corners", 40, "one less 0.9", "less than 0.9 with one corner less"),
    ("corners", 2, "2 corners", "3 or more"),
    ("pen", lambda x: np.abs(np.diff(x, axis=0)).sum(), "30 for a square", "40"),
    ("pen", lambda x: 40, "40 for a triangle", "12"),
    ("meant", lambda p, d: np.bincount(p[p > 0]).argmax(), "part 1, with", "0.34"),
    ("meant", lambda p, d: np.bincount(p[d & (p > 0)]).argmax(), "part 4", "0.36"),
    ("meant", lambda p, d: 0, "0 for a drawing", "one of the labels [1, 2, 3]"),
    ("meant", lambda p, d: d, "of type ndarray", "a single number"),
    ("enough", {"first": 1}, "1 corrections, score 0.200", "0.400 or more"),
    ("enough", {"first": 3}, "3 corrections", "the smallest number"),
    ("enough", {}, "{}", "a number for each of ['first']"),
    ("luck", 100, "With 100 tiles guessing gets 57% in 9.7%", "less than 5 %"),
    ("luck", 400, "in 0.3%", "the smallest such number"),
    ("luck", 57, "57 tiles", "one of 50, 100, 200, 400"),
    ("feature", lambda t: t[..., 1].mean(), "pairs in the same order", "all purple on"),
    ("feature", lambda t: np.nan, "nan for a tile of purple", "a finite number"),
    (
        "painter",
        lambda x, image, *_: image,
        "colour [210, 190, 230] in",
        "[90, 59, 149]",
    ),
    ("painter", lambda x, image, *_: image * 1.0, "type float64", "uint8"),
    ("place", lambda n, r, s, g: np.zeros((n, 2)), "0.0 px from the edge", "8 px"),
    ("place", lambda n, r, s, g: np.full((n, 2), 50), "0.0 px apart", "16 px or more"),
    ("place", lambda n, r, s, g: [[1, 2], [3]], "differ in length", "(12, 2)"),
    ("place", centres_that_ignore_rng, "for another `rng`", "random pl"),
    ("gap", lambda a, b: abs(a.mean() - b.mean()), "11 for samples far apart", "1"),
    ("f1", lambda tp, fp, fn: tp / (tp + fp + fn), "0.75 for tp = 30", "0.8571"),
    ("f1", lambda tp, fp, fn: 2 / ((tp + fp) / tp + (tp + fn) / tp), "ZeroDiv", "a f"),
    ("taught wrong", lambda t, x, i: np.mean((t > 0) & (x == 0)), "0.6 for", "0.75"),
    ("mirror", TRUE[:9], "shape (9, 512)", "shape (256, 512)"),
    ("mirror", Brightness().predict(IMAGE), "with F1 1.00", "finds in the mirror"),
    ("mirror", Brightness().predict(IMAGE[:, ::-1]), "with F1 0", "not for its mirror"),
    ("threshold", 0.1, "At 0.10", "fewer than half of the nuclei"),
    ("threshold", 0.9, "At 0.90", "half of them or more at 0.85"),
    ("threshold", 1.5, "1.50", "a step of the slider"),
    ("star", lambda p, d: np.zeros((32, 2)), "px off, for a star", "less than 0.001"),
    ("reach", 1, "of the links with 1 px", "90% or more"),
    ("reach", 30, "30 px", "less than 90% with one px less"),
    ("reach", 2.5, "2.5", "a whole number"),
    (
        "speed",
        lambda r, u: np.hypot(*np.diff([r["y"], r["x"]])).mean() * u,
        "6.667",
        "5",
    ),
    ("speed", lambda r, u: 20 / 3, "6.667 µm per frame for the same at 0.5", "3.333"),
    ("straightness", lambda r: 1.0, "1 for a right angle", "0.7143"),
    ("mothers", lambda t: t["parent_id"], "tracks [0, 1, 3, 4]", "two tracks"),
    ("mothers", lambda t: t["track_id"][t["parent_id"] > 0], "[2, 3, 5, 6", "two"),
    ("mothers", lambda t: 2, "2", "a list or set of track ids"),
]


@pytest.mark.parametrize(("name", "answer", "found", "expected"), WRONG)
def test_wrong_answers_are_told_found_and_expected(name, answer, found, expected):
    said = " ".join(refused(name, answer).split())
    before, after = said.split(" expected: ")
    assert found in before
    assert expected in after


def test_every_exercise_has_a_typical_wrong_answer():
    assert {name for name, *_ in WRONG} == set(names())


def test_arguments_are_safe_from_students():
    def spoil(a, b):
        shared = np.count_nonzero(a & b)
        a |= b
        return shared / np.count_nonzero(a)

    assert check("overlap", spoil).name == "overlap"


def test_a_check_that_is_called_wrongly():
    with pytest.raises(TypeError, match="'mirror' is called wrongly: missing a re"):
        check("mirror", TRUE)
    with pytest.raises(TypeError, match="'luck' is called wrongly: got an unexpected"):
        check("luck", 200, tiles=3)


def test_the_line_at_fault_is_the_students_own():
    def through_numpy(a, b):
        return np.concatenate([a, b[0]])

    said = " ".join(refused("overlap", through_numpy).split())
    assert "in the line `return np.concatenate([a, b[0]])`" in said


def test_no_message_gives_a_solution_away():
    tell = {n: left_open if n in FUNCTIONS else refused for n in names()}
    said = {n: left_open(n, ...) + tell[n](n, nothing) for n in names()}
    for path in NOTEBOOKS:
        for name, cell in zip(
            names(path.stem), tagged(read(path), "exercise"), strict=True
        ):
            solution = cell.source.split("### BEGIN SOLUTION")[1].split("### END")[0]
            for line in solution.splitlines():
                value = line.split("return ")[-1].split(" = ")[-1].strip()
                assert len(value) < 12 or value not in said[name], value


def test_unknown_exercises_and_notebooks_are_named():
    with pytest.raises(ValueError, match=r"no exercise 'iou'; there are tolerance, "):
        check("iou", 1)
    with pytest.raises(ValueError, match=r"no notebook '9'; there are 01_auto_annot"):
        names("9")


def test_a_notebook_shows_the_message_and_no_traceback():
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    shown = []
    shell._showtraceback = lambda kind, value, lines: shown.extend(lines)
    shell.run_cell("import labkit\nlabkit.course.check('luck', 57)")
    assert shown[0] == "Not solved yet: luck"
    assert len(shown) == 4


def test_the_verdict_fits_the_page():
    lines = repr(check("luck", 200)).splitlines()
    assert lines[0].startswith("Right (luck). With 200 tiles")
    assert max(map(len, lines)) <= 88
