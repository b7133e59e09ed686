"""The project's own files agree with each other and with the code."""

import os
import re
import shlex
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import nbformat
import pytest
import typer
import yaml
from packaging.requirements import Requirement

import labkit
from labkit.cli import app
from labkit.files.images import write_image
from labkit.files.labels import read_labels
from labkit.synth import simulate_movie

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
NOTEBOOKS = (
    "01_auto_annotation",
    "02_contour_assist",
    "03_style_and_synthesis",
    "04_training",
    "05_export_and_tracking",
)
CONDA_NAMES = {
    "matplotlib": "matplotlib-base",
    "opencv-python-headless": "opencv",
    "torch": "pytorch",
}


def split(requirement):
    """Return (name, rest) of 'numpy>=1.26'."""
    return re.fullmatch(r"([A-Za-z0-9_.-]+)(.*)", requirement).groups()


def environment():
    """Return what environment.yml names: {name: bounds}, from both its lists."""
    listed = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    plain = [entry for entry in listed["dependencies"] if isinstance(entry, str)]
    pip = next(e["pip"] for e in listed["dependencies"] if isinstance(e, dict))
    return dict(map(split, plain)), dict(split(e) for e in pip if e != "-e .")


def test_environment_names_the_same_things_as_pyproject():
    project = PYPROJECT["project"]
    wanted = dict(map(split, project["dependencies"]))
    wanted |= dict(map(split, project["optional-dependencies"]["test"]))
    conda, pip = environment()
    assert conda.pop("python") == project["requires-python"]
    assert conda.pop("pip") == ""
    assert not set(conda) & set(pip)
    assert conda | pip == {CONDA_NAMES.get(n, n): bound for n, bound in wanted.items()}


@pytest.mark.parametrize("kind", ["cpu", "gpu"])
def test_variants_of_the_environment_add_to_it(kind):
    path = ROOT / "tools" / f"environment-{kind}.yml"
    variant = yaml.safe_load(path.read_text(encoding="utf-8"))
    whole = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert (variant["name"], variant["channels"]) == (whole["name"], whole["channels"])
    bounds = dict(map(split, variant["dependencies"]))
    assert bounds[f"pytorch-{kind}"] == environment()[0]["pytorch"]


def test_colab_has_versions_that_fit():
    """So that nothing that Colab has loaded must be exchanged, and it restarted."""
    lines = (ROOT / "tools" / "colab.txt").read_text(encoding="utf-8").splitlines()
    has = dict(line.split("==") for line in lines if not line.startswith("#"))
    wanted = [Requirement(line) for line in PYPROJECT["project"]["dependencies"]]
    shared = [one for one in wanted if one.name in has]
    assert len(shared) > 20
    assert [one.name for one in shared if has[one.name] not in one.specifier] == []
    for name in NOTEBOOKS:
        book = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", 4)
        first = next(cell for cell in book.cells if cell.cell_type == "code")
        assert "%pip install -q -c preinstalled.txt git+" in first.source


def test_only_lower_bounds():
    for requirement in PYPROJECT["project"]["dependencies"]:
        assert re.fullmatch(r">=[0-9.]+", split(requirement)[1]), requirement


def test_version_is_the_same_everywhere():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == labkit.__version__
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## (\S+)", changes, re.M)[1] == labkit.__version__


def test_citation_has_what_the_format_asks_for():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["license"] == PYPROJECT["project"]["license"]
    for reference in citation["references"]:
        assert re.fullmatch(r"10\.\d{4,}/\S+", reference["doi"])


def code_blocks():
    return re.findall(r"^```(\w*)\n(.*?)^```", README.read_text("utf-8"), re.M | re.S)


def test_readme_says_in_line_3_what_it_is():
    lines = README.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "# labkit"
    assert lines[2].endswith(".")
    assert lines[2][0].isupper()


def test_readme_has_the_two_commands():
    commands = "".join(text for _, text in code_blocks())
    assert "pip install -e . && labkit demo" in commands
    assert 'pip install -e ".[test]" && pytest -n logical' in commands


def readme_commands():
    """Return the words of every labkit command shown in a code block."""
    for _, text in code_blocks():
        for line in text.splitlines():
            for part in line.split("&&"):
                words = shlex.split(part, comments=True)
                if words[:1] == ["labkit"]:
                    yield words[1:]


def test_readme_commands_exist():
    group = typer.main.get_command(app)
    shown = list(readme_commands())
    assert len(shown) >= 5
    for words in shown:
        command = group.commands[words[0]]
        options = {o for p in command.params for o in p.opts}
        used = {word.split("=")[0] for word in words[1:] if word.startswith("-")}
        assert used <= options, f"{words}: no option {used - options}"


