"""Make the picture of the annotator: a real JupyterLab, driven like by hand.

    python docs/make_annotator_picture.py

writes docs/annotator.jpg. Needs Chromium and the `test` extra.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "browser"))

from lab import Lab, Picture  # noqa: E402

SETUP = """
import labkit as lk
from labkit.canvas import Annotator

data = lk.data.load("nuclei")
outlines = list(lk.labels.to_polygons(data.labels[0]).values())
rng = np.random.default_rng(4)
annotator = Annotator(
    {"nuclei": data.images[0]}, folder="saved", classes=["interphase", "mitotic"]
)
annotator
"""
N_ACCEPTED = 24


def main():
    """Draw round some nuclei and take a picture of it."""
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(Path(folder))
        notebook = lab.open(
            "import numpy as np" + SETUP,
            name="annotate.ipynb",
            viewport={"width": 1240, "height": 1120},
            device_scale_factor=1.5,
        )
        picture = Picture(notebook, "annotator.screen")
        notebook.until("annotator.session.prob.done == 1")
        lines = notebook.value("[lk.synth.lazy_contour(p, rng) for p in outlines]")
        inner = [np.array(line) for line in lines if 25 < np.min(line) < 400][7:]
        for line in inner[:N_ACCEPTED]:
            picture.drag(line)
            notebook.until("annotator.session.pending is not None")
        for key in ("Enter", "Escape", "f"):
            picture.page.keyboard.press(key)
        notebook.run(
            "annotator.annotation.set_class([3, 9], 2)\n"
            "annotator.session.changed('objects')"
        )
        picture.wheel(inner[N_ACCEPTED].mean(axis=0), -150)
        picture.drag(inner[N_ACCEPTED])
        notebook.until("annotator.session.pending is not None")
        picture.page.wait_for_timeout(1500)
        widget = picture.page.locator(".labkit-annotator")
        widget.screenshot(path=f"{folder}/annotator.png")
        shot = Image.open(f"{folder}/annotator.png").convert("RGB")
        shot.save(HERE / "annotator.jpg", quality=85)
        lab.close()


if __name__ == "__main__":
    main()
