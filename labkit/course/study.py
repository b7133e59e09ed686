"""How far annotators agree with themselves and each other, and how long it took."""

from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..annotation import Annotation
from ..checks import check_labels, check_same_shape
from ..labels import relabel
from ..metrics import match


class Study(NamedTuple):
    """What `study` returns.

    Attributes
    ----------
    intra : float
        Mean overlap of two sessions of one annotator; nan if nobody has two.
    inter : float
        Mean overlap of sessions of two annotators; nan if there is only one.
    seconds : dict of str to list of float
        Median seconds an object, for each annotator and session; nan where the
        session has no log.
    n_objects : dict of str to list of int
        How many were outlined.
    """

    intra: float
    inter: float
    seconds: dict
    n_objects: dict

    def __str__(self):
        rows = [
            f"{name}, session {k}: {n} objects, {seconds:.1f} s each"
            for name in self.seconds
            for k, (n, seconds) in enumerate(
                zip(self.n_objects[name], self.seconds[name], strict=True), 1
            )
        ]
        told = f"same annotator {self.intra:.3f}, different ones {self.inter:.3f}"
        return "\n".join([*rows, f"mean overlap: {told}"]).replace(
            "nan s each", "no log"
        )


def study(sessions):
    """Compare sessions of annotators: agreement, and seconds from the annotator's log.

    Two sessions are compared object by object: those that overlap most are one pair,
    from an IoU of 0.5 on.

    Parameters
    ----------
    sessions : dict of str to list
        For each annotator the sessions on the same image: annotations, paths of
        their files, or label images, which have no log.

    Returns
    -------
    Study

    Raises
    ------
    ValueError, TypeError
        If there are fewer than two sessions, they show images of different shape, or
        one is none of the above.
    FileNotFoundError
        If a file is missing.

    Examples
    --------
    >>> first = np.zeros((20, 20), int)
    >>> first[4:14, 4:14] = 1
    >>> again, other = np.roll(first, 1, 0), np.roll(first, 3, 0)
    >>> found = study({"Ana": [first, again], "Ben": [other]})
    >>> round(found.intra, 2), round(found.inter, 2)
    (0.82, 0.6)
    """
    read = {name: [_session(one) for one in some] for name, some in sessions.items()}
    every = [(name, labels) for name, some in read.items() for labels, _ in some]
    if len(every) < 2:
        raise ValueError(
            f"a study needs two sessions or more, got {len(every)}; draw the same "
            f"nuclei again, into another file"
        )
    for name, labels in every[1:]:
        check_same_shape(every[0][1], labels, (every[0][0], name))
    intra, inter = [], []
    for (one, first), (two, second) in combinations(every, 2):
        overlap = match(first, second).mean_iou
        (intra if one == two else inter).append(overlap)
    return Study(
        float(np.mean(intra)) if intra else float("nan"),
        float(np.mean(inter)) if inter else float("nan"),
        {name: [seconds for _, seconds in some] for name, some in read.items()},
        {name: [int(k.max()) for k, _ in some] for name, some in read.items()},
    )


def _session(one):
    """Return the labels of a session and its median seconds an object."""
    if isinstance(one, str | Path):
        one = Annotation.open(one)
    if not isinstance(one, Annotation):
        return relabel(check_labels(one)), float("nan")
    if one.n_frames > 1:
        raise ValueError(
            f"a session must show one image, got a movie of {one.n_frames} frames; "
            f"pass annotation.labels(frame)"
        )
    seconds = one.time_log()["seconds"]
    timed = seconds[seconds > 0]
    return relabel(one.labels()), float(np.median(timed)) if len(timed) else float(
        "nan"
    )