def test_readme_table_names_every_notebook_and_links_only_to_what_exists():
    text = README.read_text(encoding="utf-8")
    present = {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert present <= set(NOTEBOOKS)
    rows = [line for line in text.splitlines() if re.match(r"\| *[1-5] *\|", line)]
    assert len(rows) == 5
    for name, row in zip(NOTEBOOKS, rows, strict=True):
        assert (f"notebooks/{name}.ipynb" in row) == (name in present), row
        assert ("to come" in row) == (name not in present), row


def test_every_page_and_every_benchmark_is_listed():
    pages = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    for path in ROOT.glob("docs/*.md"):
        assert path.name == "README.md" or f"({path.name})" in pages, path
    scripts = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    for path in ROOT.glob("benchmarks/*.py"):
        assert path.name.startswith("_") or f"benchmarks/{path.name}`" in scripts, path


PAGES = [README, *sorted(ROOT.glob("docs/*.md")), ROOT / "benchmarks" / "README.md"]


@pytest.mark.parametrize("path", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_relative_links_lead_somewhere(path):
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)|src=\"([^\"]+)\"", text):
        link = "".join(target)
        if not re.match(r"https?:|mailto:|data:", link):
            assert (path.parent / link).exists(), f"{path.name} links to {link}"


def test_nobody_is_told_to_install_someone_elses_package():
    wrong = re.compile(r"(?:pip|conda|uv|mamba)[^\n`]* install labkit\b")
    found = [
        path.relative_to(ROOT)
        for pattern in ("*.md", "docs/*.md", "notebooks/**/*.ipynb", "labkit/**/*.py")
        for path in ROOT.glob(pattern)
        if wrong.search(path.read_text(encoding="utf-8").replace("Never `", ""))
    ]
    assert found == []


def build(target, source, folder):
    """Build a wheel or an sdist of the project in `source` and return its path."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", folder]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob({"wheel": "*.whl", "sdist": "*.tar.gz"}[target])
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel that was built from an sdist, as an installer may do."""
    if not (ROOT / "notebooks").exists():
        pytest.skip("the notebooks are not in this copy")
    folder = tmp_path_factory.mktemp("built")
    with tarfile.open(build("sdist", ROOT, folder)) as sdist:
        sdist.extractall(folder, filter="data")
    (source,) = (path for path in folder.iterdir() if path.is_dir())
    return build("wheel", source, folder)


def test_wheel_carries_manifest_style_sheet_notebooks_and_models(wheel):
    sizes = {info.filename: info.file_size for info in zipfile.ZipFile(wheel).filelist}
    assert wheel.name.startswith("nuclei_labkit-")
    assert {
        "labkit/data_manifest.yaml",
        "labkit/report.css",
        "labkit/cli/__init__.py",
    } <= set(sizes)
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        assert f"labkit/notebooks/{path.name}" in sizes
    for kind in ("stardist", "unetprob"):
        for suffix in ("yaml", "safetensors"):
            assert f"labkit/weights/{kind}_nuclei.{suffix}" in sizes
    assert sizes["labkit/banks/nuclei.npz"] < 4e5
    weights = [sizes[name] for name in sizes if name.endswith(".safetensors")]
    assert max(weights) <= 8e6
    assert sum(weights) <= 20e6
    metadata = f"nuclei_labkit-{labkit.__version__}.dist-info"
    assert {name.split("/")[0] for name in sizes} == {"labkit", metadata}


OFFLINE = """
import socket, sys

def refuse(*args, **options):
    raise AssertionError(f"asked for the network: {args}")

socket.socket.connect = socket.getaddrinfo = refuse
import labkit, labkit.cli
assert labkit.__file__.startswith(sys.argv.pop(1)), labkit.__file__
labkit.cli.main()
"""


def test_a_fresh_installation_segments_without_network(wheel, tmp_path):
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    image = simulate_movie(1, (96, 96), 5, diameter=24, noise=2).images[0]
    write_image(tmp_path / "in.png", image)
    words = ["segment", "in.png", "-o", "out", "--model", "nuclei", "--borders"]
    environment = os.environ | {"PYTHONPATH": str(site)}
    environment.pop("LABKIT_DATA", None)
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE, str(site), *words],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert read_labels(tmp_path / "out" / "in.tif").max() >= 3


def test_pre_commit_hooks_are_local():
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    hooks = [hook for repo in config["repos"] for hook in repo["hooks"]]
    assert {repo["repo"] for repo in config["repos"]} == {"local"}
    assert all(hook["language"] == "system" for hook in hooks)
    script = ROOT / next(h["entry"] for h in hooks if h["id"] == "notebooks").split()[1]
    assert script.exists()


def test_notebook_normaliser_removes_what_differs_from_run_to_run(tmp_path):
    cell = nbformat.v4.new_code_cell("1", execution_count=7, metadata={"a": 1})
    cell.metadata["tags"] = ["parameters"]
    cell.outputs = [
        nbformat.v4.new_output("stream", name="stderr", text="10%|"),
        nbformat.v4.new_output(
            "execute_result",
            {"text/plain": "<Axes at 0x7f00aabbcc>"},
            execution_count=7,
        ),
    ]
    path = tmp_path / "n.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata={"x": 1}), path)
    script = [sys.executable, str(ROOT / "tools" / "notebooks.py")]
    assert subprocess.run([*script, "--check", path], check=False).returncode == 1
    subprocess.run([*script, path], check=False)
    assert subprocess.run([*script, "--check", path], check=False).returncode == 0
    (clean,) = nbformat.read(path, as_version=4).cells
    assert clean.execution_count == clean.outputs[0].execution_count == 1
    assert clean.outputs[0].data["text/plain"] == "<Axes>"
    assert dict(clean.metadata) == {"tags": ["parameters"]}


def test_notebooks_are_normal():
    script = [sys.executable, str(ROOT / "tools" / "notebooks.py"), "--check"]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
