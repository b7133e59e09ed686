"""From the files of an image set to arrays."""

import csv
import dataclasses
from pathlib import Path

import numpy as np

from ..files import planes
from ..files.images import image_paths, natural_key, read_movie
from ..files.labels import check_label_movie, read_labels
from . import fetch
from .manifest import info


@dataclasses.dataclass(frozen=True, repr=False)
class Dataset:
    """An image set in memory.

    Attributes
    ----------
    name : str
        As given to `load`.
    images : list of ndarray
        (H, W) each, or (H, W, 3) for pictures in colour. A movie is
        ``np.stack(images)``.
    labels : list of (H, W) ndarray of int32, or None
        The truth, in the order of the images.
    ids : list of str
        Names of the images.
    info : dict
        As `labkit.data.info`; where the set has a table of its images, ``"index"``
        is a list with one dict per image, in the same order.
    tracks : structured array of labkit.labels.TRACK_DTYPE, or None
        The true tracks; `frame` counts the loaded images.
    """

    name: str
    images: list
    labels: list | None
    ids: list
    info: dict
    tracks: np.ndarray | None = None

    def __len__(self):
        return len(self.ids)

    def __repr__(self):
        shapes = sorted({a.shape for a in self.images}) or ["no images"]
        more = f" and {len(shapes) - 1} other shapes" if len(shapes) > 1 else ""
        kinds = sorted({str(a.dtype) for a in self.images})
        truth = ["labels"] * bool(self.labels) + ["tracks"] * (self.tracks is not None)
        count = f"{len(self)} image" + "s" * (len(self) != 1)
        parts = [count, f"{shapes[0]}{more}", *kinds, *truth]
        return f"Dataset({self.name!r}: {', '.join(parts)})"


def load(name, ids=None):
    """Load an image set.

    Parameters
    ----------
    name : str
        One of `labkit.data.names`.
    ids : str or list of str, optional
        Which images. Default: all; of a set with one download per image
        (``"mdck_movie"``) those that are on this machine, or all if none is.
        ``"all"`` always means all.

    Returns
    -------
    Dataset

    Raises
    ------
    ValueError
        If there is no such set or id, a file is damaged, or labkit does not know
        the layout of the set (`labkit.data.path` gives its folder).
    FileNotFoundError, ConnectionError
        If files are missing and cannot be downloaded; the message says what to do.

    Examples
    --------
    >>> nuclei = lk.data.load("nuclei")
    >>> nuclei
    Dataset('nuclei': 1 image, (512, 512), uint16, labels)
    >>> len(np.unique(nuclei.labels[0])) - 1
    125
    """
    entry = info(name)
    if isinstance(ids, str):
        ids = ids if ids == "all" else [ids]
    for layout, reader in _READERS.items():
        if entry.get(layout):
            data = reader(name, entry, ids)
            break
    else:
        raise ValueError(
            f"labkit has no reader for the files of {name!r}; "
            f"labkit.data.path({name!r}) is their folder"
        )
    if "index" in entry:
        data.info["index"] = _read_index(fetch.root(name), entry["index"], data.ids)
    return data


def _load_movie(name, entry, ids):
    """One file with images and labels as channels."""
    spec = entry["movie"]
    file = fetch.root(name) / spec["file"]
    images = read_movie(file, channel=spec["channel"])
    labels = check_label_movie(read_movie(file, channel=spec["labels"]), str(file))
    keep, ids = _choose(name, _frame_ids(len(images)), ids)
    return Dataset(
        name, [images[k] for k in keep], [labels[k] for k in keep], ids, entry
    )


def _load_npz(name, entry, ids):
    """Arrays of images, labels and the table of tracks."""
    spec = entry["npz"]
    with np.load(fetch.root(name) / spec["file"]) as file:
        labels = check_label_movie(file[spec["labels"]], name)
        images = file[spec["images"]] if spec["images"] else None
        table = file[spec["table"]]
    return _tracked(name, entry, ids, images, labels, table)


def _load_ctc(name, entry, ids):
    """A Cell Tracking Challenge sequence with its tracking truth."""
    from ..files.ctc import read_ctc_table

    folder, spec = fetch.root(name), entry["ctc"]
    images = read_movie(_only(folder, spec["images"]))
    labels, table = read_ctc_table(_only(folder, spec["truth"]))
    return _tracked(name, entry, ids, images, labels, table)


def _tracked(name, entry, ids, images, labels, table):
    """Make a Dataset with tracks of the chosen frames."""
    from ..files.ctc import tracks_from_table

    keep, ids = _choose(name, _frame_ids(len(labels)), ids)
    tracks = tracks_from_table(labels, table)
    position = np.full(len(labels), -1)
    position[keep] = np.arange(len(keep))
    tracks = tracks[position[tracks["frame"]] >= 0]
    tracks["frame"] = position[tracks["frame"]]
    tracks["parent_id"][~np.isin(tracks["parent_id"], tracks["track_id"])] = 0
    tracks = tracks[np.lexsort((tracks["frame"], tracks["track_id"]))]
    chosen = [] if images is None else [images[k] for k in keep]
    return Dataset(name, chosen, [labels[k] for k in keep], ids, entry, tracks)


