"""Divisions on a page, to be kept or taken back one by one."""

import html

import cv2
import ipywidgets as W
import numpy as np

from ..show.divisions import division_name, division_strips
from ..show.widget import ShownWidget
from ..track import division_events
from ..track.branches import parent_of
from .track_editor_parts import begin, check_movie

PER_PAGE = 8
WIDTH = "390px"  # of a strip: two stand side by side in a notebook
SAYS = {
    "": "not judged",
    "yes": "a division",
    "no": "no division",
    "gone": "gone, a nucleus was deleted",
}
COLOURS = {"": "inherit", "yes": "#0072b2", "no": "#d55e00", "gone": "#767676"}


class DivisionGallery(ShownWidget):
    """Judge divisions one by one: the least likely first, mother and daughters shown.

    "no division" lets the daughter that is nearer to the mother go on as her; the other
    one begins a track of her own. Every verdict can be undone.

    Parameters
    ----------
    images : (T, H, W) array_like
    labels : (T, H, W) array_like of int, or sequence of (H, W)
        The label images that were linked.
    tracks : structured ndarray or Corrections, optional
        `labkit.labels.TRACK_DTYPE`; may be left out where `path` exists.
    path : str or Path, optional
        The file of corrections, as of `TrackEditor`.
    per_page : int
        Divisions shown at once.

    Attributes
    ----------
    tracks : structured ndarray
        The table without the divisions that were taken back.
    corrections : labkit.track.Corrections
        What was done, with undo; a `TrackEditor` takes it, too.
    events : structured ndarray
        All that were there to begin with, see `labkit.track.division_events`.
    verdicts : list of {"", "yes", "no", "gone"}
        For each of them; "gone" where one of its nuclei was deleted elsewhere.
    widget : ipywidgets.VBox
    status : str
        The line under the buttons.

    Raises
    ------
    ValueError, TypeError
        If images, labels and tracks do not belong together, or no track divides.

    Examples
    --------
    >>> movie = lk.synth.simulate_movie(12, (96, 96), 6, division_rate=0.1, seed=3)
    >>> judge = lk.canvas.DivisionGallery(movie.images, movie.labels, movie.tracks)
    >>> judge.reject(0)
    >>> len(judge.events) - len(lk.track.division_events(judge.tracks))
    1
    """

    QUALITY = 85  # strips of nuclei are small

    def __init__(self, images, labels, tracks=None, path=None, *, per_page=PER_PAGE):
        frames, labels = check_movie(images, labels)
        self.corrections = begin(labels, tracks, path)
        self.events = division_events(self.tracks)
        self._families = [_family(self.tracks, event) for event in self.events]
        shown = (frames, self.tracks, self.events)
        self._strips = division_strips(*shown, labels=labels)
        self._accepted, self._first, self._per_page = set(), 0, per_page
        self._line, self._text = W.HTML(), ""
        self._page = W.HBox(layout={"flex_flow": "row wrap"})
        self.widget = W.VBox([self._buttons(), self._line, self._page])
        self.turn(0)

    @property
    def tracks(self):
        """The table as it is now, corrected: `labkit.labels.TRACK_DTYPE`."""
        return self.corrections.tracks

    @property
    def verdicts(self):
        """What has become of each of `events`."""
        return [self._verdict(k) for k in range(len(self.events))]

    @property
    def status(self):
        """The line under the buttons."""
        return self._text

    # By name what hands do

    def accept(self, number):
        """Say that one of `events` is a division; if it was taken back, it returns."""
        if self._judged(number) == "no":
            mother, *daughters = self._ids(number)
            frame = int(self.events["frame"][number])
            self.corrections.set_division(mother, daughters, frame)
        self._accepted.add(number)
        self._show(f"{division_name(self.events[number])}: a division")

    def reject(self, number):
        """Take one of `events` back."""
        if self._judged(number) != "no":
            mother, nearer, _ = self._ids(number)
            self.corrections.remove_division(mother, keep=nearer)
        self._accepted.discard(number)
        self._show(f"{division_name(self.events[number])}: no division")

    def undo(self):
        """Take the last correction back."""
        step = self.corrections.undo()
        self._show(f"undone: {step}" if step else "nothing to be undone")

    def turn(self, by=1):
        """Show another page."""
        last = (len(self.events) - 1) // self._per_page * self._per_page
        self._first = min(max(self._first + by * self._per_page, 0), last)
        self._cards = {
            number: self._card(number)
            for number in range(len(self.events))[self._first :][: self._per_page]
        }
        self._page.children = [card for card, _ in self._cards.values()]
        self._show()

    # Inside

    def _ids(self, number):
        """The tracks that mother, nearer and other daughter belong to now."""
        return [_track_of(self.tracks, one) for one in self._families[number]]

    def _judged(self, number):
        """Look up what has become of an event that can be judged."""
        verdict = self._verdict(number)
        if verdict == "gone":
            raise ValueError(f"event {number} is gone: undo the deletion of its nuclei")
        return verdict

    def _verdict(self, number):
        """Look up what has become of an event."""
        mother, *daughters = self._ids(number)
        if 0 in (mother, *daughters):
            return "gone"
        stands = all(parent_of(self.tracks, one) == mother for one in daughters)
        return ("yes" if number in self._accepted else "") if stands else "no"

    def _buttons(self):
        """Make the buttons above the strips."""
        made = []
        for text, act in {
            "◀": lambda: self.turn(-1),
            "▶": self.turn,
            "↶ undo": self.undo,
        }.items():
            made.append(self._button(text, act))
        return W.HBox(made)

    def _button(self, text, act):
        """Return a button; what cannot be done is told in the status line."""
        button = W.Button(description=text, layout={"width": "auto"})
        button.on_click(lambda _: self._try(act))
        return button

    def _try(self, act):
        """Do what may not be possible."""
        try:
            act()
        except (ValueError, OSError) as error:
            self._show(str(error))

    def _card(self, number):
        """Return the widget of one event, and its line of text."""
        data = cv2.imencode(".png", self._strips[number][..., ::-1])[1].tobytes()
        picture = W.Image(value=data, format="png", layout={"width": WIDTH})
        text = W.HTML()
        row = W.HBox(
            [
                self._button("division", lambda: self.accept(number)),
                self._button("no division", lambda: self.reject(number)),
            ]
        )
        layout = {"margin": "0 8px 8px 0", "width": WIDTH}
        return W.VBox([text, picture, row], layout=layout), text

    def _show(self, said=""):
        """Write what was said about each event, and about all."""
        for number, (_, text) in self._cards.items():
            verdict = self._verdict(number)
            text.value = (
                f"<span style='color:{COLOURS[verdict]}'>"
                f"{division_name(self.events[number])} · {SAYS[verdict]}</span>"
            )
        verdicts = self.verdicts
        counts = ", ".join(
            f"{verdicts.count(v)} {SAYS[v]}" for v in SAYS if v in verdicts
        )
        saved = "" if self.corrections.path else " · only in memory: give path="
        self._text = said or f"{len(verdicts)} divisions"
        self._line.value = f"{html.escape(self._text)} · {counts}{saved}"

    def _still(self):
        """Return the picture for readers without a kernel."""
        edge = ((0, 6), (0, 6), (0, 0))
        shown = [self._strips[number] for number in self._cards]
        strips = [np.pad(strip, edge, constant_values=255) for strip in shown]
        blank = np.full_like(strips[0], 255)
        pairs = [[*strips, blank][k : k + 2] for k in range(0, len(strips), 2)]
        return np.vstack([cv2.hconcat(pair) for pair in pairs])


def _family(tracks, event):
    """Objects (frame, label) by which mother, nearer and other daughter are known."""
    rows = [
        tracks[tracks["track_id"] == event[name]]
        for name in ("track_id", "first_id", "second_id")
    ]
    mother, *daughters = rows[0][-1], rows[1][0], rows[2][0]
    daughters.sort(key=lambda d: np.hypot(d["y"] - mother["y"], d["x"] - mother["x"]))
    return [(int(one["frame"]), int(one["label"])) for one in (mother, *daughters)]


def _track_of(tracks, family_member):
    """Return the track that an object belongs to, 0 if it was deleted."""
    frame, label = family_member
    here = tracks[(tracks["frame"] == frame) & (tracks["label"] == label)]
    return int(here["track_id"][0]) if len(here) else 0
