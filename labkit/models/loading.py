"""Load a model without knowing its kind."""

from pathlib import Path

from .maskrcnn import MaskRCNN
from .stardist import StarDist
from .store import read_card, shipped

SEGMENT = (StarDist, MaskRCNN)


def load(name, *, kinds=SEGMENT, device=None):
    """Load a StarDist or a MaskRCNN, whichever it is.

    Parameters
    ----------
    name : str or Path
        A StarDist that comes with labkit, or the folder that a model was saved to.
    kinds : sequence of type
        What it may be; the first one is also looked for among what comes along.
    device : str, optional

    Returns
    -------
    Model

    Raises
    ------
    FileNotFoundError
        If there is no such model.
    ValueError
        If it is another kind of model, or its files do not fit together.
    """
    first, card = kinds[0], Path(name) / "model.yaml"
    comes_along = isinstance(name, str) and name in shipped(first.__name__)
    if comes_along or not card.is_file():
        return first.load(name, device=device)
    found = read_card(card).get("model")
    for kind in kinds:
        if kind.__name__ == found:
            return kind.load(name, device=device)
    names = " or ".join(kind.__name__ for kind in kinds)
    raise ValueError(f"{name} holds a {found} model, not a {names} model")
