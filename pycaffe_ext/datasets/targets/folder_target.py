"""Targets that are a folder: aside until they are whole, with a journal in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import CaffeError
from ..database_folder import new_database
from ..journal import Journal
from .target import Target


@dataclass(frozen=True)
class Run:
    """How a run writes. `name` tells runs apart that would write other bytes; `resume`: goes on where a killed run
    of this name was cut off."""

    name: str = "run"
    overwrite: bool = False
    append: bool = False
    resume: bool = False


class FolderTarget(Target):
    """A target in a folder, with a journal."""

    def __init__(self, path: Path, folder: Path, run: Run, first: int = 0) -> None:
        super().__init__(path)
        self._folder = folder
        self._journal = Journal(folder, path, run.name, first)

    @property
    def first(self) -> int:
        return self._journal.first

    def note(self, *event: Any) -> None:
        self._journal.note(*event)

    def noted(self, kind: str) -> list[list[Any]]:
        return list(self._journal.of(kind))

    def close(self) -> None:
        """Frees what is open."""
        self._journal.close()


@contextmanager
def target_folder(path: Path, run: Run) -> Iterator[Path]:
    """Yields the folder that becomes `path`: empty, or with what a killed run has left of it. Raises FileError."""
    replace = run.overwrite or run.append
    # Who presses Ctrl-C may want to go on later; who resumes wants to, once what is wrong has been mended.
    keep = (KeyboardInterrupt, *((CaffeError,) if run.resume else ()))
    with new_database(path, overwrite=replace, run=run.name if run.resume else "", keep=keep) as folder:
        yield folder
