"""`labkit demo`: the whole chain on data that come along, or on your own images."""

import dataclasses
from pathlib import Path

import numpy as np

from .. import data, show
from ..auto import annotate_steps
from ..files.images import image_paths, read_movie, read_scale, write_image
from ..files.labels import write_labels
from ..metrics import match, tracking_scores
from ..models import StarDist, TrainParams
from ..report import Section, write_report
from ..segment import segment, segment_steps
from ..synth import simulate_movie
from ..track import link
from .movie import Chain, RunParams, run
from .sections import chain_sections

STEPS = 400  # of each of the two models of the demo: minutes on two cores
ON_BOARD = (
    "Everything on this page was computed on this machine, from images without labels, "
    "by the command at its end. One section shows a model that was trained before, on "
    "hand-drawn nuclei, for comparison."
)

SEEN = (
    "Its score here is no test: images of this very field of view were among those "
    "that it was trained on. docs/models.md says how good it is on images that it has "
    "not seen."
)


def demo(out, *, steps=None, seed=0, say=None, command=""):
    """Run the chain on the images that come along, and score it where truth is known.

    A real movie of a closing wound (10 frames), a real image with hand-made labels
    and a simulated movie with known tracks.

    Parameters
    ----------
    out : str or Path
        Folder for everything that is made.
    steps : int, optional
        Training steps of each of the two models.
    seed : int
    say : callable, optional
        Called with one line of text after each step.
    command : str
        What to type to make this again.

    Returns
    -------
    Path
        The report.

    Raises
    ------
    ValueError
        If `out` holds another run.
    PermissionError
        If `out` cannot be written to.
    """
    out, say = Path(out), say or (lambda text: None)
    params = _params(steps or STEPS, seed)
    path, sections = out / "report.html", []
    try:
        _movie_part(out / "scratch_assay", params, say, sections)
        _truth_part(out / "nuclei", params, say, sections)
        _simulated_part(out / "simulated", seed, say, sections)
    finally:
        if sections:
            title = "labkit demo: from raw images to tracks"
            write_report(path, title, sections, lead=ON_BOARD, command=command)
    return path


def demo_on(
    images,
    out,
    *,
    channel=None,
    is_movie=True,
    um_per_px=None,
    minutes_per_frame=None,
    steps=None,
    seed=0,
    say=None,
    command="",
):
    """Run the chain on a folder of frames or a movie file, see `run`.

    Unreadable files are left out, and the report says so.

    Parameters
    ----------
    images : str or Path
        A movie, or a folder of frames or of unrelated images.
    out, steps, seed, say, command
        As in `demo`.
    channel : int or str, optional
        Which channel of the files to use.
    is_movie : bool
        Whether images of one size are linked over time.
    um_per_px, minutes_per_frame : float, optional
        By default as stored in the first file.

    Returns
    -------
    Path
        The report.

    Raises
    ------
    ValueError, FileNotFoundError
        If there is no image, none can be read, or two have one name.
    """
    files = image_paths(images)
    frames, names, notes = _read_frames(files, channel)
    params, stored = _params(steps, seed), read_scale(files[0])
    return run(
        frames,
        out,
        params if is_movie else dataclasses.replace(params, tracking=None),
        names=names,
        um_per_px=um_per_px or stored.um_per_px,
        minutes_per_frame=minutes_per_frame or stored.minutes_per_frame,
        title=f"From raw images to tracks: {Path(images).name}",
        command=command,
        notes=notes,
        say=say,
    )


def _read_frames(files, channel):
    """Read all frames of all files; return them, their names, and what is bad."""
    frames, names, notes = [], [], []
    for file in files:
        try:
            movie = read_movie(file, channel=channel)
        except (ValueError, TypeError, OSError) as error:
            if len(files) == 1:
                raise
            notes.append(f"left out: {' '.join(str(error).split())}")
            continue
        digits = len(str(len(movie)))
        frames += list(movie)
        names += [
            f"{file.stem}-{k:0{digits}d}" if len(movie) > 1 else file.stem
            for k in range(1, len(movie) + 1)
        ]
    if not frames:
        raise ValueError(f"none of {len(files)} images could be read: {notes[0]}")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"two images are called {twice}; rename or remove one")
    return frames, names, notes


def _params(steps, seed):
    """Return the parameters of a run with so many training steps."""
    training = TrainParams() if steps is None else TrainParams(steps=steps)
    return RunParams(training=training, seed=seed)


