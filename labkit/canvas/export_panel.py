"""Export from the annotator: choose formats, watch the progress, stop it."""

import html
import threading
from pathlib import Path

import ipywidgets as W

from ..pipeline.exporting import FORMATS, export


class ExportPanel(W.VBox):
    """Formats, a folder, a progress bar; the work runs beside the notebook.

    Parameters
    ----------
    items : callable
        Returns (items, classes) to export, see `labkit.pipeline.export`.
    folder : str or Path
        What the field for the folder begins with.

    Attributes
    ----------
    result : Exported or None
        Of the last export that ended.
    """

    def __init__(self, items, folder):
        self._items, self._worker, self._stopped = items, None, threading.Event()
        self.result = None
        wide = {"width": "96%"}
        self.formats = W.SelectMultiple(
            options=[(f"{name}: {text}", name) for name, text in FORMATS.items()],
            value=("rois",),
            rows=min(len(FORMATS), 8),
            layout=wide,
        )
        self.folder = W.Text(value=str(folder), description="folder", layout=wide)
        self.overwrite = W.Checkbox(description="replace files that are there")
        self.start = W.Button(description="export", button_style="success")
        self.cancel = W.Button(description="cancel", disabled=True)
        self.progress = W.IntProgress(min=0, max=1, layout={"width": "200px"})
        self.text = W.HTML()
        self.start.on_click(lambda _: self.run())
        self.cancel.on_click(lambda _: self._stopped.set())
        row = W.HBox([self.start, self.cancel, self.progress])
        super().__init__(
            [self.formats, self.folder, self.overwrite, row, self.text], layout=wide
        )

    def run(self, *, wait=False):
        """Export what is chosen; with `wait`, return only when it has ended."""
        if self._worker and self._worker.is_alive():
            return
        self._stopped.clear()
        self.start.disabled, self.cancel.disabled = True, False
        self._worker = threading.Thread(target=self._work, daemon=True)
        self._worker.start()
        if wait:
            self._worker.join()

    def _work(self):
        """Export, and say how it ended."""
        try:
            items, classes = self._items()
            self.progress.value, self.progress.max = 0, max(len(items), 1)
            self.result = export(
                items,
                Path(self.folder.value).expanduser(),
                list(self.formats.value),
                classes=classes,
                existing="overwrite" if self.overwrite.value else "refuse",
                progress=self._step,
                stop=self._stopped.is_set,
            )
            self.text.value = self._ending()
        except Exception as error:  # the thread has nobody else to tell
            text = html.escape(str(error))
            self.text.value = f'<span style="color:#d55e00">{text}</span>'
        finally:
            self.start.disabled, self.cancel.disabled = False, True

    def _step(self, n_done, n_images, name):
        """Show how far it is."""
        self.progress.value = n_done
        self.text.value = f"{n_done} of {n_images}: {html.escape(name)}"

    def _ending(self):
        """What was written."""
        files, left = len(self.result.files), len(self.result.left)
        stopped = f"stopped, {left} images are left; " if self.result.cancelled else ""
        return f"{stopped}{files} files written to {html.escape(self.folder.value)}"
