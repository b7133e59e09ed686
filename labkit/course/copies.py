"""Copies of the notebooks for students: the solutions are cut out."""

import ast
import base64
import re
import textwrap
from pathlib import Path

import nbformat

from ..files.atomic import atomic

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
IN_TEXT = re.compile(r" ?<!-- BEGIN SOLUTION -->.*?<!-- END SOLUTION -->", re.DOTALL)
BADGE = re.compile(r"\[!\[[^\]]*\]\([^)]*\)\]\(https://colab[^)]*\)\n+")
OUTSIDE = re.compile(r"\]\(\.\./")
REPOSITORY = "https://github.com/labkit/labkit/blob/main/"
SKELETON = "# your answer"


def notebooks_folder():
    """Folder of the notebooks: of a checkout, or of the installed package.

    Raises
    ------
    FileNotFoundError
        If this installation has no notebooks.
    """
    import labkit

    package = Path(labkit.__file__).parent
    checkout = package.parent / "notebooks"
    is_checkout = (package.parent / "pyproject.toml").exists()
    for folder in (checkout,) * is_checkout + (package / "notebooks",):
        if any(folder.glob("0*.ipynb")):
            return folder
    raise FileNotFoundError(
        f"no notebooks beside {package}; install labkit again from its repository"
    )


def build(folder, *, overwrite=False):
    """Write copies of all notebooks without the solutions.

    They work from any folder: links into the documentation lead to the web, and the
    picture under each title lies beside them.

    Parameters
    ----------
    folder : path
        Where to write; made if it is not there.
    overwrite : bool
        Replace copies that differ, the answers in them included.

    Returns
    -------
    list of Path
        The copies, in order.

    Raises
    ------
    ValueError
        If a copy is there and differs (somebody may have answered in it), or
        `folder` is that of the notebooks themselves.
    FileNotFoundError
        If this installation has no notebooks.
    """
    folder, source = Path(folder), notebooks_folder()
    if folder.resolve() == source.resolve():
        raise ValueError(f"{folder} holds the notebooks with solutions; take another")
    copies = {}
    for path in sorted(source.glob("0*.ipynb")):
        copies |= _files(path, folder, student_copy)
    _refuse_changed(copies, overwrite)
    return _write(copies)


def copy_notebooks(folder):
    """Copy all notebooks, solutions included, so that they work from any folder.

    Notebooks that are in `folder` already are left as they are, whatever is in them.

    Parameters
    ----------
    folder : path
        Where to write; made if it is not there.

    Returns
    -------
    list of Path
        The notebooks that were written, in order.

    Raises
    ------
    FileNotFoundError
        If this installation has no notebooks.
    """
    folder, copies = Path(folder), {}
    for path in sorted(notebooks_folder().glob("0*.ipynb")):
        if not (folder / path.name).exists():
            copies |= _files(path, folder, _with_links_to_the_web)
    return _write(copies)


def _files(path, folder, change):
    """Contents of the copy of one notebook and of its picture, by path."""
    notebook = nbformat.read(path, as_version=4)
    pictures = _cover(notebook)
    text = nbformat.writes(change(notebook)).rstrip("\n") + "\n"
    copies = {folder / path.name: text.encode()}
    return copies | {folder / "figures" / f"{path.stem}.jpg": p for p in pictures}


def _write(copies):
    """Write files, and return those that are notebooks."""
    for path, content in copies.items():
        with atomic(path) as temporary:
            temporary.write_bytes(content)
    return [path for path in copies if path.suffix == ".ipynb"]


def _with_links_to_the_web(notebook):
    """A copy of a notebook whose links into the checkout lead to the web."""
    copy = nbformat.from_dict(notebook)
    for cell in copy.cells:
        if cell.cell_type == "markdown":
            cell.source = OUTSIDE.sub(f"]({REPOSITORY}", cell.source)
    return copy


def _refuse_changed(copies, overwrite):
    """Raise ValueError if notebooks are there that differ from their copies."""
    changed = [
        path.name
        for path, content in copies.items()
        if path.suffix == ".ipynb" and path.exists() and path.read_bytes() != content
    ]
    if changed and not overwrite:
        raise ValueError(
            f"{', '.join(changed)} in {next(iter(copies)).parent} differ from what "
            f"would be written, perhaps by answers; take another folder or --overwrite"
        )


def _cover(notebook):
    """The picture under the title, as a list of one or none: JPEG bytes."""
    for cell in notebook.cells:
        if "cover" in cell.metadata.get("tags", []):
            for output in cell.outputs:
                if "image/jpeg" in output.get("data", {}):
                    return [base64.b64decode(output.data["image/jpeg"])]
    return []


def student_copy(notebook):
    """Cut the solutions out of a notebook.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        With cells tagged ``exercise``, each followed by one tagged ``check``.

    Returns
    -------
    nbformat.NotebookNode
        A copy with skeletons in place of the solutions. The outputs of exercises
        and checks are gone; these cells may fail without stopping the others.

    Raises
    ------
    ValueError
        If the lines that mark a solution do not pair up.
    """
    copy = _with_links_to_the_web(notebook)
    for cell in copy.cells:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type == "markdown":
            cell.source = BADGE.sub("", IN_TEXT.sub("", cell.source))
        elif {"exercise", "check"} & set(tags):
            cell.source = without_solution(cell.source)
            cell.outputs, cell.execution_count = [], None
            cell.metadata["tags"] = [*tags, "raises-exception"]
    return copy


def without_solution(source):
    r"""Replace the solution in the source of a cell by a skeleton.

    The last line of the solution stays, up to its ``=`` or ``return``.

    Parameters
    ----------
    source : str

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If the lines that mark a solution do not pair up, or it does not end with an
        assignment or ``return``.

    Examples
    --------
    >>> from labkit.course.copies import without_solution
    >>> print(without_solution(
    ...     "### BEGIN SOLUTION\na = 1\nb = a + 1\n### END SOLUTION\nprint(b)"
    ... ))
    # your answer
    b = ...
    print(b)
    """
    kept, solution = [], None
    for line in source.splitlines():
        mark = line.strip()
        if mark in (BEGIN, END) and (mark == BEGIN) != (solution is None):
            raise ValueError(f"{mark!r} without its partner in a cell: {source[:60]!r}")
        if mark == BEGIN:
            solution = []
        elif mark == END:
            indent = line[: len(line) - len(line.lstrip())]
            skeleton = (SKELETON, _stub(textwrap.dedent("\n".join(solution))))
            kept += [indent + text for text in skeleton]
            solution = None
        else:
            (kept if solution is None else solution).append(line)
    if solution is not None:
        raise ValueError(f"{BEGIN!r} without its partner in a cell: {source[:60]!r}")
    return "\n".join(kept)


def _stub(solution):
    """The last line of a solution with three dots for its value."""
    last = (ast.parse(solution).body or [None])[-1]
    if isinstance(last, ast.Return):
        return "return ..."
    if isinstance(last, ast.Assign):
        return " = ".join([*map(ast.unparse, last.targets), "..."])
    raise ValueError(f"a solution ends with an assignment or return: {solution[:60]!r}")
