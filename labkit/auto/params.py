"""What can be set in the automatic annotation; the rest follows from the image."""

from dataclasses import dataclass

from ..params import Params

METHODS = ("local", "otsu")


@dataclass(frozen=True)
class AutoParams(Params):
    """Parameters of `annotate`; the defaults serve every magnification.

    Lengths are in nucleus diameters and heights in fractions of what a nucleus
    rises above its surroundings, so nothing needs retyping for another microscope.

    Attributes
    ----------
    method : {"local", "otsu"}
        "local" compares each nucleus with its surroundings; "otsu" is the published
        procedure with one threshold for the whole image, and uses of the values
        below only `area_tolerance`, `clear_border` and `dent`.
    diameter : float or None
        Typical nucleus diameter in px. None estimates it from the image.
    area_tolerance : float or None
        Keep areas within this fraction of the median area. None keeps all.
    clear_border : bool or None
        Remove objects that touch the image border. None: as published for "otsu"
        (yes), not for "local", where the area filter removes what is cut too small.
    smoothing : float
        Gaussian blur (standard deviation) before all else, in diameters.
    window : float
        Gaussian window (standard deviation) of the surroundings, in diameters.
    level : float
        Foreground begins at this fraction of the way from the local background (0)
        to the local level of the nuclei (1).
    offset : float
        Foreground must rise above the background by this many standard deviations
        of the noise, whole objects by three times as many.
    dent : float
        A body of typical area is two nuclei if the pass between its two tops lies
        this fraction below the lower top; larger bodies are split more readily.
    edge : float
        The final contour runs at this fraction of each nucleus' own height.
    min_contrast : float
        Objects lower than this fraction of the typical height are left out.
    min_area : float
        Objects smaller than this fraction of a typical nucleus are left out.

    Examples
    --------
    >>> AutoParams().replace(diameter=30.0).diameter
    30.0
    """

    method: str = "local"
    diameter: float | None = None
    area_tolerance: float | None = 0.5
    clear_border: bool | None = None
    smoothing: float = 0.04
    window: float = 0.75
    level: float = 0.5
    offset: float = 3.0
    dent: float = 0.2
    edge: float = 0.42
    min_contrast: float = 0.2
    min_area: float = 0.1

    def __post_init__(self):
        """Refuse values that cannot work."""
        if self.method not in METHODS:
            raise ValueError(f"`method` must be one of {METHODS}, got {self.method!r}")
        for name in ("diameter", "area_tolerance", "window"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ValueError(
                    f"`{name}` must be a positive number, got {value!r}"
                    + ("" if name == "window" else "; None is allowed")
                )
        for name in ("smoothing", "offset", "dent", "min_contrast", "min_area"):
            if not getattr(self, name) >= 0:
                raise ValueError(
                    f"`{name}` must be 0 or more, got {getattr(self, name)!r}"
                )
        for name in ("level", "edge"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(
                    f"`{name}` must lie between 0 and 1, got {getattr(self, name)!r}"
                )
