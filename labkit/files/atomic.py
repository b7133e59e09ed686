"""Write complete files or none: to a temporary name first, then renamed."""

import contextlib
import errno
import os
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
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent
        )
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
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _umask():
    """Return the process' file mode mask (it can only be read by setting it)."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
