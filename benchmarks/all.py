"""Run the measurements of speed one after the other and write them to one page.

    LABKIT_DATA=... python benchmarks/all.py -o docs/speed.md [--tensorflow PYTHON]
    LABKIT_DATA=... python benchmarks/all.py -o docs/speed.md --only annotation.py

Takes about 25 minutes. What a script prints goes into the page as it is; one that
fails leaves its last line there, and the others are run all the same. With --only, the
other parts of the page stay as they are. The ratios go into benchmarks/README.md, too.
"""

import argparse
import datetime
import importlib.metadata
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
RATIOS, RATIO = "## Ratios", ("ratio", "times labkit")
NUMBER = re.compile(r"[0-9.]+")
HEAD = """# Speed

Made by `python benchmarks/all.py -o docs/speed.md`. CPU time, ours and theirs in turn
in one run: the ratio is what counts. Results are compared before they are timed.
"""
SCRIPTS = {
    "annotation.py": "Annotate one frame, beside scikit-image and what was published",
    "stars.py": "Star-convex targets and decoding, beside stardist's C++",
    "matching.py": "Match and measure objects, beside stardist and scikit-image",
    "tracking.py": "Link, beside laptrack",
    "stardist_speed.py": "Train and predict, beside StarDist in TensorFlow",
    "bfloat16.py": "Networks in bfloat16",
    "growth.py": "How cost grows with the work",
}
WHY = """Growth is the slope between the two largest amounts of work in the plot; 1 is
proportional. A model sees tiles of 1024 px with as much around them as its network
looks at, up to 1.7 times the pixels; an image of a single tile has nothing around it,
so the first steps of its growth are steeper. In blocks of a whole experiment
([scale.md](scale.md)) the share is fixed."""
PAYS = """bfloat16 is used where the processor multiplies it in hardware (AVX512-BF16,
AMX) and nowhere else; there is nothing to choose."""
PACKAGES = ("numpy", "numba", "opencv-python-headless", "torch", "scikit-image")
PACKAGES = (*PACKAGES, "stardist", "laptrack", "scipy")


def machine():
    """Return one line about processor, system and versions."""
    processor = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        named = [x for x in cpuinfo.read_text().splitlines() if "model name" in x]
        processor = named[0].split(":")[1].strip() if named else processor
    versions = [f"{name} {importlib.metadata.version(name)}" for name in PACKAGES]
    return (
        f"{datetime.date.today()}, {os.cpu_count()} cores of {processor}, Python "
        f"{platform.python_version()}, {', '.join(versions)}. Load when it began: "
        f"{os.getloadavg()[0]:.1f} processes."
    )


def run(script, more):
    """Return what a script prints, or why there is nothing."""
    command = [sys.executable, str(HERE / script), *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return done.stdout.strip()
    reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
    return f"{done.stdout.strip()}\n\nStopped: {reason}"


def part(script, args, plot):
    """Run a script; return its part of the page."""
    head = f"## {SCRIPTS[script]}\n\n"
    more = {"growth.py": ["-o", str(plot)]}.get(script, [])
    if script == "stardist_speed.py":
        if not args.tensorflow:
            return f"{head}Not run: needs `--tensorflow PYTHON`.\n"
        more = ["--tensorflow", args.tensorflow]
    print(f"{script} ...", file=sys.stderr)
    when = f"`python benchmarks/{script}`"
    if args.only:
        when += f", {datetime.date.today()}, load {os.getloadavg()[0]:.1f}"
    text = f"{head}{when}\n\n{run(script, more)}\n"
    if script == "growth.py":
        text += f"\n![CPU time against size of the work]({plot.name})\n\n{WHY}\n"
    if script == "bfloat16.py":
        text += f"\n{PAYS}\n"
    return text


def kept(page):
    """Return the head of a page and its parts, by title."""
    head, *parts = page.split("\n## ")
    return head, {one.split("\n")[0]: f"## {one.rstrip()}\n" for one in parts}


def ratios(parts):
    """Yield (title, what, ratio) of every row that compares with something else."""
    for title, text in parts.items():
        column, subject = None, ""
        for line in text.splitlines():
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            named = [cells.index(name) for name in RATIO if name in cells]
            if named or not line.startswith("|"):
                column, subject = named[0] if named else None, cells[0]
            elif (
                column and NUMBER.fullmatch(cells[column]) and cells[0][:6] != "labkit"
            ):
                yield title, f"{subject}: {cells[0]}", cells[column]


def write_ratios(head, parts):
    """Put the ratios into the README, in place of those of before."""
    readme = HERE / "README.md"
    before = readme.read_text().split(RATIOS)[0].rstrip()
    when = head.strip().splitlines()[-1]
    lines = ["| measured | | times labkit's CPU time |", "|---|---|--:|"]
    lines += [f"| {' | '.join(row)} |" for row in ratios(parts)]
    text = "\n".join(lines)
    readme.write_text(f"{before}\n\n{RATIOS}\n\n{when}\n\n{text}\n")


def main():
    """Write the page after each script, so that an interruption loses only one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--tensorflow", help="a Python that has tensorflow, stardist")
    parser.add_argument("--only", nargs="+", choices=SCRIPTS, help="of the scripts")
    args = parser.parse_args()
    plot = args.out.with_name(f"{args.out.stem}_growth.png")
    head, parts = f"{HEAD}\n{machine()}", {}
    if args.only:
        head, parts = kept(args.out.read_text())
    for script in args.only or SCRIPTS:
        parts[SCRIPTS[script]] = part(script, args, plot)
        titles = [*SCRIPTS.values(), *(t for t in parts if t not in SCRIPTS.values())]
        known = [parts[title] for title in titles if title in parts]
        args.out.write_text("\n".join([head.rstrip() + "\n", *known]))
        write_ratios(head, {t: parts[t] for t in titles if t in parts})


if __name__ == "__main__":
    main()
