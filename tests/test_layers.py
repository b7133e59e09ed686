"""The architecture: who imports whom, and how long things may grow."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import labkit

PACKAGE = Path(labkit.__file__).parent
NO_LAYER = (PACKAGE / "__init__.py", PACKAGE / "__main__.py")
MODULES = sorted(p for p in PACKAGE.rglob("*.py") if p not in NO_LAYER)
HEAVY = {"torch", "torchvision", "ipycanvas", "ipywidgets", "matplotlib", "dask"}
MAY_BE_HEAVY = {"crops", "nets", "models", "show", "canvas", "explore", "scale", "apps"}
MAX_LINES = 300
MAX_FUNCTION_LINES = 40  # statements and comments, without docstring: aim for 10 to 25
MAX_KERNEL_LINES = 60  # numba loops that cannot call out without cost


def layer(path):
    """Return the name in READING_ORDER that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path, tree):
    """Yield (line, full module name) of all imports, also those inside functions."""
    package = ["labkit", *path.relative_to(PACKAGE).parent.parts]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join(base + ([node.module] if node.module else []))
            if module == "labkit":
                yield from ((node.lineno, f"labkit.{a.name}") for a in node.names)
            else:
                yield node.lineno, module


def broken_layers(path, source):
    """Return what is wrong with the imports of one module."""
    own, order = layer(path), labkit.READING_ORDER
    problems = []
    for line, name in imported(path, ast.parse(source)):
        parts = name.split(".")
        if parts[0] in HEAVY and own not in MAY_BE_HEAVY:
            problems.append(f"{path.name}:{line} imports {parts[0]}")
        if parts[0] != "labkit" or len(parts) == 1 or parts[1] in (own, "__version__"):
            continue
        if parts[1] not in order or order.index(parts[1]) > order.index(own):
            problems.append(f"{path.name}:{line} imports {parts[1]} from below")
    return problems


def long_functions(source):
    """Return the functions that outgrew the limit, with their length."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            if not body:
                continue
            n_lines = body[-1].end_lineno - body[0].lineno + 1
            kernel = any("njit" in ast.unparse(d) for d in node.decorator_list)
            if n_lines > (MAX_KERNEL_LINES if kernel else MAX_FUNCTION_LINES):
                yield f"{node.name} at line {node.lineno}: {n_lines} lines"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_module_keeps_to_its_layer(path):
    assert layer(path) in labkit.READING_ORDER, "give it a place in READING_ORDER"
    source = path.read_text(encoding="utf-8")
    assert broken_layers(path, source) == []
    n_lines = source.count("\n")
    assert n_lines <= MAX_LINES, f"{n_lines} lines: make it a folder of the same name"
    assert list(long_functions(source)) == []


def test_the_rules_catch_what_they_forbid():
    path = PACKAGE / "files" / "images.py"
    ok = "import numpy\nfrom ..labels import relabel\nfrom .atomic import atomic\n"
    assert broken_layers(path, ok) == []
    assert broken_layers(path, "def f():\n    from .. import track\n")
    assert broken_layers(path, "from ..track import link\n")
    assert broken_layers(path, "import labkit.show\n")
    assert broken_layers(path, "def f():\n    import torch.nn\n")
    body = "".join(f"    x = {i}\n" for i in range(MAX_FUNCTION_LINES + 1))
    assert list(long_functions("def f():\n" + body))
    assert not list(long_functions("@njit(cache=True)\ndef f():\n" + body))


def test_importing_labkit_is_light():
    too_slow = HEAVY | {"scipy", "skimage", "numba", "cv2"}
    code = f"import sys, labkit; labkit.checks; print({too_slow} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


def test_only_mask_rcnn_waits_for_torchvision():
    code = "import sys, labkit.models; print('torchvision' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
