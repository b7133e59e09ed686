"""Buttons, lists and sliders round the picture. They call back; they decide nothing."""

import contextlib

import ipywidgets as W
import numpy as np

from ..objects import ObjectClass
from .buttons import button, title
from .display import Contrast
from .keys import TOOLS

_BARS = (
    ("accept", "reject", "next_option", "invert", "refine"),
    ("undo", "redo", "merge", "smooth", "grow", "shrink"),
    ("fit", "one_to_one", "toggle_export", "toggle_help"),
)
MAX_ROWS = 2000
_STYLE = ".labkit-objects select { font: 11px monospace; }"
_ORDERS = {
    "id": lambda one: one.id,
    "area": lambda one: one.area,
    "score": lambda one: one.score if np.isfinite(one.score) else 2.0,
}


class Toolbar(W.VBox):
    """Tools, switches and actions; ``do(name)`` is called for each press."""

    def __init__(self, do, methods):
        self._do, self._quiet = do, False
        self.tool = W.ToggleButtons(
            options=[tool.name for tool in TOOLS],
            tooltips=[f"{tool.help} ({tool.keys[0]})" for tool in TOOLS],
            style={"button_width": "auto"},
        )
        self.assist = W.ToggleButton(
            description="assist", tooltip="suggest a contour for what is drawn (a)"
        )
        self.assist.layout.width = "64px"
        self.erase = W.ToggleButton(
            description="erase", tooltip="brush and paint take away (Shift+e)"
        )
        self.erase.layout.width = "58px"
        self.method = W.Dropdown(options=methods, layout={"width": "104px"})
        self.brush = W.FloatSlider(
            value=5, min=0.5, max=60, step=0.5, readout_format=".1f"
        )
        self.brush.description, self.brush.tooltip = "brush", "radius of the brush, px"
        self.brush.style.description_width, self.brush.layout.width = "38px", "232px"
        self.tool.observe(lambda c: self._pressed(f"tool:{c.new}"), "value")
        self.assist.observe(lambda c: self._pressed("toggle_assist"), "value")
        self.erase.observe(lambda c: self._pressed("toggle_erase"), "value")
        self.method.observe(lambda c: self._pressed(f"method:{c.new}"), "value")
        self.brush.observe(lambda c: self._pressed(f"brush:{c.new}"), "value")
        groups = [
            W.HBox([button(name, self._pressed) for name in bar]) for bar in _BARS
        ]
        for group in groups:
            group.layout.margin = "0 10px 0 0"
        super().__init__(
            [
                W.HBox([self.tool, self.assist, self.method, self.brush, self.erase]),
                W.HBox(groups),
            ]
        )
        for row in self.children:
            row.layout.flex_flow = "row wrap"

    def refresh(self, session):
        """Show the state of a session."""
        with self._silent():
            self.tool.value = session.tool
            self.assist.value = session.assisted
            self.assist.button_style = "success" if session.assisted else ""
            self.erase.value = session.erasing
            self.method.value = session.method
            self.brush.value = session.brush_radius

    def _pressed(self, name):
        """Pass a press on, unless it only shows the state."""
        if not self._quiet:
            self._do(name)

    @contextlib.contextmanager
    def _silent(self):
        """Change widgets without calling back."""
        self._quiet = True
        try:
            yield
        finally:
            self._quiet = False


class ClassPanel(W.VBox):
    """One button a class, and a field for a new one."""

    def __init__(self, do):
        self._do, self._shown = do, None
        self.name = W.Text(placeholder="new class, Enter adds", layout={"width": "96%"})
        self.name.continuous_update = False
        self.name.observe(self._typed, "value")
        self.buttons = W.VBox([])
        super().__init__([title("classes"), self.buttons, self.name])

    def refresh(self, session):
        """Show the classes, how many objects each has, and the one in use."""
        classes = [ObjectClass(0, "none", "#444444"), *session.annotation.classes]
        if classes != self._shown:
            self._shown = classes
            self.buttons.children = [self._row(one) for one in classes]
        ids = [one.class_id for one in session.annotation.objects()]
        for row, one in zip(self.buttons.children, classes, strict=True):
            in_use = one.id == session.class_id
            count = ids.count(one.id)
            row.description = f"{'▸ ' * in_use}{one.id}  {one.name} ({count})"
            row.style.font_weight = "bold" if in_use else "normal"

    def _row(self, one):
        """The button of one class."""
        row = W.Button(
            tooltip=f"use this class, and put what is chosen into it ({one.id})"
        )
        row.layout.width, row.layout.border_left = "96%", f"6px solid {one.colour}"
        row.on_click(lambda _: self._do(f"class:{one.id}"))
        return row

    def _typed(self, change):
        """Add a class by its name."""
        if change.new.strip():
            self._do(f"add class:{change.new.strip()}")
            self.name.value = ""


