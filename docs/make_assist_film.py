"""Make the film of the README: rough lines become contours, in a real JupyterLab.

    python docs/make_assist_film.py

writes docs/assist.gif. Needs Chromium and the `test` extra. What is filmed is the page;
only the pointer, which a page without a screen does not show, is painted in.
"""

import io
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "browser"))

from lab import Lab, Picture  # noqa: E402

SETUP = """
import numpy as np
import labkit as lk
from labkit.canvas import Annotator

data = lk.data.load("nuclei")
image, truth = data.images[0][60:260, 60:310], data.labels[0][60:260, 60:310]
annotator = Annotator({"nuclei": image}, folder="saved", view_shape=(480, 600))

table, rng = lk.labels.object_table(truth), np.random.default_rng(2)
whole = table[~table["touches_border"]]
largest = whole["label"][np.argsort(whole["area"])[::-1]]
outlines = lk.labels.to_polygons(truth)
annotator
"""
N_NUCLEI = 6
LINE_MS, HOLD_MS, END_MS = 60, 650, 2500


def lazy_lines(notebook, n):
    """Return careless lines round the n largest nuclei, from left to right."""
    lines = f"[lk.synth.lazy_contour(outlines[k], rng) for k in largest[:{n}]]"
    return sorted(notebook.value(lines), key=lambda line: np.mean(line, axis=0)[1])


def film(notebook, picture, lines, width=480):
    """Draw each line, wait for the suggestion, accept it; return frames and ms."""
    shots = []

    def shoot(milliseconds, at=None):
        shots.append((_frame(picture, at, width), milliseconds))

    shoot(HOLD_MS)
    for line in lines:
        places = picture.places(line)
        mouse = picture.page.mouse
        mouse.move(*places[0])
        mouse.down()
        for number, place in enumerate(places[1:]):
            mouse.move(*place)
            if number % 3 == 0:
                shoot(LINE_MS, place)
        mouse.up()
        notebook.until("annotator.session.pending is not None")
        picture.page.wait_for_timeout(200)
        shoot(HOLD_MS, places[-1])
        n_before = notebook.value("len(annotator.annotation)")
        picture.page.keyboard.press("Enter")
        notebook.until(f"len(annotator.annotation) == {n_before + 1}")
        picture.page.wait_for_timeout(200)
        shoot(HOLD_MS // 2, places[-1])
    shoot(END_MS)
    return shots


def _frame(picture, at, width):
    """Return the screen as an image, with the pointer where it is."""
    box = picture.box.bounding_box()
    shot = Image.open(io.BytesIO(picture.box.screenshot())).convert("RGB")
    if at is not None:
        x, y = at[0] - box["x"], at[1] - box["y"]
        arrow = [(x, y), (x, y + 17), (x + 4, y + 13), (x + 11, y + 13)]
        ImageDraw.Draw(shot).polygon(arrow, fill="white", outline="black")
    return shot.resize((width, round(shot.height * width / shot.width)))


def write_gif(path, shots):
    """Write frames with their durations, all with the same 256 colours."""
    frames, durations = zip(*shots, strict=True)
    table = _colours(np.stack([np.asarray(one) for one in frames]))
    frames = [one.quantize(palette=table, dither=Image.Dither.NONE) for one in frames]
    frames[0].save(
        path,
        save_all=True,
        append_images=frames[1:],
        duration=durations,
        loop=0,
        optimize=True,
    )


def _colours(frames, n_greys=128):
    """Return greys for the image, and colours for the thin lines on it."""
    spread = frames.max(axis=-1).astype(int) - frames.min(axis=-1)
    lively = Image.fromarray(frames[spread > 25][None])
    colours = lively.quantize(256 - n_greys, Image.Quantize.MEDIANCUT).getpalette()
    greys = np.repeat(np.linspace(0, 255, n_greys).astype(int), 3)
    table = Image.new("P", (1, 1))
    table.putpalette([*greys.tolist(), *colours])
    return table


def main():
    """Film some nuclei."""
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(Path(folder))
        notebook = lab.open(SETUP, name="film.ipynb")
        picture = Picture(notebook, "annotator.screen")
        notebook.until("annotator.session.prob.done == 1")
        shots = film(notebook, picture, lazy_lines(notebook, N_NUCLEI))
        write_gif(HERE / "assist.gif", shots)
        lab.close()


if __name__ == "__main__":
    main()
