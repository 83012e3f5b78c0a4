"""LMDB, to read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from weakref import WeakValueDictionary

import lmdb

from ..errors import FileError
from ..proto.files import AnyPath
from ..proto.lmdb_files import check_whole
from .databases import Database, Item

# By device and inode: LMDB may be opened only once in a process.
_environments: WeakValueDictionary[tuple[int, int], lmdb.Environment] = WeakValueDictionary()


class LmdbReader(Database):
    """An LMDB; several readers of one may be open in a process, as TRAIN and TEST layers of one net."""

    def __init__(self, path: AnyPath) -> None:
        """Raises FileError when there is no LMDB at `path`, or it is truncated."""
        super().__init__(path)
        self._environment = _environment(self.path)
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


def _environment(path: str) -> lmdb.Environment:
    if not os.path.exists(path):
        raise FileError(path, "does not exist")
    file = os.path.join(path, "data.mdb")
    if not os.path.isfile(file):
        raise FileError(path, "is not an LMDB, which is a folder with data.mdb in it")
    try:
        status = os.stat(file)
        identity = (status.st_dev, status.st_ino)
        environment = _environments.get(identity)
        if environment is None:
            check_whole(path)
            # Without its lock: nobody writes to a database that was finished, and its folder may be read-only.
            environment = lmdb.open(path, readonly=True, lock=False)
            _environments[identity] = environment
    except OSError as error:
        raise FileError(path, f"cannot be opened: {error.strerror or error}") from error
    except lmdb.Error as error:
        raise FileError(path, f"cannot be opened: {error}") from error
    return environment
