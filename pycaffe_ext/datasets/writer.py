"""LMDBs, written in batches; the map grows by itself."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import lmdb

from ..errors import DataError, FileError
from .database_folder import new_database

# Bytes for each commit. Small ones were measured to be twice as fast as 32 MB: LMDB reuses the memory of its pages,
# and those who make entries do not run out of work meanwhile.
_BATCH_BYTES = 2 << 20
_FIRST_MAP = 64 << 20


class LmdbWriter:
    """Puts entries into an LMDB; see `writing_lmdb`."""

    def __init__(self, path: Path, folder: Path) -> None:
        self._path = path  # the final name, for messages
        with _errors_of(path):
            # Not synced at each commit: until it is renamed nobody reads it.
            self._environment = lmdb.open(str(folder), map_size=_FIRST_MAP, sync=False)
        self._batch: list[tuple[bytes, bytes]] = []
        self._batch_bytes = 0
        self._last_key = b""
        self.bytes = 0
        """Bytes of all keys and values so far."""

    def put(self, key: bytes, value: bytes) -> None:
        """Adds an entry. Raises DataError for a key that LMDB cannot hold, FileError where writing fails."""
        longest = self._environment.max_key_size()
        if not 0 < len(key) <= longest:
            raise DataError(
                f"key '{key.decode(errors='replace')}' has {len(key)} bytes; LMDB's keys have 1 to {longest}"
            )
        self._batch.append((key, value))
        self._batch_bytes += len(key) + len(value)
        self.bytes += len(key) + len(value)
        if self._batch_bytes >= _BATCH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Commits what was put so far. Raises FileError."""
        with _errors_of(self._path):
            while True:
                try:
                    self._last_key = self._commit()
                    break
                except lmdb.MapFullError:  # the transaction is undone; again in twice the room
                    self._environment.set_mapsize(2 * self._environment.info()["map_size"])
        self._batch.clear()
        self._batch_bytes = 0

    def sync(self) -> None:
        """Commits what was put so far, and sees it onto the disk. Raises FileError."""
        self.flush()
        with _errors_of(self._path):
            self._environment.sync(True)

    def close(self) -> None:
        """Frees the LMDB; what was not committed is lost."""
        self._environment.close()

    def _commit(self) -> bytes:
        last = self._last_key
        with self._environment.begin(write=True) as transaction:
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
        try:
            yield writer
            writer.sync()
        finally:
            writer.close()


@contextmanager
def _errors_of(path: Path) -> Iterator[None]:
    try:
        yield
    except lmdb.Error as error:
        reason = str(error).rpartition(": ")[2]
        if reason == os.strerror(errno.EIO):  # what LMDB makes of a write that stops short
            reason = f"the disk is full, or limits files to fewer bytes ({reason})"
        raise FileError(path, f"cannot be written: {reason}") from error
