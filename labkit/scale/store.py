"""What a run keeps on disk: each block's result, whole or not at all.

The folder beside the OME-Zarr holds ``run.yaml``, which says what was asked for, and
one small file for each step that is done. A file is written completely before it gets
its name, so that a run that was killed goes on where it stopped.
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from ..files.atomic import atomic
from .seams import FOUND_DTYPE


def run_folder(out, name):
    """Folder of a run beside its OME-Zarr."""
    out = Path(out)
    return out.with_name(f"{out.stem}_{name}.run")


def is_unfinished(out, name):
    """Whether labels in an OME-Zarr are those of a run that has not come to its end."""
    about = Store(str(run_folder(out, name))).about()
    return about is not None and not about["finished"]


@dataclass(frozen=True)
class Store:
    """The folder of a run.

    Attributes
    ----------
    folder : str
    """

    folder: str

    def has(self, step, frame, block=0):
        """Whether a step of a block or plane is done."""
        return self._path(step, frame, block).exists()

    def save_levels(self, frame, levels):
        """Keep what `survey` read off a plane."""
        with atomic(self._path("survey", frame)) as temporary:
            temporary.write_text(json.dumps(list(levels)))

    def levels(self, frame):
        """What `save_levels` kept, as a list."""
        return json.loads(self._path("survey", frame).read_text())

    def save_found(self, frame, block, labels, found):
        """Keep the objects of a block; the table last: it tells that all is there."""
        with atomic(self._labels_path(frame, block)) as temporary:
            np.save(temporary, labels)
        with atomic(self._path("find", frame, block)) as temporary:
            np.save(temporary, found)

    def found(self, frame, block):
        """The table of `save_found`."""
        return np.load(self._path("find", frame, block)).astype(FOUND_DTYPE, copy=False)

    def labels(self, frame, block):
        """The labels of `save_found`, mapped into memory."""
        return np.load(self._labels_path(frame, block), mmap_mode="r")

    def save_numbers(self, frame, numbers, n_lost):
        """Keep the labels in the plane of all objects of all blocks."""
        ends = np.cumsum([len(one) for one in numbers])
        with atomic(self._path("settle", frame)) as temporary:
            arrays = {"numbers": np.concatenate(numbers), "ends": ends}
            np.savez(temporary, **arrays, n_lost=n_lost)

    def numbers(self, frame):
        """List of labels a block, and how many objects were lost."""
        with np.load(self._path("settle", frame)) as kept:
            parts = np.split(kept["numbers"], kept["ends"][:-1])
            return parts, int(kept["n_lost"])

    def save_lines(self, frame, block, lines):
        """Keep the lines of the table of one block; the block is done."""
        with atomic(self._path("write", frame, block)) as temporary:
            temporary.write_bytes(lines)

    def lines(self, frame, block):
        """The lines of `save_lines`."""
        return self._path("write", frame, block).read_bytes()

    def drop_blocks(self, frame):
        """Remove what is not needed any more when a plane is written."""
        for file in Path(self.folder, "blocks").glob(f"{frame:06d}_*"):
            file.unlink(missing_ok=True)

    def drop_all(self):
        """Remove all but what was asked for and what became of it."""
        for name in ("blocks", "planes", "lines"):
            shutil.rmtree(Path(self.folder, name), ignore_errors=True)

    def save_about(self, about):
        """Write ``run.yaml``."""
        with atomic(Path(self.folder, "run.yaml")) as temporary:
            text = yaml.safe_dump(about, sort_keys=False, allow_unicode=True)
            temporary.write_text(text, encoding="utf-8")

    def about(self):
        """Read ``run.yaml``; None if there is none."""
        path = Path(self.folder, "run.yaml")
        if not path.exists():
            return None
        return yaml.safe_load(path.read_text(encoding="utf-8"))

    def _path(self, step, frame, block=0):
        """File of a step; it is there only when the step is done."""
        if step == "survey":
            return Path(self.folder, "planes", f"{frame:06d}.json")
        if step == "settle":
            return Path(self.folder, "planes", f"{frame:06d}.npz")
        place = f"{frame:06d}_{block:06d}"
        if step == "find":
            return Path(self.folder, "blocks", f"{place}_found.npy")
        return Path(self.folder, "lines", f"{place}.csv")

    def _labels_path(self, frame, block):
        """File of a block's labels."""
        return Path(self.folder, "blocks", f"{frame:06d}_{block:06d}_labels.npy")


def compare(asked, kept, what):
    """Raise ValueError if a run was begun with other settings.

    Parameters
    ----------
    asked, kept : dict
        The settings now and then.
    what : str
        Where the run is kept.
    """
    names = [*asked, *(name for name in kept if name not in asked)]
    changed = [
        f"{name} was {kept.get(name)!r} and is {asked.get(name)!r}"
        for name in names
        if kept.get(name) != asked.get(name)
    ]
    if changed:
        raise ValueError(
            f"{what} was begun with other settings: {'; '.join(changed)}; go on with "
            f"the same, choose another place for the result, or overwrite"
        )
