"""What a kind of target offers: how a sample is packed (by many threads) and written (by one, in order)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from ..recipes import Sample


class Target(ABC):
    """One thing that is written, under `path`: whole when its writing has ended, or not there at all."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def first(self) -> int:
        """The number of the run's first entry: those of a database that is appended to come before."""
        return 0

    @property
    def done(self) -> int:
        """The number of the first entry that may still be missing, after a run that was cut off."""
        return 0

    @property
    @abstractmethod
    def size(self) -> int:
        """Bytes on the disk."""

    @abstractmethod
    def pack(self, number: int, made: Sample) -> Any:
        """What `put` takes; called from several threads. Raises DataError."""

    @abstractmethod
    def put(self, number: int, packed: Any) -> None:
        """Adds the entry at place `number`, above those before. Raises DataError, FileError."""

    def sync(self) -> None:  # noqa: B027
        """Sees what was put onto the disk, where that is not done with `put`. Raises FileError."""

    def note(self, *event: Any) -> None:  # noqa: B027
        """Notes an event, for a run that goes on with this one's work, where the target can be gone on with."""

    def noted(self, kind: str) -> list[list[Any]]:
        """What was noted of a kind, by this run and those that it goes on with."""
        return []
