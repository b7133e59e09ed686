"""One step of the chain on many files: what all steps share, and annotation.

Results are named after their input, ``frame01.png`` -> ``frame01.tif``, so that a
folder of labels fits the folder of images that they belong to.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..auto import AutoParams, annotate_steps, diagnose
from ..files.images import image_paths, read_movie, read_scale, write_image
from ..files.labels import write_labels
from .expecting import Forecast
from .pairs import LEFT_OUT

BAD_FILE = (ValueError, TypeError, OSError)
EXISTING = ("refuse", "skip", "overwrite")


class Job(NamedTuple):
    """One input file and where its result goes."""

    path: Path
    output: Path


class FileResult(NamedTuple):
    """What became of one input file.

    Attributes
    ----------
    path : Path
        The input.
    output : Path
        Where the labels are, or would be.
    n_objects : list of int
        Objects in each frame; empty if there is no result.
    diameter : float or None
        Typical object diameter, px, that a model was set to.
    warnings : list of str
        Doubts about the result, one plain sentence each.
    error : str
        Why there is no result; empty if all went well.
    """

    path: Path
    output: Path
    n_objects: list
    warnings: list
    error: str = ""
    diameter: float | None = None


def plan(paths, out, existing="refuse"):
    """Decide where the results go, and make the folder.

    Parameters
    ----------
    paths : str, Path or list of these
        Images, movies, folders or patterns.
    out : str or Path
        Folder for the results, made if needed.
    existing : {"refuse", "skip", "overwrite"}
        What to do about inputs whose result is there already.

    Returns
    -------
    list of Job

    Raises
    ------
    ValueError
        If two inputs would have one result, a result would replace its input or lie
        beside it, or results are there already.
    FileNotFoundError, PermissionError
        If there is no such input, or `out` cannot be written to.
    """
    if existing not in EXISTING:
        raise ValueError(f"existing must be one of {EXISTING}, got {existing!r}")
    out, taken = Path(out), {}
    for path in image_paths(paths):
        output = out / f"{path.stem}.tif"
        if output in taken:
            raise ValueError(
                f"{taken[output]} and {path} would both be written to {output}; "
                f"rename one or use two output folders"
            )
        if output.exists() and output.samefile(path):
            raise ValueError(
                f"the result would replace its input {path}; choose another folder"
            )
        if out.resolve() == path.parent.resolve():
            raise ValueError(
                f"the results would lie among the images in {path.parent} and be taken "
                f"for images the next time; choose another folder"
            )
        taken[output] = path
    there = [output for output in taken if output.exists()]
    if there and existing == "refuse":
        raise ValueError(
            f"{out} holds {len(there)} of {len(taken)} results already, such as "
            f"{there[0].name}; choose another folder, or say --existing skip or "
            f"--existing overwrite"
        )
    make_folder(out)
    keep = existing == "skip"
    return [Job(p, o) for o, p in taken.items() if not (keep and o.exists())]


def make_folder(out):
    """Make a folder, or raise an error that says why it cannot be written to."""
    out = Path(out)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise ValueError(
            f"cannot make the folder {out}: a file stands in its way; choose another"
        ) from error
    except OSError as error:
        raise PermissionError(
            f"cannot make the folder {out} ({error.strerror}); choose another"
        ) from error


def annotate_files(jobs, params=None, *, channel=None, expect=None):
    """Annotate images or movies automatically.

    Beside the label images, the folder ``left_out`` gets masks of what is visible
    but not annotated, where `labkit.pipeline.load_pairs` finds them. The
    parameters are saved as ``auto.yaml``.

    Parameters
    ----------
    jobs : list of Job
        From `plan`.
    params : AutoParams, optional
    channel : int or str, optional
        Which channel of the files to use.
    expect : callable, optional
        Called once with a `labkit.pipeline.expecting.Expected`, after the first
        images, if there are more than a few seconds of work left.

    Yields
    ------
    FileResult
        As soon as one file is done; a bad file does not stop the others.
    """
    params = params or AutoParams()

    def work(image):
        steps = annotate_steps(image, params)
        return steps.labels, steps.left_out, diagnose(image, steps)

    def save(output, labels, left_out, scale):
        write_left_out(output, left_out, **scale)
        write_labels(output, labels, **scale)

    if jobs:
        how = {"channel": channel, "expect": expect}
        results = work_on(jobs, lambda movie: (work, None), save, **how)
        file = jobs[0].output.parent / "auto.yaml"
        yield from remember(params, file, results, jobs)


def remember(params, path, results, jobs):
    """Save parameters, yield the results, remove the file if none came out well.

    Where results of other parameters stay beside the new ones, the first result
    carries a warning.
    """
    is_new, done = not path.exists(), False
    doubts = [] if is_new else _mixed(params, path, jobs)
    params.save(path)
    try:
        for result in results:
            done = done or not result.error
            result.warnings.extend(doubts)
            doubts = []
            yield result
    finally:
        if is_new and not done:
            path.unlink()


def _mixed(params, path, jobs):
    """Say which parameters differ from those of results that stay."""
    new = {job.output.name for job in jobs}
    stays = [file.name for file in path.parent.glob("*.tif") if file.name not in new]
    try:
        before = vars(type(params).load(path))
    except (ValueError, TypeError):
        return []
    changed = [
        f"{name} was {before[name]} and is {value}"
        for name, value in vars(params).items()
        if value != before[name]
    ]
    if not stays or not changed:
        return []
    text = f"{stays[0]} and others" if len(stays) > 1 else stays[0]
    said = f"{'; '.join(changed)}; {path.name} holds the new ones"
    return [f"{text} in {path.parent} were made with other parameters: {said}"]


def write_left_out(output, mask, **scale):
    """Write what is visible but not annotated beside the labels in `output`."""
    mask = mask.astype(np.uint8) * np.uint8(255)
    write_image(output.parent / LEFT_OUT / output.name, mask, **scale)


def work_on(jobs, prepare, save, *, channel=None, colour=False, expect=None):
    """Read, work on every frame, save; yield a FileResult per file.

    Parameters
    ----------
    jobs : list of Job
    prepare : callable
        ``prepare(movie) -> (work, diameter)``, once a file; then
        ``work(frame) -> (labels, mask or None, warnings)`` for each frame.
    save : callable
        ``save(path, labels, mask, scale)``.
    channel, colour
        As in `labkit.files.images.read_movie`.
    expect
        As in `annotate_files`.
    """

    def try_saving(folder, results):
        save(folder / "trial.tif", *_together(results)[:2], {})

    forecast = Forecast([job.path for job in jobs], expect, try_saving)
    for job in jobs:
        try:
            with forecast.file():
                result = _one_file(job, prepare, save, forecast, channel, colour)
            yield result
        except BAD_FILE as error:
            text = " ".join(str(error).split()) or type(error).__name__
            yield FileResult(*job, [], [], text)


def _together(results):
    """Stack what came out of each frame."""
    labels, masks, notes = zip(*results, strict=True)
    labels, masks = (
        part[0] if len(part) == 1 or part[0] is None else np.stack(part)
        for part in (labels, masks)
    )
    return labels, masks, notes


def _one_file(job, prepare, save, forecast, channel, colour):
    """Work on all frames of one file and save them together."""
    movie, results = read_movie(job.path, channel=channel, colour=colour), []
    work, diameter = prepare(movie)
    forecast.frame(movie, results)
    for frame in movie:
        results.append(work(frame))
        forecast.frame(movie, results)
    labels, masks, notes = _together(results)
    del results
    scale = read_scale(job.path)._asdict()
    single = len(movie) == 1
    save(job.output, labels, masks, scale)
    warnings = [
        note if single else f"frame {number}: {note}"
        for number, frame_notes in enumerate(notes, 1)
        for note in frame_notes
    ]
    counts = [count(frame) for frame in (labels[None] if single else labels)]
    return FileResult(*job, counts, warnings, diameter=diameter)


def count(labels):
    """Return the number of objects in a label image."""
    return int(np.count_nonzero(np.bincount(labels.ravel())[1:]))
