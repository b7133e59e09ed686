"""A private JupyterLab and a browser that drives it, for tests.

`Lab` serves a temporary folder and owns the browser; `Notebook` is an open page with
its kernel; `Picture` turns image points of a `labkit.canvas.Screen` into places on
the page.
"""

import contextlib
import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import nbformat
from playwright.sync_api import Error, sync_playwright

SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false"},
    "notebook-extension/tracker": {"windowingMode": "none"},
    "docmanager-extension/plugin": {"autosave": False},
}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 120  # s
PANEL = """const panel = [...window.jupyterapp.shell.widgets('main')]
    .find((one) => one.context?.path === path);"""
# JupyterLab has widgets' messages handled by a thread of their own in the kernel (a
# subshell), so they may still wait while code runs: `labkitWaiting` holds those.
WATCH = (
    "(path) => {"
    + PANEL
    + """const kernel = panel.sessionContext.session.kernel, waiting = new Set();
    window.labkitWaiting = waiting;
    kernel.anyMessage.connect((_, { msg, direction }) => {
        if (direction === 'send' && msg.header.msg_type === 'comm_msg')
            waiting.add(msg.header.msg_id);
        else if (msg.content.execution_state === 'idle')
            waiting.delete(msg.parent_header.msg_id);
    });
    kernel.statusChanged.connect((_, status) => {
        if (/restarting|dead/.test(status)) waiting.clear();
    }); }"""
)


class NoBrowser(Exception):
    """There is none on this machine, or it does not start."""


class Lab:
    """A JupyterLab server without settings of the user, and a browser."""

    def __init__(self, folder):
        self.folder = folder
        with contextlib.ExitStack() as stack:
            engine = stack.enter_context(sync_playwright())
            self.browser = _launch(engine)
            stack.callback(self.browser.close)
            self.address = stack.enter_context(_served(folder))
            self._stack = stack.pop_all()

    def close(self):
        """End the server with its kernels, and the browser."""
        self._stack.close()

    def open(self, *cells, name="test.ipynb", run=True, **context):
        """Write a notebook of code cells, open it in a page of its own and run it.

        `context` goes to playwright: ``has_touch``, ``device_scale_factor``, ...
        """
        notebook = nbformat.v4.new_notebook()
        notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python"}
        nbformat.write(notebook, self.folder / name)
        context.setdefault("viewport", {"width": 1300, "height": 1100})
        page = self.new_page(**context)
        opened = Notebook(page, f"{self.address}/doc/tree/{name}?reset", name)
        if run:
            opened.run_all()
        return opened

    def new_page(self, **context):
        """Open an empty page that is patient: a busy machine is no mistake."""
        opened = self.browser.new_context(**context)
        opened.set_default_timeout(PATIENCE * 1000)
        return opened.new_page()


