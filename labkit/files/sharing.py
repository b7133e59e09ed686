"""Images in and results out where the computer is somewhere else: Colab, a hub."""

import sys
import zipfile
from pathlib import Path

from .atomic import atomic
from .images import image_paths


def download(path):
    """Offer a file, or a folder as a zip, for download.

    On Colab the browser saves it at once; elsewhere the link does with one click.

    Parameters
    ----------
    path : str or Path
        What to download. The zip of a folder is written to the working folder, where
        the links of a notebook begin; without hidden files.

    Returns
    -------
    IPython.display.FileLink or None
        None on Colab.

    Raises
    ------
    FileNotFoundError
        If there is nothing at `path`, or the folder is empty.

    Examples
    --------
    ``lk.files.sharing.download("results")`` at the end of a notebook.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(
            f"there is nothing at {path} to download; save it first"
        )
    chosen = path if path.is_file() and _is_below_here(path) else _zipped(path)
    colab = _colab()
    if colab:
        return colab.download(str(chosen))
    from IPython.display import FileLink

    return FileLink(str(chosen.resolve().relative_to(Path.cwd())))


def upload(folder="images"):
    """Ask for images of one's own on Colab, and put them into a folder.

    Parameters
    ----------
    folder : str or Path
        Made if needed; a file of the same name in it is replaced.

    Returns
    -------
    list of Path
        The images of the folder, those of earlier uploads too.

    Raises
    ------
    ValueError
        If the notebook does not run on Colab.
    FileNotFoundError
        If the folder holds no image then.
    """
    colab = _colab()
    if not colab:
        raise ValueError(
            "upload() is for Colab; here drag the files into the file browser, or "
            "name your folder: lk.files.images.image_paths('my_images')"
        )
    folder = Path(folder)
    for name, content in colab.upload().items():
        with atomic(folder / Path(name).name) as temporary:
            temporary.write_bytes(content)
        Path(name).unlink(missing_ok=True)  # Colab keeps a copy beside the notebook
    return image_paths(folder)


def _colab():
    """Colab's module for files, or None anywhere else."""
    if "google.colab" not in sys.modules:
        return None
    from google.colab import files

    return files


def _is_below_here(path):
    """Whether a link of a notebook can reach a file."""
    return path.resolve().is_relative_to(Path.cwd())


def _zipped(path):
    """Write a zip of a file or folder to the working folder and return its path."""
    root = path.parent if path.is_file() else path
    found = [path] if path.is_file() else sorted(path.rglob("*"))
    names = [(one, one.relative_to(root)) for one in found if one.is_file()]
    names = [(one, n) for one, n in names if not any(p[0] == "." for p in n.parts)]
    target = Path.cwd() / f"{path.resolve().name}.zip"
    names = [(one, name) for one, name in names if one.resolve() != target]
    if not names:
        raise FileNotFoundError(f"the folder {path} holds no file to download")
    how = zipfile.ZIP_DEFLATED
    with atomic(target) as temporary, zipfile.ZipFile(temporary, "w", how) as archive:
        for one, name in names:
            archive.write(one, name)
    return target
