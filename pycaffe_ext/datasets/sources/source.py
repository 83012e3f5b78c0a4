"""What a module in this folder offers: how a kind of source is recognised, and how it is opened."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ...errors import FileError, OptionError
from .entries import Listing


@dataclass(frozen=True)
class SourceOptions:
    """What a caller may say about a source; a kind that has no use for an option that is set refuses it."""

    root: str | None = None
    """Where the paths of a list begin (default: its own folder)."""
    classes: bool = True
    """Whether a folder holds one folder per class; else images at any depth."""
    subset: str | None = None
    """The part of a set that comes in parts, such as train."""
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Names of columns or arrays, by what they hold: image, label."""
    labels: int | None = None
    """Labels per line of a list file (default: one whole number)."""
    every: int | None = None
    """Every n-th frame of a video."""


_FLAGS = {"root": "--root", "subset": "--subset", "columns": "--columns", "labels": "--labels", "every": "--every"}


@dataclass(frozen=True)
class Source:
    """A kind of source. `uses`: the SourceOptions that it has a use for, beside `classes`.

    `recognises` looks at a path that exists; kinds of a lower rank are asked first.
    """

    kind: str
    what: str
    recognises: Callable[[str], bool]
    open: Callable[[str, SourceOptions], Listing]
    uses: Sequence[str] = ()
    rank: int = 0

    def check(self, path: str, options: SourceOptions) -> None:
        """Raises OptionError for an option that this kind has no use for."""
        for name, flag in _FLAGS.items():
            if getattr(options, name) and name not in self.uses:
                raise OptionError(f"{flag} is of no use for {path}, which is taken as: {self.kind}, {self.what}")


def choose_subset(path: str, there: Sequence[str], wanted: str | None) -> str:
    """The subset that is wanted, or the only one. Raises OptionError, naming those that are there."""
    if wanted is None and len(there) == 1:
        return there[0]
    if wanted is None or wanted not in there:
        problem = "has several subsets" if wanted is None else f"has no subset '{wanted}'"
        raise OptionError(f"{path}: {problem}; give --subset {' or '.join(there) or '(there is none)'}")
    return wanted


def subfolders(path: str) -> list[str]:
    """The names of the folders in a folder, sorted; dotted ones are passed over. Raises FileError."""
    return [name for name in visible(path) if os.path.isdir(os.path.join(path, name))]


def visible(folder: str) -> list[str]:
    """The names in a folder, sorted, but for those that begin with a dot. Raises FileError."""
    try:
        return sorted(name for name in os.listdir(folder) if not name.startswith("."))
    except OSError as error:
        raise FileError(folder, f"cannot be read: {error.strerror or error}") from error
