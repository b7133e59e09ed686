"""What can be set in the automatic annotation; the rest follows from the image."""

from dataclasses import dataclass

from ..params import Params


@dataclass(frozen=True)
class AutoParams(Params):
    """Parameters of `annotate`; the defaults are meant to be left alone.

    Lengths that depend on the size of the nuclei are given in units of their
    diameter, so that one set of numbers serves every magnification.

    Attributes
    ----------
    method : {"local", "otsu"}
        "local": threshold against the surroundings, outline each nucleus at its own
        half height. "otsu": the published procedure, one threshold for the image.
    diameter : float or None
        Typical nucleus diameter in px; None estimates it from the image.
    area_tolerance : float or None
        Keep areas within this fraction of the median area; None keeps all.
    smoothing : float
        Standard deviation of the Gaussian blur, in diameters (at least 0.7 px).
    window : float
        Standard deviation of the Gaussian window of the local mean, in diameters.
    offset : float
        How far above the local mean foreground must be, in noise levels.
    min_contrast : float
        Objects whose height above the local background is below this fraction
        of the median height are left out.
    neck : float
        Two halves of an object are two nuclei if the neck between them is narrower
        than this fraction of the thinner half.
    edge : float
        Where the contour runs between the background (0) and the level inside (1).
    """

    method: str = "local"
    diameter: float | None = None
    area_tolerance: float | None = 0.5
    smoothing: float = 0.04
    window: float = 0.75
    offset: float = 3.0
    min_contrast: float = 0.15
    neck: float = 0.8
    edge: float = 0.45
