"""Accuracy of the linking against true tracks, TrackMate and laptrack, as markdown.

    LABKIT_DATA=... python benchmarks/accuracy_tracking.py > docs/accuracy_tracking.md

Data sets that are not there are left out.
"""

import csv

import numpy as np

import labkit as lk
from labkit.track import TrackParams
from labkit.track.diagnosis import step_beyond_neighbours

TRACKMATE = TrackParams(
    max_distance=15, area_penalty=0, min_life=0, remove_drift=False, flow_neighbours=0
)
VARIANTS = {
    "default": TrackParams(),
    "without the neighbours' flow": TrackParams(flow_neighbours=0),
    "nor drift removal": TrackParams(flow_neighbours=0, remove_drift=False),
    "TrackMate's rules, 15 px (its default)": TRACKMATE,
    "TrackMate's rules, 30 px": TRACKMATE.replace(max_distance=30),
    "TrackMate's rules, 50 px": TRACKMATE.replace(max_distance=50),
}
FIXTURES = {
    "without_gap_closing": TRACKMATE.replace(max_gap=0, divisions=False),
    "with_gap_closing": TRACKMATE.replace(divisions=False),
    "with_splitting": TRACKMATE,
}


def named_edges(tracks):
    """Return the links as a set of ((frame, label), (frame, label))."""
    keys = tracks[["frame", "label"]].tolist()
    return {(keys[i], keys[j]) for i, j in lk.track.edges(tracks).tolist()}


def read_trackmate(name):
    """Return points of each frame and links, as TrackMate wrote them."""
    folder = lk.data.path("trackmate_fixtures")
    stem = f"trackmate_tracks_{name}"
    with (folder / f"{stem}_spots.csv").open() as file:
        spots = list(csv.DictReader(file))
    with (folder / f"{stem}_edges.csv").open() as file:
        links = list(csv.DictReader(file))
    points = [[] for _ in range(1 + max(int(spot["frame"]) for spot in spots))]
    keys = {}
    for spot in spots:
        frame = int(spot["frame"])
        points[frame].append((float(spot["position_y"]), float(spot["position_x"])))
        keys[spot["id"]] = (frame, len(points[frame]))
    return points, {
        (keys[link["spot_source_id"]], keys[link["spot_target_id"]]) for link in links
    }


def trackmate_rows():
    """Compare links with those that TrackMate 6 wrote."""
    for name, params in FIXTURES.items():
        points, true = read_trackmate(name)
        found = named_edges(lk.track.link_points(points, params))
        yield f"| {name.replace('_', ' ')} | {len(true)} | {len(found & true)} |"


def random_points(n, n_frames, seed):
    """Return random walkers of which some are missed in each frame."""
    rng = np.random.default_rng(seed)
    side = 40 * np.sqrt(n)
    points = rng.uniform(0, side, (n, 2))
    frames = []
    for _ in range(n_frames):
        points = (points + rng.normal(0, 4, (n, 2))) % side
        frames.append(points[rng.random(n) > 0.03])
    return frames


def scores_row(name, labels, tracks, params):
    """Return one line of the table of scores."""
    found = lk.track.link(labels, params)
    reach = lk.track.fit_params(labels, params).max_distance
    score = lk.metrics.tracking_scores(labels, tracks, labels, found)
    n_true, n_found = len(lk.track.divisions(tracks)), len(lk.track.divisions(found))
    return (
        f"| {name} | {reach:.1f} | {score.edge_f1:.4f} | {score.tra:.4f} | "
        f"{score.lnk:.4f} | {score.division_f1:.3f} | {n_found} of {n_true} |"
    )


HEAD = """| | radius, px | edge F1 | TRA | LNK | division F1 | divisions found, true |
|---|--:|--:|--:|--:|--:|--:|"""


def sparse_rows(labels, tracks):
    """Leave out frames, so that objects move far: edge F1 and the warning's number."""
    for every in (1, 2, 3):
        kept = tracks[tracks["frame"] % every == 0].copy()
        kept["frame"] //= every
        kept["parent_id"] = 0  # a mother may be gone
        movie = labels[::every]
        scores = []
        plain = TrackParams(divisions=False)
        for params in (plain.replace(flow_neighbours=0), plain):
            found = lk.track.link(movie, params)
            scores.append(lk.metrics.tracking_scores(movie, kept, movie, found).edge_f1)
        step = step_beyond_neighbours(found)
        yield f"| {every} | {step:.2f} | {scores[1]:.4f} | {scores[0]:.4f} |"


def main():
    """Print the section."""
    print("## Tracking")
    print("\nLinks only: the objects are the true ones, so that what is scored is the")
    print("linking (TRA, LNK and division F1 as in the Cell Tracking Challenge).")
    print("Made by `python benchmarks/accuracy_tracking.py`.\n")
    for name in ("breast_cancer", "simplus_01"):
        if lk.data.is_local(name):
            data = lk.data.load(name)
            print(f"### {name}: {lk.data.info(name)['what']}\n\n{HEAD}")
            labels = np.stack(data.labels)
            for title, params in VARIANTS.items():
                print(scores_row(title, labels, data.tracks, params), flush=True)
            if name == "breast_cancer":
                print("\nOnly every n-th frame, not looking for divisions; step: how")
                print("far objects move beyond their neighbours, in neighbour")
                print("distances (`lk.track.diagnose` warns above 0.25).\n")
                print("| every | step | edge F1 | without the neighbours' flow |")
                print("|--:|--:|--:|--:|")
                print("\n".join(sparse_rows(labels, data.tracks)))
            print()
    print("### Simulated movies\n")
    print("`simulate_movie(30, (512, 512), 100, division_rate=0.01, death_rate=0.002)`")
    print(f"with more, default parameters.\n\n{HEAD}")
    for name, settings in {
        "speed 2": {},
        "speed 6": {"speed": 6},
        "speed 2, drift (-15, -3)": {"drift": (-15, -3)},
        "speed 2, 250 nuclei": {"n_nuclei": 250},
    }.items():
        settings = {"n_nuclei": 100, "death_rate": 0.002, "seed": 1} | settings
        movie = lk.synth.simulate_movie(30, (512, 512), division_rate=0.01, **settings)
        print(scores_row(name, movie.labels, movie.tracks, TrackParams()), flush=True)
    if lk.data.is_local("trackmate_fixtures"):
        print("\n### The same links as TrackMate 6\n")
        print("| TrackMate's file | its links | found by us |\n|---|--:|--:|")
        print("\n".join(trackmate_rows()))


if __name__ == "__main__":
    main()
