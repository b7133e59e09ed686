"""What a `Pix2Pix` is, how it is trained, and what happened in training."""

import dataclasses

from ...params import Params
from ..training import History

ENCODINGS = {"binary": 1, "border": 3}  # channels of each
LOSSES = ("bce", "lsgan")


@dataclasses.dataclass(frozen=True)
class Pix2PixParams(Params):
    """What the network is and how it is trained.

    The defaults suit minutes on a CPU. On a GPU take ``width=64, depth=6, patches=3,
    crop_size=256, steps=20000``, about the original's size.

    Attributes
    ----------
    encoding : str
        What the network sees of the labels. "border": nucleus, rim and depth, so that
        touching nuclei differ from one large one. "binary": nucleus or not, as in the
        original.
    tones : bool
        Show the network the mean colour of background and of each nucleus, too; for
        new labels they are drawn from the ones it has seen, all of one source image.
    width, depth, dropout : int, int, float
        Of `labkit.nets.Generator`.
    patches : int
        Halvings of `labkit.nets.PatchDiscriminator`; 2: patches of 34 px, 3: 70 px.
    steps, batch_size, crop_size : int
        Weight updates, crops in each, their side in px.
    lr : float
        Of Adam; constant for the first half of the steps, then falling to 0.
    l1 : float
        Weight of the mean absolute error against the judgement; 100 in the original,
        whose images are smoother for it.
    loss : str
        How the judgement counts: "bce" (cross entropy) or "lsgan" (squares).
    channels, n_styles, n_tones, low, high
        Set by `fit`: of the images; source images; nuclei whose tones are known; the
        grey values that become -0.9 and 0.9.
    """

    encoding: str = "border"
    tones: bool = True
    width: int = 24
    depth: int = 4
    dropout: float = 0.5
    patches: int = 2
    steps: int = 1000
    batch_size: int = 1
    crop_size: int = 128
    lr: float = 4e-4
    l1: float = 30.0
    loss: str = "lsgan"
    channels: int = 0
    n_styles: int = 0
    n_tones: int = 0
    low: float = 0.0
    high: float = 255.0


@dataclasses.dataclass
class GanHistory(History):
    """A `History` whose train_loss is the mean absolute error.

    Attributes
    ----------
    generator, discriminator : list
        Mean adversarial losses of both opponents since the entry before; as long as
        neither goes to 0 they are in balance.
    """

    generator: list = dataclasses.field(default_factory=list)
    discriminator: list = dataclasses.field(default_factory=list)


def check_params(params):
    """Raise ValueError if a parameter names nothing known or cannot be computed."""
    for name, known in (("encoding", tuple(ENCODINGS)), ("loss", LOSSES)):
        if getattr(params, name) not in known:
            raise ValueError(
                f"`{name}` must be one of {known}, got {getattr(params, name)!r}"
            )
    least = 2 ** (params.depth + 1)
    if params.crop_size < least or params.crop_size % 2**params.depth:
        raise ValueError(
            f"`crop_size` must be a multiple of {2**params.depth} px and at least "
            f"{least} px for depth {params.depth}, got {params.crop_size}"
        )
