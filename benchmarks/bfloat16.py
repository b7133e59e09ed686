"""Does bfloat16 pay: time and accuracy of the model that comes along, in both.

    python benchmarks/bfloat16.py [--images 6]

Networks compute in bfloat16 where the processor multiplies it in hardware
(`labkit.models.training.fast_dtype`); here once so and once in float32, in turn, one
thread, CPU seconds. Images: those of dsb2018_test, evenly spread over its groups, and
the MDCK frame; both hold nuclei that the model has not seen. Needs LABKIT_DATA.
"""

import argparse
import time

import cv2
import numpy as np
import torch

import labkit as lk
from labkit.models import training
from labkit.segment import segment

DTYPES = {"float32": lambda device: None, "bfloat16": training.fast_dtype}
N_RUNS = 2


def network(model, image):
    """Seconds of the network alone, on an image of 1024 x 1024 px."""
    shown = lk.crops.normalize(image[:1024, :1024])
    start = time.process_time()
    model.maps(shown)
    return time.process_time() - start


def both(model, image, diameter):
    """Seconds of network and whole, and labels, for each precision; in turn."""
    seconds = {name: [] for name in DTYPES}
    labels, usual = {}, training.fast_dtype
    for _ in range(N_RUNS):
        for name, dtype in DTYPES.items():
            training.fast_dtype = dtype
            start = time.process_time()
            labels[name] = segment(model, image, diameter=diameter)
            whole = time.process_time() - start
            seconds[name].append((network(model, image), whole))
    training.fast_dtype = usual
    return {name: np.min(one, axis=0) for name, one in seconds.items()}, labels


def row(name, times, labels, true):
    """Print a line for each precision."""
    for dtype, (net, whole) in times.items():
        matches = [
            lk.metrics.match(one, labels[dtype][k]) for k, one in enumerate(true)
        ]
        total = lk.metrics.sum_matches(matches)
        agree = [
            lk.metrics.match(one, labels[dtype][k], 0.9)
            for k, one in enumerate(labels["float32"])
        ]
        same = lk.metrics.sum_matches(agree).f1
        pairs = list(zip(labels["float32"], labels[dtype], strict=True))
        other = sum(np.count_nonzero((a > 0) != (b > 0)) for a, b in pairs)
        share = other / sum(np.count_nonzero(a) for a, _ in pairs)
        cells = f"{net:.2f} | {whole:.2f} | {total.f1:.4f} | {total.mean_iou:.4f}"
        print(f"| {name} | {dtype} | {cells} | {same:.4f} | {share:.2%} |", flush=True)


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=6)
    args = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    if training.fast_dtype(torch.device("cpu")) is None:
        print("This processor does not multiply bfloat16 in hardware.")
        return
    model = lk.models.StarDist.load("nuclei", device="cpu")
    head = "network, s | whole, s | F1 | IoU | F1@.9 with float32 | pixels that differ"
    print(f"| images | precision | {head} |")
    print("|---|---|--:|--:|--:|--:|--:|--:|")
    mdck = lk.data.load("mdck_frame01")
    times, labels = both(model, mdck.images[0], 36.0)
    found = {name: [one] for name, one in labels.items()}
    row("MDCK frame, 2048 x 2048", times, found, mdck.labels)
    test = lk.data.load("dsb2018_test")
    chosen = np.linspace(0, len(test.images) - 1, args.images).round().astype(int)
    done = [both(model, test.images[k], "auto") for k in chosen]
    times = {name: sum(one[0][name] for one in done) for name in DTYPES}
    found = {name: [one[1][name] for one in done] for name in DTYPES}
    true = [test.labels[k] for k in chosen]
    row(f"{len(chosen)} of dsb2018_test, diameter estimated", times, found, true)


if __name__ == "__main__":
    main()
