"""From label images to points, and what the points say about the motion.

A table of spots has the columns of `labkit.labels.TRACK_DTYPE`, sorted by frame and
label, with track_id 0 until the spots are linked.
"""

import numpy as np
from scipy.ndimage import gaussian_filter

from ..checks import check_labels
from ..labels import TRACK_DTYPE, object_table
from ..labels.table import refuse_image
from .lap import pairs_within, tree_of

VOTE_REACH = 3.0  # longest drift per frame that is looked for, in neighbour distances
VOTE_WIDTH = 0.2  # smoothing of the votes, in neighbour distances
MAX_VOTERS = 3000  # of a frame: more objects than that are not asked, to save time
MIN_VOTES = 3  # more than by chance, and at least this share of the voters, and so
MIN_SHARE = 0.25  # many standard deviations of chance; fewer: no common drift
CLEARLY = 5.0


def find_spots(labels):
    """Measure every object of every frame.

    Parameters
    ----------
    labels : (T, H, W) array_like of int, or sequence of (H, W)
        Numbers need not agree over time, nor be consecutive.

    Returns
    -------
    structured ndarray
        `labkit.labels.TRACK_DTYPE`, sorted by frame and label; track_id and parent_id
        are 0.

    Raises
    ------
    ValueError, TypeError
        If a frame is no label image, or the frames differ in shape.
    """
    return np.concatenate(measure_frames(labels)[0])


def measure_frames(labels):
    """Return a table of spots for each frame, and which of them touch the border."""
    frames, at_border = [], []
    for t, image in enumerate(each_frame(labels)):
        table = object_table(image)
        refuse_image(table, f"labels[{t}]")
        spots = np.zeros(len(table), TRACK_DTYPE)
        for name in ("label", "y", "x", "area"):
            spots[name] = table[name]
        spots["frame"] = t
        frames.append(spots)
        at_border.append(table["touches_border"])
    return frames, np.concatenate(at_border)


def check_frames(labels):
    """Return the frames of a movie of labels as a list of (H, W) int32."""
    return list(each_frame(labels))


def each_frame(labels):
    """Yield the checked frames; of a lazy movie only one is held at a time."""
    if isinstance(labels, np.ndarray) and labels.ndim != 3:
        raise ValueError(
            f"`labels` must have axes (T, H, W), got shape {labels.shape}; "
            f"one frame is labels[None]"
        )
    if len(labels) == 0:
        raise ValueError("`labels` has no frames; pass at least one (H, W) image")
    shape = None
    for t, image in enumerate(labels):
        frame = check_labels(image, f"labels[{t}]")
        shape = shape or frame.shape
        if frame.shape != shape:
            raise ValueError(
                f"all frames must have one shape, got {shape} in frame 0 "
                f"and {frame.shape} in frame {t}; crop or pad them to one size"
            )
        yield frame


def as_frames(labels):
    """Return a table of spots for each frame, from label images or a table."""
    if getattr(labels, "dtype", None) != TRACK_DTYPE:
        return measure_frames(labels)[0]
    spots = labels[np.lexsort([labels["label"], labels["frame"]])]
    n_frames = spots["frame"].max(initial=-1) + 1
    return np.split(spots, np.searchsorted(spots["frame"], np.arange(1, n_frames)))


def positions(spots):
    """Return the (n, 2) positions (row, col) of a table of spots."""
    return np.stack([spots["y"], spots["x"]], axis=1)


def estimate_drift(labels):
    """Find the step that all objects have in common, by a vote.

    For each pair of frames, every displacement between an object and one of the next
    frame, within three neighbour distances, casts a vote on a 2-D histogram. Chance
    pairs spread evenly; the true displacements pile up at the drift. Needs no image
    and no links. Without a clear winner the drift is 0.

    Parameters
    ----------
    labels : (T, H, W) array_like of int, sequence of (H, W), or tracks
        Label images, or a table of `labkit.labels.TRACK_DTYPE`.

    Returns
    -------
    (T, 2) ndarray of float
        Step (row, col) from the frame before, px; the first is (0, 0).

    Examples
    --------
    >>> drift = (4.0, -7.0)
    >>> movie = lk.synth.simulate_movie(4, n_nuclei=30, drift=drift, speed=1.0)
    >>> bool(np.abs(estimate_drift(movie.labels)[1:] - drift).max() < 1.5)
    True
    """
    points = [positions(spots) for spots in as_frames(labels)]
    return drift_of(points, neighbour_distance(points))


