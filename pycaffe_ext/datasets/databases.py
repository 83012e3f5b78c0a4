"""Databases of Datums, to read: entries in key order, once or round and round."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import DataError
from ..proto import caffe_pb2
from ..proto.files import AnyPath
from .datum import parse_datum

Item = tuple[bytes, "bytes | memoryview"]


class Database(ABC):
    """An open database. Keys and values that it gives may be used until it is closed."""

    def __init__(self, path: AnyPath) -> None:
        self.path = str(path)

    @abstractmethod
    def __iter__(self) -> Iterator[Item]:
        """Keys and values in key order, once."""

    @abstractmethod
    def __len__(self) -> int:
        """The number of entries."""

    @abstractmethod
    def close(self) -> None:
        """Frees the database; further use is an error."""

    def cycle(self) -> Iterator[Item]:
        """Keys and values in key order, beginning again after the last, as the Data layer reads. Never ends."""
        while True:
            yield from self

    @contextmanager
    def naming(self, key: bytes) -> Iterator[None]:
        """Puts path and key before the message of a DataError that is raised inside."""
        try:
            yield
        except DataError as error:
            raise DataError(f"{self.path}: entry '{key.decode(errors='backslashreplace')}': {error}") from error

    def first(self) -> tuple[bytes, Any]:
        """The first key and its Datum. Raises DataError when the database is empty, or holds no Datums."""
        for key, value in self:
            with self.naming(key):
                return key, parse_datum(value)
        raise DataError(f"{self.path}: the database is empty")


def open_database(path: AnyPath, backend: int = caffe_pb2.DataParameter.LMDB) -> Database:
    """Opens a database to read; `backend` is DataParameter.LMDB or DataParameter.LEVELDB.

    Raises FileError (absent, truncated, of another kind), DataError (empty).
    """
    database: Database
    if backend == caffe_pb2.DataParameter.LEVELDB:
        from .leveldb_reader import LevelDbReader  # its library is optional

        database = LevelDbReader(path)
    else:
        from .lmdb_reader import LmdbReader

        database = LmdbReader(path)
    database.first()  # so that an empty one cannot be cycled through
    return database
