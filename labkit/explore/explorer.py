"""The explorer of any function: sliders, a status line, and two pictures."""

import html
import time

import ipywidgets
import numpy as np

from ..checks import check_image, check_pair
from ..labels import relabel
from ..metrics import match
from ..show.picture import resize
from ..show.widget import ShownWidget
from .pictures import describe, jpeg, picture_of, plain_picture
from .sliders import slider

TWO_COLUMNS = 5  # sliders from which they stand in two columns


class Explorer(ShownWidget, ipywidgets.VBox):
    """The widget that `explore` returns.

    Attributes
    ----------
    sliders : dict of str to ipywidgets widget
        By parameter name; ``explorer.sliders["sigma"].value = 3`` does what the
        mouse does, and raises what the function raises.
    params : dict
        The values of the sliders.
    presets : ipywidgets.ToggleButtons or None
        The named settings; ``explorer.presets.value = "strict"`` chooses one.
    result
        What the function returned last.
    score : Match or None
        How labels that it returned compare with the truth, if there is one.
    """

    def __init__(
        self, function, image, *, show, sliders, max_side, title, presets, true=None
    ):
        self._function, self._show, self._max_side = function, show, max_side
        self._listening = False
        self._image, self._true = check_image(image, colour=True), None
        if true is not None:
            names = ("image", "true")
            self._true = relabel(check_pair(image, true, names, colour=True)[1])
        self.result = self.score = None
        self.sliders = {name: slider(name, spec) for name, spec in sliders.items()}
        self._start = self.params
        self._settings = _check_presets(presets or {}, self._start)
        self.presets = _buttons("preset", list(self._settings)) if presets else None
        self._plain = plain_picture(self._image, max_side)
        before, self._picture = image_widget(), self._result_widget()
        before.value = jpeg(self._plain)
        self._status = ipywidgets.HTML()
        self._pictures = ipywidgets.HBox(
            [before, self._picture], layout=ipywidgets.Layout(width="100%")
        )
        head = [ipywidgets.HTML(f"<b>{title}</b>")] if title else []
        super().__init__([*head, *self._controls(), self._status, self._pictures])
        self.update()
        if self.presets:
            self._name_setting()
        self._listening = True
        for one in self.sliders.values():
            one.observe(self._changed, names="value")
        if self.presets:
            self.presets.observe(self._choose, names="value")

    @property
    def params(self):
        """The values of the sliders by name."""
        values = {name: slider.value for name, slider in self.sliders.items()}
        return {  # the browser's sliders turn 0.42 into 0.42000000000000004
            name: round(value, 9) if isinstance(value, float) else value
            for name, value in values.items()
        }

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
        start, self._shown = time.perf_counter(), self.params
        try:
            self.result = self._function(self._image, **self._shown)
            if self._true is not None:
                self.score = match(self._true, self._labels())
            self._picture.value = jpeg(self._draw())
        except Exception as error:
            self._say(f"{type(error).__name__}: {error}", "#D55E00")
            raise
        milliseconds = 1000 * (time.perf_counter() - start)
        told = [self._describe(), *self._scores(), f"{milliseconds:.0f} ms"]
        self._say(" · ".join(told), "inherit")

    def _controls(self):
        """Return the presets and the sliders, many of them in two columns."""
        sliders = list(self.sliders.values())
        if len(sliders) >= TWO_COLUMNS:
            columns = ipywidgets.Layout(
                grid_template_columns="1fr 1fr", grid_gap="0 2em", max_width="1100px"
            )
            sliders = [ipywidgets.GridBox(sliders, layout=columns)]
        return [self.presets, *sliders] if self.presets else sliders

    def _result_widget(self):
        """Return the widget that shows the picture of the result."""
        return image_widget()

    def _changed(self, change):
        """Follow a slider; the browser holds back further moves until then."""
        if not self._listening or self.params == self._shown:
            return
        if self.presets:
            self._name_setting()
        self.update()

    def _choose(self, change):
        """Set all sliders to a named setting, and compute once."""
        if not self._listening or change["new"] is None:
            return
        self._listening = False
        try:
            for name, value in (self._start | self._settings[change["new"]]).items():
                self.sliders[name].value = value
        finally:
            self._listening = True
        self.update()

    def _name_setting(self):
        """Show which named setting the sliders have, if any."""
        params, same = self.params, None
        for name, values in self._settings.items():
            if self._start | values == params:
                same = name
        self._listening = False
        self.presets.value = same
        self._listening = True

    def _describe(self):
        """Return what the result holds, in words."""
        return describe(self.result)

    def _labels(self):
        """Return what is compared with the truth."""
        return self.result

    def _scores(self):
        """Return the scores in words, as a list: empty without a truth."""
        if self.score is None:
            return []
        found = self.score
        told = f"precision {found.precision:.2f}, recall {found.recall:.2f}, "
        return [f"{told}F1 {found.f1:.2f}, mean overlap {found.mean_iou:.2f}"]

    def _draw(self):
        """Return the picture of the result."""
        if self._show is not None:
            picture = np.asarray(self._show(self._image, self.result), np.uint8)
            return resize(picture, self._max_side)
        return picture_of(self.result, self._image, self._plain, self._max_side)

    def _say(self, text, color):
        """Write the status line."""
        self._status.value = f'<span style="color:{color}">{html.escape(text)}</span>'

    @property
    def widget(self):
        """Itself, which is one."""
        return self

    def _still(self):
        """Return the picture for readers without a kernel."""
        return self._draw()

    def __repr__(self):
        values = ", ".join(f"{k}={v!r}" for k, v in self.params.items())
        return f"<{type(self).__name__}: {values}>"


def explore(
    function,
    image,
    /,
    *,
    true=None,
    show=None,
    presets=None,
    max_side=640,
    title="",
    **sliders,
):
    """Show sliders for the parameters of a function, and its result on an image.

    Parameters
    ----------
    function : callable
        Called as ``function(image, **parameters)``.
    image : (H, W) or (H, W, 3) array_like
        In colour it is shown as it is if its values are uint8.
    true : (H, W) ndarray of int, optional
        Hand-made labels of it: the labels that the function returns are scored with
        each move.
    show : callable, optional
        ``show(image, result)`` returns a picture, (h, w) or (h, w, 3) uint8. By
        default labels are drawn as outlines on the image, masks in black and white,
        and images in grey or in colour.
    presets : dict of str to dict, optional
        Settings by name, each the values of some sliders; the others go back to where
        they started. A click sets them all.
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
        If there is no slider or one cannot be understood, the image is none, the
        function refuses the first values, or there is a truth and it returns no
        labels of the image.

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
        presets=presets,
        true=true,
    )


def image_widget():
    """Return an empty picture that takes half of the width."""
    layout = ipywidgets.Layout(width="49.5%", object_fit="contain", margin="2px")
    return ipywidgets.Image(format="jpeg", layout=layout)


def _buttons(name, options):
    """Return a row of buttons of which one at most is pressed: the first."""
    return ipywidgets.ToggleButtons(
        options=options,
        value=options[0],
        description=name,
        style={"description_width": "initial", "button_width": "auto"},
    )


def _check_presets(presets, start):
    """Return named settings, the start among them, or raise ValueError."""
    for name, values in presets.items():
        unknown = sorted(set(values) - set(start))
        if unknown:
            raise ValueError(
                f"preset {name!r} sets {unknown}, for which there is no slider; "
                f"there are {list(start)}"
            )
    named = any(start | values == start for values in presets.values())
    return presets if named or not presets else {"start": {}, **presets}
