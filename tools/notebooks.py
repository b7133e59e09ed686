"""Execute and normalise the notebooks, so that their diffs show what changed.

python tools/notebooks.py                  normalise all (what pre-commit does)
python tools/notebooks.py --execute FILES  run top to bottom, then normalise
python tools/notebooks.py --check          exit code 1 if one is not normal

Normal means: executed in order from 1, no metadata but the kernel's name, no
progress bars or warnings on stderr, no memory addresses in the results, and the
picture of a widget in place of the widget, which lives only with its kernel.
Executing also renews notebooks/figures/NAME.jpg, the picture under the title: it is
the output of the cell tagged "cover".
"""

import argparse
import base64
import os
import re
import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[1]
ADDRESS = re.compile(r" at 0x[0-9a-f]{6,}")
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
WIDGET = "application/vnd.jupyter.widget-view+json"
KEPT = {"tags"}  # cell metadata that means something


def main(arguments=None):
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--execute", action="store_true", help="run them first")
    parser.add_argument("--check", action="store_true", help="change nothing")
    options = parser.parse_args(arguments)
    files = options.files or sorted((ROOT / "notebooks").rglob("*.ipynb"))
    changed = [path for path in files if treat(path, options)]
    for path in changed:
        print(f"{'not normal' if options.check else 'changed'}: {path}")
    return 1 if changed else 0


def treat(path, options):
    """Normalise one file; return whether that changed it."""
    before = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(before, as_version=4)
    if options.execute:
        execute(notebook, path.parent)
        write_cover(notebook, path.parent / "figures" / f"{path.stem}.jpg")
    after = nbformat.writes(normalise(notebook)).rstrip("\n") + "\n"
    if after != before and not options.check:
        path.write_text(after, encoding="utf-8")
    return after != before


def execute(notebook, folder):
    """Run all cells in a fresh kernel, in full length unless LABKIT_FAST is set."""
    from nbclient import NotebookClient

    os.environ.setdefault("LABKIT_FAST", "0")
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=900, resources=resources).execute()


def write_cover(notebook, path):
    """Save the picture of the cell tagged "cover", if there is one."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            picture = output.get("data", {}).get("image/jpeg")
            if picture and "cover" in cell.metadata.get("tags", []):
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(base64.b64decode(picture))


def normalise(notebook):
    """Remove what differs from run to run; return the same notebook."""
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    ran = 0
    for cell in notebook.cells:
        cell.metadata = {k: v for k, v in cell.metadata.items() if k in KEPT}
        if cell.cell_type != "code":
            continue
        if cell.execution_count is not None:
            ran += 1
            cell.execution_count = ran
        cell.outputs = [o for o in cell.outputs if o.get("name") != "stderr"]
        for output in cell.outputs:
            clean_output(output, cell.execution_count)
    return notebook


def clean_output(output, execution_count):
    """Number the output like its cell and blank memory addresses."""
    if output.output_type == "execute_result":
        output.execution_count = execution_count
    if "metadata" in output:
        output.metadata = {}
    if any(kind.startswith("image/") for kind in output.get("data", {})):
        output.data.pop(WIDGET, None)
    for kind, text in output.get("data", {}).items():
        if kind == "text/plain":
            output.data[kind] = ADDRESS.sub("", text)
    if "text" in output:
        output.text = ADDRESS.sub("", output.text)


if __name__ == "__main__":
    sys.exit(main())
