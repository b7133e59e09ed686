"""Speed, direction, divisions and density, read off the tracks.

Definitions of TrackMate (Tinevez et al. 2017, doi:10.1016/j.ymeth.2016.09.016), here
for each branch: a track ends at a division, and the step from mother to daughter
belongs to neither. With the default scale of 1, um are pixels and minutes are frames.
"""

import numpy as np

from ..labels import check_tracks, edges, runs
from .lineage import count, divisions, founders

EDGE_DTYPE = np.dtype(
    [
        ("track_id", "i4"),
        ("frame", "i4"),
        ("n_frames", "i4"),
        ("y", "f8"),
        ("x", "f8"),
        ("next_y", "f8"),
        ("next_x", "f8"),
        ("distance", "f8"),
        ("speed", "f8"),
        ("direction", "f8"),
        ("division", "?"),
    ]
)
STATS_DTYPE = np.dtype(
    [
        ("track_id", "i4"),
        ("parent_id", "i4"),
        ("tree_id", "i4"),
        ("n_daughters", "i4"),
        ("first_frame", "i4"),
        ("last_frame", "i4"),
        ("n_spots", "i4"),
        ("duration", "f8"),
        ("cell_cycle", "f8"),
        ("displacement", "f8"),
        ("path_length", "f8"),
        ("mean_speed", "f8"),
        ("max_speed", "f8"),
        ("mean_straight_line_speed", "f8"),
        ("straightness", "f8"),
        ("direction", "f8"),
        ("mean_area", "f8"),
    ]
)
FRAME_DTYPE = np.dtype(
    [
        ("frame", "i4"),
        ("minutes", "f8"),
        ("n_objects", "i4"),
        ("density", "f8"),
        ("n_divisions", "i4"),
        ("mean_speed", "f8"),
        ("mean_area", "f8"),
    ]
)


def edge_stats(tracks, *, um_per_px=1.0, minutes_per_frame=1.0):
    """Measure every step of every track.

    Parameters
    ----------
    tracks : structured ndarray
        `labkit.labels.TRACK_DTYPE`.
    um_per_px, minutes_per_frame : float

    Returns
    -------
    structured ndarray
        One row per link: track_id (of the later object), frame (of the earlier),
        n_frames (more than 1 across a gap), y, x, next_y, next_x (px), distance (um),
        speed (um per minute), direction (degrees, 0 to the right, 90 up, within
        -180..180; NaN for no step), division (from a mother to a daughter).

    Raises
    ------
    ValueError, TypeError
        If `tracks` is no table of tracks, or the scale is not positive.

    Examples
    --------
    >>> movie = lk.synth.simulate_movie(3, n_nuclei=5)
    >>> steps = edge_stats(movie.tracks, um_per_px=0.5, minutes_per_frame=10)
    >>> bool(np.allclose(steps["speed"], steps["distance"] / 10))
    True
    """
    tracks = check_tracks(tracks)
    _check_scale(um_per_px, minutes_per_frame)
    earlier, later = tracks[edges(tracks)].T
    steps = np.zeros(len(earlier), EDGE_DTYPE)
    steps["track_id"], steps["frame"] = later["track_id"], earlier["frame"]
    steps["n_frames"] = later["frame"] - earlier["frame"]
    for name in ("y", "x"):
        steps[name], steps[f"next_{name}"] = earlier[name], later[name]
    steps["distance"], steps["direction"] = _polar(
        later["y"] - earlier["y"], later["x"] - earlier["x"], um_per_px
    )
    steps["speed"] = steps["distance"] / (steps["n_frames"] * minutes_per_frame)
    steps["division"] = later["track_id"] != earlier["track_id"]
    return steps


def track_stats(tracks, *, um_per_px=1.0, minutes_per_frame=1.0):
    """Summarise every track.

    Parameters
    ----------
    tracks : structured ndarray
        `labkit.labels.TRACK_DTYPE`.
    um_per_px, minutes_per_frame : float

    Returns
    -------
    structured ndarray
        One row per track by rising track_id: parent_id, tree_id (track_id of the
        founder), n_daughters, first_frame, last_frame, n_spots, duration (minutes),
        cell_cycle (minutes from the division that it came from to its own),
        displacement (first to last position) and path_length (um), mean_speed and
        max_speed (over its steps) and mean_straight_line_speed (displacement /
        duration; um per minute), straightness (displacement / path_length, the
        confinement ratio), direction (first to last position, degrees, 0 to the
        right, 90 up), mean_area (um2). What a track of one object does not have is
        NaN.

    Raises
    ------
    ValueError, TypeError
        As `edge_stats`.

    Examples
    --------
    >>> points = [[(0, 0)], [(0, 3)], [(-3, 3)]]
    >>> tracks = lk.track.link_points(points, lk.track.TrackParams(max_distance=5))
    >>> stats = track_stats(tracks)
    >>> stats["mean_speed"], stats["direction"], stats["straightness"].round(3)
    (array([3.]), array([45.]), array([0.707]))
    """
    tracks = check_tracks(tracks)
    order, first, last = runs(tracks)
    rows, start, end = tracks[order], tracks[order[first]], tracks[order[last]]
    stats = np.zeros(len(first), STATS_DTYPE)
    for name in ("track_id", "parent_id"):
        stats[name] = start[name]
    stats["tree_id"] = founders(stats)
    stats["n_daughters"] = count(start["parent_id"], stats["track_id"])
    stats["first_frame"], stats["last_frame"] = start["frame"], end["frame"]
    stats["n_spots"] = last - first + 1
    stats["duration"] = (end["frame"] - start["frame"]) * minutes_per_frame
    stats["cell_cycle"] = _cell_cycle(tracks, stats) * minutes_per_frame
    stats["displacement"], stats["direction"] = _polar(
        end["y"] - start["y"], end["x"] - start["x"], um_per_px
    )
    if len(stats):
        area = np.add.reduceat(rows["area"], first) * um_per_px**2
        stats["mean_area"] = area / stats["n_spots"]
    steps = edge_stats(tracks, um_per_px=um_per_px, minutes_per_frame=minutes_per_frame)
    _add_speeds(stats, steps[~steps["division"]])
    return stats


