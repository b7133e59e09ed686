"""The widget for one parameter, from a short description of its values."""

import ipywidgets
import numpy as np


def slider(name, spec):
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
