"""Pictures of one source by the names of another's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...errors import DataError
from ..photographs import Photograph, Photographs


class ByName:
    """Pictures in `path`, whose names but for the folder and the ending are those of others."""

    def __init__(self, path: str, names: Sequence[str]) -> None:
        """Raises FileError; DataError where there is none for one of `names`."""
        self._pictures = Photographs(path)
        self._places = {Path(name).stem: place for place, name in enumerate(self._pictures.names())}
        missing = [name for name in names if Path(name).stem not in self._places]
        if missing:
            raise DataError(f"{path}: has no picture for '{missing[0]}' ({len(missing)} of {len(names)} are missing)")

    def like(self, name: str) -> Photograph:
        """The picture for `name`."""
        return self._pictures[self._places[Path(name).stem]]