def _load_files(name, entry, ids):
    """One file an image, labels in files of the same name."""
    if entry.get("files"):
        images, labels = _downloads(name, entry, ids)
    else:
        images, labels = _on_disk(fetch.root(name), entry)
    known = entry.pop("ids", None) or [file.stem for file in images]
    keep, ids = _choose(name, known, ids)
    pictures = [_read_picture(images[k]) for k in keep]
    truth = _read_truth([labels[k] for k in keep], pictures, entry) if labels else None
    return Dataset(name, pictures, truth, ids, entry)


_READERS = {
    "movie": _load_movie,
    "npz": _load_npz,
    "ctc": _load_ctc,
    "images": _load_files,
}


def _on_disk(folder, entry):
    """Return image files and label files, paired."""
    images = image_paths(folder / entry["images"])
    if not entry.get("labels"):
        return images, None
    labels = image_paths(folder / entry["labels"])
    if len(images) == len(labels) == 1:
        return images, labels
    by_stem = {file.stem: file for file in labels}
    missing = [file.name for file in images if file.stem not in by_stem]
    if missing:
        raise FileNotFoundError(
            f"no labels for {missing[0]} and {len(missing) - 1} other images in "
            f"{labels[0].parent}"
        )
    return images, [by_stem[file.stem] for file in images]


def _downloads(name, entry, ids):
    """Return image files and label files, downloaded where they are missing."""
    known = fetch.sources(entry)
    wanted = [s for s in known if Path(s.path).match(entry["images"])]
    wanted.sort(key=lambda s: natural_key(s.path))
    if ids is None:
        wanted = [s for s in wanted if fetch.find(s)] or wanted
    elif ids != "all":
        keep, _ = _choose(name, [Path(s.path).stem for s in wanted], ids)
        wanted = [wanted[k] for k in keep]
    images = _fetch_all(wanted, name)
    if not entry.get("labels"):
        return images, None
    truth = [s for s in known if Path(s.path).match(entry["labels"])]
    return images, _fetch_all(truth, name)


def _fetch_all(wanted, name):
    """Return local files, with one more progress bar if many are missing."""
    from tqdm.auto import tqdm

    missing = [s for s in wanted if not fetch.find(s)]
    for source in tqdm(missing, desc=name, unit="file", disable=len(missing) < 2):
        fetch.fetch(source, name)
    return [fetch.find(source) for source in wanted]


def _choose(name, known, ids):
    """Return positions and names of the wanted images."""
    if ids is None or ids == "all":
        ids = known
    positions = {key: k for k, key in enumerate(known)}
    unknown = [key for key in ids if key not in positions]
    if unknown:
        listed = ", ".join(known[:5]) + ", ..." * (len(known) > 5)
        raise ValueError(f"{name!r} has no image {unknown[0]!r}; known ids: {listed}")
    return [positions[key] for key in ids], list(ids)


def _frame_ids(n_frames):
    """Name the frames of a movie: frame01, frame02, ..."""
    return [f"frame{k:02d}" for k in range(1, n_frames + 1)]


def _read_picture(file):
    """Read (H, W), or (H, W, 3) if the colours differ."""
    pixels = planes.read_planes(file).pixels[0]
    if len(pixels) > 1 and (pixels != pixels[0]).any():
        return np.ascontiguousarray(np.moveaxis(pixels, 0, -1))
    return np.ascontiguousarray(pixels[0])


def _read_truth(files, pictures, entry):
    """Read label files; a zip holds ImageJ ROIs."""
    labels = []
    for file, picture in zip(files, pictures, strict=True):
        if file.suffix == ".zip":
            from ..files.rois import read_rois

            labels.append(read_rois(file, picture.shape[:2]))
        else:
            labels.append(read_labels(file))
    return [_pieces(k) for k in labels] if entry.get("label_pieces") else labels


def _pieces(labels):
    """Number every connected piece of one value on its own."""
    from skimage.measure import label

    return label(labels, connectivity=1).astype(np.int32)


def _read_index(folder, spec, ids):
    """Return one dict per image from a CSV table, numbers as numbers."""
    with (folder / spec["file"]).open(encoding="utf-8", newline="") as file:
        rows = {row[spec["column"]]: row for row in csv.DictReader(file)}
    wanted = [rows[spec["value"].format(id=key)] for key in ids]
    return [{k: _number(v) for k, v in row.items()} for row in wanted]


def _number(text):
    """Turn a text into int or float where it is one."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _only(folder, pattern):
    """Return the one file or folder that fits a pattern."""
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise FileNotFoundError(
            f"expected one {pattern} in {folder}, found {len(found)}; remove the "
            f"folder to unpack it again"
        )
    return found[0]
