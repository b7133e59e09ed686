"""Sliders over a function, with its result beside the image.

For any function ``function(image, **parameters)``: move a slider and see what the
parameter does, while you drag. Pictures travel to the browser as small JPEGs, so a
2048x2048 frame stays fluid. The mouse and the arrow keys move the same sliders.
"""

import base64
import html
import time

import cv2
import ipywidgets
import numpy as np

from .checks import check_image
from .labels import relabel
from .show.picture import draw_outlines, grey_picture, label_colors, resize


class Explorer(ipywidgets.VBox):
    """The widget that `explore` returns.

    Attributes
    ----------
    sliders : dict of str to ipywidgets widget
        By parameter name; ``explorer.sliders["sigma"].value = 3`` does what the
        mouse does, and raises what the function raises.
    params : dict
        The values of the sliders.
    result
        What the function returned last.
    """

    def __init__(self, function, image, *, show, sliders, max_side, title):
        self._function, self._show, self._max_side = function, show, max_side
        self._image = check_image(image)
        self.result = None
        self.sliders = {name: _slider(name, s) for name, s in sliders.items()}
        self._grey = grey_picture(self._image, max_side)
        before, self._picture = _image_widget(), _image_widget()
        before.value = _jpeg(self._grey)
        self._status = ipywidgets.HTML()
        pictures = ipywidgets.HBox(
            [before, self._picture], layout=ipywidgets.Layout(width="100%")
        )
        head = [ipywidgets.HTML(f"<b>{title}</b>")] if title else []
        super().__init__([*head, *self.sliders.values(), self._status, pictures])
        self.update()
        for slider in self.sliders.values():
            slider.observe(self._changed, names="value")

    @property
    def params(self):
        """The values of the sliders by name."""
        return {name: slider.value for name, slider in self.sliders.items()}

    @property
    def status(self):
        """The line under the sliders: what came out, in how many milliseconds."""
        return self._status.value

    def update(self):
        """Compute and show the result for the values of the sliders.

        Raises
        ------
        Exception
            Whatever the function raises, after showing it in the status line.
        """
        start = time.perf_counter()
        try:
            self.result = self._function(self._image, **self.params)
            self._picture.value = _jpeg(self._draw())
        except Exception as error:
            self._say(f"{type(error).__name__}: {error}", "#D55E00")
            raise
        milliseconds = 1000 * (time.perf_counter() - start)
        self._say(f"{_describe(self.result)} · {milliseconds:.0f} ms", "inherit")

    def _changed(self, change):
        """Follow a slider; the browser holds back further moves until then."""
        self.update()

    def _draw(self):
        """Return the picture of the result."""
        if self._show is not None:
            picture = np.asarray(self._show(self._image, self.result), np.uint8)
            return resize(picture, self._max_side)
        return _picture_of(self.result, self._image, self._grey, self._max_side)

    def _say(self, text, color):
        """Write the status line."""
        self._status.value = f'<span style="color:{color}">{html.escape(text)}</span>'

    def _repr_mimebundle_(self, **kwargs):
        """Add the picture for readers without a kernel (a page on the web)."""
        bundle = super()._repr_mimebundle_(**kwargs)
        if isinstance(bundle, dict):
            bundle["image/jpeg"] = base64.b64encode(self._picture.value).decode()
        return bundle

    def __repr__(self):
        values = ", ".join(f"{k}={v!r}" for k, v in self.params.items())
        return f"<Explorer: {values}>"


