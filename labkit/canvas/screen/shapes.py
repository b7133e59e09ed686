"""Outlines on a canvas: only those in sight, only the corners that can be seen."""

import itertools
import math
from typing import NamedTuple

import cv2
import numpy as np

_CROWD = 400  # outlines in sight from which on they get the thinnest, fastest lines


class Drawn(NamedTuple):
    """An outline and how it looks.

    Attributes
    ----------
    polygon : (n, 2) array_like
        Corners (row, col) in image pixels, not closed.
    colour : str
        "#rrggbb".
    width : float
        Of the line, in screen pixels at any zoom; 0 for none. Where hundreds are in
        sight, lines are as thin as the screen allows.
    fill : float
        How opaque its inside is, 0..1.
    dashed : bool
        Draw the line in dashes.
    """

    polygon: np.ndarray
    colour: str = "#ffd400"
    width: float = 2.0
    fill: float = 0.0
    dashed: bool = False


class _Outline:
    """A polygon as (x, y), with its bounds and thinner versions for lower zooms."""

    def __init__(self, polygon):
        self.polygon = polygon  # keeps the array, and so its id, alive
        corners = np.asarray(polygon, np.float32)
        self.points = np.ascontiguousarray(corners[:, ::-1])
        self.bounds = (*corners.min(axis=0), *corners.max(axis=0))
        self._thinned = {}

    def thinned(self, octave):
        """Return the corners that matter at zooms up to 2 ** octave."""
        if octave >= 3 or len(self.points) <= 4:
            return self.points
        if octave not in self._thinned:
            tolerance = 0.4 / 2.0**octave
            thin = cv2.approxPolyDP(self.points[:, None], tolerance, True)[:, 0]
            if len(thin) < 3:
                thin = self.points[:: max(len(self.points) // 4, 1)]
            self._thinned[octave] = thin
        return self._thinned[octave]


class Shapes:
    """A list of `Drawn`, ready to be drawn again and again.

    Polygons that were in the list before (the same arrays) are not looked at anew.
    """

    def __init__(self):
        self._outlines, self._styles = [], []
        self._known = {}
        self._bounds = np.zeros((0, 4), np.float32)

    def __len__(self):
        return len(self._outlines)

    def set(self, drawn):
        """Take another list."""
        drawn = [one for one in drawn if len(one.polygon)]
        before, self._known = self._known, {}
        for one in drawn:
            key = id(one.polygon)
            self._known[key] = before.get(key) or _Outline(one.polygon)
        self._outlines = [self._known[id(one.polygon)] for one in drawn]
        bounds = [outline.bounds for outline in self._outlines]
        self._bounds = np.array(bounds, np.float32).reshape(-1, 4)
        self._styles = [(float(one.width), bool(one.dashed)) for one in drawn]
        self._fills = np.array([one.fill for one in drawn], np.float32)
        self._colours = np.array([_rgb(one.colour) for one in drawn], np.uint8)

    def draw(self, canvas, viewport, ratio):
        """Draw on a canvas of `ratio` pixels per screen pixel what is in sight."""
        canvas.reset_transform()
        canvas.clear()
        seen = self._in_sight(viewport)
        if not len(seen):
            return
        scale = viewport.zoom * ratio
        top, left = viewport.to_view((0, 0)) * ratio
        canvas.set_transform(scale, 0, 0, scale, left, top)
        thinnest = 1 / ratio if len(seen) > _CROWD else np.inf
        canvas.line_join = "round" if thinnest == np.inf else "bevel"
        octave = math.ceil(math.log2(scale))
        points = {int(i): self._outlines[i].thinned(octave) for i in seen}
        filled = [i for i in points if self._fills[i] > 0]
        if filled:
            canvas.fill_styled_polygons(
                *self._batch(filled, points),
                alpha=np.ascontiguousarray(self._fills[filled]),
                points_per_polygon=_counts(filled, points),
            )
        by_style = sorted(points, key=lambda i: self._styles[i])
        for (width, dashed), group in itertools.groupby(
            by_style, key=lambda i: self._styles[i]
        ):
            if width > 0:
                canvas.line_width = min(width, thinnest) / viewport.zoom
                dashes = [5 / viewport.zoom, 4 / viewport.zoom] if dashed else []
                canvas.set_line_dash(dashes)
                group = list(group)
                canvas.stroke_styled_polygons(
                    *self._batch(group, points),
                    points_per_polygon=_counts(group, points),
                )

    def _in_sight(self, viewport):
        """Return the numbers of the outlines that reach into the view."""
        low, high = viewport.visible()
        room = 4 / viewport.zoom  # half a wide line
        top, left, bottom, right = self._bounds.T
        inside = (bottom >= low[0] - room) & (top <= high[0] + room)
        inside &= (right >= low[1] - room) & (left <= high[1] + room)
        return np.flatnonzero(inside)

    def _batch(self, chosen, points):
        """Return all corners in a row and the colours of some outlines."""
        return np.concatenate([points[i] for i in chosen]), self._colours[chosen]


def _counts(chosen, points):
    """Return how many corners each outline has."""
    return np.array([len(points[i]) for i in chosen], np.int32)


def _rgb(colour):
    """Return the three bytes of "#rrggbb"."""
    if len(colour) != 7 or colour[0] != "#":
        raise ValueError(f"a colour must look like #rrggbb, got {colour!r}")
    return tuple(bytes.fromhex(colour[1:]))
