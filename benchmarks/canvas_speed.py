"""What the user of the canvas waits for, in a real JupyterLab in a real browser.

    python benchmarks/canvas_speed.py [N]

Wall time in the page, from the event to the frame in which the picture has changed
(N of each, default 30; frames come every 16 ms). The view is 640 x 768, objects have
60 corners; the image is noise, which compresses worst. Needs Chromium and the `test`
extra.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "browser"))

from lab import Lab, Picture

SETUP = """
import time
import numpy as np
from labkit.canvas import Drawn, Screen

rng = np.random.default_rng(0)
angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
oval = np.c_[18 * np.sin(angle), 14 * np.cos(angle)]
screen = Screen(ink={ink})
front = []
screen.on_stroke(lambda points, *more: screen.set_front([Drawn(points, "#ff0000")]))

def seconds_to_show(*args):
    start = time.perf_counter()
    show(*args)
    return time.perf_counter() - start

def show(side, n_objects):
    places = rng.uniform(20, side - 20, (n_objects, 2))
    noise = rng.integers(20, 160, (2048, 2048), dtype=np.uint8)
    with screen.hold():
        screen.set_image(np.tile(noise, (side // 2048 + 1,) * 2)[:side, :side])
        screen.set_shapes([Drawn(oval + p, "#56b4e9", fill=0.2) for p in places])
    screen.redraw()
"""

TIMED = """async ([canvas, kind, at]) => {
    const pen = canvas.getContext('2d');
    const look = () => {
        const all = pen.getImageData(0, at[1], canvas.width, 8).data;
        let sum = 0;
        for (let i = 0; i < all.length; i += 7) sum = (sum * 31 + all[i]) | 0;
        return sum;
    };
    const stack = canvas.closest('.labkit-screen');
    const target = stack.querySelector('.labkit-ink') ?? canvas;
    const box = target.getBoundingClientRect();
    const frame = () => new Promise(requestAnimationFrame);
    const event = (type, more) => {
        const init = { bubbles: true, cancelable: true, pointerId: 1, button: 0,
            clientX: box.x + at[0], clientY: box.y + at[1], pointerType: 'mouse',
            ...more };
        const makers = { wheel: WheelEvent, pointer: PointerEvent, mouse: MouseEvent };
        const maker = makers[type.match(/wheel|pointer|mouse/)[0]];
        target.dispatchEvent(new maker(type, init));
    };
    const ink = target !== canvas ? 'pointer' : 'mouse';
    if (kind === 'stroke') {
        event(ink + 'down');
        for (let i = 0; i < 40; i++) {
            const clientX = box.x + at[0] + i, clientY = box.y + at[1] + i % 9;
            event(ink + 'move', { clientX, clientY });
            await frame();
        }
        await new Promise((done) => setTimeout(done, 300));
    }
    if (kind === 'loop') {
        event(ink + 'down', { clientX: box.x + at[0] + 9 });
        for (let i = 1; i < 40; i++) {
            const angle = i / 40 * 2 * Math.PI;
            event(ink + 'move', { clientX: box.x + at[0] + 9 * Math.cos(angle),
                clientY: box.y + at[1] + 9 * Math.sin(angle) });
            await frame();
        }
        await new Promise((done) => setTimeout(done, 300));
    }
    const before = look(), start = performance.now();
    if (kind === 'loop') event(ink + 'up', { clientX: box.x + at[0] + 9 });
    else if (kind === 'stroke') event(ink + 'up', { clientX: box.x + at[0] + 40 });
    else event('wheel', { deltaY: kind });
    while (look() === before && performance.now() - start < 5000) await frame();
    const took = performance.now() - start;
    await new Promise((done) => setTimeout(done, 250));
    return took;
}"""


def timed(picture, kinds):
    """Return median and 95th percentile of the times of some events, ms."""
    handle, rng = picture.canvas.element_handle(), np.random.default_rng(0)
    times = []
    for kind in kinds:
        at = rng.uniform(200, 400, 2).tolist()
        times.append(picture.page.evaluate(TIMED, [handle, kind, at]))
    return np.percentile(times, [50, 95])


def row(what, numbers):
    """Print a line of the table."""
    print(f"| {what} | {numbers[0]:.0f} | {numbers[1]:.0f} |", flush=True)


ANNOTATOR = """
import numpy as np
from labkit.canvas import Annotator

rows, cols = np.indices((2048, 2048))
nuclei = (rows % 64 - 32) ** 2 + (cols % 64 - 32) ** 2 < 22**2
noise = np.random.default_rng(0).normal(0, 200, nuclei.shape)
annotator = Annotator(np.clip(500 + 2500 * nuclei + noise, 0, 65535).astype(np.uint16))
annotator
"""


def measure_annotator(lab, n):
    """Print the line of the annotator: from the end of the line to the suggestion."""
    notebook = lab.open(ANNOTATOR, name="annotator.ipynb")
    picture = Picture(notebook, "annotator.screen")
    notebook.until("annotator.session.prob.done == 1")
    what = "annotator: end of a line to suggestion seen, 2048 x 2048, U-Net"
    row(what, timed(picture, ["loop"] * n))
    notebook.close()


def measure(lab, n, ink):
    """Print the lines of one kind of input."""
    name = "ink layer" if ink else "plain ipycanvas"
    notebook = lab.open(
        SETUP.format(ink=ink), "show(2048, 0)", "screen.widget", name=f"{ink}.ipynb"
    )
    picture = Picture(notebook)
    steps = [-100 if i % 10 < 5 else 100 for i in range(n)]
    for side, n_objects in ((2048, 0), (2048, 1000), (10_000, 1000)):
        notebook.run(f"show({side}, {n_objects})")
        notebook.page.wait_for_timeout(2000)
        what = f"{name}: zoom step, {side} x {side}, {n_objects} objects"
        row(what, timed(picture, steps))
    notebook.run("show(2048, 1000)")
    notebook.page.wait_for_timeout(2000)
    row(f"{name}: stroke's end to outline seen", timed(picture, ["stroke"] * n))
    if ink:
        seconds = [notebook.value("seconds_to_show(2048, 1000)") for _ in range(5)]
        row(
            "a new 2048 x 2048 image, in Python",
            1000 * np.percentile(seconds, [50, 95]),
        )
    notebook.close()


def main():
    """Print the table."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    lab = Lab(Path(tempfile.mkdtemp()))
    try:
        print("| what | median, ms | 95th percentile, ms |\n|---|--:|--:|")
        measure_annotator(lab, n)
        for ink in (True, False):
            measure(lab, n, ink)
    finally:
        lab.close()


if __name__ == "__main__":
    main()
