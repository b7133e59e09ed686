"""Pages without code: notebooks 1 and 2 for people who only want to work with them.

`write_page` makes a notebook of one cell that Voila shows as a page; ``labkit app``
serves it.
"""

import html
import threading
from pathlib import Path

import ipywidgets as W

from .explore import annotation
from .files.images import image_paths, read_movie
from .pipeline import annotate_files, plan

CELLS = {
    "annotate": "labkit.apps.AnnotationApp({images!r}, {out!r})",
    "draw": "labkit.canvas.Annotator({images!r}, folder={out!r})",
}
TITLES = {"annotate": "Automatic annotation", "draw": "Draw and correct"}


class AnnotationApp(W.VBox):
    """Choose the parameters on one image, then annotate all of them.

    Parameters
    ----------
    images : str or Path
        A folder of images, one image, or a movie.
    out : str or Path
        Folder for the labels and the parameters, as of ``labkit annotate``.

    Attributes
    ----------
    explorer : AnnotationExplorer
        Sliders and picture of the image that is chosen.
    chosen : ipywidgets.Dropdown
        Which image; of a movie its middle frame is shown.
    start, stop : ipywidgets.Button
    replace : ipywidgets.Checkbox
        Whether labels may be replaced that this page has not made; they may have been
        corrected by hand.
    status : str
        The line under the buttons.

    Raises
    ------
    FileNotFoundError
        If there is no image.
    """

    def __init__(self, images, out):
        self.paths, self.out = image_paths(images), Path(out)
        self.chosen = W.Dropdown(
            options=[(path.name, path) for path in self.paths], description="image"
        )
        n = len(self.paths)
        what = "this file" if n == 1 else f"all {n} files"
        self.start = W.Button(description=f"Annotate {what}", button_style="primary")
        self.replace = W.Checkbox(description="replace labels that are there")
        self.stop = W.Button(description="Stop", disabled=True)
        self._bar = W.IntProgress(max=n, layout={"visibility": "hidden"})
        self._line = W.HTML()
        self._place = W.VBox()
        self._thread, self._stopping, self._made = None, threading.Event(), set()
        below = W.HBox([self.start, self.stop, self.replace, self._bar])
        super().__init__([self.chosen, self._place, below, self._line])
        self.explorer = None
        self._show(self.paths[0])
        self.chosen.observe(lambda change: self._show(change["new"]), names="value")
        self.start.on_click(lambda button: self.begin())
        self.stop.on_click(lambda button: self._stopping.set())

    @property
    def status(self):
        """The line under the buttons, as HTML."""
        return self._line.value

    def begin(self):
        """Annotate every file with the present parameters, in the background."""
        try:
            jobs = plan(self.paths, self.out, "overwrite")
            self._spare(jobs)
            self.explorer.save(self.out / "auto.yaml")
        except (OSError, ValueError) as error:
            self._say(f"not begun: {error}")
            return
        self._stopping.clear()
        self.start.disabled, self.stop.disabled = True, False
        self._bar.value, self._bar.layout.visibility = 0, "visible"
        work = (jobs, self.explorer.settings)
        self._thread = threading.Thread(target=self._annotate, args=work, daemon=True)
        self._thread.start()

    def _spare(self, jobs):
        """Raise ValueError if labels of others would be replaced unasked."""
        others = [o for _, o in jobs if o.exists() and o not in self._made]
        if others and not self.replace.value:
            raise ValueError(
                f"{self.out} holds {len(others)} labels already, such as "
                f"{others[0].name}; choose another folder, or tick the box to replace "
                f"them"
            )

    def wait(self):
        """Wait until what `begin` began has ended."""
        if self._thread:
            self._thread.join()

    def _annotate(self, jobs, settings):
        """Work through the files; what is done when one stops is kept."""
        done, warnings = [], []
        try:
            for result in annotate_files(jobs, settings):
                done.append(result)
                if not result.error:
                    self._made.add(result.output)
                told = [result.error] if result.error else result.warnings
                warnings += [f"{result.path.name}: {text}" for text in told]
                self._bar.value = len(done)
                self._tell(done, warnings)
                if self._stopping.is_set():
                    break
        except Exception as error:  # a thread has nobody else to tell
            warnings.append(f"stopped: {type(error).__name__}: {error}")
        finally:
            self._tell(done, warnings, ended=True)
            self.start.disabled, self.stop.disabled = False, True

    def _tell(self, done, warnings, ended=False):
        """Say how far the work is, and what is doubtful."""
        n_objects = sum(sum(result.n_objects) for result in done)
        text = f"{len(done)} of {len(self.paths)} files, {n_objects} nuclei"
        self._say(f"{text}; the labels are in {self.out}" if ended else text, warnings)

    def _say(self, text, warnings=()):
        """Write the line under the buttons."""
        lines = [html.escape(text), *(f"⚠ {html.escape(one)}" for one in warnings)]
        self._line.value = "<br>".join(lines)

    def _show(self, path):
        """Explore another image with the parameters of the one before."""
        values = self.explorer.params if self.explorer else {}
        try:
            movie = read_movie(path)
            explorer = annotation(movie[len(movie) // 2])
        except (OSError, ValueError, TypeError) as error:
            self._say(f"{path.name}: {error}")
            return
        for name, value in values.items():
            explorer.sliders[name].value = value
        self.explorer = explorer
        self._place.children = [explorer]
        self._say("")


def write_page(name, path, images, out, *, folder="."):
    """Write the notebook of a page.

    Parameters
    ----------
    name : {"annotate", "draw"}
        Which page.
    path : str or Path
        The notebook, ``.ipynb``.
    images : str or Path
        A folder of images, one image, or a movie.
    out : str or Path or None
        Where results go; None for where `labkit.canvas.Annotator` puts them.
    folder : str or Path
        What the paths are relative to.

    Returns
    -------
    Path

    Raises
    ------
    ValueError
        If there is no such page.
    FileNotFoundError
        If there is no image.
    """
    import nbformat

    from .files.atomic import atomic

    if name not in CELLS:
        raise ValueError(f"`name` must be one of {', '.join(CELLS)}, got {name!r}")
    folder = Path(folder).resolve()
    images, out = folder / images, out and str(folder / out)
    image_paths(images)
    cell = CELLS[name].format(images=str(images), out=out)
    book = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell(f"# {TITLES[name]}"),
            nbformat.v4.new_code_cell(f"import labkit\n\n{cell}"),
        ]
    )
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    book.metadata["title"] = f"labkit: {TITLES[name]}"
    with atomic(path) as temporary:
        nbformat.write(book, temporary)
    return Path(path)
