"""CPU time of annotating one frame, beside the usual library and what was published.

    python benchmarks/annotation.py [IMAGE]

The frame is 2048 x 2048 with about 800 nuclei: IMAGE, or the first frame of the MDCK
movie if LABKIT_DATA has it, or a simulated one. Every line is CPU time (all threads
of this process), the median of several runs in turn: ours, theirs, ours, ... so that
a busy machine slows both. Of ours, the diameter is estimated in every run. The usual
chain is told the distance between nuclei; both are scored where the truth is known.
The published programs of Englbrecht et al. (`_published_steps`) end with noise around
the nuclei; so does what they are compared with.
"""

import sys
import time

import _published_steps as published
import cv2
import numpy as np
from scipy import ndimage
from skimage import feature, filters, morphology, segmentation

import labkit as lk
from labkit.auto import diameter, grey, outline, regions, threshold

N_RUNS = 5
SIDE = 2048


def load():
    """Return name, image, labels or None."""
    if len(sys.argv) > 1:
        return sys.argv[1], lk.files.read_image(sys.argv[1]), None
    try:
        data = lk.data.load("mdck_frame01")
        return "MDCK frame 1", data.images[0], data.labels[0]
    except (FileNotFoundError, ConnectionError):
        movie = lk.synth.simulate_movie(1, (SIDE, SIDE), 800, diameter=40)
        image = np.clip(movie.images[0] / movie.images[0].max() * 255, 0, 255)
        return "simulated", image.astype(np.uint8), movie.labels[0]


def plain_chain(image, local=False):
    """Annotate with scikit-image: threshold, distance, peaks, watershed, filter."""
    smooth = filters.gaussian(image, 1.7, preserve_range=True)
    if local:
        mask = smooth > filters.threshold_local(smooth, 201, offset=-4)
    else:
        mask = smooth > filters.threshold_otsu(smooth)
    mask = morphology.closing(mask, np.ones((3, 3), bool))
    distance = ndimage.distance_transform_edt(mask)
    peaks = feature.peak_local_max(distance, min_distance=12, labels=mask.astype(int))
    seeds = np.zeros(image.shape, np.int32)
    seeds[tuple(peaks.T)] = np.arange(1, len(peaks) + 1)
    labels = segmentation.watershed(-distance, seeds, mask=mask)
    areas = np.bincount(labels.ravel())[1:]
    median = np.median(areas)
    kept = np.abs(areas - median) <= 0.5 * median
    table = np.concatenate([[0], np.arange(1, len(areas) + 1) * kept])
    return segmentation.relabel_sequential(table[labels])[0]


def cpu_times(functions):
    """Return the median CPU milliseconds of each function, run in turn."""
    times = np.zeros((N_RUNS, len(functions)))
    for function in functions:
        function()
    for run in range(N_RUNS):
        for i, function in enumerate(functions):
            start = time.process_time()
            function()
            times[run, i] = time.process_time() - start
    return 1000 * np.median(times, axis=0)


def steps_of(image):
    """Return {name: function} of the parts of ours, on results of the one before."""
    params = lk.auto.AutoParams()
    stretched = grey.stretch(image)
    size = diameter.diameter_of(stretched)
    around = threshold.surroundings(stretched, size, params)
    mask = threshold.above(around)
    bright = threshold.relative_brightness(around)
    split = {"dent": params.dent, "brightness": bright}
    pieces = lk.auto.split_touching(mask, around.diameter, **split)
    objects, areas = outline.outline_objects(stretched, pieces, around, params)
    typical = lk.auto.filters.typical_areas(areas, params.area_tolerance)
    return {
        "grey scale": lambda: grey.stretch(image),
        "diameter": lambda: diameter.diameter_of(stretched),
        "surroundings": lambda: threshold.surroundings(stretched, size, params),
        "foreground": lambda: threshold.above(around),
        "split": lambda: lk.auto.split_touching(mask, around.diameter, **split),
        "outline": lambda: outline.outline_objects(stretched, pieces, around, params),
        "area filter": lambda: regions.keep(objects, typical),
    }


def with_noise(image):
    """Annotate and put noise around the nuclei: what is trained on in the paper."""
    labels = lk.auto.annotate(image)
    return labels, lk.auto.noise_background(image, labels, levels=published.NOISE)


def print_published(image, true):
    """Print a table of the published programs and of the same with labkit."""
    if image.dtype != np.uint8:
        return
    functions = published.annotate, with_noise
    with_noise(image)  # compiles
    runs = [[timed(function, image) for function in functions] for _ in range(2)]
    times = [min(one[k][0] for one in runs) for k in (0, 1)]
    print("\n| annotation and noise around it | CPU ms | times labkit | nuclei | F1 |")
    print("|---|--:|--:|--:|--:|")
    names = "published programs (Englbrecht et al.), no files", "labkit"
    for name, (_, (labels, _)), spent in zip(names, runs[0], times, strict=True):
        f1 = "-" if true is None else f"{lk.metrics.match(true, labels).f1:.3f}"
        n = len(np.unique(labels)) - 1
        print(f"| {name} | {spent:.0f} | {spent / times[-1]:.1f} | {n} | {f1} |")


def timed(function, image):
    """Return the CPU milliseconds of a call and its result."""
    start = time.process_time()
    result = function(image)
    return 1000 * (time.process_time() - start), result


def main():
    """Print the tables."""
    cv2.setNumThreads(1)
    name, image, true = load()
    published = lk.auto.AutoParams(method="otsu")
    chains = {
        "scikit-image, Otsu chain": lambda: plain_chain(image),
        "scikit-image, local threshold chain": lambda: plain_chain(image, True),
        "labkit, method otsu": lambda: lk.auto.annotate(image, published),
        "labkit, all steps kept": lambda: lk.auto.annotate_steps(image).labels,
        "labkit": lambda: lk.auto.annotate(image),
    }
    times = cpu_times(list(chains.values()))
    print(f"{name}, {image.shape[0]} x {image.shape[1]} {image.dtype}\n")
    print("| annotation | CPU ms | times labkit | kept | precision | IoU |")
    print("|---|--:|--:|--:|--:|--:|")
    for (chain, function), spent in zip(chains.items(), times, strict=True):
        row = f"| {chain} | {spent:.0f} | {spent / times[-1]:.1f} |"
        if true is not None:
            m = lk.metrics.match(true, function())
            row += f" {m.recall:.3f} | {m.precision:.3f} | {m.mean_iou:.3f} |"
        print(row)
    print_published(image, true)
    parts = steps_of(image)
    print("\n| step of labkit | CPU ms |\n|---|--:|")
    for part, spent in zip(parts, cpu_times(list(parts.values())), strict=True):
        print(f"| {part} | {spent:.1f} |")


if __name__ == "__main__":
    main()
