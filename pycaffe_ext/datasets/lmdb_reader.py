"""LMDB, to read."""

from __future__ import annotations

from collections.abc import Iterator

import lmdb

from ..errors import FileError
from ..proto.files import AnyPath
from .databases import Database, Item
from .lmdb_environment import environment


class LmdbReader(Database):
    """An LMDB; several readers of one may be open in a process, as TRAIN and TEST layers of one net."""

    def __init__(self, path: AnyPath) -> None:
        """Raises FileError when there is no LMDB at `path`, or it is truncated."""
        super().__init__(path)
        self._environment = environment(self.path)
        self._transaction = self._environment.begin(buffers=True)

    def __iter__(self) -> Iterator[Item]:
        try:
            for key, value in self._transaction.cursor():
                yield bytes(key), value
        except lmdb.Error as error:
            raise FileError(self.path, f"is damaged: {error}") from error

    def __len__(self) -> int:
        return int(self._environment.stat()["entries"])

    def close(self) -> None:
        self._transaction.abort()
