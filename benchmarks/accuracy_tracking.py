"""Accuracy of the linking against true tracks, TrackMate and laptrack, as markdown.

    LABKIT_DATA=... python benchmarks/accuracy_tracking.py > docs/accuracy_tracking.md

Data sets that are not there are left out.
"""

import csv
import itertools

import numpy as np
from skimage.draw import disk
from skimage.morphology import dilation, footprint_rectangle

import labkit as lk
from labkit.auto import AutoParams
from labkit.models import StarDist
from labkit.track import TrackParams
from labkit.track.diagnosis import step_beyond_neighbours

TRACKMATE = TrackParams.trackmate()
VARIANTS = {
    "default": TrackParams(),
    "without the neighbours' flow": TrackParams(flow_neighbours=0),
    "nor drift removal": TrackParams(flow_neighbours=0, remove_drift=False),
    "TrackMate's rules, 15 px (its default)": TRACKMATE,
    "TrackMate's rules, 30 px": TRACKMATE.replace(max_distance=30),
    "TrackMate's rules, 50 px": TRACKMATE.replace(max_distance=50),
}
SIMULATED = {
    "speed 2": {},
    "speed 6": {"speed": 6},
    "speed 2, drift (-15, -3)": {"drift": (-15, -3)},
    "speed 2, 250 nuclei": {"n_nuclei": 250},
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


def segmentations(images):
    """Return label images (T, H, W) made without any truth, by three ways."""
    model, post = StarDist.load("nuclei"), AutoParams(area_tolerance=None)
    diameter = lk.segment.fitting_diameter(model, images[len(images) // 2])
    network = [lk.segment.segment(model, one, diameter=diameter) for one in images]
    rules = [lk.auto.annotate(one, post) for one in images]
    pairs = zip(network, rules, strict=True)
    both = [lk.segment.add_missing(*pair) for pair in pairs]
    named = {"the model that comes along": network, "automatic annotation": rules}
    named["the model, and what only the annotation sees"] = both
    return {name: np.stack(labels) for name, labels in named.items()}


def as_discs(tracks, shape, radius=8.4):
    """Draw every spot as a disc of 221 px, as the truth is drawn."""
    labels = np.zeros(shape, np.int32)
    for spot in tracks:
        rows, columns = disk((spot["y"], spot["x"]), radius, shape=shape[1:])
        labels[spot["frame"], rows, columns] = spot["label"]
    return labels


def end_to_end_rows(data):
    """Segment, link and compare with the true discs."""
    true = np.stack(data.labels)
    for name, labels in segmentations(data.images).items():
        tracks = lk.track.link(labels)
        n_found = len(lk.track.divisions(tracks))
        cells = []
        for found in (as_discs(tracks, true.shape), labels):
            score = lk.metrics.tracking_scores(true, data.tracks, found, tracks)
            values = score.tra, score.det, score.lnk, score.division_f1
            cells.append(" | ".join(f"{value:.3f}" for value in values))
        yield f"| {name} | {' | '.join(cells)} | {n_found} |"


def print_end_to_end(data):
    """Print the table of whole chains."""
    print("\n### From raw images: breast_cancer\n")
    print("The truth knows the middle of each nucleus, drawn as a disc. Left: what was")
    print("found drawn as discs, too, so that places are compared; right: the masks")
    print("themselves, where a condensed nucleus rarely covers half a disc.\n")
    names = "TRA | DET | LNK | division F1"
    print(f"| | discs: {names} | masks: {names} | divisions (100 true) |")
    print("|---|" + "--:|" * 9)
    for row in end_to_end_rows(data):
        print(row, flush=True)


def print_simulated():
    """Print the table of simulated movies."""
    print("### Simulated movies\n")
    print("`simulate_movie(30, (512, 512), 100, division_rate=0.01, death_rate=0.002)`")
    print("with more; default parameters, and with `min_division_score=0`.\n")
    print(HEAD)
    for name, settings in SIMULATED.items():
        settings = {"n_nuclei": 100, "death_rate": 0.002, "seed": 1} | settings
        movie = lk.synth.simulate_movie(30, (512, 512), division_rate=0.01, **settings)
        pair = movie.labels, movie.tracks
        print(scores_row(name, *pair, TrackParams()), flush=True)
        trusting = TrackParams(min_division_score=0)
        print(scores_row(f"{name}, any division", *pair, trusting), flush=True)


def touching(labels, n_frames):
    """Make objects that touch one, for `n_frames` at least, as a segmentation may."""
    labels, found = labels.copy(), {}
    for t, image in enumerate(labels.copy()):
        wide = dilation(image, footprint_rectangle((3, 3)))
        for one, other in ((wide[1:], wide[:-1]), (wide[:, 1:], wide[:, :-1])):
            meet = (one != other) & (one > 0) & (other > 0)
            pairs = np.sort(np.stack([one[meet], other[meet]], axis=1))
            found |= {tuple(pair): t for pair in np.unique(pairs, axis=0).tolist()}
        used, there = set(), set(np.unique(image).tolist())
        for pair, last in found.items():
            both = there.issuperset(pair) and used.isdisjoint(pair)
            if t - last < n_frames and both:
                labels[t][image == pair[1]] = pair[0]
                used |= set(pair)
    return labels


def hidden(movie, labels):
    """Return where nuclei are no objects of their own: (id, frame before, after)."""
    alone = {}
    for t, (true, seen) in enumerate(zip(movie.labels, labels, strict=True)):
        pairs = lk.labels.overlaps(true, seen)[:, :2]
        found, counts = np.unique(pairs[:, 1], return_counts=True)
        for number, label in pairs.tolist():
            if counts[np.searchsorted(found, label)] == 1:
                alone.setdefault(number, []).append(t)
    return [
        (number, before, after)
        for number, frames in alone.items()
        for before, after in itertools.pairwise(frames)
        if after > before + 1
    ]


def touching_row(n_nuclei, n_frames, max_merge, seeds=range(4)):
    """Return a row: who goes on as itself, and divisions, in several movies."""
    total = np.zeros(4, int)
    for seed in seeds:
        movie = lk.synth.simulate_movie(
            30, (400, 400), n_nuclei, division_rate=0.005, speed=2.5, seed=seed
        )
        labels = touching(movie.labels, n_frames)
        tracks = lk.track.link(labels, TrackParams(max_merge=max_merge))
        keys = tracks[["frame", "label"]].tolist()
        track = dict(zip(keys, tracks["track_id"].tolist(), strict=True))
        events = hidden(movie, labels)
        same = sum(track[t, n] == track[u, n] for n, t, u in events)
        divided = [len(lk.track.divisions(one)) for one in (tracks, movie.tracks)]
        total += [len(events), same, *divided]
    n_events, same, n_found, n_true = total
    return (
        f"| {n_nuclei} | {n_frames} | {max_merge} | {n_events} | {same / n_events:.2f} "
        f"| {n_found} of {n_true} |"
    )


def print_touching():
    """Print the table of nuclei that touch."""
    print("\n### Nuclei that touch\n")
    print("`simulate_movie(30, (400, 400), n, division_rate=0.005, speed=2.5)`, seeds")
    print("0 to 3; objects that touch are made one for some frames at least. A nucleus")
    print(
        "is hidden until it is an object of its own again; is it the same track then?"
    )
    print("Not found are mostly those that stay one for longer, or change partners.\n")
    print("| nuclei | frames | `max_merge` | hidden | the same track | divisions |")
    print("|--:|--:|--:|--:|--:|--:|")
    for n_nuclei, n_frames in ((25, 1), (25, 3), (25, 6), (50, 3)):
        for max_merge in (0, 6, 10, 20):
            print(touching_row(n_nuclei, n_frames, max_merge), flush=True)


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
                print_end_to_end(data)
            print()
    print_simulated()
    print_touching()
    if lk.data.is_local("trackmate_fixtures"):
        print("\n### The same links as TrackMate 6\n")
        print("| TrackMate's file | its links | found by us |\n|---|--:|--:|")
        print("\n".join(trackmate_rows()))


if __name__ == "__main__":
    main()
