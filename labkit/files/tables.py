"""Tables of measurements as CSV, which every spreadsheet and pandas read."""

import csv
from pathlib import Path

import numpy as np

from .atomic import atomic


def write_csv(path, table):
    """Write a structured array as CSV: names first, then one line a row.

    Numbers are written in full, so that `read_csv` gives them back exactly.

    Parameters
    ----------
    path : str or Path
        The file to write.
    table : structured ndarray
        Tracks, object tables, statistics.

    Raises
    ------
    TypeError
        If the array has no named columns.
    PermissionError
        If the folder cannot be written to.
    """
    table = np.asarray(table)
    if table.dtype.names is None or table.ndim != 1:
        raise TypeError(
            f"`table` must be a structured array of one row per line, got "
            f"{table.dtype} of shape {table.shape}"
        )
    with (
        atomic(path) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as file,
    ):
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(table.dtype.names)
        lines.writerows(table.tolist())


def read_csv(path, dtype=None):
    """Read a CSV table with a line of names.

    Parameters
    ----------
    path : str or Path
        The file to read.
    dtype : structured dtype, optional
        Which columns to return and as what, such as
        `labkit.labels.TRACK_DTYPE`. Default: all columns, each as int, float or
        text by what it holds.

    Returns
    -------
    structured ndarray

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the table is empty, ragged, lacks a column or has a wrong value.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = [line for line in csv.reader(file) if line]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} is no table of text: {error}") from error
    if not lines:
        raise ValueError(f"{path} is empty; a table begins with a line of names")
    names, *rows = lines
    for number, row in enumerate(rows, start=2):
        if len(row) != len(names):
            raise ValueError(
                f"line {number} of {path} has {len(row)} values, expected {len(names)}"
            )
    columns = {name: [row[k] for row in rows] for k, name in enumerate(names)}
    return _build(path, columns, dtype, len(rows))


def _build(path, columns, dtype, n_rows):
    """Convert text columns to a structured array."""
    if dtype is None:
        dtype = [(name, _guess(values)) for name, values in columns.items()]
    dtype = np.dtype(dtype)
    missing = [name for name in dtype.names if name not in columns]
    if missing:
        raise ValueError(
            f"{path} lacks the columns {', '.join(missing)}; "
            f"it has {', '.join(columns)}"
        )
    table = np.empty(n_rows, dtype)
    for name in dtype.names:
        try:
            table[name] = _convert(columns[name], dtype[name])
        except ValueError as error:
            raise ValueError(f"column {name} of {path}: {error}") from error
    return table


def _guess(values):
    """Return bool, int64, float64 or text, the first that fits all values."""
    for dtype in (np.dtype(bool), np.dtype(np.int64), np.dtype(np.float64)):
        try:
            _convert(values, dtype)
        except ValueError:
            continue
        return dtype
    return np.array(values, str).dtype


def _convert(values, dtype):
    """Convert texts to one dtype; raise ValueError where that is impossible."""
    if dtype.kind != "b":
        return np.array(values, str).astype(dtype)
    wrong = sorted(set(values) - {"True", "False"})
    if wrong:
        raise ValueError(f"expected True or False, got {wrong[0]!r}")
    return np.array([value == "True" for value in values], bool)
