"""Keys and buttons of the track editor, and what it begins with."""

import html
from pathlib import Path

import ipywidgets as W
import numpy as np

from ..labels import check_tracks
from ..track import Corrections
from ..track.branches import in_order
from ..track.spots import check_frames
from .buttons import CROSS_ROWS, key_tables
from .keys import Action
from .sources import frames_of

ACTIONS = (
    Action("previous_frame", ("ArrowLeft", ","), "previous frame"),
    Action("next_frame", ("ArrowRight", "."), "next frame"),
    Action("first_frame", ("Home",), "first frame"),
    Action("last_frame", ("End",), "last frame"),
    Action("next_doubt", ("r",), "next doubtful event: division, gap, end, start"),
    Action("join", ("j",), "the chosen track goes on as the next one clicked"),
    Action("cut", ("c",), "cut the chosen track before this frame"),
    Action("division", ("d",), "the chosen track divides into the next two clicked"),
    Action("no_division", ("n",), "no division; a daughter goes on as the mother"),
    Action("delete", ("x", "Delete", "Backspace"), "delete the chosen track"),
    Action("undo", ("z", "Ctrl+z"), "undo"),
    Action("redo", ("y", "Ctrl+y", "Ctrl+Shift+z"), "redo"),
    Action("next_object", ("ArrowDown",), "next nucleus, the nearest first"),
    Action("previous_object", ("ArrowUp",), "previous nucleus"),
    Action("accept", ("Enter",), "take this nucleus, like a click on it"),
    Action("cancel", ("Escape",), "let go: what waits, the choice"),
    Action("toggle_tails", ("t",), "tails on or off"),
    Action("toggle_outlines", ("v",), "outlines on or off"),
    Action("fit", ("h",), "whole image"),
    Action("toggle_help", ("?",), "these keys"),
)
_BUTTONS = {
    "previous_frame": "◀",
    "next_frame": "▶",
    "next_doubt": "next doubtful",
    "join": "join",
    "cut": "cut",
    "division": "division",
    "no_division": "no division",
    "delete": "delete",
    "undo": "↶",
    "redo": "↷",
    "fit": "fit",
    "toggle_help": "?",
}
KEYS = {key: one.name for one in ACTIONS for key in one.keys}


def buttons(do):
    """Return a row of buttons that call ``do(name)``."""
    row = W.HBox([_button(one, do) for one in ACTIONS if one.name in _BUTTONS])
    row.layout.flex_flow = "row wrap"
    return row


def help_text():
    """Return all keys, as HTML."""
    rows = [
        "<tr><td>"
        + " ".join(f"<kbd>{html.escape(key)}</kbd>" for key in one.keys)
        + f"</td><td>{html.escape(one.help)}</td></tr>"
        for one in ACTIONS
    ]
    rows += [
        "<tr><td>click</td><td>choose a track</td></tr>",
        "<tr><td>Shift and click</td><td>the chosen track goes on as this</td></tr>",
        "<tr><td>wheel; drag</td><td>zoom; move the image</td></tr>",
        *CROSS_ROWS,
    ]
    return key_tables(rows)


def check_movie(images, labels):
    """Return the frames of images and of labels; ValueError if they do not agree."""
    frames = frames_of(np.asarray(images))[0]
    labels = check_frames(labels)
    if len(frames) != len(labels) or frames[0].shape[:2] != labels[0].shape:
        raise ValueError(
            f"`images` are {len(frames)} of {frames[0].shape[:2]} px, `labels` are "
            f"{len(labels)} of {labels[0].shape} px; pass the labels of this movie"
        )
    return frames, labels


def begin(labels, tracks, path):
    """Return the corrections to go on with, or new ones."""
    if isinstance(tracks, Corrections):
        corrections = tracks
        if path is not None and tracks.path is None:
            tracks.save_as(path)
    elif path is not None and Path(path).exists():
        corrections = Corrections.open(path)
        if tracks is not None and not _same(tracks, corrections.original):
            raise ValueError(
                f"{path} holds corrections of other tracks ({len(corrections.original)}"
                f" rows, these are {len(tracks)}); choose another path, or leave "
                f"`tracks` out to go on with those"
            )
    elif tracks is None:
        raise ValueError("give `tracks`, or the `path` of corrections that exist")
    else:
        corrections = None
    table = check_tracks(tracks) if corrections is None else corrections.original
    _check_objects(labels, table)
    return Corrections(tracks, path=path) if corrections is None else corrections


def _check_objects(labels, tracks):
    """Raise ValueError unless each object of the tracks is in the labels."""
    if len(tracks) and tracks["frame"].max() >= len(labels):
        raise ValueError(
            f"`tracks` goes to frame {tracks['frame'].max()}, `labels` has "
            f"{len(labels)} frames; pass the movie that was linked"
        )
    for frame, plane in enumerate(labels):
        there = np.bincount(plane.ravel()) > 0
        wanted = tracks["label"][tracks["frame"] == frame]
        known = wanted[wanted < len(there)]
        lost = np.concatenate([known[~there[known]], wanted[wanted >= len(there)]])
        if len(lost):
            raise ValueError(
                f"`tracks` has object {lost[0]} in frame {frame}, `labels` has not; "
                f"pass the movie that was linked"
            )


def _same(tracks, others):
    """Tell whether two tables are the same, in any order."""
    return in_order(check_tracks(tracks)).tobytes() == others.tobytes()


def _button(action, do):
    """Return the button of an action."""
    made = W.Button(description=_BUTTONS[action.name], layout={"width": "auto"})
    made.tooltip = f"{action.help} ({action.keys[0]})"
    made.on_click(lambda _: do(action.name))
    return made
