"""Keys and what they do; buttons do the same."""

from typing import NamedTuple


class Action(NamedTuple):
    """Something that a key or a button does."""

    name: str  # of the method of Session or Annotator
    keys: tuple  # as `labkit.canvas.screen.events.key_name` calls them
    help: str


TOOLS = (
    Action("draw", ("d",), "outline in one stroke"),
    Action("polygon", ("p",), "outline by clicks; click the first corner to close"),
    Action("box", ("b",), "box"),
    Action("brush", ("e",), "brush on the chosen object; Alt erases"),
    Action("split", ("k",), "cut an object along a line"),
    Action("select", ("s",), "choose objects by a click or a frame"),
    Action("paint", ("w",), "paint the class (semantic annotation); Alt erases"),
    Action("move", ("Shift+m",), "move the image (also: Space, right button)"),
)

ACTIONS = (
    Action("toggle_assist", ("a",), "suggest a contour for what is drawn, on or off"),
    Action("toggle_erase", ("Shift+e",), "brush and paint erase, or add"),
    Action("accept", ("Enter", "q"), "accept the suggestion, close the polygon"),
    Action("reject", ("x", "Delete", "Backspace"), "reject it; delete what is chosen"),
    Action("next_option", ("n",), "next suggestion"),
    Action("invert", ("u",), "swap inside and outside of the suggestion"),
    Action("refine", ("g",), "fit the suggestion again, by an active contour"),
    Action("cancel", ("Escape",), "let go: suggestion, polygon, choice"),
    Action("undo", ("z", "Ctrl+z"), "undo"),
    Action("redo", ("y", "Ctrl+y", "Ctrl+Shift+z"), "redo"),
    Action("merge", ("m",), "merge what is chosen"),
    Action("smooth", ("o",), "smooth"),
    Action("grow", ("+",), "grow by 1 px"),
    Action("shrink", ("-",), "shrink by 1 px"),
    Action("smaller_brush", ("[",), "smaller brush"),
    Action("larger_brush", ("]",), "larger brush"),
    Action("copy_to_next_frame", ("t",), "copy what is chosen, or all, one frame on"),
    Action("next_uncertain", ("r",), "next object to look at, least sure first"),
    Action("toggle_contours", ("v",), "contours on or off"),
    Action("toggle_fills", ("f",), "fills on or off"),
    Action("toggle_compare", ("c",), "comparison on or off"),
    Action("fit", ("h",), "whole image"),
    Action("one_to_one", ("j",), "one image pixel a screen pixel"),
    Action("next_frame", ("ArrowRight", "."), "next frame"),
    Action("previous_frame", ("ArrowLeft", ","), "previous frame"),
    Action("next_image", ("PageDown",), "next image"),
    Action("previous_image", ("PageUp",), "previous image"),
    Action("toggle_done", ("i",), "image is done, or not"),
    Action("toggle_export", ("l",), "export"),
    Action("toggle_help", ("?",), "these keys"),
)

CLASS_KEYS = tuple("0123456789")


def key_map(changed=None):
    """Return which key does what.

    Parameters
    ----------
    changed : dict of str to str or tuple of str, optional
        Action to its keys, where they differ from `ACTIONS` and `TOOLS`; None for
        no key.

    Returns
    -------
    dict of str to str
        Key to name of the action; tools as "tool:draw", classes as "class:1".

    Raises
    ------
    ValueError
        If an action is not known or two share a key.
    """
    changed = dict(changed or {})
    named = [(f"tool:{tool.name}", tool) for tool in TOOLS]
    named += [(action.name, action) for action in ACTIONS]
    found = {key: f"class:{key}" for key in CLASS_KEYS}
    for target, action in named:
        keys = changed.pop(action.name, action.keys)
        for key in (keys,) if isinstance(keys, str) else keys or ():
            if not isinstance(key, str) or not key:
                raise ValueError(f"{key!r} is no name of a key for {action.name!r}")
            if key in found:
                raise ValueError(f"the key {key!r} has two meanings: {found[key]} too")
            found[key] = target
    if changed:
        raise ValueError(
            f"unknown actions {sorted(changed)}; there are "
            f"{[action.name for action in (*TOOLS, *ACTIONS)]}"
        )
    return found
