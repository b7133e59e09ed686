"""CPU time of the linking beside laptrack's, as markdown.

    python benchmarks/tracking.py

Random walkers at the density of a dense sheet (40 px apart, steps of 4 px, 3 % missed),
10 frames, radius 20 px, gaps of one frame, splitting: the same links from both. Then
whole movies, each in a process of its own for its peak memory.
"""

import multiprocessing
import resource
import time

import numpy as np

from labkit.track import TrackParams, edges, link_points

SAME = TrackParams.trackmate(20)
N_FRAMES = 10
SIZES = (1_000, 4_000, 10_000, 60_000)
WHOLE = ((91, 1_000), (51, 60_000))  # frames, objects in each
LAPTRACK_SIZES = (1_000, 4_000)  # its dense distances need N x N x 8 bytes


def walkers(n, seed=0, n_frames=N_FRAMES):
    """Return the points of each frame."""
    rng = np.random.default_rng(seed)
    side = 40 * np.sqrt(n)
    points = rng.uniform(0, side, (n, 2))
    frames = []
    for _ in range(n_frames):
        points = (points + rng.normal(0, 4, (n, 2))) % side
        frames.append(points[rng.random(n) > 0.03])
    return frames


def seconds(function, *args):
    """Return the result and the CPU time."""
    start = time.process_time()
    result = function(*args)
    return result, time.process_time() - start


def laptrack_links(frames):
    """Return laptrack's links as a set of ((frame, label), (frame, label))."""
    from laptrack import LapTrack

    tracker = LapTrack(
        cutoff=20**2,
        gap_closing_cutoff=20**2,
        gap_closing_max_frame_count=2,
        splitting_cutoff=20**2,
    )
    tree, spent = seconds(tracker.predict, frames)
    return {
        tuple(sorted((frame, index + 1) for frame, index in pair))
        for pair in tree.edges()
    }, spent


def whole_movie(n_frames, n, rules):
    """Return the cost of one movie: CPU-s and peak MB, in this process."""
    link_points(walkers(100), rules)
    frames = walkers(n, n_frames=n_frames)
    _, spent = seconds(link_points, frames, rules)
    return spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def print_whole_movies():
    """Print the table of whole movies."""
    print("\n| frames | objects a frame | rules | CPU-s | peak memory, MB |")
    print("|--:|--:|---|--:|--:|")
    context = multiprocessing.get_context("spawn")
    for n_frames, n in WHOLE:
        for name, rules in (("TrackMate's", SAME), ("default", TrackParams())):
            with context.Pool(1) as pool:
                spent, peak = pool.apply(whole_movie, (n_frames, n, rules))
            print(
                f"| {n_frames} | {n} | {name} | {spent:.1f} | {peak:.0f} |", flush=True
            )


def main():
    """Print the tables."""
    link_points(walkers(100), SAME)
    print("| objects a frame | TrackMate's rules, s | default, s | peak memory, MB |")
    print("|--:|--:|--:|--:|")
    for n in SIZES:
        _, spent = seconds(link_points, walkers(n), SAME)
        _, spent_default = seconds(link_points, walkers(n))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"| {n} | {spent:.2f} | {spent_default:.2f} | {peak:.0f} |", flush=True)
    print(
        "\n| objects a frame | laptrack, s | same links, s | ratio | identical links |"
    )
    print("|--:|--:|--:|--:|--:|", flush=True)
    for n in LAPTRACK_SIZES:
        frames = walkers(n)
        tracks, spent = seconds(link_points, frames, SAME)
        theirs, spent_theirs = laptrack_links(frames)
        keys = tracks[["frame", "label"]].tolist()
        ours = {(keys[i], keys[j]) for i, j in edges(tracks).tolist()}
        print(
            f"| {n} | {spent_theirs:.2f} | {spent:.2f} | {spent_theirs / spent:.0f} | "
            f"{len(ours & theirs)} of {len(theirs)} |",
            flush=True,
        )
    print_whole_movies()


if __name__ == "__main__":
    main()
