"""Can a small network tell rendered images from real ones?

    LABKIT_DATA=... python benchmarks/real_or_fake.py [GROUP ...] [--steps 600]

Prints a markdown table: share of tiles that a classifier, trained on other images,
calls by the right name. 0.5 is guessing: the nearer, the better the renderer.

Per group of dsb2018_dev one image a field is taken, at most 16. Each renderer is
fitted on all of them; image k is rendered from the labels of image k, mirrored, in
the style of image k. Thus a split by image separates real and rendered tiles alike.
A half of the images is for training, the other for the test; seeds change the split,
the initial weights and the tiles. As a control, real images are told from mirrored
real ones: the classifier must be at 0.5.
"""

import argparse
import time

import numpy as np
import torch
from torch import nn

import labkit as lk
from labkit.models import Pix2Pix, Pix2PixParams
from labkit.synth import CopyPaste, Renderer

GROUPS = "fluo256_round", "fluo360_large", "he_purple_on_white", "he_purple_on_purple"
N_IMAGES, N_SEEDS, N_STEPS, TILE, BATCH = 16, 3, 160, 64, 32


def load(group):
    """Images and labels, one a field."""
    data = lk.data.load("dsb2018_dev")
    fields = {}
    for k, row in enumerate(data.info["index"]):
        if row["group"] == group:
            fields.setdefault(row["field"], k)
    chosen = [fields[name] for name in sorted(fields)][:N_IMAGES]
    return [data.images[k] for k in chosen], [data.labels[k] for k in chosen]


def makers(steps):
    """Renderers by name."""
    pix2pix = Pix2Pix(Pix2PixParams(steps=steps))
    return {"Renderer": Renderer(), "CopyPaste": CopyPaste(), "Pix2Pix": pix2pix}


def rendered(maker, images, labels):
    """Fit a renderer; return one image for each label image and CPU-s of both."""
    started = time.process_time()
    more = {"progress": False} if isinstance(maker, Pix2Pix) else {}
    maker.fit(images, labels, **more)
    fitted = time.process_time()
    made = [
        maker.render(np.ascontiguousarray(label[:, ::-1]), seed=k, source=k)
        for k, label in enumerate(labels)
    ]
    now = time.process_time()
    return made, (fitted - started, (now - fitted) / len(made))


def classifier():
    """A small convolutional network: real or not."""
    layers, before = [], None
    for width in (16, 32, 48, 64):
        first = (
            nn.LazyConv2d(width, 3, padding=1)
            if before is None
            else nn.Conv2d(before, width, 3, padding=1)
        )
        layers += [first, nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(2)]
        before = width
    return nn.Sequential(
        *layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, 1)
    )


def tiles(images, n, rng):
    """n random tiles of random images, turned and mirrored: (n, C, TILE, TILE)."""
    found = []
    for _ in range(n):
        image = images[rng.integers(len(images))]
        row, column = (rng.integers(s - TILE + 1) for s in image.shape[:2])
        crop = image[row : row + TILE, column : column + TILE]
        crop = np.rot90(crop if rng.random() < 0.5 else crop[:, ::-1], rng.integers(4))
        found.append(np.atleast_3d(crop).transpose(2, 0, 1))
    return np.stack(found).astype(np.float32)


def accuracy(real, made, seed):
    """Share of held-out tiles named rightly."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(real))
    half = len(real) // 2
    values = np.concatenate([np.ravel(image)[::11] for image in real])
    mean, spread = float(values.mean()), float(values.std()) + 1e-6

    def batch(chosen, n):
        kinds = [tiles([kind[k] for k in chosen], n, rng) for kind in (made, real)]
        truth = torch.arange(2).repeat_interleave(n).float()
        return torch.from_numpy((np.concatenate(kinds) - mean) / spread), truth

    net = classifier()
    net(batch(order[:half], 1)[0])
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, N_STEPS)
    for _ in range(N_STEPS):
        image, truth = batch(order[:half], BATCH // 2)
        loss = nn.functional.binary_cross_entropy_with_logits(net(image)[:, 0], truth)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        rate.step()
    net.eval()
    image, truth = batch(order[half:], 200)
    with torch.no_grad():
        right = (net(image)[:, 0] > 0) == (truth > 0.5)
    return right.float().mean().item()


def row(group, name, real, made, cost):
    """One line of the table."""
    found = [accuracy(real, made, seed) for seed in range(N_SEEDS)]
    span = f"{np.mean(found):.2f} ({min(found):.2f}-{max(found):.2f})"
    seconds = " | ".join(f"{s:.1f}" for s in cost) if cost else "- | -"
    print(f"| {group} | {name} | {len(real)} | {span} | {seconds} |", flush=True)


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("groups", nargs="*", default=GROUPS)
    parser.add_argument("--steps", type=int, default=600, help="of pix2pix")
    parser.add_argument("--only", help="one renderer")
    options = parser.parse_args()
    print(
        "| group | renderer | images | accuracy (of 3 seeds) | fit, CPU-s | an image |"
    )
    print("|---|---|--:|---|--:|--:|")
    for group in options.groups:
        images, labels = load(group)
        if not options.only:
            mirrored = [np.ascontiguousarray(image[:, ::-1]) for image in images]
            row(group, "control: real", images, mirrored, None)
        for name, maker in makers(options.steps).items():
            if options.only in (None, name):
                row(group, name, images, *rendered(maker, images, labels))


if __name__ == "__main__":
    main()
