"""Where a job's files are: those it reads count from the current folder, those it writes lie by the snapshots."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import FileError

AnyPath = str | os.PathLike[str]


@contextmanager
def explaining_paths(solver_file: AnyPath) -> Iterator[None]:
    """Adds to a FileError about an absent file from which folder it would be found: the solver's or one above."""
    try:
        yield
    except FileError as error:
        path = Path(error.path)
        if path.is_absolute() or os.path.exists(path):
            raise
        for folder in Path(solver_file).resolve().parents:
            if os.path.exists(folder / path):
                problem = str(error).removeprefix(f"{error.path}: ")
                hint = f"paths count from the current folder, and it is there from {folder}: start in that folder"
                raise FileError(error.path, f"{problem} ({hint})") from error
        raise


def snapshot_prefix(param: Any, out: AnyPath | None) -> str:
    """The solver's snapshot_prefix, in folder `out` (made where needed) instead of its own where given.

    Raises FileError when the folder is absent or cannot be written to.
    """
    prefix = str(param.snapshot_prefix)
    if out is not None:
        prefix = os.path.join(out, os.path.basename(prefix))
        try:
            os.makedirs(out, exist_ok=True)
        except OSError as error:
            raise FileError(out, f"cannot be made: {error.strerror}") from error
    folder = os.path.dirname(prefix) or "."
    if not os.path.isdir(folder):
        raise FileError(folder, "snapshot_prefix names a folder that does not exist; make it, or give --out DIR")
    if not os.access(folder, os.W_OK):
        raise FileError(folder, "snapshot_prefix names a folder that cannot be written to; give --out DIR")
    return prefix
