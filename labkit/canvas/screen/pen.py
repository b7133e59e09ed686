"""What is drawn under the pointer."""

from typing import NamedTuple

import numpy as np

PEN_MODES = ("line", "box", "brush", "polygon", "pan", "none")


class Pen(NamedTuple):
    """What is drawn under the pointer.

    Attributes
    ----------
    mode : str
        "line" (freehand), "box" (rubber band), "brush" (a disc), "polygon" (rubber
        lines from `anchors` to the pointer), "pan" (drags move the picture) or
        "none".
    colour : str
        "#rrggbb".
    width : float
        Of lines, in screen pixels.
    size : float
        Diameter of the brush, in image pixels.
    anchors : sequence of (row, col)
        Image points.
    """

    mode: str = "line"
    colour: str = "#ffd400"
    width: float = 2.0
    size: float = 10.0
    anchors: tuple = ()

    def draw(self, canvas, points, viewport, ratio):
        """Draw a stroke that is under way, where the ink layer does not."""
        xy = (viewport.to_view(points) * ratio)[:, ::-1]
        canvas.reset_transform()
        canvas.set_line_dash([])
        canvas.stroke_style, canvas.line_join = self.colour, "round"
        brush = self.mode == "brush"
        width = self.size * viewport.zoom if brush else self.width
        canvas.line_width, canvas.global_alpha = width * ratio, 0.45 if brush else 1
        if self.mode == "box":
            (x, y), (right, bottom) = xy[0], xy[-1]
            canvas.stroke_rect(float(x), float(y), float(right - x), float(bottom - y))
        elif self.mode != "none":
            canvas.stroke_lines(np.ascontiguousarray(xy, np.float32))
        canvas.global_alpha = 1


def check_pen(pen):
    """Return a pen, or raise ValueError if its mode is unknown."""
    if pen.mode not in PEN_MODES:
        raise ValueError(f"pen mode {pen.mode!r} is not one of {PEN_MODES}")
    return pen
