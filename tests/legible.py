"""What cannot be read in a figure: too small, cut off, covered, pale, or not named."""

from itertools import combinations

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.text import Text

COLUMN = 900  # px: what a notebook page shows of a figure without shrinking it
SMALLEST = 7.0  # pt
CONTRAST = 4.5  # of text and paper, as WCAG 2.2 asks of small text


def problems(figure):
    """Return what cannot be read in a matplotlib figure, one sentence each."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    shrunk = min(1.0, COLUMN / canvas.get_width_height()[0])
    boxes = {
        id(t): (t, t.get_window_extent(canvas.get_renderer())) for t in _texts(figure)
    }
    return [
        *_small(boxes.values(), shrunk),
        *_cut_off(boxes.values(), figure.bbox),
        *_covered(boxes.values()),
        *_pale(boxes.values()),
        *_hidden_data(figure),
        *_not_named(figure),
    ]


def _texts(figure):
    """Yield all texts of a figure that are seen."""
    hidden = {
        id(text)
        for axes in figure.axes
        for axis in _axes_of(axes)
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks())
        for text in (tick.label1, tick.label2)
        if not _is_drawn(axes, axis, tick)
    }
    for text in figure.findobj(Text):
        seen = text.get_visible() and text.get_text().strip() and id(text) not in hidden
        if seen and (text.axes is None or _is_on(text)):
            yield text


def _axes_of(axes):
    return [axis for _, axis in axes._axis_map.items()]


def _is_drawn(axes, axis, tick):
    """Whether a tick lies in the part of its axis that is shown."""
    low, high = sorted(axis.get_view_interval())
    room = 1e-6 * (high - low)
    return (
        axes.axison
        and axis.get_visible()
        and low - room <= tick.get_loc() <= high + room
    )


def _is_on(text):
    """Whether the label of an axis is seen: not if the axis is hidden."""
    axes = text.axes
    labels = {id(axis.label): axis for axis in _axes_of(axes)}
    axis = labels.get(id(text))
    return axis is None or (axes.axison and axis.get_visible())


def _small(boxes, shrunk):
    for text, _ in boxes:
        size = text.get_fontsize() * shrunk
        if size < SMALLEST:
            yield f"{text.get_text()!r} is shown in {size:.1f} pt"


def _cut_off(boxes, page):
    for text, box in boxes:
        if not (
            page.x0 - 1 <= box.x0
            and box.x1 <= page.x1 + 1
            and page.y0 - 1 <= box.y0
            and box.y1 <= page.y1 + 1
        ):
            yield f"{text.get_text()!r} is cut off"


def _covered(boxes):
    for (one, a), (other, b) in combinations(boxes, 2):
        wide = min(a.x1, b.x1) - max(a.x0, b.x0)
        high = min(a.y1, b.y1) - max(a.y0, b.y0)
        if wide > 1 and high > 1:
            yield f"{one.get_text()!r} and {other.get_text()!r} overlap"


def _pale(boxes):
    for text, _ in boxes:
        light = _luminance(text.get_color())
        if (1 + 0.05) / (light + 0.05) < CONTRAST:
            yield f"{text.get_text()!r} is pale: {text.get_color()}"


def _luminance(colour):
    """Relative luminance, as WCAG 2.2 defines it."""
    c = np.array(to_rgb(colour))
    light = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    return light @ (0.2126, 0.7152, 0.0722)


def _hidden_data(figure):
    """Lines and bars that run under a legend."""
    for axes in figure.axes:
        if axes.get_legend():
            box = axes.get_legend().get_window_extent().padded(-1)
            lines = [one for one in axes.lines if one.get_transform() == axes.transData]
            paths = [one.get_path().transformed(axes.transData) for one in lines]
            bars = [one.get_window_extent() for one in axes.patches]
            bars = [bar for bar in bars if bar.height < 0.99 * axes.bbox.height]
            if any(path.intersects_bbox(box, filled=False) for path in paths) or any(
                box.overlaps(bar) for bar in bars if bar.height
            ):
                yield f"the legend of {axes.get_title()!r} covers data"


def _not_named(figure):
    """Axes with data but no words: none of its own, none to its left."""
    named = [axes for axes in figure.axes if _is_named(axes)]
    for axes in figure.axes:
        beside = [a for a in named if abs(a.bbox.y0 - axes.bbox.y0) < 2]
        if axes.has_data() and axes not in named and not beside and not figure.legends:
            yield "a picture has neither title nor label"


def _is_named(axes):
    axis = [label for label in (axes.get_xlabel(), axes.get_ylabel()) if label]
    return bool(axes.get_title() or (axis and axes.axison))
