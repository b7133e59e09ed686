"""From raw frames to tracks in one folder: annotate, train, segment, link, report."""

import dataclasses
import hashlib
import time
from dataclasses import field
from pathlib import Path

import numpy as np
import yaml

from ..auto import AutoParams, annotate_steps, diagnose
from ..checks import check_image
from ..files.atomic import atomic
from ..files.images import read_image
from ..files.labels import read_labels, write_labels
from ..files.pieces import one_piece
from ..models import StarDist, StarDistParams, TrainParams
from ..report import write_report
from ..segment import segment
from ..track import TrackParams, link
from ..words import counted
from . import training
from .batch import count, make_folder, write_left_out
from .pairs import LEFT_OUT
from .tracking import write_tracks


@dataclasses.dataclass(frozen=True)
class RunParams:
    """Parameters of every step of `run`.

    Attributes
    ----------
    auto : AutoParams
    model : StarDistParams
    training : TrainParams
    tracking : TrackParams or None
        None if the images are no movie.
    seed : int
        Of weights and crops.
    """

    auto: AutoParams = field(default_factory=AutoParams)
    model: StarDistParams = field(default_factory=StarDistParams)
    training: TrainParams = field(default_factory=TrainParams)
    tracking: TrackParams | None = field(default_factory=TrackParams)
    seed: int = 0


class Chain:
    """The steps of `run` on one set of images; what each of them made.

    Attributes are None, or empty, until their step is done.

    Attributes
    ----------
    steps : list of AutoSteps
        Automatic annotation of each image.
    labels, left_out : list of ndarray
        What is trained on: the annotation, or what you made of its files.
    notes : list of str
        Doubts about the annotation.
    model : StarDist
    history : History
        None if the model was there already.
    segmentation : list of (H, W) ndarray of int32
    tracks : structured ndarray of TRACK_DTYPE
    seconds : dict of str to float
        Wall time of each step.
    """

    def __init__(self, images, folder, params=None, *, names=None, scale=(), say=None):
        self.images = [check_image(image) for image in images]
        self.folder, self.params = Path(folder), params or RunParams()
        width = len(str(len(self.images)))
        self.names = names or [
            f"frame{k:0{max(width, 2)}d}" for k in range(1, len(self.images) + 1)
        ]
        self.scale = {"um_per_px": None, "minutes_per_frame": None, **dict(scale)}
        self.say = say or (lambda text: None)
        self.steps, self.labels, self.left_out, self.notes = [], [], [], []
        self.model = self.history = self.tracks = None
        self.segmentation, self.seconds = [], {}
        make_folder(self.folder)
        self._remember_run()

    @property
    def is_movie(self):
        """Whether the images can be linked over time."""
        one_shape = len({image.shape for image in self.images}) == 1
        return one_shape and len(self.images) > 1 and self.params.tracking is not None

    def go(self):
        """Do every step that is not done yet."""
        for step in (self.annotate, self.train, self.segment, self.track):
            started = time.perf_counter()
            text = step()
            self.seconds[step.__name__] = time.perf_counter() - started
            if text:
                self.say(f"{text} ({self.seconds[step.__name__]:.1f} s)")

    def annotate(self):
        """Annotate each image; files that are there already are taken instead."""
        folder, n_found, n_kept = self.folder / "annotation", 0, 0
        self.params.auto.save(folder / "auto.yaml")
        for name, image in zip(self.names, self.images, strict=True):
            steps = annotate_steps(image, self.params.auto)
            labels, left_out = steps.labels, steps.left_out
            path = folder / f"{name}.tif"
            if path.exists():
                labels = read_labels(path)
                left_out = read_image(folder / LEFT_OUT / path.name) > 0
            else:
                write_left_out(path, left_out, **self.scale)
                write_labels(path, labels, **self.scale)
            self.steps.append(steps)
            self.labels.append(labels)
            self.left_out.append(left_out)
            self.notes += [f"{name}: {note}" for note in diagnose(image, steps)]
            n_found, n_kept = n_found + count(steps.objects), n_kept + count(labels)
        images = counted(len(self.images), "image")
        return f"annotated {images}: {n_kept} of {n_found} nuclei kept"

    def train(self):
        """Train a model on the annotation, or load the one that is there.

        An interrupted training goes on from its best weights.

        Raises
        ------
        KeyboardInterrupt
            If training is interrupted; the best weights are saved before.
        """
        folder, params, start = self.folder / "model", self.params.training, None
        if (folder / "model.yaml").exists():
            done = training.load_history(folder)
            if done.stopped != "interrupted":
                self.model, self.history = StarDist.load(folder), done
                return f"found a trained model in {folder}"
            start = folder
            params = params.replace(steps=max(params.steps - done.steps[-1], 1))
        self.model, self.history = training.fit_and_save(
            folder,
            self.images,
            self.labels,
            self.left_out,
            params=params,
            model_params=self.params.model,
            start=start,
            seed=self.params.seed,
        )
        if self.history.stopped == "interrupted":
            raise KeyboardInterrupt
        for path in (self.folder / "segmentation").glob("*.tif"):
            path.unlink()  # made by an earlier model
        return f"trained {self.history.steps[-1]} steps"

    def segment(self):
        """Segment each image, but those whose result is there already."""
        for name, image in zip(self.names, self.images, strict=True):
            path = self.folder / "segmentation" / f"{name}.tif"
            if path.exists():
                labels = read_labels(path)
            else:
                labels = segment(self.model, image)
                write_labels(path, labels, **self.scale)
            self.segmentation.append(labels)
        total = counted(sum(map(count, self.segmentation)), "nucleus", "nuclei")
        return f"segmented {counted(len(self.images), 'image')}: {total}"

    def track(self):
        """Link the segmentation over time, if this is a movie."""
        if not self.is_movie:
            return ""
        movie = one_piece(np.stack(self.segmentation))
        self.tracks = link(movie, self.params.tracking)
        folder = self.folder / "tracks"
        self.params.tracking.save(folder / "track.yaml")
        options = {"params": self.params.tracking, "warn": self.say, **self.scale}
        write_tracks(folder, movie, self.tracks, images=self._movie(), **options)
        return f"linked {counted(np.unique(self.tracks['track_id']).size, 'track')}"

    def _movie(self):
        """Return the images as a movie, None if their pixels differ in kind."""
        alike = len({image.dtype for image in self.images}) == 1
        return np.stack(self.images) if alike else None

    def save_figure(self, name, figure):
        """Save a figure as PNG in the folder and return its path."""
        path = self.folder / "figures" / f"{name}.png"
        with atomic(path) as temporary:
            figure.savefig(temporary)
        return path

    def _remember_run(self):
        """Write run.yaml, or refuse to mix two runs in one folder."""
        digest = hashlib.sha256()
        for image in self.images:
            digest.update(f"{image.shape} {image.dtype}".encode())
            digest.update(np.ascontiguousarray(image).data)
        run = {"images": digest.hexdigest(), **dataclasses.asdict(self.params)}
        path = self.folder / "run.yaml"
        if path.exists():
            before = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
            differ = sorted(k for k in {*run, *before} if run.get(k) != before.get(k))
            if differ:
                raise ValueError(
                    f"{self.folder} holds another run (other {', '.join(differ)}); "
                    f"choose another folder or remove this one"
                )
            return
        with atomic(path) as temporary:
            temporary.write_text(yaml.safe_dump(run, sort_keys=False), "utf-8")


