"""LMDBs, written in batches; the map grows by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import lmdb

from ..errors import DataError, FileError
from .database_folder import new_database

_BATCH_BYTES = 32 << 20  # bounds the pages that LMDB keeps in memory until a commit
_FIRST_MAP = 64 << 20


class LmdbWriter:
    """Puts entries into an LMDB; see `writing_lmdb`."""

    def __init__(self, path: Path, folder: Path) -> None:
        self._path = path  # the final name, for messages
        self._environment = lmdb.open(str(folder), map_size=_FIRST_MAP, sync=False)
        self._batch: list[tuple[bytes, bytes]] = []
        self._batch_bytes = 0
        self._last_key = b""
        self.entries = 0
        self.bytes = 0
        """Bytes of all keys and values."""

    def put(self, key: bytes, value: bytes) -> None:
        """Adds an entry. Raises DataError for a key that LMDB cannot hold, FileError where writing fails."""
        longest = self._environment.max_key_size()
        if not 0 < len(key) <= longest:
            raise DataError(f"key '{key.decode(errors='replace')}' has {len(key)} bytes; LMDB's keys have 1 to {longest}")
        self._batch.append((key, value))
        self._batch_bytes += len(key) + len(value)
        self.entries += 1
        self.bytes += len(key) + len(value)
        if self._batch_bytes >= _BATCH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Commits what was put so far. Raises FileError."""
        while True:
            try:
                self._commit()
                break
            except lmdb.MapFullError:  # the transaction is undone; again in twice the room
                self._environment.set_mapsize(2 * self._environment.info()["map_size"])
            except lmdb.Error as error:
                raise FileError(self._path, f"cannot be written: {_reason(error)}") from error
        if self._batch:
            self._last_key = max(self._last_key, max(key for key, _ in self._batch))
        self._batch.clear()
        self._batch_bytes = 0

    def close(self, *, keep: bool) -> None:
        """Closes the LMDB; `keep`: after committing the rest and syncing all to the disk. Raises FileError."""
        try:
            if keep:
                self.flush()
                self._environment.sync(True)
        except lmdb.Error as error:
            raise FileError(self._path, f"cannot be written: {_reason(error)}") from error
        finally:
            self._environment.close()

    def _commit(self) -> None:
        last = self._last_key
        with self._environment.begin(write=True) as transaction:
            for key, value in self._batch:
                # Appending fills pages; it is right only for a key above all others.
                transaction.put(key, value, append=key > last)
                last = max(last, key)


@contextmanager
def writing_lmdb(path: Path, *, overwrite: bool = False) -> Iterator[LmdbWriter]:
    """Yields a writer for an LMDB that appears under `path` on a clean exit, and not at all after an error.

    Raises FileError: `path` exists (and `overwrite` is not set, or it is no LMDB), disk full, no permission.
    """
    with new_database(path, overwrite=overwrite) as folder:
        writer = LmdbWriter(path, folder)
        try:
            yield writer
        except BaseException:
            writer.close(keep=False)
            raise
        writer.close(keep=True)


def _reason(error: lmdb.Error) -> str:
    return str(error).rpartition(": ")[2]
