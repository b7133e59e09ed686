"""Models on disk: a card (YAML) beside the weights (safetensors).

A user's model is a folder with ``model.yaml`` and ``weights.safetensors``. Those that
come with labkit lie in ``labkit/weights``, in half precision, and go by name.
"""

import dataclasses
import hashlib
from pathlib import Path

import torch
import yaml
from safetensors.torch import load as load_weights
from safetensors.torch import save as dump_weights

from .. import __version__
from ..files.atomic import atomic

SHIPPED = Path(__file__).parents[1] / "weights"


def shipped(kind):
    """List the names of the models of one kind that come with labkit.

    Parameters
    ----------
    kind : str
        Name of the model's class.

    Returns
    -------
    list of str
    """
    prefix = f"{kind.lower()}_"
    return sorted(p.stem.removeprefix(prefix) for p in SHIPPED.glob(f"{prefix}*.yaml"))


def model_files(name, kind):
    """Return where card and weights of a model are: of a shipped name, or a folder."""
    if isinstance(name, str) and name in shipped(kind):
        stem = SHIPPED / f"{kind.lower()}_{name}"
        return stem.with_suffix(".yaml"), stem.with_suffix(".safetensors")
    folder = Path(name).parent if Path(name).name == "model.yaml" else Path(name)
    return folder / "model.yaml", folder / "weights.safetensors"


def save_model(files, kind, params, net, *, half=False, about=None):
    """Write a model; the weights first, so that a half-written one never loads.

    Parameters
    ----------
    files : (Path, Path)
        Of card and weights; their folder is made if needed.
    kind : str
        Name of the model's class.
    params : Params
    net : torch.nn.Module
    half : bool
        Store numbers in 16 bits; the difference is far below the network's own
        uncertainty.
    about : dict, optional
        What else the card shall say, such as the training data and the licence.

    Raises
    ------
    PermissionError
        If the folder cannot be written to.
    """
    card_path, weights_path = files
    state = {name: value.cpu().contiguous() for name, value in net.state_dict().items()}
    if half:
        state = {n: v.half() if v.is_floating_point() else v for n, v in state.items()}
    weights = dump_weights(state)
    with atomic(weights_path) as temporary:
        temporary.write_bytes(weights)
    card = {
        "model": kind,
        "labkit": __version__,
        "sha256": hashlib.sha256(weights).hexdigest(),
        "params": dataclasses.asdict(params),
        **(about or {}),
    }
    with atomic(card_path) as temporary:
        temporary.write_text(yaml.safe_dump(card, sort_keys=False), encoding="utf-8")


def load_model(name, kind, params_class):
    """Read what `save_model` wrote.

    Parameters
    ----------
    name : str or Path
        A shipped model's name, or a folder.
    kind : str
        Name of the model's class.
    params_class : type

    Returns
    -------
    params : Params
    weights : dict of str to torch.Tensor
        Of float32.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    ValueError
        If the model is of another kind or a file was changed or cut short.
    """
    card_path, weights_path = model_files(name, kind)
    for path in (card_path, weights_path):
        if not path.is_file():
            raise FileNotFoundError(
                f"{name} holds no labkit model: {path.name} is missing; pass the "
                f"folder that `labkit train -o` or model.save() wrote, or one of the "
                f"{kind} models that come with labkit: {shipped(kind)}"
            )
    card = read_card(card_path)
    if card.get("model") != kind:
        raise ValueError(
            f"{name} holds a {card.get('model')} model, not a {kind} model"
        )
    weights = weights_path.read_bytes()
    if hashlib.sha256(weights).hexdigest() != card.get("sha256"):
        raise ValueError(
            f"{weights_path} is not the file that {card_path.name} describes "
            f"(damaged or exchanged); copy both files again"
        )
    state = load_weights(weights)
    state = {
        n: v.to(torch.float32) if v.is_floating_point() else v for n, v in state.items()
    }
    return _read_params(card, card_path, params_class), state


def _read_params(card, path, params_class):
    """Read a card's parameters; those it does not name keep their default."""
    values = card.get("params")
    if not isinstance(values, dict):
        raise ValueError(f"{path} does not say the model's params; write it again")
    return params_class().replace(**values)


def read_card(path):
    """Read a card as a mapping; raise ValueError if it is none."""
    try:
        card = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ValueError(f"{path} is not a YAML file: {error}") from error
    if not isinstance(card, dict):
        raise ValueError(f"{path} does not describe a model; write it again")
    return card
