"""Can the tracks be trusted? Warnings in plain words."""

import numpy as np
from scipy.spatial import cKDTree

from ..labels import check_tracks
from .spots import as_frames, neighbour_distance, positions
from .stats import edge_stats, track_stats

FAST = 0.25  # step beyond the neighbours', in neighbour distances
MANY_ENDS = 0.1  # of the objects that a frame has
N_NEIGHBOURS = 12


def diagnose(tracks):
    """Say in plain words what speaks against trusting single tracks.

    Linking rests on objects moving less, from frame to frame, than they stand apart.
    On breast cancer cells with true tracks, where the median step beyond what the
    neighbours do is 0.19 of the distance to the nearest neighbour, 99 % of the links
    are right; with every second frame it is 0.29 and 91 %, with every third 0.40 and
    62 % (``benchmarks/accuracy_tracking.py``).

    Parameters
    ----------
    tracks : structured ndarray
        `labkit.labels.TRACK_DTYPE`.

    Returns
    -------
    list of str
        One sentence for each warning; empty if all looks fine.

    Examples
    --------
    >>> movie = lk.synth.simulate_movie(5, speed=1)
    >>> diagnose(lk.track.link(movie.labels))
    []
    """
    tracks = check_tracks(tracks)
    if len(tracks) == 0:
        return ["There is no object to track: look at the labels."]
    warnings = []
    step = step_beyond_neighbours(tracks)
    if step > FAST:
        warnings.append(
            f"From frame to frame the objects move {step:.2f} of the distance to their "
            f"nearest neighbour, beyond what their neighbours do (up to {FAST} is "
            f"safe): many links are guesses. Trust the common motion, not single "
            f"tracks; record more often."
        )
    share = share_of_ends(tracks)
    if share > MANY_ENDS:
        warnings.append(
            f"{100 * share:.0f} % of the objects have no follower in the next frames: "
            f"look whether the segmentation misses or merges nuclei. Where nuclei "
            f"merge and separate again, TrackParams(max_merge=10) helps."
        )
    return warnings


def step_beyond_neighbours(tracks):
    """Return the median step after that of the neighbours is taken away.

    In units of the median distance to the nearest neighbour; 0 where too few objects
    are linked to say.
    """
    steps = edge_stats(tracks)
    steps = steps[(steps["n_frames"] == 1) & ~steps["division"]]
    steps = steps[np.argsort(steps["frame"], kind="stable")]
    rest = []
    for some in np.split(steps, np.flatnonzero(np.diff(steps["frame"])) + 1):
        here = positions(some)
        step = np.stack([some["next_y"], some["next_x"]], axis=1) - here
        if len(some) > 4:
            k = np.arange(2, min(N_NEIGHBOURS + 1, len(some)) + 1)  # not itself
            near = cKDTree(here).query(here, k=k)[1]
            rest.append(np.hypot(*(step - np.median(step[near], axis=1)).T))
    if not rest:
        return 0.0
    unit = neighbour_distance([positions(spots) for spots in as_frames(tracks)])
    return float(np.median(np.concatenate(rest)) / unit)


def share_of_ends(tracks):
    """Return the share of objects, all but the last frame's, whose track just ends."""
    last_frame = tracks["frame"].max()
    stats = track_stats(tracks)
    ends = (stats["last_frame"] < last_frame) & (stats["n_daughters"] == 0)
    return float(ends.sum() / max((tracks["frame"] < last_frame).sum(), 1))
