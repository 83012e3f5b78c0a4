"""HDF5 files."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...errors import DataError, FileError
from .arrays import array_listing, choose
from .entries import Array, ArrayListing
from .source import Source, SourceOptions


@dataclass(frozen=True)
class Rows:
    """A dataset's rows, read by one thread at a time; its file stays open for as long as this lives."""

    dataset: Any
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the dataset."""
        return tuple(self.dataset.shape)

    @property
    def dtype(self) -> Any:
        """Of the dataset."""
        return self.dataset.dtype

    def __getitem__(self, place: int) -> Array:
        with self.lock:
            try:
                return np.asarray(self.dataset[place])
            except OSError as error:
                raise DataError(f"{self.dataset.file.filename}[{place}]: cannot be read: {error}") from error


def _open(path: str, options: SourceOptions) -> ArrayListing:
    import h5py  # not above: a command's --help can do without

    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise FileError(path, "cannot be read: it is no HDF5 file, or is damaged") from error
    names: list[str] = []
    file.visititems(lambda name, found: names.append(name) if isinstance(found, h5py.Dataset) else None)
    image, label = choose(path, names, options.columns)
    try:
        return array_listing(path, Rows(file[image]), None if label is None else np.asarray(file[label]))
    except OSError as error:
        raise FileError(path, f"cannot be read: {error}") from error


SOURCE = Source(
    "hdf5",
    ".h5 or .hdf5 with datasets data and label (--columns image=NAME,label=NAME)",
    lambda path: path.lower().endswith((".h5", ".hdf5")),
    _open,
    uses=("columns",),
)
