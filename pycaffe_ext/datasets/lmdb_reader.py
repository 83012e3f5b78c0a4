"""LMDB, to read."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from weakref import WeakValueDictionary

import lmdb

from ..errors import FileError
from ..proto.files import AnyPath
from .databases import Database, Item

_MAGIC = 0xBEEFC0DE
# Of a meta page: the page's header, then magic, version, address, map size, the description of the free list's
# tree (its first field holds the page size), that of the main tree, last page in use, transaction.
_META = struct.Struct("<16x II QQ I44x 48x QQ")

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
            _check_size(path, file)
            # Without its lock: nobody writes to a database that was finished, and its folder may be read-only.
            environment = lmdb.open(path, readonly=True, lock=False)
            _environments[identity] = environment
    except OSError as error:
        raise FileError(path, f"cannot be opened: {error.strerror or error}") from error
    except lmdb.Error as error:
        raise FileError(path, f"cannot be opened: {error}") from error
    return environment


def _check_size(path: str, file: str) -> None:
    """Raises FileError when the file is shorter than the pages that its newest meta page tells of.

    LMDB maps the file into memory without checking this; reading a page beyond the end would then kill the
    process (SIGBUS).
    """
    with open(file, "rb") as opened:
        first = opened.read(_META.size)
        if len(first) < _META.size:
            raise FileError(path, f"is truncated: data.mdb has {len(first)} bytes")
        magic, _, _, _, page_size, *newest = _META.unpack(first)
        if magic != _MAGIC:
            raise FileError(path, "is not an LMDB of 64-bit machines: data.mdb begins differently")
        opened.seek(page_size)
        second = opened.read(_META.size)
        size = opened.seek(0, os.SEEK_END)
    if len(second) == _META.size:
        *_, last_page, transaction = _META.unpack(second)
        if transaction > newest[1]:
            newest = [last_page, transaction]
    needed = (newest[0] + 1) * page_size
    if size < needed:
        raise FileError(path, f"is truncated: data.mdb has {size} of {needed} bytes")
