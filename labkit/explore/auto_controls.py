"""The controls of the annotation's explorer: named settings, sliders, number boxes."""

import dataclasses

import ipywidgets

from ..auto import AutoParams

PRESETS = {
    "default": AutoParams(),
    "touching": AutoParams(dent=0.1),
    "dense, dim": AutoParams(window=0.5, offset=2.0, min_contrast=0.05),
    "noisy": AutoParams(smoothing=0.1),
    "blurred": AutoParams(level=0.6, dent=0.1, edge=0.5),
    "for training": AutoParams(area_tolerance=0.3, clear_border=True),
    "for tracking": AutoParams(area_tolerance=None),
    "as published": AutoParams(method="otsu"),
}
DIAMETERS = (5, 6, 7, 8, 10, 12, 14, 17, 20, 24, 28, 34, 40, 48, 57, 68, 81, 96)  # px
WORDS = {  # what the widgets say for values that are no numbers
    "diameter": {None: "estimated"},
    "area_tolerance": {None: "keep all"},
    "clear_border": {None: "as usual", True: "yes", False: "no"},
}
HELP = {  # what happens when a control is moved, for who does not read code
    "method": "local compares each nucleus with its surroundings; otsu takes one "
    "threshold for the whole image and uses only dent, clear border, area tolerance",
    "diameter": "width of a typical nucleus; too small splits nuclei, too large joins "
    "them",
    "smoothing": "more: less noise, rounder outlines; small nuclei may melt together",
    "window": "how far around a nucleus its background is looked for",
    "level": "less: dimmer pixels count as nucleus; more: only the bright middle",
    "offset": "how far above the noise a nucleus must rise; less finds dim nuclei, and "
    "noise",
    "dent": "less: touching nuclei are split sooner, but bumpy ones as well",
    "edge": "less: outlines farther out; more: closer to the middle",
    "min contrast": "more: dim nuclei and haze are left out",
    "min area": "more: larger crumbs are left out",
    "clear border": "yes: leave out what the border of the image cuts",
    "area tolerance": "less: only nuclei of usual size are kept, which is what a "
    "network should learn from; keep all: for counting and tracking",
}
VIEWS_HELP = (
    "Show: <b>labels</b> are what is kept, <b>objects</b> all that was found, before "
    "the filter of areas; <b>pieces</b> after splitting, <b>foreground</b> before it, "
    "<b>background</b> the brightness around the nuclei."
)


def help_text():
    """Return what all controls do, folded up; opens by a click, or by Enter."""
    rows = (f"<dt><b>{name}</b></dt><dd>{text}</dd>" for name, text in HELP.items())
    rows = "".join(rows)
    return (
        f"<details style='line-height:1.4'><summary>What do the sliders do?</summary>"
        f"<dl style='margin:4px 0'>{rows}</dl><p>{VIEWS_HELP}</p></details>"
    )


def settings_of(values):
    """Return what the widgets say as parameters."""
    meant = {
        name: {word: value for value, word in words.items()}
        for name, words in WORDS.items()
    }
    return AutoParams(
        **{name: meant.get(name, {}).get(v, v) for name, v in values.items()}
    )


def values_of(params):
    """Return parameters as the widgets say them."""
    values = dataclasses.asdict(params)
    return {name: WORDS.get(name, {}).get(v, v) for name, v in values.items()}


def sliders():
    """Return what `explore` takes for each parameter, in the order of the steps."""
    sizes = ["estimated", *((f"{d} px", float(d)) for d in DIAMETERS)]
    tolerances = [*((f"{k / 10:g}", k / 10) for k in range(1, 16)), "keep all"]
    start = values_of(AutoParams())
    numbers = {
        "smoothing": (0.0, 0.2, 0.01),
        "window": (0.25, 3.0, 0.25),
        "level": (0.1, 0.9, 0.05),
        "offset": (0.0, 10.0, 0.5),
        "dent": (0.0, 0.95, 0.05),
        "edge": (0.1, 0.9, 0.02),
        "min_contrast": (0.0, 0.9, 0.05),
        "min_area": (0.0, 0.9, 0.05),
    }
    return {
        "method": ["local", "otsu"],
        "diameter": _scale("diameter", sizes, start),
        **{name: (*spec, start[name]) for name, spec in numbers.items()},
        "clear_border": list(WORDS["clear_border"].values()),
        "area_tolerance": _scale("area_tolerance", tolerances, start),
    }


def _scale(name, options, start):
    """Return a slider over named values."""
    options = [(o, o) if isinstance(o, str) else o for o in options]
    return ipywidgets.SelectionSlider(
        options=options,
        value=start[name],
        description=name.replace("_", " "),
        style=style(),
        layout=ipywidgets.Layout(width="100%", max_width="640px"),
    )


def place_boxes(shape):
    """Return the number boxes for row and column."""
    small = ipywidgets.Layout(width="9em")
    return {
        name: ipywidgets.BoundedIntText(
            0, min=0, max=n - 1, description=name, style=style(), layout=small
        )
        for name, n in zip(("row", "col"), shape, strict=True)
    }


def style(**more):
    """Return a style in which descriptions take the room they need."""
    return {"description_width": "initial", **more}


def wrapped(*widgets):
    """Return widgets in a row that wraps."""
    layout = ipywidgets.Layout(flex_flow="row wrap", align_items="center", width="100%")
    return ipywidgets.HBox(widgets, layout=layout)
