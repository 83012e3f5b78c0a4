"""Which kind of database a path is."""

from __future__ import annotations

import os

from ..errors import DataError
from ..proto.files import AnyPath
from .databases import Database


def open_any(path: AnyPath) -> Database:
    """Opens an LMDB or a LevelDB, whichever is there, and whatever its entries are.

    Raises FileError (absent, truncated, of another kind), DataError (empty).
    """
    database: Database
    if os.path.isfile(os.path.join(path, "CURRENT")):
        from .leveldb_reader import LevelDbReader  # its library is optional

        database = LevelDbReader(path)
    else:
        from .lmdb_reader import LmdbReader

        database = LmdbReader(path)
    if next(iter(database), None) is None:
        raise DataError(f"{path}: the database is empty")
    return database
