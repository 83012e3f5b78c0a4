"""A log of either kind, told apart by its first line."""

from __future__ import annotations

from os import PathLike

from ..errors import FileError
from .caffe_log import read_caffe_log
from .csv_log import FIXED, read_log
from .rows import Row


def read_any(path: str | PathLike[str]) -> list[Row]:
    """The rows of train.py's CSV log, or of what caffe prints. Raises FileError."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            first = file.readline()
    except OSError as error:
        raise FileError(path, f"cannot be read: {error.strerror or error}") from error
    return read_log(path) if first.startswith(",".join(FIXED)) else read_caffe_log(path)
