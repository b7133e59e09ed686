"""What has been drawn on an image: objects, classes, undo and redo, autosave.

No widgets: `labkit.canvas` draws with it, notebooks and scripts use it as it is.
"""

from .annotating import Annotation
from .changes import Change
from .classes import check_class
from .edits import simplified
from .finding import TIME_DTYPE, painted_objects
from .journal import SUFFIX

__all__ = [
    "SUFFIX",
    "TIME_DTYPE",
    "Annotation",
    "Change",
    "check_class",
    "painted_objects",
    "simplified",
]
