"""Segment files with a model that comes along, or with one of your own."""

import dataclasses
from functools import partial
from pathlib import Path

import numpy as np

from ..auto import estimate_diameter
from ..files.labels import write_labels
from ..files.tables import read_csv, write_csv
from ..models import UNetProb, load
from ..models.store import shipped
from ..params import Params
from ..segment import PostParams, diagnose, fitting_diameter, segment_steps
from ..segment.scale import doubts_about, scale_factor
from .batch import remember, work_on

SHIPPED = "nuclei"
LOOKED_AT = 3  # frames of a movie from which its one diameter is estimated
LARGEST_SCALE = 4.0
OTHER_SIZE = 1.6  # times the trained diameter: a network begins to miss nuclei
LIMITS = {
    "diameter": "takes 1 to 10000 px, auto or trained",
    "scales": f"must be numbers from {1 / LARGEST_SCALE:g} to {LARGEST_SCALE:g}",
    "min_area": "must be 0 px or more",
}
TABLE_DTYPE = [
    ("image", "O"),
    ("labels", "O"),
    ("frames", "i8"),
    ("nuclei", "i8"),
    ("diameter", "f8"),
]


@dataclasses.dataclass(frozen=True)
class SegmentParams(Params):
    """How files are segmented.

    Attributes
    ----------
    model : str
        Name of a StarDist that comes with labkit, or the folder of your own.
    diameter : float or str
        Typical nucleus diameter, px; "auto" to estimate it, once a file; or
        "trained", that of the model's training.
    tta : bool
        Average over the 8 ways to turn and mirror an image.
    scales : tuple of float
        Enlargements to look at; the first one counts, the others fill in.
    borders : bool
        Draw borders anew by the U-Net that comes along.
    min_area : float
        Drop objects of fewer px.
    post : str or None
        File of a `labkit.segment.PostParams`; `scales` and `min_area` win over it.

    Raises
    ------
    ValueError
        If a value makes no sense.
    """

    model: str = SHIPPED
    diameter: float | str = "auto"
    tta: bool = False
    scales: tuple = (1.0,)
    borders: bool = False
    min_area: float = 0.0
    post: str | None = None

    def __post_init__(self):
        if self.diameter not in ("auto", "trained"):
            self._keep("diameter", _number(self.diameter, 1, 10_000))
        many = isinstance(self.scales, list | tuple)
        scales = self.scales if many else [self.scales]
        low, high = 1 / LARGEST_SCALE, LARGEST_SCALE
        self._keep("scales", tuple(_number(one, low, high) for one in scales) or None)
        self._keep("min_area", _number(self.min_area, 0, np.inf))

    @property
    def followed_by(self):
        """What follows the model, as `labkit.segment.PostParams`."""
        post = PostParams.load(self.post) if self.post else PostParams()
        given = {name: getattr(self, name) for name in ("scales", "min_area")}
        plain = SegmentParams()
        own = {n: v for n, v in given.items() if v != getattr(plain, n)}
        return post.replace(**own)

    def _keep(self, name, value):
        """Set a checked value, or raise ValueError if it is None or holds one."""
        if value is None or (isinstance(value, tuple) and None in value):
            raise ValueError(f"`{name}` {LIMITS[name]}, got {getattr(self, name)!r}")
        object.__setattr__(self, name, value)


