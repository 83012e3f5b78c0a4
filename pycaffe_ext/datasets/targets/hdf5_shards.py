"""HDF5 files below 2 GB with the list of them, as the HDF5Data layer reads them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np

from ...errors import DataError, FileError, OptionError
from ..recipes import Sample
from ..sources.entries import Array
from .folder_target import FolderTarget, Run, target_folder

LIST = "list.txt"
_LIMIT = (1 << 31) - (1 << 20)  # bytes of a file's rows; Caffe loads a file whole, and counts in 32 bits
_SLAB = 1 << 20  # bytes that are written at once

Row = dict[str, Array]


class Hdf5Shards(FolderTarget):
    """A folder of files 0000.h5, 0001.h5, ... with datasets data (N x C x H x W) and label, floats."""

    def __init__(self, path: Path, folder: Path, run: Run, limit: int = _LIMIT) -> None:
        super().__init__(path, folder, run)
        self._limit = limit
        self._shapes: dict[str, tuple[int, ...]] = {}
        self._file: h5py.File | None = None
        self._slab: list[Row] = []
        self._rows = 0  # of the file that is open
        self._shard = 0
        self._done = 0
        for shard, following in self.noted("shard"):
            self._shard, self._done = shard + 1, following
        whole = {_name(shard) for shard in range(self._shard)}
        for file in folder.glob("*.h5"):
            if file.name not in whole:
                file.unlink()
        self._next = self._done

    @property
    def done(self) -> int:
        return self._done

    @property
    def size(self) -> int:
        return sum(file.stat().st_size for file in self._folder.glob("*.h5"))

    def pack(self, number: int, made: Sample) -> Row:
        if isinstance(made.image, bytes):
            raise DataError("HDF5 holds pixels, not files")
        image = made.image.astype(np.float32)
        row = {"data": image[None] if image.ndim == 2 else np.ascontiguousarray(image.transpose(2, 0, 1))}
        if made.labels is not None:
            row["label"] = made.labels[None].astype(np.float32)
        else:
            row["label"] = np.array(made.entry.labels or [made.entry.label], np.float32)
        return row

    def put(self, number: int, packed: Row) -> None:
        if number < self._done:
            return
        shapes = {name: row.shape for name, row in packed.items()}
        if not self._shapes:
            self._shapes = shapes
            self._check_first(packed)
        if shapes != self._shapes:
            ours, theirs = ("x".join(map(str, one["data"])) for one in (shapes, self._shapes))
            problem = f"entry {number} is {ours}" if ours != theirs else f"entry {number} has another number of labels"
            raise DataError(f"{self.path}: {problem}, those before {theirs}; HDF5 needs one size: --resize")
        self._slab.append(packed)
        self._next = number + 1
        row_bytes = sum(row.nbytes for row in packed.values())
        if (self._rows + len(self._slab) + 1) * row_bytes > self._limit:
            self._end_shard()
        elif len(self._slab) * row_bytes >= _SLAB:
            self._write_slab()

    def sync(self) -> None:
        if self._rows or self._slab:
            self._end_shard()
        names = [os.path.join(self.path, _name(shard)) for shard in range(self._shard)]
        with self._errors():
            (self._folder / LIST).write_text("".join(f"{name}\n" for name in names), errors="surrogateescape")

    def close(self) -> None:
        super().close()
        if self._file:
            self._file.close()

    def _check_first(self, row: Row) -> None:
        """One row may not be larger than a file. Where a run goes on, the shapes are those of the files before."""
        if sum(array.nbytes for array in row.values()) > self._limit:
            raise DataError(f"{self.path}: one entry is larger than a file may be ({self._limit} bytes)")
        if self._shard:
            with self._errors(), h5py.File(self._folder / _name(self._shard - 1), "r") as before:
                self._shapes = {name: before[name].shape[1:] for name in row}

    def _write_slab(self) -> None:
        with self._errors():
            if self._file is None:
                self._file = h5py.File(self._folder / _name(self._shard), "w")
                for name, shape in self._shapes.items():
                    chunk = max(1, _SLAB // (4 * int(np.prod(shape))))
                    self._file.create_dataset(
                        name, (0, *shape), np.float32, maxshape=(None, *shape), chunks=(chunk, *shape)
                    )
            for name in self._shapes:
                dataset = self._file[name]
                dataset.resize(self._rows + len(self._slab), axis=0)
                dataset[self._rows :] = np.stack([row[name] for row in self._slab])
        self._rows += len(self._slab)
        self._slab.clear()

    def _end_shard(self) -> None:
        if self._slab:
            self._write_slab()
        assert self._file is not None
        with self._errors():
            self._file.close()
        self._file = None
        self.note("shard", self._shard, self._next)
        self._shard += 1
        self._rows = 0

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (OSError, RuntimeError) as error:
            raise FileError(self.path, f"cannot be written: {error}") from error


def _name(shard: int) -> str:
    return f"{shard:04}.h5"


@contextmanager
def hdf5_shards(path: Path, run: Run, limit: int = _LIMIT) -> Iterator[Hdf5Shards]:
    """Yields a target for a folder that appears under `path` on a clean exit, and not at all after an error.

    `limit`: bytes of a file's rows. The paths in its list.txt begin with `path` as it is given.
    Raises OptionError, FileError.
    """
    if run.append:
        raise OptionError("--append is for LMDBs; HDF5 files can be added to the list.txt of others")
    if run.overwrite and path.exists():
        raise FileError(path, "exists already; remove it: --overwrite replaces LMDBs and lists only")
    if len(str(path).split()) > 1:
        raise OptionError(f"'{path}' holds white space, which ends a path where Caffe reads a list of HDF5 files")
    with target_folder(path, run) as folder:
        target = Hdf5Shards(path, folder, run, limit)
        try:
            yield target
        finally:
            target.close()
