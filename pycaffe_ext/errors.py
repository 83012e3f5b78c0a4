"""Everything that can go wrong, as one tree; each message is one line that says what to do.

CaffeError              anything below; the commands print it and exit with status 2
|- FileError            a file that is absent, unreadable, truncated, or of another kind
|- PrototxtError        text that is not prototxt, or names no field: file:line:column
|- NetError             a net that is wrong: layer name and reason
|  `- ShapeError        shapes that do not fit: both are named
|- UnknownNameError     a layer, type, field or option that is not there; near names are offered
|- DataError            an image, label or database entry that is wrong: which, and its value
`- OptionError          options that contradict each other or make no sense here
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from os import PathLike


class CaffeError(RuntimeError):
    """Base of all errors that the user can mend. A RuntimeError, as what pycaffe's C++ part raises is."""


class FileError(CaffeError):
    """A file that cannot be used. ``FileError(path, "is truncated: ...")``."""

    def __init__(self, path: str | PathLike[str], problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = str(path)


class PrototxtError(CaffeError):
    """Text that is not prototxt; line and column count from 1."""

    def __init__(self, problem: str, *, file: str = "<text>", line: int = 0, column: int = 0) -> None:
        super().__init__(f"{file}:{line}:{column}: {problem}" if line else f"{file}: {problem}")
        self.file, self.line, self.column = file, line, column


class NetError(CaffeError):
    """A net that cannot be built or run. ``NetError("conv1", "has no top")``."""

    def __init__(self, layer: str, problem: str) -> None:
        super().__init__(f"layer '{layer}': {problem}" if layer else problem)
        self.layer = layer


class ShapeError(NetError):
    """Shapes that do not fit each other; the message names both."""


class UnknownNameError(CaffeError):
    """A name that is not there. ``UnknownNameError("layer", "cnov1", known=[...])`` offers near ones."""

    def __init__(self, kind: str, name: str, known: Iterable[str] = (), *, where: str = "") -> None:
        near = difflib.get_close_matches(name, list(dict.fromkeys(known)), n=3, cutoff=0.5)
        hint = f"; did you mean {' or '.join(repr(n) for n in near)}?" if near else ""
        super().__init__(f"{where + ': ' if where else ''}no {kind} '{name}'{hint}")
        self.kind, self.name, self.near = kind, name, near


class DataError(CaffeError):
    """Data that is wrong: which file or entry, which value."""


class OptionError(CaffeError):
    """Options that contradict each other or make no sense here."""
