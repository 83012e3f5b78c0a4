"""Batches of rows of HDF5 files, as the HDF5Data layer gives them."""

from __future__ import annotations

import os
from collections.abc import Sequence

import h5py
import numpy as np
import numpy.typing as npt

from ..errors import DataError, FileError, OptionError, UnknownNameError
from ..proto.files import read_bytes

Floats = npt.NDArray[np.float32]
Order = npt.NDArray[np.intp]
Shape = tuple[int, ...]


class Hdf5Batches:
    """Reads the files named in a list, round and round, each whole; a row is one place on the first axis.

    Batches run on from one file into the next.
    """

    def __init__(
        self,
        source: str,
        names: Sequence[str],
        batch_size: int,
        seed: int | None = None,
        part: tuple[int, int] = (1, 0),
    ) -> None:
        """`names`: the datasets, of equally many rows. `seed`: files and the rows of each are shuffled, anew in
        every round; None: they come in order. `part`: (count, number), for every count-th row, from that number on.

        Raises OptionError, and DataError with the line in `source`.
        """
        if batch_size < 1:
            raise OptionError("batch_size is at least 1")
        self._source, self._names, self._batch_size = source, list(names), batch_size
        lines = read_bytes(source).split(b"\n")
        self._files = [(os.fsdecode(name), number) for number, line in enumerate(lines, 1) for name in line.split()]
        if not self._files:
            raise DataError(f"{source}: names no HDF5 file")
        self.n_files = len(self._files)
        self._random = None if seed is None else np.random.RandomState(seed)
        self._count, self._skips = part  # rows to leave out before the next one
        self._shapes: list[Shape] = []
        self._due: list[int] = []  # files, by number, of this round
        self._loaded = -1
        self._arrays: list[Floats] = []
        self._order: Order = np.arange(0)  # rows that are still to come of the file that is loaded
        self._next_file()

    @property
    def shapes(self) -> list[Shape]:
        """The shapes of a batch, per dataset."""
        return [(self._batch_size, *shape) for shape in self._shapes]

    def next(self) -> list[Floats]:
        """The next batch, one array per dataset. Raises DataError."""
        batch = [np.empty(shape, np.float32) for shape in self.shapes]
        filled = 0
        while filled < self._batch_size:
            while not len(self._order):
                self._next_file()
            rows = self._order[: self._batch_size - filled]
            for array, source in zip(batch, self._arrays, strict=True):
                array[filled : filled + len(rows)] = source[rows]
            self._order = self._order[len(rows) :]
            filled += len(rows)
        return batch

    def _next_file(self) -> None:
        if not self._due:
            self._due = self._new_order(len(self._files)).tolist()
        if self._due[0] != self._loaded:  # a single file stays
            self._loaded, self._arrays = -1, []  # frees the last one before this one takes memory
            self._arrays = self._load(*self._files[self._due[0]])
        self._loaded = self._due.pop(0)
        order = self._new_order(len(self._arrays[0]))
        self._order = order[self._skips :: self._count]
        self._skips = (self._skips - len(order)) % self._count

    def _new_order(self, count: int) -> Order:
        return np.arange(count) if self._random is None else self._random.permutation(count)

    def _load(self, path: str, line: int) -> list[Floats]:
        try:
            arrays = _read_file(path, self._names)
        except (DataError, FileError, UnknownNameError) as error:
            raise DataError(f"{self._source}:{line}: {error}") from error
        shapes = [array.shape[1:] for array in arrays]
        if self._shapes and shapes != self._shapes:
            raise DataError(f"{self._source}:{line}: {path}: rows are {shapes}, in the first file {self._shapes}")
        self._shapes = shapes
        return arrays


def _read_file(path: str, names: list[str]) -> list[Floats]:
    try:
        with h5py.File(path, "r") as file:
            arrays = [_read(file, name) for name in names]
    except OSError as error:
        problem = os.strerror(error.errno) if error.errno else "it is no HDF5 file, or is damaged"
        raise FileError(path, f"cannot be read: {problem}") from error
    rows = [len(array) for array in arrays]
    if len(set(rows)) > 1 or not rows[0]:
        told = ", ".join(f"'{name}' {count}" for name, count in zip(names, rows, strict=True))
        raise DataError(f"{path}: datasets need equally many rows, at least 1; they have: {told}")
    return arrays


def _read(file: h5py.File, name: str) -> Floats:
    dataset = file.get(name)
    if not isinstance(dataset, h5py.Dataset):
        raise UnknownNameError("dataset", name, file.keys(), where=file.filename)
    if dataset.id.get_type().get_class() not in (h5py.h5t.FLOAT, h5py.h5t.INTEGER):
        raise DataError(f"{file.filename}: dataset '{name}' holds {dataset.dtype}, not numbers")
    if not dataset.shape:
        raise DataError(f"{file.filename}: dataset '{name}' has no rows: it needs at least 1 axis")
    array: Floats = dataset.astype(np.float32)[()]
    return array
