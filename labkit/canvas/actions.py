"""What can be done to objects that are there, and to a suggestion like to them."""

import numpy as np

from ..annotation import edits


class ObjectActions:
    """Half of `Session`: choosing, editing, classes, undo, brush."""

    def select(self, ids, *, more=False):
        """Choose objects by their ids, instead of or besides those chosen."""
        kept = [i for i in self.selected if i not in ids] if more else []
        self.selected = (*kept, *ids)
        text = f"chosen: {len(self.selected)}" if self.selected else ""
        self.changed("selection", text)

    def brush(self, points, *, erase=False):
        """Brush on the suggestion, or on the object chosen last."""
        if self.pending:
            shape = self.annotation.frame_shape
            found = edits.brushed(
                self.pending.polygon,
                points,
                self.brush_radius,
                shape,
                erase=erase,
                taken=self.annotation.others(frame=self.frame),
            )
            self.pending = (
                self.pending.with_outline(found) if found is not None else None
            )
            self.changed("pending", "edited")
            return
        number = self._one_selected()
        left = self.annotation.brush(
            number, points, self.brush_radius, erase=erase, note=self._note()
        )
        if left is None:
            self.selected = ()
        self.changed("objects", f"object {number} " + ("edited" if left else "erased"))

    def cut(self, line):
        """Cut the objects that a line crosses from outside to outside."""
        parts = self.annotation.cut(line, frame=self.frame, note=self._note())
        self.select([one.id for one in parts])
        self.changed("objects", f"cut into {len(parts)} objects")

    def merge(self):
        """Merge what is chosen."""
        whole = self.annotation.merge(self.selected, note=self._note())
        self.selected = (whole.id,)
        self.changed("objects", f"merged to object {whole.id}")

    def smooth(self):
        """Smooth the suggestion, or what is chosen."""
        self._shape(lambda p, s, taken: edits.smoothed(p, 2.0, s), "smooth")

    def grow(self):
        """Grow the suggestion, or what is chosen, by 1 px."""
        self._shape(lambda p, s, taken: edits.grown(p, 1, s, taken=taken), "grow", 1)

    def shrink(self):
        """Shrink the suggestion, or what is chosen, by 1 px."""
        self._shape(lambda p, s, taken: edits.grown(p, -1, s), "grow", -1)

    def set_class(self, class_id):
        """Use a class for new objects, and put what is chosen into it; 0 is none.

        Raises
        ------
        ValueError
            If there is no such class.
        """
        if class_id and class_id not in {c.id for c in self.annotation.classes}:
            raise ValueError(f"there is no class {class_id} yet; type a name to add it")
        others = [i for i in self.selected if self.annotation[i].class_id != class_id]
        if others and not self.pending:
            self.annotation.set_class(others, class_id)
        self.class_id = class_id
        names = {c.id: f": {c.name}" for c in self.annotation.classes}
        self.changed("classes", f"class {class_id}{names.get(class_id, ': none')}")

    def add_class(self, name):
        """Add a class and use it."""
        self.set_class(self.annotation.add_class(name).id)

    def undo(self):
        """Take the last step back: corners of a polygon and a suggestion go first."""
        if self.corners:
            self.corners.pop()
            self.changed("pending", f"{len(self.corners)} corners")
        elif not self.reject_pending():
            self._travel(self.annotation.undo(), "undone")

    def redo(self):
        """Do again what was undone last."""
        self._travel(self.annotation.redo(), "done again")

    def copy_to_next_frame(self):
        """Copy what is chosen, or all of the frame, to the next frame."""
        self.accept_pending()
        if self.frame + 1 >= self.annotation.n_frames:
            raise ValueError("this is the last frame")
        ids = self.selected or [o.id for o in self.annotation.objects(self.frame)]
        copies = self.annotation.copy_to_frame(ids, self.frame + 1)
        self.changed("objects", f"copied {len(copies)} to the next frame")

    def toggle_assist(self):
        """Suggest contours, or take lines as they are drawn."""
        self.assisted = not self.assisted
        self.changed("tool", f"assist {'on' if self.assisted else 'off'}")

    def toggle_erase(self):
        """Let brush and paint take away, or add."""
        self.erasing = not self.erasing
        self.changed("tool", f"brush {'erases' if self.erasing else 'adds'}")

    def smaller_brush(self):
        """Make the brush smaller."""
        self.set_brush(self.brush_radius / 1.25)

    def larger_brush(self):
        """Make the brush larger."""
        self.set_brush(self.brush_radius * 1.25)

    def set_brush(self, radius):
        """Take a brush of 0.5 to 500 px radius."""
        self.brush_radius = round(float(np.clip(radius, 0.5, 500)), 2)
        self.changed("tool", f"brush {self.brush_radius:.1f} px")

    def _shape(self, change, what, width=None):
        """Change the outline of the suggestion, or of what is chosen."""
        if self.pending:
            shape = self.annotation.frame_shape
            taken = self.annotation.others(frame=self.frame)
            found = change(self.pending.polygon, shape, taken)
            if found is not None:
                self.pending = self.pending.with_outline(found)
            self.changed("pending", what)
            return
        if not self.selected:
            raise ValueError("choose an object first")
        if width is None:
            self.annotation.smooth(self.selected)
        else:
            self.annotation.grow(self.selected, width)
        self.changed("objects", what)

    def _one_selected(self):
        """The object chosen last."""
        if not self.selected:
            raise ValueError("choose an object first: press s and click it")
        return self.selected[-1]

    def _travel(self, change, how):
        """Show a step of the history, on the frame where it was."""
        if change is None:
            self.changed("status", f"nothing to be {how}")
            return
        if change.frames and self.frame not in change.frames:
            self.turn_to(change.frames[0])
        self.changed("objects", f"{change.what} {how}")