class ObjectPanel(W.VBox):
    """The list of objects: click one to see it."""

    def __init__(self, do):
        self._do, self._quiet = do, False
        self.order = W.Dropdown(
            options=["id", "area", "score"], layout={"width": "96%"}
        )
        self.order.description, self.order.style.description_width = "by", "20px"
        self.list = W.SelectMultiple(rows=9, layout={"width": "96%"})
        self.list.add_class("labkit-objects")
        style = W.HTML(f"<style>{_STYLE}</style>")
        self.title = title("objects")
        self.list.observe(self._chosen, "value")
        self.order.observe(lambda _: do("objects by"), "value")
        super().__init__([self.title, self.order, self.list, style])

    def refresh(self, session):
        """Show the objects of the frame and which are chosen."""
        objects = session.annotation.objects(session.frame)
        rows = sorted(objects, key=_ORDERS[self.order.value])
        more = f", the first {MAX_ROWS} listed" if len(rows) > MAX_ROWS else ""
        self.title.value = title(f"objects ({len(rows)}{more})").value
        names = {c.id: c.name for c in session.annotation.classes}
        options = [(_describe(one, names), one.id) for one in rows[:MAX_ROWS]]
        self._quiet = True
        if options != list(self.list.options):
            self.list.value = ()
            self.list.options = options
        listed = {number for _, number in options}
        self.list.value = tuple(i for i in session.selected if i in listed)
        self._quiet = False

    def _chosen(self, change):
        """Choose what was clicked."""
        if not self._quiet and change.new:
            self._do("look:" + ",".join(map(str, change.new)))


class ViewPanel(W.VBox):
    """Images, frames, and how they are shown."""

    def __init__(self, do):
        self._do, self._quiet = do, False
        wide = {"width": "96%"}
        self.images = W.Dropdown(options=[], layout=wide)
        self.frame = W.IntSlider(min=1, max=2, layout=wide, continuous_update=False)
        self.contrast = W.FloatRangeSlider(
            value=(0.5, 99.8),
            min=0,
            max=100,
            step=0.1,
            layout=wide,
            readout_format=".1f",
        )
        self.gamma = W.FloatSlider(value=1, min=0.3, max=2, step=0.05, layout=wide)
        self.channel = W.Dropdown(options=["all", "red", "green", "blue"], layout=wide)
        self.inverted = W.Checkbox(description="dark on bright", indent=False)
        self.fill = W.FloatSlider(value=0, min=0, max=0.6, step=0.05, layout=wide)
        named = {"frame": self.frame, "contrast": self.contrast, "gamma": self.gamma}
        for name, slider in {
            **named,
            "channel": self.channel,
            "fill": self.fill,
        }.items():
            slider.description, slider.style.description_width = name, "54px"
        for widget in (self.contrast, self.gamma, self.channel, self.inverted):
            widget.observe(lambda _: self._pressed("contrast"), "value")
        self.fill.observe(lambda c: self._pressed(f"fill:{c.new}"), "value")
        self.images.observe(lambda c: self._pressed(f"image:{c.new}"), "value")
        self.frame.observe(lambda c: self._pressed(f"frame:{c.new - 1}"), "value")
        names = ("previous_image", "next_image", "toggle_done", "next_uncertain")
        steps = W.HBox([button(name, do) for name in names])
        self.movie = W.HBox([button("copy_to_next_frame", do)])
        shown = (self.contrast, self.gamma, self.channel, self.inverted, self.fill)
        super().__init__(
            [*(title("image"), self.images, steps, self.frame, self.movie), *shown]
        )

    def chosen_contrast(self):
        """What the sliders say, as `labkit.canvas.display.Contrast`."""
        low, high = self.contrast.value
        channel = self.channel.options.index(self.channel.value) - 1
        return Contrast(
            low,
            max(high, low + 0.1),
            self.gamma.value,
            None if channel < 0 else channel,
            self.inverted.value,
        )

    def refresh(self, names, index, session):
        """Show the list of images, the frame and the channels there are."""
        n_frames = session.annotation.n_frames
        self._quiet = True
        options = [(name, i) for i, name in enumerate(names)]
        if options != list(self.images.options):
            self.images.options = options
        self.images.value = index
        self.frame.max = max(n_frames, 2)
        self.frame.value = session.frame + 1
        for widget, there in (
            (self.frame, n_frames > 1),
            (self.movie, n_frames > 1),
            (self.channel, session.image.ndim == 3),
        ):
            widget.layout.display = "" if there else "none"
        self._quiet = False

    def _pressed(self, name):
        """Pass a change on, unless it only shows the state."""
        if not self._quiet:
            self._do(name)


def _describe(one, names):
    """One line of the list."""
    parts = [f"{one.id:>5}", f"{one.area:>7.0f} px", names.get(one.class_id, "")]
    if np.isfinite(one.score):
        parts.append(f"{one.score:.2f}")
    parts.append(one.source + (" ✎" if one.edited else ""))
    return " ".join(part for part in parts if part)
