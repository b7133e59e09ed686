"""Where the time of imports, notebooks, tests and the demo goes.

    pytest --durations=0 --durations-min=0 | tee tests.log
    labkit demo -o demo/ | tee demo.log
    python benchmarks/profiles.py -o docs/profiles.md --tests tests.log --demo demo.log

Imports are measured here: CPU seconds of a new process, the least of some runs, its
start with it. The rest is read from the logs, which are wall times: of a busy machine
the shares count, not the seconds. nbval times each cell, so that the notebooks are
among the tests; there they are shortened (LABKIT_FAST=1). What is written by hand
under the last heading of the page stays.
"""

import argparse
import collections
import datetime
import json
import os
import re
import resource
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
N_RUNS = 3
NOTES = "\n## What was done about it\n"
LINE = re.compile(r"^(\d+\.\d+)s (call|setup|teardown) +(\S+?)(?:::(.+))?$")
CELL = re.compile(r"Cell (\d+)$")
DEMO = re.compile(r"^(.+) \((\d+\.\d) s\)$")
FIRST = """
import labkit as lk
data = lk.data.load("nuclei")
nucleus = lk.labels.object_table(data.labels[0])[40]
line = lk.assist.from_click((nucleus["y"], nucleus["x"]), data.images[0])
lk.assist.suggest(data.images[0], line, method="{method}")
"""
STARTS = {
    "python, nothing else": ["-c", "pass"],
    "`import labkit`": ["-c", "import labkit"],
    "`labkit --help`": ["-m", "labkit", "--help"],
    "`labkit segment --help`": ["-m", "labkit", "segment", "--help"],
    "image and labels on board loaded": ["-c", FIRST.split("nucleus")[0]],
    "the same, first suggestion by watershed": ["-c", FIRST.format(method="watershed")],
    "the same, first suggestion by the network": ["-c", FIRST.format(method="unet")],
    "`import labkit.auto`": ["-c", "import labkit.auto"],
    "`import labkit.models` (torch)": ["-c", "import labkit.models"],
    "`import labkit.canvas`": ["-c", "import labkit.canvas"],
    "`import labkit.scale`": ["-c", "import labkit.scale"],
}


def cpu_seconds(words):
    """Least CPU time of a new Python."""
    spent = []
    for _ in range(N_RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *words], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(
            after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        )
    return min(spent)


def table(head, rows):
    """Return a table in markdown; numbers to the right."""
    lines = [f"| {' | '.join(head)} |", f"|---|{'--:|' * (len(head) - 1)}"]
    return "\n".join([*lines, *(f"| {' | '.join(map(str, row))} |" for row in rows)])


def imports():
    """Return the table of what starts cost."""
    rows = [(name, f"{cpu_seconds(words):.2f}") for name, words in STARTS.items()]
    return table(("start", "CPU s"), rows)


def durations(log):
    """Yield (seconds, kind, file, test) of a log of pytest."""
    for line in log.read_text(errors="replace").splitlines():
        found = LINE.match(line.strip())
        if found:
            yield float(found[1]), *found.groups()[1:]


def share(seconds, total):
    """Seconds and their share of all."""
    return f"{seconds:.0f}", f"{seconds / total:.0%}"


def suite(found, n=12):
    """Return the tables of test files and of single tests."""
    total = sum(one[0] for one in found)
    files, tests = collections.Counter(), collections.Counter()
    for seconds, _, file, name in found:
        kind = "notebooks" if file.endswith(".ipynb") else file
        files["docstrings" if kind.startswith("labkit/") else kind] += seconds
        if not file.endswith(".ipynb"):
            tests[f"{Path(file).name}: {name}"] += seconds
    parts = [f"{total:.0f} s in all, in {len(tests)} tests and the cells of notebooks."]
    for head, counted in (("tests", files), ("test, with its set-up", tests)):
        rows = [(name, *share(s, total)) for name, s in counted.most_common(n)]
        parts.append(table((head, "s", "share"), rows))
    return "\n\n".join(parts)


def headings(path):
    """Return for each code cell of a notebook the heading above it."""
    found, heading = [], ""
    for cell in json.loads(path.read_text())["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "code":
            found.append((heading, text.strip().splitlines()[:1]))
        else:
            lines = [line for line in text.splitlines() if line.startswith("#")]
            heading = lines[-1].lstrip("# ") if lines else heading
    return found


def notebooks(found, n=4):
    """Return a table of the slowest cells of each notebook."""
    cells = collections.defaultdict(collections.Counter)
    for seconds, _, file, name in found:
        cell = CELL.match(name or "")
        if cell and Path(file).parent == Path("notebooks"):
            cells[file][int(cell[1])] += seconds
    rows = []
    for file, counted in sorted(cells.items()):
        total = sum(counted.values())
        rows.append((f"**{Path(file).name}**", f"**{total:.0f}**", ""))
        known = headings(ROOT / file)
        for number, seconds in counted.most_common(n):
            heading, first = known[number]
            text = f"{heading}: `{first[0][:60]}`" if first else heading
            rows.append((text.replace("|", "\\|"), *share(seconds, total)))
    return table(("cell, under its heading", "s", "share"), rows)


def demo(log):
    """Return a table of the steps of the demo."""
    lines = log.read_text().splitlines()
    steps = [found.groups() for found in map(DEMO.match, lines) if found]
    total = sum(float(seconds) for _, seconds in steps)
    rows = [(text, *share(float(seconds), total)) for text, seconds in steps]
    return table(("step", "s", "share"), rows)


def main():
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--tests", type=Path, help="what pytest --durations=0 printed")
    parser.add_argument("--demo", type=Path, help="what labkit demo printed")
    args = parser.parse_args()
    command = f"python benchmarks/{Path(__file__).name}"
    page = f"# Where the time goes\n\nMade by `{command}`, {datetime.date.today()}, on "
    page += f"{os.cpu_count()} cores; load when it began {os.getloadavg()[0]:.1f}.\n"
    page += f"\n## Starts\n\nCPU seconds of a new process.\n\n{imports()}\n"
    if args.tests:
        found = list(durations(args.tests))
        page += f"\n## Notebooks, as the tests run them\n\n{notebooks(found)}\n"
        page += f"\n## Tests\n\n{suite(found)}\n"
    if args.demo:
        page += f"\n## Demo\n\n{demo(args.demo)}\n"
    before = args.out.read_text() if args.out.exists() else ""
    if NOTES in before:
        page += before[before.index(NOTES) :]
    args.out.write_text(page)


if __name__ == "__main__":
    main()