def _number(value, low, high):
    """Return a value as float, or None if it is not one from `low` to `high`."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if low <= found <= high and np.isfinite(found) else None


def default_diameter(name):
    """Return "auto" for a model that comes along, "trained" for one of your own."""
    return "auto" if is_shipped(name) else "trained"


def is_shipped(name):
    """Whether this is the name of a StarDist that comes with labkit."""
    return isinstance(name, str) and name in shipped("StarDist")


def segment_files(
    jobs, params=None, *, model=None, channel=None, device=None, expect=None
):
    """Segment images or movies.

    Beside the label images, the parameters are saved as ``segment.yaml`` and the
    diameter that each file was segmented at as ``segment.csv``. A picture in colour
    is taken as it is if the model has seen some (``channels=3``).

    The diameter of a movie is estimated once, as the median of its first, middle and
    last frame: nuclei do not change their size from frame to frame, an estimate does.

    Parameters
    ----------
    jobs : list of Job
        From `plan`.
    params : SegmentParams, optional
    model : StarDist or MaskRCNN, optional
        By default the one that `params` names.
    channel : int or str, optional
        Which channel of the files to use.
    device : str, optional
        "cpu" or "cuda"; by default the GPU if there is one.
    expect : callable, optional
        As in `labkit.pipeline.annotate_files`.

    Yields
    ------
    FileResult
        As soon as one file is done; a bad file does not stop the others.

    Raises
    ------
    ValueError, FileNotFoundError, PermissionError
        Before the first file: if a model is missing or damaged, or the folder
        cannot be written to.
    """
    params = params or SegmentParams()
    model = model or load(params.model, device=device)
    refine = UNetProb.load(SHIPPED, device=device) if params.borders else None
    post = params.followed_by
    if not isinstance(params.diameter, str):
        scale_factor(model, params.diameter)  # refuses what the model cannot take
    if not jobs:
        return
    folder = jobs[0].output.parent
    table = folder / "segment.csv"
    rows = _earlier(table, jobs)
    prepare = partial(_prepare, model, refine, params, post=post)
    how = {"channel": channel, "colour": model.params.channels == 3, "expect": expect}
    results = work_on(jobs, prepare, _save, **how)
    try:
        for result in remember(params, folder / "segment.yaml", results, jobs):
            if not result.error:
                rows.append(_row(result))
                if params.diameter == "auto" and any(result.n_objects):
                    result.warnings.extend(doubts_about(model, result.diameter))
            yield result
    finally:
        if rows or table.exists():
            write_csv(table, np.array(rows, TABLE_DTYPE))


def _prepare(model, refine, params, movie, post=None):
    """Settle the diameter of a file; return what to do with a frame, and it."""
    diameter = params.diameter
    if diameter == "auto":
        chosen = np.linspace(0, len(movie) - 1, LOOKED_AT).round().astype(int)
        frames = [movie[k] for k in sorted(set(chosen))]
        diameter = float(np.median([fitting_diameter(model, one) for one in frames]))
    elif diameter == "trained":
        diameter = model.diameter
    work = partial(_segment, model, refine, params, diameter, post=post)
    return work, diameter


def _segment(model, refine, params, diameter, image, post=None):
    """Segment one frame; return what `work_on` wants."""
    labels = segment_steps(
        model,
        image,
        diameter=diameter,
        tta=params.tta,
        borders=refine,
        post=post,
    ).labels
    notes = diagnose(image, labels)
    if params.diameter == "trained":
        notes += _other_size(model, image)
    return labels, None, notes


def _save(output, labels, _, scale):
    """Write a label image or movie."""
    write_labels(output, labels, **scale)


def _other_size(model, image):
    """Warn if the nuclei look much larger or smaller than those of training."""
    if image.ndim == 3:
        return []
    seen, trained = estimate_diameter(image), model.diameter
    if not seen or not trained or 1 / OTHER_SIZE < seen / trained < OTHER_SIZE:
        return []
    text = f"nuclei look {seen:.0f} px wide, the model learned from {trained:.0f} px"
    return [f"{text}; try --diameter auto"]


def _row(result):
    """Return what the table says about one file."""
    counts = result.n_objects
    path, name = str(result.path), result.output.name
    return (path, name, len(counts), sum(counts), result.diameter)


def _earlier(path, jobs):
    """Rows of an earlier run into this folder whose results are still valid."""
    if not path.exists():
        return []
    redone = {job.output.name for job in jobs}
    rows = read_csv(path, TABLE_DTYPE).tolist()
    return [r for r in rows if r[1] not in redone and Path(path.parent, r[1]).exists()]
