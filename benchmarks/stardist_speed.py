"""Training step and prediction: labkit's StarDist against TensorFlow's.

    python benchmarks/stardist_speed.py --tensorflow PYTHON

PYTHON is an interpreter that has tensorflow and stardist (they need not be
installed beside labkit). Both networks predict 32 rays on a grid of 2 and have
the same number of weights. CPU seconds of one process on one thread, taken in
turn; a training step of ours includes cutting and augmenting its crops, the
TensorFlow step gets its batch ready-made.
"""

import argparse
import json
import os
import subprocess
import sys
import time

import numpy as np

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
SIZES = ((64, 4), (96, 4), (256, 4))
SIDE = 2048


def cpu(function, repeats):
    """Median CPU seconds of a call, after one to warm up."""
    function()
    seconds = []
    for _ in range(repeats):
        started = time.process_time()
        function()
        seconds.append(time.process_time() - started)
    return float(np.median(seconds))


def scene(side):
    """An image of blurred discs on a lattice, and its labels."""
    rows, cols = np.mgrid[:side, :side]
    centre = 64
    far = np.hypot(rows % centre - 32, cols % centre - 32)
    number = rows // centre * (side // centre) + cols // centre + 1
    labels = np.where(far < 18, number, 0).astype(np.int32)
    image = 20 + 150 / (1 + np.exp((far - 18) / 2))
    return np.random.default_rng(0).poisson(image).astype(np.uint16), labels


def ours():
    """Seconds of labkit's steps and prediction."""
    from labkit import crops as cr
    from labkit.models import StarDist, StarDistParams, TrainParams
    from labkit.models.training import _Run

    image, labels = scene(SIDE)
    found = cr.sources([image], [labels])
    result = {}
    for name, width in (("equal", 27), ("default", 32)):
        model = StarDist(StarDistParams(width=width, diameter=36.0), device="cpu")
        weights = sum(value.numel() for value in model.net.parameters())
        times = {"weights": weights}
        for size, batch in SIZES:
            params = TrainParams(crop_size=size, batch_size=batch)
            crops = cr.Crops(found, size=size, seed=0)
            run = _Run(model.net, model._loss_of, crops, None, params)
            times[f"step {size} px"] = cpu(lambda run=run: run.step(400), 15)
        model.fit(
            [image[:512, :512]],
            [labels[:512, :512]],
            params=TrainParams(steps=60, every=60),
            progress=False,
        )
        times["predict"] = cpu(lambda model=model: model.predict(image), 3)
        result[name] = times
    return result | {"nuclei": shipped(image)}


def shipped(image):
    """Seconds of one frame with the model that comes along, all steps included."""
    from labkit.models import StarDist
    from labkit.segment import segment

    model = StarDist.load("nuclei", device="cpu")
    return {
        "weights": sum(value.numel() for value in model.net.parameters()),
        "as it is": cpu(lambda: segment(model, image), 3),
        'diameter="auto"': cpu(lambda: segment(model, image, diameter="auto"), 3),
    }


def tensorflow():
    """Seconds of TensorFlow StarDist's steps and prediction."""
    from csbdeep.utils import normalize
    from stardist.models import Config2D, StarDist2D

    image, _ = scene(SIDE)
    config = Config2D(n_rays=32, grid=(2, 2), train_tensorboard=False)
    model = StarDist2D(config, name="speed", basedir=None)
    model.prepare_for_training()
    times = {"weights": model.keras_model.count_params()}
    rng = np.random.default_rng(0)
    for size, batch in SIZES:
        x = rng.random((batch, size, size, 1), np.float32)
        prob = rng.random((batch, size // 2, size // 2, 1), np.float32)
        dist = 18 * rng.random((batch, size // 2, size // 2, 33), np.float32)
        times[f"step {size} px"] = cpu(
            lambda x=x, y=[prob, dist]: model.keras_model.train_on_batch(x, y), 15
        )
    shown = normalize(image, 1, 99.8)
    times["predict"] = cpu(lambda: model.predict(shown), 3)
    return {"tensorflow": times}


def part(name, python):
    """Run one side in its own process and return its numbers."""
    output = subprocess.run(
        [python, __file__, "--part", name],
        env={**os.environ, **ONE_THREAD},
        capture_output=True,
        text=True,
        check=False,
    )
    if output.returncode:
        sys.exit(output.stderr)
    return json.loads(output.stdout.splitlines()[-1])


def main(python):
    """Print the table."""
    result = part("ours", sys.executable)
    result |= part("tensorflow", python)
    peer = result["tensorflow"]
    print("| CPU s, one thread | TensorFlow | labkit, equal size | ratio |")
    print("|---|--:|--:|--:|")
    for key, theirs in peer.items():
        mine = result["equal"][key]
        ratio = "" if key == "weights" else f"{theirs / mine:.1f}"
        print(f"| {key} | {theirs:.4g} | {mine:.4g} | {ratio} |")
    print("\n| CPU s, one thread, labkit | value |")
    print("|---|--:|")
    for name, values in (("default size", "default"), ("model nuclei", "nuclei")):
        for key, value in result[values].items():
            print(f"| {name}, {key} | {value:.4g} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tensorflow", metavar="PYTHON")
    parser.add_argument("--part", choices=["ours", "tensorflow"])
    chosen = parser.parse_args()
    if chosen.part:
        print(json.dumps({"ours": ours, "tensorflow": tensorflow}[chosen.part]()))
    elif chosen.tensorflow:
        main(chosen.tensorflow)
    else:
        parser.error("--tensorflow PYTHON is needed for the comparison")
