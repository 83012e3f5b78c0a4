"""An LMDB opened to read, once in a process however many read it. Needs lmdb alone."""

from __future__ import annotations

import os
from weakref import WeakValueDictionary

import lmdb

from ..errors import FileError
from ..proto.lmdb_files import check_whole

# By device and inode: LMDB may be opened only once in a process.
_environments: WeakValueDictionary[tuple[int, int], lmdb.Environment] = WeakValueDictionary()


def environment(path: str) -> lmdb.Environment:
    """The environment of the LMDB at `path`. Raises FileError when there is none, or it is truncated."""
    if not os.path.exists(path):
        raise FileError(path, "does not exist")
    file = os.path.join(path, "data.mdb")
    if not os.path.isfile(file):
        raise FileError(path, "is not an LMDB, which is a folder with data.mdb in it")
    try:
        status = os.stat(file)
        identity = (status.st_dev, status.st_ino)
        opened = _environments.get(identity)
        if opened is None:
            check_whole(path)
            # Without its lock: nobody writes to a database that was finished, and its folder may be read-only.
            opened = lmdb.open(path, readonly=True, lock=False)
            _environments[identity] = opened
    except OSError as error:
        raise FileError(path, f"cannot be opened: {error.strerror or error}") from error
    except lmdb.Error as error:
        raise FileError(path, f"cannot be opened: {error}") from error
    return opened
