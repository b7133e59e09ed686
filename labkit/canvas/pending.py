"""A suggestion that waits for a decision."""

import dataclasses

import numpy as np

from ..annotation.edits import subtracted


@dataclasses.dataclass(frozen=True, eq=False)
class Pending:
    """What was drawn, what is suggested for it, and which suggestion is looked at.

    Attributes
    ----------
    drawn : (n, 2) ndarray
        The rough outline, (row, col).
    options : tuple of labkit.assist.Suggestion
        The best one first.
    index : int
        The option that is shown.
    all_known : bool
        Whether the other suggestions have been computed, too.
    edited : (n, 2) ndarray, optional
        Its outline after editing by hand.
    """

    drawn: np.ndarray
    options: tuple
    index: int = 0
    all_known: bool = False
    edited: np.ndarray | None = None

    @property
    def option(self):
        """The suggestion that is shown."""
        return self.options[self.index]

    @property
    def polygon(self):
        """The outline that is shown, (n, 2)."""
        return self.option.polygon if self.edited is None else self.edited

    def next(self, find):
        """Show the next suggestion, after the last one the first.

        ``find()`` returns all suggestions; it is called when the first is no longer
        enough.
        """
        options = self.options if self.all_known else tuple(find())
        index = (self.index + 1) % len(options)
        return Pending(self.drawn, options, index, all_known=True)

    def with_outline(self, polygon):
        """Show an outline that was edited by hand."""
        return dataclasses.replace(self, edited=polygon)

    def inverted(self, shape):
        """Show what lies inside the drawn line but not in the suggestion.

        Raises
        ------
        ValueError
            If there is nothing.
        """
        rest = subtracted(self.drawn, self.polygon, shape)
        if rest is None:
            raise ValueError("the suggestion fills the drawn line: nothing to invert")
        return self.with_outline(rest)

    def note(self):
        """What the annotation writes down about it."""
        return {
            "drawn": np.round(self.drawn, 2).tolist(),
            "method": self.option.method,
            "option": self.index,
            "score": round(float(self.option.score), 3),
            "corrected": self.edited is not None,
        }
