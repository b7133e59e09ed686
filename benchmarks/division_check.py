"""Which divisions on real movies are true? By eye, and by true tracks.

    LABKIT_DATA=... python benchmarks/division_check.py [-o FOLDER]

The movies are segmented with the model that comes along and what only the automatic
annotation sees, and linked without asking how likely divisions are. Printed: how many
are kept, and how many of these are true, by least score.

MDCK crop, 91 frames: each of the 52 events was looked at in six frames (FOLDER gets
these pictures, the least likely first); TRUE holds those where a condensed nucleus
splits in two bright halves. Breast cancer: true are events whose daughters lie within
12 px of two daughters of one mother.
"""

import argparse
from pathlib import Path

import numpy as np

import labkit as lk
from labkit.auto import AutoParams
from labkit.models import StarDist
from labkit.track import TrackParams

TRUE = [  # frame, row, column of the mother
    (10, 450, 443),
    (19, 473, 44),
    (24, 67, 338),
    (24, 81, 195),
    (28, 84, 144),
    (29, 87, 72),
    (36, 57, 258),
    (41, 196, 15),
    (47, 91, 423),
    (48, 476, 281),
    (62, 227, 109),
    (83, 73, 85),
]
NEAR = 10  # px; within two frames
NEAR_POINT = 12  # px
ON_A_PAGE = 14
LEAST = (0, 0.05, 0.12, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9)


def segmentation(images):
    """Label images of the movie."""
    model, keep_all = StarDist.load("nuclei"), AutoParams(area_tolerance=None)
    diameter = lk.segment.fitting_diameter(model, images[len(images) // 2])
    labels = []
    for image in images:
        found = lk.segment.segment(model, image, diameter=diameter)
        rest = lk.auto.annotate(image, keep_all)
        labels.append(lk.segment.add_missing(found, rest))
    return np.stack(labels)


def is_true(event):
    """Whether the check by eye says so."""
    frame, y, x = np.transpose(TRUE)
    near = np.hypot(y - event["y"], x - event["x"]) < NEAR
    return bool((near & (np.abs(frame - event["frame"]) <= 2)).any())


def are_sisters(event, tracks, truth):
    """Whether the daughters' first spots belong to daughters of one true mother."""
    mothers = []
    for name in ("first_id", "second_id"):
        own = tracks[tracks["track_id"] == event[name]]
        spot = own[np.argmin(own["frame"])]
        there = truth[truth["frame"] == spot["frame"]]
        away = np.hypot(there["y"] - spot["y"], there["x"] - spot["x"])
        nearest = there[np.argmin(away)]
        mothers.append(
            (int(nearest["parent_id"]), int(nearest["track_id"]), away.min())
        )
    (one, first, far), (other, second, further) = mothers
    return one == other > 0 and first != second and max(far, further) < NEAR_POINT


def print_table(title, events, true):
    """Print how many events of at least some score are true."""
    print(f"\n### {title}: {len(events)} events, {true.sum()} true\n")
    print("| least score | kept | true | precision |\n|--:|--:|--:|--:|")
    for least in LEAST:
        kept = events["score"] >= least
        n_kept, n_true = kept.sum(), (kept & true).sum()
        print(f"| {least} | {n_kept} | {n_true} | {n_true / max(n_kept, 1):.2f} |")


def draw(images, tracks, events, labels, folder):
    """Draw the events, a page after the other."""
    folder.mkdir(parents=True, exist_ok=True)
    for k in range(0, len(events), ON_A_PAGE):
        page, offsets = events[k : k + ON_A_PAGE], range(-3, 3)
        how = {"labels": labels, "offsets": offsets}
        figure = lk.show.divisions(images, tracks, page, **how)
        figure.savefig(folder / f"divisions_{k // ON_A_PAGE + 1}.png", dpi=110)


def main(folder):
    """Print the tables, and draw the pictures if a folder is given."""
    every = TrackParams(min_division_score=0)
    for name in ("mdck_crop", "breast_cancer"):
        data = lk.data.load(name)
        images, labels = np.stack(data.images), segmentation(data.images)
        tracks = lk.track.link(labels, every)
        events = lk.track.division_events(tracks)
        if data.tracks is None:
            true = [is_true(event) for event in events]
            if folder is not None:
                draw(images, tracks, events, labels, folder)
        else:
            true = [are_sisters(event, tracks, data.tracks) for event in events]
        print_table(name, events, np.array(true))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--out", type=Path, help="folder of the pictures")
    main(parser.parse_args().out)
