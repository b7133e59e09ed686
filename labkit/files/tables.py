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
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = [line for line in csv.reader(file) if line]
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
        arrays = {name: _guess(values) for name, values in columns.items()}
        dtype = [(name, array.dtype) for name, array in arrays.items()]
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
            table[name] = np.array(columns[name], str).astype(dtype[name])
        except ValueError as error:
            raise ValueError(f"column {name} of {path}: {error}") from error
    return table


def _guess(values):
    """Return the column as int, float, bool or text, the first that fits."""
    if values and set(values) <= {"True", "False"}:
        return np.array([value == "True" for value in values])
    for kind in (np.int64, np.float64):
        try:
            return np.array(values, str).astype(kind)
        except ValueError:
            continue
    return np.array(values, str)
