"""What a check has to say: where, what is wrong, how it shows in training, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Severity(IntEnum):
    """The worst first, as findings are sorted."""

    ERROR = 0
    """Training fails, or cannot learn what is meant."""
    WARNING = 1
    """Probably not what is meant."""
    NOTE = 2
    """Worth knowing; may well be meant."""

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong. `line` counts from 1; 0: the whole file.

    `effect`: how it shows in training. `remedy`: in words; `commands`: ready to run, one of them, or all in order
    where `remedy` says so.
    """

    severity: Severity
    file: str
    line: int
    layer: str
    problem: str
    effect: str
    remedy: str = ""
    commands: tuple[str, ...] = ()
    check: str = ""
    """The name of the check, which whoever runs it fills in."""

    @property
    def place(self) -> str:
        """FILE:LINE."""
        return f"{self.file}:{self.line}" if self.line else self.file