def drift_of(points, unit):
    """Return the (T, 2) drift of a list of (n, 2) points; see `estimate_drift`."""
    drift = np.zeros((len(points), 2))
    if np.isfinite(unit):
        for t in range(1, len(points)):
            drift[t] = _vote(points[t - 1], points[t], unit)
    return drift


def _vote(before, after, unit):
    """Return the step that most displacements agree on, (0, 0) if too few do."""
    reach = VOTE_REACH * unit
    if len(before) == 0 or len(after) == 0:
        return np.zeros(2)
    before = _some(before)
    i, j, _ = pairs_within(before, after, reach)
    steps = after[j] - before[i]
    sigma = VOTE_WIDTH * unit
    n_bins = int(np.ceil(4 * reach / sigma))  # two bins a sigma
    limits = [(-reach, reach)] * 2
    votes, rows, columns = np.histogram2d(*steps.T, bins=n_bins, range=limits)
    votes = gaussian_filter(votes, 2, mode="constant")
    best = np.unravel_index(votes.argmax(), votes.shape)
    step = (
        np.array(
            [rows[best[0]] + rows[best[0] + 1], columns[best[1]] + columns[best[1] + 1]]
        )
        / 2
    )
    for _ in range(5):  # mean shift to the middle of the pile
        weight = np.exp(-((steps - step) ** 2).sum(1) / (2 * sigma**2))
        step = weight @ steps / max(weight.sum(), 1e-9)
    near = np.hypot(*(steps - step).T) < 2 * sigma
    by_chance = len(steps) * (2 * sigma / reach) ** 2
    n_share = MIN_SHARE * min(len(before), len(after))
    n_needed = max(MIN_VOTES, n_share, CLEARLY * np.sqrt(by_chance))
    return step if near.sum() - by_chance >= n_needed else np.zeros(2)


def _some(points):
    """Return every k-th point so that there are at most MAX_VOTERS."""
    return points[:: max(-(-len(points) // MAX_VOTERS), 1)]


def neighbour_distance(points):
    """Return the median distance to the nearest neighbour in the same frame, px."""
    distances = [
        tree_of(frame).query(_some(frame), k=2)[0][:, 1]
        for frame in points
        if len(frame) > 1
    ]
    return np.median(np.concatenate(distances)) if distances else np.inf


def estimate_max_distance(labels):
    """Find how far an object can be looked for in the next frame.

    A daughter must be within reach of its mother, about a nucleus diameter away; what
    is nearer than the nearest neighbour can hardly be confused. So, after the common
    drift is taken away: the median diameter, but at least 1.5 times the 95th
    percentile of the step to the nearest object of the next frame, and at most 0.9
    times the median distance to the nearest neighbour in the same frame.

    Parameters
    ----------
    labels : (T, H, W) array_like of int, sequence of (H, W), or tracks
        Label images, or a table of `labkit.labels.TRACK_DTYPE`.

    Returns
    -------
    float
        px; at least 1.
    """
    frames = as_frames(labels)
    points = [positions(spots) for spots in frames]
    areas = np.concatenate([np.zeros(0), *(spots["area"] for spots in frames)])
    unit = neighbour_distance(points)
    return radius_of(points, unit, drift_of(points, unit), areas)


def radius_of(points, unit, drift, areas=None):
    """Return the search radius in px; see `estimate_max_distance`."""
    steps = [np.zeros(0)]
    for t in range(1, len(points)):
        if len(points[t - 1]) and len(points[t]):
            moved = _some(points[t - 1]) + drift[t]
            steps.append(tree_of(points[t]).query(moved)[0])
    steps = np.concatenate(steps)
    least = 1.5 * np.percentile(steps, 95) if len(steps) else 0.0
    areas = np.zeros(0) if areas is None else areas[np.isfinite(areas)]
    diameter = np.sqrt(4 * np.median(areas) / np.pi) if len(areas) else 0.0
    return float(max(min(max(diameter, least), 0.9 * unit), 1.0))
