"""LMDBs, written in batches; the map grows by itself."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import lmdb

from ..errors import DataError, FileError
from ..proto.lmdb_files import map_size
from .database_folder import forget, new_database
from .write_back import begin_write_back

# Bytes for each commit. Small ones were measured to be twice as fast as 32 MB: LMDB reuses the memory of its pages,
# and those who make entries do not run out of work meanwhile.
_BATCH_BYTES = 2 << 20
_FIRST_MAP = 64 << 20


class LmdbWriter:
    """Puts entries into an LMDB; see `writing_lmdb`."""

    def __init__(self, path: Path, folder: Path) -> None:
        self._path = path  # the final name, for messages
        self._folder = str(folder)
        self._map_size = map_size(folder) or _FIRST_MAP
        with _errors_of(path), self._opened() as environment:
            self._longest_key = environment.max_key_size()
            with environment.begin() as transaction, transaction.cursor() as cursor:
                self._last_key = bytes(cursor.key()) if cursor.last() else b""
        self._batch: list[tuple[bytes, bytes | bytearray]] = []
        self._batch_bytes = 0
        self._file = folder / "data.mdb"
        self._sent = self.size  # bytes of the file that are on their way to the disk

    @property
    def last_key(self) -> bytes:
        """The highest key that was committed; empty where there is none."""
        return self._last_key

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self._file.stat().st_size

    def put(self, key: bytes, value: bytes | bytearray) -> None:
        """Adds an entry. Raises DataError for a key that LMDB cannot hold, FileError where writing fails."""
        self.check_key(key)
        self._batch.append((key, value))
        self._batch_bytes += len(key) + len(value)
        if self._batch_bytes >= _BATCH_BYTES:
            self.flush()

    def check_key(self, key: bytes) -> None:
        """Raises DataError for a key that LMDB cannot hold."""
        if not 0 < len(key) <= self._longest_key:
            problem = f"has {len(key)} bytes; LMDB's keys have 1 to {self._longest_key}"
            raise DataError(f"key '{key.decode(errors='replace')}' {problem}")

    def flush(self) -> None:
        """Commits what was put so far. Raises FileError."""
        if not self._batch:
            return
        with _errors_of(self._path):
            while True:
                try:
                    self._last_key = self._commit()
                    break
                except lmdb.MapFullError:  # the transaction is undone; again in twice the room
                    self._map_size *= 2
        self._sent = begin_write_back(self._file, self._sent)
        self._batch.clear()
        self._batch_bytes = 0

    def sync(self) -> None:
        """Commits what was put so far, and sees it onto the disk. Raises FileError."""
        self.flush()
        with _errors_of(self._path), self._opened() as environment:
            environment.sync(True)

    @contextmanager
    def _opened(self) -> Iterator[lmdb.Environment]:
        """The LMDB, opened anew for each commit: an open one reuses memory as it is, and what of it is not written
        over would stand in unused places of the file, so that a run that goes on with another would write other bytes.

        Not synced at each commit: until it is renamed nobody reads it. Without its lock: the folder is ours, and a
        lock file for which there is no room on the disk would kill the process.
        """
        with lmdb.open(self._folder, map_size=self._map_size, sync=False, lock=False) as environment:
            yield environment

    def _commit(self) -> bytes:
        last = self._last_key
        with self._opened() as environment, environment.begin(write=True) as transaction:
            for key, value in self._batch:
                # Appending fills pages; it is right only for a key above all others.
                transaction.put(key, value, append=key > last)
                last = max(last, key)
        return last


@contextmanager
def writing_lmdb(path: Path, *, overwrite: bool = False) -> Iterator[LmdbWriter]:
    """Yields a writer for an LMDB that appears under `path` on a clean exit, and not at all after an error.

    Raises FileError: `path` exists (and `overwrite` is not set, or it is no LMDB), disk full, no permission.
    """
    with new_database(path, overwrite=overwrite) as folder:
        writer = LmdbWriter(path, folder)
        yield writer
        writer.sync()
    forget(path)


@contextmanager
def _errors_of(path: Path) -> Iterator[None]:
    try:
        yield
    except lmdb.Error as error:
        reason = str(error).rpartition(": ")[2]
        if reason == os.strerror(errno.EIO):  # what LMDB makes of a write that stops short
            reason = f"the disk is full, or limits files to fewer bytes ({reason})"
        raise FileError(path, f"cannot be written: {reason}") from error
