"""Collect the outlines that come along: labkit/banks/nuclei.npz.

From the labels of dsb2018/dev (CC0). Half of the shapes are drawn at random, half are
chosen to be spread over all forms, so that unusual ones are found, too.

    python benchmarks/build_mask_bank.py -o labkit/banks/nuclei.npz
"""

import argparse
from pathlib import Path

import numpy as np
from sklearn.cluster import MiniBatchKMeans

import labkit as lk


def choose(bank, n, seed=0):
    """Thin a bank out to `n` shapes."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(bank))
    usual, rest = order[: n // 2], order[n // 2 :]
    forms = bank.forms[rest]
    forms = (forms - forms.mean(axis=0)) / forms.std(axis=0)
    groups = MiniBatchKMeans(200, random_state=seed, n_init=3).fit_predict(forms)
    turn = np.empty(len(rest), int)  # first one of each group, then a second of each
    for group in range(200):
        members = np.flatnonzero(groups == group)
        turn[members] = np.arange(len(members))
    spread = rest[np.argsort(turn, kind="stable")[: n - len(usual)]]
    return lk.synth.MaskBank(bank.contours[np.sort(np.concatenate([usual, spread]))])


def main():
    """Build and write the bank."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--out", type=Path, default="labkit/banks/nuclei.npz")
    parser.add_argument("-n", type=int, default=4000, help="number of shapes")
    options = parser.parse_args()
    dataset = lk.data.load("dsb2018_dev")
    everything = lk.synth.MaskBank.from_labels(dataset.labels)
    bank = choose(everything, options.n)
    bank.save(options.out)
    n_kb = options.out.stat().st_size / 1000
    print(f"{len(bank)} of {len(everything)} shapes, {n_kb:.0f} kB: {options.out}")


if __name__ == "__main__":
    main()
