"""Buttons of actions, headings, and the overlay of keys."""

import html

import ipywidgets as W

from .keys import ACTIONS, TOOLS

_STYLE = """<style>
.labkit-keys { display: flex; flex-wrap: wrap; align-items: flex-start; gap: 0 2em; }
.labkit-keys td { font-size: 12px; line-height: 1.3; }
.labkit-keys table { flex: 1 1 280px; }
.labkit-keys td { padding: 1px 8px 1px 0; vertical-align: top; }
.labkit-keys kbd { border: 1px solid #8888; border-radius: 3px; padding: 0 4px; }
</style>"""
_CROSS = {  # the pointer of the keyboard, see `ink.js`
    "Shift ↑ ↓ ← →": "a cross instead of the mouse; arrow keys move it",
    "Space": "click at the cross; held down, the cross draws",
    "Ctrl ↑ ↓": "zoom at the cross",
}
CROSS_ROWS = [
    f"<tr><td><kbd>{keys}</kbd></td><td>{text}</td></tr>"
    for keys, text in _CROSS.items()
]
_SYMBOLS = {
    "accept": "✓ accept",
    "reject": "✗ reject",
    "next_option": "⟳ next",
    "invert": "◐ invert",
    "refine": "⌇ fit",
    "undo": "↶",
    "redo": "↷",
    "merge": "merge",
    "smooth": "smooth",
    "grow": "+ grow",
    "shrink": "− shrink",
    "fit": "fit",
    "one_to_one": "1:1",
    "toggle_export": "export",
    "toggle_help": "?",
    "previous_image": "◀",
    "next_image": "▶",
    "toggle_done": "✓ done",
    "copy_to_next_frame": "copy ▸ frame",
    "next_uncertain": "least sure",
}


def button(name, do):
    """The button of an action."""
    action = next(one for one in ACTIONS if one.name == name)
    label = _SYMBOLS.get(name, name)
    made = W.Button(description=label, tooltip=f"{action.help} ({action.keys[0]})")
    made.layout.width = "auto"
    made.layout.min_width = "34px"
    made.layout.padding = "0 8px"
    if name == "accept":
        made.button_style = "success"
    made.on_click(lambda _: do(name))
    return made


def title(text):
    """A small heading."""
    return W.HTML(f"<b>{html.escape(text)}</b>")


def help_text(keys):
    """The overlay of all keys, as HTML.

    Parameters
    ----------
    keys : dict of str to str
        From `labkit.canvas.keys.key_map`.
    """
    rows = []
    for target, action in [(f"tool:{t.name}", t) for t in TOOLS] + [
        (a.name, a) for a in ACTIONS
    ]:
        found = [key for key, meaning in keys.items() if meaning == target]
        shown = " ".join(f"<kbd>{html.escape(key)}</kbd>" for key in found)
        rows.append(f"<tr><td>{shown}</td><td>{html.escape(action.help)}</td></tr>")
    rows.append("<tr><td><kbd>1</kbd>…<kbd>9</kbd></td><td>class</td></tr>")
    rows.append(
        "<tr><td>wheel, pinch</td><td>zoom</td></tr>"
        "<tr><td>right button, Space, two fingers</td><td>move the image</td></tr>"
        "<tr><td>double click</td><td>edit an object with the brush</td></tr>"
    )
    return key_tables(rows + CROSS_ROWS)


def key_tables(rows):
    """Lay rows of keys and what they do out in three tables, as HTML."""
    size = -(-len(rows) // 3)
    parts = [rows[start : start + size] for start in range(0, len(rows), size)]
    tables = [f"<table>{''.join(part)}</table>" for part in parts]
    return f'{_STYLE}<div class="labkit-keys">{"".join(tables)}</div>'
