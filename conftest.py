"""Settings shared by all tests: short names in doctests, fast notebooks.

With ``pytest -n logical`` the cores are shared among the workers: one thread each.
"""

import os

if "PYTEST_XDIST_WORKER" in os.environ:  # before anything counts the cores
    os.environ.setdefault("OMP_NUM_THREADS", "1")

from pathlib import Path

import numpy as np
import pytest

import labkit

os.environ.setdefault("LABKIT_FAST", "1")
os.environ.setdefault("MPLBACKEND", "Agg")
# Kernels run this first: a warning in a notebook is an error.
os.environ["PYTHONSTARTUP"] = str(Path(__file__).parent / "tests" / "strict_kernel.py")


@pytest.fixture(autouse=True)
def _doctest_names(doctest_namespace):
    doctest_namespace["np"] = np
    doctest_namespace["lk"] = labkit
