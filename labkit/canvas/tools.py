"""What a stroke does with each tool. A click is a stroke of one point."""

import cv2
import numpy as np

from .. import assist
from ..objects import box_polygon

CLOSE = 12.0  # screen px: a click this near to the first corner closes a polygon


def draw(session, points, modifiers):
    """Outline an object; with assist, a click and an open line will do, too."""
    if len(points) == 1:
        _click(session, points[0], modifiers)
    elif session.assisted and is_scribble(points):
        session.accept_pending()
        there = _pointed_at(session, points[len(points) // 2])
        hull = cv2.convexHull(np.concatenate([there, points]).astype(np.float32))
        session.suggest(hull[:, 0].astype(float))
    else:
        session.outline(points)


def polygon(session, points, modifiers):
    """Add a corner; close on the first one."""
    corners = session.corners
    near = corners and np.hypot(*(points[-1] - corners[0])) <= CLOSE / session.zoom
    if len(corners) >= 3 and near:
        session.close_polygon()
        return
    if not corners:
        session.accept_pending()
    corners.append(tuple(points[-1].tolist()))
    session.changed("pending", f"{len(corners)} corners; Enter closes")


def box(session, points, modifiers):
    """Draw a box; with assist, suggest the object in it."""
    if len(points) == 1:
        _choose(session, points[0], modifiers)
        return
    session.accept_pending()
    if session.assisted:
        session.suggest(assist.from_box(points[0], points[-1]))
    else:
        session.add(box_polygon(points[0], points[-1]), is_box=True)


def brush(session, points, modifiers):
    """Add to the chosen object, or erase; without one, choose."""
    if not session.selected and not session.pending:
        _choose(session, points[0], modifiers)
    else:
        session.brush(points, erase=modifiers.alt != session.erasing)


def split(session, points, modifiers):
    """Cut along the line."""
    session.cut(points)


def select(session, points, modifiers):
    """Choose by a click or by a frame; Shift chooses more."""
    if len(points) == 1:
        _choose(session, points[0], modifiers)
        return
    found = session.annotation.inside(points[0], points[-1], session.frame)
    session.select([one.id for one in found], more=modifiers.shift)


def paint(session, points, modifiers):
    """Paint the class in use on the class map."""
    erase = modifiers.alt != session.erasing
    if not session.class_id and not erase:
        raise ValueError("choose a class to paint first: key 1 to 9")
    class_id = 0 if erase else session.class_id
    session.annotation.paint(
        points, session.brush_radius, class_id, frame=session.frame
    )
    session.changed("class map")


def move(session, points, modifiers):
    """Choose; the screen has moved the image."""
    _choose(session, points[-1], modifiers)


TOOL_STROKES = {
    "draw": draw,
    "polygon": polygon,
    "box": box,
    "brush": brush,
    "split": split,
    "select": select,
    "paint": paint,
    "move": move,
}


def is_scribble(points):
    """Tell whether a line stays open, so that it marks an object from inside.

    It does if its ends are far apart, measured by its length.
    """
    length = np.linalg.norm(np.diff(points, axis=0), axis=1).sum()
    return np.linalg.norm(points[-1] - points[0]) > 0.5 * length


def _click(session, point, modifiers):
    """Choose the object under a click; on empty ground suggest one.

    A click into a suggestion that waits accepts it.
    """
    if not session.assisted or session.annotation.at(point, session.frame):
        _choose(session, point, modifiers)
        return
    if session.accept_pending() and session.annotation.at(point, session.frame):
        return
    session.suggest(_pointed_at(session, point))


def _pointed_at(session, point):
    """A rough outline of the object at a point, about as large as those drawn."""
    areas = [o.area for o in session.annotation.objects(session.frame) if not o.is_box]
    diameter = np.sqrt(np.median(areas) * 4 / np.pi) if len(areas) > 2 else None
    return assist.from_click(point, session.image, prob=session.prob, diameter=diameter)


def _choose(session, point, modifiers):
    """Choose the object under a click, or none."""
    found = session.annotation.at(point, session.frame)
    session.select([found.id] if found else [], more=modifiers.shift)
