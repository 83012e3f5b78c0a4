"""What a run notes beside the database that it writes, so that another can go on where it was cut off."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..errors import FileError

NAME = "journal"


def boot_id() -> str:
    """Differs after each start of the machine; empty where it cannot be told."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


class Journal:
    """Lines of JSON in a folder: first what run this is, then events in their order.

    A line is in the file before anything that follows it is committed. What was written before the machine went down
    may be damaged, since commits are not synced one by one: so a journal of another start of the machine is none.
    """

    def __init__(self, folder: Path, path: Path, run: str, first: int = 0) -> None:
        """`path`: what messages name. `run`: tells runs apart that would write other bytes. `first`: the number of
        the first entry. Raises FileError."""
        self._path = path
        self.events: list[list[Any]] = []
        self.first = first
        found = read_journal(folder, run)
        try:
            mode = "a" if found else "w"
            if found:
                _drop_cut_line(folder / NAME)
            self._file = open(folder / NAME, mode, encoding="utf-8", errors="surrogateescape")  # noqa: SIM115
        except OSError as error:
            raise FileError(path, f"cannot be written: {error.strerror or error}") from error
        if found:
            head, *self.events = found
            self.first = int(head[2])
        else:
            self._write([run, boot_id(), first])

    def note(self, *event: Any) -> None:
        """Adds an event. Raises FileError."""
        self.events.append(list(event))
        self._write(list(event))

    def of(self, kind: str) -> Iterator[list[Any]]:
        """What followed `kind` in the events of that kind."""
        return (event[1:] for event in self.events if event[0] == kind)

    def close(self) -> None:
        """Frees the file."""
        with suppress(OSError):
            self._file.close()

    def _write(self, values: list[Any]) -> None:
        try:
            self._file.write(json.dumps(values) + "\n")
            self._file.flush()
        except OSError as error:
            raise FileError(self._path, f"cannot be written: {error.strerror or error}") from error


def _drop_cut_line(path: Path) -> None:
    content = path.read_bytes()
    os.truncate(path, content.rfind(b"\n") + 1)


def read_journal(folder: Path, run: str) -> list[list[Any]]:
    """The lines of a folder's journal; none where it is not of this run, or of another start of the machine."""
    lines = []
    try:
        with open(folder / NAME, encoding="utf-8", errors="surrogateescape") as file:
            for line in file:
                if not line.endswith("\n"):
                    break  # cut off
                lines.append(json.loads(line))
    except (OSError, ValueError):
        return []
    return lines if lines and lines[0][:2] == [run, boot_id()] and boot_id() else []
