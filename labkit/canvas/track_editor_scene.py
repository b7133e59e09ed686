"""The movie and the tracks that the track editor shows, asked by frame and place."""

import numpy as np

from ..track.branches import daughters_of, parent_of, span


class TrackScene:
    """A movie with its tracks, and the frame that is looked at.

    Parameters
    ----------
    images : list of (H, W) or (H, W, 3) ndarray
    labels : list of (H, W) ndarray of int32
    corrections : labkit.track.Corrections

    Attributes
    ----------
    frame : int
        The one that is looked at.
    """

    def __init__(self, images, labels, corrections):
        self.images, self.labels, self.corrections = images, labels, corrections
        self.frame, self._ids = 0, (None, {})

    @property
    def tracks(self):
        """The table as it is now."""
        return self.corrections.tracks

    @property
    def shape(self):
        """Of the movie, (T, H, W)."""
        return (len(self.labels), *self.labels[0].shape)

    def ids(self):
        """Return {label: track_id} of the frame."""
        if self._ids[0] is not self.tracks:
            found = {}
            columns = self.tracks[["frame", "label", "track_id"]]
            for frame, label, number in columns.tolist():
                found.setdefault(frame, {})[label] = number
            self._ids = self.tracks, found
        return self._ids[1].get(self.frame, {})

    def row(self, track_id):
        """Return the row of a track in the frame, or the last before it, or None."""
        rows = self.tracks[self.tracks["track_id"] == track_id]
        rows = rows[rows["frame"] <= self.frame]
        return rows[-1] if len(rows) else None

    def daughters_of(self, track_id):
        """Return the ids of a track's daughters."""
        return daughters_of(self.tracks, track_id)

    def track_at(self, point):
        """Return the track under a point (row, col), 0 for none."""
        row, col = np.round(point).astype(int)
        plane = self.labels[self.frame]
        if not (0 <= row < plane.shape[0] and 0 <= col < plane.shape[1]):
            return 0
        label = int(plane[row, col])
        if label and label not in self.ids():
            raise ValueError(f"object {label} is in no track; link the movie again")
        return self.ids().get(label, 0)

    def describe(self, track_id):
        """One line about a track."""
        first, last = span(self.tracks, track_id)
        mother = parent_of(self.tracks, track_id)
        daughters = self.daughters_of(track_id)
        parts = [f"track {track_id}, frames {first} to {last}"]
        if mother:
            parts.append(f"daughter of {mother}")
        if daughters:
            parts.append("divides into " + " and ".join(map(str, daughters)))
        return ", ".join(parts)
