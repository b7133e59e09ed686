"""The copies for students: in step with the notebooks, without the solutions."""

import ast
import re
import shutil
import subprocess
import sys

import nbformat
import numpy as np
import pytest
from commands import error_of, labkit_command
from course_scenes import BEFORE, NOTEBOOKS, read, tagged

import labkit
from labkit import course
from labkit.cli.course import find_notebooks
from labkit.course.copies import without_solution

SOLUTION = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.DOTALL)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A folder of copies."""
    folder = tmp_path_factory.mktemp("course")
    course.build(folder)
    return folder


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_copies_are_in_step_with_the_notebooks(path, built):
    original, copy = read(path), nbformat.read(built / path.name, as_version=4)
    nbformat.validate(copy)
    assert [c.id for c in copy.cells] == [c.id for c in original.cells]
    changed = [
        ours.id
        for ours, theirs in zip(original.cells, copy.cells, strict=True)
        if ours.source != theirs.source and ours.cell_type == "code"
    ]
    assert changed == [c.id for c in tagged(original, "exercise")]
    assert len(changed) == len(course.names(path.stem))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_copies_hold_no_solution_and_no_trace_of_one(path, built):
    text = (built / path.name).read_text(encoding="utf-8")
    copy = nbformat.reads(text, as_version=4)
    left = {x.strip() for c in tagged(copy, "exercise") for x in c.source.splitlines()}
    for cell in tagged(read(path), "exercise"):
        (solution,) = SOLUTION.findall(cell.source)
        assert not {line.strip() for line in solution.splitlines()} & (left - {""})
    for cell in tagged(copy, "exercise") + tagged(copy, "check"):
        ast.parse(cell.source)
        assert cell.outputs == []
        assert cell.execution_count is None
    assert "SOLUTION" not in text
    assert "our solutions" not in text


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_skeletons_run_and_name_what_is_checked(path, built):
    copy = nbformat.read(built / path.name, as_version=4)
    pairs = zip(tagged(copy, "exercise"), tagged(copy, "check"), strict=True)
    for exercise, check in pairs:
        scope = {}
        exec(exercise.source, scope)
        assert "# your answer" in exercise.source
        answers = [name for name in scope if name != "__builtins__"]
        assert len(answers) == 1
        assert re.search(rf"\b{answers[0]}\b", check.source), check.source
        assert {"raises-exception"} <= set(exercise.metadata.tags)
        assert {"raises-exception"} <= set(check.metadata.tags)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_copies_work_from_any_folder(path, built):
    copy = nbformat.read(built / path.name, as_version=4)
    text = "\n".join(c.source for c in copy.cells if c.cell_type == "markdown")
    for link in re.findall(r"\]\(([^)]+)\)", text):
        assert link.startswith("https://") or (built / link).is_file(), link
    assert "colab.research.google.com" not in text, "its badge opens the solutions"
    assert (built / "figures" / f"{path.stem}.jpg").stat().st_size > 5000


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_checks_of_open_exercises_stop_nothing(path, built):
    """All check cells of a copy run through, one after the other."""
    copy = nbformat.read(built / path.name, as_version=4)
    scope = {"np": np, "lk": labkit, **BEFORE[path.stem]()}
    for cell in copy.cells:
        if {"exercise", "check"} & set(cell.metadata.get("tags", [])):
            exec(compile(cell.source, cell.id, "exec"), scope)


def test_everything_but_the_exercises_keeps_its_output(built):
    for path in NOTEBOOKS:
        copy = nbformat.read(built / path.name, as_version=4)
        parts = {c.id for c in tagged(copy, "exercise") + tagged(copy, "check")}
        for ours, theirs in zip(read(path).cells, copy.cells, strict=True):
            if ours.cell_type == "code" and ours.id not in parts:
                assert theirs.outputs == ours.outputs


def test_the_notebooks_themselves_are_left_as_they_are(built):
    for path in NOTEBOOKS:
        assert "### BEGIN SOLUTION" in path.read_text(encoding="utf-8")
    with pytest.raises(ValueError, match="holds the notebooks with solutions"):
        course.build(NOTEBOOKS[0].parent, overwrite=True)


def test_a_copy_runs_through_with_its_exercises_open(built, tmp_path):
    """Also on Colab, which stops at every error, whatever a cell is tagged.

    Only the cells of the exercises of notebook 5: the others are run by nbval.
    """
    copy = nbformat.read(built / "05_export_and_tracking.ipynb", as_version=4)
    first = next(k for k, c in enumerate(copy.cells) if c.id == "exercise-2")
    copy.cells = [
        nbformat.v4.new_code_cell("import labkit as lk"),
        *copy.cells[first : first + 2],
        nbformat.v4.new_code_cell("print('went on')"),
    ]
    for cell in copy.cells:
        cell.metadata.pop("tags", None)
    nbformat.write(copy, tmp_path / "part.ipynb")
    code = (
        "import sys, nbformat, nbclient\n"
        "notebook = nbformat.read(sys.argv[1], 4)\n"
        "nbclient.NotebookClient(notebook, timeout=300).execute()\n"
        "nbformat.write(notebook, sys.argv[1])"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path / "part.ipynb"], check=True)
    *_, check, after = nbformat.read(tmp_path / "part.ipynb", as_version=4).cells
    (shown,) = check.outputs
    lines = shown.data["text/plain"].splitlines()
    assert lines[0] == "Not solved yet: speed"
    assert lines[1] == "found:    your function returns nothing"
    assert after.outputs[0].text == "went on\n"


def test_answers_are_not_overwritten(tmp_path):
    first = labkit_command("course", "build", "-o", tmp_path / "c")
    assert first.exit_code == 0, first.output
    assert first.stdout.count("exercises") == len(NOTEBOOKS)
    again = labkit_command("course", "build", "-o", tmp_path / "c")
    assert again.exit_code == 0, "the same copies once more do no harm"
    answered = tmp_path / "c" / "04_training.ipynb"
    answered.write_text(answered.read_text(encoding="utf-8") + " ", encoding="utf-8")
    line = error_of(labkit_command("course", "build", "-o", tmp_path / "c"))
    assert "04_training.ipynb in" in line
    assert "--overwrite" in line
    assert answered.read_text(encoding="utf-8").endswith(" ")
    words = ("course", "build", "-o", tmp_path / "c", "--overwrite")
    assert labkit_command(*words).exit_code == 0
    assert not answered.read_text(encoding="utf-8").endswith(" ")


def test_copies_of_an_installed_package(tmp_path, monkeypatch):
    package = tmp_path / "site-packages" / "labkit"
    shutil.copytree(NOTEBOOKS[0].parent, package / "notebooks")
    monkeypatch.setattr(labkit, "__file__", str(package / "__init__.py"))
    copies = course.build(tmp_path / "course")
    assert [path.name for path in copies] == [path.name for path in NOTEBOOKS]
    shutil.rmtree(package / "notebooks")
    line = error_of(labkit_command("course", "build", "-o", tmp_path / "c"))
    assert "no notebooks beside" in line
    assert "install labkit again" in line


def test_notebooks_of_an_installed_package_work_where_lab_copies_them(
    tmp_path, monkeypatch
):
    package, folder = tmp_path / "site-packages" / "labkit", tmp_path / "mine"
    (package / "notebooks").mkdir(parents=True)
    for path in NOTEBOOKS:  # a wheel has no pictures and no docs
        shutil.copyfile(path, package / "notebooks" / path.name)
    monkeypatch.setattr(labkit, "__file__", str(package / "__init__.py"))
    assert find_notebooks(folder) == folder
    for path in NOTEBOOKS:
        original, copy = read(path), nbformat.read(folder / path.name, as_version=4)
        for ours, theirs in zip(original.cells, copy.cells, strict=True):
            assert ours.cell_type == "markdown" or ours == theirs
        text = "\n".join(c.source for c in copy.cells if c.cell_type == "markdown")
        for link in re.findall(r"\]\(([^)]+)\)", text):
            assert link.startswith("https://") or (folder / link).is_file(), link
        (folder / path.name).write_text("my own", encoding="utf-8")
    assert course.copy_notebooks(folder) == []
    assert (folder / NOTEBOOKS[0].name).read_text(encoding="utf-8") == "my own"


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "c").write_text("")
    assert "c" in error_of(labkit_command("course", "build", "-o", tmp_path / "c"))


FUNCTION = '''def f(a):
    """What it does."""
    ### BEGIN SOLUTION
    b = a + 1
    return (
        b
    )
    ### END SOLUTION


f(1)'''


def test_skeletons():
    open_one = without_solution(FUNCTION)
    head, *_, answer, end, _, _, last = open_one.splitlines()
    assert (head, answer) == ("def f(a):", "    # your answer")
    assert (end, last) == ("    return ...", "f(1)")
    assert without_solution("a = 1") == "a = 1"
    two = "### BEGIN SOLUTION\na = 1\n### END SOLUTION\nb = 2"
    assert without_solution(two) == "# your answer\na = ...\nb = 2"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("### BEGIN SOLUTION\na = 1", "BEGIN SOLUTION' without its partner"),
        ("a = 1\n### END SOLUTION", "END SOLUTION' without its partner"),
        ("### BEGIN SOLUTION\n### BEGIN SOLUTION", "BEGIN SOLUTION' without"),
        ("### BEGIN SOLUTION\nf(1)\n### END SOLUTION", "ends with an assignment or"),
        ("### BEGIN SOLUTION\n### END SOLUTION", "ends with an assignment or"),
    ],
)
def test_marks_that_do_not_pair_up(source, message):
    with pytest.raises(ValueError, match=message):
        without_solution(source)


def rows_of(section):
    """Return the cells of the rows of a table that begin with a number."""
    rows = (line.split("|")[1:-1] for line in section.splitlines() if line[:1] == "|")
    return [[c.strip() for c in r] for r in rows if r[0].strip().isdigit()]


def test_the_minutes_of_the_plans_add_up():
    text = (NOTEBOOKS[0].parents[1] / "docs" / "course.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^##+ (.*?)\n(.*?)(?=^##|\Z)", text, re.M | re.S))
    afternoon = {row[1]: int(row[0]) for row in rows_of(sections["Three hours"])}
    assert sum(afternoon.values()) == 180
    days = rows_of(sections["Two days"])
    for day in "12":
        assert sum(int(row[1]) for row in days if row[0] == day) == 360
    planned = [s for s in sections if re.match(r"\d · ", s)]
    assert len(planned) == len(NOTEBOOKS)
    for title in planned:
        short, long = (int(k) for k in re.search(r"\((\d+), (\d+)\)", title).groups())
        rows = rows_of(sections[title])
        assert [sum(int(row[k]) for row in rows) for k in (0, 1)] == [short, long]
        number = f"notebook {title[0]}"
        assert short == sum(v for what, v in afternoon.items() if number in what)
        assert long == sum(int(row[1]) for row in days if number in row[2])


def test_course_page_counts_the_exercises():
    text = (NOTEBOOKS[0].parents[1] / "docs" / "course.md").read_text(encoding="utf-8")
    assert f"{len(course.names())} exercises that check themselves" in text
