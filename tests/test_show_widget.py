"""A widget at the end of a cell: one message, the same in every notebook."""

import IPython.display
import ipywidgets
import numpy as np
from IPython.core.formatters import DisplayFormatter

from labkit.show.widget import VIEW, ShownWidget


class Shown(ShownWidget):
    """A slider and its picture."""

    def __init__(self):
        self.widget = ipywidgets.IntSlider()

    def __repr__(self):
        return "<Shown>"

    def _still(self):
        return np.full((8, 12, 3), (200, 0, 0), np.uint8)


def test_it_is_displayed_as_a_message_of_its_own(monkeypatch):
    """Colab adds where widgets are loaded from to messages of display() alone."""
    sent = []

    def keep(data, raw):
        sent.append((data, raw))

    monkeypatch.setattr(IPython.display, "display", keep)
    shown = Shown()
    assert DisplayFormatter().format(shown) == ({}, {})  # no result of the cell
    ((data, raw),) = sent
    assert raw is True
    assert data["text/plain"] == "<Shown>"
    assert data[VIEW]["model_id"] == shown.widget.model_id
    assert data[VIEW]["version_major"] == 2
    assert data["image/jpeg"]


def test_the_message_needs_nothing_that_older_widgets_lack(monkeypatch):
    monkeypatch.delattr(ipywidgets.Widget, "_repr_mimebundle_", raising=False)
    assert Shown()._repr_mimebundle_()[VIEW]["model_id"]
