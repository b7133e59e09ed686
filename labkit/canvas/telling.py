"""The line under the picture: what was done, what could not be done, what is there."""

import html

from .look import describe


class Telling:
    """Part of `Annotator`: what it says."""

    @property
    def status(self):
        """The line under the picture."""
        return self._text

    def say(self, text, *, error=False):
        """Write the line under the picture."""
        self._text = text
        saved = "" if self.annotation.path else " · only in memory: give folder="
        colour = "#d55e00" if error else "inherit"
        self._status.value = (
            f'<span style="color:{colour}">{html.escape(text)}</span>'
            f'<span style="opacity:.6"> · {len(self.annotation)} objects{saved}</span>'
        )

    def _hover(self, point):
        """Say what is under the pointer."""
        found = None if point is None else self.annotation.at(point, self.session.frame)
        if found:
            self.say(describe(found, self.annotation.classes))

    def _show_trouble(self, text):
        """Show an error of the program itself; the work so far is kept."""
        self.say(text.strip().splitlines()[-1], error=True)
        self._trouble.append_stderr(text)
