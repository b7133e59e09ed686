"""The annotator: images in, objects out, in one widget."""

import ipywidgets as W
import numpy as np

from .. import assist
from .buttons import help_text
from .desk import Desk
from .easel import Easel
from .export_panel import ExportPanel
from .keys import key_map
from .moving import Moving
from .panels import ClassPanel, ObjectPanel, Toolbar, ViewPanel
from .screen import Screen, key_name
from .session import Session, warm_up
from .telling import Telling

BEGIN = "draw around a nucleus, or click it; ? shows all keys"


class Annotator(Moving, Telling):
    """Draw a rough line round a nucleus, get its contour, accept, next.

    Parameters
    ----------
    images : array, path, or list or dict of these
        (H, W), (H, W, 3), a movie (T, H, W), or files and folders of them.
    annotation : Annotation, labels, path, or list or dict of these, optional
        What to begin with, one for each image: an annotation, a label image to
        repair, or a file of one or of ImageJ's ROIs. Where a file of an earlier
        session is found, that goes on.
    folder : str or Path, optional
        Where annotations are written after each step, one ``.labkit`` file an
        image. By default ``annotations`` beside the first image file; arrays stay
        in memory if no folder is given.
    classes : sequence of str or ObjectClass
    method : str
        Of the suggestions, see `labkit.assist.METHODS`.
    model : str, UNetProb or None
        Network for the suggestions; None to do without.
    compare : labels, or list or dict of them, optional
        Another annotation or a prediction, drawn over ours with what differs.
    keys : dict of str to str, optional
        Other keys for actions, such as ``{"accept": "Space"}``.
    view_shape : (int, int)
        Height and width of the picture on the page, screen px.
    ink : bool
        Take the pointer in the browser; False for plain ipycanvas events.

    Attributes
    ----------
    widget : ipywidgets.VBox
        What is shown, to put beside other widgets.
    session : Session
        What can be done, for scripts: ``annotator.session.suggest(polygon)``.
    exporting : ExportPanel
    screen : Screen
    status : str
        The line under the picture.

    References
    ----------
    .. [1] Hollandi et al. (2020), AnnotatorJ, Mol. Biol. Cell 31: 2179-2186.
           https://doi.org/10.1091/mbc.E20-02-0156

    Examples
    --------
    >>> image = np.zeros((100, 100), np.uint8)
    >>> image[30:60, 30:60] = 200
    >>> annotator = lk.canvas.Annotator(image, model=None)
    >>> annotator.draw([(27, 27), (27, 63), (64, 64), (62, 25)])
    >>> annotator.press("Enter")
    >>> [round(one.area, -2) for one in annotator.annotation.objects()]
    [900.0]
    """

    def __init__(
        self,
        images,
        annotation=None,
        *,
        folder=None,
        classes=(),
        method="auto",
        model="nuclei",
        compare=None,
        keys=None,
        view_shape=(640, 768),
        ink=True,
    ):
        self.keys = key_map(keys)
        self._desk = desk = Desk(
            images,
            annotation,
            folder=folder,
            classes=classes,
            model=model,
            compare=compare,
        )
        self._seen = set()  # by `next_uncertain`
        self._busy = self._stale = False  # lists wait until the picture is drawn
        self.screen = Screen(view_shape, ink=ink)
        self.session = Session(desk.frames, desk.annotation, prob=desk.prob)
        self.session.use_method(method)
        self._easel = Easel(self.screen, self.session)
        self.widget = W.VBox(self._parts(view_shape))
        self.widget.add_class("labkit-annotator")
        self._listen()
        warm_up()
        self._show_all()

    # By name what hands do

    def draw(self, points, *, shift=False, alt=False):
        """Draw a stroke with the tool in use; one point (row, col) is a click."""
        self.screen.send_stroke(np.reshape(points, (-1, 2)), (shift, False, alt))

    def press(self, key):
        """Press a key."""
        self.screen.send_key(key)

    def do(self, name):
        """Do what a button does; what cannot be done is told in the status line."""
        self._try(self._act, name)

    # What there is

    @property
    def annotation(self):
        """The annotation of the image that is open."""
        return self._desk.annotation

    @property
    def annotations(self):
        """Annotations of all images that have been open, by name."""
        return dict(self._desk.annotations)

    @property
    def labels(self):
        """Label image of the frame that is open, (H, W) int32."""
        return self.annotation.labels(self.session.frame)

    def close(self):
        """Stop what is being computed and close the widget."""
        self._desk.close()
        self.widget.close()

    # Inside

    def _parts(self, view_shape):
        """Make the widgets, from top to bottom."""
        self._toolbar = Toolbar(self.do, list(assist.METHODS))
        self._view, self._class_panel = ViewPanel(self.do), ClassPanel(self.do)
        self._objects = ObjectPanel(self.do)
        self._status, self._text = W.HTML(), ""
        self._help = W.HTML(help_text(self.keys), layout={"display": "none"})
        self._trouble = W.Output()
        side = W.VBox([self._view, self._class_panel, self._objects])
        for panel in side.children:
            panel.layout.flex = "0 0 auto"  # where there is no room, scroll
        side.layout = W.Layout(
            flex="0 0 260px",
            max_height=f"{view_shape[0]}px",
            overflow="hidden auto",
            padding="0 0 0 10px",
        )
        body = W.HBox([self.screen.widget, side], layout={"flex_flow": "row wrap"})
        self.exporting = ExportPanel(self._desk.items, self._desk.folder or "exported")
        self.exporting.layout.display = "none"
        beside = [self._status, self.exporting, self._trouble]
        return [self._toolbar, self._help, body, *beside]

    def _listen(self):
        """Connect the screen and the session."""
        screen, session = self.screen, self.session
        screen.hotkeys, screen.hover = list(self.keys), True
        screen.on_stroke(self._stroke)
        screen.on_double(lambda *clicked: self._try(session.double, *clicked))
        screen.on_key(lambda key, held: self.do(self.keys[key_name(key, held)]))
        screen.on_hover(self._hover)
        screen.on_wheel(self._wheel)
        screen.on_error(self._show_trouble)
        session.listeners.append(self._changed)

    def _stroke(self, points, modifiers, button):
        """Hand a stroke of the main button to the tool."""
        if button == 0:
            self.session.zoom = self.screen.viewport.zoom
            self._try(self.session.stroke, points, modifiers)

    def _wheel(self, point, steps, modifiers):
        """Change the size of the brush."""
        self.do("larger_brush" if steps > 0 else "smaller_brush")

    def _try(self, function, *args):
        """Call what may say that it cannot; draw once, first the picture."""
        self._busy, self._stale = True, False
        try:
            with self.screen.hold():
                self._attempt(function, *args)
                self.screen.flush()
        finally:
            self._busy = False
        if self._stale:
            self._show_panels()

    def _attempt(self, function, *args):
        """Call a function; tell in the status line what it could not do."""
        try:
            function(*args)
        except (ValueError, OSError) as error:
            self._draw()
            self._stale = True
            self.say(str(error), error=True)

    def _act(self, name):
        """Do what a key or button means, such as "accept" or "class:2"."""
        session, (kind, _, value) = self.session, name.partition(":")
        known = {
            "tool": session.use,
            "class": lambda number: session.set_class(int(number)),
            "add class": session.add_class,
            "method": session.use_method,
            "brush": lambda radius: session.set_brush(float(radius)),
            "look": lambda ids: self.look_at([int(i) for i in ids.split(",")]),
            "image": lambda index: self.open(int(index)),
            "frame": lambda frame: self.turn_to(int(frame)),
            "fill": lambda fill: self.change_look(fill=float(fill)),
            "contrast": lambda _: self._show_image(),
            "objects by": lambda _: self._objects.refresh(session),
        }
        if kind in known:
            known[kind](value)
        elif hasattr(session, name):
            session.act(name)
        else:
            getattr(self, name)()

    def _changed(self, what, text):
        """Follow the session."""
        if what == "frame":
            self._show_all()
            return
        if what in ("objects", "classes", "class map"):
            self._easel.show_paint()
            self._draw()
        else:
            self._easel.draw_front()
        if what in ("objects", "classes", "selection"):
            self._stale = True
            if not self._busy:
                self._show_panels()
        if what == "tool":
            self._toolbar.refresh(self.session)
        self._easel.set_pen()
        compared = self._easel.comparison if what == "objects" else ""
        if text or compared:
            self.say(" · ".join(filter(None, (text, compared))))

    def _draw(self):
        """Draw the objects and what is being worked on."""
        self._easel.draw(self._desk.other(self.session.frame))

    def _show_all(self):
        """Show an image that was just opened."""
        with self.screen.hold():
            self._show_image()
            self._draw()
            self._show_panels()
            self._toolbar.refresh(self.session)
            self._easel.set_pen()
        frames = len(self._desk.frames)
        where = f", frame {self.session.frame + 1} of {frames}" if frames > 1 else ""
        resumed = " · going on where it was left" if self._desk.resumed else ""
        compared = f" · {self._easel.comparison}" if self._easel.comparison else ""
        begin = "" if resumed or compared or len(self.annotation) else f" · {BEGIN}"
        self.say(f"{self._desk.name}{where}{resumed}{compared}{begin}")

    def _show_image(self):
        """Show the pixels with the contrast of the sliders."""
        self._easel.contrast = self._view.chosen_contrast()
        self._easel.show_image()

    def _show_panels(self):
        """Fill the lists at the side."""
        self._view.refresh(self._desk.listed(), self._desk.index, self.session)
        self._class_panel.refresh(self.session)
        self._objects.refresh(self.session)
