"""A student runs all cells of a copy: open exercises say so, and stop nothing."""

import nbformat
import pytest
from lab import Notebook

from labkit import course

pytestmark = pytest.mark.browser
RUN_ALL = "window.jupyterapp.commands.execute('notebook:run-all-cells')"


def part_of_copy(folder):
    """An exercise and its check out of a copy, between two other cells."""
    (path,) = [p for p in course.build(folder / "built") if p.name.startswith("01")]
    copy = nbformat.read(path, as_version=4)
    middle = [c for c in copy.cells if c.id in ("exercise-3", "exercise-3-check")]
    first, last = map(nbformat.v4.new_code_cell, ("import labkit as lk", "6 * 7"))
    copy.cells = [first, *middle, last]
    return copy


def test_run_all_goes_on_after_an_open_exercise(lab, tmp_path):
    nbformat.write(part_of_copy(tmp_path), lab.folder / "copy.ipynb")
    page = lab.new_page(viewport={"width": 1100, "height": 900})
    opened = Notebook(page, f"{lab.address}/doc/tree/copy.ipynb?reset", "copy.ipynb")
    page.evaluate(RUN_ALL)
    page.get_by_text("42", exact=True).wait_for()
    shown = page.locator(".jp-OutputArea-output", has_text="Not solved yet: overlap")
    lines = shown.inner_text().splitlines()
    assert lines[0] == "Not solved yet: overlap"
    assert lines[1].startswith("found:    your function returns nothing")
    assert "Traceback" not in page.content()
    opened.close()
