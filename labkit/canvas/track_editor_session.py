"""What clicks and keys do to tracks, without widgets."""

import numpy as np

from ..track.branches import parent_of
from ..track.doubts import doubts
from .track_editor_scene import TrackScene

HOW = "click it, or choose with the arrow up and down and Enter; Escape lets go"


class TrackSession(TrackScene):
    """What is chosen and waited for, and what clicks and keys make of the tracks.

    Parameters
    ----------
    images, labels, corrections
        As of `TrackScene`.

    Attributes
    ----------
    selected : int
        Id of the chosen track, 0 for none.
    waiting : str
        "join" or "division" while the next click completes it, else "".
    daughters : list of int
        Chosen so far, while a division waits.
    cursor : int
        Id of the track that Enter would click, 0 for none.
    listeners : list of callable
        Called with what has changed ("frame", "tracks", "choice" or "look") and a
        line of text.
    """

    def __init__(self, images, labels, corrections):
        super().__init__(images, labels, corrections)
        self.selected, self.cursor, self.waiting, self.daughters = 0, 0, "", []
        self.listeners, self._seen = [], set()

    def changed(self, what, text=""):
        """Tell the listeners."""
        for listener in self.listeners:
            listener(what, text)

    # Moving and choosing

    def turn_to(self, frame):
        """Look at another frame; what waits goes on waiting."""
        if not 0 <= frame < len(self.images):
            end = "first" if frame < 0 else "last"
            raise ValueError(f"this is the {end} frame")
        self.frame, self.cursor, self.daughters = int(frame), 0, []
        chosen = self.describe(self.selected) if self.selected else ""
        self.changed("frame", self._task() or chosen)

    def select(self, track_id):
        """Choose a track, 0 for none."""
        self.selected, self.cursor = int(track_id), 0
        self.changed("choice", self.describe(track_id) if track_id else "")

    def click(self, point, *, join=False):
        """Choose what is under a point, or complete what waits; `join` joins to it."""
        self.take(self.track_at(point), join=join)

    def take(self, track_id, *, join=False):
        """Do what a click on a track does."""
        if self.waiting and not track_id:
            raise ValueError(f"there is no nucleus; {self._task()}")
        if self.waiting == "division":
            self._add_daughter(track_id)
        elif self.waiting == "join" or (join and self.selected and track_id):
            self._join_to(track_id)
        else:
            self.select(track_id)

    def move_cursor(self, step):
        """Go through the objects of the frame, the nearest to the choice first."""
        rows = self.tracks[self.tracks["frame"] == self.frame]
        if not self.waiting:
            rows = rows[rows["track_id"] != self.selected]
        if not len(rows):
            raise ValueError("there is no other nucleus in this frame")
        middle = np.array(self.shape[1:]) / 2
        here = self.row(self.selected) if self.selected else None
        y, x = middle if here is None else (here["y"], here["x"])
        order = np.argsort(np.hypot(rows["y"] - y, rows["x"] - x), kind="stable")
        ids = rows["track_id"][order].tolist()
        at = ids.index(self.cursor) + step if self.cursor in ids else min(step, 0)
        self.cursor = ids[at % len(ids)]
        self.changed("choice", f"Enter takes {self.describe(self.cursor)}")

    def accept(self):
        """Click what the arrow keys have reached."""
        if not self.cursor:
            raise ValueError("choose a nucleus with the arrow up or down first")
        self.take(self.cursor)

    def cancel(self):
        """Let go of what waits, else of the choice."""
        if self.waiting or self.cursor:
            self.waiting, self.daughters, self.cursor = "", [], 0
            self.changed("choice", "let go")
        else:
            self.select(0)

    def next_doubt(self):
        """Go to the next event that is often wrong: see `labkit.track.doubts`."""
        found = doubts(self.tracks, self.shape).tolist()
        rest = [one for one in found if one[:3] not in self._seen]
        if not rest:
            self._seen.clear()
            self.turn_to(0)
            raise ValueError(f"all {len(found)} doubtful events have been seen")
        event = next((one for one in rest if one[0] >= self.frame), rest[0])
        self._seen.add(event[:3])
        frame, track_id, kind = event[:3]
        self.waiting, self.daughters = "", []
        self.turn_to(frame)
        self.select(track_id)
        text = f"{kind}: {self.describe(track_id)} · {len(rest) - 1} more to look at"
        self.changed("look", text)

    # Correcting

    def join(self):
        """Let the chosen track go on as the one that is clicked next."""
        self._wait_for("join")

    def division(self):
        """Let the chosen track divide into the two that are clicked next."""
        self._wait_for("division")

    def no_division(self):
        """Take a division back; if a daughter is chosen, she goes on as the mother."""
        track_id = self._one()
        if self.daughters_of(track_id):
            self._correct("remove_division", track_id)
        else:
            mother = parent_of(self.tracks, track_id)
            if not mother:
                raise ValueError(f"track {track_id} neither divides nor has a mother")
            self._correct("remove_division", mother, keep=track_id)
            track_id = mother
        self._corrected(track_id, "no division")

    def cut(self):
        """Cut the chosen track before this frame."""
        track_id = self._one()
        label = {number: label for label, number in self.ids().items()}.get(track_id)
        self._correct("cut", track_id, self.frame)
        rest = self.ids().get(label, track_id)
        self._corrected(rest, f"track {track_id} cut")

    def delete(self):
        """Delete the chosen track."""
        track_id = self._one()
        self._correct("delete", track_id)
        self._corrected(0, f"track {track_id} deleted")

    def undo(self):
        """Let go of what waits, or take the last correction back."""
        if self.waiting:
            self.cancel()
        else:
            self._travel(self._correct("undo"), "undone")

    def redo(self):
        """Do again what was undone last."""
        self._travel(self._correct("redo"), "done again")

    # Helpers

    def _one(self):
        """The chosen track."""
        if not self.selected:
            raise ValueError("choose a track first: click a nucleus")
        return self.selected

    def _wait_for(self, what):
        """Wait for a click on what follows the chosen track, in the next frame."""
        track_id = self._one()
        here = track_id in self.ids().values()
        if here and self.frame + 1 == len(self.images):
            raise ValueError("this is the last frame; nothing can follow")
        self.waiting, self.daughters = what, []
        self.turn_to(self.frame + here)

    def _task(self):
        """What is waited for, in words."""
        if not self.waiting:
            return ""
        which = "go on as" if self.waiting == "join" else "divide into"
        n_left = " (two)" if self.waiting == "division" else ""
        return f"what does track {self.selected} {which}{n_left}? {HOW}"

    def _join_to(self, track_id):
        """Let the chosen track go on as another from this frame on."""
        earlier = self._one()
        self._correct("join", earlier, track_id, frame=self.frame)
        self._corrected(earlier, f"track {earlier} goes on as {track_id} did")

    def _add_daughter(self, track_id):
        """Choose a daughter, or let go of her; the second completes the division."""
        if track_id in self.daughters:
            self.daughters.remove(track_id)
        else:
            self.daughters.append(track_id)
        if len(self.daughters) < 2:
            self.changed("choice", f"daughters: {len(self.daughters)} of 2")
            return
        pair, self.daughters = self.daughters, []
        mother = self._one()
        self._correct("set_division", mother, pair, self.frame)
        self._corrected(mother, "division")

    def _correct(self, what, *args, **more):
        """Correct the tracks; let go of the choice if only the file has failed."""
        before = self.tracks
        try:
            return getattr(self.corrections, what)(*args, **more)
        except (OSError, ValueError):
            if self.tracks is not before:
                self._corrected(0, "")
            raise

    def _corrected(self, track_id, text):
        """Show what a correction has made of a track."""
        self.waiting, self.daughters, self.cursor = "", [], 0
        self.selected = track_id
        more = f": {self.describe(track_id)}" if track_id else ""
        self.changed("tracks", text + more)

    def _travel(self, step, how):
        """Show a step of the history, on a frame that it touches."""
        if step is None:
            raise ValueError(f"nothing to be {how}")
        frames = np.unique(np.concatenate([step.before["frame"], step.after["frame"]]))
        if len(frames) and self.frame not in frames:
            self.turn_to(int(frames[0]))
        there = self.selected in self.tracks["track_id"]
        self._corrected(self.selected if there else 0, f"{how}: {step}")
