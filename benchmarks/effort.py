"""What does contour assist save, and what does it cost in overlap?

    LABKIT_DATA=... python benchmarks/effort.py [--per-image N]

prints one markdown table for each kind of image: all images of dsb2018_test, some
nuclei of each, and the hand-drawn MDCK frame. Three simulated hands, from careful to
hasty, outline each nucleus in several ways; counted are strokes, keys, how hard the
strokes are to draw, and the overlap (IoU) with the true nucleus. No time is measured
and no human: simulated hands know the truth and choose among suggestions without error.

How hard: the way of the pen / the width of the band around the true edge in which such
a hand stays (twice its mean distance from the edge, relative to the size of the
nucleus). People need time in proportion to it:
the steering law of Accot and Zhai (1997), https://doi.org/10.1145/258549.258760

line       a careless line as it is
traced     along the edge, with a trembling hand (2 % of the diameter)
click      one click near the middle, Enter
watershed, region, snake, unet, auto
           a careless line, Enter; "auto" has the network's map
checked    a careless line, n up to two times until the overlap is above 0.8; if it
           never is: x, a, trace, a
"""

import argparse
from collections import defaultdict
from typing import NamedTuple

import cv2
import numpy as np
from accuracy_assist import dsb_test, kind

import labkit as lk
from labkit.assist import ProbMap, from_click, suggest, suggestions
from labkit.objects import crop_mask
from labkit.synth import lazy_contour, path_length, traced

HANDS = {
    "careful": {"scale": (1.0, 1.1), "shift": 0.02},
    "usual": {"scale": (0.9, 1.2), "shift": 0.06},
    "hasty": {"scale": (0.8, 1.4), "shift": 0.12},
}
METHODS = "watershed", "region", "snake", "unet", "auto"
WAYS = "line", "traced", "click", *METHODS, "checked"
GOOD = 0.8
N_OPTIONS = 3
MIN_AREA = 30  # px; on smaller nuclei one pixel decides
N_MDCK = 100


class Nucleus(NamedTuple):
    """One nucleus, its image and the network's map of it."""

    image: np.ndarray
    labels: np.ndarray
    label: int
    area: int
    outline: np.ndarray
    prob: ProbMap

    def overlap(self, polygon):
        """IoU of a polygon with it."""
        mask, (row, col) = crop_mask(polygon, self.labels.shape)
        height, width = mask.shape
        here = self.labels[row : row + height, col : col + width] == self.label
        shared = np.count_nonzero(mask & here)
        return shared / (np.count_nonzero(mask) + self.area - shared)

    def way(self, line):
        """Way of the pen / length of the outline."""
        return path_length(line) / path_length(self.outline)

    def off(self, line):
        """Mean distance of a line from the edge / length of the outline."""
        edge = self.outline.astype(np.float32)
        points = np.asarray(line, float).tolist()
        distances = [abs(cv2.pointPolygonTest(edge, point, True)) for point in points]
        return np.mean(distances) / path_length(self.outline)


def some_nuclei(image, labels, n, rng):
    """Some nuclei of one image."""
    areas = np.bincount(labels.ravel())
    areas[0] = 0
    large = np.flatnonzero(areas >= MIN_AREA)
    outlines, prob = lk.labels.to_polygons(labels), ProbMap(image)
    for label in rng.choice(large, min(n, len(large)), replace=False):
        found = int(label), int(areas[label]), outlines[label]
        yield Nucleus(image, labels, *found, prob)


def all_nuclei(per_image):
    """Nuclei by kind of image; maps are computed as they are asked for."""
    rng = np.random.default_rng(0)
    mdck = lk.data.load("mdck_frame01")
    pair = mdck.images[0], lk.labels.relabel(mdck.labels[0])
    yield "MDCK frame 1", some_nuclei(*pair, N_MDCK, rng)
    for image, labels, row in dsb_test():
        yield kind(row["group"]), some_nuclei(image, labels, per_image, rng)


def outline(way, one, line, rng):
    """Outline a nucleus: strokes, keys, way drawn carelessly, way traced, IoU."""
    if way == "line":
        return 1, 0, one.way(line), 0, one.overlap(line)
    if way == "traced":
        exact = traced(one.outline, rng)
        return 1, 0, 0, one.way(exact), one.overlap(exact)
    if way == "click":
        return 1, 1, 0, 0, clicked(one, rng)
    if way == "checked":
        return checked(one, line, rng)
    prob = one.prob if way in ("unet", "auto") else None
    found = suggest(one.image, line, method=way, prob=prob)
    return 1, 1, one.way(line), 0, one.overlap(found.polygon)


def clicked(one, rng):
    """IoU of what is suggested for a click, at most halfway from the middle."""
    pixels = np.argwhere(one.labels == one.label)
    click = (pixels[rng.integers(len(pixels))] + pixels.mean(axis=0)) / 2
    size = lk.labels.median_diameter(one.labels)
    rough = from_click(click, one.image, prob=one.prob, diameter=size)
    return one.overlap(suggest(one.image, rough, prob=one.prob).polygon)


def checked(one, line, rng):
    """Take the first suggestion that is good; else reject and trace."""
    options = suggestions(one.image, line, prob=one.prob)[:N_OPTIONS]
    for n_keys, option in enumerate(options, 1):  # n, n, Enter
        iou = one.overlap(option.polygon)
        if iou > GOOD:
            return 1, n_keys, one.way(line), 0, iou
    *_, exactly, iou = outline("traced", one, line, rng)
    n_keys = len(options) - 1 + 3  # n, n, x, a and a
    return 2, n_keys, one.way(line), exactly, iou


def study(per_image):
    """Rows of `outline` by kind, hand and way; distances from the edge by hand."""
    rng, effort, off = np.random.default_rng(0), defaultdict(list), defaultdict(list)
    for name, nuclei in all_nuclei(per_image):
        for one in nuclei:
            off[name, "traced"].append(one.off(traced(one.outline, rng)))
            for hand, params in HANDS.items():
                line = lazy_contour(one.outline, rng, **params)
                if not crop_mask(line, one.labels.shape)[0].any():
                    continue
                off[name, hand].append(one.off(line))
                for way in WAYS:
                    effort[name, hand, way].append(outline(way, one, line, rng))
    return effort, off


def tables(effort, off):
    """Print one table a kind of image."""
    for name in dict.fromkeys(key[0] for key in effort):
        n = len(effort[name, "usual", "line"])
        print(f"\n### {name}, {n} nuclei\n")
        print("| hand | way | strokes | keys | difficulty | mean IoU | > 0.8 |")
        print("|---|---|--:|--:|--:|--:|--:|")
        for hand in HANDS:
            widths = [2 * np.mean(off[name, pen]) for pen in (hand, "traced")]
            for way in WAYS:
                print(line_of(hand, way, np.array(effort[name, hand, way]), widths))


def line_of(hand, way, rows, widths):
    """One line of a table."""
    strokes, keys, carelessly, exactly, iou = rows.mean(axis=0)
    hard = carelessly / widths[0] + exactly / widths[1]
    good = (rows[:, -1] > GOOD).mean()
    cells = [f"{strokes:.2f}", f"{keys:.2f}", f"{hard:.0f}", f"{iou:.3f}"]
    return f"| {' | '.join([hand, way, *cells, f'{good:.2f}'])} |"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--per-image", type=int, default=2, metavar="N")
    tables(*study(parser.parse_args().per_image))
