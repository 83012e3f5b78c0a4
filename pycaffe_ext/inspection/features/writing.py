"""Features into files, as they come: .npz, HDF5, LMDBs of float Datums. Nothing half-written stays."""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from ...atomic import replacing_file, write_text
from ...datasets.datum import float_datum
from ...datasets.writer import LmdbWriter, writing_lmdb
from ...errors import FileError, OptionError
from .extraction import Rows

FORMATS = ("npz", "hdf5", "lmdb")
Shapes = Mapping[str, tuple[int, ...]]


def file_name(name: str) -> str:
    """A feature's name for files, in which "/" is no part of names."""
    return name.replace("/", "_").replace(":", "_")


class Writer(ABC):
    """Takes features in the order of the pictures."""

    @abstractmethod
    def add(self, rows: Rows) -> None:
        """Writes N pictures' features."""


@contextmanager
def writing(kind: str, folder: Path, shapes: Shapes, count: int, classes: Sequence[str]) -> Iterator[Writer]:
    """Yields a writer for `count` pictures' features of these shapes; the files appear in `folder` on a clean exit.

    npz: features.npz. hdf5: features.h5 and features.txt, the list that an HDF5Data layer reads. lmdb: NAME_lmdb per
    feature, keys as extract_features writes them. Raises OptionError, FileError.
    """
    if kind not in FORMATS:
        raise OptionError(f"a format is one of {', '.join(FORMATS)}, not '{kind}'")
    with {"npz": _npz, "hdf5": _hdf5, "lmdb": _lmdb}[kind](folder, shapes, count, classes) as writer:
        yield writer


class _Labels:
    """Names and labels of all pictures; `known` unless one has no label."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.labels: list[int | None] = []

    def add(self, rows: Rows) -> None:
        self.names += rows.names
        self.labels += rows.labels

    @property
    def known(self) -> npt.NDArray[np.int64] | None:
        labels = [label for label in self.labels if label is not None]
        return np.array(labels, np.int64) if len(labels) == len(self.labels) else None


class _Npz(Writer):
    def __init__(self, files: dict[str, BinaryIO]) -> None:
        self.said, self._files = _Labels(), files

    def add(self, rows: Rows) -> None:
        self.said.add(rows)
        for name, values in rows.features.items():
            self._files[name].write(np.ascontiguousarray(values, "<f4").tobytes())


@contextmanager
def _npz(folder: Path, shapes: Shapes, count: int, classes: Sequence[str]) -> Iterator[_Npz]:
    target = folder / "features.npz"
    with _scratch(target) as scratch:
        with ExitStack() as stack:
            files: dict[str, BinaryIO] = {}
            for name, shape in shapes.items():
                files[name] = stack.enter_context(open(scratch / f"{file_name(name)}.npy", "wb"))
                header = {"descr": "<f4", "fortran_order": False, "shape": (count, *shape)}
                np.lib.format.write_array_header_2_0(files[name], header)
            writer = _Npz(files)
            yield writer
        small: dict[str, npt.NDArray[Any]] = {"names": np.array(writer.said.names or [""])[: len(writer.said.names)]}
        if (labels := writer.said.known) is not None:
            small["label"] = labels
        if classes:
            small["classes"] = np.array(classes)
        for name, array in small.items():
            np.save(scratch / f"{name}.npy", array, allow_pickle=False)
        with replacing_file(target) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
            for part in sorted(scratch.iterdir()):
                archive.write(part, part.name)


class _Hdf5(Writer):
    def __init__(self, file: Any) -> None:
        self.said, self._file, self._next = _Labels(), file, 0

    def add(self, rows: Rows) -> None:
        self.said.add(rows)
        for name, values in rows.features.items():
            self._file[file_name(name)][self._next : self._next + len(values)] = values
        self._next += len(rows.names)


@contextmanager
def _hdf5(folder: Path, shapes: Shapes, count: int, classes: Sequence[str]) -> Iterator[_Hdf5]:
    import h5py

    target = folder / "features.h5"
    with _scratch(target) as scratch:
        made = scratch / target.name
        with h5py.File(made, "w") as file:
            for name, shape in shapes.items():
                file.create_dataset(file_name(name), (count, *shape), np.float32)
            writer = _Hdf5(file)
            yield writer
            file.create_dataset("names", data=writer.said.names, dtype=h5py.string_dtype())
            if (labels := writer.said.known) is not None:
                file["label"] = labels.astype(np.float32)  # as HDF5Data takes it
            if classes:
                file.attrs["classes"] = list(classes)
        _move(made, target)
    write_text(target.with_suffix(".txt"), f"{target}\n")


class _Lmdb(Writer):
    def __init__(self, writers: dict[str, LmdbWriter]) -> None:
        self._writers, self._next = writers, 0

    def add(self, rows: Rows) -> None:
        for name, values in rows.features.items():
            for place, (value, label) in enumerate(zip(values, rows.labels, strict=True)):
                key, datum = datum_entry(self._next + place, value, label)
                self._writers[name].put(key, datum)
        self._next += len(rows.names)


@contextmanager
def _lmdb(folder: Path, shapes: Shapes, count: int, classes: Sequence[str]) -> Iterator[_Lmdb]:
    for name, shape in shapes.items():
        if len(shape) > 3:
            raise OptionError(f"feature '{name}' of shape {shape}: a Datum has three axes; take another format")
    with ExitStack() as stack:
        yield _Lmdb({
            name: stack.enter_context(writing_lmdb(folder / f"{file_name(name)}_lmdb", overwrite=True))
            for name in shapes
        })  # fmt: skip


def datum_entry(number: int, value: npt.NDArray[Any], label: int | None = None) -> tuple[bytes, bytes]:
    """The key %010d and the float Datum C x H x W (missing axes are 1) of a picture's features, at most 3 axes."""
    return b"%010d" % number, float_datum(value.reshape(value.shape + (1,) * (3 - value.ndim)), label)


@contextmanager
def _scratch(target: Path) -> Iterator[Path]:
    """A folder beside the target for what is being written."""
    try:
        folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.part-", dir=target.parent))
    except OSError as error:
        raise FileError(target, f"cannot be written: {error.strerror or error}") from error
    try:
        yield folder
    except OSError as error:
        raise FileError(target, f"cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _move(made: Path, target: Path) -> None:
    with open(made, "rb") as file:
        os.fsync(file.fileno())
    os.replace(made, target)