def run(
    images,
    out,
    params=None,
    *,
    names=None,
    um_per_px=None,
    minutes_per_frame=None,
    title="From raw images to tracks",
    command="",
    notes=(),
    say=None,
):
    """Annotate, train, segment, link; write every intermediate and a report.

    The procedure of Englbrecht et al. (2021), from raw images without labels. A run
    that was interrupted goes on where it stopped when it is called again with the
    same images and parameters; its report shows what was done.

    Parameters
    ----------
    images : sequence of (H, W) array
        Frames of a movie in order, or single images of any sizes.
    out : str or Path
        Folder for everything that is made.
    params : RunParams, optional
    names : list of str, optional
        What to call the images in file names.
    um_per_px, minutes_per_frame : float, optional
        Where unknown, results are in px and frames.
    title, command : str
        Of the report: heading, and what to type to make it again.
    notes : list of str
        Warnings for the report.
    say : callable, optional
        Called with one line of text after each step.

    Returns
    -------
    Path
        The report, ``out/report.html``.

    Raises
    ------
    ValueError, TypeError
        If an image is not usable, nothing can be annotated, or `out` holds another
        run.
    PermissionError
        If `out` cannot be written to.
    KeyboardInterrupt
        After what is done was saved and reported.
    """
    from .sections import chain_sections

    scale = {"um_per_px": um_per_px, "minutes_per_frame": minutes_per_frame}
    chain = Chain(images, out, params, names=names, scale=scale, say=say)
    chain.notes += notes
    path = chain.folder / "report.html"
    try:
        chain.go()
    finally:
        write_report(path, title, chain_sections(chain), command=command)
    return path
