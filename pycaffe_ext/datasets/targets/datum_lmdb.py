"""LMDBs of Datums: images, label maps, or several numbers per entry."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ...errors import DataError, FileError
from ...proto.lmdb_files import check_whole
from ..datum import encoded_datum, float_datum, raw_datum
from ..images import encode
from ..journal import read_journal
from ..recipes import Sample, as_bgr, file_kind
from ..sources.entries import Entry
from ..writer import LmdbWriter
from .folder_target import FolderTarget, Run, target_folder

Value = Callable[[Sample], "bytes | bytearray"]
_NUMBER = re.compile(rb"([0-9]+)([_:].*)?", re.DOTALL)


def entry_key(number: int, entry: Entry, digits: int = 8) -> bytes:
    """The key of the entry at place `number`, as convert_imageset writes it: %08d_path."""
    name = b"_" + os.fsencode(entry.name) if entry.name else b""
    return b"%0*d%s%s" % (digits, number, name, b":mirrored" if entry.mirrored else b"")


def image_value(encoded: str, says_encoded: bool) -> Value:
    """The Datum of a sample's image: an image file's bytes, raw pixels, or floats."""

    def value(made: Sample) -> bytes | bytearray:
        image, label = made.image, made.entry.label
        if isinstance(image, bytes):
            return encoded_datum(image, label)
        if encoded:
            return encoded_datum(encode(as_bgr(made), file_kind(encoded, made.entry)), label)
        if image.dtype != np.uint8:
            return float_datum(image[None] if image.ndim == 2 else image.transpose(2, 0, 1), label)
        return raw_datum(image, label, says_encoded=says_encoded)

    return value


def label_map_value(made: Sample) -> bytes | bytearray:
    """The Datum of a sample's label map, 1 x H x W."""
    assert made.labels is not None
    return raw_datum(made.labels, made.entry.label)


def numbers_value(made: Sample) -> bytes:
    """The Datum of a sample's numbers, K x 1 x 1 floats."""
    return float_datum(np.array(made.entry.labels, np.float32)[:, None, None], made.entry.label)


class DatumLmdb(FolderTarget):
    """An LMDB that is being written."""

    def __init__(self, path: Path, folder: Path, run: Run, value: Value, digits: int, first: int) -> None:
        super().__init__(path, folder, run, first)
        self._value, self._digits = value, digits
        self._writer = LmdbWriter(path, folder)
        self._done = self.first
        if (
            last := self._writer.last_key
        ):  # where there are keys, new ones are as long, or they would not be behind them
            self._done = max(self.first, next_number(last, path))
            self._digits = len(_number(last, path))

    @property
    def done(self) -> int:
        return self._done

    @property
    def size(self) -> int:
        return self._writer.size

    def pack(self, number: int, made: Sample) -> tuple[bytes, bytes | bytearray]:
        if number >= 10**self._digits:
            raise DataError(
                f"{self.path}: number {number} is behind the last that keys of {self._digits} digits can have"
            )
        key = entry_key(number, made.entry, self._digits)
        self._writer.check_key(key)
        return key, self._value(made)

    def put(self, number: int, packed: tuple[bytes, bytes | bytearray]) -> None:
        if number >= self._done:  # else it is there already, from the run that was cut off
            self._writer.put(*packed)

    def sync(self) -> None:
        self._writer.sync()


def next_number(key: bytes, path: Path) -> int:
    """The number after that of the last key. Raises DataError for a key that does not begin with one."""
    return int(_number(key, path)) + 1


def _number(key: bytes, path: Path) -> bytes:
    found = _NUMBER.fullmatch(key)
    if not found:
        raise DataError(f"{path}: key '{key.decode(errors='backslashreplace')}' begins with no number to go on from")
    return found[1]


@contextmanager
def datum_lmdb(path: Path, run: Run, value: Value, digits: int = 8) -> Iterator[DatumLmdb]:
    """Yields a target for an LMDB that appears under `path` on a clean exit, and not at all after an error.

    Raises FileError: `path` exists (and is neither replaced nor appended to, or is no LMDB), disk full, ...
    """
    with target_folder(path, run) as folder:
        first = 0
        if run.append and path.exists() and not read_journal(folder, run.name):
            first = _copy(path, folder)
        target = DatumLmdb(path, folder, run, value, digits, first)
        try:
            yield target
            target.sync()
        finally:
            target.close()


def _copy(path: Path, folder: Path) -> int:
    """Copies a database to append to; the number of its next entry."""
    check_whole(path)
    try:
        shutil.copyfile(path / "data.mdb", folder / "data.mdb")
    except OSError as error:
        raise FileError(path, f"cannot be copied to append to it: {error.strerror or error}") from error
    last_key = LmdbWriter(path, folder).last_key
    return next_number(last_key, path) if last_key else 0