def explore(function, image, /, *, show=None, max_side=640, title="", **sliders):
    """Show sliders for the parameters of a function, and its result on an image.

    Parameters
    ----------
    function : callable
        Called as ``function(image, **parameters)``.
    image : (H, W) array_like
    show : callable, optional
        ``show(image, result)`` returns a picture, (h, w) or (h, w, 3) uint8. By
        default labels are drawn as outlines on the image, masks in black and white,
        and images in grey.
    max_side : int
        Longer side of the pictures, px. The function always sees the full image.
    title : str
        A line above the sliders.
    **sliders
        One for each parameter: (min, max, step) or (min, max, step, start) for a
        number, a list for a choice, a bool for a check box, or any ipywidgets
        widget. A number slider starts in the middle unless `start` is given.

    Returns
    -------
    Explorer
        A widget; let it be the last line of a notebook cell.

    Raises
    ------
    ValueError, TypeError
        If there is no slider or one cannot be understood, the image is none, or
        the function refuses the first values.

    Examples
    --------
    >>> def threshold(image, level):
    ...     return image > level
    >>> image = np.arange(256, dtype=np.uint8).reshape(16, 16)
    >>> explorer = lk.explore.explore(threshold, image, level=(0, 255, 1, 100))
    >>> explorer.sliders["level"].value = 200
    >>> int(explorer.result.sum())
    55
    """
    if not sliders:
        raise ValueError("no slider; give at least one, such as sigma=(0, 5, 0.5)")
    return Explorer(
        function,
        image,
        show=show,
        sliders=sliders,
        max_side=max_side,
        title=title,
    )


def _slider(name, spec):
    """Return the widget for one parameter."""
    if isinstance(spec, ipywidgets.ValueWidget):
        return spec
    style = {"description_width": "initial"}
    wide = ipywidgets.Layout(width="100%", max_width="640px")
    options = {"description": name.replace("_", " "), "style": style, "layout": wide}
    if isinstance(spec, bool):
        return ipywidgets.Checkbox(spec, indent=False, **options)
    if isinstance(spec, list) and spec:
        return ipywidgets.ToggleButtons(options=spec, **options)
    if isinstance(spec, tuple) and len(spec) in (3, 4):
        return _number_slider(name, spec, options)
    raise ValueError(
        f"slider {name!r} must be (min, max, step), (min, max, step, start), a list, "
        f"a bool or a widget, got {spec!r}"
    )


def _number_slider(name, spec, options):
    """Return an integer or float slider."""
    low, high, step = spec[:3]
    if not (low < high and 0 < step <= high - low):
        raise ValueError(
            f"slider {name!r} needs min < max and 0 < step <= max - min, got {spec!r}"
        )
    middle = low + round((high - low) / 2 / step) * step
    start = spec[3] if len(spec) == 4 else middle
    if not low <= start <= high:
        raise ValueError(f"slider {name!r} starts at {start}, outside {low} to {high}")
    whole = all(isinstance(v, int | np.integer) for v in spec)
    kind = ipywidgets.IntSlider if whole else ipywidgets.FloatSlider
    return kind(value=start, min=low, max=high, step=step, **options)


def _image_widget():
    """Return an empty picture that takes half of the width."""
    layout = ipywidgets.Layout(width="49.5%", object_fit="contain", margin="2px")
    return ipywidgets.Image(format="jpeg", layout=layout)


def _jpeg(picture):
    """Return a grey or RGB picture as JPEG bytes."""
    if picture.ndim == 3:
        picture = picture[..., ::-1]
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 75])[1].tobytes()


def _picture_of(result, image, grey, max_side):
    """Return the picture of a result by its type: labels, mask, RGB or image."""
    result = np.asarray(result)
    if result.dtype.kind == "b":
        return resize(result, max_side) * np.uint8(255)
    if result.dtype in (np.int32, np.int64):
        small = resize(result, max_side)
        same = result.shape == image.shape
        thickness = 1 if max(image.shape) > max_side else 2
        return draw_outlines(grey, small, thickness) if same else label_colors(small)
    if result.ndim == 3 and result.dtype == np.uint8:
        return resize(result, max_side)
    return grey_picture(result, max_side)


def _describe(result):
    """Return what a result holds, in words."""
    if not isinstance(result, np.ndarray):
        return type(result).__name__
    if result.dtype.kind == "b":
        return f"{result.mean():.1%} of the pixels"
    if result.dtype in (np.int32, np.int64):
        return f"{relabel(result).max()} objects"
    return f"values {result.min():.4g} to {result.max():.4g}"
