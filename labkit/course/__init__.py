"""The course: exercises that check themselves, and notebooks without solutions.

The notebooks hold the solutions, between lines ``### BEGIN SOLUTION`` and
``### END SOLUTION``; `build` makes copies for students, without them. In either a
cell `check` after each answer computes whether it is right.

`compare` sets a result beside what a paper has published, `study` looks at the
sessions of several annotators.
"""

from . import annotation, assist, synthesis, tracking, training
from .checking import NotSolved, Open, Solved, judged, names_in
from .comparing import Comparison, compare, experiment_names
from .copies import build, copy_notebooks, notebooks_folder, student_copy
from .study import Study, study

__all__ = [
    "Comparison",
    "NotSolved",
    "Open",
    "Solved",
    "Study",
    "build",
    "check",
    "compare",
    "copy_notebooks",
    "experiment_names",
    "names",
    "notebooks_folder",
    "student_copy",
    "study",
]

_BY_NOTEBOOK = {
    "01_auto_annotation": annotation.EXERCISES,
    "02_contour_assist": assist.EXERCISES,
    "03_style_and_synthesis": synthesis.EXERCISES,
    "04_training": training.EXERCISES,
    "05_export_and_tracking": tracking.EXERCISES,
}
_BY_NAME = {e.name: e for some in _BY_NOTEBOOK.values() for e in some}


def names(notebook=None):
    """Names of the exercises, of all notebooks or of one.

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
    >>> lk.course.names("05_export_and_tracking")
    ['reach', 'speed', 'straightness', 'mothers']
    """
    return names_in(_BY_NOTEBOOK, notebook)


def check(name, answer, /, **given):
    """Check the answer to an exercise.

    Functions are tried on data whose result is known; numbers are put to use.

    Parameters
    ----------
    name : str
        Of the exercise, see `names`.
    answer
        What was written: a function, a number, labels, ...
    **given
        What the notebook has and the check needs, such as a trained model.

    Returns
    -------
    Solved or Open
        `Solved` says why the answer is right. `Open` says what is wanted where there
        is none yet; it is false, and stops no notebook that is run as a whole.

    Raises
    ------
    NotSolved
        If the answer is wrong: what was found, what was expected, and a hint, but
        not the solution. A ValueError.
    ValueError
        If there is no such exercise.
    TypeError
        If `given` is not what the check needs.

    Examples
    --------
    >>> def f1(tp, fp, fn):
    ...     return tp / (tp + fp + fn)
    >>> lk.course.check("f1", f1)
    Traceback (most recent call last):
    labkit.course.checking.NotSolved: Not solved yet: f1
    found:    0.75 for tp = 30, fp = 10, fn = 0
    expected: 0.8571
    hint:     precision is tp / (tp + fp), recall tp / (tp + fn); mind tp = 0
    >>> lk.course.check("f1", lambda tp, fp, fn: 2 * tp / (2 * tp + fp + fn)).name
    'f1'
    """
    if name not in _BY_NAME:
        raise ValueError(f"no exercise {name!r}; there are {', '.join(_BY_NAME)}")
    return judged(_BY_NAME[name], answer, given)
