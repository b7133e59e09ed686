"""Write complete files or none: to a temporary name first, then renamed."""

import contextlib
import errno
import os
import shutil
import tempfile
from pathlib import Path


@contextlib.contextmanager
def atomic(path):
    """Give a temporary path that replaces `path` when the block ends well.

    The temporary file lies in the folder of `path`, which is made if needed,
    and keeps its suffix. If the block fails or is interrupted, it is removed
    and what stood at `path` before is untouched.

    Parameters
    ----------
    path : str or Path
        The file to write.

    Yields
    ------
    Path
        Where to write.

    Raises
    ------
    PermissionError
        If the folder cannot be written to.
    ValueError
        If `path` is a folder, or its folder is a file.

    Examples
    --------
    >>> folder = Path(tempfile.mkdtemp())
    >>> with atomic(folder / "note.txt") as temporary:
    ...     _ = temporary.write_text("done")
    >>> [p.name for p in folder.iterdir()]
    ['note.txt']
    """
    path = Path(path)
    if path.is_dir():
        raise ValueError(f"cannot write {path}: it is a folder; give a file name")
    with _clear_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent
        )
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_folder(path):
    """Give a temporary folder that replaces `path` when the block ends well.

    For formats that are a folder. If the block fails or is interrupted, what stood
    at `path` before is untouched.

    Parameters
    ----------
    path : str or Path
        The folder to write; an older one is replaced whole.

    Yields
    ------
    Path
        A free path of the same name, to make the folder there.

    Raises
    ------
    PermissionError
        If the folder that holds it cannot be written to.
    ValueError
        If `path` is a file, or lies in one.
    """
    path = Path(path)
    if path.exists() and not path.is_dir():
        raise ValueError(f"cannot write {path}: it is a file; give a folder name")
    with _clear_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        place = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    try:
        temporary = place / path.name
        yield temporary
        older = place / "older"
        if path.exists():
            path.rename(older)
        try:
            temporary.rename(path)
        except BaseException:
            if older.exists():
                older.rename(path)
            raise
    finally:
        shutil.rmtree(place, ignore_errors=True)


@contextlib.contextmanager
def _clear_errors(path):
    """Say in plain words why a file or folder cannot be made."""
    try:
        yield
    except (FileExistsError, NotADirectoryError) as error:
        raise ValueError(
            f"cannot write {path}: {error.filename} is a file, not a folder"
        ) from error
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise
        raise PermissionError(
            f"cannot write {path}: no permission in {path.parent}; "
            f"choose another folder with -o or change its rights"
        ) from error


def _umask():
    """Return the process' file mode mask (it can only be read by setting it)."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
