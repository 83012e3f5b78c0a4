"""Files and folders that are either whole under their name or not there at all.

Everything that the toolkit writes goes through here: written aside under a name that nothing reads
(``.NAME.part-PID``), synced, then renamed.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from .errors import FileError


def _aside(path: Path) -> Path:
    return path.with_name(f".{path.name}.part-{os.getpid()}")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def replacing_file(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Yields a binary file; on a clean exit it becomes `path`, on any error `path` is as it was.

    Raises FileError where the operating system refuses (no folder, no permission, disk full).
    """
    target = Path(path)
    aside = _aside(target)
    try:
        with open(aside, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, aside)
        os.replace(aside, target)
        _sync(target.parent)
    except OSError as error:
        raise FileError(path, f"cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            aside.unlink()


def write_bytes(path: str | os.PathLike[str], content: bytes) -> None:
    """Writes `content` to `path`, whole or not at all. Raises FileError."""
    with replacing_file(path) as file:
        file.write(content)


def write_text(path: str | os.PathLike[str], content: str) -> None:
    """Writes `content` as UTF-8 to `path`, whole or not at all, line endings as they are. Raises FileError."""
    write_bytes(path, content.encode())


@contextmanager
def creating_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yields a fresh folder aside; on a clean exit it is renamed to `path`, which must not exist yet.

    On any error nothing is left under either name. Raises FileError.
    """
    target = Path(path)
    if os.path.exists(target):
        raise FileError(path, "exists already; remove it or choose another name")
    aside = _aside(target)
    try:
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=False)
        yield aside
        for file in aside.rglob("*"):
            _sync(file)
        os.rename(aside, target)
        _sync(target.parent)
    except OSError as error:
        raise FileError(path, f"cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