class Notebook:
    """A notebook in the browser, with its kernel.

    Attributes
    ----------
    page : playwright page
    sent : list of bytes or str
        Every message that the page has sent to the kernel.
    """

    def __init__(self, page, address, path):
        self.page, self.path, self._address = page, path, address
        self.sent, self.console = [], []
        page.on("websocket", self._listen)
        page.on("console", lambda m: m.type == "error" and self.console.append(m.text))
        page.on("pageerror", lambda error: self.console.append(str(error)))
        self._load(address)

    def _listen(self, socket):
        socket.on("framesent", lambda frame: self.sent.append(frame))

    def _load(self, address):
        """Open the page and wait for the kernel."""
        self.page.goto(address)
        self.page.wait_for_selector(".jp-CodeCell .cm-content")
        self.page.wait_for_function(
            "(path) => {" + PANEL + "return panel?.sessionContext.session?.kernel"
            "?.connectionStatus === 'connected' && panel.sessionContext.session.kernel"
            ".status === 'idle'; }",
            arg=self.path,
        )
        self.page.evaluate(WATCH, self.path)

    def settle(self):
        """Wait until the kernel has done all that the page has asked for so far."""
        self.page.wait_for_function("() => window.labkitWaiting.size === 0")

    def run_all(self):
        """Run every cell; raise what a cell raised."""
        self.page.evaluate(
            "window.jupyterapp.commands.execute('notebook:run-all-cells')"
        )
        errors = self.page.evaluate(
            "(path) => {" + PANEL + "return [...panel.content.model.cells].flatMap("
            "(cell) => cell.outputs?.toJSON() ?? []).filter((o) => o.output_type === "
            "'error').map((o) => o.traceback.join('\\n')); }",
            self.path,
        )
        assert not errors, errors[0]

    def run(self, code):
        """Run code in the kernel, after what hands did; return what it prints."""
        self.settle()
        text, error = self.page.evaluate(
            "async ([path, code]) => {" + PANEL + "let text = '', error = '';"
            "const future = panel.sessionContext.session.kernel.requestExecute("
            "{ code, store_history: false });"
            "future.onIOPub = (m) => { if (m.header.msg_type === 'stream') "
            "text += m.content.text; if (m.header.msg_type === 'error') "
            "error = m.content.traceback.join('\\n'); };"
            "await future.done; return [text, error]; }",
            [self.path, code],
        )
        assert not error, error
        return text

    def value(self, expression):
        """Return the value of a Python expression in the kernel, by JSON."""
        printed = (
            f"__import__('json').dumps({expression}, default=lambda a: a.tolist())"
        )
        return json.loads(self.run(f"print({printed})"))

    def until(self, expression):
        """Wait until an expression in the kernel is true; return its value."""
        return self.eventually(lambda: self.value(expression), expression)

    def eventually(self, true, what="that"):
        """Wait until a function returns something true; return it."""
        end = time.monotonic() + PATIENCE
        while not (value := true()):
            assert time.monotonic() < end, f"not true in {PATIENCE} s: {what}"
            self.page.wait_for_timeout(50)
        return value

    def n_cells(self):
        """Return how many cells the notebook has."""
        return self.page.evaluate(
            "(path) => {" + PANEL + "return panel.content.widgets.length; }", self.path
        )

    def save(self):
        """Save the notebook."""
        self.page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")

    def reload(self):
        """Load the page again; the kernel lives on. Save before, or it is lost."""
        self._load(self._address.removesuffix("?reset"))

    def close(self):
        """End the kernel and close the page."""
        self.page.evaluate(
            "async (path) => {" + PANEL + "await panel.sessionContext.shutdown(); }",
            self.path,
        )
        self.page.context.close()


