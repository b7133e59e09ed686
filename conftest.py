"""Settings shared by all tests: short names in doctests, fast notebooks."""

import os

import numpy as np
import pytest

import labkit

os.environ.setdefault("LABKIT_FAST", "1")
os.environ.setdefault("MPLBACKEND", "Agg")


@pytest.fixture(autouse=True)
def _doctest_names(doctest_namespace):
    doctest_namespace["np"] = np
    doctest_namespace["lk"] = labkit
