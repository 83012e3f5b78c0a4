"""A solver: its text with places, and its message."""

from __future__ import annotations

from os import PathLike

from ..model.load import read_solver
from ..text import Document
from .finding import Finding, Severity


class SolverFile:
    """A solver's prototxt. Raises FileError, PrototxtError, OptionError."""

    def __init__(self, path: str | PathLike[str]) -> None:
        self.document = Document.read(path)
        self.message = read_solver(path)
        self.file = self.document.file

    def line(self, field: str) -> int:
        """The line of the last field of that name; 0 where it is not written."""
        fields = self.document.root.named(field)
        return self.document.position(fields[-1].start)[0] if fields else 0

    def finding(self, severity: Severity, field: str, problem: str, effect: str, remedy: str) -> Finding:
        """A finding about a field of the solver."""
        return Finding(severity, self.file, self.line(field), "", problem, effect, remedy)