def _movie_part(folder, params, say, sections):
    """Run the chain on the scratch assay."""
    assay = data.load("scratch_assay")
    say(f"A real movie: {assay.info['what']}.")
    scale = {"um_per_px": assay.info["um_per_px"]}
    for name, image in zip(assay.ids, assay.images, strict=True):
        if not (folder / "images" / f"{name}.tif").exists():
            write_image(folder / "images" / f"{name}.tif", image, **scale)
    chain = Chain(assay.images, folder, params, names=assay.ids, scale=scale, say=say)
    try:
        chain.go()
    finally:
        sections += chain_sections(chain)
        sections[0].text = (
            f"The images: {assay.info['what']} ({assay.info['citation']}). Nobody "
            f"drew a nucleus for what follows."
        )


def _truth_part(folder, params, say, sections):
    """Train on one half of an image, score on the other, whose nuclei are drawn."""
    nuclei = data.load("nuclei")
    image, true = nuclei.images[0], nuclei.labels[0]
    say(f"An image with truth: {nuclei.info['what']}.")
    half = len(image) // 2
    chain = Chain(
        [image[:half]],
        folder,
        dataclasses.replace(params, tracking=None),
        names=["top_half"],
        say=say,
    )
    chain.go()
    bottom, bottom_true = image[half:], true[half:]
    found = segment(chain.model, bottom)
    write_labels(folder / "bottom_half.tif", found)
    steps = annotate_steps(image)
    best = match(bottom_true, found)
    scores = {
        "whole image, annotation, typical areas kept": match(true, steps.labels),
        "whole image, annotation, everything found": match(true, steps.objects),
        "bottom half, StarDist trained on the top half": best,
    }
    figure = chain.save_figure("errors", show.errors(bottom, bottom_true, found))
    sections.append(_accuracy(nuclei.info["what"], best, scores, figure))
    sections.append(_ready_made(chain, bottom, bottom_true, found))


def _accuracy(what, best, scores, figure):
    """How the annotation and the network that learned from it score."""
    return Section(
        "Accuracy against hand-drawn nuclei",
        text=f"{what}. The annotation never sees the hand-drawn "
        "labels; the network is trained on the automatic annotation of the top "
        "half and scored on the bottom half. Two nuclei match if their "
        "intersection over union is at least 0.5.",
        numbers=[(best.f1, "F1 of the network"), (best.mean_iou, "its mean IoU")],
        tables=[([_row(n, m) for n, m in scores.items()], "Scores")],
        figures=[(figure, "Errors of the network on the bottom half.")],
    )


def _ready_made(chain, image, true, found):
    """The model that comes along, beside the one just trained."""
    result = segment_steps(StarDist.load("nuclei"), image, diameter="auto")
    write_labels(chain.folder / "bottom_half_ready_made.tif", result.labels)
    panels = {
        "trained just now": (image, found),
        "comes along": (image, result.labels),
    }
    scores = {"StarDist trained just now": found, "comes along": result.labels}
    return Section(
        "The model that comes along",
        text="The same bottom half, segmented by the model that labkit segment uses, "
        f"at the nucleus diameter that it estimated, {result.diameter:.1f} px.",
        warnings=[SEEN],
        tables=[([_row(n, match(true, x)) for n, x in scores.items()], "Scores")],
        figures=[
            (
                chain.save_figure("ready_made", show.row(panels, n_cols=2)),
                "Both models on the bottom half.",
            )
        ],
    )


def _row(name, result):
    """Return a `Match` as a table row."""
    fields = ("precision", "recall", "f1", "mean_iou", "tp", "fp", "fn")
    return {"what": name} | {f: getattr(result, f) for f in fields}


def _simulated_part(folder, seed, say, sections):
    """Score linking on a simulated movie, whose tracks are known."""
    movie = simulate_movie(12, (256, 256), 24, division_rate=0.03, seed=seed)
    write_image(folder / "movie.tif", movie.images)
    write_labels(folder / "true_labels.tif", movie.labels)
    annotated = np.stack([annotate_steps(image).objects for image in movie.images])
    write_labels(folder / "annotation.tif", annotated)
    rows = []
    for name, labels in (("true nuclei", movie.labels), ("annotated", annotated)):
        tracks = link(labels)
        scores = tracking_scores(movie.labels, movie.tracks, labels, tracks)
        fields = ("tra", "det", "lnk", "seg", "division_f1")
        rows.append({"linked are": name} | {f: getattr(scores, f) for f in fields})
    say(f"simulated movie: TRA {rows[0]['tra']:.3f} on the true nuclei")
    tracks_seen = show.tracks(movie.images[-1], movie.tracks)
    sections.append(
        Section(
            "Tracking against known tracks",
            text="A simulated movie of 12 frames with divisions, so that every track "
            "is known. Scores are those of the Cell Tracking Challenge, 1 is perfect.",
            tables=[(rows, "Linking the true nuclei, and those annotated")],
            figures=[(tracks_seen, "The true tracks.")],
        )
    )
