"""How tracks look on the screen: objects in the colour of their track, with tails."""

import functools

import numpy as np

from ..labels import runs, to_polygons
from ..show.picture import label_colors, outline_picture
from .screen import Drawn

CHOSEN, CURSOR, BORN, ALONE = "#ffffff", "#ffd400", "#56b4e9", "#888888"
N_TAIL = 8  # frames
N_KEPT = 12  # frames whose outlines are kept


class TrackLook:
    """Turns a `TrackSession` into shapes.

    Parameters
    ----------
    session : TrackSession

    Attributes
    ----------
    tails, outlines : bool
        What is shown.
    """

    def __init__(self, session):
        self.session = session
        self.tails = self.outlines = True
        self._polygons = {}  # frame -> {label: polygon}
        self._paths, self._of = {}, None  # track -> (frames, points, parent)

    def shapes(self):
        """All objects of the frame, and where they came from."""
        session, ids = self.session, self.session.ids()
        drawn = []
        if self.outlines:
            for label, polygon in self.polygons(session.frame).items():
                number = ids.get(label)
                color = ALONE if number is None else colour_of(number)
                drawn.append(Drawn(polygon, color, 1.8, 0, number is None))
        if self.tails:
            for number in ids.values():
                line = self.tail(number, session.frame, N_TAIL)
                if len(line) > 1:
                    drawn.append(Drawn(_open_line(line), colour_of(number), 1.4))
        return drawn

    def front(self):
        """The choice with its whole path, its daughters, and what is being chosen."""
        session, drawn = self.session, []
        if session.selected:
            path = self.paths().get(session.selected)
            if path is not None and len(path[1]) > 1:
                drawn.append(Drawn(_open_line(path[1]), CHOSEN, 1.0))
            drawn += self._object(session.selected, CHOSEN, 3.0, 0.12)
            for number in session.daughters_of(session.selected):
                drawn += self._object(number, BORN, 3.0, 0.0)
        for number in session.daughters:
            drawn += self._object(number, BORN, 3.0, 0.25)
        if session.cursor:
            drawn += self._object(session.cursor, CURSOR, 3.0, 0.2)
        return drawn

    def polygons(self, frame):
        """Outlines of a frame, {label: polygon}; the last few frames are kept."""
        if frame not in self._polygons:
            while len(self._polygons) >= N_KEPT:
                self._polygons.pop(next(iter(self._polygons)))
            self._polygons[frame] = to_polygons(self.session.labels[frame])
        return self._polygons[frame]

    def paths(self):
        """Positions of each track: {track_id: (frames, (n, 2) points, parent_id)}."""
        tracks = self.session.tracks
        if self._of is not tracks:
            order, first, last = runs(tracks)
            rows = tracks[order]
            points = np.stack([rows["y"], rows["x"]], axis=1)
            self._of, self._paths = tracks, {}
            for i, k in zip(first.tolist(), (last + 1).tolist(), strict=True):
                found = rows["frame"][i:k], points[i:k], int(rows["parent_id"][i])
                self._paths[int(rows["track_id"][i])] = found
        return self._paths

    def tail(self, number, frame, n_frames):
        """Return where an object has been in the last frames, its mothers too."""
        parts, paths = [], self.paths()
        while number in paths:
            frames, points, parent = paths[number]
            inside = (frames <= frame) & (frames >= frame - n_frames)
            parts.append(points[inside])
            if frames[0] <= frame - n_frames:
                break
            number = parent
        return np.concatenate(parts[::-1])

    def bounds(self, number):
        """Return the lowest and highest (row, col) of a track's object."""
        row = self.session.row(number)
        polygon = self.polygons(int(row["frame"]))[int(row["label"])]
        return polygon.min(axis=0), polygon.max(axis=0)

    def snapshot(self, max_side=640):
        """Return the frame with outlines as an RGB picture, (h, w, 3) uint8."""
        session, frame = self.session, self.session.frame
        numbers = np.zeros(session.labels[frame].max() + 1, np.int32)
        for label, number in session.ids().items():
            numbers[label] = number
        of_tracks = numbers[session.labels[frame]]
        side = min(max_side, max(of_tracks.shape))
        return outline_picture(session.images[frame], of_tracks, max_side=side)

    def _object(self, number, colour, width, fill):
        """The outline of a track's object; dashed where it was, if it is not here."""
        row = self.session.row(number)
        if row is None:
            return []
        polygon = self.polygons(int(row["frame"]))[int(row["label"])]
        here = row["frame"] == self.session.frame
        return [Drawn(polygon, colour, width, fill if here else 0, not here)]


@functools.cache
def colour_of(number):
    """The colour of a track, the same as in all figures of labels."""
    rgb = np.maximum(label_colors(np.array([number])), 60)[0]
    return "#" + bytes(rgb.tolist()).hex()


def _open_line(points):
    """A polygon that looks like an open line: there and back."""
    return np.concatenate([points, points[-2::-1]])
