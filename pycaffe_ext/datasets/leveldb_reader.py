"""LevelDB, to read; needs the plyvel package."""

from __future__ import annotations

import os
from collections.abc import Iterator

from ..errors import FileError
from ..proto.files import AnyPath
from .databases import Database, Item


class LevelDbReader(Database):
    """A LevelDB."""

    def __init__(self, path: AnyPath) -> None:
        """Raises FileError when there is no LevelDB at `path`, or plyvel is not installed."""
        super().__init__(path)
        try:
            import plyvel
        except ImportError as error:
            problem = "reading a LevelDB needs plyvel (pip install plyvel); an LMDB needs backend: LMDB in data_param"
            raise FileError(path, problem) from error
        if not os.path.exists(os.path.join(path, "CURRENT")):  # LevelDB would create what is missing of a path
            raise FileError(path, "is not a LevelDB; if it is an LMDB, data_param needs backend: LMDB")
        try:
            self._database = plyvel.DB(self.path, create_if_missing=False)
        except plyvel.Error as error:
            reason = error.args[0]
            problem = reason.decode(errors="replace") if isinstance(reason, bytes) else reason
            raise FileError(path, f"cannot be opened: {problem}") from error

    def __iter__(self) -> Iterator[Item]:
        return iter(self._database)

    def __len__(self) -> int:
        return sum(1 for _ in self._database.iterator(include_value=False))

    def close(self) -> None:
        self._database.close()
