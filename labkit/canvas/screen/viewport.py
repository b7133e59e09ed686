"""Which part of an image is seen, and how large: pure arithmetic, no widgets.

Image points are (row, col) in image pixels with pixel centres on integers; view
points are (row, col) in screen pixels from the upper left corner of the view.
"""

import numpy as np


class Viewport:
    """Maps an image to a view by a zoom and an offset, and keeps it in sight.

    An image that is larger than the view covers all of it; one that is smaller
    stands in the middle.

    Parameters
    ----------
    image_shape, view_shape : (int, int)
        Height and width: of the image in its pixels, of the view on the screen.

    Attributes
    ----------
    zoom : float
        Screen pixels per image pixel.
    offset : (2,) ndarray
        View point of the upper left corner of the image.

    Examples
    --------
    >>> view = Viewport((100, 200), (300, 400))
    >>> view.zoom
    2.0
    >>> view.to_view([(0, 0)])
    array([[51.,  1.]])
    """

    MAX_ZOOM = 40.0

    def __init__(self, image_shape, view_shape):
        self.image_shape = tuple(int(n) for n in image_shape[:2])
        self.view_shape = tuple(int(n) for n in view_shape)
        if min(self.image_shape + self.view_shape) < 1:
            raise ValueError(
                f"image and view must have at least one pixel, got shapes "
                f"{self.image_shape} and {self.view_shape}"
            )
        self.fit()

    @property
    def fit_zoom(self):
        """The zoom at which the whole image is just seen."""
        return float(np.min(np.divide(self.view_shape, self.image_shape)))

    @property
    def min_zoom(self):
        """The lowest zoom: the whole image, or 1 if that is less."""
        return min(self.fit_zoom, 1.0)

    @property
    def max_zoom(self):
        """The highest zoom."""
        return max(self.fit_zoom, self.MAX_ZOOM)

    def to_view(self, points):
        """Turn image points (n, 2) into view points."""
        return (np.asarray(points, float) + 0.5) * self.zoom + self.offset

    def to_image(self, points):
        """Turn view points (n, 2) into image points."""
        return (np.asarray(points, float) - self.offset) / self.zoom - 0.5

    def visible(self):
        """Lowest and highest (row, col) of the image that are seen."""
        corners = self.to_image([(0, 0), self.view_shape])
        last = np.array(self.image_shape) - 0.5
        return np.clip(corners[0], -0.5, last), np.clip(corners[1], -0.5, last)

    def fit(self):
        """Show the whole image."""
        self.zoom, self.offset = self.fit_zoom, np.zeros(2)
        self._keep_in_sight()

    def one_to_one(self):
        """Show each image pixel as one screen pixel; the middle stays there."""
        middle = np.array(self.view_shape) / 2
        self.zoom_at(middle, 1 / self.zoom)

    def zoom_at(self, point, factor):
        """Zoom by a factor; what is seen at a view point stays there."""
        point = np.asarray(point, float)
        old = self.zoom
        self.zoom = float(np.clip(old * factor, self.min_zoom, self.max_zoom))
        self.offset = point - (point - self.offset) * (self.zoom / old)
        self._keep_in_sight()

    def pan(self, d_rows, d_cols):
        """Move the picture by screen pixels."""
        self.offset = np.add(self.offset, (d_rows, d_cols))
        self._keep_in_sight()

    def centre_on(self, point):
        """Bring an image point to the middle of the view, as far as that goes."""
        middle = np.array(self.view_shape) / 2
        self.offset = self.offset + middle - self.to_view(point)
        self._keep_in_sight()

    def show(self, bounds, *, fill=0.4, max_zoom=8.0):
        """Zoom to a region and bring it to the middle.

        Parameters
        ----------
        bounds : ((row, col), (row, col))
            Lowest and highest image point of the region.
        fill : float
            Part of the view that it may take, 0..1.
        max_zoom : float
            So that the neighbours of a small object stay in sight.
        """
        low, high = np.asarray(bounds, float)
        room = np.array(self.view_shape) * fill
        zoom = min(float(np.min(room / np.maximum(high - low, 1))), max_zoom)
        self.zoom_at(self.to_view((low + high) / 2), zoom / self.zoom)
        self.centre_on((low + high) / 2)

    def resize(self, view_shape):
        """Change the size of the view; its middle shows what it showed before."""
        middle = self.to_image(np.array(self.view_shape) / 2)
        self.view_shape = tuple(int(n) for n in view_shape)
        self.zoom = float(np.clip(self.zoom, self.min_zoom, self.max_zoom))
        self.centre_on(middle)

    def _keep_in_sight(self):
        """Move the offset so that no room is left empty that need not be."""
        spare = np.array(self.view_shape) - self.zoom * np.array(self.image_shape)
        inside = np.clip(self.offset, np.minimum(spare, 0), 0)
        self.offset = np.where(spare >= 0, spare / 2, inside)
