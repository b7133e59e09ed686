"""Turning to images, frames and objects, and how they are shown."""

import numpy as np

from ..show.widget import ShownWidget


class Moving(ShownWidget):
    """Half of `Annotator`: what keys and buttons do that changes no object."""

    def open(self, index):
        """Turn to another image of the list; a suggestion that waits is accepted."""
        self.session.accept_pending()
        desk = self._desk
        desk.open(index)
        self._seen.clear()
        self.session.open(desk.frames, desk.annotation, prob=desk.prob)

    def turn_to(self, frame):
        """Turn to another frame; a suggestion that waits is accepted."""
        self.session.accept_pending()
        self.session.turn_to(frame)

    def next_image(self):
        """Turn to the next image."""
        if self._desk.index + 1 >= len(self._desk):
            raise ValueError("this is the last image")
        self.open(self._desk.index + 1)

    def previous_image(self):
        """Turn to the previous image."""
        if self._desk.index == 0:
            raise ValueError("this is the first image")
        self.open(self._desk.index - 1)

    def next_frame(self):
        """Turn to the next frame."""
        if self.session.frame + 1 >= len(self._desk.frames):
            raise ValueError("this is the last frame")
        self.turn_to(self.session.frame + 1)

    def previous_frame(self):
        """Turn to the previous frame."""
        if self.session.frame == 0:
            raise ValueError("this is the first frame")
        self.turn_to(self.session.frame - 1)

    def toggle_done(self):
        """Mark the image as done and turn to the next one; or as not done."""
        self.session.accept_pending()
        done = not self.annotation.done
        self.annotation.mark_done(done)
        if done and self._desk.index + 1 < len(self._desk):
            self.next_image()
        else:
            self._show_panels()
            self.say("done" if done else "not done")

    def next_uncertain(self):
        """Go to the object whose source was least sure, one after the other."""
        objects = self.annotation.objects(self.session.frame)
        rest = [
            one
            for one in objects
            if np.isfinite(one.score) and one.id not in self._seen and not one.edited
        ]
        if not rest:
            self._seen.clear()
            raise ValueError("no object with a score is left to look at")
        one = min(rest, key=lambda found: found.score)
        self._seen.add(one.id)
        self.look_at([one.id])
        self.say(f"object {one.id}, score {one.score:.2f}; {len(rest) - 1} more")

    def look_at(self, ids):
        """Choose objects and bring the last one to the middle."""
        self.session.select([number for number in ids if number in self.annotation])
        if self.session.selected:
            self.screen.viewport.show(self.annotation[self.session.selected[-1]].bounds)
            self.screen.redraw()

    def fit(self):
        """Show the whole image."""
        self.screen.viewport.fit()
        self.screen.redraw()

    def one_to_one(self):
        """Show each image pixel as one screen pixel."""
        self.screen.viewport.one_to_one()
        self.screen.redraw()

    def toggle_contours(self):
        """Contours on or off."""
        self.change_look(contours=not self._easel.look.contours)

    def toggle_fills(self):
        """Fills on or off."""
        self.change_look(fill=0.0 if self._easel.look.fill else 0.25)

    def toggle_compare(self):
        """Comparison on or off."""
        if self._desk.other(self.session.frame) is None:
            raise ValueError("nothing to compare with; give compare= to Annotator")
        self.change_look(compare=not self._easel.look.compare)
        self.say(self._easel.comparison or "comparison off")

    def toggle_help(self):
        """Show the keys, or hide them."""
        _toggle(self._help)

    def toggle_export(self):
        """Show the export, or hide it; a suggestion that waits is accepted."""
        self.session.accept_pending()
        _toggle(self.exporting)

    def _still(self):
        """Return the picture for readers without a kernel."""
        return self._easel.snapshot()

    def change_look(self, **look):
        """Show objects in another way: fields of `labkit.canvas.look.Look`."""
        self._easel.change(**look)
        self._draw()


def _toggle(widget):
    """Show a widget that is hidden, or hide it."""
    hidden = widget.layout.display == "none"
    widget.layout.display = "" if hidden else "none"
