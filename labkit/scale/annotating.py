"""Automatic annotation in blocks: what it reads off a whole image is fixed first.

`labkit.auto.annotate` reads five things off the whole image: the diameter, the grey
scale, the noise, how bright a rise must be, and the typical height of a nucleus. Here
the diameter is fixed for the whole source and the others for each plane, so that
blocks agree where they meet. The median area follows when all blocks are done.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..auto import (
    AutoParams,
    annotate,
    annotate_steps,
    diagnose,
    estimate_diameter,
    split_touching,
)
from ..auto.outline import heights, least_height, outline_objects
from ..auto.regions import keep
from ..auto.threshold import (
    WORKING_DIAMETER,
    above,
    compare,
    least_rise,
    relative_brightness,
    working_copy,
)
from ..checks import check_image
from .looking import frames_to_look_at, limits_of, windows

WINDOW = 1024  # px: side of what is looked at to find the diameter
SURVEY = 12  # diameters: least side of what is looked at to find the levels
LEAST = 512  # px


class Levels(NamedTuple):
    """What is the same in all blocks of a plane.

    Attributes
    ----------
    low, high : float
        Grey values that become 0 and 1.
    noise : float
        Standard deviation of the noise after the first blur, on that scale.
    rise : float
        Least rise above the surroundings of a pixel of a nucleus.
    height : float
        Least height of a nucleus.
    """

    low: float
    high: float
    noise: float
    rise: float
    height: float


@dataclass(frozen=True)
class Annotation:
    """Annotate the blocks of a source.

    Attributes
    ----------
    params : AutoParams
        With the diameter, see `with_diameter`.
    """

    params: AutoParams
    colour = False
    kind_of_levels = Levels

    def with_diameter(self, source):
        """Return the same with the diameter found in windows of a few frames.

        Raises
        ------
        ValueError
            If no nuclei are seen there.
        """
        if self.params.diameter:
            return self
        found = [
            estimate_diameter(source.read(frame, slice(r, r2), slice(c, c2)))
            for frame in frames_to_look_at(source.shape[0])
            for r, c, r2, c2 in windows(source.shape[1:], WINDOW)
        ]
        seen = [size for size in found if size]
        if not seen:
            raise ValueError(
                f"no nuclei seen in {len(found)} windows: is this the right channel, "
                f"are nuclei bright on dark? Else give the diameter"
            )
        diameter = round(float(np.median(seen)), 2)
        return self.at(diameter)

    def at(self, diameter):
        """Return the same with this diameter."""
        return Annotation(self.params.replace(diameter=diameter))

    @property
    def diameter(self):
        """Typical nucleus diameter, px."""
        return self.params.diameter

    @property
    def halo(self):
        """How far what lies around a nucleus matters, and its own size, px."""
        return int(np.ceil((3 * self.params.window + 1.5) * self.diameter))

    @property
    def align(self):
        """Blocks start at multiples of this, so that smaller copies fit, px."""
        factor = max(1, int(self.diameter // WORKING_DIAMETER))
        sigma = self.params.window * self.diameter / factor
        return factor * max(1, int(sigma // 3))

    @property
    def tolerance(self):
        """Keep areas within this fraction of the plane's median; None keeps all."""
        return self.params.area_tolerance

    def check(self, n_blocks):
        """Raise ValueError if the method cannot work block by block."""
        if n_blocks > 1 and self.params.method == "otsu":
            raise ValueError(
                "method 'otsu' has one threshold for a whole image and cannot work in "
                "blocks; choose 'local', or a block as large as the image"
            )

    def describe(self):
        """Everything that the result depends on, as plain values."""
        return {"work": "annotate", **vars(self.params)}

    def doubts(self, source, estimated):
        """What `labkit.auto.diagnose` says of a window in the middle of the source.

        Returns
        -------
        list of str
            Empty where that window has no nuclei.
        """
        frame, boxes = source.shape[0] // 2, windows(source.shape[1:], self._side)
        r, c, r2, c2 = boxes[len(boxes) // 2]
        image = check_image(source.read(frame, slice(r, r2), slice(c, c2)))
        steps = annotate_steps(image, self.params)
        notes = diagnose(image, steps) if steps.objects.any() else []
        if len(boxes) == source.shape[0] == 1:
            return notes
        return [f"in the middle of frame {frame}: {note}" for note in notes]

    def warm_up(self):
        """Nothing to load."""

    def whole(self, image):
        """Annotate a plane that is one block, as `labkit.auto.annotate` does."""
        return annotate(image, self.params)

    def survey(self, source, frame):
        """Read the levels of a plane off windows spread over it.

        Returns
        -------
        Levels
        """
        parts = [
            check_image(source.read(frame, slice(r, r2), slice(c, c2)))
            for r, c, r2, c2 in windows(source.shape[1:], self._side)
        ]
        low, high = limits_of(part[::2, ::2] for part in parts)
        size = self.diameter, self.params
        copies = [working_copy(_scaled(part, low, high), *size) for part in parts]
        noise = float(np.sqrt(np.mean([copy.noise**2 for copy in copies])))
        rises = np.concatenate([copy.rise[::4, ::4].ravel() for copy in copies])
        rise = float(least_rise(rises, noise, self.params))
        found = []
        for copy in copies:
            around = compare(copy, noise, rise, self.params)
            _, _, height, whole = heights(self._pieces(around), around)
            found.append(height[whole])
        least = float(least_height(np.concatenate(found), noise, self.params))
        return Levels(low, high, noise, rise, least)

    def block(self, image, levels, edges):
        """Annotate what one block sees, before the filter by area.

        Parameters
        ----------
        image : (H, W) array
        levels : Levels
        edges : tuple of bool
            Which sides (top, left, bottom, right) are the border of the plane.

        Returns
        -------
        (H, W) ndarray of int32
        """
        image = _scaled(check_image(image), levels.low, levels.high)
        copy = working_copy(image, self.diameter, self.params)
        around = compare(copy, levels.noise, levels.rise, self.params)
        least, pieces = levels.height, self._pieces(around)
        objects, areas = outline_objects(image, pieces, around, self.params, least)
        if self.params.clear_border:
            rims = (objects[0], objects[:, 0], objects[-1], objects[:, -1])
            for rim, at_border in zip(rims, edges, strict=True):
                areas[np.unique(rim) if at_border else []] = 0
        return keep(objects, areas > 0)

    @property
    def _side(self):
        """Side of what is looked at to find the levels, px."""
        return int(max(LEAST, SURVEY * self.diameter))

    def _pieces(self, around):
        """The foreground, cut where nuclei touch."""
        how = {"dent": self.params.dent, "brightness": relative_brightness(around)}
        return split_touching(above(around), around.diameter, **how)


def _scaled(image, low, high):
    """Image as float32 with two grey values at 0 and 1."""
    return (image.astype(np.float32) - np.float32(low)) / np.float32(high - low)
