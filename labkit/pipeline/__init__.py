"""The whole chain on files: what the command line does, for scripts.

Work on many files goes on when one of them is bad; every result is written as
soon as it is there, complete or not at all.
"""

import importlib

_HOMES = {
    "FileResult": "batch",
    "Job": "batch",
    "RunParams": "movie",
    "SegmentParams": "segmenting",
    "Exported": "exporting",
    "FORMATS": "formats",
    "TRACK_FORMATS": "track_formats",
    "Item": "exporting",
    "adapt_files": "adapting",
    "annotate_files": "batch",
    "demo": "examples",
    "demo_on": "examples",
    "export": "exporting",
    "fit_and_save": "training",
    "load_items": "importing",
    "load_pairs": "pairs",
    "pair_files": "pairs",
    "plan": "batch",
    "run": "movie",
    "segment_files": "segmenting",
    "track_files": "tracking",
}
__all__ = list(_HOMES)


def __getattr__(name):
    """Import what is asked for: torch loads only where a network is needed."""
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'labkit.pipeline' has no attribute {name!r}")


def __dir__():
    return __all__
