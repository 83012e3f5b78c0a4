"""HDF5 files from strangers: whatever is wrong with one is a FileError."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import CaffeError, FileError

Array = npt.NDArray[np.float32]


@contextmanager
def reading(path: str | PathLike[str], what: str) -> Iterator[Any]:
    """The open file of `what`. Raises FileError for all that h5py raises: of many kinds where a file is damaged."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            yield file
    except CaffeError:
        raise
    except Exception as error:
        first, *_ = str(error).splitlines() or [type(error).__name__]
        raise FileError(path, f"is not a readable HDF5 file of {what}: {first}") from error


def group(parent: Any, name: str) -> Any:
    """The group of that name. Raises KeyError where there is none."""
    import h5py

    found = parent.get(name)
    if not isinstance(found, h5py.Group):
        raise KeyError(f"'{name}' in '{parent.name}' is no group")
    return found


def dataset(parent: Any, name: str) -> Any:
    """The dataset of numbers of that name, not yet read. Raises KeyError where there is none."""
    import h5py

    found = parent.get(name)
    if not isinstance(found, h5py.Dataset) or found.dtype.kind not in "fiu" or found.shape is None:
        raise KeyError(f"'{name}' in '{parent.name}' is no dataset of numbers")
    return found


def c_text(text: str) -> npt.NDArray[np.bytes_]:
    """A path as Caffe reads it from a dataset: up to the zero at its end."""
    name = os.fsencode(text)
    return np.array(name, f"S{len(name) + 1}")


def text(parent: Any, name: str) -> str:
    """The string of that name, a path. Raises KeyError where there is none."""
    found = parent[name][()]
    if not isinstance(found, bytes | str):
        raise KeyError(f"'{name}' in '{parent.name}' is no text")
    return os.fsdecode(found)


def floats(numbers: Any) -> Array:
    """All numbers of a dataset."""
    return np.asarray(numbers[()], np.float32)
