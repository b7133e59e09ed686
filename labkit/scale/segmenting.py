"""Segmentation in blocks: one normalisation for each plane, one diameter for all."""

from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ..labels import relabel
from .blocks import Grid, window
from .looking import frames_to_look_at, limits_of, windows

WINDOW = 1600  # px: side of what a model looks at to find the diameter
STEP = 64  # px, at least: blocks start at multiples of about this
SAMPLE = 4_000_000  # pixels of a plane from which its grey scale is read


class Range(NamedTuple):
    """Grey values of a plane that become 0 and 1."""

    low: float
    high: float


@dataclass(frozen=True)
class Segmentation:
    """Segment the blocks of a source.

    Attributes
    ----------
    model : str
        Name of one that comes with labkit, or a folder; each process loads it once.
    diameter : float or str
        Px; "auto" or "trained" until `with_diameter`.
    tta : bool
        As in `labkit.segment.segment_steps`.
    post : labkit.segment.PostParams or None
    device : str or None
        By default the GPU if there is one.
    """

    model: str
    diameter: float | str = "auto"
    tta: bool = False
    post: object = None
    device: str | None = None

    kind_of_levels = Range
    tolerance = None  # no filter by area

    def with_diameter(self, source):
        """Return the same with the diameter as a number of px."""
        from ..segment import fitting_diameter
        from ..segment.scale import scale_factor

        model, diameter = self._model(), self.diameter
        if diameter == "trained":
            diameter = model.diameter
        elif diameter == "auto":
            seen = [
                fitting_diameter(model, _busiest(source, frame))
                for frame in frames_to_look_at(source.shape[0])
            ]
            diameter = float(np.median(seen))
        scale_factor(model, diameter)  # refuses what the model cannot take
        return self.at(round(float(diameter), 2))

    def at(self, diameter):
        """Return the same with this diameter."""
        return replace(self, diameter=diameter)

    @property
    def colour(self):
        """Whether the model takes pictures in colour."""
        return self._model().params.channels == 3

    @property
    def halo(self):
        """Half of how far the network can look, and an object's own size, px.

        What lies further away hardly matters to it: on a frame of the MDCK movie two
        fifths of this gave the same objects, see docs/scale.md.
        """
        model, factor = self._model(), self._fit()[0] * min(self._post().scales)
        reach = getattr(model.net, "reach", 3 * model.params.diameter)
        return int(np.ceil(reach / 2 / factor + 1.5 * self.diameter))

    @property
    def align(self):
        """Blocks start at multiples of this, so that they are resampled alike, px."""
        return self._fit()[1]

    def check(self, n_blocks):
        """Blocks of any number will do."""

    def describe(self):
        """Everything that the result depends on, as plain values."""
        about = {"work": "segment", "model": self.model, "weights": self._hash()}
        about |= {"diameter": self.diameter, "tta": self.tta}
        return about | asdict(self._post())

    def doubts(self, source, estimated):
        """Sentences about a diameter that was estimated."""
        from ..segment.scale import doubts_about

        return doubts_about(self._model(), self.diameter) if estimated else []

    def warm_up(self):
        """Load the model."""
        self._model()

    def whole(self, image):
        """Segment a plane that is one block, as `labkit.segment.segment` does."""
        from ..segment import segment

        how = {"diameter": self.diameter, "tta": self.tta, "post": self._post()}
        return relabel(segment(self._model(), image, **how))

    def survey(self, source, frame):
        """Read the grey scale of a plane: two percentiles of its pixels.

        Returns
        -------
        Range
        """
        shape = source.shape[1:3]
        step = max(1, int(np.sqrt(shape[0] * shape[1] / SAMPLE)))
        grid = Grid(shape, 2048, 0)
        parts = (
            source.read(frame, *window(grid.core_of(k)))[::step, ::step]
            for k in range(len(grid))
        )
        return Range(*limits_of(parts))

    def block(self, image, levels, edges):
        """Segment what one block sees.

        Parameters
        ----------
        image : (H, W) or (H, W, 3) array
        levels : Range
        edges : tuple of bool
            Not used.

        Returns
        -------
        (H, W) ndarray of int32
        """
        from ..checks import check_image
        from ..segment.options import finish
        from ..segment.post import add_missing
        from ..segment.scale import at_scale

        low, high = (np.float32(level) for level in levels)
        image = check_image(image, colour=True).astype(np.float32)
        image = (image - low) / (high - low)
        model, post = self._model(), self._post()
        factor, _ = self._fit()
        how = {"tile": 1024, "tta": self.tta, "normalize": False}
        if post.prob_thresh is not None:
            how["prob_thresh"] = post.prob_thresh
        first, *others = post.scales
        labels = at_scale(model, image, factor * first, **how)
        for scale in others:
            labels = add_missing(labels, at_scale(model, image, factor * scale, **how))
        return finish(labels, post, diameter=self.diameter)

    def _fit(self):
        """Factor to rescale blocks by, and a step that is whole before and after.

        The factor differs by less than 1 % from the one of the diameter: all blocks
        then show the network the same pixels, and objects come out alike in each.
        """
        from ..segment.scale import scale_factor

        model = self._model()
        factor = scale_factor(model, self.diameter)
        multiple = getattr(model.net, "multiple", 32)
        if factor == 1:
            return 1.0, multiple
        step = multiple * int(np.ceil(STEP * factor / multiple))
        align = round(step / factor)
        return step / align, align

    def _model(self):
        """The model, loaded once a process."""
        return _load(self.model, self.device)

    def _post(self):
        """What follows the model."""
        from ..segment import PostParams

        return self.post or PostParams()

    def _hash(self):
        """Hash of the weights."""
        from ..models.store import model_files, read_card

        card, _ = model_files(self.model, type(self._model()).__name__)
        return str(read_card(card).get("sha256", ""))[:16]


@lru_cache(maxsize=2)
def _load(name, device):
    """Load a model."""
    from ..models import load

    return load(name, device=device)


def _busiest(source, frame):
    """The window of a frame with most contrast."""
    boxes = windows(source.shape[1:], WINDOW)
    if len(boxes) == 1:
        return source.read(frame)
    return max((source.read(frame, *window(box)) for box in boxes), key=np.std)
