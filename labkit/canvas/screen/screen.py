"""An image with outlines on it, to look at and to draw on, in a notebook.

ipycanvas draws; `ink.js` takes the pointer, the wheel and the keys. `Screen` knows
nothing of annotation: it shows what it is given and tells what the user did.
"""

import contextlib

import ipycanvas
import ipywidgets
import numpy as np

from .events import check_hotkeys
from .inputs import Inputs
from .pen import Pen, check_pen
from .picture import Picture, check_display, held
from .plain import PlainInput
from .shapes import Shapes
from .viewport import Viewport

_IMAGE, _SHAPES, _FRONT = range(3)  # the layers


class Screen(Inputs):
    """A picture that can be zoomed and drawn on.

    Parameters
    ----------
    view_shape : (int, int)
        Height and width on the page, in screen pixels.
    ink : bool
        Take input in the browser (needs anywidget), or by ipycanvas' own events.

    Attributes
    ----------
    widget : ipywidgets.GridBox
        What to display. Keys work while the focus is anywhere inside the closest
        parent of CSS class "labkit-annotator", or inside the picture if there is
        none.
    viewport : Viewport
        What is seen. Call `redraw` after changing it.
    ink : bool
        Which of the two inputs it is.

    Examples
    --------
    >>> screen = lk.canvas.Screen((300, 400))
    >>> screen.set_image(np.zeros((200, 200), np.uint8))
    >>> strokes = []
    >>> _ = screen.on_stroke(lambda points, *more: strokes.append(points))
    >>> screen.send_stroke([(10, 10), (10, 30), (30, 30)])
    >>> strokes[0].shape
    (3, 2)
    """

    def __init__(self, view_shape=(640, 768), *, ink=True):
        super().__init__()
        height, width = view_shape
        self.ratio, self._ready, self._busy, self._holds = 1.0, False, False, 0
        self._dirty, self._error = set(), ""
        self.pen, self._hotkeys = Pen(), []
        self.viewport = Viewport(view_shape, view_shape)
        self._picture = Picture(np.zeros(view_shape, np.uint8))
        self._shapes, self._front = Shapes(), Shapes()
        self.canvas = ipycanvas.MultiCanvas(3, width=width, height=height)
        self.canvas.on_client_ready(lambda: self._guarded(self._new_client))
        self._ink = _make_ink(self, view_shape) if ink else None
        self.ink = self._ink is not None
        if not self.ink:
            self._plain = PlainInput(self, self.canvas)
        layers = [self.canvas, self._ink] if self.ink else [self.canvas]
        self.widget = ipywidgets.GridBox(layers)
        self.widget.add_class("labkit-screen")
        self._lay_out()

    # ---- what is shown
    def set_image(self, display):
        """Show another image; zoom and place stay if it has the same shape.

        Parameters
        ----------
        display : (H, W) or (H, W, 3) array_like of uint8
            Grey or RGB, contrast already stretched.
        """
        display = check_display(display)
        with self.hold():
            if display.shape[:2] != self.viewport.image_shape:
                self.viewport = Viewport(display.shape[:2], self.viewport.view_shape)
                self._dirty |= {_SHAPES, _FRONT}
            self._picture.set(display)
            self._dirty.add(_IMAGE)

    def set_patch(self, display, origin):
        """Replace a part of the image whose first pixel is `origin` (row, col)."""
        display = check_display(display)
        low, high = np.array(origin), np.array(origin) + display.shape[:2]
        if (low < 0).any() or (high > self._picture.shape).any():
            raise ValueError(
                f"the patch from {tuple(low)} to {tuple(high)} leaves the image of "
                f"shape {self._picture.shape}; cut it off"
            )
        with self.lock, held() if self._ready else contextlib.nullcontext():
            self._picture.patch(display, origin)
        self._changed(_IMAGE)

    def set_shapes(self, drawn):
        """Show a list of `Drawn`: the committed objects."""
        self._shapes.set(drawn)
        self._changed(_SHAPES)

    def set_front(self, drawn):
        """Show a list of `Drawn` on top: the suggestion, what is selected."""
        self._front.set(drawn)
        self._changed(_FRONT)

    def set_pen(self, mode=None, **changes):
        """Change what is drawn under the pointer: the fields of `Pen` by name."""
        changes |= {"mode": mode} if mode is not None else {}
        self.pen = pen = check_pen(self.pen._replace(**changes))
        if self._ink:
            with self._ink.hold_sync():
                self._ink.mode, self._ink.colour = pen.mode, pen.colour
                self._ink.line_width, self._ink.size = float(pen.width), float(pen.size)
                self._ink.anchors = np.asarray(pen.anchors, float).tolist()

    def resize(self, view_shape):
        """Change the height and width on the page; the middle stays in the middle."""
        with self.hold():
            self.viewport.resize(view_shape)
            self._lay_out()
            self._dirty |= {_IMAGE, _SHAPES, _FRONT}

    @property
    def hotkeys(self):
        """The keys that are taken, such as "a", "Shift+a", "Ctrl+z", "Escape", "?".

        Names are those of `key_name`. Keys that the browser needs (Tab, F5, Ctrl+s)
        are refused. All others keep their meaning.
        """
        return list(self._hotkeys)

    @hotkeys.setter
    def hotkeys(self, names):
        self._hotkeys = check_hotkeys(names)
        if self._ink:
            self._ink.hotkeys = self._hotkeys

    @property
    def hover(self):
        """Whether `on_hover` is told where the pointer is (never without ink)."""
        return bool(self._ink and self._ink.hover)

    @hover.setter
    def hover(self, on):
        if self._ink:
            self._ink.hover = bool(on)

    @property
    def busy(self):
        """Whether the pointer shows that something is being computed."""
        return self._busy

    @busy.setter
    def busy(self, on):
        self._busy = bool(on)
        if self._ink:
            self._ink.cursor = "progress" if on else "crosshair"

    # ---- drawing
    @contextlib.contextmanager
    def hold(self):
        """Draw once at the end of the block; callbacks are held of themselves."""
        with self.lock:
            self._holds += 1
            try:
                yield
            finally:
                self._holds -= 1
                if not self._holds:
                    self._flush()

    def redraw(self):
        """Draw everything now, after a change of `viewport` for instance."""
        with self.lock:
            self._dirty |= {_IMAGE, _SHAPES, _FRONT}
            self._flush()

    def flush(self):
        """Draw now what has changed, before a block of `hold` ends."""
        with self.lock:
            self._flush()

    def draw_live(self, points):
        """Draw the line under the pointer from here, where there is no ink."""
        with self.lock:
            if not self._ready:
                return
            with held():
                self._draw_front()
                if len(points) > 1:
                    self.pen.draw(
                        self.canvas[_FRONT], points, self.viewport, self.ratio
                    )

    def _changed(self, layer):
        """Note that a layer must be drawn anew."""
        with self.hold():
            self._dirty.add(layer)

    def _flush(self):
        """Draw the layers that have changed, in one message."""
        dirty, self._dirty = self._dirty, set()
        if not dirty or not self._ready:
            return
        with held():
            if _IMAGE in dirty:
                self._picture.draw(self.canvas[_IMAGE], self.viewport, self.ratio)
            if _SHAPES in dirty:
                self._shapes.draw(self.canvas[_SHAPES], self.viewport, self.ratio)
            if _FRONT in dirty:
                self._draw_front()
        self._tell_view()

    def _draw_front(self):
        """Draw the top layer, and an error that nobody listens for."""
        canvas = self.canvas[_FRONT]
        self._front.draw(canvas, self.viewport, self.ratio)
        if self._error:
            canvas.set_transform(self.ratio, 0, 0, self.ratio, 0, 0)
            canvas.fill_style, canvas.font = "#d55e00", "bold 13px sans-serif"
            canvas.fill_text(self._error, 8, 18)

    def _tell_view(self):
        """Tell the ink where the image is."""
        if self._ink:
            top, left = self.viewport.offset.tolist()
            self._ink.view = [self.viewport.zoom, top, left]

    def _lay_out(self):
        """Give the widgets the size of the view."""
        height, width = self.viewport.view_shape
        for widget in self.widget.children:
            widget.layout.grid_area = "1 / 1"
            widget.layout.width, widget.layout.height = f"{width}px", f"{height}px"
        grid = self.widget.layout
        grid.grid_template_columns, grid.grid_template_rows = (
            f"{width}px",
            f"{height}px",
        )
        grid.width, grid.height, grid.overflow = f"{width}px", f"{height}px", "hidden"
        self.canvas.width = round(width * self.ratio)
        self.canvas.height = round(height * self.ratio)
        if self._ink:
            self._ink.shape = [height, width]

    def _new_client(self):
        """Draw all for a page that has just been opened or loaded again."""
        self._ready = True
        self._picture.forget()
        self.redraw()

    def _set_ratio(self, ratio):
        """Give the canvases as many pixels as the display has."""
        if ratio != self.ratio and 0.5 <= ratio <= 4:
            self.ratio = ratio
            self._lay_out()
            self.redraw()

    def _show_error(self, text):
        """Write the last line of an error on the picture if nobody listens."""
        if not self._callbacks["error"]:
            self._error = text.strip().splitlines()[-1]
            self._dirty.add(_FRONT)


def _make_ink(screen, view_shape):
    """Return the ink layer, or None where anywidget is not installed."""
    try:
        from .ink import Ink
    except ImportError:
        return None
    pen = screen.pen
    looks = {"mode": pen.mode, "colour": pen.colour, "line_width": pen.width}
    return Ink(screen, shape=list(view_shape), size=pen.size, **looks)