class Picture:
    """A `Screen` on the page: draws, clicks and looks in image coordinates.

    Parameters
    ----------
    notebook : Notebook
    screen : str
        What the kernel calls it, such as "screen" or "annotator.screen".
    number : int
        Which of the pictures of the page, from the top.
    """

    def __init__(self, notebook, screen="screen", number=0):
        self.notebook, self.page, self._name = notebook, notebook.page, screen
        self.box = self.page.locator(".labkit-screen").nth(number)
        self.canvas = self.box.locator("canvas").first
        self.box.wait_for()
        self.wait_until_painted()

    def wait_until_painted(self):
        """Wait for a pixel that is not transparent."""
        self.page.wait_for_function(
            "(canvas) => canvas.getContext('2d').getImageData("
            "canvas.width / 2, canvas.height / 2, 1, 1).data[3] > 0",
            arg=self.canvas.element_handle(),
        )

    def places(self, points):
        """Return [(x, y)] on the page of image points (row, col)."""
        self.box.scroll_into_view_if_needed()
        box = self.box.bounding_box()
        name = self._name
        seen = self.notebook.value(f"{name}.viewport.to_view({[*map(list, points)]!r})")
        return [(box["x"] + col, box["y"] + row) for row, col in seen]

    def drag(self, points, button="left", modifiers=()):
        """Press at the first image point, move through all, release at the last."""
        places = self.places(points)
        with self.held(modifiers):
            self.page.mouse.move(*places[0])
            self.page.mouse.down(button=button)
            for place in places[1:]:
                self.page.mouse.move(*place)
            self.page.mouse.up(button=button)

    def click(self, point, button="left", modifiers=(), count=1):
        """Click on an image point."""
        (place,) = self.places([point])
        with self.held(modifiers):
            self.page.mouse.click(*place, button=button, click_count=count)

    def hover(self, point):
        """Move the pointer to an image point."""
        self.page.mouse.move(*self.places([point])[0])

    def wheel(self, point, dy, modifiers=()):
        """Turn the wheel at an image point; `dy` is 100 for a notch down."""
        self.hover(point)
        with self.held(modifiers):
            self.page.mouse.wheel(0, dy)

    @contextlib.contextmanager
    def held(self, modifiers):
        """Hold keys such as "Shift" or "Alt"."""
        for key in modifiers:
            self.page.keyboard.down(key)
        yield
        for key in modifiers:
            self.page.keyboard.up(key)

    def pixels(self, points, canvas=None):
        """Return the colours [[r, g, b, a]] of the drawing at image points.

        `canvas` is that of the drawing by default, else another of the page, such
        as ``picture.ink``.
        """
        box, places = self.box.bounding_box(), self.places(points)
        canvas = canvas or self.canvas
        return canvas.evaluate(
            "(canvas, at) => at.map(([x, y]) => [...canvas.getContext('2d')"
            ".getImageData(Math.round(x * canvas.width - .5), "
            "Math.round(y * canvas.height - .5), 1, 1).data])",
            [
                [(x - box["x"]) / box["width"], (y - box["y"]) / box["height"]]
                for x, y in places
            ],
        )

    def until_seen(self, points, colours, canvas=None):
        """Wait until the pixels at image points have these colours."""
        self.notebook.eventually(
            lambda: self.pixels(points, canvas) == colours, f"colours {colours}"
        )

    def until_changed(self, points, before):
        """Wait until a pixel at image points is not as it was; return all."""
        self.notebook.eventually(lambda: self.pixels(points) != before, "a change")
        return self.pixels(points)

    def at_rest(self, points):
        """Wait until pixels at image points no longer change; return them."""
        seen = None
        while seen != (seen := self.pixels(points)):
            self.page.wait_for_timeout(300)
        return seen

    def moved_at_once(self, start, step, n):
        """Have the pointer move by n steps (x, y) before anything else happens."""
        self.ink.evaluate(
            "(ink, [[x, y], [dx, dy], n]) => { for (let i = 1; i <= n; i++) "
            "ink.dispatchEvent(new PointerEvent('pointermove', { bubbles: true, "
            "pointerId: 1, pointerType: 'mouse', clientX: x + i * dx, "
            "clientY: y + i * dy })); }",
            [[*start], [*step], n],
        )

    @property
    def ink(self):
        """The canvas of the ink layer."""
        return self.box.locator("canvas.labkit-ink")


def _launch(engine):
    """Start the browser of the machine."""
    found = (os.environ.get("LABKIT_BROWSER"), *map(shutil.which, BROWSERS))
    path = next((path for path in found if path), None)
    try:
        return engine.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
    except Error as error:
        raise NoBrowser(str(error).splitlines()[0]) from error


@contextlib.contextmanager
def _served(folder):
    """Run JupyterLab on a folder; yield its address."""
    private = folder / ".private"
    for name, settings in SETTINGS.items():
        path = private / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.password": "",
        "ServerApp.root_dir": folder,
        "IdentityProvider.token": "",
        "LabApp.expose_app_in_browser": True,
        "LabApp.news_url": "",
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "LabApp.extension_manager": "readonly",
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [f"--{name}={value}" for name, value in options.items()]
    kinds = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    own = {name: str(private / kind) for name, kind in kinds.items()}
    log = private / "log"
    with log.open("w") as out:
        server = subprocess.Popen(
            command,
            stdout=out,
            stderr=out,
            env=os.environ | own,
            start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        )
    try:
        _wait_for(f"http://127.0.0.1:{port}/api", server, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)


def _end_with_parent():
    """Have the server ended when the tests are killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def _wait_for(address, server, log):
    """Wait until the server answers."""
    for _ in range(2 * PATIENCE):
        if server.poll() is not None:
            raise RuntimeError(f"JupyterLab stopped: {log.read_text()[-1000:]}")
        try:
            urllib.request.urlopen(address, timeout=1)
        except OSError:
            time.sleep(0.5)
        else:
            return
    raise RuntimeError(f"no JupyterLab in time: {log.read_text()[-1000:]}")
