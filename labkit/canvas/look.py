"""How objects, suggestions and comparisons look on the screen."""

import dataclasses

import numpy as np

from ..labels import to_polygons
from ..metrics import match
from ..objects import PALETTE
from .screen import Drawn

SUGGESTED, DRAWN, CHOSEN = "#ffd400", "#ffffff", "#ffffff"
RIGHT, MISSED, EXTRA, OURS = "#56b4e9", "#d55e00", "#e69f00", "#dddddd"


@dataclasses.dataclass(frozen=True)
class Look:
    """What is shown of the objects.

    Attributes
    ----------
    contours, compare : bool
    fill : float
        How much of the image fills cover, 0..1.
    width : float
        Of contours, screen px.
    """

    contours: bool = True
    compare: bool = True
    fill: float = 0.0
    width: float = 1.5


def colour_of(one, classes):
    """The colour of an object: its class's, or one of the palette by its id."""
    found = [c.colour for c in classes if c.id == one.class_id]
    return found[0] if found else PALETTE[one.id % len(PALETTE)]


def describe(one, classes):
    """One line about an object: id, class, area and score."""
    names = [c.name for c in classes if c.id == one.class_id] or ["no class"]
    score = f", score {one.score:.2f}" if np.isfinite(one.score) else ""
    return f"object {one.id}: {names[0]}, {one.area:.0f} px{score}"


def committed(session, look):
    """What is there already, as shapes to draw."""
    if not look.contours and not look.fill:
        return []
    classes = session.annotation.classes
    return [
        Drawn(
            one.polygon,
            colour_of(one, classes),
            look.width if look.contours else 0,
            0 if one.is_box else look.fill,
        )
        for one in session.annotation.objects(session.frame)
    ]


def front(session, look):
    """What is being worked on: the chosen, the suggestion, the open polygon."""
    shapes = [
        Drawn(session.annotation[number].polygon, CHOSEN, look.width + 1.5, 0.12)
        for number in session.selected
        if session.annotation[number].frame == session.frame
    ]
    if session.pending:
        shapes.append(Drawn(session.pending.drawn, DRAWN, 1.0, 0, True))
        shapes.append(Drawn(session.pending.polygon, SUGGESTED, look.width + 1, 0.18))
    if session.corners:
        shapes.append(Drawn(_open_line(session.corners), SUGGESTED, look.width, 0))
    return shapes


def compared(session, other):
    """Compare with other labels: shapes to draw and a line of text.

    Parameters
    ----------
    session : Session
    other : (H, W) ndarray of int
        Prediction or another annotation.

    Returns
    -------
    shapes : list of Drawn
        Other objects in blue where one of ours matches (IoU > 0.5), in orange where
        none does; ours that nothing matches in vermilion, the rest of ours in grey,
        as colours of classes would be taken for those.
    text : str
    """
    ours = session.annotation.labels(session.frame)
    found = match(ours, other)
    matched_ours, matched = set(found.pairs[:, 0]), set(found.pairs[:, 1])
    shapes = []
    for one in session.annotation.objects(session.frame):
        if one.id in matched_ours or one.is_box:
            shapes.append(Drawn(one.polygon, OURS, 1.0, 0))
        else:
            shapes.append(Drawn(one.polygon, MISSED, 2.5, 0.2))
    shapes += [
        Drawn(polygon, RIGHT if label in matched else EXTRA, 2.0, 0.1, True)
        for label, polygon in to_polygons(other).items()
    ]
    text = (
        f"compared: F1 {found.f1:.2f}, mean IoU {found.mean_iou:.2f}, "
        f"{found.fp} only there, {found.fn} only here"
    )
    return shapes, text


def _open_line(corners):
    """A polygon that looks like an open line: there and back."""
    line = np.array(corners, float)
    if len(line) == 1:
        line = line + np.array([(-0.5, 0), (0.5, 0), (0, 0.5)])
    return np.concatenate([line, line[-2:0:-1]]) if len(line) > 2 else line[[0, -1, 0]]
