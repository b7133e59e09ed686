"""One step of the chain on many files: annotate or segment.

Results are named after their input, ``frame01.png`` -> ``frame01.tif``, so that a
folder of labels fits the folder of images that they belong to.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..auto import AutoParams, annotate_steps, diagnose, estimate_diameter
from ..files.images import image_paths, read_movie, read_scale, write_image
from ..files.labels import write_labels
from .pairs import LEFT_OUT

BAD_FILE = (ValueError, TypeError, OSError)
OTHER_SIZE = 1.6  # times the trained diameter: the network begins to miss nuclei
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
        If two inputs would have one result, a result would replace its input, or
        results are there already.
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


def annotate_files(jobs, params=None, *, channel=None):
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
        params.save(jobs[0].output.parent / "auto.yaml")
    yield from _batch(jobs, work, save, channel)


def write_left_out(output, mask, **scale):
    """Write what is visible but not annotated beside the labels in `output`."""
    mask = mask.astype(np.uint8) * np.uint8(255)
    write_image(output.parent / LEFT_OUT / output.name, mask, **scale)


def segment_files(model, jobs, *, diameter=None, channel=None):
    """Segment images or movies with a trained model.

    Parameters
    ----------
    model : StarDist
    jobs : list of Job
        From `plan`.
    diameter : float or "auto", optional
        Typical object diameter in these images, px; by default that of training.
    channel : int or str, optional
        Which channel of the files to use.

    Yields
    ------
    FileResult
        As soon as one file is done; a bad file does not stop the others.
    """
    from ..segment import segment

    def work(image):
        labels = segment(model, image, diameter=diameter)
        notes = [] if labels.any() else ["no nuclei found"]
        return labels, None, notes + (_other_size(model, image) if not diameter else [])

    def save(output, labels, _, scale):
        write_labels(output, labels, **scale)

    yield from _batch(jobs, work, save, channel)


def _other_size(model, image):
    """Warn if the nuclei look much larger or smaller than those of training."""
    seen, trained = estimate_diameter(image), model.params.diameter
    if not seen or not trained or 1 / OTHER_SIZE < seen / trained < OTHER_SIZE:
        return []
    text = f"nuclei look {seen:.0f} px wide, the model learned from {trained:.0f} px"
    return [f"{text}; try --diameter auto"]


def _batch(jobs, work, save, channel):
    """Read, work on every frame, save; yield a FileResult per file."""
    for job in jobs:
        try:
            yield _one_file(job, work, save, channel)
        except BAD_FILE as error:
            text = " ".join(str(error).split()) or type(error).__name__
            yield FileResult(*job, [], [], text)


def _one_file(job, work, save, channel):
    """Work on all frames of one file and save them together."""
    movie = read_movie(job.path, channel=channel)
    labels, masks, notes = zip(*(work(frame) for frame in movie), strict=True)
    scale = read_scale(job.path)._asdict()
    single = len(movie) == 1
    labels, masks = (
        part[0] if single or part[0] is None else np.stack(part)
        for part in (labels, masks)
    )
    save(job.output, labels, masks, scale)
    warnings = [
        note if single else f"frame {number}: {note}"
        for number, frame_notes in enumerate(notes, 1)
        for note in frame_notes
    ]
    counts = [count(frame) for frame in (labels[None] if single else labels)]
    return FileResult(*job, counts, warnings)


def count(labels):
    """Return the number of objects in a label image."""
    return int(np.count_nonzero(np.bincount(labels.ravel())[1:]))
