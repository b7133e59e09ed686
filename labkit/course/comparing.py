"""Compare what a reader got with what was published and what is expected here."""

import numbers
import textwrap

import numpy as np

from . import experiments
from .checking import names_in

_BY_NOTEBOOK = {
    "01_auto_annotation": experiments.ANNOTATION,
    "02_contour_assist": experiments.ASSIST,
    "03_style_and_synthesis": experiments.SYNTHESIS,
    "04_training": experiments.TRAINING,
    "05_export_and_tracking": experiments.TRACKING,
}
_BY_NAME = {e.name: e for some in _BY_NOTEBOOK.values() for e in some}


class Comparison:
    """What `compare` returns: shown in a notebook, it says whether results agree.

    Attributes
    ----------
    experiment : Experiment
    value : float
    agrees : bool
        Whether the value lies in the expected range.
    as_published : bool or None
        Whether the value goes the way that was published; None where none was told.
    """

    def __init__(self, experiment, value):
        low, high = experiment.expected
        self.experiment, self.value = experiment, value
        self.agrees = bool(low <= value <= high)
        self.as_published = None
        if experiment.claim:
            least, most = experiment.claim
            self.as_published = bool(least <= value <= most)

    def __repr__(self):
        one = self.experiment
        unit = f" {one.unit}" if one.unit else ""
        found = f"{self.value:.3g}{unit}, expected {in_words(one.expected)}{unit}"
        lines = [
            f"{'Agrees' if self.agrees else 'Does not agree'} ({one.name}): {found}"
        ]
        said = {"value": one.value, "published": f"{one.published}; {one.source}"}
        if self.as_published is not None:
            said["direction"] = (
                "as published"
                if self.as_published
                else f"not as published, which would be {in_words(one.claim)}"
            )
        said["labkit"] = one.measured
        if not self.agrees:
            said["why"] = f"perhaps {one.why_not}"
        for what, text in said.items():
            line = f"{what + ':':11}{text}"
            lines.append(textwrap.fill(line, 88, subsequent_indent=" " * 11))
        return "\n".join(lines)


def in_words(expected):
    """Return a range as text."""
    if np.isinf(expected).any():
        low, high = expected
        return f"{low:g} or more" if np.isfinite(low) else f"{high:g} or less"
    low, high = (f"{end:g}" for end in expected)
    return low if low == high else f"{low} to {high}"


def compare(name, value, /):
    """Compare a result with what was published, and with what is expected here.

    This is no exercise: a result outside the expected range is shown, with the
    likeliest reason. Where the paper says which of two is ahead, the direction of the
    result is told as well; one short run may go the other way by luck.

    Parameters
    ----------
    name : str
        Of the experiment, see `experiment_names`.
    value : float
        What you got.

    Returns
    -------
    Comparison

    Raises
    ------
    ValueError
        If there is no such experiment, or the value is not finite.
    TypeError
        If the value is no number.

    Examples
    --------
    >>> lk.course.compare("rose", 0.83).agrees
    True
    >>> print(repr(lk.course.compare("rose", 0.3)).splitlines()[0])
    Does not agree (rose): 0.3, expected 0.6 to 1
    """
    if name not in _BY_NAME:
        raise ValueError(f"no experiment {name!r}; there are {', '.join(_BY_NAME)}")
    if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Real):
        raise TypeError(
            f"`value` must be a number, got {value!r:.60} of type "
            f"{type(value).__name__}; pass what the cell above has computed"
        )
    if not np.isfinite(value):
        raise ValueError(
            f"`value` is {value}: nothing was measured; look at the cells above"
        )
    return Comparison(_BY_NAME[name], float(value))


def experiment_names(notebook=None):
    """Names of the teaching experiments, of all notebooks or of one.

    Parameters
    ----------
    notebook : str, optional
        Such as "01_auto_annotation".

    Returns
    -------
    list of str

    Raises
    ------
    ValueError
        If there is no such notebook.

    Examples
    --------
    >>> lk.course.experiment_names("05_export_and_tracking")
    ['tracks', 'rose']
    """
    return names_in(_BY_NOTEBOOK, notebook)
