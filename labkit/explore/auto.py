"""The explorer of the automatic annotation: settings, scores, and the reason why."""

import html
from pathlib import Path

import ipywidgets
import numpy as np

from ..auto import annotate_steps, explain
from ..checks import check_image
from ..metrics import match
from ..show.picture import draw_outlines, grey_picture, label_colors, resize
from .auto_controls import (
    PRESETS,
    help_text,
    place_boxes,
    settings_of,
    sliders,
    style,
    values_of,
    wrapped,
)
from .explorer import Explorer
from .pictures import jpeg
from .point import PointPicture

VIEWS = ("labels", "objects", "pieces", "foreground", "background")
FOUND, MISSED, ASKED = (86, 180, 233), (255, 130, 0), (255, 255, 255)  # RGB
FILE = "parameters.yaml"


def annotation(image, true=None, *, max_side=640, title=""):
    """Explore the automatic annotation of an image.

    Sliders for every parameter of `labkit.auto.AutoParams`, in the order of the
    steps; named settings; what each step made. With a truth there are scores, and the
    nuclei that were missed, in orange; what was found is blue. A click on the result,
    its arrow keys, or the boxes for row and column ask why that place is annotated or
    not. The parameters can be saved, for ``labkit annotate --params FILE``.

    Parameters
    ----------
    image : (H, W) ndarray
        One frame, bright nuclei on a darker background.
    true : (H, W) ndarray of int, optional
        Hand-made labels of it.
    max_side : int
        Longer side of the pictures, px.
    title : str
        A line above all.

    Returns
    -------
    AnnotationExplorer
        A widget; let it be the last line of a notebook cell.

    Raises
    ------
    ValueError, TypeError
        If the image or the labels are unusable, or differ in shape.

    Examples
    --------
    >>> image = lk.data.load("nuclei").images[0]
    >>> explorer = lk.explore.annotation(image)
    >>> explorer.presets.value = "as published"
    >>> explorer.settings.method
    'otsu'
    >>> explorer.ask(3, 3).step
    'foreground'
    """
    return AnnotationExplorer(image, true, max_side=max_side, title=title)


