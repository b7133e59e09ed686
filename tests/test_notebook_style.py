"""The notebooks keep their form: short cells, one place for numbers, real outputs."""

import ast
import base64
import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
REPOSITORY = "labkit/labkit"
MAX_LINES = 12
MAX_BYTES = 1_500_000
LOCAL_PATH = re.compile(r"(?<![\w.])/(tmp|work|root|home|Users|opt|var|mnt|content)/")
HEADINGS = (
    "You will",
    "Look at the data",
    "How it works",
    "Explore",
    "Exercises",
    "Score",
    "Summary",
    "When this fails",
)


def plain_python(cell):
    """Return the source without notebook magic."""
    lines = cell.source.splitlines()
    return "\n".join(re.sub(r"^(\s*)[%!].*", r"\1pass", line) for line in lines)


def problems(notebook, name):
    """Return what breaks the rules, one sentence each."""
    code = [c for c in notebook.cells if c.cell_type == "code"]
    text = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    return [
        *(p for number, cell in enumerate(code) for p in _cell_problems(number, cell)),
        *_form_problems(code, text, name),
        *_output_problems(code),
    ]


def _cell_problems(number, cell):
    tree = ast.parse(plain_python(cell))
    n_lines = len(cell.source.splitlines())  # empty ones and comments, too
    if n_lines > MAX_LINES:
        yield f"cell {number} has {n_lines} lines, at most {MAX_LINES}"
    if sum(isinstance(node, ast.FunctionDef) for node in ast.walk(tree)) > 1:
        yield f"cell {number} defines more than one function"
    if "pip install" in cell.source and "setup" not in cell.metadata.get("tags", []):
        yield f"cell {number} installs outside the set-up cell"
    imports = any(isinstance(n, ast.Import | ast.ImportFrom) for n in ast.walk(tree))
    if imports and number > 1:
        yield f"cell {number} imports; imports stand in the first two code cells"


def _form_problems(code, text, name):
    for tag in ("setup", "parameters"):
        n = sum(tag in cell.metadata.get("tags", []) for cell in code)
        if n != 1:
            yield f"{n} cells tagged {tag}, must be one"
    setup = "".join(c.source for c in code if "setup" in c.metadata.get("tags", []))
    if f"git+https://github.com/{REPOSITORY}" not in setup:
        yield f"the set-up cell does not install {REPOSITORY}"
    badge = f"colab.research.google.com/github/{REPOSITORY}/blob/main/notebooks/{name}"
    if badge not in text:
        yield f"no Colab badge with the path notebooks/{name}"
    if sum("assert " in cell.source for cell in code) < 5:
        yield "fewer than 5 cells with an assert"
    if not any("NBVAL_CHECK_OUTPUT" in cell.source for cell in code):
        yield "no printed result is compared (NBVAL_CHECK_OUTPUT)"
    found = [h for h in HEADINGS if re.search(rf"^#+ .*{h}", text, re.MULTILINE)]
    if found != list(HEADINGS):
        yield f"sections {sorted(set(HEADINGS) - set(found))} are missing"
    places = [re.search(rf"^#+ .*{h}", text, re.MULTILINE).start() for h in found]
    if places != sorted(places):
        yield f"sections are not in the order {HEADINGS}"


def _output_problems(code):
    for number, cell in enumerate(code):
        if cell.source.strip() and cell.execution_count is None:
            yield f"cell {number} was not executed"
        for output in cell.outputs:
            if output.output_type == "error":
                yield f"cell {number} shows an error: {output.ename}"
            if LOCAL_PATH.search(_text_of(output)):
                yield f"cell {number} shows a path of the machine it ran on"


def _text_of(output):
    data = output.get("data", {})
    texts = [v for k, v in data.items() if k.startswith(("text/", "application/json"))]
    return "".join([*map(str, texts), str(output.get("text", ""))])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_keeps_the_rules(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert path.stat().st_size < MAX_BYTES
    assert problems(notebook, path.name) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_pictures_are_stored_and_described(path):
    notebook = nbformat.read(path, as_version=4)
    outputs = [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs]
    pictures = [
        base64.b64decode(data)
        for output in outputs
        for kind, data in output.get("data", {}).items()
        if kind in ("image/png", "image/jpeg")
    ]
    assert len(pictures) >= 6
    assert all(p[:4] in (b"\x89PNG", b"\xff\xd8\xff\xe0") for p in pictures)


def test_rules_find_what_is_wrong():
    """The rules themselves can fail: a notebook that breaks them all is refused."""
    long = nbformat.v4.new_code_cell("\n".join(f"a{k} = {k}" for k in range(13)))
    two = nbformat.v4.new_code_cell("def f(): pass\ndef g(): pass")
    late = nbformat.v4.new_code_cell("import os\n%pip install numpy", execution_count=3)
    late.outputs = [
        nbformat.v4.new_output("stream", text="saved /home/me/a.tif"),
        nbformat.v4.new_output("error", ename="ValueError", evalue="", traceback=[]),
    ]
    found = " ".join(problems(nbformat.v4.new_notebook(cells=[long, two, late]), "x"))
    for words in (
        "has 13 lines",
        "more than one function",
        "imports",
        "installs outside",
        "tagged parameters",
        "Colab badge",
        "assert",
        "was not executed",
        "shows an error",
        "path of the machine",
    ):
        assert words in found
