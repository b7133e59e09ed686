"""Find the files of an image set, and download what is missing."""

import functools
import importlib.util
import os
import tempfile
import zipfile
from pathlib import Path
from typing import NamedTuple

from ..files.atomic import atomic
from .manifest import info


class Source(NamedTuple):
    """One file of the manifest."""

    path: str
    url: str
    sha256: str
    n_bytes: int | None


def path(name):
    """Return the folder that holds an image set; download it if nothing is there.

    Parameters
    ----------
    name : str
        One of `labkit.data.names`.

    Returns
    -------
    Path

    Raises
    ------
    ValueError
        If there is no such set, or a download does not have the right content.
    FileNotFoundError
        If the set is on this machine only through `LABKIT_DATA`, which is not set.
    ConnectionError
        If a download fails; the message says what to do by hand.
    """
    entry = info(name)
    if not entry.get("files"):
        return root(name)
    wanted = [s for s in sources(entry) if Path(s.path).match(entry["images"])]
    found = [file for file in map(find, wanted) if file]
    found = found or [fetch(source, name) for source in wanted]
    return found[0].parent


def is_local(name):
    """Tell whether `load` would work without a download.

    For a set of many files (``"mdck_movie"``) one image is enough.

    Examples
    --------
    >>> lk.data.is_local("nuclei")
    True
    """
    entry = info(name)
    if entry.get("files"):
        return all(
            any(find(s) for s in sources(entry) if Path(s.path).match(entry[part]))
            for part in ("images", "labels")
            if entry.get(part)
        )
    if "zip" in entry:
        return _find_folder(_zip_name(name, entry)) is not None
    if "folder" in entry:
        return _find_folder(entry["folder"]) is not None
    return importlib.util.find_spec(entry["package"]) is not None


def root(name):
    """Return the folder to which the patterns of an entry are relative."""
    entry = info(name)
    if "package" in entry:
        return _package_folder(name, entry["package"])
    if "zip" in entry:
        folder = _zip_name(name, entry)
        return _find_folder(folder) or _fetch_zip(folder, entry["zip"])
    folder = _find_folder(entry["folder"])
    if folder is None:
        raise FileNotFoundError(
            f"image set {name!r} has no public download in this form; set LABKIT_DATA "
            f"to a folder with {entry['folder']}/ in it (now: "
            f"{os.environ.get('LABKIT_DATA', 'not set')}), or use a set that comes "
            f"along: 'nuclei', 'scratch_assay'"
        )
    return folder


def sources(entry):
    """Return the downloadable files of an entry."""
    return [
        Source(f["path"], entry["base_url"] + f["remote"], f["sha256"], f["bytes"])
        for f in entry["files"]
    ]


def find(source):
    """Return where a file lies on this machine, or None."""
    for folder in _folders():
        file = folder / source.path
        if file.is_file():
            found = file.stat().st_size
            if source.n_bytes not in (None, found):
                raise ValueError(
                    f"{file} has {found} bytes instead of {source.n_bytes}: it is "
                    f"damaged or was changed; remove it to get it again"
                )
            return file
    return None


def fetch(source, name):
    """Download one file, check it, and return where it lies."""
    target = _store() / source.path
    with atomic(target) as temporary:
        _download(source, temporary, target, name)
    return target


def _fetch_zip(folder, source):
    """Download a zip, check it, unpack it as `folder`, and return that."""
    target = _store() / folder
    source = Source(folder + ".zip", source["url"], source["sha256"], None)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".unpack-") as work:
        packed, unpacked = Path(work) / "packed.zip", Path(work) / "unpacked"
        by_hand = find(source)
        if by_hand:
            _check_content(source, by_hand)
            packed = by_hand
        else:
            _download(source, packed, _store() / source.path, folder)
        with zipfile.ZipFile(packed) as archive:
            archive.extractall(unpacked)
        unpacked.rename(target)
    return target


def _download(source, temporary, target, name):
    """Download to `temporary` with a progress bar and check the content."""
    import pooch
    import requests
    from tqdm.auto import tqdm

    options = {"unit": "B", "unit_scale": True, "leave": False, "delay": 0.5}
    size = source.n_bytes or 1  # a zero would switch the bar off
    bar = tqdm(desc=Path(source.path).name, total=size, **options)
    try:
        downloader = pooch.HTTPDownloader(progressbar=bar, chunk_size=2**16)
        downloader(source.url, str(temporary), None)
    except requests.exceptions.RequestException as error:
        raise ConnectionError(
            f"could not download {source.url} ({type(error).__name__}); if there is no "
            f"network here, download it elsewhere and put it at {target}, or use a set "
            f"that needs none: 'nuclei', 'scratch_assay'"
        ) from error
    finally:
        bar.close()
    _check_content(source, temporary)


def _check_content(source, file):
    """Raise ValueError unless the file has the SHA-256 of the manifest."""
    import pooch

    found = pooch.file_hash(str(file), alg="sha256")
    if found != source.sha256:
        raise ValueError(
            f"{source.url} is not the file that the manifest describes: SHA-256 "
            f"{found} instead of {source.sha256}; it was cut off or changed, try again"
        )


def cache_folder():
    """Return the folder for downloads where there is no writable `LABKIT_DATA`."""
    import pooch

    return Path(pooch.os_cache("labkit"))


def _folders():
    """Return the folders in which data may lie, in order."""
    given = os.environ.get("LABKIT_DATA")
    if not given:
        return [cache_folder()]
    if not Path(given).is_dir():
        raise FileNotFoundError(
            f"LABKIT_DATA={given} is not a folder; correct the variable or unset it"
        )
    return [Path(given), cache_folder()]


def _store():
    """Return the first of these folders that may be written to."""
    first, *_ = folders = _folders()
    read_only = first.exists() and not (
        first.stat().st_mode & 0o222 and os.access(first, os.W_OK)
    )
    return folders[-1] if read_only else first


def _find_folder(relative):
    """Return where a folder lies on this machine, or None."""
    for folder in _folders():
        if (folder / relative).is_dir():
            return folder / relative
    return None


def _zip_name(name, entry):
    """Return the folder name of an unpacked zip; several entries may share one."""
    return entry.get("zip_of", name)


@functools.lru_cache(maxsize=8)
def _package_folder(name, package):
    """Return the folder of an installed package without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(
            f"image set {name!r} comes with the package {package}, which is not "
            f"installed: pip install {package.replace('_', '-')}"
        )
    return Path(next(iter(spec.submodule_search_locations)))