class AnnotationExplorer(Explorer):
    """The widget that `annotation` returns.

    Attributes
    ----------
    settings : AutoParams
        What the sliders say.
    result : AutoSteps
        What each step made.
    score : Match or None
        How the labels compare with the truth, if there is one.
    explanation : Explanation or None
        The answer to the last question.
    """

    def __init__(self, image, true, *, max_side, title):
        self.explanation, image = None, check_image(image)
        self._where = place_boxes(image.shape)
        self._view = ipywidgets.ToggleButtons(
            options=VIEWS, description="show", style=style(button_width="auto")
        )
        self._why = ipywidgets.HTML(_hint())
        self._file = ipywidgets.Text(FILE, description="file", style=style())
        self.save_button = ipywidgets.Button(description="Save parameters")
        self._saved = ipywidgets.HTML()
        super().__init__(
            _steps,
            image,
            show=None,
            sliders=sliders(),
            max_side=max_side,
            title=title,
            presets={name: values_of(p) for name, p in PRESETS.items()},
            true=true,
        )
        ask = wrapped(*self._where.values(), self._why)
        save = wrapped(self._file, self.save_button, self._saved)
        told = ipywidgets.HTML(help_text())
        self.children = [
            *self.children[:-1],
            told,
            self._view,
            self._pictures,
            ask,
            save,
        ]
        self._picture.observe(self._pointed, names="point")
        for box in self._where.values():
            box.observe(self._typed, names="value")
        self._view.observe(lambda change: self._redraw(), names="value")
        self.save_button.on_click(lambda button: self._save_clicked())

    @property
    def settings(self):
        """The parameters that the sliders say."""
        return settings_of(self.params)

    @property
    def why(self):
        """The sentence of the last answer."""
        return self.explanation.why if self.explanation else ""

    def update(self):
        """Annotate with the values of the sliders, and ask again at the same place."""
        point = self._picture.point
        self.explanation = None
        super().update()
        if point:
            self.ask(*point)

    def ask(self, row, col):
        """Say why a place is annotated or not, and mark what it belongs to.

        Parameters
        ----------
        row, col : int
            The place, px.

        Returns
        -------
        Explanation
        """
        found = explain(self._image, self.result, row, col, self.settings)
        self.explanation = found
        self._picture.point = [int(row), int(col)]
        self._listening = False
        self._where["row"].value, self._where["col"].value = int(row), int(col)
        self._listening = True
        self._why.value = (
            f'<b aria-live="polite">row {row}, col {col}: '
            f"{html.escape(found.why)}{self._true_there(row, col)}</b>"
        )
        self._redraw()
        return found

    def save(self, path):
        """Write the parameters as YAML, for ``labkit annotate --params``."""
        self.settings.save(path)

    def _save_clicked(self):
        """Write the file of the text box; say so, or why not."""
        path = self._file.value.strip() or FILE
        try:
            self.save(path)
        except (OSError, ValueError) as error:
            self._saved.value = html.escape(f"not saved: {error}")
            return
        command = f"labkit annotate IMAGES -o DIR --params {Path(path).as_posix()}"
        self._saved.value = f"saved; <code>{html.escape(command)}</code>"

    def _result_widget(self):
        """Return a picture in which one points."""
        return PointPicture(self._image.shape)

    def _pointed(self, change):
        """Answer for a place that was pointed at."""
        if change["new"] and self._listening and not self._asked(*change["new"]):
            self.ask(*change["new"])

    def _typed(self, change):
        """Answer for a place whose row or column was typed."""
        if self._listening:
            self.ask(self._where["row"].value, self._where["col"].value)

    def _asked(self, row, col):
        """Tell whether the answer for a place is shown already."""
        place = self._where["row"].value, self._where["col"].value
        return self.explanation is not None and place == (row, col)

    def _redraw(self):
        """Show the result again, with what was asked for marked."""
        self._picture.value = jpeg(self._draw())

    def _describe(self):
        """Return how many are kept."""
        n, n_kept = (int(k.max()) for k in (self.result.objects, self.result.labels))
        return f"{n_kept} nuclei kept of {n} found, {self.result.diameter:.0f} px wide"

    def _labels(self):
        """Return what is compared with the truth: what is kept."""
        return self.result.labels

    def _draw(self):
        """Return the picture of the chosen step."""
        made = getattr(self.result, self._view.value)
        if self._view.value == "background":
            picture = grey_picture(made, self._max_side)
        elif made.dtype == bool:
            picture = resize(made, self._max_side) * np.uint8(255)
        elif self._view.value == "pieces":
            picture = label_colors(resize(made, self._max_side))
        else:
            picture = self._outlined(made)
        if self.explanation is None or not self.explanation.region.any():
            return picture
        region = resize(self.explanation.region, self._max_side).astype(np.int32)
        return draw_outlines(picture, region, 3, ASKED)

    def _outlined(self, made):
        """Return outlines on the image: blue, and orange the true nuclei missed."""
        thickness = 1 if max(self._image.shape) > self._max_side else 2
        small = resize(made, self._max_side)
        if self._true is None:
            return draw_outlines(self._plain, small, thickness)
        picture = draw_outlines(self._plain, small, thickness, FOUND)
        same = made is self.result.labels
        hit = (self.score if same else match(self._true, made)).pairs[:, 0]
        missed = np.where(np.isin(self._true, hit), 0, self._true)
        missed = resize(missed, self._max_side)
        return draw_outlines(picture, missed, thickness, MISSED)

    def _true_there(self, row, col):
        """Say what the truth holds at a place, and how many lie in its object."""
        if self._true is None:
            return ""
        if not self._true[row, col]:
            return " (By hand: no nucleus here.)"
        inside = np.bincount(self._true[self.explanation.region], minlength=2)[1:]
        area = np.bincount(self._true.ravel())[1 : len(inside) + 1]
        n = np.count_nonzero(inside > 0.5 * area)
        return f" (By hand: {n} nuclei in it.)" if n > 1 else " (By hand: a nucleus.)"


def _steps(image, **values):
    """Annotate with the values of the sliders."""
    return annotate_steps(image, settings_of(values))


def _hint():
    """Say how to ask."""
    return (
        "Why did this nucleus disappear? Click it in the right picture (or Tab to "
        "the picture and use the arrow keys, or type row and column)."
    )
