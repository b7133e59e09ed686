"""Show a widget at the end of a cell, and its picture where no kernel runs."""

import base64

import cv2

from .picture import rgb

VIEW = "application/vnd.jupyter.widget-view+json"


class ShownWidget:
    """What a class inherits that has a `widget` and a picture of it.

    It is shown by a message of its own, as ``display`` sends it: Colab adds only to
    such messages where the parts of a widget are loaded from, and ipywidgets 7, which
    Colab comes with, knows no other way.
    """

    QUALITY = 75  # of the picture as JPEG

    def _still(self):
        """Return the picture, grey or RGB, for readers without a kernel."""
        raise NotImplementedError

    def _ipython_display_(self, **kwargs):
        from IPython.display import display

        display(self._repr_mimebundle_(), raw=True)

    def _repr_mimebundle_(self, **kwargs):
        view = {"version_major": 2, "version_minor": 0}
        options = [cv2.IMWRITE_JPEG_QUALITY, self.QUALITY]
        jpeg = cv2.imencode(".jpg", rgb(self._still())[..., ::-1], options)[1]
        return {
            "text/plain": repr(self),
            VIEW: view | {"model_id": self.widget.model_id},
            "image/jpeg": base64.b64encode(jpeg).decode(),
        }
