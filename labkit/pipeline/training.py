"""Train a model and keep everything about it in one folder."""

from pathlib import Path

import numpy as np
import yaml

from .. import show
from ..files.atomic import atomic
from ..files.tables import read_csv, write_csv
from ..models import History, MaskRCNN, StarDist, load, team
from ..models.base import Model
from ..models.loading import SEGMENT
from .batch import make_folder

KINDS = {"stardist": StarDist, "maskrcnn": MaskRCNN}
FACTS = ("best_step", "seconds", "stopped")
HISTORY_DTYPE = [("step", "i4"), ("train_loss", "f8"), ("val_loss", "f8")]


def check_free(folder, overwrite=False, data=()):
    """Make the model folder; refuse to replace a model unless asked to.

    Raises
    ------
    ValueError
        If there is a model already, or this is one of the folders of `data`.
    PermissionError
        If the folder cannot be made.
    """
    if (Path(folder) / "model.yaml").exists() and not overwrite:
        raise ValueError(
            f"{folder} holds a model already; choose another folder or say --overwrite"
        )
    for place in map(Path, data):
        if (
            Path(folder).resolve()
            == (place if place.is_dir() else place.parent).resolve()
        ):
            raise ValueError(
                f"{folder} is a folder of images, and a model brings pictures of its "
                f"own; choose another folder for it"
            )
    make_folder(folder)


def begin(kind, start, device=None):
    """Return the model to train further, or the class of a new one.

    Parameters
    ----------
    kind : str or None
        "stardist" or "maskrcnn"; None: what `start` is, or else a StarDist.
    start : str, Path or None
        A model that comes with labkit, or a folder.
    device : str, optional

    Returns
    -------
    Model, or type if there is no `start`

    Raises
    ------
    ValueError, FileNotFoundError
        If the kind is unknown, or `start` is no such model.
    """
    if kind not in (None, *KINDS):
        raise ValueError(f"--model must be one of {list(KINDS)}, got {kind!r}")
    if not start:
        return KINDS[kind or "stardist"]
    return load(start, kinds=(KINDS[kind],) if kind else SEGMENT, device=device)


def fit_and_save(
    folder,
    images,
    labels,
    left_out=None,
    *,
    params=None,
    kind=StarDist,
    model_params=None,
    start=None,
    seed=0,
    device=None,
    progress=True,
    callback=None,
):
    """Train a model; write it, parameters and loss curve into `folder`.

    The best weights so far are written even if training is interrupted or fails.

    Parameters
    ----------
    folder : str or Path
    images : list of (H, W) or (H, W, 3) ndarray
    labels : list of (H, W) ndarray
    left_out : list of (H, W) ndarray of bool, optional
        What to leave out of the loss.
    params : TrainParams, optional
        By default those of the kind of model.
    kind : type
        Of a new model: `StarDist` or `MaskRCNN`.
    model_params : StarDistParams or MaskRCNNParams, optional
        Of a new model; by default it takes colour if an image is in colour.
    start : str, Path, StarDist or MaskRCNN, optional
        Model to train on from: the name of one that comes with labkit, a folder, or
        the model itself, which is changed.
    seed, device, progress, callback
        As in `labkit.models.StarDist.fit`.

    Returns
    -------
    model : StarDist or MaskRCNN
    history : History
        Its `stopped` says whether training was interrupted.

    Raises
    ------
    ValueError, FileNotFoundError, PermissionError
        If the data do not fit together, or a folder is wrong.
    """
    if start is None:
        colour = any(np.ndim(image) == 3 for image in images)
        model_params = model_params or kind.Params(channels=3 if colour else 1)
        model = kind(model_params, seed=seed, device=device)
    elif isinstance(start, Model):
        model = start
    else:
        model = load(start, device=device)
    params, folder, seen = params or model.training, Path(folder), []

    def note(history):
        seen[:] = [history]
        if callback is not None:
            callback(history)

    try:
        history = model.fit(
            images,
            labels,
            ignore=left_out,
            params=params,
            seed=seed,
            progress=progress,
            callback=note,
        )
    except BaseException:
        if seen:
            seen[0].stopped = "interrupted"
        raise
    finally:
        if seen and team.rank() == 0:
            _save(folder, model, seen[0], params)
    return model, history


def _save(folder, model, history, params):
    """Write the model last, so that a folder with a model is complete."""
    params.save(folder / "train.yaml")
    write_csv(folder / "history.csv", history_table(history))
    facts = {
        name: getattr(history, name) for name in ("best_step", "seconds", "stopped")
    }
    with atomic(folder / "history.yaml") as temporary:
        temporary.write_text(yaml.safe_dump(facts), encoding="utf-8")
    show.curves(history).savefig(folder / "training.png", dpi=110)
    model.save(folder)


def load_history(folder):
    """Read the history that `fit_and_save` wrote.

    Raises
    ------
    FileNotFoundError
        If the folder has none.
    """
    table = read_csv(Path(folder) / "history.csv", HISTORY_DTYPE)
    validated = np.isfinite(table["val_loss"])
    facts = yaml.safe_load((Path(folder) / "history.yaml").read_text("utf-8"))
    return History(
        table["step"].tolist(),
        table["train_loss"].tolist(),
        table["step"][validated].tolist(),
        table["val_loss"][validated].tolist(),
        **facts,
    )


def history_table(history):
    """Return the losses as a structured array; val_loss is NaN between validations."""
    table = np.zeros(len(history.steps), HISTORY_DTYPE)
    table["step"], table["train_loss"] = history.steps, history.train_loss
    validated = dict(zip(history.val_steps, history.val_loss, strict=True))
    table["val_loss"] = [validated.get(step, np.nan) for step in history.steps]
    return table
