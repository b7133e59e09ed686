"""Annotated objects for the tests of files: every kind that makes trouble."""

import dataclasses

import numpy as np

from labkit.objects import Object, ObjectClass, box_polygon, mask_polygon

SHAPE = (40, 50)
CLASSES = (
    ObjectClass(1, "dividing", "#e69f00"),
    ObjectClass(2, "at rest", "#0072b2"),
)


def scene():
    """Overlap, hole, pieces, border contact, sub-pixel outline, box, single pixel."""
    ring = np.zeros(SHAPE, bool)
    ring[2:16, 4:20] = True
    ring[6:10, 8:14] = False
    ring[8, 10] = True  # an island in the hole
    pieces = np.zeros(SHAPE, bool)
    pieces[20:24, 2:9] = pieces[26:30, 4:6] = pieces[30, 6] = True
    angle = np.arange(24) * (2 * np.pi / 24)
    radius = np.where(np.arange(24) % 2, 6.3, 8.1)
    star = np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1)
    star = (
        np.round((np.array([28.2, 30.7]) + star) * 64) / 64
    )  # what float32 holds exactly
    return [
        Object(1, box_polygon((-0.5, -0.5), (9.5, 11.5)), 1),
        Object(2, mask_polygon(ring), 2, source="imported"),
        Object(3, star, 1, source="unet", score=0.8125),
        Object(5, mask_polygon(pieces), edited=True),
        Object(7, box_polygon((3.25, 30.5), (14.75, 48.125)), 2, is_box=True),
        Object(12, box_polygon((38.5, 48.5), (39.5, 49.5)), name="cell A/ä"),
    ]


def movie_scene():
    """The scene in frames 0 and 2 of 3; frame 1 is empty."""
    later = [dataclasses.replace(one, id=one.id + 20, frame=2) for one in scene()]
    return scene() + later


def facts(objects):
    """Return all that is known of objects, to compare."""
    rows = [dataclasses.asdict(one) for one in objects]
    for row in rows:
        row["polygon"] = row["polygon"].tolist()
        row["score"] = None if np.isnan(row["score"]) else row["score"]
    return rows
