"""What every check does: ask, compare, say what was found and what was expected."""

import inspect
import textwrap
import traceback
from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Exercise(NamedTuple):
    """One exercise.

    Attributes
    ----------
    name : str
        What `labkit.course.check` calls it.
    wants : str
        What an answer is, as the end of "expected: ...".
    hint : str
        A sentence for whoever is stuck. It names a way, not the solution.
    judge : callable
        ``judge(answer, **given)`` returns why the answer is right, or raises
        `Wrong`.
    is_function : bool
        Whether an answer is a function.
    """

    name: str
    wants: str
    hint: str
    judge: Callable
    is_function: bool = True


class Wrong(Exception):
    """An answer is wrong: what was found, what was expected, and perhaps a hint."""

    def __init__(self, found, expected=None, hint=None):
        super().__init__(found)
        self.found, self.expected, self.hint = found, expected, hint


class Empty(Wrong):
    """There is no answer yet."""


class NotSolved(ValueError):
    """An exercise is not solved yet; the message says what was found and expected.

    In a notebook it is shown without the traceback, which would lead through labkit
    and not to the mistake.
    """

    def _render_traceback_(self):
        """Tell IPython what to show."""
        return str(self).splitlines()


class Open:
    """What `labkit.course.check` returns for an exercise without an answer.

    It is shown like a wrong answer, but stops no notebook that runs from top to
    bottom; as a condition it is false.

    Attributes
    ----------
    name, message : str
    """

    def __init__(self, name, message):
        self.name, self.message = name, message

    def __bool__(self):
        return False

    def __repr__(self):
        return self.message


class Solved:
    """What `labkit.course.check` returns: shown in a notebook, it says why.

    As a condition it is true.

    Attributes
    ----------
    name, why : str
    """

    def __init__(self, name, why):
        self.name, self.why = name, why

    def __repr__(self):
        return textwrap.fill(f"Right ({self.name}). {self.why}", 88)


def judged(exercise, answer, given):
    """Return a `Solved`, an `Open` if there is no answer, or raise `NotSolved`."""
    try:
        inspect.signature(exercise.judge).bind(answer, **given)
    except TypeError as error:
        raise TypeError(
            f"the check of {exercise.name!r} is called wrongly: {error}; call it as "
            f"its notebook does"
        ) from None
    try:
        _refuse_empty(exercise, answer)
        return Solved(exercise.name, exercise.judge(answer, **given))
    except Empty as empty:
        return Open(exercise.name, _message(exercise, empty))
    except Wrong as wrong:
        message = _message(exercise, wrong)
    raise NotSolved(message) from None


def _message(exercise, wrong):
    """Say what was found, what was expected, and give a hint."""
    said = (("found", wrong.found), ("expected", wrong.expected or exercise.wants))
    said += (("hint", wrong.hint or exercise.hint),)
    lines = (f"{what + ':':10}{text}" for what, text in said)
    filled = (textwrap.fill(x, 88, subsequent_indent=" " * 10) for x in lines)
    return "\n".join([f"Not solved yet: {exercise.name}", *filled])


def _refuse_empty(exercise, answer):
    """Raise Wrong for the skeleton, and for something that is no answer at all."""
    if is_empty(answer):
        raise Empty("no answer; the cell above still holds its ...")
    if exercise.is_function != callable(answer):
        kind = "a function" if callable(answer) else f"{answer!r:.60}"
        wants = f"{exercise.wants}; pass it without calling it"
        raise Wrong(kind, wants if exercise.is_function else f"{exercise.wants}")


def is_empty(answer):
    """Tell whether an answer is the skeleton's: nothing, or three dots."""
    return answer is None or answer is ...


def ask(function, *arguments):
    """Call a student's function with copies of the arguments.

    Raises
    ------
    Wrong
        If it stops with an error.
    Empty
        If it returns nothing.
    """
    copies = [a.copy() if isinstance(a, np.ndarray) else a for a in arguments]
    try:
        value = function(*copies)
    except Exception as error:
        found = f"your function stopped with {type(error).__name__}: {error}"
        found += _line_of(function, error)
        raise Wrong(found, hint="try it in a cell of its own first") from None
    if is_empty(value):
        raise Empty("your function returns nothing", hint="put a value after `return`")
    return value


def _line_of(function, error):
    """Quote the line of a student's function in which it stopped, if it is known."""
    file = getattr(getattr(function, "__code__", None), "co_filename", None)
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.line for frame in frames if frame.filename == file and frame.line]
    return f", in the line `{lines[-1]}`" if lines else ""


def number(value, where=""):
    """Return a student's value as a finite float, or raise Wrong."""
    try:
        result = None if isinstance(value, str) else float(value)
    except (TypeError, ValueError):
        result = None
    if result is None:
        found = f"{value!r:.60} of type {type(value).__name__} {where}".rstrip()
        raise Wrong(found, "a single number")
    if not np.isfinite(result):
        raise Wrong(f"{result} {where}".rstrip(), "a finite number")
    return result


def whole(value):
    """Return a student's count as an int, or raise Wrong."""
    count = number(value)
    if count != int(count) or count < 0:
        raise Wrong(f"{count:g}", "a whole number, 0 or more")
    return int(count)


def same_number(value, expected, where, hint=None):
    """Raise Wrong unless a value is the expected number, up to rounding."""
    value = number(value, where)
    if not np.isclose(value, expected, rtol=1e-6, atol=1e-9):
        raise Wrong(f"{value:.4g} {where}", f"{expected:.4g}", hint)


def array(value, shape, what):
    """Return a student's value as an array of a shape, or raise Wrong."""
    try:
        value = np.asarray(value)
    except ValueError:
        found = "a list whose parts differ in length"
        raise Wrong(found, f"{what} of shape {shape}") from None
    if value.shape != shape:
        raise Wrong(f"an array of shape {value.shape}", f"{what} of shape {shape}")
    return value


def names_in(by_notebook, notebook=None):
    """Return the names of what belongs to one notebook, or to all of them."""
    if notebook is not None and notebook not in by_notebook:
        known = ", ".join(by_notebook)
        raise ValueError(f"no notebook {notebook!r}; there are {known}")
    chosen = by_notebook if notebook is None else [notebook]
    return [one.name for name in chosen for one in by_notebook[name]]
