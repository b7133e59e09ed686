"""Draws the work on the screen: image, painted classes, objects, suggestion."""

import dataclasses

import cv2
import numpy as np

from ..objects import mask_box
from .display import Contrast, to_display
from .look import Look, committed, compared, front

_PENS = {
    "draw": "line",
    "polygon": "polygon",
    "box": "box",
    "brush": "brush",
    "split": "line",
    "select": "box",
    "paint": "brush",
    "move": "pan",
}
_PAINT = 0.4  # how much of the image painted classes cover


class Easel:
    """What is seen of a session, and how.

    Parameters
    ----------
    screen : Screen
    session : Session

    Attributes
    ----------
    look : Look
    contrast : Contrast
    comparison : str
        What comparing has found, "" if nothing is compared.
    """

    def __init__(self, screen, session):
        self.screen, self.session = screen, session
        self.look, self.contrast, self.comparison = Look(), Contrast(), ""
        self._display = self._painted = self._colours = None

    def show_image(self):
        """Show the pixels, with the classes that are painted over them."""
        self._display = to_display(self.session.image, self.contrast)
        self._painted, self._colours = self._paint()
        whole = tuple(slice(0, n) for n in self._display.shape[:2])
        blended = self._display if self._painted is None else self._blended(whole)
        self.screen.set_image(blended)

    def show_paint(self):
        """Show the painted classes where they have changed."""
        painted, colours = self._paint()
        if painted is None and self._painted is None:
            return
        if painted is not None and (colours != self._colours).any():
            self.show_image()
            return
        nothing = np.zeros(self._display.shape[:2], np.uint8)
        before = nothing if self._painted is None else self._painted
        self._painted = nothing if painted is None else painted
        changed = self._painted != before
        if changed.any():
            part = mask_box(changed)
            self.screen.set_patch(self._blended(part), [one.start for one in part])

    def draw(self, other=None):
        """Draw the objects, or what differs from `other`, and what is being worked on.

        Parameters
        ----------
        other : (H, W) ndarray of int, optional
            Labels to compare with.
        """
        if other is not None and self.look.compare:
            shapes, self.comparison = compared(self.session, other)
        else:
            shapes, self.comparison = committed(self.session, self.look), ""
        self.screen.set_shapes(shapes)
        self.draw_front()

    def draw_front(self):
        """Draw what is being worked on."""
        self.screen.set_front(front(self.session, self.look))

    def set_pen(self):
        """Show under the pointer what the tool will do."""
        corners = self.session.corners
        self.screen.set_pen(
            _PENS[self.session.tool],
            size=2 * self.session.brush_radius,
            anchors=(corners[0], corners[-1]) if corners else (),
        )

    def change(self, **look):
        """Show objects in another way: fields of `Look`."""
        self.look = dataclasses.replace(self.look, **look)

    def snapshot(self, max_side=640):
        """Return image and outlines as an RGB picture, (h, w, 3) uint8.

        Parameters
        ----------
        max_side : int
            Its longer side, px; a smaller image is not enlarged.
        """
        picture = self._display
        factor = min(1.0, max_side / max(picture.shape[:2]))
        picture = cv2.resize(
            picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA
        )
        if picture.ndim == 2:
            picture = np.repeat(picture[..., None], 3, axis=2)
        for one in committed(self.session, Look()):
            xy = np.round((one.polygon[:, ::-1] + 0.5) * factor - 0.5).astype(np.int32)
            colour = tuple(bytes.fromhex(one.colour[1:]))
            cv2.polylines(picture, [xy[:, None]], True, colour, 1, cv2.LINE_AA)
        return picture

    def _paint(self):
        """The class map, None if nothing is painted, and the colour of each class."""
        annotation = self.session.annotation
        colours = np.zeros((256, 3), np.uint8)
        for one in annotation.classes:
            colours[one.id] = tuple(bytes.fromhex(one.colour[1:]))
        painted = annotation.class_map(self.session.frame)
        return (painted if painted.any() else None), colours

    def _blended(self, part):
        """A part of the picture with the painted classes over it."""
        picture, painted = self._display[part], self._painted[part]
        if picture.ndim == 2:
            picture = np.repeat(picture[..., None], 3, axis=2)
        colours = self._colours[painted]
        over = cv2.addWeighted(picture, 1 - _PAINT, colours, _PAINT, 0)
        return np.where((painted > 0)[..., None], over, picture)