def _cell_cycle(tracks, stats):
    """Return the frames from the division before a track to its own, NaN for none."""
    born = divisions(tracks)  # the first frame with daughters of each that divides
    at = np.searchsorted(born["track_id"], [stats["parent_id"], stats["track_id"]])
    frames = np.append(born["frame"], 0)[at].astype(float)
    divides = np.append(born["track_id"], 0)[at]
    frames[divides != [stats["parent_id"], stats["track_id"]]] = np.nan
    return frames[1] - frames[0]


def _add_speeds(stats, steps):
    """Fill in what the steps of a track tell, NaN where there are none."""
    index = np.searchsorted(stats["track_id"], steps["track_id"])
    n = len(stats)
    n_steps = np.bincount(index, minlength=n).astype(float)
    n_steps[n_steps == 0] = np.nan
    stats["path_length"] = np.bincount(index, steps["distance"], n)
    stats["mean_speed"] = np.bincount(index, steps["speed"], n) / n_steps
    stats["max_speed"] = np.where(np.isnan(n_steps), np.nan, 0.0)
    np.maximum.at(stats["max_speed"], index, steps["speed"])
    with np.errstate(invalid="ignore"):  # 0 / 0 is the wanted NaN
        stats["mean_straight_line_speed"] = stats["displacement"] / stats["duration"]
        stats["straightness"] = stats["displacement"] / stats["path_length"]


def frame_stats(tracks, shape, *, um_per_px=1.0, minutes_per_frame=1.0):
    """Count objects and divisions in every frame.

    Parameters
    ----------
    tracks : structured ndarray
        `labkit.labels.TRACK_DTYPE`.
    shape : (int, int) or (int, int, int)
        Of a frame, (H, W), or of the movie, (T, H, W): frames without objects after
        the last one that has some are then counted too.
    um_per_px, minutes_per_frame : float

    Returns
    -------
    structured ndarray
        One row per frame: frame, minutes, n_objects, density (objects per mm2; with
        um_per_px=1, per million px), n_divisions (whose daughters appear in this
        frame), mean_speed (of the steps that end here, without those of divisions; um
        per minute), mean_area (um2). NaN where there is nothing to average.

    Raises
    ------
    ValueError, TypeError
        As `edge_stats`, and if `shape` is none.
    """
    tracks = check_tracks(tracks)
    if len(shape) not in (2, 3) or min(shape) < 1:
        raise ValueError(f"`shape` must be (H, W) or (T, H, W), got {shape}")
    n_frames = tracks["frame"].max(initial=-1) + 1
    if len(shape) == 3:
        n_frames = max(n_frames, shape[0])
    table = np.zeros(n_frames, FRAME_DTYPE)
    table["frame"] = np.arange(n_frames)
    table["minutes"] = table["frame"] * minutes_per_frame
    table["n_objects"] = np.bincount(tracks["frame"], minlength=n_frames)
    field = shape[-1] * shape[-2] * (um_per_px / 1000) ** 2  # mm2
    table["density"] = table["n_objects"] / field
    born = divisions(tracks)["frame"]
    table["n_divisions"] = np.bincount(born, minlength=n_frames)
    steps = edge_stats(tracks, um_per_px=um_per_px, minutes_per_frame=minutes_per_frame)
    steps = steps[~steps["division"]]
    ends = steps["frame"] + steps["n_frames"]
    table["mean_speed"] = _mean(ends, steps["speed"], n_frames)
    table["mean_area"] = _mean(tracks["frame"], tracks["area"], n_frames)
    table["mean_area"] *= um_per_px**2
    return table


def _check_scale(um_per_px, minutes_per_frame):
    """Raise ValueError unless both are positive."""
    for name, value in (
        ("um_per_px", um_per_px),
        ("minutes_per_frame", minutes_per_frame),
    ):
        if value is None or not 0 < value < np.inf:
            raise ValueError(
                f"`{name}` must be a positive number, got {value}; leave it out where "
                f"it is not known"
            )


def _polar(down, right, um_per_px):
    """Return length (um) and direction (degrees, y up; NaN for no step)."""
    length = np.hypot(down, right) * um_per_px
    direction = np.degrees(np.arctan2(0.0 - down, right))  # -0.0 would give -180
    return length, np.where(length > 0, direction, np.nan)


def _mean(index, values, n):
    """Return the mean of the values of each index, NaN where there are none."""
    count = np.bincount(index, minlength=n).astype(float)
    count[count == 0] = np.nan
    return np.bincount(index, values, n) / count
