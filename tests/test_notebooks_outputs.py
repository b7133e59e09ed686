"""No warning in any output: neither in what is committed nor in what is run."""

import base64
import os
from pathlib import Path

import cv2
import nbformat
import numpy as np
import pytest
from legible import COLUMN
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
WORDS = ("Warning", "Traceback (most recent call last)", "Error:")


def complaints(notebook):
    """Return what outputs say that none shall say, one line each."""
    return [
        f"code cell {number}: {said}"
        for number, cell in enumerate(c for c in notebook.cells if "outputs" in c)
        for output in cell.outputs
        for said in _of_output(output)
    ]


def _of_output(output):
    """What one output complains of."""
    if output.output_type == "error":
        yield f"raised {output.ename}"
    elif output.output_type == "stream" and output.name == "stderr":
        yield f"stderr: {output.text[:80]!r}"
    else:
        texts = [output.get("text", "")]
        texts += [v for k, v in output.get("data", {}).items() if k.startswith("text/")]
        for text in texts:
            yield from (f"says {word!r}" for word in WORDS if word in text)


def run(*sources):
    """Run cells in a kernel like that of the notebooks; errors become outputs."""
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in sources]
    return NotebookClient(notebook, timeout=300, allow_errors=True).execute()


def test_there_are_notebooks_with_outputs():
    books = [nbformat.read(path, 4) for path in NOTEBOOKS]
    assert len(books) >= 5
    assert all(sum(bool(c.get("outputs")) for c in b.cells) > 10 for b in books)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_committed_output_warns(path):
    assert complaints(nbformat.read(path, 4)) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_figures_are_not_wider_than_the_page(path):
    """A page shrinks what is wider, and its text with it."""
    widths = []
    for cell in nbformat.read(path, 4).cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if data.get("text/plain", "").startswith("<Picture"):
                (kind,) = set(data) & {"image/png", "image/jpeg"}
                pixels = np.frombuffer(base64.b64decode(data[kind]), np.uint8)
                widths.append(cv2.imdecode(pixels, cv2.IMREAD_COLOR).shape[1])
    assert len(widths) > 3
    assert max(widths) <= COLUMN


def test_notebooks_are_run_with_warnings_of_labkit_as_errors():
    """The kernels of these tests begin with a file that says so."""
    assert Path(os.environ["PYTHONSTARTUP"]) == ROOT / "tests" / "strict_kernel.py"
    book = run(
        "'warnings' in globals()",
        "import warnings\nwarnings.warn('mine', DeprecationWarning)",
        "def told(module):\n"
        "    where = {'filename': 'x.py', 'lineno': 1, 'module': module}\n"
        "    warnings.warn_explicit('theirs', FutureWarning, **where)\n"
        "told('labkit.show.plots')",
        "told('labkitchen')",
    )
    assert book.cells[0].outputs[0].data["text/plain"] == "False"
    said = [[o.get("ename") for o in cell.outputs] for cell in book.cells[1:]]
    assert said == [["DeprecationWarning"], ["FutureWarning"], [None]]
    *raised, told = complaints(book)
    assert raised == [
        "code cell 1: raised DeprecationWarning",
        "code cell 2: raised FutureWarning",
    ]
    assert told.startswith("code cell 3: stderr: 'x.py:1: FutureW")


def test_a_warning_of_labkit_fails_a_test():
    import warnings

    where = {"filename": "x.py", "lineno": 1, "module": "labkit.show.plots"}
    with pytest.raises(DeprecationWarning):
        warnings.warn_explicit("ours", DeprecationWarning, **where)
