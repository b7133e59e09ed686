"""What can be set in an adaptation."""

import dataclasses

from ..params import Params

PRESEGMENT = ("auto", "model")
RENDERERS = ("statistics", "copy-paste", "pix2pix")


@dataclasses.dataclass(frozen=True)
class AdaptParams(Params):
    """How a model is adapted to images that nobody has annotated.

    Attributes
    ----------
    presegment : {"model", "auto"}
        Who annotates the images first: the model that is to be adapted, where it
        sees something already, or the automatic annotation, which needs no model.
    diameter : float
        Size to which the typical object of each image is brought, px.
    n_styles : int or None
        Number of styles. None: found in the images. 1: a single experiment, whose
        images share one style.
    renderer : {"statistics", "copy-paste", "pix2pix"}
        Who paints the synthetic images.
    n_synthetic : int
        Synthetic images for each style. 0: none.
    side : int
        Height and width of a synthetic image, px.
    simulated : float
        Share of simulated shapes among the synthetic ones; the others come from the
        mask bank.
    real, synthetic, source : float
        How often crops are drawn from the images themselves with their annotation,
        from synthetic images, and from the `source` images with their labels, in
        relation to each other. What is not there is left out.
    doubt : bool
        Leave objects that differ much from the others of their style out of
        training, neither as objects nor as background, see `doubtful`.
    steps : int
        Of the training.
    batch_size, crop_size, lr : number or None
        See `labkit.models.TrainParams`. None: what suits the kind of model.
    render_steps : int
        Training steps of each style's pix2pix.
    rounds : int
        How often all is done; the second time, the adapted model annotates first.
    seed : int
        Same seed, same result on one CPU.

    Raises
    ------
    ValueError
        If a value makes no sense.

    Examples
    --------
    >>> AdaptParams().replace(renderer="pix2pix", rounds=2).rounds
    2
    """

    presegment: str = "model"
    diameter: float = 24.0
    n_styles: int | None = None
    renderer: str = "statistics"
    n_synthetic: int = 24
    side: int = 256
    simulated: float = 0.5
    real: float = 0.4
    synthetic: float = 0.4
    source: float = 0.2
    doubt: bool = True
    steps: int = 400
    batch_size: int | None = None
    crop_size: int | None = None
    lr: float | None = None
    render_steps: int = 800
    rounds: int = 1
    seed: int = 0

    def __post_init__(self):
        """Refuse values that cannot work."""
        for name, known in (("presegment", PRESEGMENT), ("renderer", RENDERERS)):
            if getattr(self, name) not in known:
                raise ValueError(
                    f"`{name}` must be one of {known}, got {getattr(self, name)!r}"
                )
        for name in ("diameter", "side", "steps", "rounds"):
            if not getattr(self, name) >= 1:
                raise ValueError(
                    f"`{name}` must be at least 1, got {getattr(self, name)}"
                )
        for name in ("n_synthetic", "real", "synthetic", "source"):
            if not getattr(self, name) >= 0:
                raise ValueError(
                    f"`{name}` must be 0 or more, got {getattr(self, name)}"
                )
        if not self.real + self.synthetic > 0:
            raise ValueError(
                "`real` and `synthetic` are both 0: there is nothing to learn from"
            )

    def training(self, usual):
        """Return how to train: `usual`, of the kind of model, with what is set here.

        Parameters
        ----------
        usual : labkit.models.TrainParams
        """
        named = {
            name: getattr(self, name) for name in ("batch_size", "crop_size", "lr")
        }
        given = {name: value for name, value in named.items() if value is not None}
        every = max(10, self.steps // 8)
        return usual.replace(steps=self.steps, every=every, **given)
