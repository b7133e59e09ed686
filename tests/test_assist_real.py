"""Contour assist: real nuclei, with and without the network."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

import labkit as lk

MDCK = pytest.mark.skipif(
    not lk.data.is_local("mdck_frame01"), reason="needs LABKIT_DATA: mdck"
)
DSB = pytest.mark.skipif(
    not lk.data.is_local("dsb2018_test"), reason="needs LABKIT_DATA: dsb2018_test"
)


@pytest.fixture(scope="module")
def bench():
    """The script of docs/accuracy_assist.md, so that both measure the same."""
    folder = str(Path(__file__).parents[1] / "benchmarks")
    sys.path.insert(0, folder)
    try:
        return importlib.import_module("accuracy_assist")
    finally:
        sys.path.remove(folder)


@pytest.fixture(scope="module")
def mdck(bench):
    return bench.mdck_cases()


@pytest.fixture(scope="module")
def mdck_probs(bench):
    return bench.maps()


@pytest.mark.data
@MDCK
def test_lazy_contours_become_good_ones_without_a_model(bench, mdck):
    drawn = bench.ious(mdck, "drawn")
    assert drawn.mean() == pytest.approx(0.775, abs=0.002)
    assert np.mean(drawn > 0.8) == pytest.approx(0.395, abs=0.02)
    found = bench.ious(mdck, "auto")
    assert found.mean() >= 0.895
    assert np.mean(found > 0.8) >= 0.96


@pytest.mark.data
@MDCK
def test_lazy_contours_become_better_ones_with_the_network(bench, mdck, mdck_probs):
    found = bench.ious(mdck, "auto", mdck_probs)
    assert found.mean() >= 0.91
    assert np.mean(found > 0.8) >= 0.965


@pytest.mark.data
@MDCK
def test_a_perfect_map_of_real_nuclei_gives_the_right_one_always(bench, mdck):
    for rim in (True, False):
        values, n_wrong = bench.perfect_map(mdck[::2], rim)
        assert n_wrong == 0
        assert values.mean() >= 0.99


@pytest.mark.data
@DSB
@pytest.mark.parametrize(
    ("kind", "least"), [("fluorescence", 0.84), ("histology", 0.8)]
)
def test_unseen_images_of_many_kinds(bench, kind, least):
    """Every sixth image; all of them are in docs/accuracy_assist.md."""
    examples = [one for one in bench.dsb_test() if bench.kind(one[2]["group"]) == kind]
    cases = bench.dsb_cases(examples[::6])
    assert bench.ious(cases[::2], "auto", bench.maps()).mean() >= least
