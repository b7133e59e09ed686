"""Probability maps for the images that are open, and for the one that comes next."""

import contextlib
import threading

from .. import assist


class Maps:
    """Probability maps by image and frame, the latest few.

    Parameters
    ----------
    model : UNetProb, str or None
        A model or the name of one; None for no maps at all.
    size : int
        How many maps are kept.
    """

    def __init__(self, model, size=4):
        self._model, self._size = model, size
        self._maps = {}
        self._lock = threading.Lock()

    def get(self, key, image):
        """Return the map of an image, started; None without a model."""
        if self._model is None:
            return None
        with self._lock:
            found = self._maps.pop(key, None)
            if found is None:
                found = assist.ProbMap(image, self._load())
                found.start()
            self._maps[key] = found
            for old in list(self._maps)[: -self._size]:
                self._maps.pop(old).cancel()
            return found

    def ahead(self, current, key, load):
        """Compute the map of the next image, as soon as the current one is done.

        Parameters
        ----------
        current : ProbMap or None
        key
            Of the next image.
        load : callable
            Returns its pixels.
        """
        if current is None or key in self._maps:
            return

        def work():
            # what is wrong with the next image is told when it is opened
            with contextlib.suppress(Exception):
                current.wait()
                self.get(key, load())

        threading.Thread(target=work, daemon=True).start()

    def close(self):
        """Stop all that is being computed."""
        with self._lock:
            for one in self._maps.values():
                one.cancel()
            self._maps.clear()

    def _load(self):
        """Load the model when it is first needed."""
        if isinstance(self._model, str):
            from ..models import UNetProb

            self._model = UNetProb.load(self._model)
        return self._model
