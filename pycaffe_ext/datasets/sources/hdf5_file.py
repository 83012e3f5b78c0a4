"""HDF5 files: one, a folder of them, or the list of them that Caffe's HDF5Data layer reads."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...errors import DataError, FileError
from ...proto.files import read_bytes
from .arrays import array_listing, choose
from .entries import Array, ArrayListing
from .source import Source, SourceOptions, subfolders, visible

_ENDS = (".h5", ".hdf5")


@dataclass(frozen=True)
class Rows:
    """The rows of datasets one behind the other, read by one thread at a time; their files stay open for as long as
    this lives."""

    datasets: list[Any]
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of all together."""
        return (sum(len(one) for one in self.datasets), *self.datasets[0].shape[1:])

    @property
    def dtype(self) -> Any:
        """Of the datasets."""
        return self.datasets[0].dtype

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, place: int) -> Array:
        row = place
        for dataset in self.datasets:
            if row < len(dataset):
                break
            row -= len(dataset)
        with self.lock:
            try:
                return np.asarray(dataset[row])
            except OSError as error:
                raise DataError(f"{dataset.file.filename}[{row}]: cannot be read: {error}") from error

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.concatenate([np.asarray(one) for one in self.datasets])


def _open(path: str, options: SourceOptions) -> ArrayListing:
    """Where it is not told by their sizes, rows are C x H x W, as Caffe's. Raises FileError, DataError,
    UnknownNameError."""
    files = [_file(one) for one in _paths(path)]
    names = _names(files[0])
    image, label = choose(files[0].filename, names, options.columns)
    images = _rows(files, image)
    try:
        labels: Any = None if label is None else _rows(files, label)
        if label and labels.dtype.kind == "O":  # text of any length
            labels = np.concatenate([one.asstr()[:] for one in labels.datasets]).astype(str)
        return array_listing(path, images, labels, channels_first=True)
    except (OSError, TypeError, UnicodeDecodeError) as error:
        raise FileError(path, f"cannot be read: {error}") from error


def _paths(path: str) -> list[str]:
    if os.path.isdir(path):
        return [os.path.join(path, name) for name in visible(path) if name.lower().endswith(_ENDS)]
    if path.lower().endswith(_ENDS):
        return [path]
    lines = [os.fsdecode(line.strip()) for line in read_bytes(path).splitlines() if line.strip()]
    if not lines:
        raise FileError(path, "names no HDF5 files")
    # Caffe takes them from the current folder on
    return [line if os.path.exists(line) else os.path.join(os.path.dirname(path), line) for line in lines]


def _file(path: str) -> Any:
    import h5py  # not above: a command's --help can do without

    try:
        return h5py.File(path, "r")
    except OSError as error:
        problem = "it is no HDF5 file, or is damaged" if os.path.exists(path) else "it does not exist"
        raise FileError(path, f"cannot be read: {problem}") from error


def _names(file: Any) -> list[str]:
    names: list[str] = []
    file.visititems(lambda name, found: names.append(name) if hasattr(found, "dtype") else None)
    return names


def _rows(files: list[Any], name: str) -> Rows:
    for file in files:
        if name not in _names(file):
            raise DataError(f"{file.filename}: has no '{name}', which {files[0].filename} has")
    first = files[0][name]
    for file in files[1:]:
        if (file[name].shape[1:], file[name].dtype) != (first.shape[1:], first.dtype):
            ours, theirs = (f"{one.dtype} of shape {one.shape}" for one in (file[name], first))
            raise DataError(f"{file.filename}: '{name}' is {ours}; in {files[0].filename} it is {theirs}")
    return Rows([file[name] for file in files])


def _recognises(path: str) -> bool:
    if os.path.isdir(path):
        return any(name.lower().endswith(_ENDS) for name in visible(path)) and not subfolders(path)
    if path.lower().endswith(".txt"):
        with open(path, "rb") as file:
            return file.readline(4096).strip().lower().endswith((b".h5", b".hdf5"))
    return path.lower().endswith(_ENDS)


SOURCE = Source(
    "hdf5",
    ".h5 or .hdf5 with datasets data and label (--columns image=NAME,label=NAME); a folder or a list of them",
    _recognises,
    _open,
    uses=("columns",),
)
