"""Image sets by name: on board, from `LABKIT_DATA`, or downloaded once.

``names()`` lists them and ``load(name)`` gives images, labels and, for some, tracks.
What the manifest (``data_manifest.yaml``) says about a set is `info`.
"""

from .fetch import is_local, path
from .load import Dataset, load
from .manifest import info, names

__all__ = ["Dataset", "info", "is_local", "load", "names", "path"]
