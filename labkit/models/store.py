"""Models on disk: a folder with ``model.yaml`` and ``weights.safetensors``."""

import dataclasses
import hashlib
from pathlib import Path

import yaml
from safetensors.torch import load as load_weights
from safetensors.torch import save as dump_weights

from .. import __version__
from ..files.atomic import atomic


def save_model(folder, kind, params, net):
    """Write a model; the weights first, so that a half-written one never loads.

    Parameters
    ----------
    folder : str or Path
        Made if needed.
    kind : str
        Name of the model's class.
    params : Params
    net : torch.nn.Module

    Raises
    ------
    PermissionError
        If the folder cannot be written to.
    """
    folder = Path(folder)
    weights = dump_weights(
        {name: value.cpu().contiguous() for name, value in net.state_dict().items()}
    )
    with atomic(folder / "weights.safetensors") as temporary:
        temporary.write_bytes(weights)
    card = {
        "model": kind,
        "labkit": __version__,
        "sha256": hashlib.sha256(weights).hexdigest(),
        "params": dataclasses.asdict(params),
    }
    with atomic(folder / "model.yaml") as temporary:
        temporary.write_text(yaml.safe_dump(card, sort_keys=False), encoding="utf-8")


def load_model(folder, kind, params_class):
    """Read what `save_model` wrote.

    Returns
    -------
    params : Params
    weights : dict of str to torch.Tensor

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    ValueError
        If the model is of another kind or a file was changed or cut short.
    """
    folder = Path(folder)
    for name in ("model.yaml", "weights.safetensors"):
        if not (folder / name).is_file():
            raise FileNotFoundError(
                f"{folder} holds no labkit model: {name} is missing; "
                f"pass the folder that `labkit train -o` or model.save() wrote"
            )
    card = _read_card(folder / "model.yaml")
    if card.get("model") != kind:
        raise ValueError(
            f"{folder} holds a {card.get('model')} model, not a {kind} model"
        )
    weights = (folder / "weights.safetensors").read_bytes()
    if hashlib.sha256(weights).hexdigest() != card.get("sha256"):
        raise ValueError(
            f"{folder / 'weights.safetensors'} is not the file that model.yaml "
            f"describes (damaged or exchanged); copy both files again"
        )
    return params_class().replace(**card["params"]), load_weights(weights)


def _read_card(path):
    """Read model.yaml as a mapping."""
    try:
        card = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ValueError(f"{path} is not a YAML file: {error}") from error
    if not isinstance(card, dict):
        raise ValueError(f"{path} does not describe a model; write it again")
    return card
