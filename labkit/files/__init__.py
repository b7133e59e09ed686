"""Files that other programs read and write: one small module a format."""

import importlib

MODULES = (
    *("atomic", "planes", "scale", "arrays"),
    *("images", "labels", "tables", "pieces", "lineage", "graphs"),
    *("ctc", "trackmate", "geff", "napari", "hyperstack"),
    *("annotated", "rois", "yolo", "rle", "coco", "masks", "opsef", "sharing"),
)


def __getattr__(name):
    """Import a format the first time it is asked for."""
    if name in MODULES:
        return importlib.import_module(f"labkit.files.{name}")
    raise AttributeError(f"module 'labkit.files' has no attribute {name!r}")


def __dir__():
    return list(MODULES)
