"""A loss curve that grows while a model trains."""

import time

from .plots import curves


class LiveCurves:
    """Callback for `fit`: redraws the loss curve in the notebook cell.

    Parameters
    ----------
    every : float
        Seconds between two drawings.
    log : bool
        Logarithmic loss axis.

    Examples
    --------
    ``model.fit(images, labels, callback=lk.show.LiveCurves())``
    """

    def __init__(self, every=3.0, *, log=False):
        self.every, self.log = every, log
        self._handle, self._last = None, -float("inf")

    def __call__(self, history):
        """Draw the history if the last drawing is old enough."""
        if time.monotonic() - self._last < self.every or not len(history.steps):
            return
        self.draw(history)

    def draw(self, history):
        """Draw the history now, over the last drawing."""
        from IPython.display import display

        figure = curves(history, log=self.log)
        if self._handle is None:
            self._handle = display(figure, display_id=True)
        else:
            self._handle.update(figure)
        self._last = time.monotonic()
