"""A picture in which one points, by the mouse or by the arrow keys."""

from pathlib import Path

import anywidget
import ipywidgets
import traitlets


class PointPicture(anywidget.AnyWidget):
    """A JPEG with a place in it; see `point.js` for what the browser does.

    Attributes
    ----------
    value : bytes
        The picture.
    size : list of int
        Rows and columns of the image that it shows, px.
    point : list of int
        Row and column of the place, empty before the first one.
    """

    _esm = Path(__file__).with_name("point.js")

    value = traitlets.Bytes().tag(sync=True)
    size = traitlets.List([1, 1]).tag(sync=True)
    point = traitlets.List([]).tag(sync=True)

    def __init__(self, shape, **traits):
        layout = ipywidgets.Layout(width="49.5%", margin="2px")
        super().__init__(size=list(shape[:2]), layout=layout, **traits)
