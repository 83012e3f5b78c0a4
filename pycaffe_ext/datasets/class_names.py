"""labels.txt, beside a database: one class name per line, line n (from 0) for label n."""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path

from ..atomic import write_text
from ..errors import FileError
from ..proto.files import read_bytes


def labels_file(database: Path) -> Path:
    """Where the class names of a database are: labels.txt in the folder that it is in."""
    return database.parent / "labels.txt"


def check_class_names(database: Path, names: list[str]) -> None:
    """Raises FileError when labels.txt is there and lists other classes.

    Train and test databases share it; a class folder missing from one of them would shift its labels.
    """
    path = labels_file(database)
    if not path.exists():
        return
    there = read_bytes(path).decode(errors="replace").splitlines()
    for label, (old, new) in enumerate(zip_longest(there, names)):
        if old != new:
            old, new = (f"'{name}'" if name is not None else "no class" for name in (old, new))
            problem = f"label {label} is {old} there, and {new} here; databases in one folder share their classes"
            raise FileError(path, f"{problem}; write to another folder, or give --overwrite")


def write_class_names(database: Path, names: list[str]) -> None:
    """Writes labels.txt beside a database. Raises FileError."""
    write_text(labels_file(database), "".join(f"{name}\n" for name in names))
