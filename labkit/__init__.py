"""labkit: from raw microscopy images to nucleus segmentation and tracks.

Arrays in, arrays out. Submodules load on first use, so ``import labkit`` is
fast; read them in the order of ``labkit.READING_ORDER``: each imports only modules
above it.
"""

import importlib
import os

__version__ = "0.1.0"

READING_ORDER = (
    "checks",
    "words",
    "labels",
    "objects",
    "metrics",
    "files",
    "params",
    "data",
    "auto",
    "style",
    "synth",
    "stars",
    "crops",
    "nets",
    "models",
    "segment",
    "adapt",
    "assist",
    "annotation",
    "track",
    "scale",
    "show",
    "explore",
    "report",
    "pipeline",
    "canvas",
    "apps",
    "course",
    "cli",
)


def __getattr__(name):
    """Import a submodule the first time it is asked for (PEP 562)."""
    if name in READING_ORDER:
        return importlib.import_module(f"labkit.{name}")
    raise AttributeError(f"module 'labkit' has no attribute {name!r}")


def __dir__():
    return [*READING_ORDER, "budget", "__version__"]


def budget(full, fast):
    """Return `full`, or `fast` where the environment has ``LABKIT_FAST=1``.

    For run lengths in notebooks (training steps, frames), so that tests may
    shorten the work. What is shown is always what was computed.

    Examples
    --------
    >>> budget(full=2, fast=2)
    2
    """
    return fast if os.environ.get("LABKIT_FAST", "0") == "1" else full
